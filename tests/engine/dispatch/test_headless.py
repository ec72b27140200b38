from __future__ import annotations

import io
import json

import numpy as np
import pytest

from engine.dispatch.eventlog import EventLog
from engine.dispatch.headless import run
from engine.dispatch.scenarios import Scheduled
from engine.errors import InvalidInput
from tests.engine.dispatch.towns import SMALL, town

MACHINE = ("cycle_ms", "start_s", "cpu_s", "wall_s")


def test_a_run_is_summed_up_and_repeats_byte_for_byte() -> None:
    logs, facts = [], []
    for _ in range(2):
        out = io.StringIO()
        got = run(SMALL, 5, 0.3, city=town(), events=EventLog(out),
                  script=(Scheduled(300.0, "rain", {"seconds": 300}),), bound=True)
        logs.append(out.getvalue())
        facts.append({k: v for k, v in got.items() if k not in MACHINE})
    assert logs[0] == logs[1]
    assert json.dumps(facts[0]) == json.dumps(facts[1])
    count, figures = facts[0]["counts"], facts[0]["figures"]
    assert count["asked"] == sum(count[k] for k in (
        "waiting", "assigned", "aboard", "completed", "abandoned"))
    events = [row.split(",")[1] for row in logs[0].splitlines()[1:]]
    assert events.count("ask") == count["asked"]
    assert events.count("turn away") == count["turned_away"]
    assert events.count("alight") == count["completed"]
    assert events.count("give up") == count["abandoned"]
    assert events.count("decline") == facts[0]["declined"]
    waits = [float(row.split(",")[4]) for row in logs[0].splitlines()[1:]
             if row.split(",")[1] == "alight"]
    assert sum(waits) == pytest.approx(figures["revenue"], abs=0.01)
    assert figures["gap_percent"] == 0.0
    assert facts[0]["proven"] is True


def test_the_fleet_is_never_smaller_than_the_bound() -> None:
    fleet = run(SMALL.with_changes(drivers=40), 2, 0.5, city=town(), bound=True)["fleet"]
    assert 0 < fleet["bound"] <= fleet["most_out"] <= 40
    assert fleet["over_bound"] == fleet["most_out"] / fleet["bound"]
    nobody = run(SMALL.with_changes(drivers=0), 2, 0.1, city=town(), bound=True)
    assert nobody["fleet"] == {"rides": 0, "most_out": 0.0, "bound": 0, "over_bound": None}
    assert nobody["figures"]["occupancy_percent"] is None
    assert nobody["cycle_ms"] == {"p50": None, "p95": None}


@pytest.mark.parametrize(("hours", "seed", "message"), [
    (0.0, 1, "hours is 0.0; it must be more than 0 and at most 336"),
    (float("nan"), 1, "hours is nan"), (400.0, 1, "at most 336"),
    (1.0, -1, "seed is -1; it must be 0 or more")])
def test_impossible_runs_are_refused(hours: float, seed: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        run(SMALL, seed, hours, city=town())


def test_no_demand_gives_empty_figures_and_no_failure() -> None:
    figures = run(SMALL.with_changes(trips_per_day=0), 1, 0.1, city=town())["figures"]
    assert figures["wait_mean_s"] is None
    assert figures["matched_percent"] is None
    assert figures["revenue"] == 0.0
    assert np.isfinite(figures["drivers_out_mean"])

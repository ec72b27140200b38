from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.dispatch.city import dump_city
from engine.dispatch.experiments import paired
from engine.dispatch.trials import (
    QUESTIONS,
    Plan,
    Trial,
    carry_out,
    read_plan,
    rows_of,
    write_plan,
)
from engine.dispatch.trips import Trips
from engine.errors import InvalidInput
from tests.engine.dispatch.towns import SMALL, town
from tests.waiting import until

BUSY = SMALL.with_changes(drivers=25, trips_per_day=8000)
SHORT = Plan("paired", 0, BUSY, seed=3, seeds=2, hours=0.3, city=town())


def test_a_trial_gives_what_the_experiment_gives_and_counts_its_steps() -> None:
    trial = Trial(SHORT)
    shares = [trial.share]

    def done() -> bool:
        shares.append(trial.share)
        return trial.state != "running"

    until(done, 300)
    assert trial.state == "done", trial.problem
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    control, treatment = SHORT.sides
    assert (control.policy, treatment.policy) == ("nearest", "optimal batch")
    assert trial.result == paired(control, treatment, range(3, 5), 0.3, city=town()).facts()
    rows = list(csv.DictReader(io.StringIO(trial.csv())))
    assert [r["figure"] for r in rows] == list(trial.result["figures"])
    for row in rows:
        assert float(row["mean"]) == trial.result["figures"][row["figure"]]["mean"]


def test_a_stopped_trial_ends_its_process_and_keeps_nothing() -> None:
    trial = Trial(replace(SHORT, hours=6.0, seeds=20))
    trial.stop()
    assert trial.state == "stopped"
    assert trial.share < 1.0
    with pytest.raises(InvalidInput, match="this experiment is stopped; there is nothing"):
        trial.csv()
    assert trial._process.returncode is not None


def counted(plan: Plan) -> tuple[dict[str, Any], int]:
    """A result, and the steps that were told of on the way."""
    made = 0

    def watch(many: int) -> None:
        nonlocal made
        made += many

    return carry_out(plan, watch), made


def test_a_switchback_stands_beside_the_truth_and_the_split_with_the_bias_of_each() -> None:
    plan = replace(SHORT, design="switchback", hours=0.35, block_min=1.5)
    facts, made = counted(plan)
    assert made == plan.steps == 4 * 630
    rows = rows_of(plan, facts)
    assert [r["design"] for r in rows] == ["truth", "switchback", "rider split"]
    for row in rows[1:]:
        assert row["bias"] == pytest.approx(row["difference"] - rows[0]["difference"])


def test_riders_are_not_split_between_two_ways_of_repositioning() -> None:
    asked = next(i for i, q in enumerate(QUESTIONS) if "repositioning" in q.treatment)
    plan = replace(SHORT, design="switchback", question=asked, hours=0.35, block_min=1.5)
    facts, made = counted(plan)
    assert facts["split"] is None
    assert made == plan.steps == 3 * 630
    assert [r["design"] for r in rows_of(plan, facts)] == ["truth", "switchback"]


def test_the_fleet_in_use_is_no_smaller_than_the_bound() -> None:
    plan = replace(SHORT, design="fleet bound")
    facts, made = counted(plan)
    assert made == plan.steps
    assert 0 < facts["bound"] <= facts["most_out"]
    assert facts["over_bound"] == pytest.approx(facts["most_out"] / facts["bound"])


@pytest.mark.parametrize(("changes", "message"), [
    ({"hours": 0.1}, "runs 0.3 to 6 h; 0.1 h were asked for"),
    ({"seeds": 1}, "1 pairs of runs; use 2 to 20"),
    ({"question": 99}, "there is no question 99"),
])
def test_plans_out_of_range_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Trial(replace(SHORT, **changes))


def test_what_a_plan_cannot_do_is_said_by_the_trial() -> None:
    trial = Trial(replace(SHORT, design="switchback", block_min=30.0))
    until(lambda: trial.state != "running", 300)
    assert trial.state == "failed"
    assert "a switchback needs at least 4" in trial.problem


def test_a_plan_travels_with_its_city_and_requests(tmp_path: Path) -> None:
    trips = Trips("mine.csv", np.array([61200.0, 61201.5]), np.array([3, 4], np.int32),
                  np.array([9, 20], np.int32))
    plan = replace(SHORT, trips=trips)
    write_plan(tmp_path, plan)
    back = read_plan(tmp_path)
    assert replace(back, city=None, trips=None) == replace(plan, city=None, trips=None)
    assert back.city is not None
    assert dump_city(back.city) == dump_city(town())
    assert back.trips is not None
    for name in ("name", "time_s", "origin", "destination"):
        assert np.array_equal(getattr(back.trips, name), getattr(trips, name))
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    write_plan(shipped, replace(SHORT, city=None))
    assert read_plan(shipped).city is None

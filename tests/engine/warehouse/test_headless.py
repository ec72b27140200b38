from __future__ import annotations

import json

import pytest

import engine.warehouse
from engine.errors import InvalidInput
from engine.warehouse.headless import run
from engine.warehouse.metrics import KPIS
from tests.engine.warehouse.worlds import SMALL


def test_summary_is_json_repeats_and_balances() -> None:
    first, second = run(SMALL, 5, 6.0), run(SMALL, 5, 6.0)
    assert json.loads(json.dumps(first)) == first
    assert first["conflicts"] == 0
    assert first["steps"] == 360
    assert first["robot_steps"] == 360 * SMALL.robots
    orders, tasks = first["orders"], first["tasks"]
    assert orders["created"] == orders["waiting"] + orders["open"] + orders["done"]
    assert tasks["created"] == tasks["open"] + tasks["returned"] + tasks["dissolved"]
    assert set(first["figures"]) == {k.name for k in KPIS}
    assert first["figures"]["throughput"] > 100.0
    timed = {"step_cpu_ms", "start_s", "wall_s", "figures"}
    assert ({k: v for k, v in first.items() if k not in timed}
            == {k: v for k, v in second.items() if k not in timed})
    slow = {"planning", "planning_p95", "assignment_optimal_ms", "assignment_source_ms"}
    assert ({k: v for k, v in first["figures"].items() if k not in slow}
            == {k: v for k, v in second["figures"].items() if k not in slow})


def test_no_time_is_refused() -> None:
    with pytest.raises(InvalidInput, match="minutes is 0; it must be more than 0"):
        run(SMALL, 1, 0)


def test_public_names_load_on_first_use() -> None:
    for name in engine.warehouse.__all__:
        assert getattr(engine.warehouse, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'robot'"):
        _ = engine.warehouse.robot

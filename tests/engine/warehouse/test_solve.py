from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.warehouse.instances import Instance, make_instance, parse_tasks
from engine.warehouse.octile import format_map
from engine.warehouse.plans import plan_facts
from engine.warehouse.solve import Guidance, solve
from engine.warehouse.validate import validate
from tests.engine.warehouse.floors import draw, place

FLOOR = draw(
    "............",
    ".@@@.@@@.@@.",
    ".@@@.@@@.@@.",
    "............",
    ".@@@.@@@.@@.",
    "............",
)


def random_instance(seed: int, agents: int, errands: int = 1) -> Instance:
    """Robots and tasks at random on the shelf floor."""
    rng = np.random.default_rng(seed)
    free = np.flatnonzero(FLOOR.free)
    lines = [",".join(map(str, rng.choice(free, errands))) for _ in range(500)]
    return make_instance(FLOOR, place(FLOOR, agents, rng),
                         parse_tasks("\n".join(["500", *lines])))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 50), st.sampled_from([1, 3]),
       st.sampled_from([Guidance(), Guidance(along=1, against=1), Guidance(congestion=20.0)]))
def test_every_plan_is_valid_and_its_claims_are_true(seed, agents, errands, guidance):
    instance = random_instance(seed, agents, errands)
    plan, measured = solve(instance, 60, seed, guidance=guidance)
    verdict = validate(plan_facts(plan), format_map(FLOOR))
    assert verdict.first == []
    assert verdict.tasks_finished == measured.tasks_finished == plan.finished


def test_one_robot_takes_the_shortest_way():
    instance = make_instance(FLOOR, [0], parse_tasks("3\n3\n0\n11\n"))
    plan, measured = solve(instance, 17, 1, guidance=Guidance(along=1, against=1))
    # 3 cells there, 3 back, 11 to the last
    assert plan.done == [[3, 6, 17]]
    assert measured.tasks_finished == 3
    assert measured.summary()["tasks_per_step"] == round(3 / 17, 3)


def test_same_seed_same_plan_another_seed_another():
    instance = random_instance(4, 30)
    flat = Guidance(along=1, against=1)  # leaves ties for the coins
    first, second, other = (
        plan_facts(solve(instance, 50, seed, guidance=flat)[0]) for seed in (7, 7, 8)
    )
    assert first == second
    assert first["moves"] != other["moves"]


def test_tables_in_little_memory_make_the_same_plan():
    instance = random_instance(5, 20)
    fixed = Guidance(congestion=0)  # else a table's age would tell
    ample, plenty = solve(instance, 80, 1, guidance=fixed)
    scarce, little = solve(instance, 80, 1, guidance=fixed, max_bytes=21 * FLOOR.cells * 2)
    assert plan_facts(ample) == plan_facts(scarce)
    assert little.table_bytes <= 21 * FLOOR.cells * 2 < plenty.table_bytes
    assert little.table_rows > plenty.table_rows


def test_robots_without_tasks_make_room():
    """Two tasks for a floor that is nearly full: everybody else only moves aside."""
    rng = np.random.default_rng(3)
    agents = int(FLOOR.free.sum()) - 2
    starts = place(FLOOR, agents, rng)
    tasks = parse_tasks(f"2\n{starts[5]},{starts[9]}\n{starts[7]},{starts[3]}\n")
    plan, measured = solve(make_instance(FLOOR, starts, tasks), 200, 1)
    assert measured.tasks_finished == 2
    assert validate(plan_facts(plan), format_map(FLOOR)).valid


def test_figures_fit_the_plan():
    instance = random_instance(6, 25)
    plan, measured = solve(instance, 40, 1, guidance=Guidance(congestion=0))
    summary = measured.summary()
    assert len(measured.cpu_ms) == len(measured.wall_ms) == 40
    assert summary["plan_cpu_ms_p50"] <= summary["plan_cpu_ms_p95"]
    assert summary["table_bytes"] == measured.table_rows * FLOOR.cells * 2
    waits = (plan.moves == 4).sum()
    assert 0 <= summary["waits"] <= waits
    longest = max(np.diff([0, *done, 40]).max() for done in plan.done)
    assert summary["oldest_errand_steps"] == longest


def test_no_steps_are_refused():
    with pytest.raises(InvalidInput, match="steps is 0; plan at least 1"):
        solve(random_instance(0, 2), 0, 1)


def test_goals_that_cannot_be_reached_are_refused():
    floor = draw("..@..", "..@..")
    instance = make_instance(floor, [0, 1], parse_tasks("2\n5\n4\n"))
    with pytest.raises(InvalidInput, match="robot 1 on cell 1 has no way to its goal 4"):
        solve(instance, 5, 1)


def test_too_little_memory_is_refused():
    with pytest.raises(InvalidInput, match="raise max_bytes or use fewer robots"):
        solve(random_instance(1, 30), 5, 1, max_bytes=3 * FLOOR.cells * 2)

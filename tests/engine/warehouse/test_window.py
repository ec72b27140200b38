from __future__ import annotations

import numpy as np

from engine.warehouse.graph import build_graph
from engine.warehouse.grid import Grid
from engine.warehouse.layout import EMPTY
from engine.warehouse.pibt import Pibt
from engine.warehouse.routes import Routes
from engine.warehouse.window import CHARGE, FETCH, CommittedWindow, Leg, News
from engine.warehouse.world_kernels import ARRIVED, FINISHED

WIDTH = 8


def make(*start: int, hold: int = 2) -> tuple[CommittedWindow, list[tuple[int, int]]]:
    """An open floor of 4 rows by 8 columns; also what was asked on arrival."""
    free = np.ones(4 * WIDTH, np.bool_)
    grid = Grid(4, WIDTH, free, np.full(free.size, ord("."), np.uint8))
    graph = build_graph(grid)
    asked: list[tuple[int, int]] = []

    def hold_on_arrival(robot: int, leg: int) -> int:
        asked.append((robot, leg))
        return hold

    routes = Routes(graph, np.array([0, 2, 4, 6, 9, 11], np.int32), 1_000_000)
    window = CommittedWindow(
        np.array(start, np.int32), Pibt(graph, len(start), np.random.default_rng(1)), routes,
        np.zeros(free.size, np.bool_), np.zeros(free.size, np.uint8), hold_on_arrival)
    return window, asked


def run(window: CommittedWindow, steps: int, ahead: int) -> list[tuple[int, News]]:
    told = []
    for _ in range(steps):
        window.fill(ahead)
        told += [(window.now, n) for n in window.advance()]
    return told


def test_a_leg_worked_by_hand() -> None:
    # three cells to drive, two steps to stand, at any window
    for ahead in (1, 3, 10):
        window, asked = make(16)
        assert window.append(0, (Leg(FETCH, 19, EMPTY),)) == 0
        told = run(window, 6, ahead)
        assert told == [(3, News(0, 0, ARRIVED)), (5, News(0, 0, FINISHED))]
        assert asked == [(0, 0)]
        assert window.leg[0] == window.end[0] == 1


def test_the_horizon_runs_ahead_of_execution() -> None:
    window, asked = make(16)
    window.append(0, (Leg(FETCH, 19, EMPTY),))
    window.fill(4)
    assert asked == [(0, 0)], "the arrival is settled before it is executed"
    assert window.reserved(0) == [16, 17, 18, 19, 19]
    assert window.pos.tolist() == [16]
    window.advance()
    assert window.reserved(0) == [17, 18, 19, 19]


def test_flush_plans_again_from_the_executed_cells() -> None:
    window, asked = make(16)
    window.append(0, (Leg(FETCH, 20, EMPTY),))
    run(window, 2, 6)
    window.flush()
    assert window.horizon == window.now == 2
    window.redirect(0, 0, 26)
    told = run(window, 3, 6)
    assert window.pos.tolist() == [26]
    assert told == [(3, News(0, 0, ARRIVED)), (5, News(0, 0, FINISHED))]
    assert asked == [(0, 0), (0, 0)], "once for the plan that was dropped, once for the new one"


def test_skip_to_leaves_a_leg_for_a_later_one() -> None:
    window, _ = make(16)
    window.append(0, (Leg(FETCH, 23, EMPTY), Leg(CHARGE, 8, EMPTY)))
    run(window, 3, 2)
    window.flush()
    window.skip_to(0, 1)
    told = run(window, 4, 2)
    assert told == [(7, News(0, 1, ARRIVED))]
    assert window.kind_of(0, 1) == CHARGE


def test_a_broken_robot_keeps_its_cell_and_its_hold() -> None:
    window, _ = make(16, hold=5)
    window.append(0, (Leg(FETCH, 17, EMPTY),))
    run(window, 2, 1)
    assert window.hold.tolist() == [4]
    window.flush()
    window.broken[0] = True
    run(window, 10, 1)
    assert window.hold.tolist() == [4]
    window.flush()
    window.broken[0] = False
    assert run(window, 4, 1)[-1] == (16, News(0, 0, FINISHED))


def test_idle_robots_stay_parked_and_make_way() -> None:
    window, _ = make(2, 0)
    run(window, 5, 1)
    assert window.pos.tolist() == [2, 0]
    window.append(1, (Leg(FETCH, 7, EMPTY),))
    run(window, 12, 1)
    assert window.leg.tolist() == [0, 1]
    assert window.pos[0] in (0, 2, 4, 6, 9, 11)


def test_age_counts_steps_without_progress() -> None:
    window, _ = make(9, 10, hold=30)
    window.append(1, (Leg(FETCH, 10, EMPTY),))
    run(window, 2, 1)
    window.append(0, (Leg(FETCH, 10, EMPTY),))
    ages = []
    for _ in range(6):
        run(window, 1, 1)
        ages.append(int(window.age[0]))
    # the cell is taken by a robot that stands: beside it there is nothing nearer
    assert ages == [0, 1, 2, 3, 4, 5]


def test_a_priority_order_goes_first_where_two_ways_meet() -> None:
    # both want cell 18 next; robot 1 is nearer to its goal and would have it
    def after_one_step(urgent: bool, first: bool) -> list[int]:
        window, _ = make(17, 10)
        window.urgent_first = first
        window.append(0, (Leg(FETCH, 23, EMPTY, urgent),))
        window.append(1, (Leg(FETCH, 26, EMPTY),))
        run(window, 1, 1)
        return window.pos.tolist()

    assert after_one_step(urgent=False, first=True)[1] == 18
    assert after_one_step(urgent=True, first=False)[1] == 18
    assert after_one_step(urgent=True, first=True)[0] == 18

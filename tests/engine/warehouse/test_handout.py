from __future__ import annotations

import numpy as np

from engine.warehouse.handout import Desk
from engine.warehouse.instances import Instance, make_instance, parse_tasks
from tests.engine.warehouse.floors import LOOPS


def instance(starts: list[int], tasks: str) -> Instance:
    return make_instance(LOOPS["open"], starts, parse_tasks(tasks))


def arrive(desk: Desk, *cells: int) -> list[int]:
    return desk.arrive(np.array(cells, np.int32)).tolist()


def test_round_robin_gives_each_robot_its_own_sequence_and_begins_again():
    desk = Desk(instance([0, 1], "3\n10\n11\n12\n"))
    assert desk.goal.tolist() == [10, 11]
    assert arrive(desk, 10, 2) == [0]
    assert desk.goal.tolist() == [12, 11]
    assert arrive(desk, 12, 11) == [0, 1]
    assert desk.goal.tolist() == [11, 10]
    assert desk.finished == 3


def test_a_queue_serves_the_lowest_robot_first_and_ends():
    desk = Desk(instance([0, 1, 2], "4\n10,13\n11,14\n12,15\n16,17\n"))
    assert desk.goal.tolist() == [10, 11, 12]
    assert arrive(desk, 10, 11, 5) == [0, 1]
    assert desk.goal.tolist() == [13, 14, 12]
    assert desk.finished == 0
    assert arrive(desk, 13, 14, 5) == [0, 1]
    assert desk.finished == 2
    assert desk.task.tolist() == [3, -1, 2]
    assert desk.goal[0] == 16
    # who has nothing to do arrives nowhere
    assert arrive(desk, 5, 14, 6) == []


def test_one_errand_a_step_even_on_the_same_cell():
    desk = Desk(instance([0], "1\n10,10\n"))
    assert arrive(desk, 10) == [0]
    assert desk.finished == 0
    assert arrive(desk, 10) == [0]
    assert desk.finished == 1


def test_epibt_skips_tasks_on_the_own_cell():
    desk = Desk(instance([10, 3], "targets\n10\n11\n10\n12\n13\n14\n"))
    # robot 0 passes over tasks 0 and 2, both on its cell, and gets task 4
    assert desk.goal.tolist() == [13, 11]
    assert [(r.tolist(), t.tolist()) for r, t in desk.taken] == [([0, 1], [4, 1])]


def test_a_sequence_of_nothing_but_the_own_cell_still_ends():
    desk = Desk(instance([10], "targets\n10\n10\n"))
    assert desk.goal.tolist() == [10]
    assert arrive(desk, 10) == [0]


def test_more_robots_than_queued_tasks_leave_some_idle():
    desk = Desk(instance([0, 1, 2], "1\n10,11\n"))
    assert desk.task.tolist() == [0, -1, -1]
    assert desk.goal.tolist() == [10, 1, 2]

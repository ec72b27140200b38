from __future__ import annotations

import numpy as np

from engine.warehouse.orders import Order
from engine.warehouse.tasks import Task, TaskBoard


class Shelves:
    """Three pods: SKU 0 on pods 0 and 1, SKU 1 on pod 1, SKU 2 on pod 2."""

    bins = np.array([[0, 0], [0, 1], [2, 2]], np.int32)

    def pods_with(self, sku: int) -> list[int]:
        return np.flatnonzero((self.bins == sku).any(axis=1)).tolist()


def make(stations: int = 2) -> TaskBoard:
    # pod p is |p - 2 s| steps from desk s
    return TaskBoard(Shelves(), 3, stations, lambda pod, s: abs(pod - 2 * s))  # type: ignore[arg-type]


def order(number: int, skus: list[int], priority: int = 0, due: int = 100) -> Order:
    return Order(number, priority, skus, created=0, due=due)


def take(board: TaskBoard, task: Task, robot: int = 0) -> None:
    assert board.ready([9, 9], 1) == [task]
    board.assign(task, robot, 1)


def test_a_line_takes_the_nearest_free_pod() -> None:
    board = make()
    board.place(order(1, [0]), 0, 0, 0)
    board.place(order(2, [0]), 0, 1, 0)
    assert [t.station if t else None for t in board.of_pod] == [0, 1, None]


def test_lines_at_one_desk_share_a_pod_until_its_time_is_settled() -> None:
    board = make()
    first, second, third = order(1, [1]), order(2, [0]), order(3, [0])
    board.place(first, 1, 0, 0)
    board.place(second, 0, 0, 0)
    task = board.of_pod[1]
    assert task is not None
    assert task.lines == [(first, 1), (second, 0)]
    task.pick_steps = 7
    board.place(third, 0, 0, 0)
    assert len(task.lines) == 2
    assert board.of_pod[0] is not None
    assert board.created == board.open == 2


def test_a_line_waits_for_a_pod_that_another_desk_has_and_gets_it_back() -> None:
    board = make()
    board.place(order(1, [2]), 2, 0, 0)
    task = board.of_pod[2]
    assert task is not None
    late, urgent = order(2, [2]), order(3, [2], priority=1)
    board.place(late, 2, 1, 0)
    board.place(urgent, 2, 1, 0)
    assert board.waiting_lines == 2
    take(board, task)
    board.give_back_pod(task, 50)
    following = board.of_pod[2]
    assert following is not None
    assert following.station == 1
    assert following.urgency == urgent.urgency
    assert [o.number for o, _ in following.lines] == [3, 2]
    assert (board.waiting_lines, board.returned, board.open) == (0, 1, 1)


def test_ready_tasks_come_by_urgency_and_only_where_there_is_room() -> None:
    board = make()
    board.place(order(1, [0], due=90), 0, 0, 0)
    board.place(order(2, [2], due=50), 2, 1, 0)
    board.place(order(3, [1], priority=1), 1, 0, 0)
    tasks = board.ready([9, 9], 9)
    assert [t.urgency[2] for t in tasks] == [3, 2, 1]
    for task in tasks:
        board.put_back(task)
    assert [t.station for t in board.ready([1, 0], 9)] == [0]


def test_an_urgent_line_lifts_its_task_without_doubling_it() -> None:
    board = make()
    board.place(order(1, [2], due=90), 2, 0, 0)
    board.place(order(2, [0], due=10), 0, 0, 0)
    board.place(order(3, [2], priority=1), 2, 0, 0)
    tasks = board.ready([9, 9], 9)
    assert [t.pod for t in tasks] == [2, 0]
    assert board.ready([9, 9], 9) == []


def test_a_stopped_desk_gives_up_all_it_asked_for() -> None:
    board = make()
    mine, other = order(1, [0, 2]), order(2, [2])
    board.place(mine, 0, 0, 0)
    task = board.of_pod[0]
    assert task is not None
    take(board, task, robot=4)
    board.place(other, 2, 1, 0)
    board.place(mine, 2, 0, 0)
    lines, tasks = board.dissolve(0)
    assert sorted(sku for _, sku in lines) == [0, 2]
    assert tasks == [task]
    assert task.void
    assert board.waiting_lines == 0
    board.give_back_pod(task, 9)
    assert (board.dissolved, board.returned, board.open) == (1, 0, 1)
    assert board.of_pod[0] is None

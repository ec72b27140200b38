from __future__ import annotations

import numpy as np

from engine.warehouse.telemetry import History


def step(history: History, leg: list[int], waiting: list[bool]) -> None:
    zero = np.zeros(2, np.int32)
    history.observe(np.array(leg, np.int32), zero, zero, np.array(waiting),
                    np.array([1, 2], np.uint8), np.array([-1, 0], np.int32))


def test_waiting_is_counted_by_leg() -> None:
    history = History(2)
    step(history, [0, 0], [True, False])
    step(history, [0, 0], [True, True])
    assert history.waited.tolist() == [2, 1]
    assert history.steps.tolist() == [2, 2]
    assert history.cause.tolist() == [1, 2]
    assert history.pusher.tolist() == [-1, 0]
    step(history, [1, 0], [False, True])
    assert history.waited.tolist() == [0, 2]
    assert history.steps.tolist() == [1, 3]
    assert history.cause.tolist() == [0, 2]


def test_the_latest_five_events_are_kept_newest_first() -> None:
    history = History(2)
    for number in range(7):
        history.note(1, number, str(number))
    assert history.events(0) == []
    assert history.events(1) == [(n, str(n)) for n in (6, 5, 4, 3, 2)]

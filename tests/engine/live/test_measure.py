from __future__ import annotations

import numpy as np
import pytest

from engine.live.cards import Card, cards
from engine.live.measure import Kpi, Recorder, kpi_values, reduce

WAIT = Kpi("wait", "Wait", "min", "ride.wait_s", "mean", -1, 1, "Until the car comes.", 1 / 60)
SHARE = Kpi("served", "Served", "%", "served_percent", "last", 1, 0, "Who got a ride.")
BY_NAME = {k.name: k for k in (WAIT, SHARE)}


def record() -> Recorder:
    return Recorder(50, 80, ("ride.",))


@pytest.mark.parametrize(("how", "expected"), [
    ("mean", 4.0), ("median", 3.0), ("p95", 8.8), ("last", 10.0), ("sum", 20.0), ("min", 1.0),
    ("max", 10.0)])
def test_reductions_worked_by_hand(how: str, expected: float) -> None:
    values = [1.0, 4.0, 2.0, 3.0, 10.0]
    assert reduce(how, values) == pytest.approx(expected)  # type: ignore[arg-type]
    assert reduce(how, np.array(values)) == reduce(how, values)  # type: ignore[arg-type]
    assert reduce(how, []) is None  # type: ignore[arg-type]


def test_a_window_is_open_on_the_left() -> None:
    recorder = record()
    for step in (10, 20, 30, 40):
        recorder.add("a.b", step, step / 10)
    assert recorder.window("a.b", 10, 30).tolist() == [[20.0, 2.0], [30.0, 3.0]]
    assert recorder.window("none", 0, 99).shape == (0, 2)
    assert recorder.latest("a.b")[:, 1].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert recorder.latest("none").shape == (0, 2)


def test_drained_points_come_once_and_memory_is_bounded_by_the_sort_of_series() -> None:
    recorder = record()
    for step in range(200):
        recorder.add("sampled", step, 1.0)
        recorder.add("ride.wait_s", step, 1.0)
    assert [len(p.step) for p in recorder.drain()] == [200, 200]
    assert recorder.drain() == []
    assert len(recorder.latest("sampled")) == 50
    assert len(recorder.latest("ride.wait_s")) == 80


def test_figures_of_two_windows_in_the_unit_shown() -> None:
    recorder = record()
    for step, seconds in ((5, 60.0), (8, 180.0), (15, 240.0)):
        recorder.add("ride.wait_s", step, seconds)
    (shown,) = kpi_values(recorder, [WAIT], 20, 10)
    assert (shown["value"], shown["before"]) == (4.0, 2.0)
    assert "series" not in shown
    (shown,) = kpi_values(recorder, [WAIT], 20, 10, bars=5)
    assert shown["series"] == [None, None, None, 2.0, 4.0]


def test_cards_say_value_change_and_whether_it_is_good() -> None:
    recorder = record()
    for step, seconds, served in ((5, 120.0, 90.0), (15, 60.0, 94.5)):
        recorder.add("ride.wait_s", step, seconds)
        recorder.add("served_percent", step, served)
    row = (Card("wait", "served", "served {} %"), Card("served", "", "now"))
    wait, served = cards(recorder, BY_NAME, row, 20, 10)
    assert (wait["value"], wait["unit"], wait["note"]) == ("1.0", "min", "served 94 %")
    assert (wait["delta"], wait["tone"], wait["number"]) == ("▼ 50.0 %", "good", 1.0)
    assert (served["delta"], served["tone"]) == ("▲ 4.5 pt", "good")
    assert [v for v in wait["series"] if v is not None] == [2.0, 1.0]
    assert cards(recorder, BY_NAME, row, 25, 5)[0]["value"] is None

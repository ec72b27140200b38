from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.perception.cli_net import DEFAULT, FORECAST
from engine.perception.drive import drive_once, summary
from engine.perception.perceive import open_eyes


def test_the_truth_drives_no_worse_than_the_network() -> None:
    eyes = open_eyes(DEFAULT, FORECAST.with_suffix(".onnx"), threads=1)
    seen = drive_once("cut-in", 9100, perceive=eyes, route_m=16.0)
    known = drive_once("cut-in", 9100, route_m=16.0)
    assert eyes.seen is not None
    assert known["driving_score"] >= seen["driving_score"] > 0.0
    assert known["success"]


def test_a_drive_is_the_same_twice() -> None:
    one, two = (drive_once("debris", 3, route_m=16.0) for _ in range(2))
    # but for the time the planner took
    assert {**one, "plan_cpu_ms": 0.0} == {**two, "plan_cpu_ms": 0.0}


def test_means_by_hand() -> None:
    one = {"driving_score": 100.0, "success": True, "completion": 1.0, "comfort": 1.0,
           "interventions": 0, "distance_m": 400.0}
    two = {"driving_score": 60.0, "success": False, "completion": 1.0, "comfort": 0.5,
           "interventions": 2, "distance_m": 600.0}
    whole = summary([one, two])
    assert whole["driving_score"] == 80.0
    assert whole["success"] == 0.5
    assert whole["interventions_per_km"] == 2.0
    # deviation 28.28, over the root of two
    assert whole["interval"] == [pytest.approx(80.0 - 39.2), pytest.approx(80.0 + 39.2)]


@pytest.mark.parametrize(("changes", "word"), [
    ({"scenario": "nowhere"}, "scenario"), ({"style": "none"}, "style"), ({"seed": -1}, "seed"),
    ({"route_m": 0.0}, "route_m")])
def test_what_cannot_be_driven_is_refused(changes: dict[str, object], word: str) -> None:
    given: dict[str, object] = {"scenario": "cut-in", "seed": 1, **changes}
    with pytest.raises(InvalidInput, match=word):
        drive_once(**given)  # type: ignore[arg-type]


def test_no_drive_has_no_mean() -> None:
    with pytest.raises(InvalidInput, match="no drives"):
        summary([])

from __future__ import annotations

import numpy as np
import pytest

from engine.perception.lane_fit import Line
from engine.perception.lane_model import beside_of, complete, onto


def bend(low: float, high: float, radius: float = 60.0, offset: float = 0.0) -> np.ndarray:
    """A stretch of a left-hand bend that begins at the car; float64 [Q, 2]."""
    a = np.arange(low, high + 0.01, 0.5) / radius
    r = radius - offset
    return np.stack([r * np.sin(a), radius - r * np.cos(a)], axis=1)


def line(points: np.ndarray, kind: int = 1) -> Line:
    return Line(np.ascontiguousarray(points, np.float64), kind, 0.9)


def length(points: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def test_stations_and_offsets_by_hand() -> None:
    road = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    points = np.array([[4.0, 2.0], [-3.0, -1.0], [9.0, 6.0], [12.0, 13.0]])
    assert onto(points, road) == pytest.approx(
        np.array([[4.0, 2.0], [-3.0, -1.0], [16.0, 1.0], [23.0, -2.0]]))


def test_offsets_lead_back_to_the_points() -> None:
    road = bend(0.0, 40.0)
    points = bend(5.0, 35.0, offset=3.5)
    sd = onto(points, road)
    assert sd[:, 1] == pytest.approx(3.5, abs=0.02)
    assert beside_of(road, sd[:, 0], sd[:, 1]) == pytest.approx(points, abs=0.05)


def test_dashes_beside_a_kerb_become_a_line_as_long_as_it() -> None:
    kerb = bend(2.0, 45.0, offset=-3.5)
    dashes = [bend(8.0, 11.0), bend(20.0, 23.0)]
    found = complete([line(kerb, 3), *(line(d) for d in dashes)])
    assert [q.kind for q in found] == [3, 1]
    assert length(found[1].points) == pytest.approx(length(bend(2.0, 45.0)), abs=2.5)
    away = onto(found[1].points, bend(0.0, 47.0))[:, 1]
    assert np.abs(away).max() < 0.15


def test_the_strokes_of_a_double_line_are_one_between_them() -> None:
    strokes = [bend(2.0, 40.0, offset=0.16), bend(2.0, 40.0, offset=-0.16)]
    found = complete([line(s, 2) for s in strokes])
    assert len(found) == 1
    assert found[0].kind == 2
    assert np.abs(onto(found[0].points, bend(0.0, 42.0))[:, 1]).max() < 0.12


def test_the_next_lane_is_another_line_and_a_cross_street_is_left_alone() -> None:
    own, following = bend(2.0, 40.0), bend(2.0, 38.0, offset=3.2)
    across = np.stack([np.full(30, 50.0), np.linspace(-15.0, 15.0, 30)], axis=1)
    found = complete([line(own), line(following), line(across)])
    assert len(found) == 3
    assert any(np.array_equal(q.points, across) for q in found)


def test_what_runs_beside_nothing_stays_and_a_scrap_goes() -> None:
    alone = line(np.array([[5.0, 0.0], [9.0, 0.0], [13.0, 0.0]]))
    scrap = line(np.array([[30.0, 20.0], [31.0, 21.0]]))
    assert complete([alone, scrap]) == [alone]
    assert complete([]) == []

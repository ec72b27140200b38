from __future__ import annotations

import numpy as np
import pytest

from engine.perception.lane_fit import Line
from engine.perception.lane_smooth import curve_of, smooth


def line(points: np.ndarray) -> Line:
    return Line(np.ascontiguousarray(points, np.float64), 1, 0.9)


def turned(points: np.ndarray) -> float:
    """Degrees of turning along a polyline, summed up."""
    step = np.diff(points, axis=0)
    return float(np.degrees(np.abs(np.diff(np.unwrap(np.arctan2(step[:, 1], step[:, 0]))))).sum())


def cubic(x: np.ndarray) -> np.ndarray:
    return 1.8 + 0.02 * x + 0.004 * x**2 - 0.00006 * x**3


@pytest.mark.parametrize("degrees", [0.0, 90.0, 137.0])
def test_pieces_that_overlap_and_stray_become_the_curve_they_are_of(degrees: float) -> None:
    rng = np.random.default_rng(1)
    near, far = np.linspace(3.0, 22.0, 60), np.linspace(18.0, 45.0, 25)
    x = np.concatenate([near, far])
    y = cubic(x) + np.concatenate([rng.normal(0.0, 0.03, 60), 0.15 + rng.normal(0.0, 0.1, 25)])
    y[-2:] += 2.0  # a frayed end
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, -s], [s, c]])
    (found,) = smooth([line(np.stack([x, y], axis=1) @ turn.T)])
    back = found.points @ turn
    assert np.abs(back[:, 1] - cubic(back[:, 0])).max() < 0.5, "the raw end is 2 m off"
    assert turned(found.points) < 1.5 * turned(np.stack([near, cubic(near)], axis=1)) + 10.0
    assert np.linalg.norm(found.points[0]) < np.linalg.norm(found.points[-1])
    assert found[1:] == (1, 0.9)


def test_a_straight_line_stays_where_it_is() -> None:
    points = np.stack([np.linspace(0.0, 30.0, 16), np.full(16, -1.75)], axis=1)
    curve, loose = curve_of(points)
    assert curve[[0, -1]] == pytest.approx(points[[0, -1]], abs=1e-6)
    assert curve[:, 1] == pytest.approx(-1.75, abs=1e-6)
    assert loose == pytest.approx(0.0, abs=1e-6)


def test_a_kerb_round_a_corner_keeps_its_corner() -> None:
    a = np.linspace(0.0, 0.5 * np.pi, 20)
    corner = 8.0 * np.stack([np.sin(a), 1.0 - np.cos(a)], axis=1)
    (found,) = smooth([line(corner)])
    assert np.abs(np.hypot(found.points[:, 0], found.points[:, 1] - 8.0) - 8.0).max() < 0.2


def test_two_lines_in_one_are_taken_apart_and_a_scrap_goes() -> None:
    x = np.linspace(0.0, 20.0, 20)
    own, other = np.stack([x, 0.0 * x], axis=1), np.stack([x, 7.0 + 0.0 * x], axis=1)
    found = smooth([line(np.concatenate([own, other]))])
    assert sorted(round(float(np.median(q.points[:, 1]))) for q in found) == [0, 7]
    scrap = np.stack([np.linspace(0.0, 1.0, 5), np.full(5, 9.0)], axis=1)
    found = smooth([line(np.concatenate([own, scrap]))])
    assert all(np.ptp(q.points[:, 0]) > 5.0 for q in found)


def test_few_points_are_left_as_they_are() -> None:
    short = line(np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 0.0]]))
    assert smooth([short]) == [short]
    assert smooth([]) == []

from __future__ import annotations

import numpy as np

from engine.perception.cameras import VIEWS, rig
from engine.perception.labels import LINE_BITS, draw_lines
from engine.perception.lane_fit import Line, fit_lines, join
from engine.perception.lane_metrics import match_lines, own_and_next, picture_line, true_lines
from tests.engine.perception.pictures import forward_camera


def straight(y: float, begin: float = 2.0, end: float = 60.0, bend: float = 0.0) -> np.ndarray:
    x = np.linspace(begin, end, 60)
    return np.stack([x, y + bend * x**2, np.zeros(60)], axis=1).astype(np.float32)


def drawn(lines: list[np.ndarray], kinds: list[int], camera: object) -> np.ndarray:
    """Perfect mask probabilities of lines, float32 [3, 96, 160]."""
    mask = np.zeros((192, 320), np.uint8)
    draw_lines(mask, np.zeros((192, 320), np.float32), camera,  # type: ignore[arg-type]
               np.stack(lines), np.array(kinds))
    return np.stack([((mask & b) > 0).reshape(96, 2, 160, 2).mean(axis=(1, 3))
                     for b in LINE_BITS]).astype(np.float32)


def test_drawn_lines_are_found_where_they_are() -> None:
    camera = forward_camera()
    lines = [straight(y, bend=0.001) for y in (5.4, 1.8, -1.8)]
    found = fit_lines(drawn(lines, [3, 2, 1], camera), camera)
    assert sorted(q.kind for q in found) == [1, 2, 3]
    for q in found:
        true = {3: 5.4, 2: 1.8, 1: -1.8}[q.kind]
        near = q.points[q.points[:, 0] < 25]
        assert np.abs(near[:, 1] - true - 0.001 * near[:, 0] ** 2).max() < 0.25
        assert q.points[0, 0] < 9
        assert q.score > 0.5


def test_perfect_masks_match_by_culane_in_every_camera() -> None:
    # kerbs and markings of a straight street, seen by the whole rig
    lines = [straight(y, -30.0, 60.0) for y in (7.0, 3.5, 0.0, -3.5)]
    for name, camera in zip(VIEWS, rig(), strict=True):
        found = fit_lines(drawn(lines, [3, 1, 2, 3], camera), camera)
        pictured = [p for q in found for p in picture_line(q.points, camera)]
        truth = true_lines(lines, camera, np.zeros((96, 160), np.float32))
        counts = match_lines(pictured, truth.asked, 192, 320, truth.spared)
        assert counts.f1() > 0.7, (name, counts)


def test_a_gap_is_bridged_along_the_line_and_not_across() -> None:
    def line(y: float, begin: float, end: float) -> Line:
        x = np.linspace(begin, end, 12)
        return Line(np.stack([x, np.full(12, y)], axis=1), 1, 0.9)

    joined = join([line(0.0, 5, 15), line(0.1, 22, 30), line(3.5, 18, 30)])
    assert sorted(len(q.points) for q in joined) == [12, 24]


def test_nothing_is_found_in_nothing() -> None:
    assert fit_lines(np.zeros((3, 96, 160), np.float32), forward_camera()) == []


def test_culane_counts_by_hand() -> None:
    def upright(u: float) -> np.ndarray:
        return np.array([[u, 20.0], [u, 180.0]])

    same = match_lines([upright(50), upright(150)], [upright(50), upright(150)], 192, 320)
    assert same == (2, 0, 0)
    # a line 1 px beside one of 5.9 px shares (5.9 - 1) / (5.9 + 1) = 0.71, 3 px beside 0.33
    assert match_lines([upright(51)], [upright(50)], 192, 320) == (1, 0, 0)
    assert match_lines([upright(53)], [upright(50)], 192, 320) == (0, 1, 1)
    assert match_lines([], [upright(50)], 192, 320) == (0, 0, 1)
    assert match_lines([upright(50)], [], 192, 320) == (0, 1, 0)
    assert same.f1() == 1.0


def test_hidden_lines_are_not_asked_for() -> None:
    camera = forward_camera()
    wall = np.full((96, 160), 3.0, np.float32)
    hidden = true_lines([straight(1.8)], camera, wall)
    assert (len(hidden.asked), len(hidden.spared)) == (0, 1)
    assert match_lines(hidden.spared, [], 192, 320, hidden.spared) == (0, 0, 0)
    free = true_lines([straight(1.8)], camera, np.zeros((96, 160), np.float32))
    assert (len(free.asked), len(free.spared)) == (1, 0)


def test_the_own_and_the_next_lane_are_asked_for() -> None:
    assert own_and_next(straight(1.8))
    assert own_and_next(straight(-5.4))
    assert not own_and_next(straight(8.9))
    assert not own_and_next(straight(1.8, begin=37.0))
    assert not own_and_next(straight(1.8, begin=-30.0, end=-5.0))

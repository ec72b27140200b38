from __future__ import annotations

import numpy as np
import pytest

from engine.perception.bev import (
    GRID,
    GRID_M,
    GroundGrid,
    lift,
    merge,
    merge_lines,
    nothing,
    thinned,
)
from engine.perception.calibration import canonical_scale, to_camera
from engine.perception.cameras import Camera, rig
from engine.perception.decode import Detections
from engine.perception.labels import place_in_space
from engine.perception.lane_fit import Line


def detected(camera: Camera, actors: np.ndarray, score: float = 0.8) -> Detections:
    """What a perfect network would say of actors."""
    n = len(actors)
    space = np.stack([place_in_space(camera, a) for a in actors])
    return Detections(
        np.zeros((n, 4), np.float32), np.full(n, score, np.float32),
        actors[:, 8].astype(np.int64), np.ones(n, np.float32),
        np.tile(np.array([[0, 1, 0, 0]], np.float32), (n, 1)), space[:, :2].astype(np.float32),
        space[:, 2].astype(np.float32), np.exp(space[:, 3:6]).astype(np.float32),
        np.arctan2(space[:, 6], space[:, 7]).astype(np.float32), np.ones(n, np.float32))


CAR = np.array([[16.0, 2.0, 0.7, 0.5, 4.5, 1.8, 1.5, 0.0, 0.0]], np.float32)


def test_a_perfect_detection_is_lifted_to_where_the_actor_is() -> None:
    for view, camera in enumerate(rig()):
        _, z = to_camera(camera, CAR[:, :3])
        if z[0] < 1.0:
            continue
        found = lift(detected(camera, CAR), camera, view)
        assert found.place[0] == pytest.approx(CAR[0, :3], abs=1e-2)
        assert found.heading[0] == pytest.approx(0.5, abs=1e-2)
        assert found.size[0] == pytest.approx(CAR[0, 4:7], rel=1e-3)
        ray = found.place[0, :2] - camera.t[:2]
        ray /= np.linalg.norm(ray)
        across = np.array([-ray[1], ray[0]])
        assert ray @ found.covariance[0] @ ray > across @ found.covariance[0] @ across
        assert canonical_scale(camera) > 0


def test_views_of_one_thing_become_one_surer_thing() -> None:
    cameras = rig()
    parts = [lift(detected(cameras[v], CAR, s), cameras[v], v)
             for v, s in ((0, 0.5), (1, 0.9), (2, 0.4))]
    whole = merge(parts)
    assert len(whole.score) == 1
    assert whole.place[0] == pytest.approx(CAR[0, :3], abs=2e-2)
    assert np.trace(whole.covariance[0]) < min(np.trace(p.covariance[0]) for p in parts)
    assert whole.score[0] == pytest.approx(1 - 0.5 * 0.1 * 0.6)
    assert whole.views[0] == 0b111


def test_two_things_in_one_view_stay_two() -> None:
    camera = rig()[0]
    two = np.concatenate([CAR, CAR + np.array([0.5] + [0.0] * 8, np.float32)])
    assert len(merge([lift(detected(camera, two), camera, 0)]).score) == 2


def test_a_truck_may_be_a_car_but_no_sign() -> None:
    cameras = rig()
    truck, sign = CAR.copy(), CAR.copy()
    truck[0, 8], sign[0, 8] = 1, 6
    car = lift(detected(cameras[0], CAR, 0.9), cameras[0], 0)
    assert len(merge([car, lift(detected(cameras[2], truck), cameras[2], 2)]).score) == 1
    assert len(merge([car, lift(detected(cameras[2], sign), cameras[2], 2)]).score) == 2


def test_nothing_merges_to_nothing() -> None:
    assert len(merge([]).score) == len(merge([nothing(), nothing()]).score) == 0
    assert merge_lines([]) == []


def test_lines_of_two_views_become_one() -> None:
    def line(begin: float, end: float, y: float) -> Line:
        x = np.linspace(begin, end, 30)
        return Line(np.stack([x, np.full(30, y)], axis=1), 1, 0.9)

    whole = merge_lines([[line(3, 30, 1.8), line(3, 30, -1.8)], [line(15, 45, 1.9)]])
    assert sorted(round(float(q.points[:, 1].mean()), 0) for q in whole) == [-2.0, 2.0]
    assert max(q.points[:, 0].max() for q in whole) == pytest.approx(45.0)


def test_a_thinned_line_keeps_its_ends_and_its_spacing() -> None:
    x = np.concatenate([np.arange(0.0, 3.0, 0.05), [4.0, 9.0, 9.1]])
    thin = thinned(np.stack([x, 0.0 * x], axis=1), 0.4)
    assert thin[0, 0] == 0.0
    assert thin[-1, 0] == 9.1
    assert (np.diff(thin[:-1, 0]) >= 0.4).all()
    assert len(thin) == 11
    assert len(thinned(np.zeros((0, 2)), 0.4)) == 0


def test_the_grid_reads_the_masks() -> None:
    cameras = rig()
    masks = np.zeros((8, 96, 160), np.float32)
    masks[0] = 1.0
    only = np.zeros(8, bool)
    only[0] = True
    grid = GroundGrid(cameras)
    seen = grid.read(masks, only)
    row, column = int((20 - GRID[0]) / GRID_M), int((0 - GRID[2]) / GRID_M)
    assert seen[row, column] == 1.0
    assert np.isnan(seen[int((-20 - GRID[0]) / GRID_M), column])
    mixed = grid.read(masks)
    assert 0.0 < mixed[row, column] < 1.0
    assert np.isnan(grid.read(masks, np.zeros(8, bool))).all()

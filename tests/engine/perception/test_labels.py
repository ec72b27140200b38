from __future__ import annotations

import numpy as np
import pytest

from engine.perception.calibration import to_camera, to_ego
from engine.perception.cameras import rig
from engine.perception.labels import BOX, DRIVABLE, LINE_BITS, draw_lines, label_view
from engine.perception.truth import Sample, generate
from tests.engine.perception.pictures import forward_camera, lines


@pytest.fixture(scope="module")
def sample() -> Sample:
    return next(generate(11, scenario="town drive", style="Old town", weather="clear", n_frames=1,
                         views=(0, 4)))


def test_labels_of_a_rendered_picture(sample: Sample) -> None:
    for index, view in enumerate((0, 4)):
        label = label_view(sample, index, view)
        rows = sample.box_view == view
        assert label.boxes.dtype == BOX
        assert np.array_equal(label.boxes["box"], sample.boxes[rows])
        assert np.array_equal((label.mask & DRIVABLE) > 0, sample.drivable[index] > 0)
        assert label.depth.shape == (96, 160)
        for k, actor in enumerate(sample.box_actor[rows]):
            space = label.boxes["space"][k]
            if actor < 0 or np.isnan(space[0]):
                continue
            z = np.exp(space[2]) * label.scale
            back = to_ego(sample.cameras[index], space[:1], space[1:2], [z])
            assert back[0] == pytest.approx(sample.actors[actor, :3], abs=0.02)
            assert np.exp(space[3:6]) == pytest.approx(sample.actors[actor, 4:7], rel=1e-3)
            assert np.hypot(space[6], space[7]) == pytest.approx(1.0)


def test_drawn_lines_lie_where_they_project() -> None:
    camera = forward_camera()
    mask = np.zeros((192, 320), np.uint8)
    draw_lines(mask, np.zeros((192, 320), np.float32), camera, lines(), np.array([1, 3]))
    assert set(np.unique(mask)) <= {0, LINE_BITS[0], LINE_BITS[2],
                                    LINE_BITS[0] | LINE_BITS[2]}
    uv, z = to_camera(camera, [[12.0, 1.8, 0.0], [12.0, -1.8, 0.0]])
    assert (z > 0).all()
    assert mask[int(uv[0, 1]), int(uv[0, 0])] == LINE_BITS[0]
    assert mask[int(uv[1, 1]), int(uv[1, 0])] == LINE_BITS[2]


def test_what_stands_before_a_line_hides_it() -> None:
    camera = forward_camera()
    mask = np.zeros((192, 320), np.uint8)
    depth = np.zeros((192, 320), np.float32)
    depth[:, :160] = 2.0
    draw_lines(mask, depth, camera, lines(), np.array([1, 3]))
    assert not mask[:, :158].any()
    assert mask[:, 162:].any()


def test_a_line_that_crosses_the_camera_is_cut_at_it() -> None:
    behind = np.array([[[-20.0, 0.5, 0.0], [40.0, 0.5, 0.0]]], np.float32)
    for camera in rig():
        mask = np.zeros((192, 320), np.uint8)
        draw_lines(mask, np.zeros((192, 320), np.float32), camera, behind, np.array([2]))
        drawn = np.argwhere(mask)
        if len(drawn):
            x = np.linspace(-20, 40, 20000)
            uv, z = to_camera(camera, np.stack([x, np.full(20000, 0.5), np.zeros(20000)], 1))
            uv = uv[z > 0.19]
            away = np.abs(drawn[:, None, ::-1] + 0.5 - uv[None, ::7]).max(axis=2).min(axis=1)
            assert np.quantile(away, 0.95) < 3.0

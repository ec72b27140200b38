from __future__ import annotations

import numpy as np
import pytest

from engine.perception.augment import (
    NOISE_LENGTH,
    Change,
    change_boxes,
    change_plane,
    draw_change,
    no_change,
    render,
)
from engine.perception.calibration import ground_plane, numbers
from engine.perception.cameras import Camera
from engine.perception.labels import place_in_space
from tests.engine.perception.pictures import forward_camera, hand_made

ACTOR = np.array([14.0, 3.0, 0.8, 0.4, 4.5, 1.8, 1.6, 0.0, 0.0], np.float32)


def changed(change: Change) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shard = hand_made(1)
    image = np.empty((192, 320, 3), np.float32)
    depth, masks = np.empty((48, 80), np.float32), np.empty((4, 96, 160), np.float32)
    render(shard.images[0], shard.depth[0].astype(np.float32), shard.mask[0], change.mirror,
           change.zoom, change.left, change.top, change.curve, change.saturation, change.noise,
           change.noise_from, np.zeros(NOISE_LENGTH, np.float32), image, depth, masks)
    return image, depth, masks


def test_no_change_changes_nothing() -> None:
    shard = hand_made(1)
    image, depth, masks = changed(no_change())
    assert np.abs(image - shard.images[0]).max() < 1e-3
    assert np.array_equal(depth, shard.depth[0][1::2, 1::2])
    road = (shard.mask[0] & 1).astype(np.float32)
    assert np.array_equal(masks[0], road.reshape(96, 2, 160, 2).mean(axis=(1, 3)))


def test_a_mirrored_mirror_is_the_picture() -> None:
    image, depth, masks = changed(no_change()._replace(mirror=True))
    shard = hand_made(1)
    assert np.abs(image[:, ::-1] - shard.images[0]).max() < 1e-3
    assert np.array_equal(masks[:, :, ::-1], changed(no_change())[2])
    assert depth.shape == (48, 80)


def test_mirrored_labels_are_those_of_the_mirrored_world() -> None:
    camera = forward_camera()._replace(cx=150.0)
    width = camera.width
    mirrored = camera._replace(cx=width - camera.cx, t=camera.t * [1, -1, 1])
    flip = no_change()._replace(mirror=True)
    assert change_plane(ground_plane(camera), flip, width) == pytest.approx(
        ground_plane(mirrored), abs=1e-6)
    there = ACTOR.copy()
    there[1] *= -1
    there[3] *= -1
    boxes = hand_made(1).boxes[:1].copy()
    boxes["space"][0] = place_in_space(camera, ACTOR)
    ours, _ = change_boxes(boxes, flip, 192, width)
    assert ours["space"][0] == pytest.approx(place_in_space(mirrored, there), abs=1e-4)


def test_zoomed_labels_are_those_of_a_longer_lens() -> None:
    camera = forward_camera()
    change = no_change()._replace(zoom=1.25, left=20.0, top=10.0)
    longer = Camera(camera.fx * 1.25, camera.fy * 1.25, (camera.cx - 20) * 1.25,
                    (camera.cy - 10) * 1.25, camera.R, camera.t, 320, 192)
    assert change_plane(ground_plane(camera), change, 320) == pytest.approx(
        ground_plane(longer), abs=1e-6)
    boxes = hand_made(1).boxes[:1].copy()
    boxes["box"][0] = (100, 60, 120, 80)
    boxes["space"][0] = place_in_space(camera, ACTOR)
    ours, spoilt = change_boxes(boxes, change, 192, 320)
    assert ours["space"][0] == pytest.approx(place_in_space(longer, ACTOR), abs=1e-4)
    assert ours["box"][0].tolist() == [100.0, 62.5, 125.0, 87.5]
    assert not spoilt.any()
    assert numbers(longer).shape == (16,)


def test_a_box_that_the_crop_cuts_is_spoilt_and_one_outside_is_gone() -> None:
    boxes = hand_made(1).boxes[:2].copy()
    boxes["box"] = [(0, 60, 40, 80), (0, 0, 10, 10)]
    kept, spoilt = change_boxes(boxes, no_change()._replace(zoom=1.25, left=30.0, top=38.0), 192,
                                320)
    assert kept["box"].tolist() == [[0.0, 27.5, 12.5, 52.5]]
    assert spoilt.tolist() == [True]
    assert kept["visible"][0] == pytest.approx(0.25)


def test_a_drawn_crop_lies_within_the_picture() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        change = draw_change(rng, 192, 320)
        assert 0 <= change.left <= 320 - 320 / change.zoom + 1e-9
        assert 0 <= change.top <= 192 - 192 / change.zoom + 1e-9
        assert change.curve.min() >= 0
        assert change.curve.max() <= 255
        image, depth, masks = changed(change)
        assert np.isfinite(image).all()
        assert np.isfinite(depth).all()
        assert masks.max() <= 1.0

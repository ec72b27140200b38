from __future__ import annotations

import numpy as np
import pytest

from engine.perception.calibration import canonical_scale, to_camera, to_ego
from engine.perception.cameras import rig
from engine.perception.cli_fleet import PRODUCTION
from engine.perception.decode import Detections
from engine.perception.runtime import load_runtime
from engine.perception.second_look import (
    grounded,
    look_twice,
    magnified,
    surfaced,
    unmirrored,
)
from engine.perception.truth import generate

FRONT = rig()[0]


def car(x_m: float, guess: float, *, visible: float = 1.0) -> Detections:
    """A car 4 m long, middle `x_m` ahead, seen from behind, its depth guessed wrong by a factor."""
    corners = np.array([[x_m - 2.0, y, z] for y in (-0.9, 0.9) for z in (0.0, 1.5)])
    uv, _ = to_camera(FRONT, corners)
    box = [*uv.min(axis=0), *uv.max(axis=0)]
    _, z = to_camera(FRONT, np.array([[x_m, 0.0, 0.75]]))
    return Detections(
        np.array([box], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64),
        np.full(1, visible, np.float32), np.zeros((1, 4), np.float32),
        np.array([[160.0, 100.0]], np.float32),
        np.log(guess * z / canonical_scale(FRONT)).astype(np.float32),
        np.array([[4.0, 1.8, 1.5]], np.float32), np.zeros(1, np.float32), np.ones(1, np.float32))


def depth_of(found: Detections) -> float:
    return float(np.exp(found.log_z[0]) * canonical_scale(FRONT))


def test_the_ground_corrects_a_wrong_distance() -> None:
    for away in (10.0, 25.0):
        true = depth_of(car(away, 1.0))
        assert depth_of(grounded(car(away, 1.0), FRONT)) == pytest.approx(true, rel=0.01)
        for guess in (0.85, 1.15):
            wrong = abs(depth_of(car(away, guess)) - true)
            assert abs(depth_of(grounded(car(away, guess), FRONT)) - true) < 0.6 * wrong
    # what is hidden below shows no lower edge, and what is far off by half is of something else
    assert depth_of(grounded(car(25.0, 1.15, visible=0.3), FRONT)) == pytest.approx(
        depth_of(car(25.0, 1.15)))
    assert depth_of(grounded(car(25.0, 2.0), FRONT)) == pytest.approx(depth_of(car(25.0, 2.0)))


def test_the_surface_is_half_a_car_before_its_middle() -> None:
    found = car(20.0, 1.1)
    true = depth_of(car(20.0, 1.0))
    shown = np.full((48, 80), np.log((true - 2.0) / canonical_scale(FRONT)), np.float32)
    assert depth_of(surfaced(found, shown, FRONT)) == pytest.approx(true * 1.1**0.5, rel=1e-3)
    nothing = found._replace(boxes=found.boxes[:0], log_z=found.log_z[:0], size=found.size[:0],
                             heading=found.heading[:0])
    assert len(surfaced(nothing, shown, FRONT).log_z) == 0


def test_the_magnified_middle_is_what_its_camera_sees() -> None:
    image = np.zeros((192, 320, 3), np.uint8)
    place = np.array([[30.0, 1.0, 1.0]])
    uv, z = to_camera(FRONT, place)
    u, v = np.floor(uv[0]).astype(int)
    image[v, u] = 255
    big, camera = magnified(image, FRONT)
    assert big.shape == image.shape
    uv2, z2 = to_camera(camera, place)
    row, column = np.unravel_index(int(big[:, :, 0].argmax()), big.shape[:2])
    assert abs(column + 0.5 - uv2[0, 0]) <= 2.0
    assert abs(row + 0.5 - uv2[0, 1]) <= 2.0
    assert z2 == pytest.approx(z)
    assert to_ego(camera, uv2[:, 0], uv2[:, 1], z2)[0] == pytest.approx(place[0])
    assert canonical_scale(camera) == pytest.approx(2.0 * canonical_scale(FRONT))


def test_a_mirror_image_is_turned_back() -> None:
    one = car(20.0, 1.0)._replace(heading=np.array([0.4], np.float32))
    back = unmirrored(one, 320)
    assert back.boxes[0, 0] == pytest.approx(320.0 - one.boxes[0, 2])
    assert back.centre.tolist() == [[160.0, 100.0]]
    assert back.heading[0] == pytest.approx(-0.4)
    assert unmirrored(back, 320).boxes == pytest.approx(one.boxes, abs=1e-4)


def test_a_second_look_sees_the_same_things_again() -> None:
    sample = next(generate(21, scenario="cut-in", style="Avenue", weather="clear", n_frames=1,
                           views=(0,)))
    found = look_twice(load_runtime(PRODUCTION), rig()[:1], sample.images)
    seen = found.views & 7
    # most of what is seen is seen in two of three pictures, at the same place
    assert np.mean((seen & (seen - 1)) > 0) > 0.4

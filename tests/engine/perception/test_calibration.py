from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception.calibration import (
    FOCAL_PX,
    canonical_scale,
    from_numbers,
    ground_plane,
    ground_points,
    numbers,
    to_camera,
    to_ego,
)
from engine.perception.cameras import rig
from tests.engine.perception.pictures import forward_camera


def test_points_come_back_from_every_camera_of_the_rig() -> None:
    rng = np.random.default_rng(3)
    for camera in (*rig(), forward_camera(fx=310.0, fy=180.0)):
        u, v = rng.uniform(0, 320, 50), rng.uniform(0, 192, 50)
        z = rng.uniform(0.5, 90.0, 50)
        uv, depth = to_camera(camera, to_ego(camera, u, v, z))
        assert np.abs(uv - np.stack([u, v], axis=1)).max() < 1e-6
        assert np.abs(depth - z).max() < 1e-6


def test_the_plane_is_the_inverse_depth_of_ground_points() -> None:
    rng = np.random.default_rng(4)
    for camera in (*rig(), forward_camera(fx=310.0, fy=180.0)):
        ground = np.concatenate([rng.uniform(-30, 30, (400, 2)), np.zeros((400, 1))], axis=1)
        uv, z = to_camera(camera, ground)
        before = z > 1.0
        a, b, c = ground_plane(camera).astype(np.float64)
        told = (a * uv[before, 0] + b * uv[before, 1] + c) / canonical_scale(camera)
        assert np.abs(told - 1.0 / z[before]).max() < 1e-5
        back = ground_points(camera, uv[before, 0], uv[before, 1])
        near = z[before] < 25
        assert np.abs(back - ground[before])[near].max() < 0.05


def test_above_the_horizon_there_is_no_ground() -> None:
    camera = forward_camera(pitch=0.0)
    assert np.isnan(ground_points(camera, [160.0], [10.0])).all()


def test_an_object_of_one_canonical_depth_has_one_height() -> None:
    heights = []
    for fy in (150.0, 200.0, 500.0):
        camera = forward_camera(fy=fy, pitch=0.0)
        z = 20.0 * canonical_scale(camera)
        ends = np.asarray(camera.t) + np.array([[z, 0.0, 0.0], [z, 0.0, 1.5]])
        uv, _ = to_camera(camera, ends)
        heights.append(uv[0, 1] - uv[1, 1])
    assert heights == pytest.approx([FOCAL_PX * 1.5 / 20.0] * 3)


def test_a_camera_survives_its_numbers() -> None:
    camera = forward_camera()
    other = from_numbers(numbers(camera), camera.width, camera.height)
    assert np.array_equal(numbers(other), numbers(camera))
    assert (other.width, other.height) == (320, 192)


@pytest.mark.parametrize(("change", "words"), [
    ({"fx": float("nan")}, "not finite"),
    ({"fy": 0.0}, "focal lengths"),
    ({"t": np.array([0.0, 0.0, -1.0])}, "above the ground"),
])
def test_a_broken_calibration_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        ground_plane(forward_camera()._replace(**change))  # type: ignore[arg-type]

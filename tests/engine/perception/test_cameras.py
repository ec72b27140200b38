import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.perception.cameras import (
    MOUNTS,
    NEAR_M,
    VIEWS,
    Mount,
    clip_near,
    mounted,
    project,
    rig,
    unproject,
)


@given(st.floats(-180, 180), st.floats(-20, 20), st.floats(20, 130), st.floats(0.5, 2.0),
       st.integers(0, 1000))
def test_unproject_undoes_project_also_when_fx_is_not_fy(yaw, pitch, fov, aspect, seed):
    camera = mounted(Mount(1.0, 0.4, 1.4, yaw, pitch, fov), 320, 192, aspect)
    rng = np.random.default_rng(seed)
    pixels = rng.uniform([0, 0], [320, 192], (16, 2))
    depth = rng.uniform(NEAR_M, 100.0, 16)
    again, z = project(camera, unproject(camera, pixels, depth))
    assert np.abs(again - pixels).max() < 1e-6
    assert np.abs(z - depth).max() < 1e-9


def test_a_point_straight_ahead_lands_on_the_principal_point():
    camera = mounted(Mount(2.0, 0.0, 1.5, 0.0, 0.0, 60.0), 320, 192)
    pixel, z = project(camera, np.array([[12.0, 0.0, 1.5]]))
    assert pixel[0] == pytest.approx([160.0, 96.0])
    assert z[0] == pytest.approx(10.0)
    # a metre to the left is left of it, a metre up is above it, by f / z
    left, _ = project(camera, np.array([[12.0, 1.0, 1.5]]))
    up, _ = project(camera, np.array([[12.0, 0.0, 2.5]]))
    assert left[0] == pytest.approx([160.0 - camera.fx / 10.0, 96.0])
    assert up[0] == pytest.approx([160.0, 96.0 - camera.fy / 10.0])


def test_the_field_of_view_is_what_the_mount_says():
    camera = mounted(Mount(0, 0, 1, 0, 0, 90.0), 320, 192)
    edge, _ = project(camera, np.array([[5.0, 5.0, 1.0]]))
    assert edge[0, 0] == pytest.approx(0.0, abs=1e-9)


def test_axes_are_right_handed_and_of_unit_length():
    for camera in rig():
        product = camera.R @ camera.R.T
        assert product == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(camera.R) == pytest.approx(1.0)


def test_the_rig_sees_all_around():
    seen = np.zeros(360, bool)
    for name in VIEWS:
        mount = MOUNTS[name]
        half = mount.fov_deg / 2
        for a in np.arange(mount.yaw_deg - half, mount.yaw_deg + half):
            seen[int(a) % 360] = True
    assert seen.all()


def test_points_behind_the_near_plane_have_no_pixel():
    camera = mounted(Mount(0, 0, 1, 0, 0, 60.0))
    pixel, _ = project(camera, np.array([[NEAR_M * 0.9, 0, 1], [-5.0, 0, 1]]))
    assert np.isnan(pixel).all()


def test_a_line_through_the_camera_is_cut_at_the_near_plane():
    camera = mounted(Mount(0, 0, 1, 0, 0, 60.0))
    line = np.array([[-10.0, 1.0, 0.0], [10.0, 1.0, 0.0]])
    (piece,) = clip_near(camera, line)
    first, _ = project(camera, np.array([[NEAR_M + 1e-9, 1.0, 0.0]]))
    last, _ = project(camera, line[1:])
    assert piece[0] == pytest.approx(first[0], rel=1e-4)
    assert piece[-1] == pytest.approx(last[0])


def test_a_line_that_leaves_and_comes_back_gives_two_pieces():
    camera = mounted(Mount(0, 0, 1, 0, 0, 60.0))
    line = np.array([[5.0, 1, 0], [-5.0, 1, 0], [-5.0, -1, 0], [5.0, -1, 0]])
    assert [len(p) for p in clip_near(camera, line)] == [2, 2]
    assert clip_near(camera, line[1:3]) == []


@pytest.mark.parametrize(("mount", "size", "aspect", "words"), [
    (Mount(0, 0, float("nan"), 0, 0, 60), (320, 192), 1.0, "finite"),
    (Mount(0, 0, 1, 0, 0, 175), (320, 192), 1.0, "175"),
    (Mount(0, 0, 1, 0, 0, 60), (0, 192), 1.0, "0 by 192"),
    (Mount(0, 0, 1, 0, 0, 60), (320, 192), 0.0, "aspect"),
])
def test_a_calibration_that_cannot_be_is_refused(mount, size, aspect, words):
    with pytest.raises(InvalidInput, match=words):
        mounted(mount, *size, aspect)

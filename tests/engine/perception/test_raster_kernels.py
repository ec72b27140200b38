import numpy as np
import pytest

from engine.perception.cameras import NEAR_M, Mount, mounted
from engine.perception.raster_kernels import cast, draw
from tests.engine.perception.scenes import floor, frame, plate, soup, view


def drawn(camera, scene, labels=0):
    buffers = frame(camera)
    covered = np.zeros(labels + 1, np.int32)
    count = draw(view(camera), scene, buffers, covered)
    return buffers, covered, count


@pytest.mark.parametrize("aspect", [1.0, 1.35])
@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 8.0), (148.0, 4.0), (-62.0, 15.0)])
def test_depth_of_the_ground_equals_the_ray_plane_intersection(aspect, yaw, pitch):
    camera = mounted(Mount(1.0, 0.5, 1.4, yaw, pitch, 80.0), 160, 96, aspect)
    buffers, _, _ = drawn(camera, soup(floor(-400, 400, -400, 400)))
    v, u = np.mgrid[0:96, 0:160] + 0.5
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], 2)
    down = (rays @ camera.R)[..., 2]
    with np.errstate(divide="ignore"):
        z = np.where(down < 0, camera.t[2] / -down, np.inf)
    near = z < 200
    got = 1.0 / buffers.inverse_z[near]
    assert near.mean() > 0.3
    assert np.abs(got / z[near] - 1).max() < 1e-5
    assert (buffers.seen[z == np.inf] == -1).all()


def test_two_triangles_that_share_an_edge_leave_no_pixel_between_them():
    camera = mounted(Mount(0, 0, 1.0, 0, 0, 60.0), 160, 96)
    rng = np.random.default_rng(5)
    for _ in range(40):
        y, z = np.sort(rng.uniform(-2, 2, 2)), np.sort(rng.uniform(-0.5, 2.5, 2))
        buffers, _, _ = drawn(camera, soup(plate(5.0, *y, *z)))
        v, u = np.mgrid[0:96, 0:160] + 0.5
        py = -(u - camera.cx) / camera.fx * 5.0
        pz = 1.0 - (v - camera.cy) / camera.fy * 5.0
        inside = (py > y[0] + 1e-6) & (py < y[1] - 1e-6) & (pz > z[0] + 1e-6) & (pz < z[1] - 1e-6)
        outside = (py < y[0] - 1e-6) | (py > y[1] + 1e-6) | (pz < z[0] - 1e-6) | (pz > z[1] + 1e-6)
        assert (buffers.seen[inside] >= 0).all()
        assert (buffers.seen[outside] == -1).all()


def test_the_nearer_triangle_is_seen_whatever_the_order():
    camera = mounted(Mount(0, 0, 1.0, 0, 0, 60.0), 64, 48)
    near, far = plate(4.0, -1, 1, 0, 2), plate(8.0, -3, 3, -1, 3)
    for order, own in ((near + far, [1, 1, 2, 2]), (far + near, [2, 2, 1, 1])):
        buffers, covered, _ = drawn(camera, soup(order, labels=own), labels=2)
        assert buffers.owner[buffers.seen[24, 32]] == 1
        assert 1.0 / buffers.inverse_z[24, 32] == pytest.approx(4.0, rel=1e-6)
        # what is hidden still counts as covered, as if nothing stood before it
        _, alone, _ = drawn(camera, soup(far, labels=[2, 2]), labels=2)
        assert covered[2] == alone[2] > 0


def test_the_back_of_a_triangle_is_not_seen():
    camera = mounted(Mount(0, 0, 1.0, 0, 0, 60.0), 64, 48)
    turned = [t[::-1] for t in plate(4.0, -1, 1, 0, 2)]
    _, _, count = drawn(camera, soup(turned))
    assert count == 0


def test_a_triangle_through_the_camera_is_drawn_where_it_is_in_front():
    camera = mounted(Mount(0, 0, 1.0, 0, 10.0, 80.0), 160, 96)
    buffers, _, count = drawn(camera, soup([[[-50, -40, 0], [60, 0, 0], [-50, 40, 0]]]))
    assert count == 1
    seen = buffers.seen >= 0
    assert seen[95, 80]
    assert (buffers.inverse_z[seen] <= 1.0 / NEAR_M).all()
    assert np.isfinite(buffers.inverse_z).all()


def test_wholly_behind_or_beside_is_nothing():
    camera = mounted(Mount(0, 0, 1.0, 0, 0, 60.0), 64, 48)
    behind = [[[-3, -1, 0], [-3, 1, 0], [-3, 0, 2]]]
    beside = plate(4.0, 20, 22, 0, 2)
    _, _, count = drawn(camera, soup(behind + beside))
    assert count == 0


def test_covered_pixels_count_a_pixel_once():
    camera = mounted(Mount(0, 0, 1.0, 0, 0, 60.0), 64, 48)
    twice = soup(plate(4.0, -1, 1, 0, 2) + plate(5.0, -1, 1, 0, 2), labels=[1, 1, 1, 1])
    once = soup(plate(4.0, -1, 1, 0, 2), labels=[1, 1])
    _, a, _ = drawn(camera, twice, labels=1)
    _, b, _ = drawn(camera, once, labels=1)
    assert a[1] == b[1] > 100


def test_a_shadow_darkens_the_ground_under_it_and_nothing_else():
    camera = mounted(Mount(0, 0, 1.5, 0, 10.0, 60.0), 160, 96)
    scene = soup(floor(-50, 100, -50, 50) + plate(6.0, -0.5, 0.5, 0, 1.0), materials=[1, 1, 0, 0])
    buffers, _, _ = drawn(camera, scene)
    shadow = np.array(floor(5.0, 9.0, -1.0, 1.0, 0.03), np.float32)
    ground = np.array([0, 1] + [0] * 14, np.uint8)
    cast(view(camera), shadow, np.full(2, 0.8, np.float32), ground, buffers, scene)
    dark = buffers.dark > 0
    on_ground = scene.material[buffers.record[np.maximum(buffers.seen, 0)]] == 1
    assert dark.sum() > 50
    assert on_ground[dark].all()
    assert (buffers.dark[dark] == np.float32(0.8)).all()
    z = 1.0 / buffers.inverse_z[dark]
    assert z.min() > 4.5
    assert z.max() < 9.5

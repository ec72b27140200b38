import numpy as np
import pytest

from engine.perception import bodies, meshes, signals


def volume(mesh):
    """Signed volume (divergence theorem): positive when wound outwards and closed."""
    a, b, c = mesh.xyz.astype(np.float64).transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6.0)


def open_edges(mesh):
    """Directed edges without their opposite: none on a closed surface."""
    p = np.round(mesh.xyz.astype(np.float64), 5)
    edges = {}
    for t in p:
        if len({tuple(v) for v in t}) < 3:
            continue
        for i in range(3):
            e = (tuple(t[i]), tuple(t[(i + 1) % 3]))
            edges[e] = edges.get(e, 0) + 1
    return sum(n != edges.get((b, a), 0) for (a, b), n in edges.items())


GREY = (0.5, 0.5, 0.5)


@pytest.mark.parametrize(("mesh", "expected"), [
    (meshes.box(-1, 1, -2, 2, 0, 3, GREY), 24.0),
    (meshes.frustum((-1, 1, -1, 1), (-0.5, 0.5, -0.5, 0.5), 0, 3, GREY), 7.0),
    (meshes.blob(1, 2, 3, 1.0, 1.0, GREY, np.ones((25, 48)), 24), 4.18879),
])
def test_a_solid_is_closed_and_wound_outwards(mesh, expected):
    assert open_edges(mesh) == 0
    assert volume(mesh) == pytest.approx(expected, rel=0.02)


def test_a_wheel_turns_its_face_outwards():
    for side in (1.0, -1.0):
        mesh = meshes.wheel(0, side, 0.3, 0.2, side, GREY, GREY)
        normal = np.cross(mesh.xyz[:, 1] - mesh.xyz[:, 0], mesh.xyz[:, 2] - mesh.xyz[:, 0])
        face = np.abs(normal[:, 1]) > np.abs(normal[:, [0, 2]]).max(1)
        assert (normal[face, 1] * side > 0).all()
        out = mesh.xyz[~face].mean(1) - np.array([0, side, 0.3])
        assert ((normal[~face] * out).sum(1) > 0).all()


def test_moved_turns_about_z_then_shifts():
    point = meshes.soup([[[1, 0, 0]] * 3], GREY)
    assert meshes.moved(point, 5, 6, 7, np.pi / 2).xyz[0, 0] == pytest.approx([5, 7, 7], abs=1e-6)


@pytest.mark.parametrize("shape", sorted(bodies.SHAPES))
def test_a_body_fills_its_box(shape):
    _, length, width, height = bodies.SHAPES[shape]
    p = bodies.body(shape).xyz.reshape(-1, 3)
    size = p.max(0) - p.min(0)
    assert size[0] == pytest.approx(length, rel=0.06, abs=0.25)
    # mirrors stand out of the width, arms hang within it
    assert width * 0.85 < size[1] < width + 0.5
    assert size[2] == pytest.approx(height, rel=0.05)
    assert p[:, 2].min() >= -1e-6


@pytest.mark.parametrize("shape", ["saloon", "truck", "bus"])
def test_a_vehicle_shows_tail_lamps_behind_and_head_lamps_ahead(shape):
    mesh = bodies.body(shape)
    lamp = mesh.material == meshes.LAMP
    x = mesh.xyz[:, :, 0].mean(1)
    assert (x[lamp & (mesh.part == meshes.TAIL)] < 0).all()
    assert (x[lamp & (mesh.part == meshes.HEAD)] > 0).all()
    assert (lamp & (mesh.part == meshes.TAIL)).any()


def test_a_signal_head_has_red_on_top_and_faces_its_traffic():
    mesh = signals.head(False, 2.4)
    lens = mesh.material == meshes.LAMP
    z = [mesh.xyz[lens & (mesh.part == k)][:, :, 2].mean() for k in (signals.RED, signals.AMBER,
                                                                    signals.GREEN)]
    assert z == sorted(z, reverse=True)
    normal = np.cross(mesh.xyz[:, 1] - mesh.xyz[:, 0], mesh.xyz[:, 2] - mesh.xyz[:, 0])[lens]
    assert (normal[:, 0] < 0).all()


@pytest.mark.parametrize("kind", ["stop", "limit", "yield", "works"])
def test_a_sign_faces_its_traffic(kind):
    mesh = signals.sign(kind)
    high = mesh.xyz[:, :, 2].mean(1) > 2.15
    normal = np.cross(mesh.xyz[:, 1] - mesh.xyz[:, 0], mesh.xyz[:, 2] - mesh.xyz[:, 0])
    x = mesh.xyz[:, :, 0].mean(1)
    flat = high & (np.abs(normal[:, 0]) > 1e-6) & (np.abs(normal[:, 1:]).max(1) < 1e-6)
    assert (np.sign(normal[flat, 0]) == np.sign(x[flat])).all()

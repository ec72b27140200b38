import numpy as np
import pytest

from engine.perception.ground import ground
from engine.perception.meshes import ROAD
from engine.perception.params import PerceptionParams
from engine.perception.pattern_kernels import TILE, band, marking, noise
from engine.perception.road import RoadPlan
from engine.perception.road_layout import build_network
from engine.perception.stage import Stage, road_lines
from engine.perception.styles import STYLE
from engine.perception.world import World

TILE_OF = np.random.default_rng(1).random((TILE, TILE), dtype=np.float32)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 1.0), (0.5, 0.5), (0.55, 0.25), (0.7, 0.0)])
def test_a_band_is_blurred_by_the_footprint(value, expected):
    assert band(value, -0.5, 0.5, 0.2) == pytest.approx(expected)


def test_noise_is_continuous_and_within_its_lattice():
    x = np.linspace(-3.0, 5.0, 4001)
    n = np.array([noise(TILE_OF, float(v), 0.3) for v in x])
    assert n.min() >= 0.0
    assert n.max() <= 1.0
    assert np.abs(np.diff(n)).max() < 0.01
    assert noise(TILE_OF, 2.0, 7.0) == pytest.approx(float(TILE_OF[2, 7]))


@pytest.mark.parametrize("style", sorted(STYLE))
@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_lines_are_symmetric_with_one_edge_on_each_side(style, lanes):
    road = build_network(RoadPlan(lanes=lanes), np.random.default_rng(1)).roads[0]
    lines = road_lines(road, STYLE[style])
    for kind in (1, 2, 3):
        offsets = sorted(off for off, _, _, k in lines if k == kind)
        assert offsets == pytest.approx([-o for o in reversed(offsets)])
    assert [abs(off) for off, _, _, k in lines if k == 3] == pytest.approx(
        [lanes * road.lane_width] * 2)
    assert sum(k == 1 for *_, k in lines) == 2 * (lanes - 1)


def test_a_marking_is_found_at_its_offset_and_not_in_a_junction():
    world = World(PerceptionParams(junctions=1), 3)
    marks = Stage(world).marks
    road = world.network.roads[0]

    def at(u, v):
        return marking(marks.line, marks.gaps, marks.nearest, TILE_OF, 0.0, 0, u, v, 0.05, 0.02)

    edge = road.lanes * road.lane_width
    assert at(20.0, edge)[0] == 3
    assert at(20.0, edge)[2] == pytest.approx(1.0)
    assert at(20.0, 0.0)[0] == 2
    assert at(20.0, 0.5 * road.lane_width)[0] == 0
    lo, hi = road.gaps[0]
    assert at(0.5 * (lo + hi), edge)[0] == 0
    # a dash, and the gap after it: both are the lane's label, one of them is paint
    inks = [at(u, road.lane_width) for u in np.arange(10.0, 10.0 + world.style.period_m, 0.1)]
    assert {label for label, *_ in inks} == {1}
    painted = np.mean([ink for *_, ink in inks])
    assert painted == pytest.approx(world.style.dash_m / world.style.period_m, abs=0.03)


def test_the_carriageway_covers_every_lane():
    network = build_network(RoadPlan(), np.random.default_rng(4))
    xy = np.concatenate([p.xyz[p.material == ROAD] for p in ground(network, STYLE["Old town"])])
    for lane in network.lanes:
        x, y = lane.xy[len(lane.xy) // 2]
        a, b, c = (xy[:, k, :2].astype(float) - [x, y] for k in range(3))
        cross = [p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0] for p, q in ((a, b), (b, c), (c, a))]
        assert (np.min(cross, axis=0) >= -1e-3).any()

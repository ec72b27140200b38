import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception.road import LEFT_TURN, RIGHT_TURN, STRAIGHT, RoadPlan
from engine.perception.road_layout import build_network
from engine.perception.route import RoutePath, must_yield, same_way


def network(seed=1, **plan):
    return build_network(RoadPlan(**plan), np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(4))
def test_lanes_lead_into_each_other_without_a_kink(seed):
    net = network(seed)
    joints = 0
    for lane in net.lanes:
        for k in lane.next:
            after = net.lanes[k]
            joints += 1
            assert np.hypot(*(after.xy[0] - lane.xy[-1])) < 1e-6
            assert abs(np.angle(np.exp(1j * (after.heading[0] - lane.heading[-1])))) < 1e-3
    assert joints > 20


def test_left_turns_turn_left_and_right_turns_right():
    for lane in network().lanes:
        if lane.connector:
            turned = lane.heading[-1] - lane.heading[0]
            expected = {STRAIGHT: 0.0, LEFT_TURN: np.pi / 2, RIGHT_TURN: -np.pi / 2}[lane.turn]
            assert turned == pytest.approx(expected, abs=0.02)


def test_traffic_keeps_right_and_neighbours_are_a_lane_apart():
    net = network(lanes=3)
    for i, lane in enumerate(net.lanes):
        if lane.connector:
            continue
        if lane.left >= 0:
            other = net.lanes[lane.left]
            assert other.right == i
            offset = other.xy[0] - lane.xy[0]
            left = np.array([-np.sin(lane.heading[0]), np.cos(lane.heading[0])])
            assert offset @ left == pytest.approx(net.roads[lane.road].lane_width, abs=0.05)
        else:
            # the innermost lane has the reference line on its left
            assert abs(lane.d) == pytest.approx(0.5 * net.roads[lane.road].lane_width)


def test_bends_stay_wide_enough_to_drive_and_junctions_are_straight():
    for seed in range(6):
        net = network(seed, bend=1.0)
        road = net.roads[0]
        curvature = np.diff(road.heading)
        assert np.abs(curvature).max() < 1 / 40
        for junction in net.junctions:
            near = slice(int(junction.station) - 30, int(junction.station) + 30)
            assert np.abs(curvature[near]).max() < 1e-9


def test_heights_and_slopes_agree():
    terrain = network(slope=0.06).terrain
    x, y, h = np.array([3.0, 80.0]), np.array([-7.0, 45.0]), 1e-4
    sx, sy = terrain.slope(x, y)
    assert sx == pytest.approx((terrain.height(x + h, y) - terrain.height(x - h, y)) / (2 * h))
    assert sy == pytest.approx((terrain.height(x, y + h) - terrain.height(x, y - h)) / (2 * h))
    grid = np.meshgrid(np.linspace(0, 600, 60), np.linspace(-200, 200, 40))
    assert np.hypot(*terrain.slope(*grid)).max() <= 0.06 * 1.5


def test_offsets_are_to_the_left():
    road = network(bend=0.0).roads[0]
    x, y, h = road.at(50.0, 2.0)
    assert [float(x), float(y), float(h)] == pytest.approx([50.0, 2.0, 0.0])


def test_the_same_seed_lays_out_the_same_town():
    a, b = network(7), network(7)
    assert all(np.array_equal(p.xy, q.xy) for p, q in zip(a.lanes, b.lanes, strict=True))
    assert not np.array_equal(a.roads[0].xy, network(8).roads[0].xy)


def test_without_junctions_there_is_one_road():
    net = network(junctions=0)
    assert len(net.roads) == 1
    assert not net.junctions
    assert all(not lane.next for lane in net.lanes)


@pytest.mark.parametrize(("plan", "words"), [({"lanes": 4}, "1 to 3"), ({"length_m": 60}, "120 m")])
def test_a_plan_out_of_range_is_refused(plan, words):
    with pytest.raises(InvalidInput, match=words):
        network(**plan)


def way(net):
    here = 0
    chain = [here]
    while net.lanes[here].next:
        here = net.lanes[here].next[0]
        chain.append(here)
    return RoutePath(net, chain)


def test_a_route_projects_its_own_points_back():
    path = way(network(3, bend=1.0))
    s = np.linspace(5.0, path.length - 5.0, 40)
    points = path.at(s)
    for station, (x, y) in zip(s, points, strict=True):
        i = int(np.searchsorted(path.s, station))
        h = path.heading[i]
        got, d = path.project(x - 0.8 * np.sin(h), y + 0.8 * np.cos(h), station + 3.0)
        assert got == pytest.approx(station, abs=0.15)
        assert d == pytest.approx(0.8, abs=0.08)


def test_a_route_knows_its_gates_in_order():
    net = network(2, junctions=2)
    path = way(net)
    assert [g.junction for g in path.gates] == [0, 1]
    first = path.gates[0]
    assert path.gate_ahead(0.0) == first
    assert path.gate_ahead(first.clear + 0.1) == path.gates[1]
    assert path.gate_ahead(path.length) is None
    assert net.lanes[path.lane_at(first.s + 1.0)].connector
    assert not net.lanes[path.lane_at(first.s - 1.0)].connector
    assert must_yield(first, net) == (first.turn == LEFT_TURN)


def test_a_route_goes_straight_on_beyond_its_end():
    path = way(network(1))
    end, beyond = path.at([path.length, path.length + 10.0])
    h = path.heading[-1]
    assert beyond - end == pytest.approx([10 * np.cos(h), 10 * np.sin(h)])


def test_the_same_way_exists_from_lanes_that_allow_the_turn():
    net = network(5, lanes=2, junctions=1)
    inner = next(i for i, lane in enumerate(net.lanes) if lane.arm < 0 and lane.road == 0
                 and lane.right >= 0 and lane.junction == 0 and lane.d < 0)
    outer = net.lanes[inner].right
    for lane, turns in ((inner, [STRAIGHT]), (outer, [STRAIGHT]), (inner, [LEFT_TURN]),
                        (outer, [RIGHT_TURN])):
        chain = same_way(net, lane, turns)
        assert chain is not None
        assert chain[0] == lane
        assert [net.lanes[k].turn for k in chain if net.lanes[k].connector] == turns
    assert same_way(net, outer, [LEFT_TURN]) is None
    assert same_way(net, inner, [RIGHT_TURN]) is None


def test_stations_of_a_route_may_begin_anywhere():
    net = network(5)
    plain, shifted = way(net), RoutePath(net, list(way(net).lanes), 40.0)
    assert shifted.length == pytest.approx(plain.length + 40.0)
    assert shifted.at([60.0, 30.0]) == pytest.approx(plain.at([20.0, -10.0]))
    assert [g.s - 40.0 for g in shifted.gates] == pytest.approx([g.s for g in plain.gates])

import numpy as np
import pytest

from engine.dispatch.city import default_city
from engine.dispatch.generate import SPEED_MPS, generate
from engine.dispatch.geometry import inside
from engine.dispatch.network import ARTERIAL, LOCAL, MOTORWAY, tails
from engine.dispatch.routing import Router


@pytest.fixture(scope="module")
def city():
    return default_city()


@pytest.fixture(scope="module")
def router(city):
    return Router(city.network)


@pytest.fixture(scope="module")
def ends(city):
    network = city.network
    tail = tails(network)
    return (np.stack([network.x[tail], network.y[tail]], 1).astype(float),
            np.stack([network.x[network.head], network.y[network.head]], 1).astype(float))


def test_its_size_is_that_of_a_city(city):
    assert 8_000 <= len(city.network.x) <= 12_000
    assert 15_000 <= city.width_m <= 18_000
    assert 11_000 <= city.height_m <= 14_000
    assert 10 <= len(city.districts) <= 14
    assert ((city.network.x >= 0) & (city.network.x <= city.width_m)).all()
    assert ((city.network.y >= 0) & (city.network.y <= city.height_m)).all()


def test_another_seed_grows_another_city_that_holds_together():
    other = generate(11)
    assert other.network.x.tolist() != default_city().network.x.tolist()
    assert 7_000 <= len(other.network.x) <= 12_000
    assert len(other.bridges) >= 4


def test_an_arc_is_no_shorter_than_the_straight_line(city, ends):
    straight = np.hypot(*(ends[0] - ends[1]).T)
    assert (city.network.length_m >= straight - 0.2).all()


def test_speeds_follow_the_rank(city):
    speed = city.network.length_m / city.network.free_s
    for rank, typical in enumerate(SPEED_MPS):
        of_rank = speed[city.network.rank == rank]
        assert 0.9 * typical <= of_rank.min() <= of_rank.max() <= 1.1 * typical


def test_there_are_one_way_streets_and_most_are_local(city):
    pairs = set(zip(tails(city.network).tolist(), city.network.head.tolist(), strict=True))
    lone = np.array([(b, a) not in pairs for a, b in zip(
        tails(city.network).tolist(), city.network.head.tolist(), strict=True)])
    assert 0.1 < lone.mean() < 0.4
    assert (city.network.rank[lone] < ARTERIAL).all()


def test_streets_cross_the_river_on_bridges_alone(city, ends):
    over = np.zeros(len(city.network.head), np.bool_)
    for share in np.linspace(0, 1, 9):
        over |= inside(city.polygons["river"][0].astype(float),
                       ends[0] + share * (ends[1] - ends[0]))
    bridged = np.zeros(len(over), np.bool_)
    for bridge in city.bridges:
        bridged[list(bridge.arcs)] = True
    assert not (over & ~bridged).any()
    assert (city.network.rank[bridged] >= ARTERIAL).all()


def test_without_bridges_the_banks_are_apart(city, router):
    weights = city.network.free_s.copy()
    for bridge in city.bridges:
        weights[list(bridge.arcs)] = np.inf
    cut = Router(city.network, router.hierarchy)
    cut.customise(weights)
    station, mill_bank = (next(i for i, d in enumerate(city.districts) if d.name == name)
                          for name in ("Old Town", "Mill Bank"))
    def middle(district):
        d = city.districts[district]
        far = np.hypot(city.network.x - d.x, city.network.y - d.y)
        return np.array([np.argmin(far)], np.int32)

    assert np.isfinite(router.times(middle(station), middle(mill_bank))).all()
    assert np.isinf(cut.times(middle(station), middle(mill_bank))).all()


def test_parks_and_water_hold_no_local_street(city, ends):
    middle = (ends[0] + ends[1]) / 2
    local = city.network.rank == LOCAL
    for kind in ("park", "water", "airfield"):
        for ring in city.polygons[kind]:
            assert not (inside(ring.astype(float), middle) & local).any(), kind


def test_the_motorway_is_joined_by_ramps_and_is_the_faster_way_round(city, router):
    network = city.network
    tail = tails(network)
    on = np.unique(tail[network.rank == MOTORWAY])
    off = np.isin(network.head[np.isin(tail, on)], on, invert=True)
    assert off.sum() >= 16
    west, east = (np.array([on[f(network.x[on])]], np.int32) for f in (np.argmin, np.argmax))
    path = router.path(int(west[0]), int(east[0]))
    assert (network.rank[path] == MOTORWAY).mean() > 0.8


def test_every_place_can_be_reached_within_an_hour(city, router):
    node = np.array([p.node for p in city.places], np.int32)
    assert {p.kind for p in city.places} >= {"stadium", "airport", "station", "docks", "park"}
    assert router.times(node, node).max() < 3_600


def test_districts_have_their_own_nodes(city):
    count = np.bincount(city.network.district, minlength=len(city.districts))
    assert (count > 100).all()
    assert len({d.name for d in city.districts}) == len(city.districts)

import numpy as np
import pytest

from engine.dispatch.candidates import Drivers, find_candidates
from engine.dispatch.routing import Router
from tests.engine.dispatch.networks import scattered, street


def drivers_at(network, head, rest_s=None):
    head = np.array(head, np.int32)
    rest = np.zeros(len(head)) if rest_s is None else rest_s
    return Drivers(head, np.array(rest, np.float32), network.x[head], network.y[head])


def row(found, r):
    span = slice(found.rider_first[r], found.rider_first[r + 1])
    return found.driver[span].tolist(), found.time_s[span].tolist()


@pytest.fixture(scope="module")
def line():
    """Nodes 100 m and 10 s apart."""
    return Router(street(10))


def test_the_soonest_come_first_with_the_rest_of_their_arc(line):
    drivers = drivers_at(line.network, [0, 9, 4], [0.0, 0.0, 15.0])
    found = find_candidates(line, np.array([3], np.int32), drivers, radius_m=1e4, limit_s=1e4,
                            most=5)
    assert row(found, 0) == ([2, 0, 1], [25, 30, 60])
    assert found.distance_m.tolist() == [100, 300, 600]


def test_radius_limit_and_number_each_cut(line):
    drivers = drivers_at(line.network, [3, 4, 5, 6, 7])
    rider = np.array([3], np.int32)

    def found(**change):
        wide = {"radius_m": 1e4, "limit_s": 1e4, "most": 9}
        return row(find_candidates(line, rider, drivers, **(wide | change)), 0)[0]

    assert found() == [0, 1, 2, 3, 4]
    assert found(radius_m=200.0) == [0, 1, 2]
    assert found(limit_s=30.0) == [0, 1, 2, 3]
    assert found(most=2) == [0, 1]


def test_ties_go_to_the_lowest_driver(line):
    found = find_candidates(line, np.array([3], np.int32), drivers_at(line.network, [5, 1, 5]),
                            radius_m=1e4, limit_s=1e4, most=2)
    assert row(found, 0)[0] == [0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_candidates_are_those_of_a_full_table(seed):
    network = scattered(seed, 300)
    router = Router(network)
    rng = np.random.default_rng(seed)
    pickup = rng.integers(0, len(network.x), 30).astype(np.int32)
    drivers = drivers_at(network, rng.integers(0, len(network.x), 50), rng.uniform(0, 30, 50))
    found = find_candidates(router, pickup, drivers, radius_m=700.0, limit_s=150.0, most=6)
    table = router.times(drivers.head, pickup) + drivers.rest_s[:, None]
    far = np.hypot(drivers.x[:, None] - network.x[pickup], drivers.y[:, None] - network.y[pickup])
    table[(far > 700) | (table > 150)] = np.inf
    for r in range(30):
        order = np.argsort(table[:, r], kind="stable")[:6]
        order = order[np.isfinite(table[order, r])]
        assert row(found, r) == (order.tolist(), table[order, r].tolist())


def test_nobody_to_send_and_nobody_to_fetch(line):
    nobody = drivers_at(line.network, [])
    found = find_candidates(line, np.array([1, 2], np.int32), nobody, radius_m=1.0, limit_s=1.0,
                            most=3)
    assert found.rider_first.tolist() == [0, 0, 0]
    found = find_candidates(line, np.zeros(0, np.int32), drivers_at(line.network, [1]),
                            radius_m=1.0, limit_s=1.0, most=3)
    assert (found.rider_first.tolist(), len(found.driver)) == ([0], 0)

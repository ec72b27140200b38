import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from engine.dispatch.fleet_bound import minimum_fleet
from engine.dispatch.routing import Router
from engine.errors import InvalidInput
from tests.engine.dispatch.networks import scattered, street


@pytest.fixture(scope="module")
def line():
    """Nodes 100 m and 10 s apart."""
    return Router(street(5))


def fleet(router, trips, wait_s=0.0):
    """Trips as (start, end, origin, target)."""
    start, end, origin, target = np.array(trips, np.float64).reshape(-1, 4).T
    return minimum_fleet(router, start, end, origin.astype(np.int32), target.astype(np.int32),
                         wait_s)


def test_trips_in_line_take_one_vehicle(line):
    found = fleet(line, [(0, 20, 0, 2), (30, 50, 2, 4), (90, 100, 0, 1)])
    assert (found.fleet, found.after.tolist()) == (1, [1, 2, -1])


def test_trips_at_once_take_one_vehicle_each(line):
    assert fleet(line, [(0, 20, 0, 2), (0, 20, 0, 2), (10, 20, 2, 4)]).fleet == 3


def test_a_vehicle_that_comes_too_late_does_not_serve(line):
    assert fleet(line, [(0, 20, 0, 2), (39, 50, 4, 3)]).fleet == 2
    assert fleet(line, [(0, 20, 0, 2), (40, 50, 4, 3)]).fleet == 1
    assert fleet(line, [(0, 20, 0, 2), (39, 50, 4, 3)], wait_s=1.0).fleet == 1


def test_the_order_of_the_file_does_not_matter(line):
    found = fleet(line, [(90, 100, 0, 1), (0, 20, 0, 2), (30, 50, 2, 4)])
    assert (found.fleet, found.after.tolist()) == (1, [-1, 2, 0])


def test_no_trips_need_no_vehicle(line):
    assert fleet(line, []).fleet == 0


def drawn(seed, count):
    network = scattered(seed, 100)
    router = Router(network)
    rng = np.random.default_rng(seed)
    origin, target = rng.integers(0, len(network.x), (2, count)).astype(np.int32)
    start = rng.uniform(0, 900, count)
    return router, start, start + router.pair_times(origin, target) + 10, origin, target


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 120), st.sampled_from([0.0, 60.0]))
def test_the_fleet_is_that_of_the_whole_graph(seed, count, wait_s):
    router, start, end, origin, target = drawn(seed, count)
    drive = np.floor(router.times(target, origin) * 4)
    link = np.floor((start + wait_s - end[:, None]) * 4) >= drive
    np.fill_diagonal(link, False)
    most = (maximum_bipartite_matching(csr_array(link.astype(np.int8)),
                                       perm_type="column") >= 0).sum()
    found = minimum_fleet(router, start, end, origin, target, wait_s)
    assert found.fleet == count - most
    served = found.after[found.after >= 0]
    assert len(set(served.tolist())) == len(served) == most
    assert link[np.flatnonzero(found.after >= 0), served].all()


def test_more_patience_never_needs_more_vehicles():
    router, *trips = drawn(4, 150)
    sizes = [minimum_fleet(router, *trips, wait_s=w).fleet for w in (0.0, 60.0, 300.0)]
    assert sizes == sorted(sizes, reverse=True)


def test_impossible_trips_are_refused(line):
    with pytest.raises(InvalidInput, match="must end after it starts"):
        fleet(line, [(10, 5, 0, 1)])
    with pytest.raises(InvalidInput, match=r"the wait is -1\.0 s"):
        fleet(line, [(0, 5, 0, 1)], wait_s=-1.0)

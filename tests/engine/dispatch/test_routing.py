from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dispatch.network import tails
from engine.dispatch.routing import TICK_S, Router
from engine.errors import InvalidInput
from tests.engine.dispatch.networks import dijkstra_times, scattered, street


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(10, 200))
def test_times_equal_dijkstra_to_the_bit(seed, nodes):
    network = scattered(seed, nodes)
    router = Router(network)
    every = np.arange(len(network.x), dtype=np.int32)
    truth = dijkstra_times(network, router.weights_s, every).astype(np.float32)
    assert np.array_equal(router.times(every, every), truth)


def test_new_traffic_is_taken_and_a_hierarchy_is_shared():
    network = scattered(5)
    one = Router(network)
    other = Router(network, one.hierarchy)
    weights = network.free_s * np.random.default_rng(0).uniform(1, 3, len(network.free_s))
    other.customise(weights.astype(np.float32))
    every = np.arange(len(network.x), dtype=np.int32)
    assert np.array_equal(other.times(every, every[:7]), dijkstra_times(
        network, other.weights_s, every)[:, :7].astype(np.float32))
    assert np.array_equal(one.times(every[:7], every), dijkstra_times(
        network, one.weights_s, every[:7]).astype(np.float32))


def test_weights_are_whole_ticks_near_what_was_given():
    router = Router(scattered(1))
    ticks = router.weights_s / TICK_S
    assert np.array_equal(ticks, np.rint(ticks))
    assert np.abs(router.weights_s - router.network.free_s).max() <= TICK_S / 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (17, 16), (16, 33)])
def test_batches_equal_single_queries(shape):
    network = scattered(8)
    router = Router(network)
    rng = np.random.default_rng(1)
    source, target = (rng.integers(0, len(network.x), n).astype(np.int32) for n in shape)
    table = router.times(source, target)
    assert table.shape == shape
    for s in range(shape[0]):
        row = router.pair_times(np.full(shape[1], source[s], np.int32), target)
        assert np.array_equal(table[s], row)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 16, 19, 35])
def test_times_from_everywhere_are_those_of_the_table(count):
    network = scattered(9)
    router = Router(network)
    every = np.arange(len(network.x), dtype=np.int32)
    target = np.random.default_rng(count).integers(0, len(every), count).astype(np.int32)
    assert np.array_equal(router.times_to(target), router.times(every, target).T)


def test_the_same_node_twice_is_the_same_row_twice():
    router = Router(scattered(2))
    table = router.times(np.array([3, 9, 3], np.int32), np.array([5, 5], np.int32))
    assert np.array_equal(table[0], table[2])
    assert np.array_equal(table[:, 0], table[:, 1])


def test_nobody_and_nowhere_give_empty_tables():
    router = Router(street(3))
    none = np.zeros(0, np.int32)
    assert router.times(none, np.array([1], np.int32)).shape == (0, 1)
    assert router.times(np.array([1], np.int32), none).shape == (1, 0)
    arcs, offsets = router.paths(none, none)
    assert (len(arcs), offsets.tolist()) == (0, [0])


def test_a_limit_leaves_longer_times_infinite_and_no_other():
    network = scattered(4)
    router = Router(network)
    every = np.arange(len(network.x), dtype=np.int32)
    full = router.times(every, every)
    limit = float(np.median(full))
    for source, target in ((every, every), (every[:5], every), (every, every[:5])):
        expected = full[np.ix_(source, target)]
        expected = np.where(expected <= limit, expected, np.inf)
        assert np.array_equal(router.times(source, target, limit), expected)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_paths_run_from_source_to_target_and_take_the_routed_time(seed):
    network = scattered(seed, 120)
    router = Router(network)
    rng = np.random.default_rng(seed)
    source, target = (rng.integers(0, len(network.x), 40).astype(np.int32) for _ in range(2))
    arcs, offsets = router.paths(source, target)
    seconds = router.pair_times(source, target)
    tail = tails(network)
    for q in range(40):
        path = arcs[offsets[q]:offsets[q + 1]]
        if source[q] == target[q]:
            assert len(path) == 0
            continue
        assert tail[path[0]] == source[q]
        assert network.head[path[-1]] == target[q]
        assert np.array_equal(network.head[path[:-1]], tail[path[1:]])
        assert router.weights_s[path].sum(dtype=np.float64) == seconds[q]


def test_a_closed_street_is_driven_round_or_cuts_off():
    ring = scattered(6)
    router = Router(ring)
    path = router.path(0, 60)
    weights = ring.free_s.copy()
    weights[path[len(path) // 2]] = np.inf
    router.customise(weights)
    assert path[len(path) // 2] not in router.path(0, 60)
    line = Router(street(3))
    weights = line.network.free_s.copy()
    weights[(tails(line.network) == 1) & (line.network.head == 2)] = np.inf
    line.customise(weights)
    assert np.isinf(line.times(np.array([0], np.int32), np.array([2], np.int32))[0, 0])
    assert len(line.path(0, 2)) == 0
    assert line.path(2, 0).tolist() == [3, 1]


def test_readers_beside_a_change_of_traffic_see_the_old_or_the_new():
    network = scattered(7, 400)
    router = Router(network)
    every = np.arange(len(network.x), dtype=np.int32)
    slow = (network.free_s * 2).astype(np.float32)
    before = router.times(every, every[:20])
    router.customise(slow)
    after = router.times(every, every[:20])
    assert not np.array_equal(before, after)

    def read(_):
        return router.times(every, every[:20])

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(read, k) for k in range(60)]
        for k in range(60):
            router.customise(network.free_s if k % 2 else slow)
        tables = [job.result() for job in jobs]
    assert all(np.array_equal(t, before) or np.array_equal(t, after) for t in tables)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, 90_000.0, -np.inf])
def test_impossible_weights_are_refused(wrong):
    router = Router(street(3))
    weights = router.network.free_s.copy()
    weights[2] = wrong
    with pytest.raises(InvalidInput, match=r"arc 2 takes .* between 0 and 86,400 s"):
        router.customise(weights)
    with pytest.raises(InvalidInput, match=r"\(3,\) weights for 4 arcs"):
        router.customise(weights[:3])


def test_nodes_that_are_not_there_are_refused():
    router = Router(street(3))
    with pytest.raises(InvalidInput, match="the network has nodes 0 to 2"):
        router.times(np.array([3], np.int32), np.array([0], np.int32))
    with pytest.raises(InvalidInput, match="2 sources and 1 targets make no pairs"):
        router.pair_times(np.array([0, 1], np.int32), np.array([0], np.int32))

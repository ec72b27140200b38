from itertools import permutations, product

import numpy as np
import pytest

from engine.dispatch.pooling import DROP_OFF, PICKUP, Riders, Vehicles, pool
from engine.dispatch.routing import Router
from engine.errors import InvalidInput
from tests.engine.dispatch.networks import scattered, street


@pytest.fixture(scope="module")
def line():
    """Nodes 100 m and 10 s apart."""
    return Router(street(20))


def riders(*rows):
    """Riders as (origin, target, latest pickup, latest arrival)."""
    table = np.array(rows, np.float32).reshape(-1, 4)
    return Riders(table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2],
                  table[:, 3], np.full(len(table), 1_000, np.float32))


def vehicles(*rows):
    """Vehicles as (node, [(target, latest arrival) of those on board])."""
    board = [b for _, people in rows for b in people]
    return Vehicles(
        np.array([node for node, _ in rows], np.int32), np.zeros(len(rows), np.float32),
        np.cumsum([0, *(len(people) for _, people in rows)]).astype(np.int32),
        np.array([t for t, _ in board], np.int32), np.array([s for _, s in board], np.float32))


def stops(plans, v):
    span = slice(plans.stop_first[v], plans.stop_first[v + 1])
    return list(zip(plans.kind[span].tolist(), plans.rider[span].tolist(),
                    plans.arrival_s[span].tolist(), strict=True))


def test_two_riders_on_one_way_share_the_only_car(line):
    plans = pool(line, riders((2, 10, 60, 200), (4, 12, 60, 200)), vehicles((0, [])))
    assert plans.vehicle_of.tolist() == [0, 0]
    assert stops(plans, 0) == [(PICKUP, 0, 20), (PICKUP, 1, 40), (DROP_OFF, 0, 100),
                               (DROP_OFF, 1, 120)]
    assert plans.cost_s == plans.bound_s == pytest.approx(220)


def test_a_detour_beyond_the_limit_is_not_shared(line):
    # with rider 1 fetched on the way rider 0 arrives after 100 s, without after 80
    for latest, served in ((100, [0, 0]), (99, [-1, 0])):
        plans = pool(line, riders((2, 10, 60, latest), (1, 0, 60, 1e4)), vehicles((2, [])))
        assert plans.vehicle_of.tolist() == served


def test_riders_apart_take_a_car_each(line):
    plans = pool(line, riders((1, 0, 60, 100), (18, 19, 60, 100)), vehicles((1, []), (18, [])))
    assert plans.vehicle_of.tolist() == [0, 1]


def test_those_on_board_keep_their_limits(line):
    late = pool(line, riders((5, 0, 500, 1_000)), vehicles((4, [(10, 70)])))
    assert stops(late, 0)[:2] == [(PICKUP, 0, 10), (DROP_OFF, -1, 60)]
    tight = pool(line, riders((3, 0, 500, 1_000)), vehicles((4, [(10, 65)])))
    assert stops(tight, 0) == [(DROP_OFF, -1, 60), (PICKUP, 0, 130), (DROP_OFF, 0, 160)]


def test_a_vehicle_that_is_late_already_brings_its_riders_and_takes_nobody(line):
    plans = pool(line, riders((4, 5, 500, 1_000)), vehicles((4, [(10, 5), (2, 5)])))
    assert plans.vehicle_of.tolist() == [-1]
    assert [s[:2] for s in stops(plans, 0)] == [(DROP_OFF, -1), (DROP_OFF, -2)]


def test_a_full_car_takes_nobody(line):
    plans = pool(line, riders((4, 5, 500, 1_000)), vehicles((4, [(10, 900)] * 4)))
    assert plans.vehicle_of.tolist() == [-1]


def test_four_share_and_a_fifth_waits(line):
    same = [(2, 10, 500, 1_000)] * 5
    plans = pool(line, riders(*same), vehicles((2, [])))
    assert sorted(plans.vehicle_of.tolist()) == [-1, 0, 0, 0, 0]


def test_five_on_board_are_refused(line):
    with pytest.raises(InvalidInput, match="vehicle 0 carries 5 riders"):
        pool(line, riders(), vehicles((4, [(10, 900)] * 5)))


def test_nobody_waiting_and_nobody_driving(line):
    plans = pool(line, riders(), vehicles((4, [(10, 900)])))
    assert [s[:2] for s in stops(plans, 0)] == [(DROP_OFF, -1)]
    plans = pool(line, riders((4, 5, 500, 1_000)), vehicles())
    assert (plans.vehicle_of.tolist(), plans.cost_s) == ([-1], 1_000)


def slow_order(router, people, cars, v, members):
    """Least sum of arrivals by trying every order."""
    boards = range(cars.board_first[v], cars.board_first[v + 1])
    if len(members) + len(boards) > 4:
        return np.inf
    todo = [(k, i) for i in members for k in "pd"] + [("b", i) for i in boards]
    node = {"p": people.origin, "d": people.target, "b": cars.board_target}
    limit = {"p": people.latest_pickup_s, "d": people.latest_arrival_s, "b": cars.board_latest_s}
    best = np.inf
    for order in permutations(todo):
        here, clock, total, inside, fine = cars.head[v], cars.rest_s[v], 0.0, set(), True
        for kind, i in order:
            clock = clock + router.pair_times(np.array([here], np.int32),
                                              node[kind][i:i + 1])[0]
            here = node[kind][i]
            fine = clock <= limit[kind][i] and (kind != "d" or i in inside)
            if not fine:
                break
            if kind == "p":
                inside.add(i)
            else:
                total += clock
        if fine:
            best = min(best, total)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_the_choice_costs_what_trying_everything_finds(seed):
    router = Router(scattered(seed, 60))
    rng = np.random.default_rng(seed)
    nodes = len(router.network.x)
    count, cars = int(rng.integers(1, 4)), int(rng.integers(1, 3))
    origin, target = rng.integers(0, nodes, (2, count)).astype(np.int32)
    direct = router.pair_times(origin, target)
    people = Riders(origin, target, np.full(count, 120, np.float32),
                    (120 + 1.5 * direct).astype(np.float32), np.full(count, 900, np.float32))
    fleet = vehicles(*((int(rng.integers(nodes)), [(int(rng.integers(nodes)), 400.0)]
                        * int(rng.integers(0, 2))) for _ in range(cars)))
    plans = pool(router, people, fleet)
    cost = {}
    for v in range(cars):
        for members in product([0, 1], repeat=count):
            group = tuple(i for i in range(count) if members[i])
            found = slow_order(router, people, fleet, v, group)
            cost[v, group] = found if group or np.isfinite(found) else 0.0
    best = min(
        sum(cost[v, tuple(i for i in range(count) if who[i] == v)] for v in range(cars))
        + 900 * sum(w < 0 for w in who) for who in product(range(-1, cars), repeat=count))
    assert plans.cost_s == pytest.approx(best, abs=0.01)
    assert plans.complete


def test_every_plan_keeps_every_limit():
    router = Router(scattered(3, 400))
    rng = np.random.default_rng(3)
    nodes = len(router.network.x)
    origin, target = rng.integers(0, nodes, (2, 40)).astype(np.int32)
    direct = router.pair_times(origin, target)
    people = Riders(origin, target, np.full(40, 200, np.float32),
                    (200 + 1.4 * direct).astype(np.float32), np.full(40, 3_600, np.float32))
    fleet = vehicles(*((int(n), []) for n in rng.integers(0, nodes, 20)))
    plans = pool(router, people, fleet)
    assert (plans.vehicle_of >= 0).sum() > 20
    assert plans.cost_s == pytest.approx(plans.bound_s)
    for v in range(20):
        aboard = set()
        for kind, r, arrival in stops(plans, v):
            assert plans.vehicle_of[r] == v
            if kind == PICKUP:
                aboard.add(r)
                assert arrival <= people.latest_pickup_s[r]
            else:
                aboard.remove(r)
                assert arrival <= people.latest_arrival_s[r] + 1e-3
            assert len(aboard) <= 4
        assert not aboard


def test_a_cap_on_trips_is_owned_up_to(line):
    same = [(2, 10, 500, 1_000)] * 5
    assert not pool(line, riders(*same), vehicles((2, [])), most=3).complete

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from engine.dispatch.drivers import Fleet, roads
from engine.dispatch.fields import Fields
from engine.dispatch.movement_kernels import CYCLE_S, advance, ahead, downhill, rest, signal_wait
from engine.dispatch.network import tails
from engine.dispatch.routing import Router
from tests.engine.dispatch.towns import SIDE, SMALL, town

NET = town().network
ROADS = roads(NET, 1)


def one_car(pace: float = 1.0) -> Fleet:
    """A car standing at corner 0, having come from corner 1."""
    f = Fleet(NET, SMALL.with_changes(drivers=1), 1, np.ones(len(NET.x)))
    tail = tails(NET)
    f.vehicles.arc[0] = np.flatnonzero((tail == 1) & (NET.head == 0))[0]
    f.vehicles.along_m[0] = 250.0
    f.vehicles.pace[0] = pace
    return f


def path(*nodes: int) -> np.ndarray:
    tail = tails(NET)
    return np.array([np.flatnonzero((tail == a) & (NET.head == b))[0]
                     for a, b in pairwise(nodes)], np.int32)


def drive(f: Fleet, until_s: float, red_s: float = 0.0, active: int = 2) -> list[float]:
    arrived, when = np.empty(1, np.int32), np.empty(1)
    out = []
    for step in range(1, round(until_s / 2.0) + 1):
        n = advance(ROADS, f.vehicles, NET.free_s, np.array([active], np.uint8), red_s,
                    2.0 * step, 2.0, arrived, when)
        if n:
            out.append(float(when[0]))
            f.vehicles.at[0] = f.vehicles.end[0] = 0
            active = 0
    return out


@pytest.mark.parametrize("pace", [1.0, 1.25])
def test_a_drive_takes_as_long_as_its_arcs(pace: float) -> None:
    f = one_car(pace)
    route = path(0, 1, 2, 14, 26)
    f.send(0, route, 2, 0.0)
    seconds, metres = np.empty(1, np.float32), np.empty(1, np.float32)
    who = np.zeros(1, np.int32)
    ahead(ROADS, f.vehicles, NET.free_s, who, seconds, metres)
    expected = pace * float(NET.free_s[route].sum())
    assert seconds[0] == pytest.approx(expected)
    assert metres[0] == 1000.0
    (when,) = drive(f, 200.0)
    assert when == pytest.approx(expected, rel=1e-5)
    assert f.vehicles.driven_m[0] == pytest.approx(1000.0)
    assert ROADS.head[f.vehicles.arc[0]] == 26


def test_kerb_time_comes_first_and_a_car_at_its_goal_arrives_at_once() -> None:
    f = one_car()
    f.vehicles.ready_s[0] = 31.0
    f.send(0, path(0, 1), 2, 0.0)
    assert drive(f, 100.0) == [pytest.approx(31.0 + float(NET.free_s[path(0, 1)][0]))]
    there = one_car()
    there.send(0, np.zeros(0, np.int32), 2, 0.0)
    assert drive(there, 2.0) == [0.0]


def test_red_lights_cost_no_more_than_their_length() -> None:
    route = path(*range(SIDE))
    free = float(NET.free_s[route].sum())
    f = one_car()
    f.send(0, route, 2, 0.0)
    (when,) = drive(f, 600.0, red_s=20.0)
    lights = int((ROADS.signal[route[:-1]] >= 0.0).sum())
    assert lights >= 2
    assert free < when <= free + 20.0 * (lights + 1)


@pytest.mark.parametrize(("phase", "time_s", "wait_s"), [
    (0.0, 0.0, 14.0), (0.0, 10.0, 4.0), (0.0, 14.0, 0.0), (0.0, 59.0, 0.0), (0.5, 30.0, 14.0),
    (0.5, 0.0, 0.0), (0.0, 60.0 + 13.0, 1.0)])
def test_signal_waits_by_hand(phase: float, time_s: float, wait_s: float) -> None:
    assert CYCLE_S == 60.0
    assert signal_wait(phase, time_s, 14.0) == pytest.approx(wait_s)


def test_a_free_driver_cruises_for_a_while_and_then_parks() -> None:
    f = one_car()
    f.vehicles.cruise_until_s[0] = 100.0
    drive(f, 300.0, active=1)
    driven = float(f.vehicles.driven_m[0])
    assert 300.0 < driven < 14.0 * 160.0
    assert f.vehicles.along_m[0] == 250.0
    drive(f, 300.0, active=1)
    assert f.vehicles.driven_m[0] == driven


def test_rest_is_what_is_left_of_the_arc() -> None:
    f = one_car(1.5)
    arc = int(f.vehicles.arc[0])
    f.vehicles.along_m[0] = 100.0
    s, m = np.empty(1, np.float32), np.empty(1, np.float32)
    rest(ROADS, f.vehicles, NET.free_s, np.zeros(1, np.int32), s, m)
    assert m[0] == 150.0
    assert s[0] == pytest.approx(1.5 * 0.6 * NET.free_s[arc])


def test_rows_are_dijkstra_s_and_walking_down_them_is_a_shortest_path() -> None:
    router = Router(NET)
    weight = router.weights_s
    graph = csr_array((weight.astype(np.float64), NET.head, NET.first), shape=(len(NET.x),) * 2)
    fields = Fields(router, len(NET.x))
    targets = np.array([0, 77, 143], np.int32)
    rows = fields.take(targets)
    exact = dijkstra(graph.T, indices=targets)
    assert np.array_equal(fields.rows[rows], exact.astype(np.float32))
    route = np.empty(64, np.int32)
    for row, target in zip(rows.tolist(), targets.tolist(), strict=True):
        for source in range(0, 144, 7):
            n = downhill(ROADS, weight, fields.rows[row], source, route)
            arcs = route[:n]
            assert float(weight[arcs].sum(dtype=np.float64)) == exact[targets == target, source][0]
            nodes = np.append(source, ROADS.head[arcs])
            assert nodes[-1] == target
            assert (ROADS.tail[arcs] == nodes[:-1]).all()
    assert downhill(ROADS, weight, fields.rows[rows[2]], 0, route[:3]) == -1


def test_rows_are_reused_grow_and_follow_the_traffic() -> None:
    router = Router(NET)
    fields = Fields(router, len(NET.x))
    rows = fields.take(np.arange(100, dtype=np.int32))
    assert len(set(rows.tolist())) == 100
    assert (fields.rows[rows, np.arange(100)] == 0.0).all()
    fields.give_back(int(rows[5]))
    assert fields.take(np.array([140], np.int32)).tolist() == [rows[5]]
    before = fields.rows[rows[7]].copy()
    router.customise(2.0 * NET.free_s)
    fields.refresh()
    assert fields.rows[rows[7]] == pytest.approx(2.0 * before, rel=1e-2)

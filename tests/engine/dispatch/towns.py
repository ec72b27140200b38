"""A town small enough to see through, and the laws that every step of every city must keep."""

from collections import Counter
from functools import lru_cache

import numpy as np

from engine.dispatch.city import Bridge, City, District, Place, node_lonlat
from engine.dispatch.drivers import ABSENT, IDLE, MOVING, PICKUP, RIDING
from engine.dispatch.network import Arcs, assemble, tails
from engine.dispatch.params import DispatchParams
from engine.dispatch.projection import Projection
from engine.dispatch.riders import ABOARD, ASSIGNED, FREE, NOBODY, WAITING
from engine.dispatch.simulation import DispatchSimulation

SIDE = 12
BLOCK_M = 250.0
SMALL = DispatchParams(drivers=60, trips_per_day=14_000, start_h=17.0, shift_h=24.0)


@lru_cache(maxsize=1)
def town() -> City:
    """Twelve by twelve corners, every fourth street an arterial, two way throughout."""
    at = np.arange(SIDE * SIDE)
    x, y = (at % SIDE) * BLOCK_M, (at // SIDE) * BLOCK_M
    pairs = [(a, a + 1) for a in at.tolist() if a % SIDE < SIDE - 1]
    pairs += [(a, a + SIDE) for a in at.tolist() if a < SIDE * (SIDE - 1)]
    tail = np.array([p for a, b in pairs for p in (a, b)], np.int64)
    head = np.array([p for a, b in pairs for p in (b, a)], np.int64)
    across = np.where(np.abs(tail - head) == 1, tail // SIDE, tail % SIDE)
    rank = np.where(across % 4 == 0, 2, 0).astype(np.uint8)
    length = np.full(len(tail), BLOCK_M)
    district = ((at % SIDE) // 6 + 2 * (at // SIDE // 6)).astype(np.int16)
    network = assemble(x, y, Arcs(tail, head, length, length / np.where(rank == 2, 14.0, 8.0),
                                  rank), district).network
    source = tails(network)
    cut = np.flatnonzero((np.minimum(source, network.head) % SIDE == 5)
                         & (np.abs(source - network.head) == 1) & (source // SIDE == 4))
    projection = Projection(11.5, 48.1)
    names = ("South", "East", "West", "North")
    return City(
        "Gridville", network, node_lonlat(network, projection), np.arange(SIDE * SIDE), projection,
        SIDE * BLOCK_M, SIDE * BLOCK_M,
        tuple(District(n, "mixed", 750.0 + 1500.0 * (i % 2), 750.0 + 1500.0 * (i // 2))
              for i, n in enumerate(names)),
        (Place("Central", "station", 66), Place("Ground", "stadium", 14),
         Place("Field", "airport", 141)),
        (Bridge("Long Bridge", tuple(cut.tolist())),),
        {"river": (np.array([[1400, 0], [1500, 0], [1500, 2750], [1400, 2750]], np.float32),)},
    )


def world(seed: int = 1, **changes: object) -> DispatchSimulation:
    """A small world in that town."""
    return DispatchSimulation(SMALL.with_changes(**changes), seed, town())


def check_laws(w: DispatchSimulation) -> None:
    """Assert what must hold after every step."""
    r, fleet, plan = w.riders, w.fleet, w.rides.plan
    count = w.counts()
    assert count["asked"] == sum(
        count[k] for k in ("waiting", "assigned", "aboard", "completed", "abandoned"))
    assert count["opened"] == count["asked"] + count["turned_away"]

    # nobody is booked twice: each rider with a driver is in that driver's plan and in no other
    tied = [(s, int(r.driver[s])) for s in np.flatnonzero(
        (r.state == ASSIGNED) | (r.state == ABOARD)).tolist()]
    seats = Counter((int(s), d) for d in range(fleet.count) for s in fleet.riders[d]
                    if s != NOBODY)
    assert seats == Counter(tied)
    stops = Counter((stop.slot, stop.pickup) for stops in plan for stop in stops)
    assert not stops or max(stops.values()) == 1
    for slot, driver in tied:
        mine = [s.pickup for s in plan[driver] if s.slot == slot]
        assert mine == ([True, False] if r.state[slot] == ASSIGNED else [False])
    assert sum(len(p) for p in plan) == sum(
        2 if r.state[s] == ASSIGNED else 1 for s, _ in tied)
    loose = (r.state == WAITING) | (r.state == FREE)
    assert (r.driver[loose] == NOBODY).all()

    # a driver's state is what the plan says
    for d in range(fleet.count):
        aboard = sum(int(r.state[s]) == ABOARD for s in fleet.riders[d] if s != NOBODY)
        assert aboard <= 4
        state = int(fleet.state[d])
        if aboard:
            assert state == RIDING
        elif plan[d]:
            assert state == PICKUP
        else:
            assert state in (ABSENT, IDLE, MOVING)

    # rows of times: one a rider who waits or is fetched, if it has been needed
    rows = r.row[r.row >= 0]
    assert len(set(rows.tolist())) == len(rows)
    assert np.array_equal(np.sort(rows), np.flatnonzero(w.fields.target >= 0))
    assert (w.fields.target[rows] == r.origin[r.row >= 0]).all()
    v, roads = fleet.vehicles, w.streets.roads
    assert (v.along_m >= 0.0).all()
    assert (v.along_m <= roads.length_m[v.arc]).all()
    # routes hang together: every arc begins where the one before ends
    for d in np.flatnonzero(v.at < v.end).tolist():
        arcs = np.append(v.arc[d], v.route[d, v.at[d]:v.end[d]])
        assert (roads.head[arcs[:-1]] == roads.tail[arcs[1:]]).all()

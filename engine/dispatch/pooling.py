"""Who shares a car: every feasible trip of up to four riders, and the best choice among them.

For each vehicle all groups of riders are found that it can serve with those on board, none waiting
or riding longer than agreed; the order of stops is searched in full. One trip a vehicle is then
chosen so that

    Σ seconds riders spend until they arrive + Σ worth of riders left waiting

is least, by an integer programme solved to optimality (HiGHS).

Source: Alonso-Mora, Samaranayake, Wallar, Frazzoli and Rus 2017, doi:10.1073/pnas.1611675114.
Departures: no time-outs, but a count of trips a vehicle, which is reported when it bites; a rider
is offered to the nearest vehicles alone; vehicles have four seats.

Shape letters: V vehicles, R riders, O riders on board, G trips, L stops of a plan.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array

from engine.dispatch.pooling_kernels import SEATS, best_order, find_trips, lay_stops
from engine.dispatch.routing import Router
from engine.errors import InvalidInput

Bool = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

PICKUP: Final = 0
DROP_OFF: Final = 1
_STOPS: Final = 2 * SEATS


class Riders(NamedTuple):
    """Riders who are not in a car; times in seconds from now.

    origin: int32 [R], nodes.
    target: int32 [R], nodes.
    latest_pickup_s: float32 [R].
    latest_arrival_s: float32 [R].
    worth_s: float32 [R], what leaving the rider waiting costs.
    """

    origin: Int32
    target: Int32
    latest_pickup_s: Float32
    latest_arrival_s: Float32
    worth_s: Float32


class Vehicles(NamedTuple):
    """Vehicles with a free seat, and who is on board; times in seconds from now.

    head: int32 [V], node at the end of the arc a vehicle is on.
    rest_s: float32 [V], seconds to it.
    board_first: int32 [V + 1]; on board of v are board_first[v]:board_first[v + 1], at most 4.
    board_target: int32 [O], nodes.
    board_latest_s: float32 [O].
    """

    head: Int32
    rest_s: Float32
    board_first: Int32
    board_target: Int32
    board_latest_s: Float32


class Plans(NamedTuple):
    """What every vehicle does.

    vehicle_of: int32 [R], -1 where a rider goes on waiting.
    stop_first: int32 [V + 1]; the stops of v are stop_first[v]:stop_first[v + 1], in order.
    rider: int32 [L], a rider, or -1 - (place among those on board).
    kind: uint8 [L], PICKUP or DROP_OFF.
    arrival_s: float32 [L].
    cost_s: The objective.
    bound_s: Proven lower bound on it, over the trips found.
    trips: Trips found.
    complete: Whether all trips among the asked vehicles were found.
    """

    vehicle_of: Int32
    stop_first: Int32
    rider: Int32
    kind: UInt8
    arrival_s: Float32
    cost_s: float
    bound_s: float
    trips: int
    complete: bool


def pool(
    router: Router, riders: Riders, vehicles: Vehicles, *, asked: int = 10, most: int = 400
) -> Plans:
    """Choose trips.

    Args:
        router: With the traffic of the moment.
        riders: Who waits. A rider whose limits nobody can keep is left waiting.
        vehicles: Who may come. Those on board keep their seats; where their limits cannot be kept
            any more, the vehicle takes nobody new and brings them in the order given.
        asked: Vehicles a rider is offered to, the nearest in time.
        most: Trips a vehicle may choose from.

    Raises:
        InvalidInput: If a vehicle carries more than four.
    """
    boards = np.diff(vehicles.board_first)
    if len(boards) and int(boards.max()) > SEATS:
        v = int(np.argmax(boards))
        raise InvalidInput(f"vehicle {v} carries {boards[v]} riders; pooling plans for at most "
                           f"{SEATS}")
    # One memory layout, so that the kernels are compiled once.
    riders = Riders._make(map(np.ascontiguousarray, riders))
    vehicles = Vehicles._make(map(np.ascontiguousarray, vehicles))
    time_s = _times(router, riders, vehicles)
    could_first, could = _asked(time_s, riders, vehicles, asked)
    vehicle, group, cost, complete = find_trips(
        time_s, vehicles.rest_s, vehicles.board_first, riders.latest_pickup_s,
        riders.latest_arrival_s, vehicles.board_latest_s, could_first, could, most)
    chosen, cost_s, bound_s = _choose(riders, vehicle, group, cost)
    return _plans(time_s, riders, vehicles, vehicle, group, chosen)._replace(
        cost_s=cost_s, bound_s=bound_s, trips=len(vehicle), complete=bool(complete))


def _times(router: Router, riders: Riders, vehicles: Vehicles) -> Float32:
    """Seconds between all points, float32 [P, P]; see `pooling_kernels` for their order."""
    points = np.concatenate([vehicles.head, riders.origin, riders.target, vehicles.board_target])
    node, place = np.unique(points, return_inverse=True)
    table = router.times(node.astype(np.int32), node.astype(np.int32))
    return np.ascontiguousarray(table[np.ix_(place, place)])


def _asked(
    time_s: Float32, riders: Riders, vehicles: Vehicles, asked: int
) -> tuple[Int32, Int32]:
    """Riders each vehicle is asked about, as rows."""
    count, people = len(vehicles.head), len(riders.origin)
    reach = time_s[:count, count:count + people] + vehicles.rest_s[:, None]
    full = np.diff(vehicles.board_first) >= SEATS
    reach[full] = np.inf
    nearest = np.argsort(reach, axis=0, kind="stable")[:asked]
    rider = np.broadcast_to(np.arange(people), nearest.shape)
    able = np.take_along_axis(reach, nearest, axis=0) <= riders.latest_pickup_s
    vehicle, rider = nearest[able], rider[able]
    order = np.lexsort((rider, vehicle))
    first = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(vehicle, minlength=count), out=first[1:])
    return first, rider[order].astype(np.int32)


def _choose(
    riders: Riders, vehicle: Int32, group: Int32, cost: Float64
) -> tuple[Int64, float, float]:
    """One trip a vehicle, each rider at most once: trips chosen, objective, bound."""
    base = group[:, 0] < 0
    standing_cost = np.where(np.isfinite(cost[base]), cost[base], 0.0)
    extra = np.where(base, 0.0, cost - standing_cost[vehicle])
    trip, seat = np.nonzero(group >= 0)
    rider = group[trip, seat]
    saved = np.bincount(trip, riders.worth_s[rider].astype(np.float64), len(vehicle))
    keep = np.flatnonzero(~base & np.isfinite(extra) & (extra < saved))
    idle = float(riders.worth_s.sum(dtype=np.float64))
    standing = float(standing_cost.sum())
    if not len(keep):
        return np.flatnonzero(base), idle + standing, idle + standing
    place = np.full(len(vehicle), -1)
    place[keep] = np.arange(len(keep))
    mine = place[trip] >= 0
    rows = np.concatenate([vehicle[keep], vehicle.max() + 1 + rider[mine]])
    cols = np.concatenate([np.arange(len(keep)), place[trip][mine]])
    table = csc_array((np.ones(len(rows)), (rows, cols)),
                      shape=(int(vehicle.max()) + 1 + len(riders.origin), len(keep)))
    found = milp(extra[keep] - saved[keep], integrality=np.ones(len(keep)), bounds=Bounds(0, 1),
                 constraints=LinearConstraint(table, -np.inf, 1), options={"mip_rel_gap": 0.0})
    assert found.x is not None, found.message  # to take no trip at all is always allowed
    won = keep[found.x > 0.5]
    taken = np.flatnonzero(base)
    taken[vehicle[won]] = won
    return taken, idle + standing + float(found.fun), idle + standing + float(found.mip_dual_bound)


def _plans(
    time_s: Float32, riders: Riders, vehicles: Vehicles, vehicle: Int32, group: Int32,
    chosen: Int64,
) -> Plans:
    """Write down the stops of the chosen trips, one trip a vehicle, in order of vehicles."""
    count, people = len(vehicles.head), len(riders.origin)
    vehicle_of = np.full(people, -1, np.int32)
    first = np.zeros(count + 1, np.int32)
    rider: list[int] = []
    kind: list[int] = []
    arrival: list[float] = []
    point, after = np.empty(_STOPS, np.int32), np.empty(_STOPS, np.int32)
    latest = np.empty(_STOPS, np.float32)
    for v in range(count):
        members = group[chosen[v]][group[chosen[v]] >= 0]
        vehicle_of[members] = v
        begin = int(vehicles.board_first[v])
        boards = int(vehicles.board_first[v + 1]) - begin
        stops = lay_stops(count, people, group[chosen[v]], len(members), begin, boards,
                          riders.latest_pickup_s, riders.latest_arrival_s,
                          vehicles.board_latest_s, point, latest, after)
        order = np.arange(_STOPS, dtype=np.int32)
        best_order(time_s, point, latest, after, stops, v, vehicles.rest_s[v], order)
        here, clock = v, float(vehicles.rest_s[v])
        for stop in order[:stops]:
            clock += float(time_s[here, point[stop]])
            here = int(point[stop])
            on_board = stop >= 2 * len(members)
            rider.append(-1 - (here - count - 2 * people) if on_board else
                         int(members[stop // 2]))
            kind.append(PICKUP if after[stop] == -2 else DROP_OFF)
            arrival.append(clock)
        first[v + 1] = len(rider)
    return Plans(vehicle_of, first, np.array(rider, np.int32), np.array(kind, np.uint8),
                 np.array(arrival, np.float32), 0.0, 0.0, 0, True)

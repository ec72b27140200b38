"""Where free drivers go before anybody asks: sent to forecast demand, or drawn by high fares.

A zone needs drivers for the requests of the horizon, and a stock of free ones beyond that. The
former is what the city has seen of late: smoothed requests a minute, less the cars that will drop
somebody off there meanwhile. No knowledge of the demand model enters. The latter is the zone's
share of all that are left over. The way to the nearest of n drivers spread over a zone falls with
the root of n (Larson and Odoni 1981, Urban Operations Research, ch. 3), and so the mean way over
all requests, Σ λ · n^(-1/2), is least where n goes with λ^(2/3). A zone gives what it has above its
share and receives only up to `LOW` of it: chance alone moves nobody.

The flow is that of Alonso-Mora et al. 2017; see `rebalance`.

Shape letters: D drivers, H cells, Z zones (the cells' parents in H3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h3  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt

from engine.dispatch.drivers import IDLE, MOVING
from engine.dispatch.network import nearest_nodes
from engine.dispatch.rebalance import pick_drivers, rebalance
from engine.dispatch.riders import ABOARD, ASSIGNED
from engine.dispatch.streams import CHASE, REPOSITION, uniform

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

HORIZON_MIN: Final = 8.0
LOW: Final = 0.6
_SHARE: Final = 2.0 / 3.0
WORTH_S: Final = 900.0
"""Seconds of empty driving that a request met by a driver at hand is worth."""
LIMIT_S: Final = 900.0


class Repositioning:
    """Sends free drivers to where forecast demand lacks them.

    Attributes:
        sent: Drivers sent so far.
        gap_s: Proven distance of the latest flow from the optimum, seconds.
    """

    def __init__(self, world: DispatchSimulation) -> None:
        self._world = world
        self.sent = 0
        self.gap_s = 0.0
        hexes = world.hexes
        parent = [h3.cell_to_parent(n, hexes.resolution - 1) for n in hexes.names]
        names, zone = np.unique(np.array(parent), return_inverse=True)
        self._zone: Int32 = zone.astype(np.int32)
        size = np.bincount(zone)
        self._x = (np.bincount(zone, hexes.x) / size).astype(np.float32)
        self._y = (np.bincount(zone, hexes.y) / size).astype(np.float32)
        self._node, _ = nearest_nodes(world.city.network, self._x.astype(np.float64),
                                      self._y.astype(np.float64))
        at = self._zone[hexes.cell[world.zones.nodes]]
        self._kerbs = [world.zones.nodes[at == z] for z in range(len(names))]
        cell = hexes.cell[world.zones.nodes]
        order = np.argsort(cell, kind="stable")
        self._cell_kerbs = np.split(world.zones.nodes[order],
                                    np.searchsorted(cell[order], np.arange(1, len(hexes.names))))

    def tick(self, step: int) -> None:
        """Run the round that is due at a step, if any."""
        world = self._world
        p = world.params
        every = max(1, round(60.0 * p.reposition_every_min / world.step_s))
        if p.repositioning == "none" or step % every:
            return
        self._send(np.flatnonzero(world.fleet.state == IDLE))

    def forecast(self) -> Float64:
        """Drivers each zone should have now: what it has where that is about right."""
        world = self._world
        zones, r = len(self._x), world.riders
        rate: Float64 = np.bincount(self._zone, world.surge.demand, zones).astype(np.float64)
        soon = (r.state == ABOARD) | (r.state == ASSIGNED)
        left_s = np.where(r.state == ABOARD, r.boarded_s + r.direct_s,
                          world.now_s + 180.0 + r.direct_s) - world.now_s
        comes = r.destination[soon & (left_s <= 60.0 * HORIZON_MIN)]
        v, fleet = world.fleet.vehicles, world.fleet
        moving = np.flatnonzero((fleet.state == MOVING) & (v.end > 0))
        bound = world.streets.roads.head[v.route[moving, v.end[moving] - 1]]
        head = world.streets.roads.head[v.arc[fleet.state == IDLE]]
        asked: Float64 = rate * HORIZON_MIN - self._count(comes) - self._count(bound)
        return wanted(self._count(head), asked, rate)

    def _count(self, nodes: Int32) -> Int64:
        """How many of some nodes lie in each zone, int64 [Z]."""
        return np.bincount(self._zone[self._world.hexes.cell[nodes]], minlength=len(self._x))

    def chase(self) -> None:
        """Free drivers, of their own accord, move to dearer cells beside theirs, a ring or two off.

        Called with every new price; the chance grows with what there is to gain.
        """
        world = self._world
        p, shown, fleet = world.params, world.surge.shown, world.fleet
        idle = np.flatnonzero(fleet.state == IDLE)
        if p.driver_response <= 0.0 or not len(idle) or float(shown.max()) <= 1.0:
            return
        hexes = world.hexes
        # the neighbour with the dearest neighbourhood, and the dearest cell there
        best = hexes.dearest_near(shown)[hexes.dearest_near(hexes.highest_near(shown))]
        cell = hexes.cell[world.streets.roads.head[fleet.vehicles.arc[idle]]]
        gain = shown[best[cell]] - shown[cell]
        draw = uniform(fleet.key[idle] ^ np.uint64(world.step_count), CHASE)
        go = draw < p.driver_response * gain
        self._drive(idle[go], [self._at(c) for c in best[cell[go]].tolist()])

    def _at(self, cell: int) -> Int32:
        """Kerbs of a cell; all of its nodes where none is a kerb."""
        nodes: Int32 = self._cell_kerbs[cell]
        if len(nodes):
            return nodes
        return np.flatnonzero(self._world.hexes.cell == cell).astype(np.int32)

    def _send(self, free: Int64) -> None:
        if not len(free):
            return
        world = self._world
        roads, v = world.streets.roads, world.fleet.vehicles
        zones = len(self._x)
        head = roads.head[v.arc[free]]
        zone = self._zone[world.hexes.cell[head]]
        times = world.streets.router.times(self._node, self._node)
        moves = rebalance(np.bincount(zone, minlength=zones).astype(np.int32), self.forecast(),
                          times, worth_s=WORTH_S, limit_s=LIMIT_S)
        self.gap_s = moves.gap_s
        goal = pick_drivers(moves, zone, world.x[head], world.y[head], self._x, self._y)
        go = np.flatnonzero(goal >= 0)
        self._drive(free[go], [self._kerbs[z] if len(self._kerbs[z]) else self._node[z:z + 1]
                               for z in goal[go].tolist()])

    def _drive(self, drivers: Int64, places: list[Int32]) -> None:
        """Send each driver to one of the nodes of a place."""
        if not len(drivers):
            return
        world = self._world
        draw = uniform(world.fleet.key[drivers] ^ np.uint64(world.step_count), REPOSITION)
        target = np.array([nodes[int(u * len(nodes))]
                           for nodes, u in zip(places, draw.tolist(), strict=True)], np.int32)
        head = world.streets.roads.head[world.fleet.vehicles.arc[drivers]]
        arcs, offset = world.streets.router.paths(head, target)
        for i, driver in enumerate(drivers.tolist()):
            route = arcs[offset[i]:offset[i + 1]]
            if len(route):
                world.fleet.send(driver, route, MOVING, world.now_s)
                world.log("reposition", -1, driver, float(target[i]))
                self.sent += 1


def wanted(have: Int64, asked: Float64, rate: Float64) -> Float64:
    """Drivers each zone should have.

    Args:
        have: int64 [Z], free drivers in each zone.
        asked: float64 [Z], requests of the horizon less drivers who come by themselves; below 0
            where more come.
        rate: float64 [Z], requests a minute, >= 0.

    Returns:
        float64 [Z], >= 0: `have` where that lies between LOW of the zone's share and all of it.
    """
    weight = rate ** _SHARE
    stock = max(0.0, float(have.sum() - asked.sum()))
    share = stock * weight / max(float(weight.sum()), 1e-12)
    full, low = np.maximum(asked + share, 0.0), np.maximum(asked + LOW * share, 0.0)
    return np.asarray(np.clip(have, low, full), np.float64)

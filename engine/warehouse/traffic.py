"""The ways over the floor: lane prices, live congestion, closures, and what they leave reachable.

Shape letters: C cells, A agents, S stations.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.warehouse.graph import Graph, build_graph
from engine.warehouse.guidance import Congestion
from engine.warehouse.layout import EMPTY, HOMEBOUND, OUTBOUND, Floor
from engine.warehouse.params import WarehouseParams
from engine.warehouse.route_kernels import nearest, predecessors
from engine.warehouse.routes import UNIT, Routes
from engine.warehouse.world_kernels import TILE, reach, tile_means

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
Float32 = npt.NDArray[np.float32]

MEMORY_STEPS: Final = 60
"""Steps over which waiting is averaged for the picture and the assignment."""
_PERIOD: Final = 60
_CELLS_A_STEP: Final = 2_000_000
"""Cells whose distance is renewed in a step after a closure."""


class Traffic:
    """Graph, distances and waiting of one floor.

    Attributes:
        graph: What robots may do now.
        routes: Distances on it.
        heat: float32 [C] in [0, 1], share of the last minute with a waiting robot.
        tile_heat: float32, mean of `heat` over the free cells of each tile.
        tiles_across: Tiles in a row of tiles.
        blocked: int32 [C], number of reasons why a cell cannot be entered from anywhere.
        closed: int32 [C], number of reasons why a cell cannot be entered from outside.
        reachable: bool [C], a pod can be carried from here to a desk and back.
        chargeable: bool [C], an empty robot can get here.
    """

    def __init__(self, floor: Floor, params: WarehouseParams, max_bytes: int) -> None:
        cells = floor.cells
        self._floor = floor
        self._desks = np.array([s.desk for s in floor.stations], np.int32)
        self.blocked: Int32 = np.zeros(cells, np.int32)
        self.closed: Int32 = np.zeros(cells, np.int32)
        self._outdated: Int32 = self._desks[:0]
        self._behind = False
        self.heat: Float32 = np.zeros(cells, np.float32)
        self.tiles_across = -(-floor.grid.width // TILE)
        self.tile_heat: Float32 = np.zeros(
            self.tiles_across * -(-floor.grid.height // TILE), np.float32)
        self.reachable: Bool = np.ones(cells, np.bool_)
        self.chargeable: Bool = np.ones(cells, np.bool_)
        self._guided = False
        self.graph: Graph = self._make_graph(params)
        self._congestion = self._watch(params)
        self.routes = Routes(self.graph, parking_places(floor), max_bytes, floor.clusters)
        self._find_reachable()

    def rebuild(self, params: WarehouseParams) -> None:
        """Take in new prices or closures."""
        before, heat = self.graph, self._congestion.heat
        self.graph = self._make_graph(params)
        self._congestion = self._watch(params)
        self._congestion.heat = heat
        self.routes.set_graph(self.graph, parted=bool(self.blocked.any() or self.closed.any()))
        if not np.array_equal(before.nbr, self.graph.nbr):
            self._find_reachable()
        self.routes.invalidate(self._desks)
        self._behind = True

    def observe(self, before: Int32, after: Int32, goal: Int32, waiting: Bool) -> bool:
        """Take in one executed step; True when prices changed.

        Args:
            before: int32 [A], cells before the step.
            after: int32 [A], cells after it.
            goal: int32 [A], goals, -1 for none.
            waiting: bool [A], robots that wanted to move and did not.
        """
        decay = np.float32(1.0 - 1.0 / MEMORY_STEPS)
        self.heat *= decay
        self.heat[after[waiting]] += np.float32(1.0) - decay
        if not self._guided or not self._congestion.observe(
                before, after, np.where(goal < 0, after, goal)):
            return False
        self.graph = self._congestion.graph
        self.routes.set_graph(self.graph, parted=bool(self.blocked.any() or self.closed.any()))
        self._outdated = self._desks
        return True

    def refresh(self) -> None:
        """Bring some distances up to date with the prices: a share a step, not all in one.

        After a closure or a new price of lanes everything is renewed within seconds. After a change
        of congestion the ways to the desks, which everybody takes, are renewed; the others one by
        one.
        """
        if self._behind:
            budget = max(1, _CELLS_A_STEP // self._floor.cells)
            self._behind = self.routes.refresh(budget) == budget
            return
        share = -(-len(self._desks) // _PERIOD)
        if len(self._outdated):
            self.routes.invalidate(self._outdated[:share])
            self._outdated = self._outdated[share:]
        self.routes.refresh(1)

    def mean_tiles(self) -> None:
        """Bring `tile_heat` up to date."""
        tile_means(self.heat, self._floor.grid.free, self._floor.grid.width, self.tiles_across,
                   self.tile_heat)

    def close(self) -> None:
        """Release threads and memory."""
        self.routes.close()

    def _make_graph(self, params: WarehouseParams) -> Graph:
        """Edges and prices without congestion."""
        floor = self._floor
        self._guided = params.planner == "PIBT + guidance"
        against = round(UNIT * params.lane_cost) if self._guided else UNIT
        cost = np.where(floor.against, against, UNIT).astype(np.uint8)
        graph = build_graph(floor.grid, forbidden=floor.forbidden, cost=cost, bars=floor.bars)
        nbr = graph.nbr.copy()
        there = np.where(nbr >= 0, nbr, 0)
        shut = self.blocked[there] > 0
        shut |= (self.closed[there] > 0) & (self.closed == 0)[:, None]
        nbr[shut] = -1
        return graph._replace(nbr=nbr)

    def _watch(self, params: WarehouseParams) -> Congestion:
        weight = UNIT * params.congestion_weight if self._guided else 0.0
        return Congestion(self.graph, weight=weight, horizon=MEMORY_STEPS, period=_PERIOD)

    def _find_reachable(self) -> None:
        graph = self.graph
        to_desk = np.empty(self._floor.cells, np.uint16)
        nearest(predecessors(graph.nbr), graph.bars, self._desks, OUTBOUND, 1, to_desk,
                np.empty(self._floor.cells, np.int32))
        from_desk = np.empty(self._floor.cells, np.bool_)
        reach(graph.nbr, graph.bars, self._desks, HOMEBOUND, from_desk)
        self.reachable = (to_desk < 65535) & from_desk
        slots = self._floor.slots[self.reachable[self._floor.slots]]
        reach(graph.nbr, graph.bars, slots, EMPTY, self.chargeable)


def parking_places(floor: Floor) -> Int32:
    """Storage cells of one colour of the chessboard; the other colour where there is none.

    An idle robot stays where it stands only if every neighbour is worse, so no two parking
    places touch.
    """
    rows, cols = np.divmod(floor.slots, floor.grid.width)
    even = floor.slots[(rows + cols) % 2 == 0]
    return even if len(even) else floor.slots

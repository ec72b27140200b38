"""Distances for the floor: few tables for many goals.

A table a slot would be 25,000 tables of 130 kB on the largest floor. So slots share: far away, a
robot follows the distance to a cell that stands for the whole block (or its side of the block, if
it is loaded); close by, it follows one of a few tables that hold, for a place in the pattern of
blocks, the steps to the nearest slot at that place. It may do so wherever every shortest way of
that table ends in its own slot. Both are exact distances, and whoever is close stays close, so
every robot goes downhill until it arrives.

An idle robot has no goal: all share the distance to the nearest parking place.

Shape letters: A agents, C cells, M pairs, T shared tables.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse import route_kernels as kernels
from engine.warehouse.fields import UNREACHABLE, Fields
from engine.warehouse.graph import Graph
from engine.warehouse.layout import EMPTY, HOMEBOUND, Clusters

Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]

UNIT: Final = 2
"""Price of a step with its lane; two, so that half steps can be told apart."""
_SHARED: Final = 255
"""Class under which shared tables lie in the cache, table t as goal t; no robot has it."""


class Approaches(NamedTuple):
    """Tables that lead empty robots to M slots.

    far: int32 [M], rows that lead there from afar.
    near: int32 [M], rows that lead there from close by.
    shared: int32 [M], number of the near row's table in `own`, -1 where there is none.
    own: int32 [T, C], slot to which each shared table leads.
    """

    far: Int32
    near: Int32
    shared: Int32
    own: Int32


class Routes:
    """Rows of distances for robots on their way.

    Attributes:
        table: uint16 [R, C], what the planner reads.
    """

    def __init__(
        self, graph: Graph, parking: Int32, max_bytes: int, clusters: Clusters | None = None
    ) -> None:
        """Compute the shared tables; all others wait until they are asked for.

        Args:
            graph: The floor.
            parking: int32, cells on which idle robots may stand, none beside another.
            max_bytes: Bound of all tables together.
            clusters: Slots that share the way to them; None for a table a goal.

        Raises:
            InvalidInput: If there is no parking place.
        """
        if not len(parking):
            raise InvalidInput("the floor has no storage cell on which a robot could park")
        self._fields = Fields(graph, max_bytes)
        self.table: UInt16 = self._fields.table
        self._parking = parking
        self._graph = graph
        cells = len(graph.nbr)
        alone = np.full(cells, -1, np.int32)
        self._clusters = clusters or Clusters(alone, alone, alone, 0)
        shared = 1 + 2 * self._clusters.places
        self._keys: Int32 = np.arange(shared, dtype=np.int32)
        self._key_class: UInt8 = np.full(shared, _SHARED, np.uint8)
        self._own: Int32 = np.full((2 * self._clusters.places, cells), -1, np.int32)
        self._parted = False
        self._share()

    @property
    def used_bytes(self) -> int:
        """Bytes of distances held."""
        return self._fields.used_bytes

    @property
    def computed(self) -> int:
        """Tables computed since the start."""
        return self._fields.computed

    def rows(self, goals: Int32, classes: UInt8, pos: Int32) -> Int32:
        """Rows of `table` that lead robots from where they are; valid until the next call.

        Args:
            goals: int32 [M], cells, -1 for an idle robot.
            classes: uint8 [M], class bits.
            pos: int32 [M], cells.
        """
        count = len(goals)
        cells, keys = np.empty_like(goals), np.empty_like(classes)
        kernels.share(goals, classes, pos, self._clusters.block, self._clusters.aisle,
                      self._clusters.place, self._clusters.places, self._own, EMPTY, HOMEBOUND,
                      _SHARED, cells, keys)
        # asked for in every call, so that they are never evicted
        cells = np.concatenate((cells, self._keys))
        keys = np.concatenate((keys, self._key_class))
        rows = self._fields.rows(cells, keys)[:count]
        if self._parted:
            # the cell that stands for a block may be cut off while the slot is not
            lost = (keys[:count] != _SHARED) & (goals != cells[:count]) & (
                self.table[rows, pos] == UNREACHABLE)
            if lost.any():
                cells[:count][lost] = goals[lost]
                rows = self._fields.rows(cells, keys)[:count]
        return rows

    def approaches(self, slots: Int32) -> Approaches:
        """How empty robots get to some slots; valid until the next call of `rows`."""
        place = self._clusters.place[slots]
        clustered = place >= 0
        cells = np.where(clustered, self._clusters.block[slots], slots).astype(np.int32)
        keys = np.concatenate((np.full(len(slots), EMPTY, np.uint8), self._key_class))
        rows = self._fields.rows(np.concatenate((cells, self._keys)), keys)
        far, kept = rows[:len(slots)], rows[len(slots):]
        if self._parted:
            cut = clustered & (self.table[far, slots] == UNREACHABLE)
            cells[cut] = slots[cut]
            rows = self._fields.rows(np.concatenate((cells, self._keys)), keys)
            far, kept = rows[:len(slots)], rows[len(slots):]
        near = np.where(clustered, kept[1 + np.where(clustered, place, -1)], far)
        return Approaches(far, near.astype(np.int32), np.where(clustered, place, -1), self._own)

    def exact(self, goal: int, klass: int) -> UInt16:
        """Distances to one goal, uint16 [C]; valid until the next call of `rows`."""
        row = self._fields.rows(np.array([goal], np.int32), np.array([klass], np.uint8))
        out: UInt16 = self.table[row[0]]
        return out

    def set_graph(self, graph: Graph, *, parted: bool) -> None:
        """Plan on another graph; tables are recomputed by `refresh`.

        Args:
            graph: The same cells with other edges or prices.
            parted: Whether some cells are closed.
        """
        edges = not np.array_equal(graph.nbr, self._graph.nbr)
        self._graph = graph
        self._parted = parted
        self._fields.set_graph(graph)
        if edges:
            self._share()

    def invalidate(self, goals: Int32 | None = None) -> None:
        """Forget the tables of some goals (all by default): they are computed when asked for."""
        self._fields.invalidate(goals)
        if goals is None or (goals < len(self._keys)).any():
            self._share()

    def refresh(self, budget: int) -> int:
        """Recompute up to `budget` tables that belong to an older graph; how many it were."""
        done = self._fields.refresh(budget)
        if done:
            self._share_again()
        return done

    def close(self) -> None:
        """Stop the threads."""
        self._fields.close()

    def _share(self) -> None:
        """Compute the shared tables on the present graph."""
        graph, clusters = self._graph, self._clusters
        cells = len(graph.nbr)
        self._kept = np.empty((len(self._keys), cells), np.uint16)
        back = kernels.predecessors(graph.nbr)
        label = np.empty(cells, np.int32)
        kernels.nearest(back, graph.bars, self._parking, EMPTY, 1, self._kept[0], label)
        for place in range(clusters.places):
            slots = np.flatnonzero(clusters.place == place).astype(np.int32)
            for side, klass in enumerate((EMPTY, HOMEBOUND)):
                t = side * clusters.places + place
                kernels.nearest(back, graph.bars, slots, klass, UNIT, self._kept[1 + t],
                                self._own[t])
        self._share_again()

    def _share_again(self) -> None:
        """Put the shared tables where the cache holds them."""
        rows = self._fields.rows(self._keys, self._key_class)
        self.table[rows] = self._kept

"""Distances for the floor: the cached fields of goals, and the field of idle robots.

An idle robot has no goal of its own. All of them share one row of the table, the distance to the
nearest parking place; parking places lie on every other storage cell, so that a robot that stands
on one prefers to stay.

Shape letters: A agents, C cells, M pairs.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.fields import Fields
from engine.warehouse.graph import Graph
from engine.warehouse.layout import EMPTY
from engine.warehouse.world_kernels import nearest_of

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]

_IDLE: Final = 255
"""Key under which the shared row lives in the cache; no robot has this class."""


class Routes:
    """`Fields` with one more row."""

    def __init__(self, graph: Graph, parking: Int32, max_bytes: int) -> None:
        """Compute the row of idle robots; all others wait until they are asked for.

        Args:
            graph: The floor.
            parking: int32, cells on which idle robots may stand, none beside another.
            max_bytes: Bound of all rows together.

        Raises:
            InvalidInput: If there is no parking place.
        """
        if not len(parking):
            raise InvalidInput("the floor has no storage cell on which a robot could park")
        self._fields = Fields(graph, max_bytes)
        self._parking = parking
        self._graph = graph
        self._home = int(parking[0])
        self.table: UInt16 = self._fields.table
        self._key: UInt8 = np.array([_IDLE], np.uint8)
        self._at: Int32 = np.array([self._home], np.int32)
        self._write_idle()

    @property
    def used_bytes(self) -> int:
        """Bytes of distances held."""
        return self._fields.used_bytes

    @property
    def computed(self) -> int:
        """Rows computed since the start."""
        return self._fields.computed

    def rows(self, goals: Int32, classes: UInt8) -> Int32:
        """Rows of `table`; valid until the next call.

        Args:
            goals: int32 [M], cells, -1 for an idle robot.
            classes: uint8 [M].
        """
        idle = goals < 0
        return self._fields.rows(np.where(idle, self._home, goals).astype(np.int32),
                                 np.where(idle, _IDLE, classes).astype(np.uint8))

    def set_graph(self, graph: Graph) -> None:
        """Plan on another graph; rows are recomputed by `refresh`."""
        self._graph = graph
        self._fields.set_graph(graph)
        self._write_idle()

    def invalidate(self, goals: Int32 | None = None) -> None:
        """Forget the rows of some goals (all by default): they are computed when asked for."""
        self._fields.invalidate(goals)
        if goals is None or self._home in goals:
            self._write_idle()

    def refresh(self, budget: int) -> int:
        """Recompute up to `budget` rows that belong to an older graph."""
        done = self._fields.refresh(budget)
        if done:
            self._write_idle()
        return done

    def close(self) -> None:
        """Stop the threads."""
        self._fields.close()

    def _write_idle(self) -> None:
        row = int(self._fields.rows(self._at, self._key)[0])
        nearest_of(self._graph.nbr, self._graph.bars, self._parking, EMPTY, self.table[row])

"""Soft one-way lanes: costs that make agents of one direction keep together.

Shape letters: C cells, A agents.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.graph import Graph
from engine.warehouse.grid import Grid

UInt8 = npt.NDArray[np.uint8]
Bool = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]


def lanes(grid: Grid) -> tuple[Int8, Int8]:
    """Alternating one-way lanes that follow the aisles of any floor.

    A lane is an unbroken run of free cells in a row (or column), two cells or longer. It runs
    against the nearest lanes beside it, whether next to it or behind a block of shelves: each of
    its cells votes for the opposite of the last lane above it (to its left).
    On open floor this is one row east, one west; between shelves one aisle each way, whatever
    their spacing.

    Returns:
        east: int8 [C], 1 where the horizontal lane runs east, -1 west, 0 where there is none.
        south: int8 [C], 1 where the vertical lane runs south, -1 north, 0 where there is none.
    """
    free = grid.free.reshape(grid.height, grid.width)
    return _alternate(free).ravel(), np.ascontiguousarray(_alternate(free.T).T).ravel()


def lane_costs(grid: Grid, *, along: int = 2, against: int = 6) -> UInt8:
    """Prices that make the lanes of a floor soft one-way streets.

    Args:
        grid: The floor.
        along: Cost of a move with its lane, 1 to `against`.
        against: Cost of a move against it, at most 255. With 1 for both there is no guidance.

    Returns:
        uint8 [C, 4], cost of leaving a cell in each direction.

    Raises:
        InvalidInput: If a cost is out of range.
    """
    if not 1 <= along <= against <= 255:
        raise InvalidInput(
            f"lane costs are {along} along and {against} against; they must be 1 <= along <= "
            "against <= 255"
        )
    east, south = lanes(grid)
    cost = np.full((grid.cells, 4), along, np.uint8)
    for k, opposite in enumerate((east < 0, south < 0, east > 0, south > 0)):
        cost[opposite, k] = against
    return cost


def _alternate(free: Bool) -> Int8:
    """Directions of the horizontal runs, int8 like `free`: 1, -1, or 0 off the runs."""
    out = np.zeros(free.shape, np.int8)
    last = np.zeros(free.shape[1], np.int8)
    edges = np.diff(np.pad(free.astype(np.int8), ((0, 0), (1, 1))))
    for row in range(len(free)):
        begins = np.flatnonzero(edges[row] == 1)
        ends = np.flatnonzero(edges[row] == -1)
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            if end - begin > 1:
                out[row, begin:end] = -1 if last[begin:end].sum(dtype=np.int64) > 0 else 1
        last = np.where(out[row] != 0, out[row], last)
    return out


class Congestion:
    """Live congestion: costs that grow where agents have been waiting of late."""

    def __init__(self, graph: Graph, *, weight: float = 1.0, horizon: int = 100,
                 period: int = 20) -> None:
        """Start without congestion.

        Args:
            graph: Graph whose costs are the base.
            weight: Cost added by a cell where an agent waits in every step, >= 0.
            horizon: Steps over which waiting is averaged, >= 1.
            period: Steps between two updates of the costs, >= 1.

        Raises:
            InvalidInput: If a setting is out of range.
        """
        if weight < 0 or horizon < 1 or period < 1:
            raise InvalidInput(
                f"congestion weight {weight}, horizon {horizon}, period {period}; weight must be "
                "at least 0, horizon and period at least 1"
            )
        self.weight = weight
        self.horizon = horizon
        self.period = period
        self.graph = graph
        self._base = graph.cost
        self._step = 0
        self.heat = np.zeros(len(graph.nbr), np.float32)

    def observe(self, pos: Int32, following: Int32, pos_goal: Int32) -> bool:
        """Take in one step; True when `graph` changed.

        Args:
            pos: int32 [A], cells before the step.
            following: int32 [A], cells after it.
            pos_goal: int32 [A], goals; who stands on its goal does not wait.
        """
        self._step += 1
        decay = np.float32(1.0 - 1.0 / self.horizon)
        self.heat *= decay
        waits = pos[(pos == following) & (pos != pos_goal)]
        self.heat[waits] += np.float32(1.0) - decay
        if self.weight == 0 or self._step % self.period:
            return False
        extra = np.rint(self.heat * np.float32(self.weight)).astype(np.int32)
        entered = np.where(self.graph.nbr >= 0, extra[self.graph.nbr], 0)
        cost = np.minimum(self._base + entered, 255).astype(np.uint8)
        if np.array_equal(cost, self.graph.cost):
            return False
        self.graph = self.graph._replace(cost=cost)
        return True

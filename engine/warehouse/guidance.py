"""Guidance: costs that keep agents of one direction together and away from where others wait.

Soft lanes are the highways of Cohen et al. 2015 (doi:10.1609/socs.v6i1.18363) as edge costs of a
guidance graph (Zhang et al. 2024, arXiv 2402.01446), drawn by rule instead of by optimisation.
Live congestion raises costs where agents have been waiting of late (Chen et al. 2024, arXiv
2308.11234, count flows instead).

Shape letters: C cells, A agents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.graph import Graph
from engine.warehouse.grid import Grid

UInt8 = npt.NDArray[np.uint8]
Bool = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]

_SAME: Final = 0.8
_WIDEST: Final = 4
_HEAVIEST: Final = 10_000
# heat below this is none; without a floor it would fade into slow denormal numbers
_COLD: Final = np.float32(1e-6)


def lanes(grid: Grid) -> tuple[Int8, Int8]:
    """Alternating one-way lanes that follow the aisles of any floor.

    A run of free cells in a row (or column), two or longer, is a lane. Lanes beside each other
    that cover the same columns are open floor and make a road: two carriageways, or more where one
    would be wider than four lanes, so that robots can merge and overtake. A road, or a single aisle
    between shelves, begins against the nearest lanes above it (to its left), be they behind a
    block of shelves: every cell votes for the opposite of the last lane in its column.

    Returns:
        east: int8 [C], 1 where the horizontal lane runs east, -1 west, 0 where there is none.
        south: int8 [C], 1 where the vertical lane runs south, -1 north, 0 where there is none.
    """
    free = grid.free.reshape(grid.height, grid.width)
    return _headings(free).ravel(), np.ascontiguousarray(_headings(free.T).T).ravel()


def against_at(density: float) -> int:
    """Cost of a move against its lane, with 2 the cost along, that suits a share of robots.

    The denser the floor, the more a meeting head-on costs and the less a detour. Measured on
    warehouses from 4 to 63 % full (`bench/planning.py`); the optimum is flat.

    Args:
        density: Robots over free cells, 0 to 1.
    """
    return round(4 + 14 * density)


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


@dataclass(slots=True)
class _Road:
    """Runs in consecutive rows that cover the same columns, but for a fifth at most."""

    first: int
    begin: int
    end: int
    rows: int = 1
    heading: int = 0

    def goes_on(self, begin: int, end: int) -> bool:
        """Whether a run below the last one belongs to the road."""
        both = min(end, self.end) - max(begin, self.begin)
        return both >= _SAME * (max(end, self.end) - min(begin, self.begin))

    def heading_at(self, row: int) -> int:
        """Direction of the lane in one of its rows."""
        ways = min(self.rows, max(2, -(-self.rows // _WIDEST)))
        odd = (row - self.first) * ways // self.rows % 2
        return -self.heading if odd else self.heading


def _headings(free: Bool) -> Int8:
    """Directions of the horizontal lanes, int8 like `free`: 1, -1, or 0 where there is none."""
    out = np.zeros(free.shape, np.int8)
    last = np.zeros(free.shape[1], np.int8)
    for row, runs in enumerate(_roads(free)):
        for begin, end, road in runs:
            if row == road.first:
                road.heading = -1 if last[begin:end].sum(dtype=np.int64) > 0 else 1
            out[row, begin:end] = road.heading_at(row)
        last = np.where(out[row] != 0, out[row], last)
    return out


def _roads(free: Bool) -> list[list[tuple[int, int, _Road]]]:
    """For every row its runs as (begin, end, road)."""
    edges = np.diff(np.pad(free.astype(np.int8), ((0, 0), (1, 1))))
    found: list[list[tuple[int, int, _Road]]] = []
    above: list[_Road | None] = [None] * free.shape[1]
    for row, edge in enumerate(edges):
        here: list[_Road | None] = [None] * free.shape[1]
        runs = []
        begins, ends = np.flatnonzero(edge == 1).tolist(), np.flatnonzero(edge == -1).tolist()
        for begin, end in zip(begins, ends, strict=True):
            if end - begin < 2:
                continue
            # runs that cover the same columns share the middle one
            road = above[(begin + end) // 2]
            if road is not None and road.goes_on(begin, end):
                road.rows += 1
                road.begin, road.end = begin, end
            else:
                road = _Road(row, begin, end)
            here[begin:end] = [road] * (end - begin)
            runs.append((begin, end, road))
        above = here
        found.append(runs)
    return found


class Congestion:
    """Live congestion: costs that grow where agents have been waiting of late.

    An edge costs its base plus weight · heat of the cell it enters, rounded, at most 255. Heat is
    the exponential average of waiting: with horizon h, heat ← heat · (1 − 1/h) + waits / h.

    Attributes:
        weight: See `__init__`.
        horizon: See `__init__`.
        period: See `__init__`.
        graph: The graph with the costs of now.
        heat: float32 [C] in [0, 1], share of the last steps with a waiting agent.
    """

    def __init__(self, graph: Graph, *, weight: float = 1.0, horizon: int = 100,
                 period: int = 20) -> None:
        """Start without congestion.

        Args:
            graph: Graph whose costs are the base.
            weight: Cost added by a cell where an agent waits in every step, 0 to 10,000.
            horizon: Steps over which waiting is averaged, >= 1.
            period: Steps between two updates of the costs, >= 1.

        Raises:
            InvalidInput: If a setting is out of range.
        """
        if not 0 <= weight <= _HEAVIEST or horizon < 1 or period < 1:
            raise InvalidInput(
                f"congestion weight {weight}, horizon {horizon}, period {period}; weight must be "
                f"0 to {_HEAVIEST}, horizon and period at least 1"
            )
        self.weight = weight
        self.horizon = horizon
        self.period = period
        self.graph = graph
        self._base = graph.cost
        self._step = 0
        self.heat = np.zeros(len(graph.nbr), np.float32)

    def observe(self, pos: Int32, following: Int32, goal: Int32) -> bool:
        """Take in one step; True when `graph` changed.

        Args:
            pos: int32 [A], cells before the step.
            following: int32 [A], cells after it.
            goal: int32 [A], goals; who stands on its goal does not wait.
        """
        self._step += 1
        decay = np.float32(1.0 - 1.0 / self.horizon)
        self.heat *= decay
        waits = pos[(pos == following) & (pos != goal)]
        self.heat[waits] += np.float32(1.0) - decay
        if self._step % self.period:
            return False
        self.heat[self.heat < _COLD] = 0
        if self.weight == 0:
            return False
        extra = np.rint(self.heat * np.float32(self.weight)).astype(np.int32)
        entered = np.where(self.graph.nbr >= 0, extra[self.graph.nbr], 0)
        cost = np.minimum(self._base + entered, 255).astype(np.uint8)
        if np.array_equal(cost, self.graph.cost):
            return False
        self.graph = self.graph._replace(cost=cost)
        return True

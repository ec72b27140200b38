"""Distances to goals: computed when first asked for, kept within a byte bound.

One row a (goal, class) pair: the weighted distance of every cell to the goal, by Dial's bucket
queue (Dial 1969, doi:10.1145/363269.363610). Rows are computed by two threads outside the GIL;
each is a pure function of graph, goal and class, so the threads cannot change a value.

Shape letters: C cells, M asked rows, R table rows.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse import kernels
from engine.warehouse.graph import Graph

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]

UNREACHABLE: Final = kernels.UNREACHABLE
THREADS: Final = 2
_CHUNK: Final = 8
_CLASSES: Final = 256


class Fields:
    """A least-recently-used cache of distance tables.

    Attributes:
        table: uint16 [R, C], read by the planner; UNREACHABLE where no way leads. Never moves.
        computed: Rows computed since the start.
    """

    def __init__(self, graph: Graph, max_bytes: int = 1_500_000_000) -> None:
        """Reserve the table; its pages cost memory only once they are written.

        Raises:
            InvalidInput: If the bound is too small for one row.
        """
        cells = len(graph.nbr)
        rows = min(max_bytes // (2 * cells), cells * 4)
        if rows < 1:
            raise InvalidInput(
                f"max_bytes is {max_bytes}; one distance table of this floor takes {2 * cells} "
                "bytes, so allow at least that"
            )
        self.table: UInt16 = np.empty((rows, cells), np.uint16)
        self.computed = 0
        self._graph = graph
        self._cells = cells
        self._slot_of: dict[int, Int32] = {}
        self._goal = np.full(rows, -1, np.int32)
        self._class = np.zeros(rows, np.uint8)
        self._used = np.zeros(rows, np.int64)
        self._version = np.zeros(rows, np.int64)
        self._now = 0
        self._graph_version = 0
        self._filled = 0
        self._free: list[int] = []
        self._pool = ThreadPoolExecutor(THREADS, "fields")
        self._edges = _entering(graph)

    def rows(self, goals: Int32, classes: UInt8) -> Int32:
        """Rows of `table` that hold the distances to these goals for these classes.

        Args:
            goals: int32 [M], cells.
            classes: uint8 [M].

        Returns:
            int32 [M]; valid until the next call of `rows`, `invalidate` or `refresh`.

        Raises:
            InvalidInput: If a goal is no cell or the bound cannot hold all rows at once.
        """
        if len(goals) and (goals.min() < 0 or goals.max() >= self._cells):
            wrong = int(goals[(goals < 0) | (goals >= self._cells)][0])
            raise InvalidInput(f"goal {wrong} is no cell; cells are 0 to {self._cells - 1}")
        self._now += 1
        out = np.empty(len(goals), np.int32)
        present = np.flatnonzero(np.bincount(classes, minlength=_CLASSES))
        for klass in present.tolist():
            slots = self._slots(klass)
            mine = classes == klass
            out[mine] = slots[goals[mine]]
        known = out[out >= 0]
        self._used[known] = self._now
        if len(known) == len(out):
            return out
        new = np.flatnonzero(out < 0)
        pairs = np.unique(goals[new].astype(np.int64) * _CLASSES + classes[new])
        new_goals = (pairs // _CLASSES).astype(np.int32)
        new_classes = (pairs % _CLASSES).astype(np.uint8)
        slots = self._take(len(pairs))
        self._enter(slots, new_goals, new_classes)
        self._compute(slots)
        out[new] = slots[np.searchsorted(pairs, goals[new].astype(np.int64) * _CLASSES
                                         + classes[new])]
        return out

    def invalidate(self, goals: Int32 | None = None) -> None:
        """Forget the rows of some goals (of all goals by default)."""
        filled = np.flatnonzero(self._goal >= 0)
        gone = filled if goals is None else filled[np.isin(self._goal[filled], goals)]
        self._forget(gone.astype(np.int32))
        self._free.extend(gone[::-1].tolist())

    def set_graph(self, graph: Graph) -> None:
        """Compute rows on another graph from now on; kept rows wait for `refresh`.

        Rows that a closed or opened edge made wrong are the caller's to `invalidate`.

        Raises:
            InvalidInput: If the graph has other cells.
        """
        if len(graph.nbr) != self._cells:
            raise InvalidInput(
                f"the new graph has {len(graph.nbr)} cells, the tables {self._cells}; make new "
                "fields for another floor"
            )
        self._graph = graph
        self._edges = _entering(graph)
        self._graph_version += 1

    def refresh(self, budget: int) -> int:
        """Recompute up to `budget` outdated rows.

        Those that the last call of `rows` gave out come first, then those of the oldest graph.

        Returns:
            Number of rows recomputed.
        """
        outdated = np.flatnonzero((self._goal >= 0) & (self._version < self._graph_version))
        urgency = np.lexsort((self._version[outdated], self._used[outdated] < self._now))
        chosen = outdated[urgency[:budget]].astype(np.int32)
        self._compute(chosen)
        return len(chosen)

    @property
    def graph(self) -> Graph:
        """Graph on which new rows are computed."""
        return self._graph

    @property
    def used_bytes(self) -> int:
        """Bytes of rows that hold distances now."""
        return int((self._goal >= 0).sum()) * self._cells * 2

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown()

    def _slots(self, klass: int) -> Int32:
        """Row of each goal for one class, int32 [C], -1 where there is none."""
        if klass not in self._slot_of:
            self._slot_of[klass] = np.full(self._cells, -1, np.int32)
        return self._slot_of[klass]

    def _take(self, count: int) -> Int32:
        """Rows to write: forgotten ones, then fresh ones, then the least recently used."""
        taken = [self._free.pop() for _ in range(min(count, len(self._free)))]
        fresh = min(count - len(taken), len(self.table) - self._filled)
        taken.extend(range(self._filled, self._filled + fresh))
        self._filled += fresh
        lacking = count - len(taken)
        if lacking:
            old = np.flatnonzero((self._goal >= 0) & (self._used < self._now))
            if len(old) < lacking:
                self._free.extend(taken)
                needed = (len(self.table) - len(old) + lacking) * self._cells * 2
                raise InvalidInput(
                    f"the goals in use need {needed} bytes of distance tables; the bound is "
                    f"{self.table.nbytes}; raise max_bytes or use fewer robots"
                )
            oldest = old[np.argsort(self._used[old], kind="stable")[:lacking]].astype(np.int32)
            self._forget(oldest)
            taken.extend(oldest.tolist())
        return np.array(taken, np.int32)

    def _enter(self, slots: Int32, goals: Int32, classes: UInt8) -> None:
        self._goal[slots] = goals
        self._class[slots] = classes
        self._used[slots] = self._now
        for klass in np.unique(classes).tolist():
            mine = classes == klass
            self._slots(klass)[goals[mine]] = slots[mine]

    def _forget(self, slots: Int32) -> None:
        for klass in np.unique(self._class[slots]).tolist():
            mine = slots[self._class[slots] == klass]
            self._slots(klass)[self._goal[mine]] = -1
        self._goal[slots] = -1

    def _compute(self, slots: Int32) -> None:
        """Fill rows, a chunk a thread at a time."""
        goals = self._goal[slots]
        classes = self._class[slots]
        self._version[slots] = self._graph_version
        self.computed += len(slots)

        dearest = int(self._graph.cost.max(initial=1))

        def fill(start: int) -> int:
            return kernels.dial(self._edges, self._graph.bars, goals, classes, slots, self.table,
                                start, min(start + _CHUNK, len(slots)), dearest)

        starts = range(0, len(slots), _CHUNK)
        parallel = len(starts) > 1
        failed = max(self._pool.map(fill, starts) if parallel else map(fill, starts), default=-1)
        if failed >= 0:
            self._forget(slots)
            self._free.extend(slots[::-1].tolist())
            raise InvalidInput(
                f"a way to cell {goals[failed]} takes more than {kernels.FARTHEST} moves; use a "
                "smaller or less winding floor"
            )


def _entering(graph: Graph) -> Int32:
    """Edges by the cell they enter, int32 [C, 4]: (cell they leave << 8) + cost, -1 for none."""
    edges = np.full_like(graph.nbr, -1)
    for k in range(4):
        leaving = np.flatnonzero(graph.nbr[:, k] >= 0).astype(np.int32)
        edges[graph.nbr[leaving, k], k] = (leaving << 8) | graph.cost[leaving, k]
    return edges

"""Compiled walks of a floor's graph: connected parts, and what holds them together.

Shape letters: C cells.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]


@njit(cache=True, nogil=True)
def component_sizes(nbr: Int32, free: Bool) -> Any:
    """Connected parts of the free cells: (int64 [parts] sizes, int32 [parts] first cells)."""
    seen = np.zeros(free.size, np.bool_)
    queue = np.empty(free.size, np.int32)
    sizes = np.zeros(free.size, np.int64)
    first = np.zeros(free.size, np.int32)
    parts = 0
    for start in range(free.size):
        if not free[start] or seen[start]:
            continue
        queue[0] = start
        seen[start] = True
        head = 0
        tail = 1
        while head < tail:
            u = queue[head]
            head += 1
            for k in range(4):
                v = nbr[u, k]
                if v >= 0 and not seen[v]:
                    seen[v] = True
                    queue[tail] = v
                    tail += 1
        sizes[parts] = tail
        first[parts] = start
        parts += 1
    return sizes[:parts].copy(), first[:parts].copy()


@njit(cache=True, nogil=True)
def low_points(nbr: Int32, free: Bool) -> Any:
    """Depth-first search of the free cells: (entry, low, parent), each [C].

    `entry` int64 counts the cells in the order they are met, -1 for walls; `low` int64 is the
    earliest entry that the part below a cell reaches past the edge to its parent; `parent` int32,
    -1 for the cell a search starts at. Source: Tarjan 1972, doi:10.1137/0201010, with an explicit
    stack.
    """
    cells = free.size
    entry = np.full(cells, -1, np.int64)
    low = np.zeros(cells, np.int64)
    parent = np.full(cells, -1, np.int32)
    way = np.zeros(cells, np.int8)
    stack = np.empty(cells, np.int32)
    clock = 0
    for start in range(cells):
        if not free[start] or entry[start] >= 0:
            continue
        top = 0
        stack[0] = start
        entry[start] = low[start] = clock
        clock += 1
        while top >= 0:
            u = stack[top]
            if way[u] < 4:
                v = nbr[u, way[u]]
                way[u] += 1
                if v < 0 or v == parent[u]:
                    continue
                if entry[v] >= 0:
                    low[u] = min(low[u], entry[v])
                    continue
                parent[v] = u
                entry[v] = low[v] = clock
                clock += 1
                top += 1
                stack[top] = v
                continue
            top -= 1
            p = parent[u]
            if p >= 0:
                low[p] = min(low[p], low[u])
    return entry, low, parent

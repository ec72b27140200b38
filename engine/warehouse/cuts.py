"""What a floor hangs on: edges on no cycle, and cells whose loss parts it.

Shape letters: C cells, K bridges. Source: Tarjan 1974, doi:10.1016/0020-0190(74)90003-9.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.warehouse.graph_kernels import low_points

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]


def bridge_ends(nbr: Int32, free: Bool) -> Int32:
    """Edges on no cycle, int32 [K, 2]: nothing below one reaches past it.

    Args:
        nbr: int32 [C, 4], an undirected graph; -1 for no way.
        free: bool [C].
    """
    entry, low, parent = low_points(nbr, free)
    below = np.flatnonzero(parent >= 0)
    ends = below[low[below] > entry[parent[below]]]
    return np.stack((parent[ends], ends.astype(np.int32)), 1)


def cut_vertices(nbr: Int32, free: Bool) -> Bool:
    """Cells whose loss parts the floor, bool [C]; arguments as for `bridge_ends`."""
    entry, low, parent = low_points(nbr, free)
    below = np.flatnonzero(parent >= 0)
    above = parent[below]
    started = parent[above] < 0
    cut = np.zeros(free.size, bool)
    cut[above[~started & (low[below] >= entry[above])]] = True
    cut[np.bincount(above[started], minlength=free.size) > 1] = True
    return cut

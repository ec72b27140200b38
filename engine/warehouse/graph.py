"""The directed graph the planner walks: neighbours, costs and bars.

Shape letters: C cells. Directions k: 0 east, 1 south, 2 west, 3 north.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.grid import Grid, neighbours

EAST: Final = 0
SOUTH: Final = 1
WEST: Final = 2
NORTH: Final = 3

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]


class Graph(NamedTuple):
    """Where an agent can go from each cell, and at what price.

    nbr: int32 [C, 4], cell reached in direction k, -1 where there is no edge.
    cost: uint8 [C, 4], cost of leaving in direction k, >= 1.
    bars: uint8 [C], bit mask; an agent of class k enters cell c only if bars[c] & k == 0 or c is
        its goal.
    """

    nbr: Int32
    cost: UInt8
    bars: UInt8


def build_graph(
    grid: Grid,
    *,
    forbidden: Bool | None = None,
    cost: UInt8 | None = None,
    bars: UInt8 | None = None,
) -> Graph:
    """Make the graph of a floor.

    Args:
        grid: The floor.
        forbidden: bool [C, 4], edges to leave out (hard one-way lanes); None for none.
        cost: uint8 [C, 4], >= 1; None for 1 everywhere.
        bars: uint8 [C]; None for no bars.

    Raises:
        InvalidInput: If a shape or a cost does not fit.
    """
    _check_shape("forbidden", forbidden, (grid.cells, 4))
    _check_shape("cost", cost, (grid.cells, 4))
    _check_shape("bars", bars, (grid.cells,))
    nbr = neighbours(grid)
    if forbidden is not None:
        nbr[forbidden] = -1
    if cost is None:
        cost = np.ones((grid.cells, 4), np.uint8)
    elif cost.size and cost.min() < 1:
        cell, way = np.argwhere(cost < 1)[0]
        raise InvalidInput(
            f"cost of leaving cell {cell} in direction {way} is 0; costs must be at least 1"
        )
    if bars is None:
        bars = np.zeros(grid.cells, np.uint8)
    return Graph(nbr, np.ascontiguousarray(cost, np.uint8), np.ascontiguousarray(bars, np.uint8))


def _check_shape(
    name: str, values: npt.NDArray[np.generic] | None, shape: tuple[int, ...]
) -> None:
    if values is not None and values.shape != shape:
        raise InvalidInput(f"{name} has shape {values.shape}; this floor needs {shape}")

"""A floor as a grid of free and blocked cells, and what PIBT needs of its shape.

Cells are numbered row-major: cell = row * width + col. PIBT brings every agent to its goal when
each pair of adjacent cells lies on a simple cycle, that is, when the graph has no bridge (Okumura
et al. 2022, doi:10.1016/j.artint.2022.103752, Theorem 1; biconnected graphs are the usual case).
A dead end is the plainest bridge: what drives in cannot be passed.

Shape letters: H height, W width, C = H * W cells, K found cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.cuts import bridge_ends
from engine.warehouse.graph_kernels import component_sizes

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A floor.

    Attributes:
        height: Rows, >= 1.
        width: Columns, >= 1.
        free: bool [C], True where a robot can stand.
        symbol: uint8 [C], ASCII code of the map character.
    """

    height: int
    width: int
    free: Bool
    symbol: UInt8

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise InvalidInput(
                f"the floor is {self.height}×{self.width} cells; it needs at least 1×1"
            )
        for name, values in (("free", self.free), ("symbol", self.symbol)):
            if values.shape != (self.cells,):
                raise InvalidInput(
                    f"{name} has shape {values.shape}; a {self.height}×{self.width} floor needs "
                    f"({self.cells},)"
                )

    @property
    def cells(self) -> int:
        """Number of cells, blocked ones included."""
        return self.height * self.width

    def cell(self, row: int, col: int) -> int:
        """Cell at (row, col).

        Raises:
            InvalidInput: If it lies outside the floor.
        """
        if not (0 <= row < self.height and 0 <= col < self.width):
            raise InvalidInput(
                f"(row {row}, column {col}) is outside the {self.height}×{self.width} floor"
            )
        return row * self.width + col

    def row(self, cell: int) -> int:
        """Row of a cell."""
        return cell // self.width

    def col(self, cell: int) -> int:
        """Column of a cell."""
        return cell % self.width


def neighbours(grid: Grid) -> Int32:
    """Free cells beside each free cell.

    Returns:
        int32 [C, 4], order east, south, west, north; -1 where there is none.
    """
    height, width = grid.height, grid.width
    free = grid.free.reshape(height, width)
    index = np.where(free, np.arange(grid.cells, dtype=np.int32).reshape(height, width), -1)
    index = index.astype(np.int32)
    out = np.full((height, width, 4), -1, np.int32)
    out[:, :-1, 0] = index[:, 1:]
    out[:-1, :, 1] = index[1:]
    out[:, 1:, 2] = index[:, :-1]
    out[1:, :, 3] = index[:-1]
    out[~free] = -1
    return out.reshape(-1, 4)


def dead_ends(grid: Grid) -> Int32:
    """Free cells with at most one free neighbour, int32 [K], ascending."""
    degree = (neighbours(grid) >= 0).sum(axis=1)
    return np.flatnonzero(grid.free & (degree <= 1)).astype(np.int32)


def fill_dead_ends(grid: Grid) -> Grid:
    """Block dead ends until none is left; a tree vanishes altogether."""
    free = grid.free.copy()
    symbol = grid.symbol.copy()
    while True:
        filled = Grid(grid.height, grid.width, free, symbol)
        ends = dead_ends(filled)
        if not len(ends):
            return filled
        free[ends] = False
        symbol[ends] = ord("@")


def check_walkable(grid: Grid) -> None:
    """Refuse a floor on which PIBT cannot promise that every robot arrives.

    Raises:
        InvalidInput: If no cell is free, the free cells are not connected, or some passage is a
            dead end or a bridge; the message has counts and the first places.
    """
    if not grid.free.any():
        raise InvalidInput(
            f"all {grid.cells} cells are blocked; draw free cells as '.', 'S' or 'E'"
        )
    nbr = neighbours(grid)
    sizes, first = component_sizes(nbr, grid.free)
    if len(sizes) > 1:
        largest = int(np.argmax(sizes))
        stray = int(sizes.sum() - sizes[largest])
        places = _places(grid, np.delete(first, largest))
        raise InvalidInput(
            f"the free cells fall into {len(sizes)} parts that do not touch; {stray} cells lie "
            f"outside the largest, first at {places}; join or block them"
        )
    ends = dead_ends(grid)
    if len(ends) and grid.free.sum() > 1:
        raise InvalidInput(
            f"dead ends: {len(ends)}, first at {_places(grid, ends)}; a robot inside cannot be "
            "passed, and PIBT needs every passage to lie on a loop (a biconnected graph); block "
            "them or give them a second way out"
        )
    bridges = bridge_ends(nbr, grid.free)
    if len(bridges):
        raise InvalidInput(
            f"bridges: {len(bridges)}, first beside {_places(grid, bridges[:, 0])}; two robots "
            "that meet there block each other, and PIBT needs every passage to lie on a loop (a "
            "biconnected graph); widen them to two cells or open a second way round"
        )


def _places(grid: Grid, cells: Int32) -> str:
    """The first few cells as text, 1-based like a text editor."""
    shown = ", ".join(
        f"(row {grid.row(int(c)) + 1}, column {grid.col(int(c)) + 1})" for c in cells[:_SHOWN]
    )
    return shown + (" …" if len(cells) > _SHOWN else "")

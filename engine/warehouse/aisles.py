"""Which cells a command to close an aisle means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.errors import InvalidInput
from engine.live.arguments import whole
from engine.warehouse.graph import EAST, NORTH, SOUTH, WEST
from engine.warehouse.grid import neighbours
from engine.warehouse.layout import AISLE, Floor


def aisle_span(floor: Floor, arguments: Mapping[str, Any],
               rng: np.random.Generator) -> tuple[tuple[int, ...], str]:
    """Aisle cells to close, and what to call them.

    Args:
        floor: The floor.
        arguments: A `row` or `column` with `start` and `stop`, or a `cell` of the aisle, or
            nothing for a random one beside storage.
        rng: Draws where nothing is named.

    Raises:
        InvalidInput: If it is out of the floor or holds no aisle.
    """
    height, width = floor.grid.height, floor.grid.width
    aisle = floor.kind == AISLE
    if "row" in arguments or "column" in arguments:
        if "row" in arguments and "column" in arguments:
            raise InvalidInput("name a row or a column, not both")
        along_row = "row" in arguments
        limit = width if along_row else height
        line = whole(arguments, "row" if along_row else "column", 0, 0,
                     (height if along_row else width) - 1)
        start = whole(arguments, "start", 0, 0, limit - 1)
        stop = whole(arguments, "stop", limit - 1, start, limit - 1)
        span = np.arange(start, stop + 1)
        cells = line * width + span if along_row else span * width + line
        cells = cells[aisle[cells]]
        name = f"{'Row' if along_row else 'Column'} {line}"
    else:
        inner = np.flatnonzero(aisle & _beside_storage(floor))
        if "cell" in arguments:
            cell = whole(arguments, "cell", 0, 0, floor.cells - 1)
        else:
            cell = int(rng.choice(inner if len(inner) else np.flatnonzero(aisle)))
        cells = _segment(floor, cell)
        name = f"The aisle at row {cell // width}, column {cell % width}"
    if not len(cells):
        raise InvalidInput(
            f"{name} has no aisle cell; name a cell of kind aisle (station lanes are closed "
            "by stop_station)"
        )
    return tuple(int(c) for c in cells), name


def _segment(floor: Floor, cell: int) -> np.ndarray[Any, Any]:
    """The straight run of aisle cells with one lane direction around a cell."""
    if floor.kind[cell] != AISLE:
        return np.empty(0, np.int64)
    beside = neighbours(floor.grid)
    cells = [cell]
    for k in (EAST, WEST) if floor.lane[cell] in (1 + EAST, 1 + WEST) else (SOUTH, NORTH):
        c = int(beside[cell, k])
        while c >= 0 and floor.kind[c] == AISLE and floor.lane[c] == floor.lane[cell]:
            cells.append(c)
            c = int(beside[c, k])
    return np.array(sorted(cells))


def _beside_storage(floor: Floor) -> np.ndarray[Any, Any]:
    out = np.zeros(floor.cells, np.bool_)
    beside = neighbours(floor.grid)[floor.slots]
    out[beside[beside >= 0]] = True
    return out

"""Reading and writing octile `.map` files.

The format of the MovingAI and League of Robot Runners benchmarks (Sturtevant 2012,
doi:10.1109/TCIAIG.2012.2197681)::

    type octile
    height 33
    width 57
    map
    @@@@..@@@…

'@', 'T' and 'O' are blocked; '.', 'G', 'S' (shelf access) and 'E' (endpoint) are free.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.errors import InvalidInput
from engine.warehouse.grid import Grid

BLOCKED: Final = "@TO"
FREE: Final = ".GSE"
_LONGEST: Final = 40


def parse_map(text: str, *, max_cells: int = 4_000_000) -> Grid:
    """Read an octile map.

    Args:
        text: The file; lines end in LF or CRLF.
        max_cells: Largest height × width accepted.

    Raises:
        InvalidInput: With line, column and what was expected there.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    head = [line.rstrip() for line in lines[:4]]
    _expect(head, 0, "type octile")
    height = _size(head, 1, "height", max_cells)
    width = _size(head, 2, "width", max_cells)
    _expect(head, 3, "map")
    if height * width > max_cells:
        raise InvalidInput(
            f"the map is {height}×{width} = {height * width} cells; the limit is {max_cells}; "
            "cut it into smaller floors"
        )
    rows = lines[4:]
    while len(rows) > height and not rows[-1].strip():
        rows.pop()
    if len(rows) != height:
        raise InvalidInput(
            f"line {len(lines)}: the map has {len(rows)} rows, the head says height {height}"
        )
    symbol = np.empty((height, width), np.uint8)
    for number, row in enumerate(rows):
        row = row.rstrip()
        wrong = next((i for i, c in enumerate(row) if c not in BLOCKED + FREE), None)
        if wrong is not None:
            raise InvalidInput(
                f"line {number + 5}, column {wrong + 1}: {row[wrong]!r} is no map character; "
                f"use one of {' '.join(FREE)} (free) or {' '.join(BLOCKED)} (blocked)"
            )
        if len(row) != width:
            raise InvalidInput(
                f"line {number + 5}, column {min(len(row), width) + 1}: the row has {len(row)} "
                f"characters, the head says width {width}"
            )
        symbol[number] = np.frombuffer(row.encode("ascii"), np.uint8)
    flat = symbol.ravel()
    return Grid(height, width, np.isin(flat, np.frombuffer(FREE.encode(), np.uint8)), flat)


def format_map(grid: Grid) -> str:
    """Write an octile map; `parse_map` reads the same grid back."""
    rows = (row.tobytes().decode("ascii") for row in grid.symbol.reshape(grid.height, grid.width))
    head = f"type octile\nheight {grid.height}\nwidth {grid.width}\nmap\n"
    return head + "".join(row + "\n" for row in rows)


def _expect(head: list[str], index: int, wanted: str) -> None:
    found = head[index] if index < len(head) else None
    if found != wanted:
        raise InvalidInput(f"line {index + 1}, column 1: expected '{wanted}', found {_show(found)}")


def _size(head: list[str], index: int, name: str, limit: int) -> int:
    found = head[index] if index < len(head) else None
    key, _, value = (found or "").partition(" ")
    if key != name:
        raise InvalidInput(
            f"line {index + 1}, column 1: expected '{name}' and a number, found {_show(found)}"
        )
    value = value.strip()
    digits = value.isascii() and value.isdigit() and len(value) <= len(str(limit))
    if not digits or not 1 <= int(value) <= limit:
        raise InvalidInput(
            f"line {index + 1}, column {len(name) + 2}: {name} is {_show(value)}; it must be a "
            f"whole number from 1 to {limit}"
        )
    return int(value)


def _show(found: str | None) -> str:
    """What stood there, short enough for a message."""
    if found is None:
        return "the end of the file"
    return repr(found if len(found) <= _LONGEST else found[:_LONGEST] + "…")

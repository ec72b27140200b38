"""Names of points: the GTP vertex and the index p = row * size + col.

Row 0 is the top of the board, so GTP row = size - row; size * size is the pass.

Source: Farnebäck, Specification of the Go Text Protocol version 2, draft 2, §2.11.
"""

from __future__ import annotations

from typing import Final

from engine.errors import InvalidInput

COLUMNS: Final = "ABCDEFGHJKLMNOPQRST"  # no I, which reads as J


def vertex_of(point: int, size: int) -> str:
    """Write a point the way GTP does, as in "D4" or "pass"."""
    if point == size * size:
        return "pass"
    row, col = divmod(point, size)
    return f"{COLUMNS[col]}{size - row}"


def point_of(vertex: str, size: int) -> int:
    """Read a GTP vertex, in either case.

    Returns:
        Point in [0, size * size]; size * size is the pass.

    Raises:
        InvalidInput: If it names no point of this board.
    """
    text = vertex.strip().upper()
    if text == "PASS":
        return size * size
    col = COLUMNS.find(text[:1]) if text else -1
    row = int(text[1:]) if text[1:].isascii() and text[1:].isdigit() and len(text) <= 3 else 0
    if not (0 <= col < size and 1 <= row <= size):
        raise InvalidInput(f"{vertex.strip()[:20]!r} is no point of a {size}×{size} board; write "
                           f"A1 to {COLUMNS[size - 1]}{size} (there is no column I) or pass.")
    return (size - row) * size + col

"""How games begin: fixed handicap stones, and openings drawn at random.

Deterministic players repeat their games; a few drawn moves make each game another one.

Source: Farnebäck, Specification of the Go Text Protocol version 2, draft 2, §4.1.1 (handicap).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.errors import InvalidInput
from engine.go import kernels
from engine.go.board import Board, size_of

MOST_STONES: Final = 9
LEAST_STONES: Final = 2


def handicap_points(size: int, stones: int) -> list[int]:
    """Points of a fixed handicap.

    Args:
        size: Rows and columns.
        stones: 2 to 9; at most 4 on even boards and on 7×7.

    Returns:
        Points in [0, size * size).

    Raises:
        InvalidInput: If this board has no such handicap.
    """
    most = 0 if size < 7 else 4 if size % 2 == 0 or size == 7 else MOST_STONES
    if not LEAST_STONES <= stones <= most:
        allowed = f"{LEAST_STONES} to {most}" if most else "none on boards under 7×7"
        raise InvalidInput(f"a handicap of {stones} stones is not defined on {size}×{size}; "
                           f"choose {allowed}")
    low = 2 if size < 13 else 3
    high, middle = size - 1 - low, size // 2

    def at(row: int, col: int) -> int:
        return row * size + col

    # corners first, as the specification numbers them: row 0 is the top here
    corners = [at(high, low), at(low, high), at(low, low), at(high, high)]
    west_east = [at(middle, low), at(middle, high)]
    south_north = [at(high, middle), at(low, middle)]
    points = corners[:min(stones, 4)]
    if stones >= 6:
        points += west_east
    if stones >= 8:
        points += south_north
    if stones in (5, 7, 9):
        points.append(at(middle, middle))
    return points


def random_opening(board: Board, moves: int, rng: np.random.Generator) -> list[int]:
    """Draw legal moves away from the edge.

    Args:
        board: Position to begin from; read only.
        moves: How many; fewer come back when no such move is left.
        rng: Source of the draw.

    Returns:
        Points in playing order.
    """
    size = size_of(board)
    edge = 0 if size < 5 else 1 if size < 7 else 2
    trial = kernels.copy_board(board)
    legal = np.empty(size * size + 1, np.uint8)
    rows, cols = np.divmod(np.arange(size * size), size)
    inner = ((rows >= edge) & (rows < size - edge) & (cols >= edge) & (cols < size - edge))
    out: list[int] = []
    for _ in range(moves):
        kernels.legal_mask(trial, legal)
        choice = np.flatnonzero(legal[:-1].astype(bool) & inner)
        if not len(choice):
            break
        move = int(rng.choice(choice))
        kernels.play(trial, move)
        out.append(move)
    return out

"""What the network sees of a position: 22 planes from the view of the player to move.

The choice follows Wu 2019 (arXiv:1902.10565, table 1) less ladders: stones, liberties, illegal
points, the last five moves, the rules that differ. Komi and rules fill whole planes, so that a
fully convolutional network needs no second input.

Shape letters: C planes, S size, A points (S * S).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.go.board import AREA, BORDER, EMPTY, RECENT, SUICIDE, TO_PLAY, Board
from engine.go.kernels import legal_mask

PLANES: Final = 22
SYMMETRIES: Final = 8
KOMI_SCALE: Final = 20.0

ON_BOARD: Final = 0
OWN: Final = 1
THEIRS: Final = 2
OWN_LIBERTIES: Final = 3     # 3, 4, 5: own chains with 1, 2, 3 liberties
THEIR_LIBERTIES: Final = 6   # 6, 7, 8
ILLEGAL: Final = 9
LAST_MOVES: Final = 10       # 10 to 14, latest first
LAST_PASSES: Final = 15      # 15 to 19
KOMI: Final = 20
MAY_SUICIDE: Final = 21

Planes = npt.NDArray[Any]


@cache
def symmetry_table(size: int) -> npt.NDArray[np.int32]:
    """Where each of the 8 symmetries of the square sends each move.

    Returns:
        int32 [8, A + 1]; row 0 is the identity, a pass stays a pass. Symmetry s < 4 turns the
        board s quarter turns, s >= 4 mirrors it first.
    """
    area = size * size
    table = np.empty((SYMMETRIES, area + 1), np.int32)
    points = np.arange(area, dtype=np.int32).reshape(size, size)
    for s in range(SYMMETRIES):
        turned = np.rot90(points[:, ::-1] if s >= 4 else points, s % 4)
        table[s, turned.ravel()] = np.arange(area)
        table[s, area] = area
    return table


@njit(cache=True, nogil=True)
def count_liberties(board: Board, out: npt.NDArray[np.int32]) -> None:
    """Write each chain's number of liberties at its head, int32 [A + 1]."""
    stones, head, neighbours = board.stones, board.head, board.neighbours
    area = board.state[AREA]
    out[:] = 0
    for p in range(area):
        if stones[p] != EMPTY:
            continue
        a = b = c = -1
        for k in range(4):
            q = neighbours[p, k]
            if stones[q] == EMPTY or stones[q] == BORDER:
                continue
            chain = head[q]
            if chain not in (a, b, c):
                out[chain] += 1
            a, b, c = chain, a, b


@njit(cache=True, nogil=True)
def write_planes(
    board: Board, legal: npt.NDArray[np.uint8], where: npt.NDArray[np.int32], out: Planes
) -> None:
    """Write the planes of a position whose legal moves are known, turned or mirrored.

    Args:
        board: Read only but for its scratch space.
        legal: uint8 [A + 1], see `kernels.legal_mask`.
        where: int32 [A + 1], a row of `symmetry_table`.
        out: float32 [C, S, S], filled.
    """
    area = board.state[AREA]
    mover = board.state[TO_PLAY]
    stones, head = board.stones, board.head
    liberties = board.scratch[0]
    count_liberties(board, liberties)
    flat = out.reshape(PLANES, area)
    flat[ON_BOARD] = 1
    flat[OWN:LAST_PASSES] = 0
    for p in range(area):
        v = stones[p]
        at = where[p]
        if v == EMPTY:
            if legal[p] == 0:
                flat[ILLEGAL, at] = 1
            continue
        free = liberties[head[p]]
        if v == mover:
            flat[OWN, at] = 1
            if free <= 3:
                flat[OWN_LIBERTIES + free - 1, at] = 1
        else:
            flat[THEIRS, at] = 1
            if free <= 3:
                flat[THEIR_LIBERTIES + free - 1, at] = 1
    for i in range(RECENT):
        move = board.recent[i]
        flat[LAST_PASSES + i] = move == area
        if 0 <= move < area:
            flat[LAST_MOVES + i, where[move]] = 1
    flat[KOMI] = -mover * board.komi[0] / KOMI_SCALE
    flat[MAY_SUICIDE] = board.state[SUICIDE]


@njit(cache=True, nogil=True)
def write(board: Board, out: Planes) -> None:
    """Write the planes of a position as it lies, float32 [C, S, S]."""
    area = board.state[AREA]
    legal = np.empty(area + 1, np.uint8)
    legal_mask(board, legal)
    write_planes(board, legal, np.arange(area + 1).astype(np.int32), out)

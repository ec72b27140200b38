"""Random games to the end, which say who owns a point when no network is at hand.

Moves are uniform over the legal ones that neither fill the player's own eye nor put a long chain of
its own into atari, so that a seki stays one; a game ends when both have none (Brügmann 1993, "Monte
Carlo Go"; Bouzy & Helmstetter 2004, "Monte-Carlo Go developments").

Shape letters: A points.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.go.board import AREA, BORDER, EMPTY, TO_PLAY, Board
from engine.go.kernels import area_owner, copy_board, copy_into, ended, is_legal, play

Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
UInt64 = npt.NDArray[np.uint64]

_LONG: Final = 5  # stones
_STRIDE: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_S27: Final = np.uint64(27)
_S30: Final = np.uint64(30)
_S31: Final = np.uint64(31)
_S40: Final = np.uint64(40)


def random_state(rng: np.random.Generator) -> UInt64:
    """State of the kernels' own generator, uint64 [1], drawn from a seeded one."""
    return rng.integers(0, 2**64, size=1, dtype=np.uint64)


@njit(cache=True, nogil=True)
def mixed(word: np.uint64) -> np.uint64:
    """Scramble 64 bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    word = (word ^ (word >> _S30)) * _MIX_1
    word = (word ^ (word >> _S27)) * _MIX_2
    return word ^ (word >> _S31)


@njit(cache=True, nogil=True)
def uniform(state: UInt64) -> float:
    """A number in [0, 1) with 24 bits (SplitMix64)."""
    state[0] += _STRIDE
    return float(np.float64(mixed(state[0]) >> _S40) / 16777216.0)


@njit(cache=True, nogil=True)
def below(state: UInt64, n: int) -> int:
    """An integer in [0, n), n < 2**24."""
    return int(uniform(state) * n)


@njit(cache=True, nogil=True)
def is_eye(board: Board, point: int, colour: int) -> bool:
    """Whether filling this empty point would give up an eye of that colour.

    All neighbours are its own, and the other side holds at most one diagonal point, none at the
    edge.
    """
    stones, neighbours = board.stones, board.neighbours
    for k in range(4):
        v = stones[neighbours[point, k]]
        if v == EMPTY or v == -colour:
            return False
    lost = 0
    edge = 0
    for up in range(2):
        for side in range(2, 4):
            v = stones[neighbours[neighbours[point, up], side]]
            if v == -colour:
                lost += 1
            elif v == BORDER:
                edge = 1
    return lost + edge < 2


@njit(cache=True, nogil=True)
def gives_itself_up(board: Board, point: int, colour: int) -> bool:
    """Whether a stone here, capturing nothing, leaves a long own chain with one liberty.

    Who does so loses a seki. Shorter chains may: they are how eyes are taken (nakade).
    """
    stones, head, neighbours = board.stones, board.head, board.neighbours
    last = -1
    length = 1
    for k in range(4):
        q = neighbours[point, k]
        v = stones[q]
        if v == EMPTY:
            if last >= 0 and last != q:
                return False
            last = q
        elif v == -colour:
            contacts = 0
            for j in range(4):
                r = neighbours[point, j]
                contacts += stones[r] == v and head[r] == head[q]
            if board.liberties[head[q]] == contacts:
                return False
    for k in range(4):
        q = neighbours[point, k]
        if stones[q] != colour:
            continue
        length += board.length[head[q]]
        p = q
        while True:
            for j in range(4):
                r = neighbours[p, j]
                if stones[r] == EMPTY and r != point:
                    if last >= 0 and last != r:
                        return False
                    last = r
            p = board.after[p]
            if p == q:
                break
    return length >= _LONG


@njit(cache=True, nogil=True)
def playout(board: Board, empty: Int32, state: UInt64) -> None:
    """Play at random until the game has ended.

    Args:
        board: Changed in place.
        empty: int32 [A], work space.
        state: Generator, advanced.
    """
    area = board.state[AREA]
    while not ended(board):
        colour = board.state[TO_PLAY]
        left = 0
        for p in range(area):
            if board.stones[p] == EMPTY:
                empty[left] = p
                left += 1
        move = area
        while left > 0:
            i = below(state, left)
            p = empty[i]
            if (not is_eye(board, p, colour) and is_legal(board, p)
                    and not gives_itself_up(board, p, colour)):
                move = p
                break
            left -= 1
            empty[i] = empty[left]
        play(board, move)


@njit(cache=True, nogil=True)
def playout_ownership(
    board: Board, playouts: int, state: UInt64, out: npt.NDArray[np.float32]
) -> float:
    """Mean owner of each point after random games from this position.

    Args:
        board: Read only.
        playouts: Games, > 0.
        state: Generator, advanced.
        out: float32 [A], filled: 1 always Black's, −1 always White's.

    Returns:
        Share of games that Black won with the board's komi; a tie counts half.
    """
    area = board.state[AREA]
    game = copy_board(board)
    empty = np.empty(area, np.int32)
    owner = np.empty(area, np.int8)
    out[:] = 0
    won = 0.0
    for _ in range(playouts):
        copy_into(board, game)
        playout(game, empty, state)
        margin = area_owner(game, owner) - board.komi[0]
        won += 1.0 if margin > 0 else 0.5 if margin == 0 else 0.0
        out += owner
    out /= playouts
    return won / playouts

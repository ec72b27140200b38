"""A teacher's games as games to learn from."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.go.board import Board, new_board
from engine.go.kernels import ended, is_legal, play
from engine.go.replay import Games, Position, join, one_game
from engine.go.teacher import Lesson

_log = logging.getLogger(__name__)

OWNER: Final = {"x": 1, "o": -1, ".": 0}
_CLEANING_KEPT: Final = 4  # one position in four once the first pass has been played


def games_of(lessons: Iterable[Lesson]) -> Games:
    """Turn lessons into games, weighting each move by the level that chose it.

    A random move teaches the policy nothing. Where dead stones are being taken off at the end,
    the passes between would drown everything else; one position in four is kept.

    Raises:
        InvalidInput: If the board sizes differ or no game is left.
    """
    parts = []
    refused = 0
    for lesson in lessons:
        if _breaks_rules(new_board(lesson.size, lesson.komi), np.array(lesson.moves, np.int64)):
            refused += 1
            continue
        parts.append(_game(lesson))
    if refused:
        _log.warning("%d of the teacher's games break the rules and are left out", refused)
    return join(parts)


def level_weight(level: int) -> float:
    """Weight of a move in the policy loss: 0 for a random one, 1 for level 8 and above."""
    return 0.0 if level == 0 else min(1.0, 0.3 + 0.1 * (level - 1))


def _game(lesson: Lesson) -> Games:
    area = lesson.size * lesson.size
    first_pass = lesson.moves.index(area) if area in lesson.moves else len(lesson.moves)
    positions = []
    for n, (move, digit) in enumerate(zip(lesson.moves, lesson.levels, strict=True)):
        kept = n <= first_pass or n % _CLEANING_KEPT == 0
        weight = level_weight(int(digit, 16)) if kept else 0.0
        positions.append(Position(move, ((move, 1.0),) if weight else (), weight, float(kept)))
    return one_game(positions, komi=lesson.komi, score=lesson.score,
                    owner=np.array([OWNER[c] for c in lesson.owner], np.int8))


@njit(cache=True, nogil=True)
def _breaks_rules(board: Board, moves: npt.NDArray[np.int64]) -> bool:
    """Whether a game has a move that this board does not allow."""
    for move in moves:
        if ended(board) or not is_legal(board, move):
            return True
        play(board, move)
    return False

"""Games of a learning run, ready to be watched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.errors import EngineError
from engine.go import kernels
from engine.go.board import new_board
from engine.go.replay import Games, read_games, size_of

LATEST: Final = 3
"""Files of games that are drawn from."""


@dataclass(frozen=True, slots=True)
class Played:
    """One finished game as a film.

    Attributes:
        size: Rows and columns.
        frames: Stones after each move, the empty board first; X black, O white, . empty.
        last: The point of each frame's last move, −1 for none and for a pass.
        score: Black's lead at the end, komi counted.
    """

    size: int
    frames: tuple[str, ...]
    last: tuple[int, ...]
    score: float


def some_games(folder: Path, count: int, rng: np.random.Generator) -> list[Played]:
    """Draw games from the latest files of a run's `games` folder; none where there are none."""
    files = sorted((folder / "games").glob("*.npz"), key=lambda p: p.stat().st_mtime)[-LATEST:]
    found: list[Played] = []
    for path in reversed(files):
        try:
            games = read_games(path)
        except EngineError:
            continue  # half written, or of another program
        wanted = min(count - len(found), len(games.komi))
        for index in rng.permutation(len(games.komi))[:wanted].tolist():
            found.append(film(games, index))
        if len(found) >= count:
            break
    return found


def film(games: Games, index: int) -> Played:
    """One game's positions.

    Args:
        games: Of one board size.
        index: Which, in [0, G).
    """
    size = size_of(games)
    area = size * size
    board = new_board(size, float(games.komi[index]), bool(games.suicide[index]))
    frames, last = ["." * area], [-1]
    for move in games.move[games.start[index]:games.start[index + 1]].tolist():
        kernels.play(board, move)
        frames.append("".join(".XO"[v] for v in board.stones[:-1].tolist()))
        last.append(move if move < area else -1)
    return Played(size, tuple(frames), tuple(last), float(games.score[index]))

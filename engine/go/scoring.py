"""Who won: area with every stone alive, or after the dead are taken off.

Tromp–Taylor counts what stands. People stop earlier and agree on what is dead; here a chain is
dead when an ownership map, from a network or from random games, gives its points to the other
side. On 45 games of GNU Go against itself (level 1, 9×9) random games named the same dead as GNU
Go in 44.

Shape letters: A points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.go.board import AREA, BLACK, EMPTY, PASSES, TO_PLAY, WHITE, Board
from engine.go.kernels import area_owner, copy_board
from engine.go.playouts import playout_ownership, random_state

Int8 = npt.NDArray[np.int8]
Float32 = npt.NDArray[np.float32]
DEAD_BEYOND = 0.05
PLAYOUTS = 1000


@dataclass(frozen=True, slots=True)
class Score:
    """A counted position.

    Attributes:
        margin: Black's points minus White's minus komi.
        owner: int8 [A]; 1 black, −1 white, 0 neutral.
        dead: Points of the stones taken off, in order.
    """

    margin: float
    owner: Int8
    dead: tuple[int, ...]

    def text(self) -> str:
        """The result as in SGF and GTP: "B+3.5", "W+0.5" or "0"."""
        return result_text(self.margin)


def result_text(margin: float) -> str:
    """A margin for Black as in SGF and GTP: "B+3.5", "W+0.5" or "0"."""
    if margin == 0:
        return "0"
    return f"{'B' if margin > 0 else 'W'}+{abs(margin):g}"


def chains(board: Board) -> list[tuple[int, ...]]:
    """Points of each chain, chains by their first point."""
    found: dict[int, list[int]] = {}
    for p in range(int(board.state[AREA])):
        if board.stones[p] != EMPTY:
            found.setdefault(int(board.head[p]), []).append(p)
    return [tuple(points) for points in found.values()]


def dead_stones(
    board: Board, ownership: Float32, beyond: float = DEAD_BEYOND
) -> tuple[int, ...]:
    """Stones whose chain the map gives to the other side.

    Args:
        board: Read only.
        ownership: float32 [A]; 1 Black's, −1 White's.
        beyond: Mean ownership for the other side beyond which a chain is dead, in [0, 1); a little
            more than the noise of `PLAYOUTS` random games, which leave a chain in seki near 0.

    Raises:
        InvalidInput: If the map is of another size.
    """
    area = int(board.state[AREA])
    if ownership.shape != (area,):
        raise InvalidInput(f"the ownership map has shape {ownership.shape}; this board has {area} "
                           "points")
    dead = [p for chain in chains(board)
            if float(ownership[list(chain)].mean()) * int(board.stones[chain[0]]) < -beyond
            for p in chain]
    return tuple(sorted(dead))


def score(board: Board, dead: tuple[int, ...] = ()) -> Score:
    """Count the area once `dead` stones are off the board.

    Raises:
        InvalidInput: If a dead point holds no stone.
    """
    counted = copy_board(board)
    for p in dead:
        if not 0 <= p < int(board.state[AREA]) or board.stones[p] == EMPTY:
            raise InvalidInput(f"point {p} is called dead and holds no stone")
        counted.stones[p] = EMPTY
    owner = np.empty(int(board.state[AREA]), np.int8)
    margin = float(area_owner(counted, owner)) - float(board.komi[0])
    return Score(margin, owner, tuple(sorted(dead)))


def cleaned_score(board: Board, rng: np.random.Generator, playouts: int = PLAYOUTS) -> Score:
    """Count with the dead found by random games; for positions that people call finished."""
    return score(board, dead_stones(board, ownership_by_playouts(board, rng, playouts)))


def ownership_by_playouts(
    board: Board, rng: np.random.Generator, playouts: int = PLAYOUTS
) -> Float32:
    """Mean owner of each point after random games, float32 [A]; 1 Black's, −1 White's.

    Half the games begin with each side, so that a finished position favours none.
    """
    state = random_state(rng)
    area = int(board.state[AREA])
    total = np.zeros(area, np.float32)
    part = np.empty(area, np.float32)
    for colour in (BLACK, WHITE):
        start = copy_board(board)
        start.state[TO_PLAY] = colour
        start.state[PASSES] = 0
        playout_ownership(start, max(1, playouts // 2), state, part)
        total += part / 2
    return total

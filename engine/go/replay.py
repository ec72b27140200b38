"""Games to learn from, kept as moves and targets; planes are made when a position is drawn.

A position costs a few dozen bytes this way instead of seven kilobytes, any of the 8 symmetries is
free, and playing a game again up to a position takes microseconds, far less than one training
step takes for it.

Shape letters: G games, N positions (over all games), T target entries, A points, B drawn
positions, S board size, C planes.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.errors import InvalidInput
from engine.go.board import BLACK, Board, new_board
from engine.go.features import PLANES, symmetry_table, write_planes
from engine.go.kernels import copy_into, legal_mask, play
from engine.live.files import replace

Array = npt.NDArray[Any]

_KIND: Final = "atrium-go-games-1"
_BYTE_LIMIT: Final = 1 << 30


class Games(NamedTuple):
    """Finished games of one board size.

    start: int64 [G + 1], first position of each game; N at the end.
    move: int16 [N], the move played at each position.
    target_start: int64 [N + 1], first target entry of each position; T at the end.
    target_point: int16 [T], moves that the policy shall learn.
    target_share: float32 [T], their shares; 1 in sum over each position that has any.
    policy_weight: float32 [N], 0 where there is nothing to learn.
    value_weight: float32 [N], likewise for outcome, score and owner; 0 with policy_weight 0
        means that the position is never drawn.
    search_value: float32 [N], the search's value for the mover in [-1, 1]; NaN where none.
    komi: float32 [G].
    suicide: uint8 [G], 1 where suicide was allowed.
    score: float32 [G], Black's points less White's and komi.
    owner: int8 [G, A], 1 black, -1 white, 0 nobody.
    """

    start: npt.NDArray[np.int64]
    move: npt.NDArray[np.int16]
    target_start: npt.NDArray[np.int64]
    target_point: npt.NDArray[np.int16]
    target_share: npt.NDArray[np.float32]
    policy_weight: npt.NDArray[np.float32]
    value_weight: npt.NDArray[np.float32]
    search_value: npt.NDArray[np.float32]
    komi: npt.NDArray[np.float32]
    suicide: npt.NDArray[np.uint8]
    score: npt.NDArray[np.float32]
    owner: npt.NDArray[np.int8]


_KINDS: Final = {"start": np.int64, "move": np.int16, "target_start": np.int64,
                 "target_point": np.int16, "target_share": np.float32,
                 "policy_weight": np.float32, "value_weight": np.float32,
                 "search_value": np.float32, "komi": np.float32, "suicide": np.uint8,
                 "score": np.float32, "owner": np.int8}


@dataclass(frozen=True, slots=True)
class Position:
    """What one position of a game teaches.

    Attributes:
        move: The move played.
        targets: Moves and shares that the policy shall learn; empty for none.
        policy_weight: Weight of the policy loss, >= 0.
        value_weight: Weight of the other losses, >= 0.
        search_value: Value for the mover in [-1, 1] as a search saw it; NaN for none.
    """

    move: int
    targets: Sequence[tuple[int, float]] = ()
    policy_weight: float = 0.0
    value_weight: float = 0.0
    search_value: float = float("nan")


class Batch(NamedTuple):
    """Drawn positions, each in a random symmetry. All from the mover's side.

    planes: float32 [B, C, S, S].
    policy: float32 [B, A + 1], shares; the last is the pass.
    outcome: float32 [B, 3], win, draw, loss.
    score: float32 [B], points, komi included.
    owner: float32 [B, A] in [-1, 1].
    policy_weight: float32 [B].
    value_weight: float32 [B].
    """

    planes: npt.NDArray[np.float32]
    policy: npt.NDArray[np.float32]
    outcome: npt.NDArray[np.float32]
    score: npt.NDArray[np.float32]
    owner: npt.NDArray[np.float32]
    policy_weight: npt.NDArray[np.float32]
    value_weight: npt.NDArray[np.float32]


def one_game(positions: Sequence[Position], *, komi: float, score: float, owner: Array,
             suicide: bool = False) -> Games:
    """Pack one game; `owner` is [A] or [S, S], 1 black, -1 white."""
    targets = [t for p in positions for t in p.targets]
    ends = np.cumsum([0, *(len(p.targets) for p in positions)])
    return Games(
        start=np.array([0, len(positions)], np.int64),
        move=np.array([p.move for p in positions], np.int16),
        target_start=ends.astype(np.int64),
        target_point=np.array([t[0] for t in targets], np.int16),
        target_share=np.array([t[1] for t in targets], np.float32),
        policy_weight=np.array([p.policy_weight for p in positions], np.float32),
        value_weight=np.array([p.value_weight for p in positions], np.float32),
        search_value=np.array([p.search_value for p in positions], np.float32),
        komi=np.array([komi], np.float32), suicide=np.array([suicide], np.uint8),
        score=np.array([score], np.float32), owner=np.asarray(owner, np.int8).reshape(1, -1))


def join(parts: Iterable[Games]) -> Games:
    """Put collections of one board size behind each other, in order.

    Raises:
        InvalidInput: If there is none, or the board sizes differ.
    """
    all_parts = list(parts)
    sizes = sorted({p.owner.shape[1] for p in all_parts})
    if len(sizes) != 1:
        found = ", ".join(f"{math.isqrt(a)}×{math.isqrt(a)}" for a in sizes) or "no games at all"
        raise InvalidInput(f"Games to learn from must be of one board size; found {found}.")
    joined: dict[str, Array] = {}
    for name in Games._fields:
        columns = [getattr(p, name) for p in all_parts]
        if name.endswith("start"):
            shifts = np.cumsum([0, *(c[-1] for c in columns[:-1])])
            columns = [np.zeros(1, np.int64),
                       *(c[1:] + s for c, s in zip(columns, shifts, strict=True))]
        joined[name] = np.concatenate(columns)
    return Games(**joined)


def last(games: Games, count: int) -> Games:
    """The last so many games, or all where there are fewer."""
    first = max(0, len(games.komi) - count)
    begin = int(games.start[first])
    entry = int(games.target_start[begin])
    cut: dict[str, Array] = {"start": games.start[first:] - begin,
                             "target_start": games.target_start[begin:] - entry}
    for name in ("move", "policy_weight", "value_weight", "search_value"):
        cut[name] = getattr(games, name)[begin:]
    for name in ("target_point", "target_share"):
        cut[name] = getattr(games, name)[entry:]
    for name in ("komi", "suicide", "score", "owner"):
        cut[name] = getattr(games, name)[first:]
    return Games(**cut)


def size_of(games: Games) -> int:
    """Board size."""
    return math.isqrt(games.owner.shape[1])


def write_games(path: Path, games: Games) -> None:
    """Write games so that a reader never sees half a file."""
    packed = io.BytesIO()
    np.savez_compressed(packed, kind=np.array(_KIND), **games._asdict())
    replace(path, packed.getvalue())


def read_games(path: Path) -> Games:
    """Read what `write_games` wrote.

    Raises:
        InvalidInput: If the file is damaged, too large, or holds something else.
    """
    try:
        if path.stat().st_size > _BYTE_LIMIT:
            raise InvalidInput(f"{path} has {path.stat().st_size:,} bytes; a file of games may "
                               f"have {_BYTE_LIMIT:,}. Split it.")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            kind = str(arrays["kind"]) if "kind" in arrays else "another kind of file"
            if kind != _KIND:
                raise InvalidInput(f"{path} holds {kind[:40]}, not games; choose another file.")
            games = Games(**{name: arrays[name] for name in Games._fields})
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{path} cannot be read as games: {error}. Remove it; games are "
                           "played anew.") from error
    if fault := _fault(games):
        raise InvalidInput(f"{path} is no valid file of games: {fault}. Remove it.")
    return games


class Sampler:
    """Draws training batches from games.

    Args:
        games: At least one position with a weight.
        value_mix: Share of the search's value in the outcome target, 0 to 1; the rest is the
            result of the game. Lowers the target's variance where games are few.

    Raises:
        InvalidInput: If there is nothing to draw.
    """

    def __init__(self, games: Games, value_mix: float = 0.0) -> None:
        self._games = games
        self._mix = value_mix
        self._drawable = np.flatnonzero((games.policy_weight > 0) | (games.value_weight > 0))
        if not len(self._drawable):
            raise InvalidInput("There is no position to learn from; play or teach games first.")
        self.size = size_of(games)
        self._where = symmetry_table(self.size)
        self._boards = (new_board(self.size, 0.0), new_board(self.size, 0.0, suicide=True),
                        new_board(self.size, 0.0))

    def __len__(self) -> int:
        """Positions that can be drawn."""
        return len(self._drawable)

    def draw(self, batch: int, rng: np.random.Generator) -> Batch:
        """Draw with replacement, each position equally likely and in a random symmetry."""
        chosen = self._drawable[rng.integers(0, len(self._drawable), batch)]
        return self.gather(chosen, rng.integers(0, 8, batch))

    def gather(self, positions: Array, symmetries: Array) -> Batch:
        """Planes and targets of given positions in given symmetries, int64 [B] each."""
        batch, area = len(positions), self.size * self.size
        out = Batch(np.empty((batch, PLANES, self.size, self.size), np.float32),
                    np.zeros((batch, area + 1), np.float32), np.zeros((batch, 3), np.float32),
                    np.empty(batch, np.float32), np.empty((batch, area), np.float32),
                    self._games.policy_weight[positions], self._games.value_weight[positions])
        _gather(self._games, positions.astype(np.int64), symmetries.astype(np.int64),
                self._where, *self._boards, self._mix, out)
        return out


@njit(cache=True, nogil=True)
def _gather(games: Games, positions: npt.NDArray[np.int64], symmetries: npt.NDArray[np.int64],
            where: npt.NDArray[np.int32], plain: Board, suicidal: Board, board: Board,
            mix: float, out: Batch) -> None:
    """Play each game up to its position and write planes and targets."""
    area = games.owner.shape[1]
    legal = np.empty(area + 1, np.uint8)
    for b in range(positions.size):
        n = positions[b]
        g = np.searchsorted(games.start, n, side="right") - 1
        copy_into(suicidal if games.suicide[g] else plain, board)
        board.komi[0] = games.komi[g]
        for i in range(games.start[g], n):
            play(board, games.move[i])
        mover = BLACK if (n - games.start[g]) % 2 == 0 else -BLACK
        at = where[symmetries[b]]
        legal_mask(board, legal)
        write_planes(board, legal, at, out.planes[b])
        for t in range(games.target_start[n], games.target_start[n + 1]):
            out.policy[b, at[games.target_point[t]]] = games.target_share[t]
        score = games.score[g] * mover
        out.score[b] = score
        result = 0 if score > 0 else (1 if score == 0 else 2)
        q = games.search_value[n]
        share = mix if q == q else 0.0
        out.outcome[b, result] += 1 - share
        if share > 0:
            out.outcome[b, 0] += share * (1 + q) / 2
            out.outcome[b, 2] += share * (1 - q) / 2
        for p in range(area):
            out.owner[b, at[p]] = games.owner[g, p] * mover


def _fault(games: Games) -> str:
    """What is wrong with arrays that were read, or ""."""
    for name, kind in _KINDS.items():
        if getattr(games, name).dtype != kind:
            return f"{name} is {getattr(games, name).dtype} instead of {np.dtype(kind)}"
    counts = (len(games.start) - 1, len(games.move), len(games.target_point))
    lengths = {"komi": 0, "suicide": 0, "score": 0, "owner": 0, "policy_weight": 1,
               "value_weight": 1, "search_value": 1, "target_share": 2}
    if (games.owner.ndim != 2
            or any(len(getattr(games, n)) != counts[i] for n, i in lengths.items())
            or len(games.target_start) != counts[1] + 1):
        return "its arrays do not fit each other"
    for starts, end in ((games.start, counts[1]), (games.target_start, counts[2])):
        if not len(starts) or starts[0] != 0 or starts[-1] != end or (np.diff(starts) < 0).any():
            return "its positions are not in order"
    area = games.owner.shape[1]
    points = np.concatenate([games.move, games.target_point])
    if len(points) and not (points.min() >= 0 and points.max() <= area):
        return "a move lies outside the board"
    return "" if size_of(games) ** 2 == area else f"{area} points make no square board"

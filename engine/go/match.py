"""Matches: paired openings, both colours, an interval of the result.

Each opening is played twice with the colours changed, so that a lopsided one favours nobody.
Openings are random moves, since two programs without chance in them would play one game again and
again.

A game that ends with two passes is counted by the other program where one plays and can count,
because it knows which stones are dead; else by area with all stones alive, which is what
networks that learned from such counting play for.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final

import numpy as np

from engine.errors import EngineError, InvalidInput, ModelUnavailable
from engine.go.board import BLACK, Board, new_board, to_play
from engine.go.elo import difference, wilson
from engine.go.kernels import area_score, ended, is_legal, play
from engine.go.match_players import RESIGN, Player
from engine.go.openings import random_opening

_log = logging.getLogger(__name__)

RULES: Final = ("area", "opponent", "resignation", "illegal", "length")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What both players agree on.

    Attributes:
        size: Board size.
        komi: Komi.
        games: Games altogether, an even number: two an opening.
        opening_moves: Random moves at the start of each game.
        seed: Of the openings.
    """

    size: int = 9
    komi: float = 7.0
    games: int = 100
    opening_moves: int = 2
    seed: int = 1

    def __post_init__(self) -> None:
        if self.games < 2 or self.games % 2:
            raise InvalidInput(f"{self.games} games cannot be paired; give an even number from 2 "
                               "on.")
        if not 0 <= self.opening_moves <= 20:
            raise InvalidInput(f"{self.opening_moves} opening moves; choose 0 to 20.")


@dataclass(frozen=True, slots=True)
class Played:
    """One finished game.

    Attributes:
        number: Its number; 2 n and 2 n + 1 share an opening.
        first_is_black: Whether the first player had Black; it does in even games.
        moves: Points from the empty board, opening included.
        score: Black's points less White's and komi; by sign alone after a resignation.
        points: 1 for a win of the first player, ½ for a draw, 0 for a loss.
        by: One of RULES: how it was decided.
        area: Black's area less White's and komi with all stones alive, for comparison.
    """

    number: int
    first_is_black: bool
    moves: tuple[int, ...]
    score: float
    points: float
    by: str
    area: float


@dataclass(frozen=True, slots=True)
class Tally:
    """A match so far, from the first player's side.

    Attributes:
        wins: Games won.
        draws: Games drawn.
        losses: Games lost.
        black_points: Points in games with Black.
        games_as_black: Games with Black.
    """

    wins: int
    draws: int
    losses: int
    black_points: float
    games_as_black: int

    @property
    def games(self) -> int:
        """Games finished."""
        return self.wins + self.draws + self.losses

    @property
    def points(self) -> float:
        """Wins and half the draws."""
        return self.wins + self.draws / 2

    def facts(self) -> dict[str, Any]:
        """JSON-able summary with a 95 % Wilson interval of the share of points."""
        share = self.points / max(1, self.games)
        low, high = wilson(self.points, self.games)
        return {**asdict(self), "games": self.games, "share": round(share, 4),
                "interval": [round(low, 4), round(high, 4)],
                "elo": round(difference(min(max(share, 0.001), 0.999)))}


def tally(games: Sequence[Played]) -> Tally:
    """Count games."""
    return Tally(sum(g.points == 1 for g in games), sum(g.points == 0.5 for g in games),
                 sum(g.points == 0 for g in games),
                 sum(g.points for g in games if g.first_is_black),
                 sum(g.first_is_black for g in games))


def play_match(first: Player, second: Player, conditions: Conditions, at_once: int,
               stop: Event, done: Sequence[Played] = ()) -> Iterator[Played]:
    """Play games, `at_once` side by side, and yield each when it has ended.

    Args:
        first: Has Black in even games.
        second: The other one.
        conditions: What is played.
        at_once: Games at once; both players have room for so many.
        stop: Ends the match between two moves; games at hand are not counted.
        done: Games of an earlier stretch of the same match; they are not played again.

    Raises:
        ModelUnavailable: If a player dies or hangs; games yielded before stand.
    """
    played = {g.number for g in done}
    queue = iter([n for n in range(conditions.games) if n not in played])
    slots: dict[int, _Game] = {}
    players = (first, second)
    for slot in range(at_once):
        _seat(slots, slot, queue, players, conditions)
    while slots and not stop.is_set():
        for side, player in enumerate(players):
            waiting = [s for s, g in slots.items() if g.turn == side]
            if not waiting:
                continue
            patient = len(waiting) == len(slots)
            for slot, move in player.work(waiting, patient=patient).items():
                game = slots[slot]
                if game.take(move, side, players, slot):
                    yield game.result(players, slot)
                    del slots[slot]
                    _seat(slots, slot, queue, players, conditions)


def read_played(path: Path) -> list[Played]:
    """Games of an earlier stretch of a match; none where there is no file.

    Raises:
        InvalidInput: If a whole line is no game.
    """
    if not path.exists():
        return []
    games = []
    for n, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        if line.endswith(b"\n"):
            try:
                facts = json.loads(line)
                games.append(Played(**{**facts, "moves": tuple(facts["moves"])}))
            except (ValueError, TypeError, KeyError) as error:
                raise InvalidInput(f"{path}, line {n} is no game of a match; remove it.") from error
    return games


def append_played(path: Path, game: Played) -> None:
    """Add a game; a torn last line is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(json.dumps(asdict(game), separators=(",", ":")).encode() + b"\n")


def run_match(first: Player, second: Player, conditions: Conditions, at_once: int, stop: Event,
              record: Path | None = None) -> dict[str, Any]:
    """Play a whole match and sum it up; with a record it goes on where it was stopped.

    Returns:
        JSON-able facts: who, conditions, counts, interval, how games were decided, time.
    """
    games = [] if record is None else read_played(record)
    begun = time.perf_counter()
    fresh = 0
    for game in play_match(first, second, conditions, at_once, stop, games):
        games.append(game)
        fresh += 1
        if record is not None:
            append_played(record, game)
        counts = tally(games)
        _log.info("game %d: %s %+.1f by %s; %d-%d-%d", game.number, "B" if game.score > 0 else "W",
                  game.score, game.by, counts.wins, counts.draws, counts.losses)
    seconds = time.perf_counter() - begun
    return {"first": first.name, "second": second.name, **asdict(conditions),
            **tally(games).facts(), "by": {r: sum(g.by == r for g in games) for r in RULES},
            "mean_moves": round(float(np.mean([len(g.moves) for g in games] or [0])), 1),
            "seconds": round(seconds, 1), "seconds_a_game": round(seconds / max(1, fresh), 2)}


class _Game:
    """A game being played."""

    def __init__(self, number: int, board: Board, opening: Sequence[int]) -> None:
        self.number = number
        self.board = board
        self.moves = list(opening)
        self.first_is_black = number % 2 == 0
        self._by = ""
        self._winner = 0

    @property
    def turn(self) -> int:
        """0 if the first player is to move, 1 if the second is."""
        return int((to_play(self.board) == BLACK) != self.first_is_black)

    def take(self, move: int, side: int, players: Sequence[Player], slot: int) -> bool:
        """Carry out a decision; returns whether it ended the game."""
        if move == RESIGN or not is_legal(self.board, move):
            self._by = "resignation" if move == RESIGN else "illegal"
            self._winner = -to_play(self.board)
            if self._by == "illegal":
                _log.warning("%s played an illegal move and loses game %d", players[side].name,
                             self.number)
            return True
        play(self.board, move)
        self.moves.append(move)
        for player in players:
            player.advance(slot, move)
        return bool(ended(self.board))

    def result(self, players: Sequence[Player], slot: int) -> Played:
        """Who won."""
        area = float(area_score(self.board))
        if self._by:
            score = float(self._winner)
        else:
            counted = [s for p in players if (s := p.score(slot)) is not None]
            score = counted[0] if counted else area
            over = self.moves[-2:] == [self.board.stones.size - 1] * 2
            self._by = "length" if not over else "opponent" if counted else "area"
        own = score if self.first_is_black else -score
        return Played(self.number, self.first_is_black, tuple(self.moves), score,
                      0.5 + 0.5 * float(np.sign(own)), self._by, area)


def _seat(slots: dict[int, _Game], slot: int, queue: Iterator[int], players: Sequence[Player],
          conditions: Conditions) -> None:
    """Start the next game in a free slot, if there is one."""
    number = next(queue, None)
    if number is None:
        return
    board = new_board(conditions.size, conditions.komi)
    rng = np.random.default_rng((conditions.seed, number // 2))
    opening = random_opening(board, conditions.opening_moves, rng)
    for move in opening:
        play(board, move)
    slots[slot] = _Game(number, board, opening)
    for player in players:
        try:
            player.begin(slot, board, opening)
        except EngineError as error:
            raise ModelUnavailable(f"{player.name} cannot take up a game on "
                                   f"{conditions.size}×{conditions.size}: {error}") from error

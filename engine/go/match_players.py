"""Who can play in a match: a search with a network, its raw policy, another program.

A player looks after many games at once, so that a search fills its batches from all of them and
several programs can think side by side.

Shape letters: G games, A points.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Final, Protocol

import numpy as np

from engine.errors import EngineError
from engine.go.analysis import choose, opinion
from engine.go.board import SIZE, Board, new_board, to_play
from engine.go.evaluator import Evaluator
from engine.go.features import PLANES, write
from engine.go.kernels import copy_board, legal_mask, play
from engine.go.opponent import Opponent
from engine.go.params import SearchParams
from engine.go.searches import Searches

RESIGN: Final = -1
_POLL_S: Final = 0.02
_GLANCE_S: Final = 0.0005  # where a search would stand still meanwhile


class Player(Protocol):
    """One side of a match, in all of its games."""

    name: str

    def begin(self, game: int, board: Board, moves: Sequence[int]) -> None:
        """Take up a game: `moves` were played from the empty board and led to `board`."""
        ...

    def advance(self, game: int, move: int) -> None:
        """Hear of a move of a game, its own ones too."""
        ...

    def work(self, waiting: Sequence[int], *, patient: bool = True) -> dict[int, int]:
        """Think for a while about the games in which it is to move.

        Args:
            waiting: Those games.
            patient: Whether the other player has nothing to think about meanwhile.

        Returns:
            Moves by game for those games that are decided by now; RESIGN gives a game up. May be
            empty; it is called again.
        """
        ...

    def score(self, game: int) -> float | None:
        """Black's points less White's and komi as this player counts; None if it cannot."""
        ...

    def close(self) -> None:
        """Let go of programs and memory."""
        ...


class SearchPlayer:
    """A network with a tree search.

    Args:
        name: As shown.
        evaluator: Network.
        games: Games at once.
        size: Board size.
        params: Simulations and all else of the search.
        rng: Source of symmetries and noise.
    """

    def __init__(self, name: str, evaluator: Evaluator, games: int, size: int,
                 params: SearchParams, rng: np.random.Generator) -> None:
        self.name = name
        self._params = params
        self._rng = rng.spawn(games)
        self._searches = Searches(evaluator, games, size, params, rng, keep_ownership=False)
        self._thinking: set[int] = set()

    def begin(self, game: int, board: Board, moves: Sequence[int]) -> None:
        """See `Player`."""
        self._searches.begin(game, board)

    def advance(self, game: int, move: int) -> None:
        """See `Player`."""
        self._searches.advance(game, move)

    def work(self, waiting: Sequence[int], *, patient: bool = True) -> dict[int, int]:
        """See `Player`."""
        for game in waiting:
            if game not in self._thinking:
                self._searches.think(game, self._params.visits)
                self._thinking.add(game)
        open_games = [g for g in waiting if not self._searches.done(g)]
        if open_games:
            self._searches.step(open_games)
        moves = {g: self._decide(g) for g in waiting if self._searches.done(g)}
        self._thinking.difference_update(moves)
        return moves

    def _decide(self, game: int) -> int:
        tree = self._searches.tree(game)
        if opinion(tree).win_rate < self._params.resign_below:
            return RESIGN
        return choose(tree, self._params, self._params.temperature, self._rng[game])

    def score(self, game: int) -> float | None:
        """See `Player`; the match counts itself."""
        return None

    def close(self) -> None:
        """See `Player`."""


class PolicyPlayer:
    """The likeliest legal move of a network, without any search.

    Args:
        name: As shown.
        evaluator: Network.
        games: Games at once.
        size: Board size.
    """

    def __init__(self, name: str, evaluator: Evaluator, games: int, size: int) -> None:
        self.name = name
        self._evaluator = evaluator
        self._boards = [new_board(size, 0.0) for _ in range(games)]
        self._planes = np.empty((games, PLANES, size, size), np.float32)
        self._legal = np.empty(size * size + 1, np.uint8)

    def begin(self, game: int, board: Board, moves: Sequence[int]) -> None:
        """See `Player`."""
        self._boards[game] = copy_board(board)

    def advance(self, game: int, move: int) -> None:
        """See `Player`."""
        play(self._boards[game], move)

    def work(self, waiting: Sequence[int], *, patient: bool = True) -> dict[int, int]:
        """See `Player`; all games are judged in one batch."""
        for n, game in enumerate(waiting):
            write(self._boards[game], self._planes[n])
        logits = self._evaluator.evaluate(self._planes[:len(waiting)]).policy_logits
        moves = {}
        for n, game in enumerate(waiting):
            legal_mask(self._boards[game], self._legal)
            moves[game] = int(np.where(self._legal, logits[n], -np.inf).argmax())
        return moves

    def score(self, game: int) -> float | None:
        """See `Player`; the match counts itself."""
        return None

    def close(self) -> None:
        """See `Player`."""


class GtpPlayer:
    """Another program, one process a game.

    Args:
        command: Its command line.
        games: Games at once, so many processes.
        timeout_s: Longest wait for one answer.

    Raises:
        ModelUnavailable: If it cannot be started.
    """

    def __init__(self, command: str, games: int, timeout_s: float = 120.0) -> None:
        self._engines: list[Opponent] = []
        self._pool = ThreadPoolExecutor(games, thread_name_prefix="match")
        self._answers: dict[int, Future[int | None]] = {}
        self._boards: dict[int, Board] = {}
        try:
            for _ in range(games):
                self._engines.append(Opponent(command, timeout_s))
            said = self._engines[0]
            self.name = f"{said.ask('name')} {said.ask('version')}"
        except EngineError:
            self.close()
            raise

    def begin(self, game: int, board: Board, moves: Sequence[int]) -> None:
        """See `Player`."""
        size, engine = int(board.state[SIZE]), self._engines[game]
        engine.begin(size, float(board.komi[0]))
        trace = new_board(size, float(board.komi[0]))
        for move in moves:
            engine.play(to_play(trace), move, size)
            play(trace, move)
        self._boards[game] = trace

    def advance(self, game: int, move: int) -> None:
        """See `Player`; its own moves it has made already."""
        board = self._boards[game]
        if game in self._answers:
            del self._answers[game]
        else:
            self._engines[game].play(to_play(board), move, int(board.state[SIZE]))
        play(board, move)

    def work(self, waiting: Sequence[int], *, patient: bool = True) -> dict[int, int]:
        """See `Player`; waits a moment if no program has answered."""
        for game in waiting:
            if game not in self._answers:
                board = self._boards[game]
                self._answers[game] = self._pool.submit(
                    self._engines[game].genmove, to_play(board), int(board.state[SIZE]))
        wait([self._answers[g] for g in waiting], _POLL_S if patient else _GLANCE_S,
             FIRST_COMPLETED)
        moves = {}
        for game in waiting:
            if self._answers[game].done():
                move = self._answers[game].result()
                moves[game] = RESIGN if move is None else move
                if move is None:
                    del self._answers[game]
        return moves

    def score(self, game: int) -> float | None:
        """See `Player`; None where the program does not know how."""
        with suppress(EngineError):
            return self._engines[game].final_score()
        return None

    def close(self) -> None:
        """See `Player`."""
        for engine in self._engines:
            engine.close()
        self._pool.shutdown(cancel_futures=True)


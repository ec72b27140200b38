"""A network plays itself, many games at once in one process.

A job is a fixed set of games with a seed of its own. What it plays depends on the network and the
job alone, so that one process, many processes or a cluster play the same games.

Source: Silver et al. 2017 (doi:10.1038/nature24270) for self-play; Wu 2019 (arXiv:1902.10565),
§3.1 playout cap randomisation, §3.2 forced playouts and target pruning, appendix D for openings,
temperature and cheap play of decided games.

A game ends by Tromp-Taylor rules, but is counted without its dead stones: in three games of ten the
one who has won passes before taking them all off, and a network that is told that they lived
misjudges such groups for the rest of its life.

Shape letters: G games at once, A points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from engine.errors import InvalidInput
from engine.go.analysis import choose, opinion, policy_target
from engine.go.board import new_board
from engine.go.evaluator import Evaluator
from engine.go.kernels import ended, play
from engine.go.learning_params import SelfPlayParams
from engine.go.params import SELF_PLAY, SearchParams
from engine.go.replay import Games, Position, join, one_game
from engine.go.runtime import open_evaluator
from engine.go.scoring import Score, cleaned_score
from engine.go.searches import Searches
from engine.go.tree import NODES_USED, ROOT_PRIOR, VISITS, Tree

_KOMI_SPREAD: Final = 2.0  # points, standard deviation where komi is varied
_DECIDED_MOVES: Final = 4  # moves in a row that agree before a game counts as decided
_DECIDED_VISITS: Final = 16
_DECIDED_WEIGHT: Final = 0.1  # in the value losses; so that the end is not forgotten
_MOST_OPENING: Final = 12
_SCORE_WEIGHT: Final = 0.25
_COUNTING: Final = 200  # random games that name the dead at the end; 8 ms on 9×9


@dataclass(frozen=True, slots=True)
class Job:
    """Some games for one process.

    Attributes:
        network: File of the network.
        params: How they are played.
        games: How many, > 0.
        seed: Of the whole run.
        number: Of the job in the run; with the seed it decides every random choice.
        threads: Processor threads of the network.
    """

    network: Path
    params: SelfPlayParams
    games: int
    seed: int
    number: int
    threads: int = 1

    def __post_init__(self) -> None:
        if self.games < 1:
            raise InvalidInput(f"A job of {self.games} games is none; give 1 or more.")


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a job brought.

    Attributes:
        games: The games, in order of their numbers.
        evaluations: Positions the network judged.
        simulations: Of all searches.
        black_points: Wins of Black and half the draws.
    """

    games: Games
    evaluations: int
    simulations: int
    black_points: float


def play_job(job: Job) -> Harvest:
    """Play a job with the network that it names.

    Raises:
        ModelUnavailable: If the network's file is gone.
        InvalidInput: If it cannot be used.
    """
    return play_games(open_evaluator(str(job.network), job.threads), job)


def play_games(evaluator: Evaluator, job: Job) -> Harvest:
    """Play a job with a given evaluator; `job.network` is not read."""
    return _Floor(evaluator, job).play()


def search_params(params: SelfPlayParams) -> SearchParams:
    """The search's own knobs for self-play.

    Points weigh more than in play, and proven losses are not shunned: else whoever has lost fills
    its own eyes rather than pass, and the owners and the score of the end teach nonsense.
    """
    most = max(params.full_visits, params.fast_visits, _DECIDED_VISITS)
    # room for what is kept of the tree before and for simulations that run over
    return SELF_PLAY.with_changes(visits=most, max_nodes=max(64, 3 * most), gumbel=params.gumbel,
                                  score_weight=_SCORE_WEIGHT, solve=False)


class _Floor:
    """Slots in which games of one job are played."""

    def __init__(self, evaluator: Evaluator, job: Job) -> None:
        self._job = job
        self._search = search_params(job.params)
        rng = np.random.default_rng((job.seed, job.number))
        slots = min(job.params.at_once, job.games)
        self._searches = Searches(evaluator, slots, job.params.size, self._search, rng,
                                  per_game=job.params.per_game, keep_ownership=False)
        self._games = [_Game(job, n) for n in range(job.games)]
        self._seats: dict[int, _Game] = {}
        self._simulations = 0

    def play(self) -> Harvest:
        waiting = iter(self._games)
        for slot in range(self._searches.games):
            self._sit(slot, next(waiting))
        while self._seats:
            self._searches.step([s for s in self._seats if not self._searches.done(s)])
            for slot in [s for s in self._seats if self._searches.done(s)]:
                if not self._move(slot):
                    continue
                del self._seats[slot]
                if (game := next(waiting, None)) is not None:
                    self._sit(slot, game)
        scores = [g.score for g in self._games]
        return Harvest(join(g.packed() for g in self._games), self._searches.evaluations,
                       self._simulations, float(sum(0.5 + 0.5 * np.sign(s) for s in scores)))

    def _sit(self, slot: int, game: _Game) -> None:
        self._seats[slot] = game
        self._searches.begin(slot, game.board)
        self._think(slot)

    def _think(self, slot: int) -> None:
        visits, full = self._seats[slot].plan()
        self._searches.think(slot, visits, explore=full)

    def _move(self, slot: int) -> bool:
        """Play the move that a finished search chooses; returns whether the game has ended."""
        game, tree = self._seats[slot], self._searches.tree(slot)
        self._simulations += int(tree.nodes[0, VISITS]) if tree.counts[NODES_USED] else 0
        move = game.decide(tree, self._search)
        self._searches.advance(slot, move)
        if ended(game.board):
            return True
        self._think(slot)
        return False


class _Game:
    """One game: what it is searched for next and what is remembered of it."""

    def __init__(self, job: Job, number: int) -> None:
        self._params = p = job.params
        self._rng = rng = np.random.default_rng((job.seed, job.number, number))
        komi = p.komi
        if rng.random() < p.komi_share:
            komi += round(2.0 * rng.normal(0.0, _KOMI_SPREAD)) / 2.0
        self._komi = float(np.clip(komi, -p.size * p.size, p.size * p.size))
        self._suicide = bool(rng.random() < p.suicide_share)
        self._opening = min(_MOST_OPENING, int(rng.exponential(p.opening)))
        self._cheap_end = bool(rng.random() >= p.undecided_share)
        self._full = False
        self._agreed = 0
        self._positions: list[Position] = []
        self.board = new_board(p.size, self._komi, self._suicide)

    @property
    def score(self) -> float:
        """Black's points less White's and komi, dead stones taken off."""
        return self._counted.margin

    @property
    def decided(self) -> bool:
        """Whether the rest is played cheaply."""
        return self._cheap_end and self._agreed >= _DECIDED_MOVES

    def plan(self) -> tuple[int, bool]:
        """Visits of the next search, and whether it explores and is learnt from."""
        p = self._params
        self._full = False
        if len(self._positions) < self._opening:
            return 1, False
        if self.decided:
            return min(_DECIDED_VISITS, p.full_visits), False
        self._full = bool(self._rng.random() < p.full_share)
        return (p.full_visits, True) if self._full else (p.fast_visits, False)

    def decide(self, tree: Tree, search: SearchParams) -> int:
        """Choose a move, remember what it teaches and play it on the board."""
        said = opinion(tree)
        if len(self._positions) < self._opening:
            share = tree.root[ROOT_PRIOR].astype(np.float64)
            move = int(self._rng.choice(share.size, p=share / share.sum()))
        else:
            move = choose(tree, search, self._temperature(), self._rng)
            certain = min(said.win_rate, 1.0 - said.win_rate) < self._params.decided
            self._agreed = self._agreed + 1 if certain else 0
        if self._full:
            target = policy_target(tree, search)
            points = np.flatnonzero(target)
            targets = tuple((int(q), float(target[q])) for q in points)
            position = Position(move, targets, 1.0, 1.0, float(said.value))
        else:
            position = Position(move, value_weight=_DECIDED_WEIGHT if self.decided else 0.0)
        self._positions.append(position)
        play(self.board, move)
        return move

    def packed(self) -> Games:
        """The finished game."""
        return one_game(self._positions, komi=self._komi, score=self.score,
                        owner=self._counted.owner, suicide=self._suicide)

    @cached_property
    def _counted(self) -> Score:
        return cleaned_score(self.board, self._rng, _COUNTING)

    def _temperature(self) -> float:
        """Falls from its start to a quarter of it, by half every `size` moves."""
        start = self._params.temperature
        late = start / 4.0
        return float(late + (start - late) * 0.5 ** (len(self._positions) / self._params.size))

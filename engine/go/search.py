"""One game's search: think, watch, stop, go on.

`run` may be called in slices. Batches do not depend on where the slices are cut, so that the same
seed, position and target of visits give the same tree however often the caller looks in between.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.go import analysis
from engine.go.analysis import Candidates, Opinion
from engine.go.board import Board
from engine.go.evaluator import Evaluator
from engine.go.kernels import ended, legal_mask
from engine.go.params import SearchParams
from engine.go.searches import Searches
from engine.go.tree import (
    BARRED,
    COLLISIONS,
    ENDED_LEAVES,
    HITS,
    LAST_LEAF,
    LOOKUPS,
    NODES_USED,
    SIMULATIONS,
    VISITS,
    Tree,
)

Reason = Literal["visits", "time", "pause", "stop", "full", "ended"]
_NO_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class Effort:
    """What thinking has cost since `begin`, `advance` or `Search.reset_effort`.

    Attributes:
        visits: Of the root, those of a kept tree included.
        simulations: Run since then.
        seconds: Wall time spent in `run`.
        evaluations: Positions the network judged.
        batches: Times it was asked.
        lookups: In the cache.
        hits: Of those, found.
        ended: Simulations that met an ended game or a proven position.
        collisions: Simulations given up because their leaf was in flight.
        nodes: In the tree.
    """

    visits: int
    simulations: int
    seconds: float
    evaluations: int
    batches: int
    lookups: int
    hits: int
    ended: int
    collisions: int
    nodes: int

    @property
    def simulations_per_s(self) -> float:
        """Simulations a second, 0 before the first."""
        return self.simulations / self.seconds if self.seconds > 0 else 0.0

    @property
    def batch_fill(self) -> float:
        """Mean positions in a batch."""
        return self.evaluations / self.batches if self.batches else 0.0


class Search:
    """A player's thoughts about one game.

    Attributes:
        searches: The one-game `Searches` underneath.
    """

    def __init__(
        self, evaluator: Evaluator, size: int, params: SearchParams, rng: np.random.Generator
    ) -> None:
        """Make room for the tree.

        Args:
            evaluator: Judges the leaves.
            size: Board size.
            params: How to search.
            rng: Symmetries, noise and temperature.
        """
        self._rng = rng.spawn(1)[0]
        self.searches = Searches(evaluator, 1, size, params, rng)
        self._since = np.zeros(4, np.int64)
        self._seconds = 0.0
        self._thought = (0, False)

    @property
    def params(self) -> SearchParams:
        """How it searches; live knobs may be replaced between calls of `run`."""
        return self.searches.params

    @params.setter
    def params(self, params: SearchParams) -> None:
        if fixed := params.needs_reset(self.searches.params):
            raise InvalidInput(f"{', '.join(fixed)} cannot change in a running search; make a new "
                               "one")
        if params.gumbel != self.searches.params.gumbel:
            raise InvalidInput("the number of Gumbel candidates cannot change in a running search;"
                               " make a new one")
        self.searches.params = params

    @property
    def tree(self) -> Tree:
        """The arrays; see `tree`. Read them between calls of `run`."""
        return self.searches.tree(0)

    @property
    def board(self) -> Board:
        """The position at the root; read only."""
        return self.searches.board(0)

    def begin(self, board: Board) -> None:
        """Start on a position; the tree is forgotten, the cache kept.

        Raises:
            InvalidInput: If the board is of another size.
        """
        self.searches.begin(0, board)
        self.reset_effort()

    def advance(self, move: int) -> bool:
        """Make a move and keep the tree below it; says whether there was one.

        Raises:
            InvalidInput: If the move is not legal; nothing is changed.
        """
        kept = self.searches.advance(0, move)
        self.reset_effort()
        return kept

    def reset_effort(self) -> None:
        """Begin to count effort anew."""
        self._seconds = 0.0
        self._thought = (0, False)
        counts = self.tree.counts
        self._simulated = int(counts[SIMULATIONS])
        self._since = np.array([self.searches.evaluations, self.searches.batches, counts[LOOKUPS],
                                counts[HITS]], np.int64)

    def bar(self, moves: Sequence[int]) -> None:
        """Keep moves from being tried at the root, until `begin` or `advance`."""
        self.tree.root[BARRED] = 0
        self.tree.root[BARRED, list(moves)] = 1

    def run(
        self, visits: int | None = None, seconds: float | None = None,
        stop: threading.Event | None = None,
        on_progress: Callable[[Search], None] | None = None, *, explore: bool = False,
        pause_s: float | None = None, pause_visits: int | None = None,
    ) -> Reason:
        """Think until the budget is spent; call again to go on.

        Args:
            visits: Root visits to reach; `params.visits` if neither budget is given.
            seconds: Wall time of this call.
            stop: Ends the run after the batch at hand once it is set.
            on_progress: Called after every batch.
            explore: Whether the root gets noise, temperature and forced playouts.
            pause_s: Return after so long although the budget is not spent.
            pause_visits: Return after so many more visits although the budget is not spent.

        Returns:
            Why it stopped: "visits" and "time" for a spent budget, "pause", "stop", "full" when
            the tree has no room left, "ended" when there is no move to think about.

        Raises:
            InvalidInput: If a budget is not positive, or every move is barred.
        """
        if ended(self.board):
            return "ended"
        if visits is None and seconds is None:
            visits = self.params.visits
        if seconds is not None and not seconds > 0:
            raise InvalidInput(f"{seconds} s to think; choose more than 0")
        if self._barred_all():
            raise InvalidInput("every legal move is barred; allow one at least")
        target = _NO_LIMIT if visits is None else visits
        if self._thought != (target, explore):
            self.searches.think(0, target, explore=explore)
            self._thought = (target, explore)
        begun = time.perf_counter()
        before = self.visits
        try:
            while True:
                if self.searches.done(0):
                    return "visits" if self.visits >= target else "full"
                if stop is not None and stop.is_set():
                    return "stop"
                self.searches.step()
                took = time.perf_counter() - begun
                if on_progress is not None:
                    on_progress(self)
                if seconds is not None and took >= seconds:
                    return "time"
                if (pause_s is not None and took >= pause_s) or (
                        pause_visits is not None and self.visits - before >= pause_visits):
                    return "visits" if self.visits >= target else "pause"
        finally:
            self._seconds += time.perf_counter() - begun

    def _barred_all(self) -> bool:
        """Whether no legal move may be tried at the root."""
        barred = self.tree.root[BARRED] > 0
        if not barred.any():
            return False
        legal = np.empty(barred.size, np.uint8)
        legal_mask(self.board, legal)
        return bool((barred | (legal == 0)).all())

    @property
    def visits(self) -> int:
        """Visits of the root."""
        return int(self.tree.nodes[0, VISITS]) if self.tree.counts[NODES_USED] else 0

    def opinion(self, node: int = 0) -> Opinion:
        """What the search makes of a node, by default the root."""
        return analysis.opinion(self.tree, node)

    def candidates(self, node: int = 0) -> Candidates:
        """The moves tried at a node, the most visited first."""
        return analysis.candidates(self.tree, node)

    def variation(self, node: int = 0, longest: int = 30) -> list[int]:
        """Moves of the most visited line below a node."""
        return analysis.variation(self.tree, node, longest)

    def newest_path(self) -> list[int]:
        """Moves of the simulation that was backed up last."""
        return analysis.path_to(self.tree, int(self.tree.counts[LAST_LEAF]))

    def ownership(self, node: int = 0) -> npt.NDArray[np.float32]:
        """Whose each point is, 1 for the player to move at the node, float32 [A]."""
        return analysis.ownership(self.tree, node)

    def depth_histogram(self) -> npt.NDArray[np.int64]:
        """Nodes at each depth."""
        return analysis.depth_histogram(self.tree)

    def choose(self, temperature: float | None = None) -> int:
        """The move to play; `params.temperature` if none is given."""
        t = self.params.temperature if temperature is None else temperature
        return analysis.choose(self.tree, self.params, t, self._rng)

    def policy_target(self) -> npt.NDArray[np.float32]:
        """What a policy should learn from the search, float32 [A + 1]."""
        return analysis.policy_target(self.tree, self.params)

    def hopeless(self) -> bool:
        """Whether the win rate lies below `params.resign_below`, proven losses included."""
        said = self.opinion()
        return said.visits > 0 and said.win_rate < self.params.resign_below

    def effort(self) -> Effort:
        """What it has cost so far."""
        counts = self.tree.counts
        now = np.array([self.searches.evaluations, self.searches.batches, counts[LOOKUPS],
                        counts[HITS]], np.int64) - self._since
        return Effort(self.visits, int(counts[SIMULATIONS]) - self._simulated, self._seconds,
                      int(now[0]), int(now[1]), int(now[2]), int(now[3]),
                      int(counts[ENDED_LEAVES]), int(counts[COLLISIONS]),
                      int(counts[NODES_USED]))

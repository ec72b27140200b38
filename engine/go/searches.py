"""Many games searched at once with one evaluator, for self-play and matches.

A game goes through `begin` (or `advance` after a move), `think`, `step` until `done`, and then
`choose` and the readings of `analysis`. One `step` is one batch: it takes leaves from all the games
it is given. What a game does depends on its seed and on the evaluator alone, not on which games
share its batches, as long as the evaluator judges a position alike in any batch and the games
share no cache.

Shape letters: G games, A points.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.go.board import SIZE, Board
from engine.go.evaluator import Evaluator
from engine.go.halving import considered_visits
from engine.go.kernels import copy_into, ended, is_legal, play
from engine.go.params import SearchParams
from engine.go.playouts import random_state
from engine.go.search_kernels import absorb, collect
from engine.go.tree import (
    EDGES,
    EXPANDED,
    EXPLORE,
    FULL,
    GUMBEL,
    MOVE,
    NODES_USED,
    PLAN,
    READY,
    STATUS,
    TARGET,
    VISITS,
    Tree,
    new_forest,
)
from engine.go.tree_kernels import board_at, clear, keep_below, reshape_root, tree_at
from engine.go.vertices import vertex_of

Int32 = npt.NDArray[np.int32]


class Searches:
    """The trees of some games of one size.

    Attributes:
        forest: Every array; read freely between steps.
        params: May be replaced between steps by values that differ in live knobs alone.
        evaluator: May be replaced between games; `forget` what it said of the trees.
        evaluations: Positions the evaluator has judged.
        batches: Times it was asked.
    """

    def __init__(
        self, evaluator: Evaluator, games: int, size: int, params: SearchParams,
        rng: np.random.Generator, *, batch: int | None = None, per_game: int | None = None,
        keep_ownership: bool = True,
    ) -> None:
        """Make room for the trees.

        Args:
            evaluator: Judges the leaves.
            games: G, > 0.
            size: Board size.
            params: How each game is searched.
            rng: Each game's generator is drawn from it.
            batch: Most leaves of all games in one evaluation; `per_game` a game if left out.
            per_game: Most leaves of one game in one evaluation; `params.batch` if left out.
            keep_ownership: Whether ownership can be read of the trees.
        """
        self.evaluator = evaluator
        self._params = params
        self._knobs = params.knobs()
        self._unready: set[int] = set()
        self.per_game = per_game or params.batch
        self.evaluations = 0
        self.batches = 0
        self._rng = rng.spawn(games)
        seeds = np.array([random_state(r)[0] for r in self._rng], np.uint64)
        plan = params.visits if params.gumbel else 0
        self.forest = new_forest(
            games, size, nodes=params.max_nodes, batch=batch or self.per_game * games,
            cache=params.cache, seeds=seeds, keep_ownership=keep_ownership, schedule=plan)
        self._trees = [tree_at(self.forest, g) for g in range(games)]
        self._boards = [board_at(self.forest.boards, g) for g in range(games)]

    @property
    def params(self) -> SearchParams:
        """How each game is searched."""
        return self._params

    @params.setter
    def params(self, params: SearchParams) -> None:
        self._params = params
        self._knobs = params.knobs()

    @property
    def games(self) -> int:
        """G."""
        return len(self._trees)

    @property
    def size(self) -> int:
        """Rows and columns."""
        return int(self.forest.scratch.state[SIZE])

    def tree(self, game: int) -> Tree:
        """One game's tree as views; see `tree`."""
        return self._trees[game]

    def board(self, game: int) -> Board:
        """The position at one game's root; read only."""
        return self._boards[game]

    def begin(self, game: int, board: Board) -> None:
        """Put a position at a game's root and forget its tree.

        Raises:
            InvalidInput: If the board is of another size.
        """
        if int(board.state[SIZE]) != self.size:
            raise InvalidInput(f"the board is {board.state[SIZE]}×{board.state[SIZE]}; this "
                               f"search was made for {self.size}×{self.size}")
        copy_into(board, self._boards[game])
        self.forget(game)

    def forget(self, game: int) -> None:
        """Forget a game's tree, and keep its position."""
        clear(self._trees[game])
        self._unready.add(game)

    def forget_evaluations(self) -> None:
        """Empty the cache; due when the evaluator has changed."""
        self.forest.cache.keys[:] = 0

    def advance(self, game: int, move: int) -> bool:
        """Make a move at a game's root and keep the tree below it.

        Returns:
            Whether there was something to keep.

        Raises:
            InvalidInput: If the move is not legal; nothing is changed.
        """
        board = self._boards[game]
        if ended(board):
            raise InvalidInput("the game has ended; undo a move or start a new one")
        if not is_legal(board, move):
            raise InvalidInput(f"{vertex_of(move, self.size)} is not legal here")
        kept = keep_below(self._trees[game], move)
        self._unready.add(game)
        play(board, move)
        return bool(kept)

    def think(self, game: int, visits: int, *, explore: bool = False) -> None:
        """Set what a game is searched for next.

        Args:
            game: Which game.
            visits: Root visits to reach, those of a kept tree included.
            explore: Whether the root gets noise, temperature and forced playouts.

        Raises:
            InvalidInput: If `visits` is out of range.
        """
        if visits < 1:
            raise InvalidInput(f"{visits} simulations; choose 1 or more")
        if self.params.gumbel and visits > self.forest.schedule.shape[1]:
            raise InvalidInput(f"{visits} simulations by plan; this search was made for at most "
                               f"{self.forest.schedule.shape[1]}")
        counts = self._trees[game].counts
        if self.params.gumbel and counts[NODES_USED]:
            clear(self._trees[game])  # a plan starts from an untried root
        counts[TARGET] = visits
        counts[EXPLORE] = explore
        counts[READY] = 0
        self._unready.add(game)

    def done(self, game: int) -> bool:
        """Whether a game has reached its visits, or its tree is full."""
        tree = self._trees[game]
        if tree.counts[FULL]:
            return True
        return bool(tree.counts[NODES_USED] and tree.nodes[0, VISITS] >= tree.counts[TARGET])

    def step(self, games: Sequence[int] | Int32 | None = None) -> int:
        """Search all the games, or some, by one batch.

        Returns:
            Positions that the evaluator judged.
        """
        which = (np.arange(self.games, dtype=np.int32) if games is None
                 else np.asarray(games, np.int32))
        forest, knobs = self.forest, self._knobs
        if self._unready:
            for g in sorted(self._unready.intersection(which.tolist())):
                if self._trees[g].counts[NODES_USED]:
                    self._prepare(g)
        count = int(collect(forest, which, self.per_game, knobs))
        if count:
            said = self.evaluator.evaluate(forest.planes[:count])
            absorb(forest, count, said.policy_logits, said.win_draw_loss, said.score,
                   said.ownership, knobs)
            self.evaluations += count
            self.batches += 1
        return count

    def run(self, games: Sequence[int] | None = None) -> None:
        """Step until every game, or each of some, is done."""
        left = list(range(self.games)) if games is None else list(games)
        while left := [g for g in left if not self.done(g)]:
            self.step(left)

    def _prepare(self, game: int) -> None:
        """Give an expanded root its noise or its plan."""
        tree, p, rng = self._trees[game], self.params, self._rng[game]
        tree.counts[READY] = 1
        self._unready.discard(game)
        tree.counts[PLAN] = 0
        if tree.nodes[0, STATUS] != EXPANDED:
            return
        legal = tree.edges[:tree.nodes[0, EDGES], MOVE]
        noise = np.zeros(tree.root.shape[1], np.float32)
        if p.gumbel:
            tree.root[GUMBEL, legal] = rng.gumbel(size=legal.size)
            plan = considered_visits(min(p.gumbel, legal.size), int(tree.counts[TARGET]))
            tree.schedule[:plan.size] = plan
            tree.counts[PLAN] = plan.size
            return
        explore = bool(tree.counts[EXPLORE])
        share = p.noise if explore else 0.0
        if share:
            noise[legal] = rng.dirichlet(np.full(legal.size, p.noise_total / legal.size))
        reshape_root(tree, noise, share, p.root_temperature if explore else 1.0)

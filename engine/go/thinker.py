"""A search that follows a game around: it keeps its tree where the game walks on from it.

Thinking is cut into slices of a few milliseconds. How many simulations a slice holds follows from
the network and the board and not from the clock, so that a run can be repeated bit for bit.

Shape letters: A points, B slots of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.go import kernels
from engine.go.analysis import Candidates
from engine.go.board import AREA, Board, to_play
from engine.go.game import Game, Node
from engine.go.params import SearchParams
from engine.go.players import Mind
from engine.go.review import Report
from engine.go.ribbons import Ribbons, ribbons
from engine.go.search import Search
from engine.go.tree import NODES_USED, ROOT_PRIOR, Tree

SLICE_US: Final = 25_000.0
MOST_PER_SLICE: Final = 64
REFERENCE_AREA: Final = 81
FOLLOWED_PLIES: Final = 4
GROWTH_FROM: Final = 16
GROWTH_RATIO: Final = 1.25
PICTURE_NODES: Final = 150
OWNERSHIP_RATIO: Final = 1.1
LINE: Final = 12
REBUILT: Final = ("gumbel", "batch", "max_nodes", "cache")


class Thinker:
    """One network's search of whatever position it is shown.

    Attributes:
        mind: The network.
        size: Rows and columns.
        node: Position it is at, or None.
        ended: Whether there is nothing to think about there.
        spent: Whether its tree can take no more.
        serial: Grows whenever it is shown another position.
        growth: (simulations, visits by move) at a growing number of simulations.
        pictures: The tree at the same numbers of simulations.
    """

    def __init__(self, mind: Mind, params: SearchParams, size: int, seed: tuple[int, int]) -> None:
        """Make room for a tree.

        Args:
            mind: Judges positions.
            params: How to search.
            size: Rows and columns.
            seed: Of symmetries, noise and drawn moves.
        """
        self.mind = mind
        self.serial = 0
        self.growth: list[tuple[int, Mapping[int, int]]] = []
        self.pictures: list[Ribbons] = []
        self._owned: npt.NDArray[np.float32] | None = None
        self._owned_at = 0
        self.size, self._seed, self._params = size, seed, params
        self.forget()

    def forget(self) -> None:
        """Drop the tree and the generator's past: what follows is as if newly made."""
        self._search = Search(self.mind.evaluator, self.size, self._params,
                              np.random.default_rng(self._seed))
        self.node: Node | None = None
        self._game: Game | None = None
        self._clear()

    def set_params(self, params: SearchParams) -> None:
        """Take new knobs; a tree that others have grown is not kept."""
        changed = [n for n in params.changed_from(self._params) if n in SearchParams.model_fields
                   and n not in ("visits", "temperature", "resign_below")]
        rebuild = any(n in REBUILT for n in changed) or (
            params.gumbel > 0 and params.visits != self._params.visits)
        self._params = params
        if rebuild:
            self.forget()
            return
        self._search.params = params
        if changed:
            self.node = None  # the next `follow` begins anew, with the cache kept

    @property
    def tree(self) -> Tree:
        """The arrays, to be read between slices."""
        return self._search.tree

    @property
    def visits(self) -> int:
        """Visits of the root."""
        return 0 if self.node is None else self._search.visits

    def follow(self, game: Game, node: Node, board: Board) -> bool:
        """Go to a position.

        Args:
            game: Whose position it is.
            node: The position.
            board: Its board; read only.

        Returns:
            Whether this is another position than before.
        """
        if node is self.node and game is self._game:
            return False
        way = self._way(game, node)
        if way is None:
            self._search.begin(board)
        else:
            for move in way:
                self._search.advance(move)
        self._game, self.node = game, node
        self._clear()
        self.ended = bool(kernels.ended(board))
        return True

    def think(self, target: int) -> None:
        """Run one slice towards a number of visits."""
        fresh = self.visits <= 1
        most = min(target, self._params.max_nodes - 1)
        explore = self._params.noise > 0 or self._params.forced > 0
        if fresh:
            # a first answer soon: the root alone, then one batch of its moves
            self._search.run(most, pause_visits=1, explore=explore)
        why = self._search.run(most, pause_visits=1 if fresh else self.slice_visits,
                               explore=explore)
        self.spent = why in ("full", "ended") or (why == "visits" and most < target)
        self._note_growth()

    @property
    def slice_visits(self) -> int:
        """Simulations a slice."""
        area = int(self._search.board.state[AREA])
        cost = self.mind.cost_us * area / REFERENCE_AREA
        return int(np.clip(SLICE_US / cost, self._params.batch, MOST_PER_SLICE))

    def choose(self) -> int:
        """The move to play."""
        return self._search.choose()

    def resigns(self) -> bool:
        """Whether it would give up here."""
        return self._search.hopeless()

    def candidates(self) -> Candidates:
        """Moves tried at the root, the most visited first."""
        return self._search.candidates()

    def line(self, move: int, child: int) -> list[int]:
        """The most visited line that begins with a root's move."""
        return [move, *self._search.variation(child, LINE - 1)]

    def judgement(self) -> tuple[float, float]:
        """Black's chance to win, and Black's lead in points."""
        said, colour = self._search.opinion(), to_play(self._search.board)
        return 0.5 + 0.5 * colour * said.value, colour * said.score

    def report(self) -> Report:
        """What it thinks of the position so far."""
        win, lead = self.judgement()
        line = self._search.variation(0, LINE)
        return Report(self.visits, win, lead, line[0] if line else -1, tuple(line))

    def policy(self) -> npt.NDArray[np.float32]:
        """The network's priors at the root, before noise, float32 [A + 1]."""
        if not self.tree.counts[NODES_USED]:
            return np.zeros(self.size * self.size + 1, np.float32)
        return np.asarray(self.tree.root[ROOT_PRIOR], np.float32)

    def ownership(self) -> npt.NDArray[np.float32]:
        """Whose each point will be, 1 Black's, −1 White's, float32 [A]; renewed as it grows."""
        if self._owned is None or self.visits >= OWNERSHIP_RATIO * self._owned_at:
            self._owned_at = self.visits
            self._owned = to_play(self._search.board) * self._search.ownership()
        return self._owned

    def last_leaves(self) -> npt.NDArray[np.int32]:
        """Nodes of the last batch, int32 [B]; a few may be of the batch before."""
        nodes: npt.NDArray[np.int32] = self._search.searches.forest.slot[:, 1]
        return nodes[nodes < int(self.tree.counts[NODES_USED])]

    def figures(self) -> dict[str, Any]:
        """How the search goes, for the page."""
        effort = self._search.effort()
        histogram = self._search.depth_histogram()
        nodes = max(1, int(histogram.sum()))
        mean = float(np.arange(histogram.size) @ histogram) / nodes
        looked = max(1, effort.lookups)
        return {"network": self.mind.name, "visits": self.visits,
                "per_s": round(effort.simulations_per_s, 1),
                "depth": max(0, int(histogram.size) - 1), "mean_depth": round(mean, 2),
                "cache_percent": round(100.0 * effort.hits / looked, 1),
                "batch": round(effort.batch_fill, 2), "nodes": effort.nodes,
                "seconds": round(effort.seconds, 4)}

    def _clear(self) -> None:
        self.serial += 1
        self.ended = self.spent = False
        self.growth = []
        self.pictures = []
        self._mark = float(GROWTH_FROM)
        self._owned = None
        self._owned_at = 0

    def _note_growth(self) -> None:
        if self.visits < self._mark:
            return
        found = self.candidates()
        self.growth.append((int(found.visits.sum()),
                            dict(zip(found.move.tolist(), found.visits.tolist(), strict=True))))
        self.pictures.append(
            ribbons(self.tree, to_play(self._search.board), most=PICTURE_NODES))
        self._mark = max(self._mark, self.visits) * GROWTH_RATIO

    def _way(self, game: Game, node: Node) -> list[int] | None:
        """Moves that lead from where it is to a node, or None where the tree cannot follow."""
        if self.node is None or game is not self._game or self.ended:
            return None
        way: list[Node] = []
        at: Node | None = node
        while at is not self.node:
            if at is None or len(way) == FOLLOWED_PLIES:
                return None
            way.insert(0, at)
            at = at.parent
        colour = to_play(self._search.board)
        moves: list[int] = []
        for step in way:
            if step.move is None or step.setup is not None or step.colour != colour:
                return None  # a tree knows played moves by turns, and nothing else
            moves.append(step.move)
            colour = -colour
        return moves

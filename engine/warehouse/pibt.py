"""PIBT: priority inheritance with backtracking, one step at a time.

Okumura, Machida, Défago and Tamura 2022, "Priority inheritance with backtracking for iterative
multi-agent path finding", doi:10.1016/j.artint.2022.103752. Departures: priority is distance (the
nearest first) with an age cap instead of age alone, which finishes about a fifth more tasks;
agents at their goal come last, so that they make room; inheritance is a stack, not a recursion.

Shape letters: A agents, C cells, R table rows.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse import kernels
from engine.warehouse.graph import Graph

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]

AT_GOAL_OR_MOVING: Final = kernels.FREE
BLOCKED_BY_TRAFFIC: Final = kernels.TRAFFIC
YIELDED: Final = kernels.YIELDED
BLOCKED_BY_PINNED: Final = kernels.PINNED


class Counters(NamedTuple):
    """What one step did.

    vertex: Cells refused because another agent had reserved them.
    swap: Cells refused because their agent comes the other way.
    inheritances: Agents pushed by a more important one.
    backtracks: Pushed agents that found no cell.
    waits: Unpinned agents away from their goal that stay.
    reroutes: Agents that move to a cell that is not nearer.
    """

    vertex: int
    swap: int
    inheritances: int
    backtracks: int
    waits: int
    reroutes: int


class StepResult(NamedTuple):
    """Outcome of one step.

    next: int32 [A], next cell of each agent.
    counters: What happened on the way.
    pusher: int32 [A], agent that pushed this one, -1 for none.
    cause: uint8 [A], why an agent waits: 0 it does not (or is at its goal or pinned), 1 blocked by
        traffic, 2 yielded to a more important agent, 3 blocked by a pinned agent.
    """

    next: Int32
    counters: Counters
    pusher: Int32
    cause: UInt8


class Pibt:
    """Plans one step for all agents; keeps only work space between steps.

    Attributes:
        age_cap: Steps after which an agent starves and goes first; the oldest leads.
    """

    def __init__(
        self, graph: Graph, agents: int, rng: np.random.Generator, *, age_cap: int | None = None
    ) -> None:
        """Set up work space.

        Args:
            graph: The floor; replaced by `set_graph`.
            agents: A, number of agents.
            rng: Seed of the tie-breaks.
            age_cap: None for four times the side of a square floor of as many cells.

        Raises:
            InvalidInput: If there are more agents than free cells.
        """
        cells = len(graph.nbr)
        if agents > cells:
            raise InvalidInput(f"{agents} robots do not fit on {cells} cells; use fewer robots")
        self.age_cap = int(4 * cells**0.5) if age_cap is None else age_cap
        self._graph = graph
        self._rng = rng
        self._here = np.empty(cells, np.int32)
        self._there = np.empty(cells, np.int32)
        self._order = np.empty(agents, np.int32)
        self._choice = np.empty((agents, 5), np.int32)
        self._choices = np.empty(agents, np.uint8)
        self._stack = np.empty(agents, np.int32)
        self._tried = np.empty(agents, np.uint8)
        self._near = np.empty((agents, 5), np.int32)
        self._wanted = np.empty(cells, np.uint8)
        self._counters = np.empty(kernels.COUNTERS, np.int64)

    def set_graph(self, graph: Graph) -> None:
        """Walk another graph over the same cells from the next step on."""
        self._graph = graph

    def step(
        self,
        pos: Int32,
        goal: Int32,
        row: Int32,
        table: UInt16,
        classes: UInt8,
        pinned: Bool,
        age: Int32,
    ) -> StepResult:
        """Choose every agent's next cell; no two meet and no two swap.

        Args:
            pos: int32 [A], distinct cells.
            goal: int32 [A], goal cells.
            row: int32 [A], row of `table` that belongs to each goal and class.
            table: uint16 [R, C], distances to goal (see `Fields`).
            classes: uint8 [A], class bits tested against the bars of the graph.
            pinned: bool [A], agents that keep their cell.
            age: int32 [A], steps since each agent got its goal.

        Returns:
            Fresh arrays; nothing given is changed. Draws one number from the generator.

        Raises:
            InvalidInput: If two agents stand in one cell or an array has another length.
        """
        graph = self._graph
        for name, values in (("pos", pos), ("goal", goal), ("row", row), ("classes", classes),
                             ("pinned", pinned), ("age", age)):
            if values.shape != self._choices.shape:
                raise InvalidInput(
                    f"{name} has shape {values.shape}; there are {len(self._choices)} robots, "
                    "give one entry for each"
                )
        clash = kernels.occupy(pos, self._here, self._there)
        if clash >= 0:
            raise InvalidInput(
                f"robot {clash} shares cell {pos[clash]} with another; give each its own cell"
            )
        seed = self._rng.integers(2**64, dtype=np.uint64)
        following = np.empty(len(pos), np.int32)
        pusher = np.empty(len(pos), np.int32)
        cause = np.empty(len(pos), np.uint8)
        kernels.look(pos, goal, row, table, classes, graph.nbr, graph.bars, self._near,
                     self._wanted)
        kernels.rank(self._near, age, self.age_cap, self._order)
        kernels.prefer(pos, self._near, self._wanted, graph.nbr, self._here, seed, self._choice,
                       self._choices)
        kernels.resolve(pos, self._order, self._choice, self._choices, pinned, self._here,
                        self._there, following, pusher, self._stack, self._tried, self._counters)
        kernels.explain(pos, following, self._near, graph.nbr, self._choice, pinned, self._there,
                        pusher, cause, self._counters)
        return StepResult(following, Counters(*self._counters.tolist()), pusher, cause)

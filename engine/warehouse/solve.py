"""Lifelong MAPF without a world around it: run PIBT on an instance and measure.

Agents move one cell a step without rotation, guided by the soft lanes and the live congestion of
`guidance`. Times are of this process: of the planning step itself with its bookkeeping of
congestion, and apart from it of the distance tables, which are computed when a goal is first given
and brought up to date a few a step.

Shape letters: A agents, S steps.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.fields import Fields
from engine.warehouse.graph import build_graph
from engine.warehouse.guidance import Congestion, against_at, lane_costs
from engine.warehouse.handout import Desk
from engine.warehouse.instances import Instance
from engine.warehouse.pibt import Pibt, StepResult
from engine.warehouse.plans import Plan

Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

_LEAST_BYTES = 256_000_000
_SPARE = 1.5
# tables brought up to date a step, once live congestion has changed the costs
_REFRESH = 32


@dataclass(frozen=True, slots=True)
class Guidance:
    """Prices of the floor.

    Attributes:
        along: Cost of a move with its lane.
        against: Cost of a move against it; equal to `along` for no lanes, None for what suits the
            density of robots.
        congestion: Weight of live congestion, 0 for none.
    """

    along: int = 2
    against: int | None = None
    congestion: float = 4.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run did and took.

    Attributes:
        agents: Robots.
        steps: Steps.
        tasks_finished: Tasks finished.
        cpu_ms: float64 [S], process CPU of each planning step.
        wall_ms: float64 [S], wall clock of each planning step.
        table_bytes: Bytes of distance tables in use at the end.
        table_rows: Tables computed.
        table_cpu_s: Process CPU of computing them, both threads.
        counters: Sums of the counters of `Pibt`, by name.
        oldest: Largest number of steps that an unfinished errand has lasted.
    """

    agents: int
    steps: int
    tasks_finished: int
    cpu_ms: npt.NDArray[np.float64]
    wall_ms: npt.NDArray[np.float64]
    table_bytes: int
    table_rows: int
    table_cpu_s: float
    counters: dict[str, int]
    oldest: int

    def summary(self) -> dict[str, Any]:
        """JSON-able figures."""
        cpu = np.percentile(self.cpu_ms, (50, 95)).round(3).tolist()
        wall = np.percentile(self.wall_ms, (50, 95)).round(3).tolist()
        return {
            "agents": self.agents, "steps": self.steps, "tasks_finished": self.tasks_finished,
            "tasks_per_step": round(self.tasks_finished / self.steps, 3),
            "plan_cpu_ms_p50": cpu[0], "plan_cpu_ms_p95": cpu[1],
            "plan_wall_ms_p50": wall[0], "plan_wall_ms_p95": wall[1],
            "table_bytes": self.table_bytes, "table_rows": self.table_rows,
            "table_cpu_s": round(self.table_cpu_s, 3), "oldest_errand_steps": self.oldest,
            **self.counters,
        }


def solve(
    instance: Instance,
    steps: int,
    seed: int,
    *,
    guidance: Guidance | None = None,
    max_bytes: int | None = None,
) -> tuple[Plan, Measured]:
    """Plan a number of steps.

    Args:
        instance: The problem.
        steps: S, >= 1.
        seed: Seed of the tie-breaks; the plan is a function of it and of the instance.
        guidance: Prices; the default suits warehouses.
        max_bytes: Bound of the distance tables; None for half as many again as the robots need
            at once.

    Raises:
        InvalidInput: If steps < 1, a robot cannot reach a goal, or the tables do not fit.
    """
    if steps < 1:
        raise InvalidInput(f"steps is {steps}; plan at least 1")
    prices = guidance or Guidance()
    grid = instance.grid
    agents = len(instance.starts)
    against = prices.against
    if against is None:
        against = max(prices.along, against_at(agents / int(grid.free.sum())))
    graph = build_graph(grid, cost=lane_costs(grid, along=prices.along, against=against))
    if max_bytes is None:
        max_bytes = max(_LEAST_BYTES, int(_SPARE * agents) * grid.cells * 2)
    fields = Fields(graph, max_bytes)
    try:
        return _Run(instance, steps, seed, prices, fields, Pibt(
            graph, agents, np.random.default_rng(seed))).finish()
    finally:
        fields.close()


class _Run:
    """The state of one `solve`."""

    def __init__(
        self, instance: Instance, steps: int, seed: int, prices: Guidance, fields: Fields,
        pibt: Pibt,
    ) -> None:
        agents = len(instance.starts)
        self.instance = instance
        self.steps = steps
        self.seed = seed
        self.fields = fields
        self.pibt = pibt
        self.congestion = Congestion(fields.graph, weight=prices.congestion)
        self.desk = Desk(instance)
        self.pos: Int32 = instance.starts
        self.age: Int32 = np.zeros(agents, np.int32)
        self.moves: UInt8 = np.empty((steps, agents), np.uint8)
        self.arrived: list[Int32] = []
        self.cpu_ms = np.empty(steps)
        self.wall_ms = np.empty(steps)
        self.table_cpu_s = 0.0
        self.counters: dict[str, int] = {}
        self.oldest = 0

    def finish(self) -> tuple[Plan, Measured]:
        """Run to the end."""
        classes = np.zeros(len(self.pos), np.uint8)
        pinned = np.zeros(len(self.pos), np.bool_)
        for step in range(self.steps):
            began = time.process_time()
            row = self.fields.rows(self.desk.goal, classes)
            self.table_cpu_s += time.process_time() - began
            if step == 0:
                self._check_reach(row)
            began, wall = time.process_time(), time.perf_counter()
            result = self.pibt.step(self.pos, self.desk.goal, row, self.fields.table, classes,
                                    pinned, self.age)
            if self.congestion.observe(self.pos, result.next, self.desk.goal):
                self.fields.set_graph(self.congestion.graph)
            self.wall_ms[step] = (time.perf_counter() - wall) * 1e3
            self.cpu_ms[step] = (time.process_time() - began) * 1e3
            began = time.process_time()
            self.fields.refresh(_REFRESH)
            self.table_cpu_s += time.process_time() - began
            self._take(step, result)
        return self._plan(), Measured(
            len(self.pos), self.steps, self.desk.finished, self.cpu_ms, self.wall_ms,
            self.fields.used_bytes, self.fields.computed, self.table_cpu_s, self.counters,
            self.oldest,
        )

    def _take(self, step: int, result: StepResult) -> None:
        """Move everybody, tick off errands, hand out tasks."""
        before, self.pos = self.pos, result.next
        self.moves[step] = _letters(before, self.pos, self.instance.grid.width)
        for name, value in result.counters._asdict().items():
            self.counters[name] = self.counters.get(name, 0) + value
        self.age += 1
        self.oldest = max(self.oldest, int(self.age[self.desk.task >= 0].max(initial=0)))
        there = self.desk.arrive(self.pos)
        self.age[there] = 0
        self.arrived.append(there)
        idle = np.flatnonzero(self.desk.task < 0)
        self.desk.goal[idle] = self.pos[idle]

    def _check_reach(self, row: Int32) -> None:
        """Refuse a first goal that no way leads to; later goals come from the same file."""
        lost = np.flatnonzero(self.fields.table[row, self.pos] == 65535)
        if len(lost):
            robot = int(lost[0])
            raise InvalidInput(
                f"robot {robot} on cell {self.pos[robot]} has no way to its goal "
                f"{self.desk.goal[robot]}; join the parts of the map"
            )

    def _plan(self) -> Plan:
        agents = len(self.pos)
        tasks: list[list[list[int]]] = [[] for _ in range(agents)]
        errand, first = self.instance.tasks.errand, self.instance.tasks.first
        for robots, given in self.desk.taken:
            for robot, task in zip(robots.tolist(), given.tolist(), strict=True):
                tasks[robot].append(errand[first[task]:first[task + 1]].tolist())
        done: list[list[int]] = [[] for _ in range(agents)]
        for step, there in enumerate(self.arrived, 1):
            for robot in there.tolist():
                done[robot].append(step)
        grid = self.instance.grid
        return Plan(grid.height, grid.width, self.seed, self.instance.starts, self.moves, tasks,
                    done, self.desk.finished)


def _letters(before: Int32, after: Int32, width: int) -> UInt8:
    """Moves as 0 right, 1 down, 2 left, 3 up, 4 wait."""
    delta = after - before
    code = np.full(len(before), 4, np.uint8)
    code[delta == width] = 1
    code[delta == -width] = 3
    # on a floor one column wide left and right do not exist
    if width > 1:
        code[delta == 1] = 0
        code[delta == -1] = 2
    return code

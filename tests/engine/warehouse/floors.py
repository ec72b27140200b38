"""Small floors drawn as text, and a way to run robots on them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from engine.warehouse.fields import Fields
from engine.warehouse.graph import Graph
from engine.warehouse.grid import Grid
from engine.warehouse.octile import parse_map
from engine.warehouse.pibt import Pibt, StepResult

Int32 = npt.NDArray[np.int32]


def draw(*rows: str) -> Grid:
    """A floor from its rows."""
    return parse_map(f"type octile\nheight {len(rows)}\nwidth {len(rows[0])}\nmap\n"
                     + "\n".join(rows))


# the adversarial shapes of the MAPF literature; every passage of LOOPS lies on a loop
LOOPS = {
    "open": draw(".....", ".....", ".....", ".....", "....."),
    "loops that share a cell": draw("...@@", ".@.@@", ".....", "@@.@.", "@@..."),
    "ring": draw("......", ".@@@@.", "......"),
    "corners": draw("..@@..", "......", "@....@", "@....@", "......", "..@@.."),
    "two doors": draw("...@...", ".......", "...@...", ".......", "...@..."),
}
NO_LOOPS = {
    "loop-chain": draw("...@...", ".@...@.", "...@..."),
    "tunnel": draw("..@@@..", ".......", "..@@@.."),
    "connector": draw("...@...", "...@...", ".......", "...@...", "...@..."),
    "string": draw(".........",),
    "tree": draw("@.@.@", "@.@.@", ".....", "@.@.@", "@.@.@"),
}


@dataclass
class Crowd:
    """Robots with fixed goals on one graph, stepped by PIBT."""

    graph: Graph
    pos: Int32
    goal: Int32
    seed: int = 0
    age_cap: int | None = None
    classes: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    pinned: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __post_init__(self) -> None:
        agents = len(self.pos)
        self.pos = np.asarray(self.pos, np.int32)
        self.goal = np.asarray(self.goal, np.int32)
        if not len(self.classes):
            self.classes = np.zeros(agents, np.uint8)
        if not len(self.pinned):
            self.pinned = np.zeros(agents, np.bool_)
        self.age: Int32 = np.zeros(agents, np.int32)
        self.fields = Fields(self.graph, 16_000_000)
        self.pibt = Pibt(self.graph, agents, np.random.default_rng(self.seed),
                         age_cap=self.age_cap)

    def step(self) -> StepResult:
        """Plan and make one step."""
        row = self.fields.rows(self.goal, self.classes)
        result = self.pibt.step(self.pos, self.goal, row, self.fields.table, self.classes,
                                self.pinned, self.age)
        self.pos = result.next
        self.age += 1
        self.age[self.pos == self.goal] = 0
        return result

    def close(self) -> None:
        """Stop the threads of the fields."""
        self.fields.close()


def place(grid: Grid, agents: int, rng: np.random.Generator) -> Int32:
    """Distinct random free cells."""
    return rng.permutation(np.flatnonzero(grid.free))[:agents].astype(np.int32)


def faults(graph: Graph, before: Int32, after: Int32) -> list[str]:
    """What is wrong with a step, by plain loops."""
    found = []
    at = {int(cell): robot for robot, cell in enumerate(before)}
    taken: dict[int, int] = {}
    for robot, (here, there) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
        if there != here and there not in graph.nbr[here].tolist():
            found.append(f"{robot} jumps {here} -> {there}")
        if there in taken:
            found.append(f"{robot} meets {taken[there]} on {there}")
        taken[there] = robot
        other = at.get(there, robot)
        if other != robot and int(after[other]) == here:
            found.append(f"{robot} swaps with {other}")
    return found

"""An independent judge of plans: shares no code with the planner, reads maps itself.

Checked are the plan's shape, starts, every move of every robot (on the floor, one cell at a time),
vertex conflicts (two robots in one cell), swap conflicts (two robots change places), following
conflicts on request (a robot enters a cell in the step in which another leaves it, which some
robots cannot do), and that the errands were done exactly when the plan says (Stern et al. 2019,
doi:10.1609/socs.v10i1.18510, section "Types of conflicts").

Shape letters: A agents, S steps, C cells.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

_OPEN: Final = frozenset(".GSE")
_FIRST: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a plan is worth.

    Attributes:
        conflicts: Vertex, swap and, if asked for, following conflicts.
        faults: All other faults: bad starts, walls, jumps, wrong claims.
        tasks_finished: Tasks whose errands were all run, in order, counted by the judge.
        first: The first faults and conflicts, each with its kind, step, robots and a sentence.
    """

    conflicts: int
    faults: int
    tasks_finished: int
    first: list[dict[str, Any]]

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return self.conflicts == 0 and self.faults == 0

    def facts(self) -> dict[str, Any]:
        """JSON-able form."""
        return {"valid": self.valid, "conflicts": self.conflicts, "faults": self.faults,
                "tasks_finished": self.tasks_finished, "first": self.first}


def validate_files(plan_path: Path, map_path: Path, *, following: bool = False) -> Verdict:
    """Judge a plan file against a map file.

    Raises:
        InvalidInput: If a file cannot be read or is not of its format at all.
    """
    try:
        plan = json.loads(plan_path.read_text("utf-8"))
        map_text = map_path.read_text("utf-8")
    except OSError as error:
        raise InvalidInput(f"{error.filename}: {error.strerror}; give a readable file") from error
    except ValueError as error:
        raise InvalidInput(f"{plan_path.name} or {map_path.name}: {error}") from error
    return validate(plan, map_text, following=following)


def validate(plan: Any, map_text: str, *, following: bool = False) -> Verdict:
    """Judge a plan, given as the object of a plan file.

    Args:
        plan: See `plans` for the format.
        map_text: An octile map.
        following: Whether to refuse following conflicts too.

    Raises:
        InvalidInput: If plan or map are not of their format at all.
    """
    free, height, width = _read_map(map_text)
    _check_format(plan, height, width)
    return _Judge(plan, free, height, width, following).judge()


class _Judge:
    """Replays one plan."""

    def __init__(
        self, plan: dict[str, Any], free: Bool, height: int, width: int, following: bool
    ) -> None:
        self.plan = plan
        self.free = free
        self.height = height
        self.width = width
        self.following = following
        self.conflicts = 0
        self.faults = 0
        self.first: list[dict[str, Any]] = []

    def judge(self) -> Verdict:
        starts = np.array(self.plan["starts"], np.int64)
        if not self._starts_stand(starts):
            return Verdict(self.conflicts, self.faults, 0, self.first)
        letters = np.array([np.frombuffer(m.encode("ascii"), np.uint8)
                            for m in self.plan["moves"]])
        track = self._replay(starts, letters.reshape(len(starts), self.plan["steps"]))
        finished = sum(self._errands(robot, track[:, robot]) for robot in range(len(starts)))
        if finished != self.plan["tasksFinished"]:
            self._fault("tasks", self.plan["steps"], [],
                        f"{finished} tasks were finished, the plan claims "
                        f"{self.plan['tasksFinished']}")
        return Verdict(self.conflicts, self.faults, finished, self.first)

    def _starts_stand(self, starts: Int64) -> bool:
        """Whether all starts are free cells; says so of each that is not."""
        inside = (starts >= 0) & (starts < len(self.free))
        standing = inside.copy()
        standing[inside] = self.free[starts[inside]]
        for robot in np.flatnonzero(~standing).tolist():
            self._fault("start", 0, [robot],
                        f"robot {robot} starts on cell {starts[robot]}, which is not free")
        if standing.all():
            self._meet(0, starts)
        return bool(standing.all())

    def _replay(self, starts: Int64, letters: npt.NDArray[np.uint8]) -> Int64:
        """Cells at every step, int64 [S + 1, A]; a robot that would leave the floor stays."""
        steps = letters.shape[1]
        track = np.empty((steps + 1, len(starts)), np.int64)
        track[0] = starts
        owner = np.full(len(self.free), -1, np.int64)
        for t in range(1, steps + 1):
            before = track[t - 1]
            move = letters[:, t - 1]
            row, col = np.divmod(before, self.width)
            row = row + (move == ord("D")) - (move == ord("U"))
            col = col + (move == ord("R")) - (move == ord("L"))
            known = np.isin(move, np.frombuffer(b"RDLUW", np.uint8))
            inside = (row >= 0) & (row < self.height) & (col >= 0) & (col < self.width)
            after = np.where(inside, row * self.width + col, before)
            fine = known & inside & self.free[after]
            for robot in np.flatnonzero(~fine).tolist():
                self._fault("move", t, [robot],
                            f"robot {robot} cannot go {chr(move[robot])!r} from cell "
                            f"{before[robot]} in step {t}")
            after = np.where(fine, after, before)
            track[t] = after
            self._meet(t, after)
            self._pass(t, before, after, owner)
        return track

    def _meet(self, t: int, cells: Int64) -> None:
        """Vertex conflicts."""
        order = np.argsort(cells, kind="stable")
        same = np.flatnonzero(np.diff(cells[order]) == 0)
        for i in same.tolist():
            pair = [int(order[i]), int(order[i + 1])]
            self._conflict("vertex", t, pair,
                           f"robots {pair[0]} and {pair[1]} are both on cell {cells[pair[0]]} "
                           f"after step {t}")

    def _pass(self, t: int, before: Int64, after: Int64, owner: Int64) -> None:
        """Swap conflicts and, if asked for, following conflicts. `owner` is work space."""
        owner[before] = np.arange(len(before))
        other = owner[after]
        owner[before] = -1
        moved = (other >= 0) & (before != after)
        partner = np.where(moved, other, 0)
        swap = moved & (after[partner] == before) & (np.arange(len(before)) < partner)
        for robot in np.flatnonzero(swap).tolist():
            pair = [robot, int(other[robot])]
            self._conflict("swap", t, pair,
                           f"robots {pair[0]} and {pair[1]} change places in step {t}")
        if not self.following:
            return
        follow = moved & (after[partner] != before) & (after[partner] != after)
        for robot in np.flatnonzero(follow).tolist():
            pair = [robot, int(other[robot])]
            self._conflict("following", t, pair,
                           f"robot {pair[0]} enters in step {t} the cell that robot {pair[1]} "
                           "leaves in it")

    def _errands(self, robot: int, cells: Int64) -> int:
        """Tasks that a robot finished; says where its claims are wrong."""
        tasks = self.plan["tasks"][robot]
        goals = [goal for task in tasks for goal in task]
        for goal in goals:
            if not (0 <= goal < len(self.free) and self.free[goal]):
                self._fault("goal", 0, [robot],
                            f"robot {robot} has an errand on cell {goal}, which is not free")
        done = []
        t = 0
        for goal in goals:
            hits = np.flatnonzero(cells[t + 1:] == goal)
            if not len(hits):
                break
            t += int(hits[0]) + 1
            done.append(t)
        claimed = self.plan["done"][robot]
        if claimed != done:
            wrong = next((i for i, pair in enumerate(zip(claimed, done, strict=False))
                          if pair[0] != pair[1]), min(len(claimed), len(done)))
            says = claimed[wrong] if wrong < len(claimed) else "never"
            real = done[wrong] if wrong < len(done) else "never"
            self._fault("errand", 0, [robot],
                        f"robot {robot} runs errand {wrong} after step {real}, the plan claims "
                        f"{says}")
        return int((np.cumsum([len(task) for task in tasks]) <= len(done)).sum())

    def _conflict(self, kind: str, step: int, robots: list[int], text: str) -> None:
        self.conflicts += 1
        self._note(kind, step, robots, text)

    def _fault(self, kind: str, step: int, robots: list[int], text: str) -> None:
        self.faults += 1
        self._note(kind, step, robots, text)

    def _note(self, kind: str, step: int, robots: list[int], text: str) -> None:
        if len(self.first) < _FIRST:
            self.first.append({"kind": kind, "step": step, "robots": robots, "text": text})


def _read_map(text: str) -> tuple[Bool, int, int]:
    """Free cells row by row, height and width."""
    lines = text.splitlines()
    try:
        height = int(lines[1].split()[1])
        width = int(lines[2].split()[1])
        rows = [lines[4 + r] for r in range(height)]
    except (IndexError, ValueError) as error:
        raise InvalidInput(f"the map is no octile map: {error}") from error
    for number, row in enumerate(rows, 5):
        if len(row.rstrip()) != width:
            raise InvalidInput(
                f"the map is no octile map: line {number} has {len(row.rstrip())} characters, "
                f"its head says width {width}"
            )
    return np.array([c in _OPEN for row in rows for c in row.rstrip()]), height, width


def _check_format(plan: Any, height: int, width: int) -> None:
    """Refuse what is no plan for a floor of this size."""
    if not isinstance(plan, dict) or plan.get("format") != "atrium-plan":
        raise InvalidInput("the file is no plan; its 'format' must be 'atrium-plan'")
    if plan.get("version") != 1:
        raise InvalidInput(f"the plan is of version {plan.get('version')!r}; this reads version 1")
    if (plan.get("height"), plan.get("width")) != (height, width):
        raise InvalidInput(
            f"the plan is for {plan.get('height')}×{plan.get('width')} cells, the map has "
            f"{height}×{width}; give the plan's own map"
        )
    agents, steps = plan.get("teamSize"), plan.get("steps")
    whole: Callable[[Any], bool] = lambda v: isinstance(v, int) and not isinstance(v, bool)  # noqa: E731
    numbers: Callable[[Any], bool] = lambda v: isinstance(v, list) and all(map(whole, v))  # noqa: E731
    forms: dict[str, Callable[[Any], bool]] = {
        "starts": whole,
        "moves": lambda v: isinstance(v, str) and v.isascii() and len(v) == steps,
        "tasks": lambda v: isinstance(v, list) and all(numbers(e) and e for e in v),
        "done": numbers,
    }
    if not (whole(agents) and whole(steps) and whole(plan.get("tasksFinished"))):
        raise InvalidInput("the plan's teamSize, steps and tasksFinished must be whole numbers")
    for name, fits in forms.items():
        values = plan.get(name)
        if not (isinstance(values, list) and len(values) == agents and all(map(fits, values))):
            raise InvalidInput(
                f"the plan's '{name}' must have one entry of its form for each of {agents} robots"
            )

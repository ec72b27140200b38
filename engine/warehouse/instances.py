"""Reading benchmark instances: who starts where, which tasks there are, who gets which.

Read are the League of Robot Runners files of 2023 and 2024 (`.agents`, `.tasks`, JSON problem) and
the CSV files of the EPIBT experiments. Every task list has its rule of handing out:

``roundrobin``
    Robot i of A gets the tasks i, i + A, i + 2A … and begins again after the last, whatever the
    others do. So do the 2023 start kit's `InfAssignSystem` and the EPIBT experiments; the latter
    skip a task whose goal is the robot's own cell.
``queue``
    One queue for all: at every step the robots without a task, lowest number first, get the next
    ones. So does the start kit's `TaskAssignSystem` ("greedy"); 2024 lists of errands are handed
    out the same way, in the order of the file.

Shape letters: A agents, T tasks, E errands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast, get_args

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.grid import Grid
from engine.warehouse.octile import parse_map

Int32 = npt.NDArray[np.int32]
HandOut = Literal["roundrobin", "queue"]
T = TypeVar("T")

_STRATEGY: Final[dict[str, HandOut]] = {"roundrobin": "roundrobin", "greedy": "queue"}
_LONGEST: Final = 9


@dataclass(frozen=True, slots=True, eq=False)
class Tasks:
    """Errands to run and the rule by which robots get them.

    Attributes:
        errand: int32 [E], goal cells, task after task.
        first: int32 [T + 1], errands of task t are errand[first[t]:first[t + 1]], at least one.
        hand_out: See the module.
        skip_own_cell: Whether a task that ends where the robot stands is passed over.
    """

    errand: Int32
    first: Int32
    hand_out: HandOut
    skip_own_cell: bool = False

    def __len__(self) -> int:
        return len(self.first) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A lifelong problem.

    Attributes:
        grid: The floor.
        starts: int32 [A], distinct free cells.
        tasks: What to do.
    """

    grid: Grid
    starts: Int32
    tasks: Tasks


def make_instance(grid: Grid, starts: Sequence[int] | Int32, tasks: Tasks) -> Instance:
    """Check that starts and errands fit the floor.

    Raises:
        InvalidInput: Naming the first robot or errand that does not fit.
    """
    cells = np.asarray(starts, np.int32)
    if not len(cells) or not len(tasks):
        raise InvalidInput(
            f"there are {len(cells)} robots and {len(tasks)} tasks; give at least one of each"
        )
    room = int(grid.free.sum())
    if len(cells) > room:
        raise InvalidInput(
            f"{len(cells)} robots do not fit on {room} free cells; use fewer robots"
        )
    _check_cells(grid, cells, "robot", "starts on")
    _check_cells(grid, tasks.errand, "errand", "goes to")
    order = np.argsort(cells, kind="stable")
    twice = np.flatnonzero(np.diff(cells[order]) == 0)
    if len(twice):
        one, other = order[twice[0]], order[twice[0] + 1]
        raise InvalidInput(
            f"robots {one} and {other} both start on cell {cells[one]}; give each its own cell"
        )
    return Instance(grid, cells, tasks)


def parse_agents(text: str, grid: Grid) -> Int32:
    """Read start cells: a count and one cell a line, or CSV `agent id,row,col`.

    Returns:
        int32 [A]. That the cells are free and distinct is for `make_instance` to check.

    Raises:
        InvalidInput: With the line and what was expected there.
    """
    lines = _lines(text)
    if lines and not lines[0][1].isdigit():
        return _csv_agents(lines, grid)
    return _counted(lines, "robot")[0]


def parse_tasks(text: str) -> Tasks:
    """Read tasks: a count and one task a line, or CSV with the head `targets`.

    A line of a counted file is one goal (2023) or several errands separated by commas (2024).

    Raises:
        InvalidInput: With the line and what was expected there.
    """
    lines = _lines(text)
    if lines and lines[0][1].split(",")[0] == "targets":
        goals = np.array([_number(n, line.split(",")[0]) for n, line in lines[1:]], np.int32)
        return Tasks(goals, np.arange(len(goals) + 1, dtype=np.int32), "roundrobin", True)
    errand, first = _counted(lines, "task")
    several = len(errand) >= len(first)
    return Tasks(errand, first, "queue" if several else "roundrobin")


def read_instance(
    map_path: Path, agents_path: Path, tasks_path: Path, *, hand_out: HandOut | None = None
) -> Instance:
    """Read an instance from its three files.

    Args:
        map_path: Octile map.
        agents_path: See `parse_agents`.
        tasks_path: See `parse_tasks`.
        hand_out: Rule to use in place of the format's own.

    Raises:
        InvalidInput: Naming the file and what is wrong with it.
    """
    grid = _parsed(map_path, parse_map)
    starts = _parsed(agents_path, lambda text: parse_agents(text, grid))
    tasks = _parsed(tasks_path, parse_tasks)
    return make_instance(grid, starts, replace(tasks, hand_out=hand_out or tasks.hand_out))


def read_problem(path: Path, *, hand_out: HandOut | None = None) -> Instance:
    """Read a League of Robot Runners problem: a JSON file that names the three others.

    File names are looked up beside the JSON file: with their folder, else without.

    Raises:
        InvalidInput: Naming the file and what is wrong with it.
    """
    problem = _parsed(path, _parse_problem)
    files = []
    for key in ("mapFile", "agentFile", "taskFile"):
        name = problem.get(key)
        if not isinstance(name, str):
            raise InvalidInput(f"{path.name}: '{key}' is {name!r}; it must name a file")
        beside = path.parent / name
        files.append(beside if beside.exists() else path.parent / Path(name).name)
    strategy = problem.get("taskAssignmentStrategy", "roundrobin")
    if strategy not in _STRATEGY:
        raise InvalidInput(
            f"{path.name}: taskAssignmentStrategy is {strategy!r}; known are "
            f"{', '.join(_STRATEGY)}"
        )
    instance = read_instance(*files, hand_out=hand_out or _STRATEGY[strategy])
    size = problem.get("teamSize", len(instance.starts))
    if not isinstance(size, int) or not 1 <= size <= len(instance.starts):
        raise InvalidInput(
            f"{path.name}: teamSize is {size!r}; the agents file has {len(instance.starts)}"
        )
    return replace(instance, starts=instance.starts[:size])


def as_hand_out(name: str) -> HandOut:
    """Check the name of a rule.

    Raises:
        InvalidInput: If there is no such rule.
    """
    if name not in get_args(HandOut):
        raise InvalidInput(f"hand-out is {name!r}; choose from {', '.join(get_args(HandOut))}")
    return cast(HandOut, name)


def _parsed(path: Path, parse: Callable[[str], T]) -> T:
    """Read and parse one file; its name leads the message."""
    try:
        return parse(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}; give a file that can be read") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path.name}: byte {error.start} is not UTF-8; give a text file"
        ) from error
    except InvalidInput as error:
        raise InvalidInput(f"{path.name}: {error}") from error


def _parse_problem(text: str) -> dict[str, Any]:
    try:
        problem = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"expected JSON; {error}") from error
    if not isinstance(problem, dict):
        raise InvalidInput("expected a JSON object with mapFile, agentFile and taskFile")
    return problem


def _lines(text: str) -> list[tuple[int, str]]:
    """Numbered lines that say something; `#` begins a comment line (2024)."""
    stripped = ((n, line.strip()) for n, line in enumerate(text.splitlines(), 1))
    return [(n, line) for n, line in stripped if line and not line.startswith("#")]


def _number(line: int, text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        raise InvalidInput(
            f"line {line}: {text[:20]!r} is no whole number of at most {_LONGEST} digits"
        )
    return int(text)


def _counted(lines: list[tuple[int, str]], noun: str) -> tuple[Int32, Int32]:
    """Read a count and as many lines of numbers: (all numbers, where each line's begin)."""
    if not lines:
        raise InvalidInput(f"line 1: expected the number of {noun}s, found the end of the file")
    count = _number(*lines[0])
    if len(lines) - 1 != count:
        raise InvalidInput(
            f"line {lines[-1][0]}: the file has {len(lines) - 1} {noun}s, its first line says "
            f"{count}"
        )
    numbers: list[int] = []
    first = [0]
    for n, line in lines[1:]:
        numbers.extend(_number(n, part) for part in line.split(","))
        first.append(len(numbers))
    if noun == "robot" and len(numbers) != count:
        long = next(i for i in range(count) if first[i + 1] - first[i] > 1)
        raise InvalidInput(f"line {lines[long + 1][0]}: expected one start cell, found several")
    return np.array(numbers, np.int32), np.array(first, np.int32)


def _csv_agents(lines: list[tuple[int, str]], grid: Grid) -> Int32:
    number, head = lines[0]
    if [part.strip() for part in head.split(",")] != ["agent id", "row", "col"]:
        raise InvalidInput(
            f"line {number}: expected the number of robots or the head 'agent id,row,col', found "
            f"{head[:40]!r}"
        )
    cells = np.empty(len(lines) - 1, np.int32)
    for i, (n, line) in enumerate(lines[1:]):
        parts = line.split(",")
        if len(parts) != 3:
            raise InvalidInput(f"line {n}: expected agent id, row and column, found {line[:40]!r}")
        name, row, col = (_number(n, part) for part in parts)
        if name != i:
            raise InvalidInput(f"line {n}: expected agent {i}, found {name}; sort the robots by id")
        try:
            cells[i] = grid.cell(row, col)
        except InvalidInput as error:
            raise InvalidInput(f"line {n}: {error}") from error
    return cells


def _check_cells(grid: Grid, cells: Int32, noun: str, verb: str) -> None:
    outside = np.flatnonzero((cells < 0) | (cells >= grid.cells))
    if len(outside):
        i = int(outside[0])
        raise InvalidInput(
            f"{noun} {i} {verb} cell {cells[i]}; the {grid.height}×{grid.width} map has cells 0 to "
            f"{grid.cells - 1}"
        )
    blocked = np.flatnonzero(~grid.free[cells])
    if len(blocked):
        i = int(blocked[0])
        cell = int(cells[i])
        raise InvalidInput(
            f"{noun} {i} {verb} cell {cell} (row {grid.row(cell)}, column {grid.col(cell)}, from "
            "0), which is blocked; is this the right map?"
        )

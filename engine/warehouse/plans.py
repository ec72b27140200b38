r"""Plans as files: compact JSON that `validate` and other tools can read.

::

    {"format": "atrium-plan", "version": 1, "actionModel": "MAPF",
     "height": 33, "width": 57, "steps": 500, "seed": 1, "teamSize": 200,
     "starts": [853, …],              start cells, row-major
     "moves": ["RRDW…", …],           one letter a step for each robot
     "tasks": [[[1298], [445, 17]], …],   errands of each task each robot got, in order
     "done": [[12, 40], …],           step after which it stood on each errand's cell
     "tasksFinished": 2785}

Letters are the League of Robot Runners' without rotation: R right (column + 1), D down (row + 1),
L left, U up, W wait; the commas between them are left out. An errand is done at the first step
after the one before it was done (after step 0 for the first) at whose end the robot stands on its
cell; steps count from 1.

Shape letters: A agents, S steps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

FORMAT: Final = "atrium-plan"
VERSION: Final = 1
_LETTERS: Final = np.frombuffer(b"RDLUW", np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A lifelong plan.

    Attributes:
        height: Rows of the floor.
        width: Columns of the floor.
        seed: Seed of the planner.
        starts: int32 [A], start cells.
        moves: uint8 [S, A], 0 right, 1 down, 2 left, 3 up, 4 wait.
        tasks: For each robot the tasks it got, in order, each as its errands' cells.
        done: For each robot the steps at which it ran its errands, in order.
        finished: Tasks finished.
    """

    height: int
    width: int
    seed: int
    starts: Int32
    moves: UInt8
    tasks: list[list[list[int]]]
    done: list[list[int]]
    finished: int


def plan_facts(plan: Plan) -> dict[str, Any]:
    """The plan as the JSON object of this module."""
    letters = np.ascontiguousarray(_LETTERS[plan.moves].T)
    return {
        "format": FORMAT, "version": VERSION, "actionModel": "MAPF",
        "height": plan.height, "width": plan.width, "steps": len(plan.moves),
        "seed": plan.seed, "teamSize": len(plan.starts), "starts": plan.starts.tolist(),
        "moves": [row.tobytes().decode("ascii") for row in letters],
        "tasks": plan.tasks, "done": plan.done, "tasksFinished": plan.finished,
    }


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan; an older file of that name stays until the new one is whole.

    Raises:
        InvalidInput: If the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(json.dumps(plan_facts(plan), separators=(",", ":")), "utf-8")
        part.replace(path)
    except OSError as error:
        raise InvalidInput(
            f"{path}: {error.strerror}; give a place that can be written to"
        ) from error

"""Training runs as processes beside the app: start, pause, go on, and how each one stands.

A run is a folder under `runs/` of the user's data with what `train_run` writes there. Its process
fills the caches it learns from, shared by all runs, and then trains; asked to end, it keeps its
state, and the same recipe goes on from there. A run that was started in a shell is shown too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from engine.errors import InvalidInput
from engine.live.processes import last_words, spawn
from engine.params import Params, knob
from engine.perception.models import NAME, runs_folder
from engine.perception.train_params import TrainingParams

Standing = Literal["starting", "running", "paused", "finished", "failed"]

RECIPE: Final = "recipe.json"
PID: Final = "pid"
LOG: Final = "log"
METRICS: Final = "metrics.jsonl"
NICENESS: Final = "15"
FRESH_S: Final = 180.0
"""A run of a shell that wrote a line this recently is taken to be running."""
_TAIL_BYTES: Final = 4096

_children: dict[Path, subprocess.Popen[bytes]] = {}


class Recipe(Params):
    """What a run learns from, beside `TrainingParams`."""

    pictures: int = knob(5120, "Pictures", "Rendered pictures to learn from; the first run of a "
                         "size renders them.", low=256, high=200_000, step=256, group="Data",
                         live=False)
    val_pictures: int = knob(512, "Validation pictures", "Rendered pictures to validate on.",
                             low=64, high=20_000, step=64, group="Data", live=False)
    seed: int = knob(1, "Seed", "Of weights, order and augmentation.", low=0, high=2**31 - 1,
                     step=1, group="Data", live=False)


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One run's folder and how it stands.

    Attributes:
        name: Of the folder.
        folder: Where everything of it lies.
        standing: What its process does.
        problem: Why it failed, or "".
        known: Whether its recipe is kept, so that the page can go on with it.
        steps: Steps it is to make; 0 where that is not known.
        card: Of its best weights; {} before the first validation.
    """

    name: str
    folder: Path
    standing: Standing
    problem: str
    known: bool
    steps: int
    card: Mapping[str, Any]


def training_runs() -> list[TrainingRun]:
    """Every run, the one that spoke last first."""
    folders = [p for p in runs_folder().glob("*") if p.is_dir() and NAME.fullmatch(p.name)
               and ((p / METRICS).exists() or (p / RECIPE).exists())]
    folders.sort(key=_spoke, reverse=True)
    return [look(folder.name) for folder in folders]


def look(name: str) -> TrainingRun:
    """How a run stands.

    Raises:
        InvalidInput: If the name is no name.
    """
    folder = _folder(name)
    child = _children.get(folder)
    status = child.poll() if child is not None else None
    recipe, card = _json(folder / RECIPE), _json(folder / "best.json")
    steps = int((recipe.get("training") or card.get("trained", {}).get("params") or {}
                 ).get("steps", 0))
    standing: Standing = "paused"
    problem = ""
    if _process(folder) is not None:
        standing = "running"
    elif child is not None and status is None:
        standing = "starting"
    elif status and status != -signal.SIGTERM:
        standing, problem = "failed", last_words(folder / LOG, status)
    elif steps and last_step(folder) >= steps:
        standing = "finished"
    elif not recipe and _spoke(folder) > time.time() - FRESH_S:
        standing = "running"
    return TrainingRun(name, folder, standing, problem, bool(recipe), steps, card)


def start(name: str, recipe: Recipe, training: TrainingParams) -> TrainingRun:
    """Begin a new run.

    Raises:
        InvalidInput: If the name cannot be used or is taken.
    """
    folder = _folder(name)
    if folder.exists():
        raise InvalidInput(f"there is a run {name!r} already; choose another name, or go on with "
                           "that one")
    folder.mkdir(parents=True)
    facts = {"data": recipe.model_dump(), "training": training.model_dump()}
    (folder / RECIPE).write_text(json.dumps(facts, indent=1), "utf-8")
    return go_on(name)


def go_on(name: str) -> TrainingRun:
    """Start a run's process, from its last state if it has one.

    Raises:
        InvalidInput: If it is running or finished, or its recipe is not known.
    """
    run = look(name)
    if run.standing in ("running", "starting"):
        raise InvalidInput(f"{name} is running already")
    if run.standing == "finished":
        raise InvalidInput(f"{name} has made all of its {run.steps:,} steps; start a new run")
    if not run.known:
        raise InvalidInput(f"the recipe of {name} is not known, because it was started in a shell; "
                           "go on with it there")
    words = ["engine.perception.learn", str(run.folder)]
    with (run.folder / LOG).open("ab") as log:
        _children[run.folder] = spawn(words, NICENESS, log, subprocess.STDOUT)
    return look(name)


def pause(name: str) -> None:
    """Ask a run's process to keep its state and end; it does within a step.

    Raises:
        InvalidInput: If it is not running, or was started in a shell.
    """
    folder = _folder(name)
    process, child = _process(folder), _children.get(folder)
    if process is not None:
        os.kill(process, signal.SIGTERM)
    elif child is not None and child.poll() is None:
        child.terminate()
    else:
        raise InvalidInput(f"{name} has no process of this app; a run of a shell is ended there")


def entries(name: str, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Lines of a run's metrics from a byte offset on, and the offset for the next time.

    A run that was resumed may have shortened the file: then reading begins anew.

    Raises:
        InvalidInput: If the name is no name.
    """
    try:
        with (_folder(name) / METRICS).open("rb") as file:
            at = offset if offset <= file.seek(0, os.SEEK_END) else 0
            file.seek(at)
            data = file.read()
    except OSError:
        return [], 0
    whole = data[:data.rfind(b"\n") + 1]
    lines = []
    for line in whole.splitlines():
        with suppress(ValueError):
            facts = json.loads(line)
            if isinstance(facts, dict) and isinstance(facts.get("step"), int):
                lines.append(facts)
    return lines, at + len(whole)


def last_step(folder: Path) -> int:
    """The newest step in a run's metrics; 0 before the first."""
    try:
        with (folder / METRICS).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return 0
    for line in reversed(lines):
        with suppress(ValueError, KeyError, TypeError):
            return int(json.loads(line)["step"])
    return 0


def read_recipe(folder: Path) -> tuple[Recipe, TrainingParams]:
    """What a run was started with.

    Raises:
        InvalidInput: If it is not there or damaged.
    """
    facts = _json(folder / RECIPE)
    if not {"data", "training"} <= set(facts):
        raise InvalidInput(f"{folder.name} has no whole {RECIPE}; start a new run")
    return Recipe.parse(facts["data"]), TrainingParams.parse(facts["training"])


def _folder(name: str) -> Path:
    if not NAME.fullmatch(name):
        raise InvalidInput(f"{name[:60]!r} is no name for a run; use up to 40 letters, digits, - "
                           "and _")
    return runs_folder() / name


def _process(folder: Path) -> int | None:
    """The process that works in a folder, or None; numbers are given again, so its words count."""
    try:
        number = int((folder / PID).read_text("utf-8"))
        os.kill(number, 0)
        words = (Path("/proc") / str(number) / "cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return number if any(Path(os.fsdecode(w)).name == folder.name for w in words if w) else None


def _json(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        facts = json.loads(path.read_text("utf-8"))
        if isinstance(facts, dict):
            return facts
    return {}


def _spoke(folder: Path) -> float:
    times = [p.stat().st_mtime for p in (folder / METRICS, folder / RECIPE) if p.exists()]
    return max(times, default=0.0)

"""Learning runs as processes beside the app: start, pause, go on, and how each one stands.

A run is a folder under `runs/` of the user's data. The process that works in it writes its number
to `pid`, figures to `journal.jsonl` and its standing to `state.json`; told to stop, it keeps a
checkpoint and ends, and the same command goes on from there. The command is kept in
`command.json`, so that a page can repeat it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from engine.errors import InvalidInput, ModelUnavailable
from engine.go import journal
from engine.go.architecture import Architecture
from engine.go.checkpoint import find
from engine.go.files import data_folder
from engine.go.learning_params import LoopParams, SelfPlayParams, TrainingParams
from engine.live.files import replace
from engine.live.processes import last_words, spawn, works_in
from engine.params import Params

Standing = Literal["starting", "running", "paused", "failed"]

COMMAND: Final = "command.json"
LOG: Final = "log"
NICENESS: Final = "10"
MOST_ACTORS: Final = 64
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")

_children: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a self-play run is started with.

    Attributes:
        network: Size, as in "6x64".
        start: Name of the network to begin from, or "" for random weights.
        actors: Processes that play.
        seed: Of everything.
        selfplay: How games are searched.
        training: How the network is trained.
        loop: How generations follow each other.
    """

    network: str = "6x64"
    start: str = ""
    actors: int = 1
    seed: int = 1
    selfplay: SelfPlayParams = field(default_factory=SelfPlayParams)
    training: TrainingParams = field(default_factory=TrainingParams)
    loop: LoopParams = field(default_factory=LoopParams)

    def arguments(self) -> list[str]:
        """The command line behind `--folder`.

        Raises:
            InvalidInput: If size, actors or seed cannot be.
            ModelUnavailable: If there is no network to begin from.
        """
        Architecture.parse(self.network)
        if not 1 <= self.actors <= MOST_ACTORS:
            raise InvalidInput(f"{self.actors} actors; choose 1 to {MOST_ACTORS}")
        out = ["--network", self.network, "--actors", str(self.actors), "--seed", str(self.seed)]
        if self.start:
            find(self.start)
            out += ["--start", self.start]
        for params in (self.loop, self.selfplay, self.training):
            out += _options(params)
        return out


@dataclass(frozen=True, slots=True)
class LearningRun:
    """One run's folder and how it stands.

    Attributes:
        name: Name of the folder.
        folder: Where everything of it lies.
        standing: What its process does.
        facts: What it last said of itself; empty before it has said anything.
        problem: Why it failed, or "".
        known: Whether its command is kept, so that it can go on from here.
    """

    name: str
    folder: Path
    standing: Standing
    facts: Mapping[str, Any]
    problem: str
    known: bool


def runs_folder() -> Path:
    """Where learning runs lie."""
    return data_folder() / "runs"


def learning_runs() -> list[LearningRun]:
    """Every run, the one that spoke last first."""
    folders = [p for p in runs_folder().glob("*") if p.is_dir() and _NAME.fullmatch(p.name)]
    folders.sort(key=_spoke, reverse=True)
    return [look(folder.name) for folder in folders]


def look(name: str) -> LearningRun:
    """How a run stands.

    Raises:
        InvalidInput: If the name is no name.
    """
    folder = _folder(name)
    child = _children.get(folder)
    status = child.poll() if child is not None else None
    process = journal.running(folder)
    standing: Standing = "paused"
    problem = ""
    if process is not None and works_in(process, folder):
        standing = "running"
    elif child is not None and status is None:
        standing = "starting"
    elif status and status != -signal.SIGTERM:  # a process told to end while it was starting
        standing, problem = "failed", last_words(folder / LOG, status)
    return LearningRun(name, folder, standing, journal.state(folder), problem,
                       (folder / COMMAND).exists())


def start(name: str, recipe: Recipe) -> LearningRun:
    """Begin a new run.

    Raises:
        InvalidInput: If the name or the recipe cannot be used, or the name is taken.
        ModelUnavailable: If there is no network to begin from.
    """
    folder = _folder(name)
    if folder.exists():
        raise InvalidInput(f"there is a run {name!r} already; choose another name, or go on with "
                           "that one")
    arguments = recipe.arguments()
    folder.mkdir(parents=True)
    command = ["selfplay", "--folder", str(folder), *arguments]
    replace(folder / COMMAND, json.dumps(command).encode())
    return go_on(name)


def go_on(name: str) -> LearningRun:
    """Start a run's process, from its last checkpoint if it has one.

    Raises:
        InvalidInput: If it is running, or its command is not known.
    """
    run = look(name)
    if run.standing in ("running", "starting"):
        raise InvalidInput(f"{name} is running already")
    try:
        command = json.loads((run.folder / COMMAND).read_text("utf-8"))
    except (OSError, ValueError):
        raise InvalidInput(f"the command of {name} is not known, because it was started in a "
                           "shell; start it there again") from None
    if not (isinstance(command, list) and command and all(isinstance(c, str) for c in command)):
        raise InvalidInput(f"{COMMAND} of {name} is damaged; start the run in a shell")
    words = ["engine.go", *command]
    with (run.folder / LOG).open("ab") as log:
        _children[run.folder] = spawn(words, NICENESS, log, subprocess.STDOUT)
    return look(name)


def pause(name: str) -> None:
    """Ask a run's process to keep a checkpoint and end; it ends by itself within seconds.

    Raises:
        InvalidInput: If it is not running.
    """
    folder = _folder(name)
    process = journal.running(folder)
    child = _children.get(folder)
    if process is None and child is not None and child.poll() is None:
        child.terminate()
    elif process is not None and works_in(process, folder):
        os.kill(process, signal.SIGTERM)
    else:
        raise InvalidInput(f"{name} is not running")


def entries(name: str, offset: int = 0) -> tuple[list[journal.Entry], int]:
    """Figures of a run from a byte offset on, and the next offset; see `journal.read`."""
    return journal.read(_folder(name), offset)


def networks_of(run: LearningRun) -> list[Path]:
    """Networks that a run has made, the newest first."""
    made = [*(run.folder / "nets").glob("*.safetensors"), *run.folder.glob("latest.safetensors")]
    return sorted(made, key=lambda p: p.stat().st_mtime, reverse=True)


def best_of(run: LearningRun) -> Path:
    """The network a run calls its best.

    Raises:
        ModelUnavailable: If it has none yet.
    """
    said = Path(str(run.facts.get("network", "")))
    if said.suffix == ".safetensors" and (run.folder / said.name).exists():
        return run.folder / said.name
    if said.suffix == ".safetensors" and (run.folder / "nets" / said.name).exists():
        return run.folder / "nets" / said.name
    raise ModelUnavailable(f"{run.name} has no network yet; wait for its first checkpoint")


def _folder(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name[:60]!r} is no name for a run; use up to 40 letters, digits, - "
                           "and _")
    return runs_folder() / name


def _options(params: Params) -> Sequence[str]:
    """Command line options of the values that are not the defaults."""
    out: list[str] = []
    for name in params.changed_from(type(params)()):
        value = getattr(params, name)
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            out.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            out += [f"--{flag}", str(value)]
    return out



def _spoke(folder: Path) -> float:
    times = [p.stat().st_mtime for p in (folder / "state.json", folder / COMMAND) if p.exists()]
    return max(times, default=folder.stat().st_mtime)

"""Fleet runs as processes beside the app: start, stop, go on, and how each one stands.

A run is a folder under `fleet/` of the user's data; the process that works in it writes `pid`,
`rows.jsonl` and `facts.json` (see `ledger`). The command is kept in `command.json`, so that a page
can go on with it; a run told to stop ends behind the vehicle it is at.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from engine.errors import InvalidInput
from engine.live.files import replace
from engine.live.processes import last_words, spawn, works_in
from engine.perception import ledger
from engine.perception.files import data_folder

Kind = Literal["shadow", "collect", "round", "autolabel"]
Standing = Literal["starting", "running", "stopped", "finished", "failed"]

KINDS: Final[tuple[Kind, ...]] = ("shadow", "collect", "round", "autolabel")
NICENESS: Final = "10"
_COMMAND: Final = "command.json"
_LOG: Final = "log"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_OPTION: Final = re.compile(r"[a-z][a-z-]{0,30}")

_children: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class FleetRun:
    """One run's folder and how it stands.

    Attributes:
        name: Name of the folder.
        kind: Command of `python -m engine.perception`.
        folder: Where everything of it lies.
        standing: What its process does.
        facts: What it last said of itself; empty before it has said anything.
        problem: Why it failed, or "".
    """

    name: str
    kind: str
    folder: Path
    standing: Standing
    facts: Mapping[str, Any]
    problem: str


def runs_folder() -> Path:
    """Where fleet runs lie."""
    return data_folder() / "fleet"


def runs() -> list[FleetRun]:
    """Every run, the newest first; damaged ones are passed over."""
    folders = [p.parent for p in runs_folder().glob(f"*/{_COMMAND}")
               if _NAME.fullmatch(p.parent.name)]
    folders.sort(key=lambda p: (p / _COMMAND).stat().st_mtime, reverse=True)
    found = []
    for folder in folders:
        with suppress(InvalidInput):
            found.append(look(folder.name))
    return found


def look(name: str) -> FleetRun:
    """How a run stands.

    Raises:
        InvalidInput: If the name is no name, or there is no such run.
    """
    folder = _folder(name)
    command = _command(folder)
    child = _children.get(folder)
    status = child.poll() if child is not None else None
    facts = ledger.facts(folder)
    process = ledger.running(folder)
    standing: Standing = "stopped"
    problem = ""
    if process is not None and works_in(process, folder):
        standing = "running"
    elif child is not None and status is None:
        standing = "starting"
    elif status and status != -signal.SIGTERM:  # told to end while it was starting
        standing, problem = "failed", last_words(folder / _LOG, status)
    elif facts.get("done") or (facts.get("of") and facts.get("of") == facts.get(
            "rounds" if command[0] == "round" else "vehicles")):
        standing = "finished"
    return FleetRun(name, command[0], folder, standing, facts, problem)


def start(kind: Kind, name: str, options: Mapping[str, Any]) -> FleetRun:
    """Begin a new run.

    Args:
        kind: One of `KINDS`.
        name: Of the run.
        options: Long options of the command without their dashes, as in {"vehicles": 200}; their
            values are checked by the command itself.

    Raises:
        InvalidInput: If kind, name or an option's name cannot be used, or the name is taken.
    """
    if kind not in KINDS:
        raise InvalidInput(f"kind is {kind!r}; choose from {', '.join(KINDS)}")
    folder = _folder(name)
    if folder.exists():
        raise InvalidInput(f"there is a run {name!r} already; choose another name, or go on with "
                           "that one")
    command = [kind, "--out", str(folder)]
    for option, value in options.items():
        flag = option.replace("_", "-")
        if not _OPTION.fullmatch(flag):
            raise InvalidInput(f"{option[:40]!r} is no option; use letters and dashes")
        command += [f"--{flag}", str(value)]
    replace(folder / _COMMAND, json.dumps(command).encode())
    return go_on(name)


def go_on(name: str) -> FleetRun:
    """Start a run's process, behind the last line that it wrote.

    Raises:
        InvalidInput: If it is running, or its command is not known.
    """
    run = look(name)
    if run.standing in ("running", "starting"):
        raise InvalidInput(f"{name} is running already")
    words = ["engine.perception", *_command(run.folder)]
    with (run.folder / _LOG).open("wb") as log:
        _children[run.folder] = spawn(words, NICENESS, subprocess.DEVNULL, log)
    return look(name)


def stop(name: str) -> None:
    """Ask a run's process to end; it does so by itself within seconds.

    Raises:
        InvalidInput: If it is not running.
    """
    folder = _folder(name)
    process = ledger.running(folder)
    child = _children.get(folder)
    if process is not None and works_in(process, folder):
        os.kill(process, signal.SIGTERM)
    elif child is not None and child.poll() is None:
        child.terminate()
    else:
        raise InvalidInput(f"{name} is not running")


def rows(name: str) -> list[dict[str, Any]]:
    """Every line of a run: a vehicle, or a round."""
    return ledger.rows(_folder(name))


def _folder(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name[:60]!r} is no name for a run; use up to 40 letters, digits, - "
                           "and _")
    return runs_folder() / name


def _command(folder: Path) -> list[str]:
    try:
        command = json.loads((folder / _COMMAND).read_text("utf-8"))
    except (OSError, ValueError):
        raise InvalidInput(f"there is no fleet run {folder.name}; start it first") from None
    if not (isinstance(command, list) and command and all(isinstance(c, str) for c in command)
            and command[0] in KINDS):
        raise InvalidInput(f"{_COMMAND} of {folder.name} is damaged; delete the run")
    return command

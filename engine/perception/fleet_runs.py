"""Runs of the fleet as processes beside the app: shadow, collect, round.

A run is a folder under `fleet/` of the user's data. Its process is the command line's own; it keeps
a `ledger.Ledger` there, ends behind the vehicle it is at when asked to, and the same command goes
on from there. The command is kept in `command.json`, so that a page can repeat it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from engine.errors import InvalidInput
from engine.params import Params
from engine.perception import ledger
from engine.perception.files import data_folder, replace

Standing = Literal["starting", "running", "paused", "finished", "failed"]

KINDS: Final = ("shadow", "collect", "round")
ROOT: Final = Path(__file__).resolve().parents[2]
COMMAND: Final = "command.json"
LOG: Final = "log"
NICENESS: Final = "15"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_TAIL_BYTES: Final = 4096

_children: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class FleetRun:
    """One run's folder and how it stands.

    Attributes:
        name: Of the folder.
        kind: One of `KINDS`.
        folder: Where everything of it lies.
        standing: What its process does.
        facts: What it last said of itself; {} before the first vehicle.
        recipe: What it was started with.
        problem: Why it failed, or "".
    """

    name: str
    kind: str
    folder: Path
    standing: Standing
    facts: Mapping[str, Any]
    recipe: Mapping[str, Any]
    problem: str


def fleet_folder() -> Path:
    """Where runs of the fleet lie."""
    return data_folder() / "fleet"


def runs() -> list[FleetRun]:
    """Every run, the newest first."""
    folders = [p for p in fleet_folder().glob("*") if _NAME.fullmatch(p.name)
               and (p / COMMAND).is_file()]
    folders.sort(key=lambda p: (p / COMMAND).stat().st_mtime, reverse=True)
    return [look(folder.name) for folder in folders]


def look(name: str) -> FleetRun:
    """How a run stands.

    Raises:
        InvalidInput: If the name is no name.
    """
    folder = _folder(name)
    child = _children.get(folder)
    status = child.poll() if child is not None else None
    kept, facts = _json(folder / COMMAND), ledger.facts(folder)
    standing: Standing = "paused"
    problem = ""
    if _process(folder) is not None:
        standing = "running"
    elif child is not None and status is None:
        standing = "starting"
    elif status and status != -signal.SIGTERM:
        standing, problem = "failed", _last_words(folder, status)
    elif facts.get("of") and facts.get("vehicles") == facts.get("of"):
        standing = "finished"
    return FleetRun(name, str(kept.get("kind", "")), folder, standing, facts,
                    dict(kept.get("recipe", {})), problem)


def start(kind: str, name: str, params: Params, networks: Mapping[str, Path]) -> FleetRun:
    """Begin a new run.

    Args:
        kind: One of `KINDS`.
        name: Of its folder.
        params: Knobs of its command.
        networks: Options of its command that name weights.

    Raises:
        InvalidInput: If the kind is unknown, or the name cannot be used or is taken.
    """
    if kind not in KINDS:
        raise InvalidInput(f"kind is {kind[:40]!r}; choose from {', '.join(KINDS)}")
    folder = _folder(name)
    if folder.exists():
        raise InvalidInput(f"there is a run {name!r} already; choose another name, or go on with "
                           "that one")
    folder.mkdir(parents=True)
    words = [kind, "--out", str(folder)]
    for option, path in networks.items():
        words += [f"--{option}", str(path)]
    for knob in params.changed_from(type(params)()):
        words += [f"--{knob.replace('_', '-')}", str(getattr(params, knob))]
    recipe = {**params.model_dump(), **{option: path.stem for option, path in networks.items()}}
    replace(folder / COMMAND, json.dumps(
        {"kind": kind, "words": words, "recipe": recipe}).encode())
    return go_on(name)


def go_on(name: str) -> FleetRun:
    """Start a run's process, behind the last vehicle if it has one.

    Raises:
        InvalidInput: If it is running, or its command is not known.
    """
    run = look(name)
    if run.standing in ("running", "starting"):
        raise InvalidInput(f"{name} is running already")
    words = _json(run.folder / COMMAND).get("words")
    if not (isinstance(words, list) and words and all(isinstance(w, str) for w in words)):
        raise InvalidInput(f"{COMMAND} of {name} is missing or damaged; start a new run")
    nice = shutil.which("nice")
    whole = [sys.executable, "-m", "engine.perception", *words]
    with (run.folder / LOG).open("ab") as log:
        _children[run.folder] = subprocess.Popen(
            [nice, "-n", NICENESS, *whole] if nice else whole, cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    return look(name)


def stop(name: str) -> None:
    """Ask a run's process to end behind the vehicle it is at.

    Raises:
        InvalidInput: If it is not running.
    """
    folder = _folder(name)
    process, child = _process(folder), _children.get(folder)
    if process is not None:
        os.kill(process, signal.SIGTERM)
    elif child is not None and child.poll() is None:
        child.terminate()
    else:
        raise InvalidInput(f"{name} is not running")


def rows(name: str) -> list[dict[str, Any]]:
    """Every line of a run: one a vehicle, clip or round.

    Raises:
        InvalidInput: If the name is no name.
    """
    return ledger.rows(_folder(name))


def _folder(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name[:60]!r} is no name for a run; use up to 40 letters, digits, - "
                           "and _")
    return fleet_folder() / name


def _process(folder: Path) -> int | None:
    """The process that works in a folder, or None; numbers are given again, so its words count."""
    process = ledger.running(folder)
    if process is None:
        return None
    try:
        words = (Path("/proc") / str(process) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return process if os.fsencode(folder) in words else None


def _json(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text("utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def _last_words(folder: Path, status: int) -> str:
    """The last line of a failed run's log."""
    lines: list[str] = []
    with suppress(OSError), (folder / LOG).open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return f"it ended with status {status}: {lines[-1][:300] if lines else 'nothing was logged'}"

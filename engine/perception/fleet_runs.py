"""Fleet runs as processes beside the app: start, stop, go on, and how each one stands.

A run is a folder under `fleet/` of the user's data; the process that works in it writes `pid`,
`rows.jsonl` and `facts.json` (see `ledger`). The command is kept in `command.json`, so that a page
can go on with it; a run told to stop ends behind the vehicle it is at.
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
from engine.perception import ledger
from engine.perception.files import data_folder, replace

Kind = Literal["shadow", "collect", "round", "autolabel"]
Standing = Literal["starting", "running", "stopped", "finished", "failed"]

KINDS: Final[tuple[Kind, ...]] = ("shadow", "collect", "round", "autolabel")
ROOT: Final = Path(__file__).resolve().parents[2]
NICENESS: Final = "10"
_COMMAND: Final = "command.json"
_LOG: Final = "log"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_OPTION: Final = re.compile(r"[a-z][a-z-]{0,30}")
_TAIL_BYTES: Final = 4096

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
    if process is not None and _is_ours(process, folder):
        standing = "running"
    elif child is not None and status is None:
        standing = "starting"
    elif status and status != -signal.SIGTERM:  # told to end while it was starting
        standing, problem = "failed", _last_words(folder, status)
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
    nice = shutil.which("nice")
    words = [sys.executable, "-m", "engine.perception", *_command(run.folder)]
    with (run.folder / _LOG).open("wb") as log:
        _children[run.folder] = subprocess.Popen(
            [nice, "-n", NICENESS, *words] if nice else words, cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
    return look(name)


def stop(name: str) -> None:
    """Ask a run's process to end; it does so by itself within seconds.

    Raises:
        InvalidInput: If it is not running.
    """
    folder = _folder(name)
    process = ledger.running(folder)
    child = _children.get(folder)
    if process is not None and _is_ours(process, folder):
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


def _is_ours(process: int, folder: Path) -> bool:
    """Whether a process number still means the run; numbers are given again."""
    try:
        words = (Path("/proc") / str(process) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return not Path("/proc/self/cmdline").exists()  # systems without /proc: believe the file
    return any(Path(os.fsdecode(w)).name == folder.name for w in words if w)


def _last_words(folder: Path, status: int) -> str:
    """The last line of a failed run's log."""
    try:
        with (folder / _LOG).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return f"it ended with status {status}: {lines[-1][:300] if lines else 'nothing was logged'}"

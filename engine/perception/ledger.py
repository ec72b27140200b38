"""What a long run of the fleet leaves behind: a line a vehicle, clip or round, and its standing.

`rows.jsonl` grows, `facts.json` is replaced, `pid` names the process that works in the folder. A
run that was killed goes on behind its last whole line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from engine.errors import InvalidInput
from engine.live.files import replace

ROWS: Final = "rows.jsonl"
FACTS: Final = "facts.json"
PID: Final = "pid"
_RECIPE: Final = "recipe.json"


class Ledger:
    """The writing side; use it as a context manager around the run.

    Args:
        folder: The run's own; made when missing.
        recipe: What determines the rows; a folder goes on only with the same.

    Raises:
        InvalidInput: If a living process works in the folder, or it is of another recipe.
    """

    def __init__(self, folder: Path, recipe: Mapping[str, Any]) -> None:
        self.folder = folder
        self._recipe = json.loads(json.dumps(dict(recipe)))
        self.rows: list[dict[str, Any]] = []

    def __enter__(self) -> Ledger:
        other = running(self.folder)
        if other is not None and other != os.getpid():
            raise InvalidInput(f"process {other} works in {self.folder.name} already; stop it or "
                               "choose another folder")
        place = self.folder / _RECIPE
        if place.exists():
            old = json.loads(place.read_text("utf-8"))
            if old != self._recipe:
                changed = sorted(k for k in old.keys() | self._recipe.keys()
                                 if old.get(k) != self._recipe.get(k))
                raise InvalidInput(f"{self.folder.name} holds a run with another "
                                   f"{', '.join(changed)}; use the same, or another folder")
        else:
            replace(place, json.dumps(self._recipe).encode())
        self.rows = rows(self.folder)
        replace(self.folder / ROWS, b"".join(_line(r) for r in self.rows))
        replace(self.folder / PID, f"{os.getpid()}\n".encode())
        return self

    def __exit__(self, *_: object) -> None:
        (self.folder / PID).unlink(missing_ok=True)

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a line."""
        whole = dict(row)
        with (self.folder / ROWS).open("ab") as file:
            file.write(_line(whole))
        self.rows.append(whole)

    def state(self, facts: Mapping[str, Any]) -> None:
        """Replace how the run stands."""
        replace(self.folder / FACTS, json.dumps(dict(facts)).encode())


def rows(folder: Path) -> list[dict[str, Any]]:
    """Every whole line of a run."""
    found = []
    with suppress(OSError):
        data = (folder / ROWS).read_bytes()
        for line in data[:data.rfind(b"\n") + 1].splitlines():
            with suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict):
                    found.append(row)
    return found


def facts(folder: Path) -> dict[str, Any]:
    """How a run stands; empty where nothing is known."""
    with suppress(OSError, ValueError):
        known = json.loads((folder / FACTS).read_text("utf-8"))
        if isinstance(known, dict):
            return known
    return {}


def running(folder: Path) -> int | None:
    """Process that works in a folder, or None."""
    try:
        number = int((folder / PID).read_text("utf-8"))
        os.kill(number, 0)
    except (OSError, ValueError):
        return None
    return number


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(row)).encode() + b"\n"

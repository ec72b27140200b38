"""What a long run tells the world: figures by step, and how it stands.

`journal.jsonl` grows by a line for each set of figures; `state.json` is replaced. Both are plain
files because the metrics store belongs to one process at a time, and a run goes on while the app
is closed; the app reads the journal into the store when it is open.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.errors import InvalidInput
from engine.live.files import replace

_JOURNAL: Final = "journal.jsonl"
_STATE: Final = "state.json"
_PID: Final = "pid"


@dataclass(frozen=True, slots=True)
class Entry:
    """Figures at one step.

    Attributes:
        step: Step of the run; never falls from line to line.
        values: Series names and values.
    """

    step: int
    values: Mapping[str, float]


class Journal:
    """The writing side; use it as a context manager around the run.

    Args:
        folder: The run's own; made when missing.

    Raises:
        InvalidInput: If a living process is running in this folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Journal:
        other = running(self.folder)
        if other is not None and other != os.getpid():
            raise InvalidInput(f"Process {other} is running in {self.folder} already; stop it or "
                               "choose another folder.")
        replace(self.folder / _PID, f"{os.getpid()}\n".encode())
        return self

    def __exit__(self, *_: object) -> None:
        (self.folder / _PID).unlink(missing_ok=True)

    def rewind(self, step: int) -> None:
        """Forget figures behind a step: the run goes on from an earlier checkpoint."""
        entries, _ = read(self.folder, 0)
        kept = [_line(e) for e in entries if e.step <= step]
        replace(self.folder / _JOURNAL, b"".join(kept))

    def note(self, step: int, values: Mapping[str, float]) -> None:
        """Add figures."""
        with (self.folder / _JOURNAL).open("ab") as file:
            file.write(_line(Entry(step, values)))

    def state(self, facts: Mapping[str, Any]) -> None:
        """Replace how the run stands."""
        replace(self.folder / _STATE, json.dumps(dict(facts), indent=1).encode())


def read(folder: Path, offset: int) -> tuple[list[Entry], int]:
    """Entries from a byte offset on, and the offset for the next time.

    A run that was resumed may have rewound the file: where it is shorter than `offset`, reading
    begins anew, and the caller skips steps it has seen.
    """
    entries = []
    try:
        with (folder / _JOURNAL).open("rb") as file:
            at = offset if offset <= file.seek(0, os.SEEK_END) else 0
            file.seek(at)
            data = file.read()
    except OSError:
        return [], 0
    whole = data[:data.rfind(b"\n") + 1]
    for line in whole.splitlines():
        with suppress(ValueError, TypeError, KeyError):
            facts = json.loads(line)
            entries.append(Entry(int(facts.pop("step")),
                                 {str(k): float(v) for k, v in facts.items()}))
    return entries, at + len(whole)


def state(folder: Path) -> dict[str, Any]:
    """How a run stands; empty where nothing is known."""
    with suppress(OSError, ValueError):
        facts = json.loads((folder / _STATE).read_text("utf-8"))
        if isinstance(facts, dict):
            return facts
    return {}


def running(folder: Path) -> int | None:
    """Process that runs in a folder, or None."""
    try:
        number = int((folder / _PID).read_text("utf-8"))
        os.kill(number, 0)
    except (OSError, ValueError):
        return None
    return number


def _line(entry: Entry) -> bytes:
    values = {name: round(float(value), 6) for name, value in entry.values.items()}
    return json.dumps({"step": entry.step, **values}).encode() + b"\n"

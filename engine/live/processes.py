"""Processes that work in a folder beside the app: start one, know it again, hear how it ended."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parents[2]
_TAIL_BYTES: Final = 4096


def spawn(words: Sequence[str], niceness: str, stdout: IO[bytes] | int,
          stderr: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Run `python -m …` politely, in a session of its own: it outlives the app.

    Args:
        words: Module and its arguments.
        niceness: For `nice`, where the system has it.
        stdout: Where its output goes.
        stderr: Where its errors go.
    """
    command = [sys.executable, "-m", *words]
    nice = shutil.which("nice")
    return subprocess.Popen([nice, "-n", niceness, *command] if nice else command, cwd=ROOT,
                            stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                            start_new_session=True)


def works_in(process: int, folder: Path) -> bool:
    """Whether a process number still means the one of a folder; numbers are given again."""
    try:
        words = (Path("/proc") / str(process) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return not Path("/proc/self/cmdline").exists()  # systems without /proc: believe the file
    return any(Path(os.fsdecode(w)).name == folder.name for w in words if w)


def last_words(log: Path, status: int) -> str:
    """Why a process failed: the last line of its log."""
    lines: list[str] = []
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return f"it ended with status {status}: {lines[-1][:300] if lines else 'nothing was logged'}"

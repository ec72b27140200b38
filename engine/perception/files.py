"""Where a user's clips and fleet runs lie, and files that are never half written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_DEFAULT: Final = Path(__file__).resolve().parents[2] / "var"


def data_folder() -> Path:
    """Folder of what a user makes: $ATRIUM_DATA/perception, else var/perception beside app.py."""
    root = os.environ.get("ATRIUM_DATA", "").strip()
    return Path(root or _DEFAULT).expanduser() / "perception"


def replace(path: Path, data: bytes) -> None:
    """Write beside the file, make it durable, then take its name; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def alive(process: int) -> bool:
    """Whether a process number is in use."""
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True

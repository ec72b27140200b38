"""Where what a user makes lies, and files that are never half written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_DEFAULT: Final = Path(__file__).resolve().parents[2] / "var"


def folder_of(domain: str) -> Path:
    """Folder of what a user makes with a system: $ATRIUM_DATA/domain, else var/domain."""
    return Path(os.environ.get("ATRIUM_DATA", "").strip() or _DEFAULT).expanduser() / domain


def replace(path: Path, data: bytes) -> None:
    """Write beside the file, make it durable, then take its name; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)

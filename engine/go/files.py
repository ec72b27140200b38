"""Where a user's networks and runs lie, and files that are never half written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).resolve().parents[2] / "assets" / "go"
_DEFAULT: Final = Path(__file__).resolve().parents[2] / "var"


def data_folder() -> Path:
    """Folder of what a user makes: $ATRIUM_DATA/go, else var/go beside app.py."""
    return Path(os.environ.get("ATRIUM_DATA", "").strip() or _DEFAULT).expanduser() / "go"


def replace(path: Path, data: bytes) -> None:
    """Write beside the file, make it durable, then take its name; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)

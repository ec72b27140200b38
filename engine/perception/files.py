"""Where a user's clips and fleet runs lie, and whether a process that wrote there lives."""

from __future__ import annotations

import os
from pathlib import Path

from engine.live.files import folder_of


def data_folder() -> Path:
    """Folder of what a user makes: $ATRIUM_DATA/perception, else var/perception beside app.py."""
    return folder_of("perception")


def alive(process: int) -> bool:
    """Whether a process number is in use."""
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True

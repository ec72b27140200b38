"""Where networks and a user's runs lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from engine.live.files import folder_of

SHIPPED: Final = Path(__file__).resolve().parents[2] / "assets" / "go"


def data_folder() -> Path:
    """Folder of what a user makes: $ATRIUM_DATA/go, else var/go beside app.py."""
    return folder_of("go")

"""Where the browser gets modules and styles: under a version, so that it keeps them for good."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

FOLDER: Final = Path(__file__).parents[2] / "assets"


def _version() -> str:
    """Digest of every file's content."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


BASE: Final = f"/assets/{_version()}"
"""Address of the assets as they are now."""


class _Forever(StaticFiles):
    """Files whose address changes with their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As `StaticFiles`, with leave to keep it."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def asset_routes() -> list[Mount]:
    """Routes to hand to the ASGI app."""
    return [Mount(BASE, _Forever(directory=FOLDER))]

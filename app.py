"""The ASGI app: Streamlit with Atrium's own routes beside it. Start it with `make run`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from engine.store.routes import export_routes
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from engine.live.registry import RUNS
from engine.live.routes import live_routes
from engine.store import close_stores

HERE = Path(__file__).parent


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Leave no run and no unwritten figure behind when the server stops."""
    yield
    RUNS.close()
    close_stores()


app = st.App(
    "pages/shell.py",
    lifespan=lifespan,
    routes=[
        *live_routes(),
        *export_routes(),
        Mount("/assets", StaticFiles(directory=HERE / "assets")),
    ],
)

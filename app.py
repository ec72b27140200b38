"""The ASGI app: Streamlit with Atrium's own routes beside it. Start it with `make run`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from engine.live.registry import RUNS
from engine.live.routes import live_routes
from engine.store.routes import routes as export_routes

HERE = Path(__file__).parent


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """End the runs when the server stops, so that their last figures are recorded."""
    yield
    RUNS.close()


app = st.App(
    "pages/shell.py",
    lifespan=lifespan,
    routes=[
        *live_routes(),
        *export_routes(),
        Mount("/assets", StaticFiles(directory=HERE / "assets")),
    ],
)

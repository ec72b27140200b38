"""The ASGI app: Streamlit with Atrium's own routes beside it. Start it with `make run`."""

from __future__ import annotations

import gc
import importlib
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from engine.errors import EngineError
from engine.live.registry import RUNS
from engine.live.routes import live_routes
from engine.store.routes import routes as export_routes
from pages.common.assets import asset_routes

log = logging.getLogger("atrium")

ENGINES = ("warehouse", "dispatch", "go", "perception", "agent")
"""Warmed in the order of the navigation."""


def _prewarm() -> None:
    """Load engines and charts while the first browser is on its way.

    Streamlit collects garbage after each script run with the interpreter held. Freezing what was
    loaded for good takes some 150 ms out of every such pause, which a running floor would show.
    """
    importlib.import_module("pages.common.charts")
    for engine in ENGINES:
        importlib.import_module(f"engine.{engine}.warm").warm()
        gc.collect()
        gc.freeze()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Prewarm when the server starts; end the runs with it."""
    threading.Thread(target=_prewarm, name="prewarm", daemon=True).start()
    yield
    RUNS.close()


def show_error(error: Exception) -> bool:
    """Say in a sentence what broke a page; the details are in the server's log."""
    log.error("a page failed", exc_info=error)
    said = str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
    st.error(f"This page could not be drawn. {said}", icon=":material/error:")
    st.caption("Runs go on. Reload the page; if it happens again, the server's log has the "
               "details.")
    return True


app = st.App(
    "pages/shell.py",
    lifespan=lifespan,
    on_script_error=show_error,
    routes=[
        *live_routes(),
        *export_routes(),
        *asset_routes(),
    ],
)

"""Which run a browser tab shows: found by the token in its URL, or started anew."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import streamlit as st

from engine.errors import EngineError, StoreError
from engine.live import RUNS, Run
from engine.live.thread import Maker
from engine.params import Params
from engine.store import Store, open_store

NOTICE_S: Final = 30.0
"""How long a notice stays: a page runs again as soon as its parts have something to say."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A run and what the person should know about how it came to be.

    Attributes:
        run: The run to show.
        notice: Sentence for a token that led nowhere, or "".
    """

    run: Run
    notice: str


def metrics_store() -> Store | None:
    """The metrics store, or None with its error shown on the page."""
    try:
        return open_store()
    except StoreError as error:
        st.warning(f"Runs are not being recorded. {error}", icon=":material/database_off:")
        return None


def open_run(domain: str, make: Maker, params: Params, seed: int, *,
             rate: float, label: str = "") -> Opened:
    """The run of this tab: by URL, else by session, else a new one.

    Tokens are made by the server alone; an unknown one starts a new run and says so.

    Raises:
        EngineError: If no new run can be started.
    """
    key, told = f"{domain}.token", f"{domain}.notice"
    wanted = st.query_params.get("run")
    run = RUNS.find(wanted, domain) or RUNS.find(st.session_state.get(key), domain)
    if run is None:
        st.session_state.pop(told, None)
        if wanted or key in st.session_state:
            notice = (f"The run behind this page has ended: a run stops {RUNS.grace_s:.0f} s after "
                      "its last window closed, or when the server restarts. This is a new one; "
                      "what was recorded is on the Metrics page.")
            st.session_state[told] = (notice, time.monotonic())
        run = RUNS.open(domain, make, params, seed, rate=rate, recorder=metrics_store(),
                        label=label)
    st.session_state[key] = run.token
    if wanted != run.token:
        st.query_params["run"] = run.token
    notice, since = st.session_state.get(told, ("", 0.0))
    return Opened(run, notice if time.monotonic() - since < NOTICE_S else "")


def stop_with(error: EngineError) -> None:
    """Show why a page has no run, and end it there."""
    st.error(str(error), icon=":material/error:")
    st.button("Try again", icon=":material/refresh:")
    st.stop()

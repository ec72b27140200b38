"""The second run of the A/B view: the same riders, drivers and traffic under another policy."""

from __future__ import annotations

from functools import partial
from typing import Final, cast

import streamlit as st

from engine.dispatch import DispatchParams, DispatchSimulation
from engine.errors import EngineError
from engine.live import RUNS, Run, Simulation
from engine.live.thread import Maker
from engine.params import knobs
from pages.common.components import PATIENCE_S
from pages.common.lockstep import in_step
from pages.common.runbar import complain
from pages.common.session import metrics_store
from pages.common.steered import Pair

KEY: Final = "dispatch.rival"
POLICY: Final = "dispatch.rival.policy"
POLICIES: Final = next(k for k in knobs(DispatchParams) if k.name == "policy").choices


def rival_policy() -> str:
    """The policy on the left."""
    return str(st.session_state.get(POLICY, POLICIES[0]))


def choose_rival(run: Run) -> None:
    """The control that chooses the policy on the left."""
    st.session_state.setdefault(POLICY, POLICIES[0])
    st.selectbox("Against", POLICIES, key=POLICY, on_change=_switch, args=(run,),
                 format_func=lambda p: f"A · {p}", label_visibility="collapsed", width=190,
                 help="Policy A, on the left. A change begins both again.")


def open_rival(run: Run) -> Pair:
    """The page's run with the one beside it; both begin again when that one is new.

    Raises:
        EngineError: If no second run can be started.
        TimeoutError: If the page's run is too busy to say what it runs on.
    """
    rival = RUNS.find(st.session_state.get(KEY), run.domain)
    if rival is None or st.session_state.get(f"{KEY}.of") != run.token:
        rival = _begin(run)
    return Pair(run, rival, {"policy": rival_policy()})


def _begin(run: Run) -> Run:
    """A new run on the same city, seed and events; the page's own begins again, in step with it."""
    run.wait_started(PATIENCE_S)
    running = run.state != "paused"
    ours, theirs = in_step(run.ask(_maker, PATIENCE_S))
    values = run.pending or run.params
    rival = RUNS.open(run.domain, theirs, values.with_changes(policy=rival_policy()), run.seed,
                      rate=run.rate, recorder=metrics_store(),
                      label=f"{run.label} · {rival_policy()}")
    rival.set_running(running)
    rival.wait_started(PATIENCE_S)
    run.reset(make=ours).result(PATIENCE_S)
    st.session_state[KEY] = rival.token
    st.session_state[f"{KEY}.of"] = run.token
    return rival


def _maker(sim: Simulation) -> Maker:
    """What builds another world on the city and the requests of this one."""
    like = cast(DispatchSimulation, sim)
    return partial(DispatchSimulation, city=like.city, trips=like.trips, script=like.script)


def _switch(run: Run) -> None:
    """Begin both again under the newly chosen policy."""
    rival = RUNS.find(st.session_state.get(KEY), run.domain)
    if rival is None:
        return
    try:
        Pair(run, rival, {"policy": rival_policy()}).reset().result(PATIENCE_S)
    except (EngineError, TimeoutError) as error:
        complain(run, str(error))

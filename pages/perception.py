"""Perception: a car that drives by what eight cameras and one network see."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final, cast

import streamlit as st

from engine.errors import EngineError
from engine.live import Run, Simulation
from engine.params import knobs
from engine.perception import models
from engine.perception.cameras import VIEWS
from engine.perception.live_params import DriveParams
from engine.perception.params import PerceptionParams
from engine.perception.scenarios import SCENARIOS
from engine.perception.simulation import PerceptionSimulation
from engine.perception.styles import STYLES
from pages.common.components import drive_desk, headline, kpis
from pages.common.controls import control, groups, knob_group, problem_notice, sync_controls
from pages.common.export import export_row
from pages.common.runbar import begin_again, complain, run_bar
from pages.common.session import open_run, stop_with

DOMAIN: Final = "perception"
SENTENCES: Final = {
    "Drive": "Eight cameras, one network, a planner: a car that drives by what it sees.",
    "Training": "One network learns objects, lanes, ground and depth at once.",
    "Data engine": "Moments worth learning from, kept within a quota.",
    "Shadow": "A candidate sees what production sees in a whole fleet, and may not steer.",
    "Your video": "The same network on a film or pictures of your own.",
}
# module of each tab beside Drive; loaded when it is opened
TABS: Final = {"Training": "perception_training", "Data engine": "perception_data",
               "Shadow": "perception_shadow", "Your video": "perception_video"}
SPEEDS: Final = {"½×": 5.0, "1×": 10.0, "2×": 20.0, "Max": 0.0}
RATE: Final = 10.0
SEED: Final = 41
FIRST: Final = "town drive"
KNOBS: Final = {k.name: k for k in knobs(DriveParams)}
IN_ROW: Final = {"scenario", "sees"}
KEPT: Final = {"style", "target_kmh"} | {n for n in KNOBS if n not in PerceptionParams.model_fields}
# KEPT is what another scenario leaves as it is


def _names(sim: Simulation) -> tuple[str, tuple[bool, ...]]:
    drive = cast(PerceptionSimulation, sim)
    return drive.model, tuple(bool(on) for on in drive.eyes.working)


def _choose_scenario(run: Run) -> None:
    """Begin a drive of a scenario with its own town; what is seen and wanted stays as it is."""
    scenario = SCENARIOS[st.session_state["perception.begin-scenario"]]
    now = cast(DriveParams, run.params)
    kept = {n: getattr(now, n) for n in DriveParams.model_fields if n in KEPT}
    begin_again(run, params=DriveParams(**{**scenario.params.model_dump(), **kept}),
                label=scenario.label)


def _do(run: Run, command: str, **arguments: object) -> None:
    try:
        run.command(command, arguments, 20.0)
        st.session_state.pop("perception.problem", None)
    except (EngineError, TimeoutError) as error:
        complain(run, str(error) or "The drive is busy; try again.")


def _choose_model(run: Run) -> None:
    _do(run, "set_model", name=st.session_state["perception.model"])


def _switch(run: Run, view: str) -> None:
    _do(run, "camera", view=view, on=not st.session_state[f"perception.lost.{view}"])


def _own_controls(run: Run) -> None:
    """Scenario, network, who sees, and the sliders by theme, at the end of the control row."""
    try:
        model, working = run.ask(_names, 5.0)
    except (EngineError, TimeoutError):
        model, working = models.DEFAULT, (True,) * len(VIEWS)
    now = cast(DriveParams, run.params)
    st.session_state["perception.begin-scenario"] = now.scenario
    st.selectbox("Scenario", list(SCENARIOS), key="perception.begin-scenario", width=170,
                 format_func=lambda n: SCENARIOS[n].label, on_change=_choose_scenario, args=(run,),
                 label_visibility="collapsed", help=SCENARIOS[now.scenario].help)
    known = list(models.networks())
    st.session_state["perception.model"] = model if model in known else (known or [model])[0]
    st.selectbox("Network", known or [model], key="perception.model", width=150,
                 on_change=_choose_model, args=(run,), label_visibility="collapsed",
                 help=models.describe(model))
    control(run, KNOBS["sees"], label_visibility="collapsed",
            format_func=lambda v: {"network": "Network", "truth": "Truth"}[v])
    with st.popover("World", icon=":material/location_city:", help="Weather, town, traffic."):
        knob_group(run, groups(DriveParams)["Weather"])
        st.caption(f"The next town; never trained on: {', '.join(STYLES['held-out'])}.")
        for group in ("Scenario", "Traffic"):
            knob_group(run, [k for k in groups(DriveParams)[group] if k.name not in IN_ROW])
        st.button("Begin a new drive", key="perception.begin", on_click=begin_again, args=(run,),
                  icon=":material/add:", width="stretch", type="primary")
    with st.popover("Car", icon=":material/tune:", help="Planner, thresholds, cameras."):
        knob_group(run, [k for group in ("Car", "Planner", "Network", "Cameras")
                         for k in groups(DriveParams)[group] if k.name not in IN_ROW])
        for view, on in zip(VIEWS, working, strict=True):
            key = f"perception.lost.{view}"
            st.session_state[key] = not on
            st.toggle(f"Knock out {view.replace('_', ' ')}", key=key, on_change=_switch,
                      args=(run, view))


def _how_it_works() -> None:
    with st.expander("How it works", icon=":material/menu_book:"):
        st.markdown(
            """
**The world** is drawn by a seeded generator and a software rasteriser: towns, traffic
([IDM](https://doi.org/10.1103/PhysRevE.62.1805) and MOBIL), lights, weather. Nothing of it was
photographed.

**The network** has one backbone and a feature pyramid for all eight pictures, and heads for boxes
with their place in space, lane lines, drivable ground and depth
([task weights by uncertainty](https://arxiv.org/abs/1705.07115)). A Kalman filter tracks what it
finds; a second small network says where each track may go, in six ways with probabilities.

**The planner** rolls out a lattice of paths and speeds among those predictions
([Werling 2010](https://doi.org/10.1109/ROBOT.2010.5509799),
[PDM](https://arxiv.org/abs/2306.07962)) and takes the cheapest; a path that collides costs most.
The route and the lanes come from a map, as in any navigated car; everything that moves, and the
colour of the lights, comes from the pictures, unless *Truth* is chosen.

**Driving score** is the share of the route times a penalty for each infraction
([Bench2Drive](https://arxiv.org/abs/2406.03877)). AP50 and depth error are measured against the
simulation's own truth while it drives: a few pictures, so an indication; the model cards hold the
benchmarks.

**Keys**: 1 to 8 on the cameras enlarge a feed. After *Take over*: arrows or W A S D steer,
accelerate and brake while held, Esc gives the wheel back.
""")


def page() -> None:
    """Draw the page."""
    try:
        first = st.query_params.get("scenario", FIRST)
        first = first if first in SCENARIOS else FIRST
        params = DriveParams(**SCENARIOS[first].params.model_dump())
        opened = open_run(DOMAIN, PerceptionSimulation, params, SEED, rate=RATE,
                          label=SCENARIOS[first].label)
    except EngineError as error:
        stop_with(error)
        return
    run = opened.run
    sync_controls(run)
    with st.container(horizontal=True, vertical_alignment="center", key="perception-head"):
        st.session_state.setdefault("perception.view", _wanted_view())
        view = st.session_state["perception.view"]
        headline(run, "Perception", SENTENCES[view], live=view == "Drive")
        st.segmented_control("View", list(SENTENCES), key="perception.view", required=True,
                             width="content", label_visibility="collapsed",
                             on_change=_remember_view)
    if view != "Drive":
        tab: Callable[[Run], None] = import_module(f"pages.{TABS[view]}").draw
        tab(run)
        return
    run_bar(run, _own_controls, speeds=SPEEDS)
    if opened.notice:
        st.info(opened.notice, icon=":material/info:")
    problem_notice(run)
    kpis(run)
    drive_desk(run)
    export_row(run)
    _how_it_works()


def _wanted_view() -> str:
    wanted = st.query_params.get("view", "drive").replace("-", " ").lower()
    return next((v for v in SENTENCES if v.lower() == wanted), "Drive")


def _remember_view() -> None:
    st.query_params["view"] = st.session_state["perception.view"].lower().replace(" ", "-")


page()

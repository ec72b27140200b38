"""The city: riders and drivers, matching, prices and arrival times, live."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, cast

import streamlit as st

from engine.dispatch import SCENARIOS, DispatchParams, DispatchSimulation
from engine.dispatch.score import PRESETS, Weights
from engine.errors import EngineError
from engine.live import Run
from pages.common.components import (
    feed,
    headline,
    inspector,
    kpis,
    player,
    readout,
    versus,
)
from pages.common.controls import groups, knob_group, problem_notice, push, sync_controls
from pages.common.export import export_row
from pages.common.runbar import begin_again, complain, run_bar
from pages.common.session import open_run, stop_with
from pages.common.steered import Pair, Steered
from pages.dispatch_aerial import draw_aerial
from pages.dispatch_charts import draw_charts
from pages.dispatch_experiments import draw_experiments
from pages.dispatch_rival import choose_rival, open_rival, rival_policy
from pages.dispatch_uploads import bring_city, bring_trips

DOMAIN: Final = "dispatch"
SENTENCE: Final = "Riders and drivers of one city: watch who is sent where, and why."
# steps of two seconds a second, by how much faster than life that is
SPEEDS: Final = {"1×": 0.5, "20×": 10.0, "60×": 30.0, "600×": 300.0, "Max": 0.0}
FIRST_RATE: Final = 10.0
STAGE_PX: Final = 636
INSPECTOR_PX: Final = 424
VERSUS_PX: Final = 290
FIRST: Final = "evening"
WEIGHT: Final = "dispatch.param.weight_"  # how the keys of the four sliders begin
MAP, AERIAL, SIDE_BY_SIDE, EXPERIMENTS = "Map", "Aerial", "A/B", "Experiments"
EVENTS: Final = (
    ("Rain for an hour", "rain", ":material/rainy:", "A third more requests, slower streets."),
    ("The stadium empties", "stadium", ":material/stadium:",
     "1,500 people want to go home within 45 minutes."),
    ("An airport bank lands", "airport_bank", ":material/flight_land:",
     "400 people want to get into town within half an hour."),
    ("Surge outage", "surge_outage", ":material/power_off:",
     "Every fare is the normal one for 26 minutes: watch the waits collapse and recover."),
    ("Close a bridge", "close_bridge", ":material/block:", "For half an hour."),
    ("End all of it", "recover", ":material/healing:", "Rain, outage and closures end now."),
)


def maker(scenario: str) -> Any:
    """What builds the world of a scenario: the shipped city and the scenario's events."""
    return partial(DispatchSimulation, script=SCENARIOS[scenario].script)


def _choose_scenario(run: Steered) -> None:
    name = st.session_state["dispatch.scenario"]
    chosen = SCENARIOS[name]
    begin_again(run, params=chosen.params, make=maker(name), label=chosen.label)


def _inject(run: Steered, name: str) -> None:
    """Let something happen in the city and say what."""
    try:
        st.session_state["dispatch.said"] = run.command(name, {})
    except (EngineError, TimeoutError) as error:
        complain(run, str(error))


def _own_controls(run: Steered) -> None:
    """Scenario, events and uploads, at the end of the control row."""
    if said := st.session_state.pop("dispatch.said", ""):
        st.toast(said, icon=":material/bolt:")
    st.selectbox("Scenario", list(SCENARIOS), key="dispatch.scenario",
                 format_func=lambda n: SCENARIOS[n].label, on_change=_choose_scenario,
                 args=(run,), label_visibility="collapsed", width=210,
                 help=SCENARIOS[st.session_state["dispatch.scenario"]].help)
    with st.popover("Events", icon=":material/bolt:",
                    help="Let something happen and watch the city answer."):
        for label, command, icon, note in EVENTS:
            st.button(label, on_click=_inject, args=(run, command), icon=icon, width="stretch",
                      help=note)
    with st.popover("Your data", icon=":material/upload_file:",
                    help="Run on a city, or on requests, of your own."):
        _uploads(run)
    st.space("stretch")
    readout(run.main if isinstance(run, Pair) else cast(Run, run))


def _uploads(run: Steered) -> None:
    st.file_uploader(
        "City", key="dispatch.city", accept_multiple_files=True, on_change=bring_city,
        args=(run,), max_upload_size=64,
        type=["csv", "graphml", "osm", "xml", "pbf"],
        help="FleetPy's nodes.csv and edges.csv, any two tables of that kind, GraphML as OSMnx "
             "writes it, or an OpenStreetMap extract. The largest part in which every place "
             "reaches every other is used; what was left out is said.")
    st.file_uploader(
        "Requests", key="dispatch.trips", on_change=bring_trips, args=(run,), max_upload_size=64,
        type=["csv", "parquet"],
        help="New York TLC (pickup time, longitudes and latitudes) or FleetPy (rq_time, start, "
             "end), as CSV or Parquet. They replace the generated requests.")
    st.caption("Choosing a scenario returns to the shipped city and its riders.")


def _view() -> str:
    """Which view is on the screen."""
    return str(st.segmented_control(
        "View", [MAP, AERIAL, SIDE_BY_SIDE, EXPERIMENTS], key="dispatch.view", required=True,
        label_visibility="collapsed", width="content",
        help="The live map, slow pictures in three dimensions, two policies on the same riders "
             "side by side, or experiments that say which is better."))


def _knobs(run: Steered, height: int) -> None:
    with st.container(height=height, border=False, key="knobs"):
        for i, (group, members) in enumerate(groups(DispatchParams).items()):
            with st.expander(group, expanded=i == 0):
                if group == "Matching":
                    _weights(run)
                knob_group(run, members)


def _weights(run: Steered) -> None:
    """Weights by name, for the four sliders below."""
    shown = Weights(*(st.session_state[f"{WEIGHT}{name}"] for name in Weights._fields))
    st.session_state["dispatch.weights"] = next(
        (name for name, w in PRESETS.items() if w == shown), None)
    st.segmented_control(
        "Weights of the score", list(PRESETS), key="dispatch.weights", on_change=_take_weights,
        args=(run,), help="The published rule has 0.3, 0.2, 0.3 and 0.2 for distance, ETA, rating "
        "and direction; the other gives nearly all to the ETA. Experiments compare them.")


def _take_weights(run: Steered) -> None:
    chosen = PRESETS.get(st.session_state["dispatch.weights"])
    if chosen is not None:
        for name, value in chosen._asdict().items():
            st.session_state[f"{WEIGHT}{name}"] = value
        push(run)


def _stage(run: Run, steered: Steered, view: str) -> None:
    """The picture at the left, facts and knobs at the right."""
    with st.container(key="stage"):
        left, right = st.columns([3.4, 1], gap="small")
        with left:
            if isinstance(steered, Pair):
                a, b = st.columns(2, gap="small")
                with a:
                    player(steered.rival, height=STAGE_PX, beside=True,
                           title=f"A · {rival_policy()}")
                with b:
                    player(run, height=STAGE_PX, title=f"B · {_policy(run)}")
            elif view == AERIAL:
                draw_aerial(run, height=STAGE_PX)
            elif view == EXPERIMENTS:
                draw_experiments(run, height=STAGE_PX)
            else:
                player(run, height=STAGE_PX)
        with right:
            if isinstance(steered, Pair):
                versus(steered.rival, run, (rival_policy(), _policy(run)), height=VERSUS_PX)
                _knobs(steered, STAGE_PX - VERSUS_PX - 12)
            elif view in (AERIAL, EXPERIMENTS):
                _knobs(run, STAGE_PX)
            else:
                inspector(run, height=INSPECTOR_PX)
                _knobs(run, STAGE_PX - INSPECTOR_PX - 12)


def _policy(run: Run) -> str:
    return str(cast(DispatchParams, run.params).policy)


def _how_it_works() -> None:
    with st.expander("How it works", icon=":material/menu_book:"):
        st.markdown(
            """
**Requests** are an inhomogeneous Poisson process by district, hour and event; where people go
follows the attraction of a place and its distance. Each draw belongs to one rider or driver, so two
policies on one seed meet the same people. **Travel times** are exact: customisable contraction
hierarchies ([Dibbelt et al. 2016](https://doi.org/10.1145/2886843)) follow the traffic of the hour.

**Matching.** Every few seconds the open requests and the drivers within reach form one problem.
*Nearest* and *greedy score* serve one rider after the other, the latter by the published weights of
distance, ETA, rating and direction, each scaled to [0, 1]. *Optimal batch* first matches as many
riders as can be matched and then reaches the best total; its dual solution proves it, and the gap
that stands at the top right has to read 0. Select a driver or a rider to see the candidates and
their terms.

**Surge** by H3 cell follows requests over free drivers, smoothed, capped, with hysteresis; riders
turn away and drivers come out. **Repositioning** is a min-cost flow of free drivers to forecast
demand; **pooling** shares rides within a detour
([Alonso-Mora et al. 2017](https://doi.org/10.1073/pnas.1611675114)).

**Arrival times** add what a learned model expects beyond the routed time, as quantiles, judged on
later trips only. **Waits** count every rider, those who gave up included: the mean of those served
would hide them. **A/B** runs two policies on the same riders. **Experiments** measure what they
differ by, seed by seed, and show what a switchback
([Bojinov, Simchi-Levi and Zhao 2023](https://doi.org/10.1287/mnsc.2022.4583)) and a split of the
riders ([Johari et al. 2022](https://doi.org/10.1287/mnsc.2021.4247)) would have made of it.
""")


def _has_pair(view: str, run: Run) -> Steered:
    """The run alone, or with its rival in the view that shows both."""
    if view != SIDE_BY_SIDE:
        return run
    try:
        return open_rival(run)
    except (EngineError, TimeoutError) as error:
        st.error(f"The second city could not be opened. {error}", icon=":material/error:")
        return run


def page() -> None:
    """Draw the page."""
    try:
        first = st.query_params.get("scenario", FIRST)
        first = first if first in SCENARIOS else FIRST
        st.session_state.setdefault("dispatch.scenario", first)
        st.session_state.setdefault("dispatch.view", MAP)
        opened = open_run(DOMAIN, maker(first), SCENARIOS[first].params, 1,
                          rate=FIRST_RATE, label=SCENARIOS[first].label)
    except EngineError as error:
        stop_with(error)
        return
    run = opened.run
    sync_controls(run)
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        headline(run, "Dispatch", SENTENCE)
        if st.session_state["dispatch.view"] == SIDE_BY_SIDE:
            choose_rival(run)
        view = _view()
    steered = _has_pair(view, run)
    run_bar(steered, _own_controls, speeds=SPEEDS)
    if opened.notice:
        st.info(opened.notice, icon=":material/info:")
    problem_notice(run)
    if notes := st.session_state.pop("dispatch.notes", ""):
        st.info(notes, icon=":material/info:")
    kpis(run)
    _stage(run, steered, view)
    if view in (AERIAL, EXPERIMENTS):
        feed(run)
    draw_charts(run, steered.rival if isinstance(steered, Pair) else None)
    export_row(run)
    _how_it_works()


page()

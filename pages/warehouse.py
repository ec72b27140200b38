"""The robot floor: orders, assignment, paths, batteries and congestion, live."""

from __future__ import annotations

from functools import partial
from typing import Final, cast

import streamlit as st

from engine.errors import EngineError
from engine.live import Run
from engine.warehouse import SCENARIOS, WarehouseParams, WarehouseSimulation
from engine.warehouse.grid import fill_dead_ends
from engine.warehouse.imports import floor_from_grid
from engine.warehouse.octile import parse_map
from pages.common.components import headline, inspector, kpis, player, readout
from pages.common.controls import groups, knob_group, problem_notice, sync_controls
from pages.common.export import export_row
from pages.common.runbar import begin_again, complain, run_bar
from pages.common.session import open_run, stop_with
from pages.warehouse_charts import draw_charts

DOMAIN: Final = "warehouse"
SENTENCE: Final = "Robots bring pods to people: watch assignment, paths, queues and batteries."
STAGE_PX: Final = 636
INSPECTOR_PX: Final = 318
FIRST: Final = "standard"


def _choose_scenario(run: Run) -> None:
    """Begin the chosen scenario on a generated floor."""
    chosen = SCENARIOS[st.session_state["warehouse.scenario"]]
    begin_again(run, params=chosen.params, make=WarehouseSimulation, label=chosen.label)


def _bring_map(run: Run) -> None:
    """Begin on an uploaded map; a map that cannot be used leaves the run as it is."""
    upload = st.session_state.get("warehouse.map")
    if upload is None:
        return
    chosen = cast(WarehouseParams, run.pending or run.params)
    try:
        grid = parse_map(upload.getvalue().decode("ascii", errors="replace"))
        if st.session_state.get("warehouse.fill"):
            grid = fill_dead_ends(grid)
        make = partial(WarehouseSimulation, floor=floor_from_grid(grid, chosen, run.seed))
    except EngineError as error:
        complain(run, f"{upload.name}: {error}")
        return
    begin_again(run, params=chosen, make=make, label=upload.name)


def _inject(run: Run, name: str, **arguments: object) -> None:
    """Do something to the floor and say what happened."""
    try:
        st.session_state["warehouse.said"] = run.command(name, arguments)
    except (EngineError, TimeoutError) as error:
        complain(run, str(error))


def _own_controls(run: Run) -> None:
    """Scenario, faults and map, at the end of the control row."""
    if said := st.session_state.pop("warehouse.said", ""):
        st.toast(said, icon=":material/bolt:")
    st.selectbox("Scenario", list(SCENARIOS), key="warehouse.scenario",
                 format_func=lambda n: SCENARIOS[n].label, on_change=_choose_scenario,
                 args=(run,), label_visibility="collapsed", width=230,
                 help="A floor, a fleet and an order rate in balance; choosing one begins it.")
    with st.popover("Faults", icon=":material/bolt:",
                    help="Break something and watch the floor recover."):
        st.button("Break a robot down", on_click=_inject, args=(run, "break_robot"),
                  icon=":material/build:", width="stretch")
        st.button("Close an aisle", on_click=_inject, args=(run, "close_aisle"),
                  icon=":material/block:", width="stretch")
        st.button("Stop a station", on_click=_inject, args=(run, "stop_station"),
                  icon=":material/front_hand:", width="stretch")
        st.button("Demand spike, 2× for 3 min", on_click=_inject,
                  args=(run, "demand_spike"), kwargs={"factor": 2.0, "seconds": 180},
                  icon=":material/trending_up:", width="stretch")
        st.button("Repair everything", on_click=_inject, args=(run, "recover"),
                  icon=":material/healing:", width="stretch")
    with st.popover("Your map", icon=":material/upload_file:",
                    help="Run on a floor of your own."):
        st.toggle("Fill dead ends", key="warehouse.fill",
                  help="Cells with one way out are walled up: a robot that stands in one can "
                       "be shut in, and the planner's promise needs two ways to every cell.")
        st.file_uploader(
            "Octile .map file", type=["map", "txt"], key="warehouse.map",
            on_change=_bring_map, args=(run,), max_upload_size=4,
            help="Four lines of head (type octile, height, width, map), then rows of . free, "
                 "@ blocked, S storage, E station.")
        st.caption("Storage goes to the cells marked S, stations to E; where a map has none, "
                   "places are chosen that block nobody. Choosing a scenario returns to a "
                   "generated floor.")
    st.space("stretch")
    readout(run)


def _knobs(run: Run) -> None:
    with st.container(height=STAGE_PX - INSPECTOR_PX - 12, border=False, key="knobs"):
        for i, (group, members) in enumerate(groups(WarehouseParams).items()):
            with st.expander(group, expanded=i == 0):
                knob_group(run, members)


def _how_it_works() -> None:
    with st.expander("How it works", icon=":material/menu_book:"):
        st.markdown(
            """
**Orders** arrive as a Poisson process; articles are drawn by a Zipf law. Lines that one pod can
serve at one desk become one task: fetch, carry, pick, return. **Assignment** is either the
published rule, one task after the other (distance + (1 − charge) · 100 + congestion, each with a
weight of yours), or the cheapest total over all tasks and idle robots of a batch.

**Paths** are planned by PIBT, priority inheritance with backtracking
([Okumura et al. 2022](https://doi.org/10.1016/j.artint.2022.103752)): a robot that wants an
occupied cell lends its priority to who stands there, and so on down the chain, until somebody can
move or everybody stays. It can never put two robots on one cell or let two swap. Soft one-way
lanes and live congestion shape the distances (guidance,
[Zhang et al. 2024](https://arxiv.org/abs/2402.01446)). The next steps of every robot are
committed ahead; select one to see its reservation.

**Checked:** every step is checked for vertex and swap conflicts by code that does not know the
planner; the count stands at the top right and has to read 0.
""")


def page() -> None:
    """Draw the page."""
    try:
        first = st.query_params.get("scenario", FIRST)
        first = first if first in SCENARIOS else FIRST
        st.session_state.setdefault("warehouse.scenario", first)
        opened = open_run(DOMAIN, WarehouseSimulation, SCENARIOS[first].params, 1,
                          rate=10.0, label=SCENARIOS[first].label)
    except EngineError as error:
        stop_with(error)
        return
    run = opened.run
    sync_controls(run)
    headline(run, "Warehouse", SENTENCE)
    run_bar(run, _own_controls)
    if opened.notice:
        st.info(opened.notice, icon=":material/info:")
    problem_notice(run)
    kpis(run)
    with st.container(key="stage"):
        left, right = st.columns([3.4, 1], gap="small")
        with left:
            player(run, height=STAGE_PX)
        with right:
            inspector(run, height=INSPECTOR_PX)
            _knobs(run)
    draw_charts(run)
    export_row(run)
    _how_it_works()


page()

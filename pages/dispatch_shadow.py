"""A policy in the shadow: its decisions on the same snapshots, beside those in force."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from engine.dispatch import DispatchParams, DispatchSimulation
from engine.dispatch.shadow import Decision
from engine.dispatch.summary import ShadowData
from engine.errors import EngineError
from engine.live import RUNS, Run, Simulation
from engine.params import knobs
from pages.common.charts import chart_head, colours, figure, show
from pages.common.controls import push
from pages.dispatch_charts import clock_axis, clock_of

EVERY_S: Final = 1.0
KNOB: Final = "dispatch.param.shadow"
"""Key of the same choice among the knobs."""
CHOICES: Final = next(k for k in knobs(DispatchParams) if k.name == "shadow").choices


def draw_shadow(run: Run) -> None:
    """The panel; it keeps itself up to date.

    Args:
        run: Whose policy has a shadow.
    """
    st.caption("The shadow decides on each snapshot that the policy in force decides on, and "
               "nobody acts on it. What it would have led to is unknown, for the next snapshot is "
               "the other policy’s doing: decisions are compared, and no wait is claimed.")
    st.session_state["dispatch.shadow"] = st.session_state[KNOB]
    st.selectbox("Shadow", CHOICES, key="dispatch.shadow", on_change=_choose, args=(run,),
                 width=260, help="It costs a second matching every round.")
    st.fragment(_panel, run_every=EVERY_S if run.state != "paused" else None)(run)


def _choose(run: Run) -> None:
    st.session_state[KNOB] = st.session_state["dispatch.shadow"]
    push(run)


def _ask(sim: Simulation) -> tuple[ShadowData, tuple[Decision, ...]]:
    world = cast(DispatchSimulation, sim)
    return world.shadow_data(), tuple(world.shadow.latest)


def _panel(run: Run) -> None:
    RUNS.find(run.token)  # asking for it renews its lease
    params = cast(DispatchParams, run.params)
    if params.shadow == "none":
        st.info("Nobody is in the shadow: choose a policy above.", icon=":material/contrast:")
        return
    try:
        data, latest = run.ask(_ask, EVERY_S)
    except (EngineError, TimeoutError):
        st.info("The city is busy; the figures follow.", icon=":material/hourglass_empty:")
        return
    if not len(data.step):
        st.info("The first figures come after half a minute of the city’s time.",
                icon=":material/hourglass_empty:")
        return
    left, right = st.columns([2, 3], gap="small")
    with left:
        chart_head("Agreement", "% of riders who get the same driver, or none, from both")
        show(_agreement(data, params), "dispatch.shadow.chart",
             "Share of riders to whom both policies give the same driver")
        st.dataframe(_table(data, params), hide_index=True, height="content",
                     key="dispatch.shadow.table")
    with right:
        chart_head("Latest decisions that differ", "riders of the latest snapshots")
        st.dataframe([{
            "Time": d.clock, "Rider": f"R-{d.rider:04d}", params.policy: _driver(d.driver),
            "way (s)": _way(d.way_s), f"shadow: {params.shadow}": _driver(d.shadow_driver),
            "way (s) ": _way(d.shadow_way_s)} for d in reversed(latest)],
            hide_index=True, height=300, key="dispatch.shadow.latest")


def _driver(number: int) -> str:
    return f"D-{number:04d}" if number >= 0 else "nobody yet"


def _way(seconds: float) -> int | None:
    return None if np.isnan(seconds) else round(seconds)


def _agreement(data: ShadowData, params: DispatchParams) -> go.Figure:
    fig = figure()
    clock = partial(clock_of, params.start_h * 3600.0)
    fig.add_scatter(x=clock(data.step), y=data.agree_percent, mode="lines", name="agree",
                    line={"color": colours()["primary"], "width": 2}, hovertemplate="%{y:.0f} %")
    fig.update_yaxes(range=[0, 100], ticksuffix=" %")
    clock_axis(fig)
    return fig


def _table(data: ShadowData, params: DispatchParams) -> list[dict[str, Any]]:
    """The last quarter of an hour."""
    return [
        {"Last 15 min": "Riders matched", params.policy: f"{data.matched:,}",
         f"shadow: {params.shadow}": f"{data.shadow_matched:,}"},
        {"Last 15 min": "Way to riders whom both match (s)", params.policy: f"{data.way_s:.1f}",
         f"shadow: {params.shadow}": f"{data.shadow_way_s:.1f}"},
        {"Last 15 min": "Same decision (% of riders)",
         params.policy: f"{data.agree_recent:.1f}", f"shadow: {params.shadow}": ""},
    ]

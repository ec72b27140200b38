"""The arrival model at work: error, band, drift, what it goes by, and when it was trained anew."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from engine.dispatch import DispatchParams, DispatchSimulation
from engine.dispatch.eta import COVERAGE, DRIFT
from engine.dispatch.eta_summary import EtaData, eta_data
from engine.errors import EngineError
from engine.live import RUNS, Run, Simulation
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.common.components import cards
from pages.dispatch_charts import clock_axis, clock_of

EVERY_S: Final = 2.0
SHOWN: Final = 8
"""Features whose bars are drawn."""


def draw_eta(run: Run) -> None:
    """The panel; it keeps itself up to date.

    Args:
        run: Whose model is shown.
    """
    st.fragment(_panel, run_every=EVERY_S if run.state != "paused" else None)(run)


def _ask(sim: Simulation) -> EtaData:
    return eta_data(cast(DispatchSimulation, sim))


def _panel(run: Run) -> None:
    RUNS.find(run.token)  # asking for it renews its lease
    try:
        data = run.ask(_ask, EVERY_S)
    except (EngineError, TimeoutError):
        st.info("The city is starting or busy; the figures follow.",
                icon=":material/hourglass_empty:")
        return
    if data.report is None:
        st.info(f"The first model is trained when {data.to_first:,} more legs have ended: ways to "
                "riders and rides. Until then the routed time is the estimate.",
                icon=":material/school:")
        return
    cards(_cards(data), key="dispatch-eta-cards")
    clock = partial(clock_of, cast(DispatchParams, run.params).start_h * 3600.0)
    c = colours()
    left, middle, right = st.columns(3, gap="small")
    with left:
        chart_head("Error, mean", "s", swatch(c["primary"], "model"),
                   swatch(c["marks"]["orange"], "routed time", dashed=True))
        _or_empty(data, _errors, clock, "dispatch.eta.error",
                  "Mean error of the model and of the routed time as legs ended")
    with middle:
        chart_head("Band", f"% of legs within, aim {COVERAGE:.0%}")
        _or_empty(data, _band, clock, "dispatch.eta.band",
                  "Share of legs that ended within the promised band")
    with right:
        chart_head("What it goes by", "share of the loss taken away")
        show(_importance(data), "dispatch.eta.importance", "Importance of each feature")
    st.dataframe(_trainings(data, run), hide_index=True, height="content",
                 key="dispatch.eta.trainings")


def _or_empty(data: EtaData, draw: Any, clock: Any, key: str, alt: str) -> None:
    if len(data.over_time[0]) < 2:
        st.html('<div class="chart-empty">Legs that begin from now on are judged when they end.'
                '</div>')
    else:
        show(draw(data, clock), key, alt)


def _cards(data: EtaData) -> list[dict[str, Any]]:
    assert data.report is not None
    known = not np.isnan(data.mae_s)
    off = abs(data.coverage - COVERAGE)

    def card(label: str, value: str | None, unit: str, note: str, tone: str, delta: str,
             series: list[float], said: str) -> dict[str, Any]:
        return {"label": label, "value": value, "unit": unit, "note": note, "tone": tone,
                "delta": delta, "series": series, "help": said}

    _, error, routed, band = data.over_time
    gain = 100.0 * (1.0 - error[-1] / routed[-1]) if len(error) and routed[-1] else 0.0
    return [
        card("Error, mean", f"{data.mae_s:.0f}" if known else None, "s", "last 500 legs",
             "good" if gain > 0 else "bad", f"{gain:+.0f} % better than routing" if known else "",
             error.tolist(), "Between the estimate given when a leg began and how long it took."),
        card("In the band", f"{100.0 * data.coverage:.0f}" if known else None, "%",
             f"aim {COVERAGE:.0%}", "good" if off <= 0.04 else "bad", "", band.tolist(),
             "Share of the last 500 legs that took as long as the band said."),
        card("Drift", f"{data.drift:.2f}" if known else None, "×", f"retrains at {DRIFT:g}×",
             "bad" if known and data.drift > DRIFT else "flat", "", [],
             "Present error as a multiple of the error when the model was tested."),
        card("Judged", f"{data.seen:,}", "", f"old at {data.horizon:,}", "flat", "", [],
             "Legs that ended since the model was trained."),
        card("Routed time", f"{routed[-1]:.0f}" if len(routed) else None, "s", "last 5 min", "flat",
             "", routed.tolist(), "Error of the routed time alone, which knows no red light."),
        card("Trainings", f"{len(data.trainings)}", "", f"fitted on {data.report.fitted:,}",
             "flat", "", [], "Split by time: fitted on the first 60 %, band set on the next 20 %, "
             "tested on the last."),
    ]


def _errors(data: EtaData, clock: Any) -> go.Figure:
    c = colours()
    fig = figure()
    step, error, routed, _ = data.over_time
    fig.add_scatter(x=clock(step), y=routed, mode="lines", name="routed time",
                    line={"color": c["marks"]["orange"], "width": 2, "dash": "4px 3px"})
    fig.add_scatter(x=clock(step), y=error, mode="lines", name="model",
                    line={"color": c["primary"], "width": 2})
    fig.update_traces(hovertemplate="%{y:.0f} s")
    _mark(fig, data, clock)
    return fig


def _band(data: EtaData, clock: Any) -> go.Figure:
    c = colours()
    fig = figure()
    step, _, _, band = data.over_time
    fig.add_hline(y=100.0 * COVERAGE, line={"color": c["muted"], "width": 1, "dash": "4px 3px"})
    fig.add_scatter(x=clock(step), y=band, mode="lines", name="within",
                    line={"color": c["good"], "width": 2}, hovertemplate="%{y:.0f} %")
    fig.update_yaxes(range=[0, 100], ticksuffix=" %")
    _mark(fig, data, clock)
    return fig


def _mark(fig: go.Figure, data: EtaData, clock: Any) -> None:
    """A line where a model was trained."""
    if len(data.over_time[0]):
        begin = data.over_time[0][0]
        for t in data.trainings:
            if t.step >= begin:
                fig.add_vline(x=clock(np.array([float(t.step)]))[0],
                              line={"color": colours()["muted"], "width": 1, "dash": "dot"})
    clock_axis(fig)


def _importance(data: EtaData) -> go.Figure:
    assert data.report is not None
    c = colours()
    fig = figure()
    rows = data.report.importance[:SHOWN]
    fig.add_bar(x=[100.0 * v for _, v in rows], y=[n for n, _ in rows], orientation="h",
                marker_color=c["primary"], hovertemplate="%{y}: %{x:.1f} %<extra></extra>")
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.update_xaxes(ticksuffix=" %", showgrid=True, nticks=4)
    fig.update_layout(hovermode="closest")
    return fig


def _trainings(data: EtaData, run: Run) -> list[dict[str, Any]]:
    start_s = cast(DispatchParams, run.params).start_h * 3600.0
    out = []
    for t in reversed(data.trainings):
        r = t.report
        seconds = int(start_s + 2.0 * t.step)
        out.append({
            "Trained at": f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}", "Why": t.why,
            "Error before (s)": "—" if np.isnan(t.before_mae_s) else f"{t.before_mae_s:.0f}",
            "Error tested (s)": round(r.mae_s), "Routed (s)": round(r.routed_mae_s),
            "Band holds (%)": round(100.0 * r.coverage, 1),
            "Width (s)": round(r.width_s), "Fitted, calibrated, tested on":
            f"{r.fitted:,} · {r.calibrated:,} · {r.tested:,}"})
    return out

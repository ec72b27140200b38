"""The four charts of the warehouse page, one of them redrawn each second."""

from __future__ import annotations

from typing import Final, cast

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from engine.errors import EngineError
from engine.live import Run, Simulation
from engine.warehouse import WarehouseSimulation
from engine.warehouse.summary import ChartData
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.common.components import in_sight

POINTS: Final = 240
"""Points a line is thinned to: a card is about 300 pixels wide."""
EVERY_S: Final = 1.0
STATES: Final = ("loaded", "empty", "waiting", "charging", "idle", "fault")


def draw_charts(run: Run) -> None:
    """Draw the charts and keep them up to date while they are on the screen."""
    with st.container(key="charts"):
        seen = in_sight("warehouse.charts.seen")
        st.fragment(_charts, run_every=EVERY_S if seen else None)(run)


def _charts(run: Run) -> None:
    drawn: dict[str, go.Figure] = st.session_state.setdefault(f"{run.token}.charts", {})
    theme = colours()["ground"]
    turn = st.session_state.get(f"{run.token}.turn", 0)
    st.session_state[f"{run.token}.turn"] = turn + 1
    makers = {"throughput": _throughput, "states": _states, "cycle": _cycle, "queues": _queues}
    due = [n for i, n in enumerate(makers)
           if i == turn % len(makers) or f"{n}{theme}" not in drawn]
    try:
        data = run.ask(_data, 2.0)
    except (EngineError, TimeoutError):
        data = None  # starting, crashed or busy: the last pictures stay
    for name in due:
        if data is not None:
            drawn[f"{name}{theme}"] = makers[name](run, data)
    c = colours()
    heads = {
        "throughput": ("Throughput", "tasks an hour"),
        "states": ("Robots by state", "".join(
            swatch(c["states"][s], s) for s in STATES)),
        "cycle": ("Pod cycle", "seconds from assignment to pick, latest 2,000"),
        "queues": ("Queue by station", "robots in the lane"),
    }
    alts = {
        "throughput": "Tasks finished an hour over time",
        "states": "Number of robots in each state over time",
        "cycle": "Histogram of pod cycle times with median and 95th percentile",
        "queues": "Heat map of robots queueing, one row a station, over time",
    }
    for name, column in zip(makers, st.columns(4), strict=True):
        with column:
            chart_head(*heads[name])
            fig = drawn.get(f"{name}{theme}")
            if fig is None or not fig.data:
                st.html('<div class="chart-empty">The first points come after ten steps.</div>')
            else:
                show(fig, f"warehouse.chart.{name}", alts[name])


def _data(sim: Simulation) -> ChartData:
    return cast(WarehouseSimulation, sim).chart_data()


def _clock(run: Run, step: np.ndarray) -> np.ndarray:
    """Steps as times of the simulated day."""
    origin = np.datetime64("2000-01-01T14:00:00", "ms")
    return np.asarray(origin + (1000 * step).astype("timedelta64[ms]"))


def _thin(step: np.ndarray, *rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Means over equal stretches, at most `POINTS` of them."""
    size = -(-len(step) // POINTS)
    if size <= 1:
        return (step, *rows)
    edges = np.arange(0, len(step), size)
    counts = np.diff(np.append(edges, len(step)))
    return (step[edges], *(np.add.reduceat(r, edges) / counts for r in rows))


def _throughput(run: Run, data: ChartData) -> go.Figure:
    fig = figure()
    step, value = data.throughput
    if len(step):
        smooth = np.convolve(value, np.ones(6) / 6, "valid") if len(value) >= 6 else value
        step, smooth = _thin(step[-len(smooth):], smooth)
        fig.add_scatter(x=_clock(run, step), y=smooth, mode="lines", name="tasks/h",
                        line={"color": colours()["primary"], "width": 2})
        fig.update_xaxes(tickformat="%H:%M", nticks=4)
    return fig


def _states(run: Run, data: ChartData) -> go.Figure:
    fig = figure()
    c = colours()["states"]
    for state in STATES:
        step, count = data.states[state]
        if not len(step):
            return fig
        step, count = _thin(step, count)
        fig.add_scatter(x=_clock(run, step), y=count, mode="lines", name=state, stackgroup="all",
                        line={"width": 0.5, "color": c[state]}, fillcolor=c[state])
    fig.update_xaxes(tickformat="%H:%M", nticks=4)
    return fig


def _cycle(run: Run, data: ChartData) -> go.Figure:
    fig = figure()
    cycles = data.cycles
    if not len(cycles):
        return fig
    c = colours()
    median, p95 = np.percentile(cycles, [50, 95])
    top = float(np.percentile(cycles, 99.5))
    counts, edges = np.histogram(cycles, bins=30, range=(0.0, max(top, 1.0)))
    fig.add_bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, marker_color=c["primary"],
                name="pods", width=0.9 * (edges[1] - edges[0]))
    marks = ((median, f"median {median:.0f} s", 1.0), (p95, f"p95 {p95:.0f} s", 0.84))
    for value, text, y in marks:
        fig.add_vline(x=value, line={"color": c["text"], "dash": "dash", "width": 1})
        fig.add_annotation(x=value, y=y, yref="paper", text=text, showarrow=False, xanchor="left",
                           xshift=4, yanchor="top", font={"size": 11.5, "color": c["text"]},
                           bgcolor=c["panel"])
    return fig


def _queues(run: Run, data: ChartData) -> go.Figure:
    fig = figure()
    names = list(data.queues)
    if not names or not len(data.queues[names[0]][0]):
        return fig
    step, *rows = _thin(data.queues[names[0]][0], *(data.queues[n][1] for n in names))
    c = colours()
    fig.add_heatmap(
        x=_clock(run, step), y=names, z=np.array(rows), zmin=0, showscale=False, ygap=1,
        colorscale=[[0.0, c["floor"]["podCold"]], [1.0, c["states"]["fault"]]],
        hovertemplate="%{y}, %{x|%H:%M}: %{z:.1f} robots<extra></extra>")
    every = max(1, -(-len(names) // 8))
    fig.update_yaxes(autorange="reversed", tickvals=names[::every], ticktext=names[::every],
                     showgrid=False)
    fig.update_xaxes(tickformat="%H:%M", nticks=4)
    return fig

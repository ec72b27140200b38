"""The four charts of the dispatch page, one of them redrawn each second."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import streamlit as st

from engine.dispatch import DispatchParams, DispatchSimulation
from engine.dispatch.simulation import STEP_S
from engine.dispatch.summary import ChartData
from engine.errors import EngineError
from engine.live import Run, Simulation
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.common.components import in_sight

POINTS: Final = 240
"""Points a line is thinned to: a card is about 300 pixels wide."""
EVERY_S: Final = 1.0
DISTRICTS: Final = 10
"""Rows of the heat map: the districts whose fares rose highest."""

Float64 = npt.NDArray[np.float64]
Clock = Callable[[Float64], npt.NDArray[np.datetime64]]


def draw_charts(run: Run, rival: Run | None) -> None:
    """Draw the charts and keep them up to date while they are on the screen.

    Args:
        run: The page's run.
        rival: The run beside it, whose waits are drawn too, or None.
    """
    with st.container(key="charts"):
        seen = in_sight("dispatch.charts.seen")
        st.fragment(_charts, run_every=EVERY_S if seen else None)(run, rival)


def _ask(run: Run | None) -> ChartData | None:
    """Points of a run; None while it is starting, crashed or busy: the last pictures stay."""
    if run is None:
        return None
    try:
        return run.ask(_data, 2.0)
    except (EngineError, TimeoutError):
        return None


def _data(sim: Simulation) -> ChartData:
    return cast(DispatchSimulation, sim).chart_data()


def _charts(run: Run, rival: Run | None) -> None:
    drawn: dict[str, go.Figure] = st.session_state.setdefault(f"{run.token}.charts", {})
    mode = f"{colours()['ground']}{rival is not None}"
    turn = st.session_state.get(f"{run.token}.turn", 0)
    st.session_state[f"{run.token}.turn"] = turn + 1
    data = _ask(run)
    other = _ask(rival)
    start_s = cast(DispatchParams, run.params).start_h * 3600.0
    clock = partial(clock_of, start_s)
    makers: dict[str, Callable[[ChartData], go.Figure]] = {
        "waits": partial(_waits, other=other, clock=clock), "spread": _spread,
        "surge": partial(_surge, clock=clock), "balance": partial(_balance, clock=clock),
    }
    for i, (name, make) in enumerate(makers.items()):
        if data is not None and (i == turn % len(makers) or f"{name}{mode}" not in drawn):
            drawn[f"{name}{mode}"] = make(data)
    c = colours()
    heads = {
        "waits": ("Median wait by policy" if rival else "Wait", "min", *_wait_legend(run, rival)),
        "spread": ("Wait of every rider", "last hour, those who gave up included"),
        "surge": ("Surge by district", '<span class="swatch">1.0× <i style="width:72px;height:8px;'
                  f'border-radius:2px;background:linear-gradient(90deg,{",".join(_ramp())})"></i> '
                  '2.4×</span>'),
        "balance": ("Requests and free drivers", swatch(c["marks"]["orange"], "requests a minute",
                                                        dashed=True),
                    swatch(c["city"]["riding"], "free drivers")),
    }
    alts = {
        "waits": "Median wait of riders over time",
        "spread": "Histogram of the waits of the last hour with median and 95th percentile",
        "surge": "Heat map of the price multiplier, one row a district, over time",
        "balance": "Requests a minute and free drivers over time",
    }
    for name, column in zip(makers, st.columns(4), strict=True):
        with column:
            chart_head(*heads[name])
            fig = drawn.get(f"{name}{mode}")
            if fig is None or not fig.data:
                st.html('<div class="chart-empty">The first points come after some minutes '
                        'of the city’s time.</div>')
            else:
                show(fig, f"dispatch.chart.{name}", alts[name])


def _wait_legend(run: Run, rival: Run | None) -> tuple[str, ...]:
    c = colours()
    if rival is None:
        return (swatch(c["primary"], "median"), swatch(c["muted"], "p95", dashed=True))
    return (swatch(c["marks"]["orange"], _policy(rival), dashed=True),
            swatch(c["primary"], _policy(run)))


def _policy(run: Run) -> str:
    return str(cast(DispatchParams, run.params).policy)


def clock_of(start_s: float, step: Float64) -> npt.NDArray[np.datetime64]:
    """Steps as times of the simulated day.

    Args:
        start_s: Seconds since midnight at step 0.
        step: float64 [N].
    """
    origin = np.datetime64("2000-01-01T00:00:00", "ms")
    return np.asarray(origin + (1000.0 * (start_s + STEP_S * step)).astype("timedelta64[ms]"))


def _thin(step: Float64, *rows: Float64) -> tuple[Float64, ...]:
    """Means over equal stretches, at most `POINTS` of them."""
    size = -(-len(step) // POINTS)
    if size <= 1:
        return (step, *rows)
    edges = np.arange(0, len(step), size)
    counts = np.diff(np.append(edges, len(step)))
    return (step[edges], *(np.add.reduceat(r, edges) / counts for r in rows))


def clock_axis(fig: go.Figure) -> None:
    """Label a time axis by hours and minutes."""
    fig.update_xaxes(tickformat="%H:%M", nticks=4)


def _waits(data: ChartData, *, other: ChartData | None, clock: Clock) -> go.Figure:
    fig = figure()
    c = colours()
    step, median, p95 = data.waits_over_time
    if not len(step):
        return fig
    if other is None:
        step, median, p95 = _thin(step, median, p95)
        fig.add_scatter(x=clock(step), y=p95, mode="lines", name="95th percentile",
                        line={"color": c["muted"], "width": 1.5, "dash": "4px 3px"})
    else:
        theirs, wait, _ = other.waits_over_time
        theirs, wait = _thin(theirs, wait)
        fig.add_scatter(x=clock(theirs), y=wait, mode="lines", name="A",
                        line={"color": c["marks"]["orange"], "width": 2, "dash": "4px 3px"})
        step, median = _thin(step, median)
    fig.add_scatter(x=clock(step), y=median, mode="lines", name="median" if other is None else "B",
                    line={"color": c["primary"], "width": 2})
    fig.update_traces(hovertemplate="%{y:.1f} min")
    clock_axis(fig)
    return fig


def _spread(data: ChartData) -> go.Figure:
    fig = figure()
    waits = data.waits
    if not len(waits):
        return fig
    c = colours()
    median, p95 = np.percentile(waits, [50, 95])
    top = max(1.0, float(np.percentile(waits, 99.5)))
    counts, edges = np.histogram(waits, bins=32, range=(0.0, top))
    fig.add_bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, marker_color=c["primary"],
                name="riders", width=0.9 * (edges[1] - edges[0]),
                hovertemplate="%{x:.1f} min: %{y} riders<extra></extra>")
    for value, text, y in ((median, f"median {median:.1f}", 1.0), (p95, f"p95 {p95:.1f}", 0.84)):
        fig.add_vline(x=value, line={"color": c["text"], "dash": "dash", "width": 1})
        fig.add_annotation(x=value, y=y, yref="paper", text=text, showarrow=False, xanchor="left",
                           xshift=4, yanchor="top", font={"size": 11.5, "color": c["text"]},
                           bgcolor=c["panel"])
    fig.update_xaxes(ticksuffix=" min", nticks=5)
    return fig


def _ramp() -> list[str]:
    """Colours of the multiplier from 1.0 to 2.4."""
    c = colours()
    return [c["floor"]["podCold"], c["city"]["surge"], c["city"]["surgeHigh"]]


def _surge(data: ChartData, *, clock: Clock) -> go.Figure:
    fig = figure()
    rows = {n: v for n, v in data.surge.items() if len(v[0])}
    if not rows:
        return fig
    highest = sorted(rows, key=lambda n: (-float(rows[n][1].max()), n))[:DISTRICTS]
    step, *values = _thin(rows[highest[0]][0], *(rows[n][1] for n in highest))
    cold, warm, hot = _ramp()
    fig.add_heatmap(
        x=clock(step), y=highest, z=np.array(values), zmin=1.0, zmax=2.4, showscale=False, ygap=1,
        colorscale=[[0.0, cold], [0.05, cold], [0.43, warm], [1.0, hot]],
        hovertemplate="%{y}, %{x|%H:%M}: %{z:.2f}×<extra></extra>")
    fig.update_yaxes(autorange="reversed", showgrid=False, tickvals=highest, ticks="",
                     tickfont_size=11)
    fig.update_xaxes(ticks="")
    clock_axis(fig)
    return fig


def _balance(data: ChartData, *, clock: Clock) -> go.Figure:
    fig = figure()
    step, asked, free = data.balance
    if not len(step):
        return fig
    c = colours()
    width = min(6, len(asked))
    smooth = np.convolve(asked, np.ones(width) / width, "valid")
    step, smooth, free = _thin(step[-len(smooth):], smooth, free[-len(smooth):])
    fig.add_scatter(x=clock(step), y=free, mode="lines", name="free drivers",
                    line={"color": c["city"]["riding"], "width": 2})
    fig.add_scatter(x=clock(step), y=smooth, mode="lines", name="requests a minute",
                    line={"color": c["marks"]["orange"], "width": 2, "dash": "4px 3px"})
    fig.update_traces(hovertemplate="%{y:.0f}")
    clock_axis(fig)
    return fig

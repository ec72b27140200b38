"""The charts and figures of the metrics page, redrawn each second while a run is live."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

import numpy as np
import plotly.graph_objects as go
import polars as pl
import streamlit as st

from engine.errors import StoreError
from engine.store import RecordedEvent, Run, Series, Store
from engine.store.encoding import Float64
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.metrics_tables import title_of

RUN_LIMIT: Final = 6
"""Runs that stay told apart by colour and dash."""
POINTS: Final = 6000
"""Points of all lines together: what a browser redraws each second without effort."""
EVENT_LIMIT: Final = 300
EVERY_S: Final = 1.0
_MARKS: Final = ("blue", "orange", "green", "vermilion", "purple")
_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_PER_ROW: Final = 2


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn, and how.

    Attributes:
        runs: Chosen runs; the first RUN_LIMIT are drawn.
        names: Series.
        overlay: All series in one chart, not one chart each.
        timed: Simulated time, not steps, on the horizontal axis.
        lo: First step; None from the start.
        hi: Last step; None to the end.
        kinds: Kinds of events to mark.
    """

    runs: tuple[Run, ...]
    names: tuple[str, ...]
    overlay: bool
    timed: bool
    lo: float | None
    hi: float | None
    kinds: tuple[str, ...]


class Line(NamedTuple):
    """One series of one run, as drawn."""

    run: Run
    name: str
    points: Series


class Scale(NamedTuple):
    """The horizontal axis: a step of a run is `step * step_s / divisor`."""

    title: str
    divisor: float
    timed: bool

    def of(self, run: Run, step: Float64) -> Float64:
        """Where steps stand."""
        if not self.timed or run.step_s is None:
            return step
        return np.asarray(step * (run.step_s / self.divisor))


def unit_of(name: str) -> str:
    """Unit of a series by its name, "group.quantity_unit"."""
    word = name.rpartition(".")[2]
    unit = word.rpartition("_per_")
    if unit[1]:
        return f"{unit[0].rpartition('_')[2]}/{unit[2]}"
    return word.rpartition("_")[2].replace("percent", "%")


def draw_charts(store: Store, view: View) -> None:
    """Draw the view; while one of its runs goes on, again each second."""
    live = any(run.outcome == "running" for run in view.runs)
    st.fragment(_charts, run_every=EVERY_S if live else None)(store, view, live)


def _charts(store: Store, view: View, live: bool) -> None:
    try:
        if live and not any(store.run(run.id).outcome == "running" for run in view.runs):
            st.rerun()  # the last one has ended: the whole page says so
        lines, events = _read(store, view)
        scale = _scale(view, lines)
        _legend(view)
        with st.container(key="charts"):
            if view.overlay:
                _overlay(view, lines, events, scale)
            else:
                _multiples(view, lines, events, scale)
        _summary(store, view)
    except StoreError as error:
        st.error(str(error), icon=":material/database_off:")


def _read(store: Store, view: View) -> tuple[list[Line], dict[int, list[RecordedEvent]]]:
    """Down-sampled lines, and the events to mark."""
    drawn = view.runs[:RUN_LIMIT]
    share = max(100, POINTS // (len(drawn) * len(view.names)))
    lines = [Line(run, name, store.series(run.id, name, view.lo, view.hi, min(share, 1000)))
             for name in view.names for run in drawn]
    events = {run.id: store.events(run.id, view.kinds, view.lo, view.hi, limit=EVENT_LIMIT)
              for run in drawn} if view.kinds else {}
    return lines, events


def _scale(view: View, lines: Sequence[Line]) -> Scale:
    """Seconds, minutes or hours, whichever reads best."""
    if not view.timed:
        return Scale("step", 1.0, False)
    last = max((float(line.points.step[-1]) * (line.run.step_s or 1.0) for line in lines
                if len(line.points.step)), default=0.0)
    for title, divisor in (("simulated hours", 3600.0), ("simulated minutes", 60.0)):
        if last >= 3 * divisor:
            return Scale(title, divisor, True)
    return Scale("simulated seconds", 1.0, True)


def _colour(position: int) -> str:
    """Colour of the run at a position; its number stands at the end of its line as well."""
    c = colours()
    return str(c["marks"][_MARKS[position]] if position < len(_MARKS) else c["muted"])


def _legend(view: View) -> None:
    drawn = view.runs[:RUN_LIMIT]
    entries = "".join(
        swatch(_colour(i), escape(title_of(run))) for i, run in enumerate(drawn))
    note = '<span class="swatch">▲ event</span>' if view.kinds else ""
    st.html(f'<div class="chart-head"><p style="flex-wrap:wrap">{entries}{note}</p></div>')


def _multiples(view: View, lines: Sequence[Line], events: dict[int, list[RecordedEvent]],
               scale: Scale) -> None:
    """One chart a series, all runs in each."""
    for start in range(0, len(view.names), _PER_ROW):
        names = view.names[start:start + _PER_ROW]
        for name, column in zip(names, st.columns(len(names)), strict=True):
            with column:
                chart_head(escape(name), escape(unit_of(name)))
                fig = figure(height=220, x_title=scale.title)
                _draw(fig, view, [line for line in lines if line.name == name], events, scale)
                _put(fig, f"metrics.chart.{name}", f"{name} of {len(view.runs)} runs over "
                     f"{scale.title}")


def _overlay(view: View, lines: Sequence[Line], events: dict[int, list[RecordedEvent]],
             scale: Scale) -> None:
    """Every series of every run in one chart."""
    (column,) = st.columns(1)
    with column:
        chart_head("All chosen series", escape(", ".join(view.names)))
        fig = figure(height=460, x_title=scale.title)
        _draw(fig, view, lines, events, scale)
        _put(fig, "metrics.chart.overlay", f"{len(view.names)} series of {len(view.runs)} runs "
             f"over {scale.title}")


def _draw(fig: go.Figure, view: View, lines: Sequence[Line],
          events: dict[int, list[RecordedEvent]], scale: Scale) -> None:
    """Lines, then the events at the foot of the chart."""
    position = {run.id: i for i, run in enumerate(view.runs)}
    ends: list[tuple[float, str, str]] = []
    several = len({line.name for line in lines}) > 1
    for line in lines:
        if not len(line.points.step):
            continue
        colour = _colour(position[line.run.id])
        dash = _DASHES[view.names.index(line.name) % len(_DASHES)] if several else "solid"
        name = f"{line.run.id} {line.name}" if several else title_of(line.run)
        fig.add_scatter(x=scale.of(line.run, line.points.step), y=line.points.value,
                        line={"color": colour, "dash": dash, "width": 1.25},
                        mode="lines" if len(line.points.step) > 1 else "markers",
                        name=escape(name), hovertemplate="%{y:.6~g}")
        ends.append((float(line.points.value[-1]), colour,
                     escape(name if several else str(line.run.id))))
    _label_ends(fig, ends)
    for run in view.runs[:RUN_LIMIT]:
        marks = events.get(run.id, [])
        if marks and fig.data:
            step = np.array([e.step for e in marks])
            height = (6.0 + 11.0 * position[run.id]) / fig.layout.height
            fig.add_scatter(
                x=scale.of(run, step), y=np.full(len(marks), height), yaxis="y2", mode="markers",
                marker={"symbol": "triangle-up", "size": 8, "color": _colour(position[run.id])},
                text=[escape(f"{e.kind}: {e.text}") for e in marks],
                hovertemplate="%{text}", name=escape(f"{title_of(run)} event"))
    fig.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False,
                              "fixedrange": True})
    fig.update_yaxes(rangemode="normal", selector={"overlaying": None})


def _label_ends(fig: go.Figure, ends: Sequence[tuple[float, str, str]]) -> None:
    """Name each line at its right end, moved apart where lines end close together.

    Args:
        fig: Figure with the lines.
        ends: Last value, colour and text of each line.
    """
    real = [v for trace in fig.data for v in trace.y if math.isfinite(v)]
    ends = sorted(end for end in ends if math.isfinite(end[0]))
    if not ends or len(fig.data) < 2:
        return
    span = (max(real) - min(real)) or 1.0
    gap = span * 17.0 / fig.layout.height
    below = -math.inf
    for value, colour, text in ends:
        below = max(value, below + gap)
        fig.add_annotation(x=1, xref="paper", xanchor="left", xshift=3, y=below, yref="y",
                           text=f'<span style="color:{colour}">●</span> {text}',
                           showarrow=False, font={"size": 11.5, "color": colours()["text"]})
    fig.update_layout(margin_r=28 + 6.4 * max(len(text) for *_, text in ends))


def _put(fig: go.Figure, key: str, alt: str) -> None:
    if fig.data:
        show(fig, key, alt, zoom=True)
    else:
        st.html('<div class="chart-empty">No points in this range.</div>')


def _summary(store: Store, view: View) -> None:
    """Figures of whole series, exact however long they are."""
    rows = [(name, run, store.summary(run.id, name)) for name in view.names for run in view.runs]
    rows = [row for row in rows if row[2].n]
    frame = pl.DataFrame({
        "Series": [name for name, _, _ in rows],
        "Run": [title_of(run) for _, run, _ in rows],
        "Points": [s.n for *_, s in rows],
        "Least": [_finite(s.low) for *_, s in rows],
        "Mean": [_finite(s.mean) for *_, s in rows],
        "Greatest": [_finite(s.high) for *_, s in rows],
    }, schema_overrides=dict.fromkeys(("Least", "Mean", "Greatest"), pl.Float64))
    number = st.column_config.NumberColumn(format="%.5g")
    with st.expander("Summary", icon=":material/functions:", expanded=True, key="metrics.summary"):
        st.dataframe(frame, hide_index=True, key="metrics.figures",
                     column_config={"Points": st.column_config.NumberColumn(format="localized"),
                                    "Least": number, "Mean": number, "Greatest": number},
                     alt="Points, least, mean and greatest value of each series and run")


def _finite(x: float) -> float | None:
    """The number; nothing for NaN."""
    return None if math.isnan(x) else x

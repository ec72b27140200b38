"""The charts and figures of the metrics page, kept up to date while a run is live."""

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
from streamlit.delta_generator import DeltaGenerator

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
CHART_PX: Final = 220
OVERLAY_PX: Final = 460
PER_ROW: Final = 2
_MARKS: Final = ("blue", "orange", "green", "vermilion", "purple")
_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


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


@dataclass(slots=True)
class Shown:
    """What a tab has on the screen.

    Streamlit mounts a chart anew whenever its figure differs. So one chart a second is redrawn
    in turn, and the others are sent again as they are and stay.

    Attributes:
        view: What the figures show, and the theme.
        figures: By chart.
        turn: Redraws so far.
        last_s: Simulated seconds at the end of the longest line.
    """

    view: object
    figures: dict[str, go.Figure]
    turn: int = 0
    last_s: float = 0.0


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
    """Draw the view; while one of its runs goes on, one chart a second is brought up to date."""
    live = any(run.outcome == "running" for run in view.runs)
    st.fragment(_charts, run_every=EVERY_S if live else None)(store, view, live)


def _charts(store: Store, view: View, live: bool) -> None:
    try:
        if live and not any(store.run(run.id).outcome == "running" for run in view.runs):
            st.rerun()  # the last one has ended: the whole page says so
        charts = {"": view.names} if view.overlay else {name: (name,) for name in view.names}
        shown = _shown(view)
        due = [name for i, name in enumerate(charts)
               if name not in shown.figures or i == shown.turn % len(charts)]
        shown.turn += 1
        for name in due:
            shown.figures[name] = _figure(store, view, charts[name], shown)
        _legend(view)
        with st.container(key="charts"):
            if view.overlay:
                _card(st.columns(1)[0], "All chosen series", ", ".join(view.names),
                      shown.figures[""])
            else:
                _multiples(view, shown.figures)
        _summary(store, view)
    except StoreError as error:
        st.error(str(error), icon=":material/database_off:")


def _shown(view: View) -> Shown:
    """The tab's figures; none when something else is to be shown."""
    key = (tuple((run.id, run.outcome) for run in view.runs), view.names, view.overlay, view.timed,
           view.lo, view.hi, view.kinds, colours()["ground"])
    shown = st.session_state.get("metrics.shown")
    if not isinstance(shown, Shown) or shown.view != key:
        shown = st.session_state["metrics.shown"] = Shown(key, {})
    return shown


def _figure(store: Store, view: View, names: tuple[str, ...], shown: Shown) -> go.Figure:
    """One chart: its lines, down-sampled, and the events at its foot."""
    runs = view.runs[:RUN_LIMIT]
    share = max(100, min(1000, POINTS // (len(runs) * len(view.names))))
    lines = [Line(run, name, store.series(run.id, name, view.lo, view.hi, share))
             for name in names for run in runs]
    lines = [line for line in lines if len(line.points.step)]
    events = {run.id: store.events(run.id, view.kinds, view.lo, view.hi, limit=EVENT_LIMIT)
              for run in runs} if view.kinds else {}
    shown.last_s = max([shown.last_s, *(float(line.points.step[-1]) * (line.run.step_s or 0.0)
                                        for line in lines)])
    scale = _scale(view, shown.last_s)
    fig = figure(height=OVERLAY_PX if view.overlay else CHART_PX, x_title=scale.title)
    _draw_lines(fig, view, lines, scale)
    if lines:
        _draw_events(fig, view, events, scale)
    return fig


def _scale(view: View, last_s: float) -> Scale:
    """Seconds, minutes or hours, whichever reads best."""
    if not view.timed:
        return Scale("step", 1.0, False)
    for title, divisor in (("simulated hours", 3600.0), ("simulated minutes", 60.0)):
        if last_s >= 3 * divisor:
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


def _multiples(view: View, figures: dict[str, go.Figure]) -> None:
    """One chart a series, all runs in each."""
    for start in range(0, len(view.names), PER_ROW):
        names = view.names[start:start + PER_ROW]
        for name, column in zip(names, st.columns(len(names)), strict=True):
            _card(column, name, unit_of(name), figures[name])


def _card(column: DeltaGenerator, title: str, note: str, fig: go.Figure) -> None:
    """A chart with its head, or a word in its place."""
    with column:
        chart_head(escape(title), escape(note))
        if fig.data:
            show(fig, f"metrics.chart.{title}", f"{title} over {fig.layout.xaxis.title.text}",
                 zoom=True)
        else:
            st.html('<div class="chart-empty">No points in this range.</div>')


def _draw_lines(fig: go.Figure, view: View, lines: Sequence[Line], scale: Scale) -> None:
    """Colour tells the run and, in an overlay, dash the series; both are named at the end."""
    position = {run.id: i for i, run in enumerate(view.runs)}
    ends: list[tuple[float, str, str]] = []
    for line in lines:
        colour = _colour(position[line.run.id])
        dash = _DASHES[view.names.index(line.name) % len(_DASHES)] if view.overlay else "solid"
        name = f"{line.run.id} {line.name}" if view.overlay else title_of(line.run)
        fig.add_scatter(x=scale.of(line.run, line.points.step), y=line.points.value,
                        line={"color": colour, "dash": dash, "width": 1.25},
                        mode="lines" if len(line.points.step) > 1 else "markers",
                        name=escape(name), hovertemplate="%{y:.6~g}")
        ends.append((float(line.points.value[-1]), colour,
                     escape(name if view.overlay else str(line.run.id))))
    if len(lines) > 1:
        _label_ends(fig, ends)
    fig.update_yaxes(rangemode="normal")


def _draw_events(fig: go.Figure, view: View, events: dict[int, list[RecordedEvent]],
                 scale: Scale) -> None:
    """A row of triangles a run at the foot of the chart."""
    for i, run in enumerate(view.runs[:RUN_LIMIT]):
        marks = events.get(run.id, [])
        if marks:
            step = np.array([e.step for e in marks])
            height = (6.0 + 11.0 * i) / fig.layout.height
            fig.add_scatter(
                x=scale.of(run, step), y=np.full(len(marks), height), yaxis="y2", mode="markers",
                marker={"symbol": "triangle-up", "size": 8, "color": _colour(i)},
                text=[escape(f"{e.kind}: {e.text}") for e in marks],
                hovertemplate="%{text}", name=escape(f"{title_of(run)} event"))
    fig.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False,
                              "fixedrange": True})


def _label_ends(fig: go.Figure, ends: Sequence[tuple[float, str, str]]) -> None:
    """Name each line at its right end, moved apart where lines end close together.

    Args:
        fig: Figure with the lines.
        ends: Last value, colour and text of each line.
    """
    real = [v for trace in fig.data for v in trace.y if math.isfinite(v)]
    ends = sorted(end for end in ends if math.isfinite(end[0]))
    if not ends:
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

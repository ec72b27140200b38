"""Charts of a learning run: losses, strength, speed, gates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from engine.go.learner import LearningRun
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.common.figures import Figures

POINTS: Final = 300
LOSSES: Final = (
    ("policy", "policy", "blue", "solid", 1.0),
    ("outcome", "value × 2", "orange", "dash", 2.0),
    ("owner", "ownership × 2", "green", "solid", 2.0),
    ("score", "score ÷ 5", "purple", "dot", 0.2),
)
WIDE_PX: Final = 240


def draw_charts(run: LearningRun, figures: Figures) -> None:
    """Two wide charts and three small ones."""
    with st.container(key="charts"):
        marks = colours()["marks"]
        left, right = st.columns(2)
        with left:
            held = "held_out.policy" in figures.series
            chart_head("Loss on held-out games" if held else "Loss while training", "".join(
                swatch(marks[colour], name, dashed=dash != "solid")
                for _, name, colour, dash, _ in LOSSES))
            _put(_losses(figures, "held_out" if held else "loss"), "loss",
                 "Losses by training step")
        with right:
            chart_head("Elo of the best network", "by gate, above the first network")
            _put(_elo(figures), "elo", "Elo of the best network after each gate")
        small: tuple[tuple[str, str, str, str, Callable[[], go.Figure]], ...] = (
            ("rate", "Games per hour", "self-play, by games played", "Self-play games an hour",
             lambda: _line(figures, "selfplay.games_per_h", "green", by="selfplay.games")),
            ("moves", "Moves a game", "mean of each job, by games played",
             "Mean moves of a self-play game",
             lambda: _line(figures, "selfplay.game_moves", "purple", by="selfplay.games")),
            ("agree", "Agreement", "top move is the move to learn, %",
             "Share of positions whose top move is the move to learn",
             lambda: _line(figures, "loss.agreement", "blue", scale=100.0)),
        )
        columns = st.columns(4)
        for (key, title, note, alt, make), column in zip(small, columns, strict=False):
            with column:
                chart_head(title, note)
                _put(make(), key, alt)
        with columns[-1]:
            _gates(run, figures)


def _put(fig: go.Figure, key: str, alt: str) -> None:
    if fig.data:
        show(fig, f"go.training.{key}", alt)
    else:
        st.html('<div class="chart-empty">No figures yet.</div>')


def _losses(figures: Figures, group: str) -> go.Figure:
    fig = figure(height=WIDE_PX)
    marks = colours()["marks"]
    for series, name, colour, dash, factor in LOSSES:
        steps, values = _thin(figures, f"{group}.{series}")
        if steps:
            fig.add_scatter(x=steps, y=[factor * v for v in values], mode="lines", name=name,
                            line={"color": marks[colour], "width": 2, "dash": dash})
    fig.update_xaxes(title_text="step")
    return fig


def _elo(figures: Figures) -> go.Figure:
    """The best network's rating, gate by gate; the first network has 0."""
    fig = figure(height=WIDE_PX)
    values = figures.values("gate.elo")
    if values:
        blue = colours()["marks"]["blue"]
        fig.add_scatter(x=list(range(len(values) + 1)), y=[0.0, *values], mode="lines+markers",
                        name="Elo", line={"color": blue, "width": 2}, marker={"size": 7})
        fig.update_xaxes(title_text="gate", dtick=max(1, len(values) // 8))
    return fig


def _line(figures: Figures, series: str, colour: str, *, scale: float = 1.0,
          by: str = "") -> go.Figure:
    """One series by training step, or by another series that was noted with it."""
    fig = figure()
    steps, values = _thin(figures, series)
    if by:
        steps = _thin(figures, by)[1][:len(steps)]
        values = values[:len(steps)]
    if steps:
        fig.add_scatter(x=steps, y=[scale * v for v in values],
                        mode="lines", name=series,
                        line={"color": colours()["marks"][colour], "width": 2})
    return fig


def _thin(figures: Figures, series: str) -> tuple[list[float], list[float]]:
    """Means over equal stretches, at most `POINTS` of them."""
    if series not in figures.series:
        return [], []
    steps, values = figures.series[series]
    size = max(1, -(-len(steps) // POINTS))
    starts = range(0, len(steps), size)
    return ([float(steps[i]) for i in starts],
            [sum(values[i:i + size]) / len(values[i:i + size]) for i in starts])


def _gates(run: LearningRun, figures: Figures) -> None:
    """The latest matches of a new network against the best."""
    chart_head("Gates", "new network against the best")
    shares, taken = figures.values("gate.win_rate"), figures.values("gate.taken")
    rows: list[dict[str, Any]] = [
        {"Gate": number, "Points won": f"{100 * share:.1f} %",
         "Verdict": "▲ promoted" if passed else "✕ held back"}
        for number, (share, passed) in enumerate(zip(shares, taken, strict=False), 1)]
    if not rows:
        st.html('<div class="chart-empty">The first comes after the first generation.</div>')
        return
    st.dataframe(rows[::-1][:6], hide_index=True, height="content",
                 key=f"go.training.gates.{run.name}")

"""The training tab: every task's loss as it falls, what validation says, start and pause."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

import plotly.graph_objects as go
import streamlit as st

from engine.live import RUNS, Run
from engine.perception import learner, models
from engine.perception.learner import Recipe, TrainingRun
from engine.perception.train_params import TrainingParams
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.common.components import cards
from pages.common.export import export_recordings
from pages.common.figures import thinned
from pages.common.training import (
    STANDS,
    Asked,
    answers,
    ask,
    attempt,
    choose,
    complaint,
    follow,
    free_name,
)
from pages.perception_feed import feed, recordings
from pages.perception_figures import Figures, figures_of, kpi_items

GROUP: Final = "perception.training"
EVERY_S: Final = 5.0
POINTS: Final = 110
WIDE_PX: Final = 250
ASKED: Final[Asked] = {
    Recipe: ("pictures", "val_pictures", "seed"),
    TrainingParams: ("steps", "batch", "rate", "warm_up"),
}
TASKS: Final = (
    ("scores", "objects", "blue", "solid"), ("boxes", "boxes", "blue", "dash"),
    ("space", "place in space", "purple", "solid"), ("lights", "lights", "vermilion", "dot"),
    ("lines", "lanes", "orange", "solid"), ("drivable", "drivable", "green", "solid"),
    ("depth", "depth", "purple", "dash"),
)
MEASURES: Final = (
    ("ap50", "AP50", "blue", "solid"), ("lane_f1", "lane F1", "orange", "solid"),
    ("drivable_miou", "drivable mIoU", "green", "solid"), ("delta1", "depth δ1", "purple", "dash"),
)
CLASSES: Final = ("car", "truck", "cyclist", "pedestrian", "cone", "traffic light", "sign")


def draw(drive: Run) -> None:
    """Draw the tab.

    Args:
        drive: The page's own run, which is kept alive while its cameras are not shown.
    """
    feed()
    runs = learner.training_runs()
    names = [run.name for run in runs]
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        chosen = _controls(runs, names)
    complaint(GROUP)
    if chosen is None:
        st.info("No network has been trained here yet. **New run** renders pictures of generated "
                "towns with their truth and trains one network on all tasks at once. Losses and "
                "validation appear here while it learns; the best network of a run can be chosen "
                "on the Drive tab.", icon=":material/school:")
    else:
        st.fragment(_live, run_every=EVERY_S)(chosen, drive.token)
    _measured()


def _measured() -> None:
    """What was measured of each network that can be chosen, as its card says."""
    rows = []
    for name, path in models.networks().items():
        card = models.card(path)
        for key, split in (("held_out", "unseen styles"), ("validation", "known styles")):
            m = card.get(key)
            if isinstance(m, dict):
                rows.append({
                    "Network": name, "Measured on": split, "Pictures": m.get("pictures"),
                    "AP50": m.get("ap50"), "AP75": m.get("ap75"), "Lane F1": m.get("lane_f1"),
                    "Drivable mIoU": m.get("drivable_miou"), "AbsRel": m.get("abs_rel"),
                    "δ1": m.get("delta1"), "Steps": card.get("trained", {}).get("steps")})
    if rows:
        with st.container(border=True, key="perception-measured"):
            st.markdown("**Measured** :gray[of the networks that can be chosen, from their model "
                        "cards]")
            st.dataframe(rows, hide_index=True, height="content", key="perception.measured")


def _controls(runs: list[TrainingRun], names: list[str]) -> str | None:
    """Choose, start, pause; returns the run that is shown."""
    chosen = choose(names, "perception.training.run",
                    "A training run; each is a folder of figures and weights.")
    if chosen is not None:
        run = runs[names.index(chosen)]
        if run.standing in STANDS:
            st.button("Pause", key="perception.training.pause", type="primary",
                      icon=":material/pause:", on_click=attempt,
                      args=(GROUP, learner.pause, chosen),
                      disabled=run.standing == "starting" or not run.known,
                      help="It keeps its state and ends within a step; Go on continues there."
                      if run.known else "This run was started in a shell; end it there.")
        else:
            st.button("Go on", key="perception.training.start", type="primary",
                      icon=":material/play_arrow:", on_click=attempt,
                      args=(GROUP, learner.go_on, chosen),
                      disabled=not run.known or run.standing == "finished",
                      help="Continue from the last state." if run.known else
                      "This run was started in a shell; go on with it there.")
    with st.popover("New run", icon=":material/add:", help="Train a network."):
        _new_run(names)
    return chosen


def _new_run(names: list[str]) -> None:
    st.text_input("Name of the run", free_name("run", names), key="perception.new.name",
                  max_chars=40)
    sizes = {"S": "S, 0.6 M weights", "M": "M, 1.1 M weights", "tiny": "tiny, for trying"}
    st.segmented_control("Network", list(sizes), default="S", key="perception.new.size",
                         required=True, format_func=sizes.__getitem__)
    for params, wanted in ASKED.items():
        ask("perception.new", params, wanted, formats={"rate": "%.4f"})
    st.button("Start", key="perception.new.begin", type="primary", icon=":material/play_arrow:",
              width="stretch", on_click=_begin)
    if find_spec("torch") is None:
        st.caption("torch is not installed; training needs it.")


def _begin() -> None:
    state = st.session_state

    def begin() -> None:
        recipe, training = (answers("perception.new", p, wanted) for p, wanted in ASKED.items())
        run = learner.start(
            state["perception.new.name"].strip(), Recipe.parse(recipe),
            TrainingParams.parse({**training, "size": state["perception.new.size"]}))
        state["perception.training.run"] = run.name

    attempt(GROUP, begin)


def _live(name: str, drive: str) -> None:
    """Everything that changes while a run learns."""
    RUNS.find(drive)  # asking for it renews its lease
    run = learner.look(name)
    follow(GROUP, run)
    figures = figures_of(name)
    cards(kpi_items(run, figures), key="perception-training-cards")
    _charts(figures)
    export_recordings(recordings(name), "Losses of each task and what validation says")


def _charts(figures: Figures) -> None:
    marks = colours()["marks"]
    with st.container(key="charts"):
        left, right = st.columns(2)
        with left:
            there = [t for t in TASKS if f"loss.{t[0]}" in figures.series]
            chart_head("Loss of each task", "".join(
                swatch(marks[colour], name, dashed=dash != "solid")
                for _, name, colour, dash in there))
            _put(_lines(figures, "loss", tuple(there), WIDE_PX), "loss", "Losses by training step")
        with right:
            chart_head("Validation", "".join(
                swatch(marks[colour], name, dashed=dash != "solid")
                for _, name, colour, dash in MEASURES))
            _put(_lines(figures, "val", MEASURES, WIDE_PX), "val", "Validation by training step")
        columns = st.columns(4)
        single: tuple[tuple[str, str, str, Callable[[Figures], go.Figure]], ...] = (
            ("classes", "AP50 by class", "newest validation", _by_class),
            ("depth", "Depth AbsRel", "validation, lower is better",
             lambda f: _lines(f, "val", (("abs_rel", "AbsRel", "purple", "solid"),))),
            ("rate", "Learning rate", "by step",
             lambda f: _lines(f, "", (("rate", "rate", "green", "solid"),))),
            ("gradient", "Gradient norm", "by step, before the limit",
             lambda f: _lines(f, "", (("gradient", "norm", "orange", "solid"),))),
        )
        for column, (key, title, note, make) in zip(columns, single, strict=True):
            with column:
                chart_head(title, note)
                _put(make(figures), key, title)


def _lines(figures: Figures, group: str, series: tuple[tuple[str, str, str, str], ...],
           height: int = 186) -> go.Figure:
    fig = figure(height=height)
    marks = colours()["marks"]
    for name, label, colour, dash in series:
        key = f"{group}.{name}" if group else name
        if key in figures.series:
            steps, values = thinned(*figures.series[key], POINTS)
            fig.add_scatter(x=steps, y=values, name=label,
                            mode="lines" if len(steps) > 8 else "lines+markers",
                            line={"color": marks[colour], "width": 2, "dash": dash})
    fig.update_xaxes(title_text="step")
    return fig


def _by_class(figures: Figures) -> go.Figure:
    fig = figure()
    found = [(c, figures.last(f"val.ap50_by_class.{c}")) for c in CLASSES]
    rows = [(c, v) for c, v in found if v is not None]
    if rows:
        fig.add_bar(x=[v for _, v in rows], y=[c for c, _ in rows], orientation="h",
                    marker={"color": colours()["marks"]["blue"]}, name="AP50",
                    text=[f"{v:.2f}" for _, v in rows], textposition="outside",
                    textfont={"size": 12}, cliponaxis=False)
        fig.update_layout(yaxis_autorange="reversed", xaxis_range=[0, 1], hovermode="closest")
    return fig


def _put(fig: go.Figure, key: str, alt: str) -> None:
    if fig.data:
        show(fig, f"perception.training.{key}", alt)
    else:
        st.html('<div class="chart-empty">No figures yet.</div>')

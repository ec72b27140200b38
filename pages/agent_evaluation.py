"""The evaluation tab of the agent: run a suite in the background, and see completion over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

import plotly.graph_objects as go
import streamlit as st

from engine.agent.exam import SUITES, Examiner, Progress, examiner, past
from engine.agent.judged import default_file
from engine.agent.models import price_for
from engine.agent.params import AgentParams
from engine.errors import EngineError
from engine.live import Run
from engine.store.records import Run as Recorded
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.common.components import cards, feed
from pages.common.session import metrics_store

EVERY_S: Final = 1.0
PLANNER: Final = "Offline planner"
SAMPLES: Final = {"Every task": 1, "Each 5th": 5, "Each 20th": 20}
SHOWN_KINDS: Final = 24
Past = Sequence[tuple[Recorded, Mapping[str, Any]]]
STACKED: Final = (("vermilion", ""), ("orange", "/"), ("purple", "x"), ("blue", "."),
                  ("green", "-"))
"""Colour and pattern of a kind's bars."""


def evaluation(run: Run) -> None:
    """Draw the tab.

    Args:
        run: The chat of the page, which is kept alive while it is not shown.
    """
    feed(run)
    own = examiner()
    st.fragment(_controls, run_every=EVERY_S if own.progress.state == "running" else None)(run)
    store = metrics_store()
    if store is None:
        return
    try:
        found = past(store)
    except EngineError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not found:
        st.info("No suite has been run here yet. **Run** takes one in a process of its own, at low "
                "priority: chats and runs go on. Completion with its interval, latency, cost and "
                "wrong changes appear here, and stay.", icon=":material/school:")
        return
    _outcome(found)


def _controls(run: Run) -> None:
    """Choose, run, stop, and how far it is; draws the page anew when it begins or ends."""
    own = examiner()
    now = own.progress
    running = now.state == "running"
    was = st.session_state.get("agent.exam.was", running)
    st.session_state["agent.exam.was"] = running
    if was != running:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        st.selectbox("Suite", list(SUITES), key="agent.exam.suite", width=170, disabled=running,
                     format_func=str.capitalize, label_visibility="collapsed",
                     help="; ".join(SUITES.values()))
        st.segmented_control("Tasks", list(SAMPLES), key="agent.exam.sample", required=True,
                             default="Every task", disabled=running, width="content",
                             label_visibility="collapsed")
        model = st.session_state.get("agent.model", "")
        st.segmented_control("Who", [PLANNER, *([model] if model else [])], key="agent.exam.who",
                             required=True, default=PLANNER, disabled=running, width="content",
                             label_visibility="collapsed",
                             help="A model is named under Model on the Chat tab.")
        if running:
            st.button("Stop", icon=":material/stop:", on_click=own.stop, key="agent.exam.stop")
        else:
            st.button("Run", icon=":material/play_arrow:", type="primary", on_click=_start,
                      args=(own, run), key="agent.exam.start")
    _state(now)


def _state(now: Progress) -> None:
    """The examination under way, or why it failed."""
    if problem := st.session_state.get("agent.exam.problem"):
        st.error(problem, icon=":material/error:")
    if now.state == "running":
        share = f"{100 * now.good / now.done:.0f} % completed so far" if now.done else \
            "the process is starting"
        st.progress(now.done / max(1, now.tasks),
                    f"{now.model}, suite {now.suite}: {now.done} of {now.tasks} tasks, {share}, "
                    f"{now.wrong_changes} wrong changes")
    elif now.state == "failed":
        st.error(f"The examination failed after {now.done} of {now.tasks} tasks: {now.problem}",
                 icon=":material/error:")
    elif now.state == "stopped":
        st.caption(f"Stopped after {now.done} of {now.tasks} tasks; it is not counted below.")


def _start(own: Examiner, run: Run) -> None:
    st.session_state.pop("agent.exam.problem", None)
    p = cast(AgentParams, run.params)
    who = st.session_state["agent.exam.who"]
    planner = who == PLANNER
    try:
        price = price_for(p.with_changes(answers="offline planner" if planner else "model"),
                          "" if planner else who)
        own.start(st.session_state["agent.exam.suite"], "" if planner else who, price=price,
                  every=SAMPLES[st.session_state["agent.exam.sample"]], day_money=p.day_money)
    except EngineError as error:
        st.session_state["agent.exam.problem"] = str(error)


def _outcome(found: Past) -> None:
    """The latest examination in figures, all of them over time, and what failed."""
    latest, summary = found[0]
    cards(_cards(found), "kpis-evaluation")
    kinds = _by_kind(summary["by_kind"])
    with st.container(key="charts"):
        left, right = st.columns(2)
        with left:
            chart_head("Completed over time", "%, with 95 % Wilson intervals")
            show(_over_time(found, kinds.layout.height), "agent.exam.time",
                 "Completion of each examination over time")
        with right:
            chart_head("Completed by kind of request", f"%, {latest.label}, 95 % intervals")
            show(kinds, "agent.exam.kinds",
                 "Completion of the latest examination by kind of request")
        left, right = st.columns(2)
        marks = colours()["marks"]
        with left:
            chart_head("Reply time", swatch(marks["blue"], "median"),
                       swatch(marks["orange"], "p95", dashed=True), " s, by examination")
            show(_times(found), "agent.exam.latency", "Median and p95 reply time by examination")
        with right:
            chart_head("Wrong changes by kind", "tasks, by examination; the legend names kinds")
            show(_wrong(found), "agent.exam.wrong",
                 "Tasks with a wrong change by kind of request, by examination")
    failures = summary["failures"]
    with st.expander(f"What was not completed: {len(failures)}", icon=":material/rule:"):
        if failures:
            st.dataframe([{"Task": f["id"], "Said": " / ".join(f["say"]),
                           "Wrong": "; ".join(f["wrong"])} for f in failures], hide_index=True)
        else:
            st.caption("Every task was completed.")
    st.caption(f"Judged replies are kept in {default_file().name}: ▲ asks for the same calls "
               "again, ▼ for others. The suite judges by the state of the house, not by words.")


def _cards(found: Past) -> list[dict[str, Any]]:
    """The latest examination; sparklines run over all of them, the oldest first."""
    ago = [s for _, s in found][::-1]
    now = ago[-1]
    done, wait = now["completed"], now["latency_s"]

    def card(label: str, value: str, unit: str, note: str, series: list[float | None],
             about: str) -> dict[str, Any]:
        return {"label": label, "value": value, "unit": unit, "note": note, "delta": "",
                "tone": "flat", "series": series, "help": about}

    return [
        card("Completed", f"{100 * done['share']:.1f}", "%",
             f"{100 * done['low']:.1f} to {100 * done['high']:.1f}",
             [s["completed"]["share"] for s in ago], "Tasks whose outcome is as expected, with "
             "the 95 % Wilson interval."),
        card("Tasks", f"{done['of']}", "", f"{now['tries']} a task",
             [float(s["completed"]["of"]) for s in ago], "How many were tried."),
        card("Wrong changes", f"{100 * now['wrong_change_share']:.1f}", "%",
             f"{now['wrong_changes']} tasks", [s["wrong_change_share"] for s in ago],
             "Tasks in which something was changed that should not have been."),
        card("Reply, median", _ms(wait["p50"]), "ms", f"p95 {_ms(wait['p95'])} ms",
             [s["latency_s"]["p50"] for s in ago], "Simulation time included."),
        card("Cost", f"{now['dollars']:.4f}" if now.get("priced", True) else "unknown",
             "$" if now.get("priced", True) else "", "", [s["dollars"] for s in ago],
             "By the price table under Model; the offline planner costs nothing."),
        card("Examinations", str(len(ago)), "", "", [], "Those that came to their end."),
    ]


def _ms(seconds: float | None) -> str:
    return "—" if seconds is None else f"{1e3 * seconds:,.0f}"


def _over_time(found: Past, height: int) -> go.Figure:
    """Each examination as a point with its interval; suites and models apart by colour and mark."""
    fig = figure(height=height)
    fig.update_layout(hovermode="closest")
    marks = colours()["marks"]
    looks = [("blue", "circle"), ("orange", "square"), ("green", "diamond"), ("purple", "cross")]
    labels = list(dict.fromkeys(run.label for run, _ in found))
    for i, label in enumerate(labels):
        colour, mark = looks[i % len(looks)]
        rows = [(r.started_at, s["completed"]) for r, s in found if r.label == label][::-1]
        _dots(fig, label, marks[colour], mark, [when for when, _ in rows],
              [c for _, c in rows])
    fig.update_layout(showlegend=len(labels) > 1, legend={"orientation": "h", "y": 1.15})
    fig.update_yaxes(range=[0, 103], rangemode="normal")
    _dates(fig, found)
    return fig


def _dates(fig: go.Figure, found: Past) -> None:
    """A time axis with room at both ends, so that one examination is not all of it."""
    times = [run.started_at for run, _ in found]
    room = max(timedelta(hours=1), (max(times) - min(times)) / 12)
    fig.update_xaxes(type="date", tickformat="%d %b<br>%H:%M", nticks=6,
                     range=[min(times) - room, max(times) + room])


def _times(found: Past) -> go.Figure:
    """Median and p95 of a reply."""
    fig = figure()
    marks = colours()["marks"]
    ago = found[::-1]
    for name, colour, dash in (("p50", "blue", "solid"), ("p95", "orange", "dash")):
        fig.add_scatter(x=[r.started_at for r, _ in ago], y=[s["latency_s"][name] for _, s in ago],
                        mode="lines+markers", name=name, marker={"size": 7},
                        line={"color": marks[colour], "width": 2, "dash": dash})
    _dates(fig, found)
    return fig


def _wrong(found: Past) -> go.Figure:
    """How many tasks changed something wrongly, stacked by kind; the commonest kinds by name."""
    fig = figure()
    marks = colours()["marks"]
    total: Counter[str] = Counter()
    for _, s in found:
        total.update({k: c.get("wrong_changes", 0) for k, c in s["by_kind"].items()})
    named = [k for k, n in total.most_common(len(STACKED)) if n]
    ago = found[::-1]
    names = [f"{r.started_at:%d %b %H:%M} ({r.id})" for r, _ in ago]
    for kind, (colour, pattern) in zip(named, STACKED, strict=False):
        fig.add_bar(x=names, name=kind, marker={"color": marks[colour],
                                                "pattern": {"shape": pattern}},
                    y=[s["by_kind"].get(kind, {}).get("wrong_changes", 0) for _, s in ago])
    if not named:
        fig.add_bar(x=names, y=[0] * len(names), name="none")
        fig.add_annotation(text="No wrong change in any examination.", showarrow=False, x=0.5,
                           y=0.5, xref="paper", yref="paper")
    fig.update_layout(barmode="stack", showlegend=bool(named),
                      legend={"orientation": "h", "y": 1.25})
    fig.update_yaxes(dtick=max(1, max(sum(c.get("wrong_changes", 0)
                                          for c in s["by_kind"].values()) for _, s in found) // 4))
    return fig


def _dots(fig: go.Figure, name: str, colour: str, mark: str, x: Sequence[datetime],
          shares: Sequence[Mapping[str, Any]]) -> None:
    fig.add_scatter(
        x=list(x), y=[100 * c["share"] for c in shares], mode="markers", name=name,
        marker={"color": colour, "symbol": mark, "size": 9},
        error_y={"type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 4,
                 "array": [100 * (c["high"] - c["share"]) for c in shares],
                 "arrayminus": [100 * (c["share"] - c["low"]) for c in shares]},
        hovertemplate="%{y:.1f} %<br>%{x}")


def _by_kind(kinds: Mapping[str, Mapping[str, Any]]) -> go.Figure:
    """A row a kind, the worst at the top."""
    rows = sorted(kinds.items(), key=lambda row: -row[1]["share"])[-SHOWN_KINDS:]
    fig = figure(height=max(240, 60 + 19 * len(rows)))
    fig.update_layout(hovermode="closest", margin={"l": 90})
    green = colours()["marks"]["green"]
    fig.add_scatter(
        x=[100 * c["share"] for _, c in rows], y=[f"{k} ({c['of']})" for k, c in rows],
        mode="markers", marker={"color": green, "size": 8},
        error_x={"type": "data", "symmetric": False, "color": green, "thickness": 1.5, "width": 3,
                 "array": [100 * (c["high"] - c["share"]) for _, c in rows],
                 "arrayminus": [100 * (c["share"] - c["low"]) for _, c in rows]},
        hovertemplate="%{y}: %{x:.0f} %<extra></extra>")
    fig.update_xaxes(range=[0, 103], showgrid=True)
    fig.update_yaxes(showgrid=False)
    return fig

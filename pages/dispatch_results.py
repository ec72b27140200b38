"""What an experiment found: differences with their intervals, designs beside the truth."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from engine.dispatch.trials import QUESTIONS, Trial
from pages.common.charts import colours, figure, show

LABELS: Final = {
    "wait_mean_s": ("Wait, mean", "s", -1), "wait_p95_s": ("Wait, p95", "s", -1),
    "pickup_mean_s": ("Pickup, mean", "s", -1), "pickup_p95_s": ("Pickup, p95", "s", -1),
    "matched_percent": ("Matched", "%", 1), "empty_km_percent": ("Driving empty", "%", -1),
    "earned_per_h": ("Earnings", "€/h", 1),
}


def draw_result(trial: Trial) -> None:
    """Chart and table of a trial that is done."""
    assert trial.result is not None
    plan, result = trial.plan, trial.result
    st.markdown(f"**{QUESTIONS[plan.question].label}** :gray[· {plan.hours:g} h from "
                f"{plan.params.start_h:g} o’clock, {plan.params.drivers:,} drivers, "
                f"{plan.params.trips_per_day:,} requests a day, seed {plan.seed}"
                f"{f' to {plan.seed + plan.seeds - 1}' if plan.design == 'paired' else ''}]")
    draw = {"paired": _paired, "switchback": _designs, "fleet bound": _bound}[plan.design]
    draw(result)


def _paired(result: dict[str, Any]) -> None:
    figures = result["figures"]
    show(_forest(figures), "dispatch.trial.chart",
         "Differences of B against A in percent with 95 % intervals")
    st.dataframe([{
        "Figure": f"{LABELS[n][0]} ({LABELS[n][1]})", "A": round(d["control"], 2),
        "B": round(d["treatment"], 2), "B − A": round(d["mean"], 2),
        "95 % interval": f"{d['low']:+.2f} to {d['high']:+.2f}", "%": round(d["percent"], 1),
        "Verdict": _verdict(d["mean"], result["settled"][n], LABELS[n][2]),
    } for n, d in figures.items()], hide_index=True, height="content", key="dispatch.trial.table")


def _verdict(mean: float, settled: bool, good: int) -> str:
    if not settled:
        return "the interval holds 0"
    return "better" if (mean > 0) == (good > 0) else "worse"


def _forest(figures: dict[str, Any]) -> go.Figure:
    c = colours()
    fig = figure(height=40 + 26 * len(figures))
    names = [LABELS[n][0] for n in figures]
    scale = [100.0 / abs(d["control"]) if d["control"] else 0.0 for d in figures.values()]
    mean = [d["mean"] * s for d, s in zip(figures.values(), scale, strict=True)]
    fig.add_scatter(
        x=mean, y=names, mode="markers", marker={"color": c["primary"], "size": 9},
        error_x={"type": "data", "symmetric": False, "color": c["primary"], "thickness": 1.5,
                 "array": [(d["high"] - d["mean"]) * s
                           for d, s in zip(figures.values(), scale, strict=True)],
                 "arrayminus": [(d["mean"] - d["low"]) * s
                                for d, s in zip(figures.values(), scale, strict=True)]},
        hovertemplate="%{y}: %{x:+.1f} %<extra></extra>")
    _zero(fig, c)
    fig.update_xaxes(ticksuffix=" %", showgrid=True)
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.update_layout(hovermode="closest")
    return fig


def _zero(fig: go.Figure, c: dict[str, Any]) -> None:
    fig.add_vline(x=0, line={"color": c["muted"], "width": 1})


def _designs(result: dict[str, Any]) -> None:
    truth, back, split = result["truth"], result["switchback"], result["split"]
    c = colours()
    fig = figure(height=150)
    fig.add_vline(x=truth["difference"], line={"color": c["good"], "width": 2})
    _zero(fig, c)
    fig.add_scatter(
        x=[back["mean"]], y=["Switchback"], mode="markers",
        marker={"color": c["primary"], "size": 10},
        error_x={"type": "data", "symmetric": False, "array": [back["high"] - back["mean"]],
                 "arrayminus": [back["mean"] - back["low"]], "color": c["primary"],
                 "thickness": 1.5}, hovertemplate="switchback: %{x:+.1f} s<extra></extra>")
    if split is not None:
        fig.add_scatter(x=[split["difference"]], y=["Rider split"], mode="markers",
                        marker={"color": c["marks"]["orange"], "size": 10, "symbol": "diamond"},
                        hovertemplate="rider split: %{x:+.1f} s<extra></extra>")
    fig.add_scatter(x=[truth["difference"]], y=["Truth"], mode="markers",
                    marker={"color": c["good"], "size": 11, "symbol": "square"},
                    hovertemplate="truth: %{x:+.1f} s<extra></extra>")
    fig.update_xaxes(ticksuffix=" s", showgrid=True)
    fig.update_yaxes(showgrid=False)
    fig.update_layout(hovermode="closest")
    show(fig, "dispatch.trial.chart", "Difference in mean wait by design, beside the truth")
    rows = [_design("Truth: two whole runs", truth["control"], truth["treatment"],
                    truth["difference"], "", 0.0, truth["difference"]),
            _design("Switchback", back["control"], back["treatment"], back["mean"],
                    f"{back['low']:+.1f} to {back['high']:+.1f}", back["bias"],
                    truth["difference"])]
    if split is not None:
        rows.append(_design("Naive rider split", split["control"], split["treatment"],
                            split["difference"], "", split["bias"], truth["difference"]))
    st.dataframe(rows, hide_index=True, height="content", key="dispatch.trial.table")
    inside = back["low"] <= truth["difference"] <= back["high"]
    st.caption(f"The switchback’s interval {'holds' if inside else 'misses'} the truth. " + (
        "Prices, pooling and repositioning belong to the whole city: riders cannot be split "
        "between two of them." if split is None else
        "In the split both halves take each other’s drivers, so that it measures something else "
        "than a change for everybody."))


def _design(name: str, control: float, treatment: float, difference: float, interval: str,
            bias: float, truth: float) -> dict[str, Any]:
    return {"Design": name, "A, mean wait (s)": round(control, 1),
            "B, mean wait (s)": round(treatment, 1), "B − A (s)": round(difference, 1),
            "95 % interval": interval, "Bias (s)": round(bias, 1),
            "Bias (% of the truth)": round(100.0 * bias / abs(truth)) if truth else None}


def _bound(result: dict[str, Any]) -> None:
    if result["over_bound"] is None:
        st.info("Nobody was driven, so that there is no bound.", icon=":material/info:")
        return
    c = colours()
    fig = figure(height=150)
    names = ["Least that could", "Out at once, most", "Registered"]
    values = [result["bound"], result["most_out"], result["drivers"]]
    fig.add_bar(x=values, y=names, orientation="h", text=[f"{v:,.0f}" for v in values],
                marker_color=[c["good"], c["primary"], c["muted"]], cliponaxis=False,
                hovertemplate="%{y}: %{x:,.0f}<extra></extra>")
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.update_xaxes(showgrid=True)
    fig.update_layout(hovermode="closest", margin_r=48)
    show(fig, "dispatch.trial.chart", "The smallest possible fleet beside the fleet in use")
    st.markdown(
        f"**{result['over_bound']:.2f}×** the bound: {result['most_out']:,.0f} drivers were out "
        f"at once, and {result['bound']:,} could have driven the {result['rides']:,} rides "
        f"knowing all of them beforehand. {result['matched_percent']:.1f} % were matched, at a "
        f"mean wait of {result['wait_mean_s'] / 60.0:.1f} min "
        f"(p95 {result['wait_p95_s'] / 60.0:.1f}).")

"""Retraining rounds: collect, label, train, score; the gain of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from engine.live import RUNS, Run
from engine.perception import fleet_runs, ledger
from engine.perception.fleet_runs import FleetRun
from engine.perception.learner import last_step
from engine.perception.rounds import MEASURES, RoundParams
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.common.training import follow
from pages.perception_fleet import chooser, recipe_of

EVERY_S: Final = 3.0
LABELS: Final = {"ap50": "AP50", "ap75": "AP75", "lane_f1": "Lane F1",
                 "drivable_miou": "Drivable mIoU", "abs_rel": "Depth AbsRel", "delta1": "Depth δ1"}
LINES: Final = (("ap50", "blue", "solid"), ("lane_f1", "orange", "solid"),
                ("drivable_miou", "green", "solid"), ("delta1", "purple", "dash"))


def retraining(drive: Run) -> None:
    """Start rounds, or look at some.

    Args:
        drive: The page's own run, which is kept alive meanwhile.
    """
    run = chooser("round", "Start rounds", RoundParams,
                  "Each round collects clips, retrains on them and scores the network.",
                  networks={"start": "Begin with"})
    if run is None:
        st.info("No round has been done yet. **Start rounds** sends out vehicles that collect with "
                "the newest network, trains on all clips so far beside known pictures, and scores "
                "the network on held-out pictures that stay the same. The gain of each round "
                "appears here.", icon=":material/cycle:")
        return
    st.fragment(_live, run_every=EVERY_S)(run.name, drive.token)


def _live(name: str, drive: str) -> None:
    RUNS.find(drive)  # asking for it renews its lease
    run = fleet_runs.look(name)
    follow("perception.round", run)
    share, said = progress_of(run)
    st.progress(share, said)
    rows = fleet_runs.rows(name)
    if not rows:
        st.caption("Figures appear when the first round is scored. Before it, known and held-out "
                   "pictures are rendered and the first network is scored.")
        return
    with st.container(key="charts"):
        left, right = st.columns([1, 1.3])
        with left:
            _scores(rows)
        with right:
            chart_head("Gain of each round", "after minus before, on the same held-out pictures")
            st.dataframe(_table(rows), hide_index=True, height="content",
                         column_config={LABELS[m]: st.column_config.TextColumn(alignment="right")
                                        for m in MEASURES}, key="perception.round.table")
            st.caption("Few pictures and steps move figures by chance as well: compare several "
                       "rounds before believing one. AbsRel is better when it falls.")


def progress_of(run: FleetRun) -> tuple[float, str]:
    """Share that is done, and what is going on; a part of a round counts as such."""
    facts = run.facts
    of, done = int(facts.get("of", 0)), int(facts.get("rounds", 0))
    if not of:
        return 0.0, "Rendering and scoring the first network" if run.standing == "running" else (
            "Starting" if run.standing == "starting" else f"{run.standing.capitalize()}")
    phase = str(facts.get("phase", ""))
    params = recipe_of(run).get("params", {})
    part, more = 0.0, ""
    if phase.endswith("collects"):
        inner = ledger.facts(run.folder / f"collect-{done}")
        driven, wanted = int(inner.get("vehicles", 0)), int(params.get("vehicles", 0))
        part, more = 0.5 * driven / max(1, wanted), f", {driven} of {wanted} vehicles"
    elif phase.endswith("trains"):
        step, steps = last_step(run.folder / f"train-{done}"), int(params.get("steps", 0))
        part, more = 0.5 + 0.5 * min(1.0, step / max(1, steps)), f", step {step} of {steps}"
    said = "All rounds are done" if phase == "done" else phase.capitalize() + more
    return min(1.0, (done + part) / of), f"{done} of {of} rounds · {said}"


def _scores(rows: Sequence[Mapping[str, Any]]) -> None:
    marks = colours()["marks"]
    chart_head("Held-out scores", "".join(
        swatch(marks[colour], LABELS[name], dashed=dash != "solid")
        for name, colour, dash in LINES))
    fig = figure(height=220, x_title="round")
    x = [0, *(r["round"] for r in rows)]
    for name, colour, dash in LINES:
        fig.add_scatter(x=x, y=[rows[0]["before"][name], *(r["after"][name] for r in rows)],
                        name=LABELS[name], mode="lines+markers",
                        line={"color": marks[colour], "width": 2, "dash": dash})
    fig.update_xaxes(dtick=1)
    show(fig, "perception.round.scores", "Scores on held-out pictures by round")


def _table(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"Round": r["round"], "Clips": r["clips"], "Pictures": r["pictures"],
             **{LABELS[m]: _signed(r["gain"].get(m)) for m in MEASURES}} for r in rows]


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}".replace("-", "−")

"""The shadow tab: a candidate watches beside production in a fleet and may not steer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from engine.live import RUNS, Run
from engine.perception import fleet_runs
from engine.perception.shadow import ShadowParams
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.common.components import cards
from pages.common.training import follow
from pages.perception_fleet import chooser, figure_card, progress, recipe_of

EVERY_S: Final = 3.0
PAIRED: Final = (
    ("false_positives", "False positives a look", "Things that are not there."),
    ("missed", "Missed a look", "Things in plain view that were not seen."),
    ("plan_jerk", "Planned jerk, m/s³", "Of the commands, root mean square."),
    ("jerk", "Driven jerk, m/s³", "In the drives that both drove."),
    ("interventions", "Interventions, 1,000 vehicles", "By the counterfactual rerun: what the "
     "candidate would have needed had it driven."),
)


def draw(drive: Run) -> None:
    """Draw the tab.

    Args:
        drive: The page's own run, which is kept alive while its cameras are not shown.
    """
    run = chooser("shadow", "Send out a fleet", ShadowParams,
                  "Production drives; the candidate sees the same pictures.",
                  networks={"production": "Production", "candidate": "Candidate"})
    if run is None:
        st.info("No fleet has been sent out yet. **Send out a fleet** drives vehicles by the "
                "production network while the candidate sees the same pictures. Where something "
                "happened the candidate drives the same town itself: interventions avoided are "
                "counted there, not guessed. A network beside itself differs in nothing.",
                icon=":material/directions_car:")
        return
    st.fragment(_live, run_every=EVERY_S)(run.name, drive.token)


def _live(name: str, drive: str) -> None:
    RUNS.find(drive)  # asking for it renews its lease
    run = fleet_runs.look(name)
    follow("perception.shadow", run)
    progress(run, "vehicles")
    facts = run.facts
    if not facts.get("vehicles"):
        st.caption("The first vehicle is on its way; starting takes some seconds.")
        return
    cards(_items(facts), key="perception-shadow-cards")
    recipe = recipe_of(run)
    names = " drives, ".join(str(recipe.get(n, "?")).removesuffix(".safetensors")
                             for n in ("production", "candidate")) + " watches"
    with st.container(key="charts"):
        left, right = st.columns([1.5, 1])
        with left:
            marks = colours()["marks"]
            chart_head("Candidate minus production, 95 % interval", swatch(
                marks["green"], "better"), swatch(marks["vermilion"], "worse"),
                swatch(colours()["muted"], "no difference shown"))
            show(_differences(facts), "perception.shadow.differences",
                 "Difference of each measure with its interval")
        with right:
            chart_head("Both in figures", names)
            st.dataframe(_table(facts), hide_index=True, height="content",
                         key="perception.shadow.table")
    st.caption("Paired by seed: both saw the same pictures of the same towns. Intervals by "
               "bootstrap over vehicles. A difference is called better or worse only where its "
               "interval leaves out 0.")


def _items(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    def ratio(key: str, label: str, unit: str, help: str, digits: int = 1) -> dict[str, Any]:
        found = facts.get(key) or {}
        low, high = found.get("interval", (None, None))
        note = "" if low is None else f"{low:.{digits}f} to {high:.{digits}f}"
        return figure_card(label, found.get("value"), unit=unit, note=note, digits=digits,
                           help=help)

    return [
        figure_card("Vehicles", facts.get("vehicles"), digits=0,
                    note=f"{facts.get('driven_again', 0)} driven again",
                    help="Drives so far, and those that the candidate drove as well."),
        figure_card("Looks", facts.get("looks"), digits=0,
                    help="Instants at which both saw the same eight pictures."),
        ratio("disagreements_percent", "Disagreements", "%",
              "Looks at which the two would drive differently."),
        ratio("seen_by_one_a_look", "Seen by one", "a look",
              "Things that one of the two sees and the other does not.", 2),
        ratio("interventions_avoided", "Avoided", "of 1,000",
              "Interventions of production that the candidate does not need."),
        ratio("interventions_added", "Added", "of 1,000",
              "Interventions that only the candidate needs."),
    ]


def _differences(facts: Mapping[str, Any]) -> go.Figure:
    """Each difference in units of production's value, so that they stand on one axis."""
    fig = figure(height=250)
    c = colours()
    for key, label, _ in PAIRED:
        found = facts.get(key)
        if not found:
            continue
        scale = max(abs(found["production"]), abs(found["candidate"]), 1e-9)
        value = 100.0 * found["difference"] / scale
        low, high = (100.0 * v / scale for v in found["interval"])
        colour = c["marks"]["green"] if high < 0 else c["marks"]["vermilion"] if low > 0 else (
            c["muted"])
        fig.add_scatter(
            x=[value], y=[label], mode="markers", name=label,
            marker={"size": 10, "color": colour},
            error_x={"type": "data", "symmetric": False, "array": [high - value],
                     "arrayminus": [value - low], "color": colour, "thickness": 2})
    fig.add_vline(x=0, line={"color": c["muted"], "dash": "dash", "width": 1})
    fig.update_layout(hovermode="closest", yaxis_autorange="reversed")
    fig.update_xaxes(title_text="per cent of the larger of the two; less is better")
    return fig


def _table(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for key, label, _ in PAIRED:
        found = facts.get(key)
        if found:
            low, high = found["interval"]
            rows.append({"Measure": label, "Production": found["production"],
                         "Candidate": found["candidate"],
                         "Difference": f"{found['difference']:+.3f}".replace("-", "−"),
                         "95 % interval": f"{low:+.3f} to {high:+.3f}".replace("-", "−")})
    return rows

"""Auto-labels: labels made afterwards against those made while driving, in figures and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import streamlit as st

from engine.errors import EngineError
from engine.live import RUNS, Run
from engine.perception import fleet_runs, models
from engine.perception.fleet import job_of
from engine.perception.label_errors import LabelParams, Task
from engine.perception.label_view import COLOURS, look_at
from engine.perception.picture import jpeg
from engine.perception.runtime import load_runtime
from pages.common.charts import chart_head, colours, figure, show, swatch
from pages.common.components import cards
from pages.common.training import follow
from pages.perception_fleet import chooser, figure_card, progress, recipe_of

EVERY_S: Final = 3.0
KEY: Final = "perception.autolabel"


class Shown(NamedTuple):
    """One vehicle's looks, small enough to keep for a session.

    vehicle: Name of its run and number. times, pictures (JPEG), online and offline (mean errors,
    m): one a look.
    """

    vehicle: tuple[str, int]
    times: list[float]
    pictures: list[bytes]
    online: list[float | None]
    offline: list[float | None]


def labelling(drive: Run) -> None:
    """Measure auto-labels over a fleet, or look at what was measured.

    Args:
        drive: The page's own run, which is kept alive meanwhile.
    """
    run = chooser("autolabel", "Measure auto-labels", LabelParams,
                  "Vehicles drive; each is labelled while driving and again afterwards.",
                  networks={"weights": "Network"})
    if run is None:
        st.info("No labels have been measured yet. **Measure auto-labels** drives vehicles and "
                "labels each twice with one network: while driving, and afterwards, when every "
                "picture is also looked at in the mirror and magnified, and the future labels the "
                "past. Both are compared with the truth on the same things.",
                icon=":material/label:")
        return
    st.fragment(_live, run_every=EVERY_S)(run.name, drive.token)
    _vehicle(run.name)


def _live(name: str, drive: str) -> None:
    RUNS.find(drive)  # asking for it renews its lease
    run = fleet_runs.look(name)
    follow(KEY, run)
    progress(run, "vehicles")
    facts = run.facts
    if not facts.get("pairs"):
        st.caption("The first vehicle is on its way; starting takes some seconds.")
        return
    cards(_items(facts), key="perception-autolabel-cards")


def _items(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    low, high = facts["interval"]
    return [
        figure_card("While driving", facts["online_error_m"], unit="m", help="Mean distance of the "
                    "online labels from the truth, on things that both labelled."),
        figure_card("Afterwards", facts["offline_error_m"], unit="m",
                    help="The same of the auto-labels."),
        figure_card("Change", facts["change_percent"], unit="%", digits=1,
                    note=f"{low:.1f} to {high:.1f}".replace("-", "−"),
                    help="Of the error; 95 % interval by bootstrap over vehicles."),
        figure_card("Recall", facts["offline_recall"],
                    note=f"online {facts['online_recall']:.2f}",
                    help="Share of what must be labelled that the auto-labels have."),
        figure_card("Precision", facts["offline_precision"],
                    note=f"online {facts['online_precision']:.2f}",
                    help="Share of the auto-labels that are of something."),
        figure_card("Compared", facts["pairs"], digits=0, note=f"{facts['vehicles']} vehicles",
                    help="Things at looks that both labelled."),
    ]


def _vehicle(name: str) -> None:
    """Choose a vehicle of the run and look at its labels."""
    rows = fleet_runs.rows(name)
    if not rows:
        return
    with st.container(border=True, key="perception-autolabel-vehicle"):
        known = {int(r["number"]): r for r in rows}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.selectbox("Vehicle", sorted(known), key=f"{KEY}.vehicle", width=360,
                                  format_func=lambda n: f"{n}: {known[n]['scenario']}, "
                                  f"{known[n]['style']}, {_change(known[n])}")
            st.button("Show its labels", key=f"{KEY}.show", icon=":material/visibility:",
                      on_click=_ask, args=(name,),
                      help="Drives it once more, which takes some seconds.")
        if st.session_state.pop(f"{KEY}.asked", None) == name:
            _look(name, int(number))
        if problem := st.session_state.get(f"{KEY}.look.problem"):
            st.error(problem, icon=":material/error:")
        shown: Shown | None = st.session_state.get(f"{KEY}.shown")
        if shown is not None and shown.vehicle == (name, int(number)):
            _shown(shown)


def _ask(name: str) -> None:
    st.session_state[f"{KEY}.asked"] = name


def _change(row: Mapping[str, Any]) -> str:
    if not row["both"]:
        return "nothing to compare"
    change = 100.0 * (row["offline_error_m"] / max(row["online_error_m"], 1e-9) - 1.0)
    return f"error {change:+.0f} %".replace("-", "−")


def _look(name: str, number: int) -> None:
    """Drive a vehicle of the run again and keep its looks."""
    state = st.session_state
    state.pop(f"{KEY}.look.problem", None)
    recipe = recipe_of(fleet_runs.look(name))
    try:
        params = LabelParams.parse(recipe.get("params", {}))
        network = str(recipe.get("network", "")).removesuffix(".safetensors")
        with st.spinner("Driving and labelling"):
            looks = look_at(Task(job_of("held-out", params.first_seed, number), params.seconds),
                            load_runtime(models.find(network)))
        state[f"{KEY}.shown"] = Shown(
            (name, number), [q.time for q in looks], [jpeg(q.picture) for q in looks],
            [q.online_m for q in looks], [q.offline_m for q in looks])
    except EngineError as error:
        state[f"{KEY}.look.problem"] = str(error)


def _shown(shown: Shown) -> None:
    at = st.slider("Look", 1, len(shown.times), (len(shown.times) + 1) // 2, key=f"{KEY}.look",
                   label_visibility="collapsed") if len(shown.times) > 1 else 1
    rgb = {name: "#{:02X}{:02X}{:02X}".format(*colour) for name, colour in COLOURS.items()}
    chart_head(f"{shown.times[at - 1]:.1f} s", swatch(rgb["truth"], "truth, white"),
               swatch(rgb["online"], "while driving"), swatch(rgb["offline"], "afterwards"))
    st.image(shown.pictures[at - 1], width="stretch")
    chart_head("Mean error at each look", "m, of what both labelled")
    fig = figure(x_title="s")
    marks = colours()["marks"]
    for values, label, colour in ((shown.online, "while driving", "vermilion"),
                                  (shown.offline, "afterwards", "blue")):
        fig.add_scatter(x=shown.times, y=_known(values), name=label, mode="lines",
                        line={"color": marks[colour], "width": 2})
    show(fig, f"{KEY}.errors", "Mean label error by time")


def _known(values: Sequence[float | None]) -> list[float | None]:
    return [None if v is None else round(v, 3) for v in values]

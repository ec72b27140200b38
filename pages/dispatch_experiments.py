"""The experiments view: knobs compared by three designs, a shadow, and the arrival model."""

from __future__ import annotations

from typing import Any, Final, cast

import streamlit as st

from engine.dispatch import DispatchParams, DispatchSimulation
from engine.dispatch.trials import MOST_HOURS, MOST_SEEDS, QUESTIONS, Design, Plan, Trial
from engine.errors import EngineError
from engine.live import RUNS, Run, Simulation
from pages.common.components import PATIENCE_S
from pages.dispatch_eta import draw_eta
from pages.dispatch_results import draw_result
from pages.dispatch_shadow import draw_shadow

PAIRED, SWITCHBACK, BOUND, SHADOW, ETA = (
    "Paired runs", "Switchback & split", "Fleet bound", "Shadow", "Arrival model")
BACKGROUND: Final[dict[str, Design]] = {
    PAIRED: "paired", SWITCHBACK: "switchback", BOUND: "fleet bound"}
EVERY_S: Final = 1.0
NOTES: Final = {
    PAIRED: "Whole runs of A and of B on the same riders and drivers, seed by seed. The interval "
            "is Student’s over the pairs: this is the truth that a company cannot see.",
    SWITCHBACK: "What a company can do: alternate A and B in blocks of time, in random order, or "
                "split the riders. Both stand beside the truth of the same seed; what they differ "
                "by is their bias (and noise).",
    BOUND: "The smallest fleet that could have driven the same rides, had all been known "
           "beforehand (Vazifeh et al. 2018), beside the fleet that drove them.",
}
DONE: Final = "dispatch.trial"
PROBLEM: Final = "dispatch.trial.problem"


def draw_experiments(run: Run, *, height: int) -> None:
    """The view with its own controls.

    Args:
        run: The page's run: its city, requests and knobs are what is experimented on.
        height: Pixels of all of it.
    """
    with st.container(key="experiments", border=True, height=height):
        st.session_state.setdefault("dispatch.experiment", PAIRED)
        chosen = str(st.segmented_control(
            "Experiment", [*BACKGROUND, SHADOW, ETA], key="dispatch.experiment", required=True,
            label_visibility="collapsed"))
        if chosen == SHADOW:
            draw_shadow(run)
        elif chosen == ETA:
            draw_eta(run)
        else:
            st.caption(NOTES[chosen])
            _trial(run, chosen)


def _trial(run: Run, chosen: str) -> None:
    """Ask, start and stop; the part below it follows by itself."""
    design = BACKGROUND[chosen]
    trial = _present(design)
    busy = trial is not None and trial.state == "running"
    with st.container(horizontal=True, vertical_alignment="bottom", key="trial-bar"):
        names = [q.label for q in QUESTIONS]
        st.selectbox("Compare" if design != "fleet bound" else "Fleet of B in", range(len(names)),
                     key="dispatch.trial.question", format_func=names.__getitem__, width=320,
                     disabled=busy, help="What A and B differ in; all other knobs are those at "
                     "the right, as they stand when it starts.")
        st.number_input("Hours", 0.5, MOST_HOURS, 1.0, 0.25, key="dispatch.trial.hours", width=110,
                        disabled=busy, format="%.2f", help="Simulated time of each run; the "
                        "first quarter of an hour is left out.")
        if design == "paired":
            st.number_input("Pairs", 2, MOST_SEEDS, 3, key="dispatch.trial.pairs", width=100,
                            disabled=busy, help="Of runs, each on a seed of its own.")
        elif design == "switchback":
            st.number_input("Block (min)", 2, 60, 10, key="dispatch.trial.block", width=110,
                            disabled=busy, help="Length of a block; its first third is left out "
                            "as carry-over.")
        if busy:
            st.button("Stop", key="dispatch.trial.stop", icon=":material/stop:", on_click=_stop,
                      help="End it now; nothing is kept.")
        else:
            st.button("Start", key="dispatch.trial.start", type="primary", on_click=_start,
                      args=(run, design), icon=":material/science:",
                      help="In a process of its own: the live city goes on.")
        if trial is not None and trial.state == "done":
            st.download_button("CSV", trial.csv, f"dispatch-{design.replace(' ', '-')}.csv",
                               "text/csv", key="dispatch.trial.csv", icon=":material/download:",
                               on_click="ignore")
    if problem := st.session_state.get(PROBLEM):
        st.error(problem, icon=":material/error:")
    st.fragment(_follow, run_every=EVERY_S if busy else None)(run, design)


def _present(design: Design) -> Trial | None:
    """The latest trial of this window, if it is of this design."""
    trial = cast("Trial | None", st.session_state.get(DONE))
    return trial if trial is not None and trial.plan.design == design else None


def _start(run: Run, design: Design) -> None:
    state = st.session_state
    _stop()
    try:
        world = run.ask(_world, PATIENCE_S)
        params = cast(DispatchParams, run.pending or run.params)
        state[DONE] = Trial(Plan(
            design, int(state["dispatch.trial.question"]), params.with_changes(shadow="none"),
            seed=run.seed, seeds=int(state.get("dispatch.trial.pairs", 3)),
            hours=float(state["dispatch.trial.hours"]),
            block_min=float(state.get("dispatch.trial.block", 10)), **world))
        state.pop(PROBLEM, None)
    except EngineError as error:
        state[PROBLEM] = str(error)
    except TimeoutError:
        state[PROBLEM] = "The city was too busy to be asked; try again."


def _world(sim: Simulation) -> dict[str, Any]:
    """City and requests of the run."""
    own = cast(DispatchSimulation, sim)
    return {"city": own.city, "trips": own.trips}


def _stop() -> None:
    trial = cast("Trial | None", st.session_state.get(DONE))
    if trial is not None:
        trial.stop()


def _follow(run: Run, design: Design) -> None:
    """Progress while it runs, the result when it is done."""
    RUNS.find(run.token)  # asking for it renews its lease
    trial = _present(design)
    if trial is None:
        st.info("Nothing has been run yet. **Start** takes about a minute with these settings on "
                "two quiet cores.", icon=":material/science:")
        return
    state = trial.state
    if state == "running":
        left = trial.left_s
        wait = "starting" if left is None else f"about {max(1, round(left)):d} s left"
        st.progress(trial.share, f"{trial.share:.0%} · {wait}")
        return
    told = f"{DONE}.told"
    if st.session_state.get(told) != id(trial):
        st.session_state[told] = id(trial)
        st.rerun()  # the button above says Start again
    if state == "failed":
        st.error(trial.problem, icon=":material/error:")
    elif state == "stopped":
        st.info("Stopped; nothing was kept.", icon=":material/info:")
    else:
        draw_result(trial)

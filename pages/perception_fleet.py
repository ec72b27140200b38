"""What the tabs of the fleet share: runs as processes, chosen, started and stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from engine.live import RUNS, Run
from engine.params import Params
from engine.perception import fleet_runs, models
from engine.perception.fleet_runs import FleetRun, Kind
from pages.common.training import (
    STANDS,
    answers,
    ask,
    attempt,
    choose,
    complaint,
    free_name,
)

RENEW_S: Final = 20.0


def renew(drive: Run) -> None:
    """Keep the page's drive alive while its cameras are not shown."""
    st.fragment(RUNS.find, run_every=RENEW_S)(drive.token)


def chooser(kind: Kind, make: str, params: type[Params], help: str, *,
            networks: Mapping[str, str]) -> FleetRun | None:
    """The control row of a tab: choose a run, stop it or go on, start another.

    Args:
        kind: Of the runs.
        make: What the button that starts one says.
        params: What a new one asks for.
        help: What it does.
        networks: Options of the command that name a network, with their labels.
    """
    mine = [r for r in fleet_runs.runs() if r.kind == kind]
    names = [r.name for r in mine]
    key = f"perception.{kind}.run"
    chosen: FleetRun | None = None
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        name = choose(names, key)
        if name is not None:
            chosen = mine[names.index(name)]
            if chosen.standing in STANDS:
                st.button("Stop", key=f"perception.{kind}.stop", type="primary",
                          icon=":material/stop:", on_click=attempt,
                          args=(_group(kind), fleet_runs.stop, name),
                          help="It ends behind the vehicle it is at; Go on continues there.")
            else:
                st.button("Go on", key=f"perception.{kind}.on", type="primary",
                          icon=":material/play_arrow:", on_click=attempt,
                          args=(_group(kind), fleet_runs.go_on, name),
                          disabled=chosen.standing == "finished",
                          help="Continue behind the last vehicle.")
        with st.popover(make, icon=":material/add:", help=help):
            _new(kind, names, params, networks)
    complaint(_group(kind))
    return chosen


def _group(kind: Kind) -> str:
    return f"perception.{kind}"


def _new(kind: Kind, names: list[str], params: type[Params], networks: Mapping[str, str]) -> None:
    st.text_input("Name", free_name(kind, names), key=f"perception.{kind}.name", max_chars=40)
    known = list(models.networks())
    for option, label in networks.items():
        at = known.index("hydranet-production") if (
            option == "production" and "hydranet-production" in known) else 0
        st.selectbox(label, known, index=at, key=f"perception.{kind}.net.{option}")
    ask(f"perception.{kind}.new", params, formats={"rate": "%.5f"})
    st.button("Start", key=f"perception.{kind}.begin", type="primary",
              icon=":material/play_arrow:", width="stretch", on_click=_begin,
              args=(kind, params, tuple(networks)))


def _begin(kind: Kind, params: type[Params], networks: tuple[str, ...]) -> None:
    state = st.session_state

    def begin() -> None:
        values = params.parse(answers(f"perception.{kind}.new", params))
        weights = {n: models.find(state[f"perception.{kind}.net.{n}"]) for n in networks}
        run = fleet_runs.start(kind, state[f"perception.{kind}.name"].strip(),
                               {**values.model_dump(), **weights})
        state[f"perception.{kind}.run"] = run.name

    attempt(_group(kind), begin)


def recipe_of(run: FleetRun) -> dict[str, Any]:
    """What determines a run's rows, as its ledger keeps it; {} before its process has begun."""
    try:
        found = json.loads((run.folder / "recipe.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def progress(run: FleetRun, noun: str) -> None:
    """How far a run is."""
    done, of = int(run.facts.get("vehicles", 0)), int(run.facts.get("of", 0))
    if of:
        rate = run.facts.get("vehicles_a_minute")
        st.progress(min(1.0, done / of), f"{done:,} of {of:,} {noun}" + (
            f" · {rate:.1f} a minute" if rate and run.standing == "running" else ""))


def figure_card(label: str, value: float | None, *, unit: str = "", note: str = "",
                digits: int = 2, help: str) -> dict[str, Any]:
    """A KPI card without a past."""
    shown = None if value is None else f"{value:,.{digits}f}".replace("-", "−")
    return {"label": label, "value": shown, "unit": unit, "note": note, "series": [],
            "help": help}

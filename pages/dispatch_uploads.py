"""A city or requests of one's own: what cannot be used is explained and leaves the run as it is."""

from __future__ import annotations

from functools import partial
from typing import Final, cast

import streamlit as st

from engine.dispatch import DispatchParams, DispatchSimulation, trips_from_upload
from engine.errors import EngineError
from engine.live import Run, Simulation
from pages.common.components import PATIENCE_S
from pages.common.runbar import begin_again, complain
from pages.common.steered import Pair, Steered

CITY_FILES: Final = "dispatch.city"
TRIP_FILE: Final = "dispatch.trips"


def bring_city(run: Steered) -> None:
    """Begin on an uploaded city with generated requests."""
    uploads = st.session_state.get(CITY_FILES) or []
    if not uploads:
        return
    from engine.dispatch.imports import city_from_upload  # readers that few visits need

    name = ", ".join(u.name for u in uploads)
    try:
        city = city_from_upload({u.name: u.getvalue() for u in uploads})
    except EngineError as error:
        complain(run, f"{name}: {error}")
        return
    begin_again(run, make=partial(DispatchSimulation, city=city), label=city.name)
    _say(city.notes)


def bring_trips(run: Steered) -> None:
    """Begin on uploaded requests, on the city that runs now."""
    upload = st.session_state.get(TRIP_FILE)
    if upload is None:
        return
    main = run.main if isinstance(run, Pair) else cast(Run, run)
    try:
        city = main.ask(_simulation, PATIENCE_S).city
        trips = trips_from_upload(upload.name, upload.getvalue(), city)
    except EngineError as error:
        complain(run, f"{upload.name}: {error}")
        return
    except TimeoutError:
        complain(run, f"{upload.name}: the city was too busy to be asked; try again")
        return
    params = cast(DispatchParams, run.pending or run.params)
    hour = float(trips.time_s[0]) / 3600.0
    # half an hour is the knob's step: the run begins just before the first request
    begin_again(run, params=params.with_changes(start_h=int(hour % 24.0 * 2.0) / 2.0),
                make=partial(DispatchSimulation, city=city, trips=trips), label=upload.name)
    _say(trips.notes)


def _simulation(sim: Simulation) -> DispatchSimulation:
    return cast(DispatchSimulation, sim)


def _say(notes: tuple[str, ...]) -> None:
    if notes:
        st.session_state["dispatch.notes"] = " ".join(notes)

"""Brings the journals of learning runs into the metrics store, as long as the app is open.

The store belongs to one process, and a run goes on while the app is closed; so the run keeps a
journal of its own, and the app reads on from the last step that the store has of it.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import streamlit as st

from engine.errors import EngineError
from engine.go import learner
from engine.go.journal import Entry
from engine.store import Store, open_store

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0
DOMAIN: Final = "go"
PREFIX: Final = "learning "


@dataclass
class Fed:
    """How far one run's journal is in the store.

    Attributes:
        offset: Byte of the journal.
        step: Last step that the store has; −1 for none.
        number: Open recording, or None.
    """

    offset: int = 0
    step: int = -1
    number: int | None = None


class Feed:
    """Follows every learning run; one for the whole server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._fed: dict[str, Fed] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="go-feed", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        self._thread.join(10.0)

    def turn(self) -> None:
        """Bring over what is new of every run."""
        for run in learner.learning_runs():
            fed = self._fed.get(run.name)
            if fed is None:
                fed = self._fed[run.name] = Fed(step=_recorded(self._store, run.name))
            entries, offset = learner.entries(run.name, fed.offset)
            fresh = [e for e in entries if e.step > fed.step]
            if fresh:
                if fed.number is None:
                    fed.number = self._store.begin_run(
                        DOMAIN, _parameters(run.facts), 0, PREFIX + run.name)
                _append(self._store, fed.number, fresh)
                fed.step = fresh[-1].step
            fed.offset = offset
            if run.standing in ("paused", "failed") and fed.number is not None:
                self._store.end_run(
                    fed.number, "stopped" if run.standing == "paused" else "crashed", run.problem)
                fed.number = None

    def _work(self) -> None:
        problem = ""
        while not self._stop.wait(EVERY_S):
            try:
                self.turn()
                problem = ""
            except EngineError as error:
                if str(error) != problem:
                    log.warning("learning runs are not being recorded: %s", error)
                problem = str(error)


def _append(store: Store, number: int, entries: list[Entry]) -> None:
    series: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for entry in entries:
        for name, value in entry.values.items():
            series[name][0].append(entry.step)
            series[name][1].append(value)
    for name, (steps, values) in series.items():
        store.append(number, name, np.array(steps, np.float64), np.array(values, np.float64))


def _recorded(store: Store, name: str) -> int:
    """The last step that earlier recordings of a run hold."""
    last = -1
    for run in store.runs(DOMAIN):
        if run.label != PREFIX + name:
            continue
        for series in store.series_names([run.id]):
            for piece in store.raw(run.id, series):
                last = max(last, int(piece.step[-1]))
    return last


def _parameters(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is worth comparing between runs."""
    return {k: v for k, v in facts.items() if isinstance(v, str | int | float | bool)}


@st.cache_resource(on_release=Feed.close)
def _feed(url: str) -> Feed:
    """The one feed of this server and store."""
    return Feed(open_store())


def recordings(name: str) -> list[int]:
    """Numbers of the store's recordings of a learning run; one for each time the app was open."""
    try:
        return [run.id for run in open_store().runs(DOMAIN) if run.label == PREFIX + name]
    except EngineError:
        return []


def feed() -> None:
    """See that journals are followed; without a store they are kept and read later."""
    try:
        _feed(str(open_store().url))
    except EngineError as error:
        st.warning(f"Learning is not being recorded. {error}", icon=":material/database_off:")

"""Brings what learning runs note into the metrics store, as long as the app is open.

The store belongs to one process, and a run goes on while the app is closed; so a run keeps a file
of its own, and the app reads on from the last step that the store has of each series.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import streamlit as st

from engine.errors import EngineError
from engine.live.record import Outcome
from engine.store import Store, open_store

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Learning:
    """A run that notes figures.

    Attributes:
        name: Of the run.
        params: What is worth comparing between runs.
        outcome: How its process ended; None while it works.
        problem: Why it failed, or "".
    """

    name: str
    params: Mapping[str, Any]
    outcome: Outcome | None
    problem: str


@dataclass
class _Fed:
    """How far one run's file is in the store.

    Attributes:
        last: Last step that the store has of each series.
        offset: Byte of the file.
        number: Open recording, or None.
    """

    last: dict[str, int]
    offset: int = 0
    number: int | None = None


class Feed(ABC):
    """Follows every learning run of one domain; one for the whole server.

    Args:
        store: Where the figures go.
        domain: Of the runs.
        prefix: Of their labels in the store.
    """

    def __init__(self, store: Store, domain: str, prefix: str) -> None:
        self._store = store
        self._domain = domain
        self._prefix = prefix
        self._fed: dict[str, _Fed] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"{domain}-feed", daemon=True)
        self._thread.start()

    @abstractmethod
    def runs(self) -> Iterable[Learning]:
        """Every run there is."""

    @abstractmethod
    def read(self, name: str, offset: int) -> tuple[Iterable[tuple[int, Mapping[str, float]]], int]:
        """Steps with their figures behind an offset of a run's file, and the offset behind them."""

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        self._thread.join(10.0)

    def turn(self) -> None:
        """Bring over what is new of every run."""
        for run in self.runs():
            fed = self._fed.get(run.name)
            if fed is None:
                fed = self._fed[run.name] = _Fed(_recorded(
                    self._store, self._domain, self._prefix + run.name))
            lines, fed.offset = self.read(run.name, fed.offset)
            fresh: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
            for step, figures in lines:
                for name, value in figures.items():
                    # a run that went back to its last state notes some steps again
                    if step > fed.last.get(name, -1):
                        fed.last[name] = step
                        fresh[name][0].append(step)
                        fresh[name][1].append(value)
            if fresh and fed.number is None:
                fed.number = self._store.begin_run(self._domain, run.params, 0,
                                                   self._prefix + run.name)
            if fed.number is None:
                continue
            for name, (steps, values) in fresh.items():
                self._store.append(fed.number, name, np.array(steps, np.float64),
                                   np.array(values, np.float64))
            if run.outcome is not None:
                self._store.end_run(fed.number, run.outcome, run.problem)
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


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a run's facts that are single values."""
    return {k: v for k, v in facts.items() if isinstance(v, str | int | float | bool)}


def recorded(domain: str, label: str) -> list[int]:
    """Numbers of the store's recordings of a learning run; one for each time the app was open."""
    try:
        return [run.id for run in open_store().runs(domain) if run.label == label]
    except EngineError:
        return []


def keep_fed(make: Callable[[Store], Feed], domain: str) -> None:
    """See that a domain's runs are followed; without a store their files are kept and read later.

    Args:
        make: The domain's feed.
        domain: Of the runs.
    """
    try:
        _opened(make, domain, str(open_store().url))
    except EngineError as error:
        st.warning(f"Learning is not being recorded. {error}", icon=":material/database_off:")


@st.cache_resource(on_release=Feed.close)
def _opened(_make: Callable[[Store], Feed], domain: str, url: str) -> Feed:
    """The one feed of this server, domain and store."""
    return _make(open_store())


def _recorded(store: Store, domain: str, label: str) -> dict[str, int]:
    """The last step that earlier recordings of a run hold of each series."""
    last: dict[str, int] = {}
    for run in store.runs(domain):
        if run.label == label:
            for series in store.series_names([run.id]):
                for piece in store.raw(run.id, series):
                    last[series] = max(last.get(series, -1), int(piece.step[-1]))
    return last

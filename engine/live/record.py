"""A run's way into the metrics store: a store that fails never stops a run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.live.simulation import Event, Points

Outcome = Literal["stopped", "finished", "crashed"]

log = logging.getLogger(__name__)


class Recorder(Protocol):
    """Where a run's figures go; the metrics store is one."""

    def begin_run(self, domain: str, params: Mapping[str, Any], seed: int, label: str = "",
                  step_s: float | None = None) -> int:
        """Open a run and return its number; `step_s` is simulated seconds a step."""

    def end_run(self, run: int, outcome: Outcome, note: str = "") -> None:
        """Close a run."""

    def append(self, run: int, name: str, step: npt.NDArray[np.float64],
               value: npt.NDArray[np.float64]) -> None:
        """Add samples to a series; returns at once."""

    def event(self, run: int, step: int, kind: str, text: str, data: Mapping[str, Any]) -> None:
        """Add an event; returns at once."""


class Record:
    """One run's open entry in a store, or none.

    Attributes:
        number: Run number in the store; None before the first and after a refused begin.
        problem: Why figures are not being recorded, or "".
    """

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self.number: int | None = None
        self.problem = ""

    def begin(self, domain: str, params: Mapping[str, Any], seed: int, label: str,
              step_s: float) -> None:
        """Open a new entry."""
        self.problem = ""
        recorder = self._recorder
        if recorder is not None:
            def work() -> None:
                self.number = recorder.begin_run(domain, params, seed, label, step_s)
            self._attempt(work)

    def points(self, points: Iterable[Points]) -> None:
        """Add samples."""
        recorder, number = self._recorder, self.number
        if recorder is None or number is None:
            return

        def work() -> None:
            for name, step, value in points:
                if len(step):
                    recorder.append(number, name, step, value)
        self._attempt(work)

    def events(self, events: Iterable[Event]) -> None:
        """Add events."""
        recorder, number = self._recorder, self.number
        if recorder is None or number is None:
            return

        def work() -> None:
            for e in events:
                recorder.event(number, e.step, e.kind, e.text, e.data)
        self._attempt(work)

    def end(self, outcome: Outcome, note: str = "") -> None:
        """Close the entry."""
        recorder, number = self._recorder, self.number
        if recorder is not None and number is not None:
            self._attempt(lambda: recorder.end_run(number, outcome, note))
        self.number = None

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except EngineError as error:
            if str(error) != self.problem:
                log.warning("not recorded: %s", error)
            self.problem = str(error)
        else:
            self.problem = ""

"""What the store answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

Outcome = Literal["running", "stopped", "finished", "crashed", "interrupted"]
"""`interrupted`: the process died, or closed the store, while the run was going."""

ENDINGS: Final = ("running", "stopped", "finished", "crashed")
"""What `end_run` takes."""


@dataclass(frozen=True, slots=True)
class Run:
    """One recording.

    Attributes:
        id: Number, never given twice.
        domain: Which engine: "warehouse", "dispatch", …
        label: What the person called it.
        seed: Seed of its random generator.
        parameters: Its knobs at the start, JSON-able.
        step_s: Simulated seconds a step; None where steps are no time.
        started_at: UTC.
        ended_at: UTC; None while it runs, and when its process died.
        outcome: See `Outcome`.
        note: One sentence about the end, or "".
        commit: Git commit of the code, "-dirty" behind it when files differed, or "unknown".
        environment: Versions of Python, packages and system, and the CPU.
    """

    id: int
    domain: str
    label: str
    seed: int
    parameters: Mapping[str, Any]
    step_s: float | None
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome
    note: str
    commit: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One event of a run.

    Attributes:
        run: Its run.
        number: Order of recording within the run, from 0.
        step: When, in the unit of the run's series.
        kind: Short machine name.
        text: One sentence.
        data: JSON-able details.
    """

    run: int
    number: int
    step: float
    kind: str
    text: str
    data: Mapping[str, Any]


class Summary(NamedTuple):
    """A whole series in figures; NaN values count in `n` alone.

    n: Points.
    low, high: Exact extremes; NaN when there is no value.
    mean: Of the values, to float64 rounding; NaN when there is none or infinities cancel.
    """

    n: int
    low: float
    high: float
    mean: float


class ParameterRow(NamedTuple):
    """One parameter over several runs.

    name: Parameter name.
    values: One a run, in the order asked; None where a run has no such parameter.
    differs: Whether the runs disagree.
    """

    name: str
    values: tuple[Any, ...]
    differs: bool


class Health(NamedTuple):
    """How the writer is.

    state: "ok"; "failing" while writes are refused and points wait; "closed".
    message: What is wrong and what to do, or "".
    queued: Points and events taken but not yet stored.
    written: Points and events stored by this process.
    """

    state: Literal["ok", "failing", "closed"]
    message: str
    queued: int
    written: int

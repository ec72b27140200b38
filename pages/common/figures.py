"""Figures of a run that a process writes, as a page keeps them while it grows, and their cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import streamlit as st

SPARK: Final = 60
RECENT: Final = 10


@dataclass
class Figures:
    """Every series of one run.

    Attributes:
        offset: Byte of the run's file up to which it was read.
        series: Name to (steps, values).
    """

    offset: int = 0
    series: dict[str, tuple[list[int], list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: ([], [])))

    def add(self, step: int, numbers: Iterable[tuple[str, float]]) -> None:
        """Values of one step by the name of their series."""
        for name, value in numbers:
            steps, values = self.series[name]
            steps.append(step)
            values.append(value)

    def values(self, name: str) -> list[float]:
        """Values of a series, oldest first."""
        return self.series[name][1] if name in self.series else []

    def last(self, name: str) -> float | None:
        """The newest value."""
        values = self.values(name)
        return values[-1] if values else None


Kept = TypeVar("Kept", bound=Figures)
Line = TypeVar("Line")


def followed(key: str, name: str, fresh: Callable[[], Kept],
             read: Callable[[str, int], tuple[list[Line], int]],
             take: Callable[[Kept, Line], None]) -> Kept:
    """What a run has written so far; only what is new is read.

    Args:
        key: Where the page keeps it.
        name: Of the run.
        fresh: Makes empty figures.
        read: Lines behind an offset of the run's file, and the offset behind them.
        take: Adds a line to the figures.
    """
    kept: tuple[str, Kept] | None = st.session_state.get(key)
    figures = kept[1] if kept is not None and kept[0] == name else fresh()
    lines, offset = read(name, figures.offset)
    if offset < figures.offset:  # the run went back to its last state and shortened the file
        figures = fresh()
        lines, offset = read(name, 0)
    for line in lines:
        take(figures, line)
    figures.offset = offset
    st.session_state[key] = (name, figures)
    return figures


def thinned(steps: list[int], values: list[float], most: int) -> tuple[list[int], list[float]]:
    """Means over equal stretches, at most `most` of them."""
    size = max(1, -(-len(steps) // most))
    starts = range(0, len(steps), size)
    return ([steps[i] for i in starts],
            [sum(values[i:i + size]) / len(values[i:i + size]) for i in starts])


def change(values: list[float]) -> float | None:
    """Difference of the means of the latest values and of as many before them."""
    count = min(RECENT, len(values) // 2)
    if count == 0:
        return None
    return (sum(values[-count:]) - sum(values[-2 * count:-count])) / count


def card(label: str, value: str | None, unit: str = "", *, note: str = "",
         falls: float | None = None, series: list[float] | None = None,
         help: str) -> dict[str, Any]:
    """A KPI card.

    Args:
        label: What it says.
        value: None where it is not known.
        unit: Of the value.
        note: Small words beside it.
        falls: Change of a figure that is better when it falls, shown with an arrow.
        series: Its past, oldest first.
        help: What it means.
    """
    shown = series or []
    return {"label": label, "value": value, "unit": unit, "note": note,
            "delta": "" if falls is None else f"{'▼' if falls < 0 else '▲'} {abs(falls):.3f}",
            "tone": "flat" if falls is None else "good" if falls < 0 else "bad", "help": help,
            "series": thinned(list(range(len(shown))), shown, SPARK)[1]}

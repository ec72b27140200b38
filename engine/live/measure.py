"""Series that a run keeps of itself, and key figures that are reduced from them.

Every figure on a page is a reduction of kept points over a window: the same points that the store
gets, so that it can be computed again from an export.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from engine.live.simulation import Points

Float64 = npt.NDArray[np.float64]

Reduction = Literal["mean", "median", "p95", "last", "sum", "min", "max"]


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key figure.

    Attributes:
        name: Short machine name.
        label: As shown.
        unit: As shown behind the value.
        series: Series it is computed from.
        reduce: How the window's points become one value.
        good: Which way is better: 1 up, -1 down, 0 neither.
        decimals: Digits shown after the point.
        help: One sentence.
        scale: Factor from the series' unit to the one shown.
    """

    name: str
    label: str
    unit: str
    series: str
    reduce: Reduction
    good: int
    decimals: int
    help: str
    scale: float = 1.0


class Recorder:
    """Collects points until they are drained, and keeps the latest in bounded memory."""

    def __init__(self, kept_samples: int, kept_each: int, each: tuple[str, ...]) -> None:
        """Begin without a point.

        Args:
            kept_samples: Points that are remembered of a series that is sampled.
            kept_each: The same of a series with one point for each thing that ended.
            each: How the names of the latter begin.
        """
        self._kept_samples = kept_samples
        self._kept_each = kept_each
        self._each = each
        self._fresh: dict[str, tuple[list[float], list[float]]] = {}
        self._kept: dict[str, deque[tuple[float, float]]] = {}

    def add(self, name: str, step: float, value: float) -> None:
        """Add one point; steps of a series never fall."""
        steps, values = self._fresh.setdefault(name, ([], []))
        steps.append(step)
        values.append(value)
        kept = self._kept.get(name)
        if kept is None:
            each = name.startswith(self._each)
            kept = deque(maxlen=self._kept_each if each else self._kept_samples)
            self._kept[name] = kept
        kept.append((step, value))

    def drain(self) -> Sequence[Points]:
        """Points since the last call."""
        out = [Points(name, np.array(steps, np.float64), np.array(values, np.float64))
               for name, (steps, values) in self._fresh.items() if steps]
        self._fresh = {}
        return out

    def latest(self, name: str) -> Float64:
        """Every kept point of a series, oldest first, float64 [n, 2] of (step, value)."""
        return np.array(self._kept.get(name, ()), np.float64).reshape(-1, 2)

    def window(self, name: str, after: float, until: float) -> Float64:
        """Kept points with after < step <= until, float64 [n, 2] of (step, value)."""
        out = []
        for point in reversed(self._kept.get(name, ())):
            if point[0] <= after:
                break
            if point[0] <= until:
                out.append(point)
        return np.array(out[::-1], np.float64).reshape(-1, 2)


def reduce(how: Reduction, values: npt.ArrayLike) -> float | None:
    """One value of a window's points, float64 [n]; None for an empty window."""
    array = np.asarray(values, np.float64)
    if not len(array):
        return None
    if how == "last":
        return float(array[-1])
    if how == "median":
        return float(np.median(array))
    if how == "p95":
        return float(np.percentile(array, 95))
    if how == "sum":
        return float(array.sum())
    if how == "min":
        return float(array.min())
    if how == "max":
        return float(array.max())
    return float(array.mean())


def kpi_value(recorder: Recorder, kpi: Kpi, until: float, window_steps: float) -> float | None:
    """A key figure over (until - window_steps, until], in the unit shown; None without a point."""
    points = recorder.window(kpi.series, until - window_steps, until)
    value = reduce(kpi.reduce, points[:, 1])
    return None if value is None else value * kpi.scale


def kpi_values(
    recorder: Recorder, kpis: Sequence[Kpi], now: int, window_steps: int, bars: int = 0
) -> list[dict[str, Any]]:
    """Key figures over the last window and over the one before it.

    Args:
        recorder: Where the points are kept.
        kpis: Which figures.
        now: Current step.
        window_steps: Length of the window, > 0.
        bars: Points of a short series, each over a window of its own, the windows evenly spread
            over the last five; 0 for no series.

    Returns:
        One dict a KPI: name, label, unit, decimals, good, help, value and before (None without
        a point); and series (oldest first, None where empty) where `bars` asks for it.
    """
    ends = now - np.linspace(4.0 * window_steps, 0.0, bars)
    out = []
    for k in kpis:
        facts: dict[str, Any] = {
            "name": k.name, "label": k.label, "unit": k.unit, "decimals": k.decimals,
            "good": k.good, "help": k.help, "value": kpi_value(recorder, k, now, window_steps),
            "before": kpi_value(recorder, k, now - window_steps, window_steps)}
        if bars:
            facts["series"] = [kpi_value(recorder, k, float(e), window_steps) for e in ends]
        out.append(facts)
    return out

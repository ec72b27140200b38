"""All points of a finished run, by series: what headless figures and experiments reduce."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from engine.live.simulation import Points

Float64 = npt.NDArray[np.float64]


class Outcome:
    """Collects drained points of a run."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Points]] = {}

    def take(self, points: Iterable[Points]) -> None:
        """Add what a simulation drained."""
        for p in points:
            self._parts.setdefault(p.name, []).append(p)

    def steps(self, name: str) -> Float64:
        """Steps of a series' points, float64 [n]; empty if there is no such series."""
        return _joined([p.step for p in self._parts.get(name, ())])

    def values(self, name: str) -> Float64:
        """Values of a series' points, float64 [n]; empty if there is no such series."""
        return _joined([p.value for p in self._parts.get(name, ())])

    def mean(self, name: str) -> float | None:
        """Mean of a series; None without points."""
        values = self.values(name)
        return float(values.mean()) if len(values) else None

    def percentile(self, name: str, q: float) -> float | None:
        """Percentile of a series; None without points."""
        values = self.values(name)
        return float(np.percentile(values, q)) if len(values) else None


def _joined(parts: list[Float64]) -> Float64:
    return np.concatenate(parts) if parts else np.zeros(0)

"""Points for the store, one sample of each series a move, and figures by second for the cards."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from engine.live.simulation import Points

KEPT: Final = 60


class Telemetry:
    """What happened since it was last asked, and the recent past of what the cards show."""

    def __init__(self) -> None:
        self._fresh: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._recent: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))

    def sample(self, step: int, values: Mapping[str, float]) -> None:
        """Add a sample of some series.

        Args:
            step: Step of the run, non-decreasing.
            values: Series name to value.
        """
        for name, value in values.items():
            if np.isfinite(value):
                self._fresh[name].append((float(step), float(value)))

    def remember(self, name: str, value: float) -> None:
        """Add to a card's recent past."""
        self._recent[name].append(float(value))

    def recent(self, name: str) -> list[float]:
        """A card's recent past, oldest first."""
        return list(self._recent[name])

    def drain(self) -> Sequence[Points]:
        """Samples since the last call."""
        out = []
        for name, rows in self._fresh.items():
            step, value = np.array(rows, np.float64).T
            out.append(Points(name, step, value))
        self._fresh.clear()
        return out

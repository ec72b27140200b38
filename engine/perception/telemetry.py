"""Points for the store, and the last minutes of a drive as the page draws them."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from engine.live.simulation import Points

KEPT: Final = 60
"""Values of a card's sparkline, one a second."""
ROWS: Final = 300
EVERY: Final = 2
"""Ticks from point to point of the last minute."""
RARELY: Final = 20
"""The same of the last ten minutes."""

Row = tuple[int, float, float, float | None, str]


class Telemetry:
    """What happened since it was last asked, and the recent past."""

    def __init__(self) -> None:
        self._fresh: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._recent: dict[str, deque[float | None]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._minute: deque[Row] = deque(maxlen=ROWS)
        self._past: deque[Row] = deque(maxlen=ROWS)

    def sample(self, step: int, values: Mapping[str, float | None]) -> None:
        """Add a sample of some series; what is not finite is left out.

        Args:
            step: Step of the run, non-decreasing.
            values: Series name to value.
        """
        for name, value in values.items():
            if value is not None and math.isfinite(value):
                self._fresh[name].append((float(step), float(value)))

    def tick(self, step: int, speed_kmh: float, target_kmh: float, ttc_s: float,
             state: str) -> None:
        """Note what the timeline shows."""
        if step % EVERY == 0:
            ttc = round(ttc_s, 2) if math.isfinite(ttc_s) else None
            row = (step, round(speed_kmh, 1), round(target_kmh, 1), ttc, state)
            self._minute.append(row)
            if step % RARELY == 0:
                self._past.append(row)

    def remember(self, name: str, value: float | None) -> None:
        """Add to a card's recent past."""
        self._recent[name].append(value)

    def recent(self, name: str) -> list[float | None]:
        """A card's recent past, oldest first."""
        return list(self._recent[name])

    def minute(self) -> dict[str, Any]:
        """The last minute, column by column, oldest first."""
        return _columns(self._minute)

    def past(self) -> dict[str, Any]:
        """The last ten minutes, likewise, every two seconds."""
        return _columns(self._past)

    def drain(self) -> Sequence[Points]:
        """Samples since the last call."""
        out = []
        for name, rows in self._fresh.items():
            step, value = np.array(rows, np.float64).T
            out.append(Points(name, step, value))
        self._fresh.clear()
        return out


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    names = ("step", "speed", "target", "ttc", "state")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}

"""Traffic by time of day: how much longer an arc takes than on a free road.

Two rush hours over a flat working day, stronger on main roads and towards the core, inbound in the
morning and outbound in the evening. The shape is a modelling choice, fitted to no city: arterials
take 1.7 times as long on average at the worst of the day, three times at a few places.

Shape letters: N nodes, M arcs.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.city import City
from engine.dispatch.network import tails
from engine.errors import InvalidInput

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

DAY_S: Final = 86_400.0
QUANTUM_S: Final = 300.0
"""Factors change this often, so that routing is customised at most as often."""

_HEAVY: Final = (0.35, 0.6, 0.95, 0.8)
"""How much a rank suffers: local, collector, arterial, motorway."""
_CORE_M: Final = 4_000.0
"""Distance over which congestion falls by e from the core outwards."""
_TIDE: Final = 0.35
"""How much stronger the loaded direction of a rush hour is."""
_UNEVEN: Final = 0.2
"""Relative spread between one arc and the next."""
_SEED: Final = 1_906


class Rush(NamedTuple):
    """A bell-shaped peak: hour, half width and height; inbound > 0, outbound < 0, neither 0."""

    hour: float
    width_h: float
    height: float
    tide: float


WEEKDAY: Final = (Rush(8.2, 0.95, 0.95, 1.0), Rush(17.5, 1.35, 1.05, -1.0),
                  Rush(13.0, 3.4, 0.42, 0.0))
WEEKEND: Final = (Rush(14.5, 3.6, 0.5, 0.0), Rush(20.0, 2.0, 0.2, 1.0))


class TrafficProfile:
    """Factors of a city's arcs by time of day.

    Args:
        city: Roads; congestion is densest at the middle of its nodes.
        weekend: One broad afternoon instead of two rush hours.
    """

    def __init__(self, city: City, *, weekend: bool = False) -> None:
        network = city.network
        tail = tails(network)
        x, y = network.x.astype(np.float64), network.y.astype(np.float64)
        core = np.array([np.median(x), np.median(y)])
        middle = np.stack([x[tail] + x[network.head], y[tail] + y[network.head]], axis=1) / 2
        along = np.stack([x[network.head] - x[tail], y[network.head] - y[tail]], axis=1)
        inward = core - middle
        far = np.hypot(*inward.T)
        across = np.maximum(far * np.hypot(*along.T), 1e-9)
        self._inbound: Float64 = (inward * along).sum(axis=1) / across
        uneven = np.random.default_rng(_SEED).lognormal(0, _UNEVEN, len(far))
        self._load: Float64 = (np.array(_HEAVY)[network.rank] * uneven
                               * (0.35 + 0.65 * np.exp(-far / _CORE_M)))
        self._rushes = WEEKEND if weekend else WEEKDAY
        self._kept: tuple[int, Float32] | None = None

    def factor(self, time_s: float) -> Float32:
        """Seconds an arc takes over its free-flow seconds, float32 [M], ≥ 1; do not write to it.

        Args:
            time_s: Seconds since midnight of any day.

        Raises:
            InvalidInput: If the time is not finite.
        """
        if not np.isfinite(time_s):
            raise InvalidInput(f"the time is {time_s} s; it must be a number of seconds")
        slot = int(time_s % DAY_S // QUANTUM_S)
        kept = self._kept
        if kept is None or kept[0] != slot:
            kept = self._kept = slot, self._at((slot + 0.5) * QUANTUM_S / 3_600)
        return kept[1]

    def _at(self, hour: float) -> Float32:
        slow = np.zeros(len(self._load))
        for rush in self._rushes:
            off = (hour - rush.hour + 12) % 24 - 12
            high = rush.height * np.exp(-0.5 * (off / rush.width_h) ** 2)
            slow += high * (1 + _TIDE * rush.tide * self._inbound)
        out = (1 + self._load * slow).astype(np.float32)
        out.setflags(write=False)
        return out

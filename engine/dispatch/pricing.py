"""Surge: a multiplier on fares for each H3 cell, from requests, free drivers and what was before.

The target of a cell is 1 where free drivers can take the requests of the next minutes, and grows
with the logarithm of their ratio, so that twice the requests always add the same. What is shown
follows the target with a lag, is capped, moves in tenths and only when the lagged value has left it
by more than the hysteresis: a multiplier that flickers teaches everybody to wait (Hall, Kendrick
and Nosko 2015; Castillo, Knoepfle and Weyl 2017, doi:10.1145/3033274.3085098).

Shape letters: H cells.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.hexes import Hexes
from engine.dispatch.params import DispatchParams

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

EVERY_S: Final = 30.0
HORIZON_MIN: Final = 3.0
"""Requests of this long are set against the drivers free now: about the way of a pickup."""
SPILL: Final = 0.5
"""How much a neighbouring cell counts."""
_PRIOR: Final = 1.0


def target(requests: Float64, free: Float64, params: DispatchParams) -> Float64:
    """Multiplier at which a cell would settle.

    Args:
        requests: float64 [H], expected over the horizon, the waiting included, >= 0.
        free: float64 [H], drivers, >= 0.
        params: Slope and cap.

    Returns:
        float64 [H] in [1, cap]: 1 where requests do not exceed the free drivers, rising with
        requests and falling with drivers.
    """
    # one of each is added: a cell with one request and no driver is no shortage
    ratio = (requests + _PRIOR) / (free + _PRIOR)
    rise = params.surge_slope * np.log2(np.maximum(ratio, 1.0))
    return np.asarray(np.minimum(1.0 + rise, params.surge_cap), np.float64)


class Surge:
    """Multipliers of a running city.

    Attributes:
        shown: float64 [H], multipliers in force, in tenths.
        smooth: float64 [H], lagged targets.
        demand: float64 [H], smoothed requests a minute.
        supply: float64 [H], smoothed free drivers.
        out: Whether the pricing service is down: everything shows 1.
    """

    def __init__(self, hexes: Hexes) -> None:
        cells = len(hexes.names)
        self._hexes = hexes
        self.shown: Float64 = np.ones(cells)
        self.smooth: Float64 = np.ones(cells)
        self.demand: Float64 = np.zeros(cells)
        self.supply: Float64 = np.zeros(cells)
        self.out = False
        self._asked: Int64 = np.zeros(cells, np.int64)
        self._begun = False

    def ask(self, cells: Int32) -> None:
        """Count people who open the app, int32 [K] cells; whether they ask or not."""
        np.add.at(self._asked, cells, 1)

    def update(self, waiting: Float64, free: Float64, params: DispatchParams) -> None:
        """Work out new multipliers; called every `EVERY_S`.

        Args:
            waiting: float64 [H], riders without a driver now.
            free: float64 [H], free drivers now.
            params: Knobs.
        """
        keep = np.exp(-EVERY_S / (60.0 * params.surge_smoothing_min))
        asked = self._asked * (60.0 / EVERY_S)
        if self._begun:
            self.demand = keep * self.demand + (1.0 - keep) * asked
            self.supply = keep * self.supply + (1.0 - keep) * free
        else:
            self.demand, self.supply, self._begun = asked.astype(np.float64), free.copy(), True
        self._asked[:] = 0
        wanted = self._nearby(self.demand * HORIZON_MIN + waiting)
        goal = target(wanted, self._nearby(self.supply), params)
        self.smooth = keep * self.smooth + (1.0 - keep) * goal
        if not params.surge or self.out:
            self.shown = np.ones(len(goal))
            return
        settled = settle(self.shown, self.smooth, params.surge_hysteresis)
        self.shown = np.clip(settled, 1.0, params.surge_cap)

    def _nearby(self, values: Float64) -> Float64:
        """A cell's own and, by weight, those of two rings around it: drivers come from there."""
        around = self._hexes.around
        return around(around(values, SPILL), SPILL)


def settle(shown: Float64, smooth: Float64, hysteresis: float) -> Float64:
    """Move a shown multiplier to the nearest tenth of the lagged one once it is far enough off.

    Args:
        shown: float64 [H].
        smooth: float64 [H].
        hysteresis: Band, >= 0.

    Returns:
        float64 [H].
    """
    # half a tenth is rounding, not news
    moved = np.abs(smooth - shown) > hysteresis + 0.05
    return np.asarray(np.where(moved, np.round(smooth, 1), shown), np.float64)


def fare(direct_m: float, direct_s: float, surge: float, params: DispatchParams) -> float:
    """Fare of a ride, fixed when it is asked for."""
    plain = (params.fare_base + params.fare_km * direct_m / 1000.0
             + params.fare_min * direct_s / 60.0)
    return plain * surge


def still_asks(draw: Float64, surge: Float64, params: DispatchParams) -> npt.NDArray[np.bool_]:
    """Who still asks at the price shown: a share m^-e.

    Args:
        draw: float64 [K] in [0, 1), each rider's own.
        surge: float64 [K], multiplier shown to each.
        params: Elasticity.
    """
    return np.asarray(draw < surge ** -params.price_elasticity, np.bool_)

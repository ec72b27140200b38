"""What the page shows of a city: KPI cards once a second, and the data of its four charts.

Everything is reduced from the recorder's kept points, the same points that the store gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.metrics import KPIS
from engine.live.cards import Card
from engine.live.cards import cards as row_of
from engine.live.measure import Recorder

WINDOW_STEPS: Final = 450
"""15 minutes."""
HOUR_STEPS: Final = 1800
_SLOT_STEPS: Final = 60
_BY_NAME: Final = {k.name: k for k in KPIS}

Float64 = npt.NDArray[np.float64]


CARDS: Final = (
    Card("wait", "", "15 min"),
    Card("wait_p95", "", "15 min"),
    Card("matched", "gave_up", "gave up {} %"),
    Card("empty", "", "of all km"),
    Card("eta_error", "eta_band", "band {} %"),
    Card("cycle", "gap", "gap {} %"),
)


def cards(recorder: Recorder, now: int, window_steps: int = WINDOW_STEPS) -> list[dict[str, Any]]:
    """The KPI row; see `live.cards.cards`."""
    return row_of(recorder, _BY_NAME, CARDS, now, window_steps)


class ChartData(NamedTuple):
    """Points of the page's charts, x in steps.

    waits_over_time: (step, median minutes, 95th percentile), two-minute stretches of who was done.
    waits: float64 [N], minutes, of every rider of the last hour, those who gave up included.
    surge: District to (step, mean multiplier).
    balance: (step, requests a minute, free drivers).
    """

    waits_over_time: tuple[Float64, Float64, Float64]
    waits: Float64
    surge: dict[str, tuple[Float64, Float64]]
    balance: tuple[Float64, Float64, Float64]


def chart_data(recorder: Recorder, now: int, districts: Sequence[str]) -> ChartData:
    """What the charts draw: the kept samples, at most three hours of a city."""
    waits = recorder.window("rider.wait_s", -1.0, now)
    hour = waits[waits[:, 0] > now - HOUR_STEPS, 1] / 60.0
    asked = recorder.window("demand.requests_per_min", -1.0, now)
    free = recorder.window("fleet.idle_count", -1.0, now)
    surge = {}
    for name in districts:
        points = recorder.window(f"surge.{name}", -1.0, now)
        surge[name] = (points[:, 0], points[:, 1])
    return ChartData(_waits_over_time(waits), hour, surge,
                     (asked[:, 0], asked[:, 1], free[:, 1]))


class ShadowData(NamedTuple):
    """A shadow policy beside the one in force.

    step: float64 [N], of the samples.
    agree_percent: float64 [N], riders to whom both give the same driver, or none.
    agree_recent: The same over the last window; NaN without a sample.
    matched, shadow_matched: Decisions of the last window that give a rider a driver.
    way_s, shadow_way_s: Mean way to riders whom both match, over the last window; NaN without.
    """

    step: Float64
    agree_percent: Float64
    agree_recent: float
    matched: int
    shadow_matched: int
    way_s: float
    shadow_way_s: float


def shadow_data(recorder: Recorder, now: int) -> ShadowData:
    """What the shadow panel draws."""
    agree = recorder.window("shadow.agree_percent", -1.0, now)

    def last(name: str) -> Float64:
        return recorder.window(f"shadow.{name}", now - WINDOW_STEPS, now)[:, 1]

    def mean(name: str) -> float:
        values = last(name)
        return float(values.mean()) if len(values) else float("nan")

    return ShadowData(
        agree[:, 0], agree[:, 1], mean("agree_percent"),
        int(last("in_force_matched_count").sum()), int(last("matched_count").sum()),
        mean("in_force_way_s"), mean("way_s"))


def _waits_over_time(waits: Float64) -> tuple[Float64, Float64, Float64]:
    if not len(waits):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    slot = (waits[:, 0] // _SLOT_STEPS).astype(np.int64)
    edge = np.flatnonzero(np.diff(slot)) + 1
    parts = np.split(waits[:, 1] / 60.0, edge)
    step = (slot[np.concatenate([[0], edge])] + 1) * float(_SLOT_STEPS)
    return (step, np.array([np.median(p) for p in parts]),
            np.array([np.percentile(p, 95) for p in parts]))

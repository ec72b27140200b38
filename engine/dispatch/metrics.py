"""What is measured: series for the store, and the key figures that are computed from them.

Most series have one point every fifteen steps (30 s), for the time before it; requests that end
have one point each. Waits are those of every rider: who gave up counts with the time until then.
Every figure on the page is a reduction of these series over a window, so it can be computed again
from an export.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from engine.live.simulation import Points

Float64 = npt.NDArray[np.float64]

SAMPLE_STEPS: Final = 15
KEPT_STEPS: Final = 3 * 1800
"""Steps that the recorder remembers: three hours."""
_KEPT_SAMPLES: Final = KEPT_STEPS // SAMPLE_STEPS
_KEPT_EVENTS: Final = 40_000
_EACH: Final = ("rider.", "ride.", "eta.")

STATES: Final = ("absent", "idle", "pickup", "riding", "moving", "waiting", "assigned", "pooled")

Reduction = Literal["mean", "median", "p95", "last", "sum", "max"]


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


_MIN: Final = 1.0 / 60.0

KPIS: Final[tuple[Kpi, ...]] = (
    Kpi("wait", "Wait, median", "min", "rider.wait_s", "median", -1, 1,
        "From asking to the car's arrival or to giving up, of every rider.", _MIN),
    Kpi("wait_mean", "Wait, mean", "min", "rider.wait_s", "mean", -1, 1,
        "From asking to the car's arrival or to giving up, of every rider.", _MIN),
    Kpi("wait_p95", "Wait, p95", "min", "rider.wait_s", "p95", -1, 1,
        "The same, 95th percentile.", _MIN),
    Kpi("matched", "Matched", "%", "rider.matched_percent", "mean", 1, 1,
        "Share of riders done with who got a ride."),
    Kpi("gave_up", "Gave up", "%", "rider.gave_up_percent", "mean", -1, 1,
        "Share of riders done with who left without a ride."),
    Kpi("batching", "Batching delay", "s", "rider.batching_s", "mean", -1, 1,
        "From asking to the first driver."),
    Kpi("pickup", "Pickup", "min", "rider.pickup_s", "mean", -1, 1,
        "From the first driver to the car's arrival.", _MIN),
    Kpi("pickup_m", "Pickup distance", "m", "rider.pickup_m", "mean", -1, 0,
        "Driven by the driver who came, from taking the rider to arriving."),
    Kpi("requests", "Requests", "/min", "demand.requests_per_min", "mean", 0, 0,
        "People who asked for a ride."),
    Kpi("turned_away", "Turned away by the price", "/min", "demand.turned_away_per_min", "mean",
        -1, 1, "People who saw the fare and did not ask."),
    Kpi("abandoned", "Gave up", "riders", "riders.abandoned_count", "sum", -1, 0,
        "Riders who left without a ride."),
    Kpi("completed", "Rides", "rides", "riders.completed_count", "sum", 1, 0, "Rides completed."),
    Kpi("empty", "Driving empty", "%", "fleet.empty_km_percent", "mean", -1, 1,
        "Share of all kilometres without a rider: to pickups, cruising, repositioning."),
    Kpi("occupancy", "Occupancy", "%", "fleet.occupancy_percent", "mean", 1, 1,
        "Share of drivers' time out with a rider aboard."),
    Kpi("aboard", "Riders a loaded car", "", "fleet.aboard_mean", "mean", 1, 2,
        "Riders in cars that carry any; above 1 with pooling."),
    Kpi("earned", "Earnings", "€/h", "money.earned_per_h", "last", 1, 1,
        "Drivers' earnings an hour out, mean over drivers out for half an hour or more."),
    Kpi("gini", "Spread of earnings", "Gini", "money.gini", "last", -1, 3,
        "Gini coefficient of hourly earnings: 0 is everybody alike."),
    Kpi("revenue", "Revenue", "€/min", "money.revenue_per_min", "mean", 1, 0, "Fares paid."),
    Kpi("surge", "Surge, mean", "×", "surge.mean", "mean", 0, 2,
        "Multiplier over the cells, weighted by requests."),
    Kpi("eta_error", "ETA error, mean", "s", "eta.error_s", "mean", -1, 0,
        "Between the promised and the real way to the rider, of riders whose driver stayed."),
    Kpi("eta_band", "ETA band", "%", "eta.covered_percent", "mean", 0, 0,
        "Share of arrivals within the promised 80 % band."),
    Kpi("gap", "Optimality gap", "%", "dispatch.gap_percent", "max", -1, 2,
        "How far a batch may be from the optimum: proven by duals, largest of the window."),
    Kpi("cycle", "Batch solved in", "ms", "dispatch.cycle_ms_p50", "median", -1, 1,
        "Wall time of one dispatch cycle, median."),
    Kpi("cycle_p95", "Batch solved in, p95", "ms", "dispatch.cycle_ms_p95", "max", -1, 1,
        "Wall time of one dispatch cycle, 95th percentile."),
    Kpi("shadow_agrees", "Shadow agrees", "%", "shadow.agree_percent", "mean", 0, 1,
        "Share of riders to whom the shadow policy would have sent the same driver."),
)

WALL_CLOCK: Final = frozenset({"dispatch.cycle_ms_p50", "dispatch.cycle_ms_p95"})
"""Series that depend on the machine; all others repeat bit for bit."""


class Recorder:
    """Collects points until they are drained, and keeps the latest in bounded memory."""

    def __init__(self) -> None:
        self._fresh: dict[str, tuple[list[float], list[float]]] = {}
        self._kept: dict[str, deque[tuple[float, float]]] = {}

    def add(self, name: str, step: float, value: float) -> None:
        """Add one point; steps of a series never fall."""
        steps, values = self._fresh.setdefault(name, ([], []))
        steps.append(step)
        values.append(value)
        kept = self._kept.get(name)
        if kept is None:
            kept = deque(maxlen=_KEPT_EVENTS if name.startswith(_EACH) else _KEPT_SAMPLES)
            self._kept[name] = kept
        kept.append((step, value))

    def drain(self) -> Sequence[Points]:
        """Points since the last call."""
        out = [Points(name, np.array(steps, np.float64), np.array(values, np.float64))
               for name, (steps, values) in self._fresh.items() if steps]
        self._fresh = {}
        return out

    def window(self, name: str, after: float, until: float) -> Float64:
        """Kept points with after < step <= until, float64 [n, 2] of (step, value)."""
        out = []
        for point in reversed(self._kept.get(name, ())):
            if point[0] <= after:
                break
            if point[0] <= until:
                out.append(point)
        return np.array(out[::-1], np.float64).reshape(-1, 2)


def reduce(how: Reduction, values: Float64) -> float | None:
    """One value of a window's points, float64 [n]; None for an empty window."""
    if not len(values):
        return None
    if how == "last":
        return float(values[-1])
    if how == "median":
        return float(np.median(values))
    if how == "p95":
        return float(np.percentile(values, 95))
    if how == "sum":
        return float(values.sum())
    if how == "max":
        return float(values.max())
    return float(values.mean())


def kpi_value(recorder: Recorder, kpi: Kpi, until: float, window_steps: float) -> float | None:
    """A key figure over (until - window_steps, until], in the unit shown; None without a point."""
    points = recorder.window(kpi.series, until - window_steps, until)
    value = reduce(kpi.reduce, points[:, 1])
    return None if value is None else value * kpi.scale


def kpi_values(recorder: Recorder, now: int, window_steps: int) -> list[dict[str, Any]]:
    """Every key figure over the last window and over the one before it.

    Args:
        recorder: Where the points are kept.
        now: Current step.
        window_steps: Length of the window, > 0.

    Returns:
        One dict a KPI: name, label, unit, decimals, good, help, value and before (None without
        a point).
    """
    return [{
        "name": k.name, "label": k.label, "unit": k.unit, "decimals": k.decimals, "good": k.good,
        "help": k.help, "value": kpi_value(recorder, k, now, window_steps),
        "before": kpi_value(recorder, k, now - window_steps, window_steps),
    } for k in KPIS]


def gini(values: Float64) -> float:
    """Gini coefficient of values >= 0, float64 [n]: 0 for all alike, towards 1 for one with all."""
    total = float(values.sum())
    if len(values) < 2 or total <= 0.0:
        return 0.0
    n = len(values)
    rank = np.arange(1, n + 1)
    return float(2.0 * (rank * np.sort(values)).sum() / (n * total) - (n + 1) / n)

"""What is measured: series for the store, and the key figures that are computed from them.

Most series have one point every fifteen steps (30 s), for the time before it; requests that end
have one point each. Waits are those of every rider: who gave up counts with the time until then.
Every figure on the page is a reduction of these series over a window, so it can be computed again
from an export.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.live import measure
from engine.live.measure import Kpi, Recorder

Float64 = npt.NDArray[np.float64]

SAMPLE_STEPS: Final = 15
KEPT_STEPS: Final = 3 * 1800
"""Steps that the recorder remembers: three hours."""
_KEPT_SAMPLES: Final = KEPT_STEPS // SAMPLE_STEPS
_KEPT_EVENTS: Final = 40_000
_EACH: Final = ("rider.", "ride.", "eta.")

STATES: Final = ("absent", "idle", "pickup", "riding", "moving", "waiting", "assigned", "pooled")

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


def recorder() -> Recorder:
    """An empty record of a city."""
    return Recorder(_KEPT_SAMPLES, _KEPT_EVENTS, _EACH)


def kpi_values(recorder: Recorder, now: int, window_steps: int) -> list[dict[str, Any]]:
    """Every key figure of a city; see `live.measure.kpi_values`."""
    return measure.kpi_values(recorder, KPIS, now, window_steps)


def gini(values: Float64) -> float:
    """Gini coefficient of values >= 0, float64 [n]: 0 for all alike, towards 1 for one with all."""
    total = float(values.sum())
    if len(values) < 2 or total <= 0.0:
        return 0.0
    n = len(values)
    rank = np.arange(1, n + 1)
    return float(2.0 * (rank * np.sort(values)).sum() / (n * total) - (n + 1) / n)

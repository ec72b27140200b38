"""What the page shows of a floor: KPI cards once a second, and the data of its four charts.

Everything is reduced from the recorder's kept points, the same points that the store gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.live.cards import Card
from engine.live.cards import cards as row_of
from engine.live.measure import Recorder
from engine.warehouse.metrics import KPIS, STATES

WINDOW_STEPS: Final = 120
CYCLES_SHOWN: Final = 2000
_BY_NAME: Final = {k.name: k for k in KPIS}

Float64 = npt.NDArray[np.float64]


CARDS: Final = (
    Card("throughput", "", "last 2 min"),
    Card("cycle", "cycle_p95", "p95 {} s"),
    Card("waiting", "", "last 2 min"),
    Card("stations_busy", "queue", "queue {}"),
    Card("battery", "battery_min", "lowest {} %"),
    Card("planning", "planning_p95", "p95 {} ms"),
)


def cards(recorder: Recorder, now: int, window_steps: int = WINDOW_STEPS) -> list[dict[str, Any]]:
    """The KPI row; see `live.cards.cards`."""
    return row_of(recorder, _BY_NAME, CARDS, now, window_steps)


class ChartData(NamedTuple):
    """Points of the page's charts, x in steps.

    throughput: (step, tasks/h).
    states: Robots by state, name to (step, count).
    cycles: float64 [N], seconds of the latest pod cycles.
    queues: Station name to (step, robots).
    """

    throughput: tuple[Float64, Float64]
    states: dict[str, tuple[Float64, Float64]]
    cycles: Float64
    queues: dict[str, tuple[Float64, Float64]]


def chart_data(recorder: Recorder, stations: Sequence[str]) -> ChartData:
    """What the charts draw: every kept sample, at most two hours of a floor."""
    def pairs(name: str) -> tuple[Float64, Float64]:
        points = recorder.latest(name)
        return points[:, 0], points[:, 1]

    return ChartData(
        pairs("throughput.tasks_per_h"),
        {s: pairs(f"robots.{s}_count") for s in STATES},
        pairs("task.cycle_s")[1][-CYCLES_SHOWN:],
        {name: pairs(f"queue.{name}") for name in stations},
    )

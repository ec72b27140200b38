"""What the page shows of a floor: KPI cards once a second, and the data of its four charts.

Everything is reduced from the recorder's kept points, the same points that the store gets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.warehouse.metrics import KPIS, STATES, Kpi, Recorder, reduce

WINDOW_STEPS: Final = 120
BARS: Final = 40
CYCLES_SHOWN: Final = 2000
_BY_NAME: Final = {k.name: k for k in KPIS}

Float64 = npt.NDArray[np.float64]


class Card(NamedTuple):
    """Which KPI a card shows, and what its note says.

    kpi: Name of the KPI.
    beside: Name of the KPI in the note, or "".
    note: Format of the note, with {} for the second KPI's value.
    """

    kpi: str
    beside: str
    note: str


CARDS: Final = (
    Card("throughput", "", "last 2 min"),
    Card("cycle", "cycle_p95", "p95 {} s"),
    Card("waiting", "", "last 2 min"),
    Card("stations_busy", "queue", "queue {}"),
    Card("battery", "battery_min", "lowest {} %"),
    Card("planning", "planning_p95", "p95 {} ms"),
)


def cards(recorder: Recorder, now: int, window_steps: int = WINDOW_STEPS) -> list[dict[str, Any]]:
    """The KPI row.

    Args:
        recorder: Where the points are kept.
        now: Current step.
        window_steps: Steps a value is reduced over, > 0.

    Returns:
        One dict a card: label, note, value (text, None without a point), unit, delta (change
        against the window before), tone ("good", "bad" or "flat"), series, help.
    """
    out = []
    for card in CARDS:
        kpi = _BY_NAME[card.kpi]
        value = _reduced(recorder, kpi, now, window_steps)
        before = _reduced(recorder, kpi, now - window_steps, window_steps)
        delta, tone = _change(kpi, value, before)
        note = card.note
        if card.beside:
            beside = _BY_NAME[card.beside]
            other = _reduced(recorder, beside, now, window_steps)
            note = "" if other is None else card.note.format(_text(beside, other))
        out.append({
            "label": kpi.label, "note": note, "unit": kpi.unit, "help": kpi.help,
            "value": None if value is None else _text(kpi, value),
            "delta": delta, "tone": tone,
            "series": _spark(recorder, kpi, now, window_steps),
        })
    return out


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
        points = np.array(recorder.latest(name), np.float64).reshape(-1, 2)
        return points[:, 0], points[:, 1]

    return ChartData(
        pairs("throughput.tasks_per_h"),
        {s: pairs(f"robots.{s}_count") for s in STATES},
        pairs("task.cycle_s")[1][-CYCLES_SHOWN:],
        {name: pairs(f"queue.{name}") for name in stations},
    )


def _reduced(recorder: Recorder, kpi: Kpi, until: float, steps: int) -> float | None:
    return reduce(kpi.reduce, [v for _, v in recorder.window(kpi.series, until - steps, until)])


def _text(kpi: Kpi, value: float) -> str:
    return f"{value:,.{kpi.decimals}f}"


def _change(kpi: Kpi, value: float | None, before: float | None) -> tuple[str, str]:
    """Arrow and amount: points for shares, percent for everything else."""
    if value is None or before is None:
        return "", "flat"
    share = kpi.unit == "%"
    amount = value - before if share else 100.0 * (value - before) / before if before else 0.0
    if abs(amount) < 0.05:
        return "● steady", "flat"
    tone = "flat" if kpi.good == 0 else "good" if (amount > 0) == (kpi.good > 0) else "bad"
    return f"{'▲' if amount > 0 else '▼'} {abs(amount):.1f}{' pt' if share else ' %'}", tone


def _spark(recorder: Recorder, kpi: Kpi, now: int, window_steps: int) -> list[float | None]:
    """The last five windows in `BARS` points, each reduced like the value itself."""
    points = recorder.window(kpi.series, now - 5 * window_steps, now)
    if not points:
        return []
    how: Callable[[Float64], float] = np.median if kpi.reduce in ("median", "p95") else np.mean
    step, value = np.array(points, np.float64).T
    edges = np.linspace(now - 5 * window_steps, now, BARS + 1)
    bins = np.split(value, np.searchsorted(step, edges[1:-1], side="right"))
    return [float(f"{how(b):.5g}") if len(b) else None for b in bins]

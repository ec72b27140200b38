"""The row of KPI cards of a page, reduced from a run's kept points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from engine.live.measure import Kpi, Recorder, kpi_value, reduce

BARS: Final = 40


class Card(NamedTuple):
    """Which KPI a card shows, and what its note says.

    kpi: Name of the KPI.
    beside: Name of the KPI in the note, or "".
    note: Format of the note, with {} for the second KPI's value.
    """

    kpi: str
    beside: str
    note: str


def cards(
    recorder: Recorder, kpis: Mapping[str, Kpi], row: Sequence[Card], now: int, window_steps: int
) -> list[dict[str, Any]]:
    """The KPI row.

    Args:
        recorder: Where the points are kept.
        kpis: By name.
        row: The cards.
        now: Current step.
        window_steps: Steps a value is reduced over, > 0.

    Returns:
        One dict a card: name, label, note, value (text, None without a point), number (the same
        unrounded), good (1 up, -1 down, 0 neither), unit, delta (change against the window
        before), tone ("good", "bad" or "flat"), series, help.
    """
    out = []
    for card in row:
        kpi = kpis[card.kpi]
        value = kpi_value(recorder, kpi, now, window_steps)
        before = kpi_value(recorder, kpi, now - window_steps, window_steps)
        delta, tone = _change(kpi, value, before)
        note = card.note
        if card.beside:
            beside = kpis[card.beside]
            other = kpi_value(recorder, beside, now, window_steps)
            note = "" if other is None else card.note.format(_text(beside, other))
        out.append({
            "name": kpi.name, "number": value, "good": kpi.good, "label": kpi.label,
            "note": note, "unit": kpi.unit, "help": kpi.help,
            "value": None if value is None else _text(kpi, value),
            "delta": delta, "tone": tone,
            "series": _spark(recorder, kpi, now, window_steps),
        })
    return out


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
    begin = now - 5 * window_steps
    points = recorder.window(kpi.series, begin, now)
    if not len(points):
        return []
    edges = np.linspace(begin, now, BARS + 1)
    bins = np.split(points[:, 1], np.searchsorted(points[:, 0], edges[1:-1], side="right"))
    return [None if value is None else float(f"{value * kpi.scale:.5g}")
            for value in (reduce(kpi.reduce, b) for b in bins)]

"""A training run's figures as the tab shows them, read from its metrics as they grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import streamlit as st

from engine.perception import learner
from engine.perception.learner import TrainingRun

SPARK: Final = 60
RECENT: Final = 10


@dataclass
class Figures:
    """Every series of one run.

    Attributes:
        offset: Byte of the metrics up to which they were read.
        series: Name to (steps, values).
        times: (step, seconds since 1970) of the lines.
    """

    offset: int = 0
    series: dict[str, tuple[list[int], list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: ([], [])))
    times: list[tuple[int, float]] = field(default_factory=list)

    def values(self, name: str) -> list[float]:
        """Values of a series, oldest first."""
        return self.series[name][1] if name in self.series else []

    def last(self, name: str) -> float | None:
        """The newest value."""
        values = self.values(name)
        return values[-1] if values else None

    def pictures_a_second(self, batch: int) -> float | None:
        """Speed over the latest lines."""
        if len(self.times) < 2:
            return None
        (a, t0), (b, t1) = self.times[max(0, len(self.times) - 1 - RECENT)], self.times[-1]
        return batch * (b - a) / (t1 - t0) if t1 > t0 and b > a else None


def figures_of(name: str) -> Figures:
    """What a run has written so far; a page reads only what is new."""
    kept: tuple[str, Figures] | None = st.session_state.get("perception.training.figures")
    figures = kept[1] if kept is not None and kept[0] == name else Figures()
    lines, offset = learner.entries(name, figures.offset)
    if offset < figures.offset:  # the run went back to its last state and shortened the file
        figures = Figures()
        lines, offset = learner.entries(name)
    for line in lines:
        for series, value in _numbers(line):
            steps, values = figures.series[series]
            steps.append(line["step"])
            values.append(value)
        if "at" in line and "loss.total" in line:
            figures.times.append((line["step"], datetime.fromisoformat(line["at"]).timestamp()))
    figures.offset = offset
    st.session_state["perception.training.figures"] = (name, figures)
    return figures


def _numbers(line: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Figures of a line by name; those of a table inside it by name and key."""
    for key, value in line.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{key}.")
        elif isinstance(value, int | float) and not isinstance(value, bool) and key != "step":
            yield prefix + key, float(value)


def kpi_items(run: TrainingRun, figures: Figures) -> list[dict[str, Any]]:
    """The six cards."""
    total = figures.values("loss.total")
    change = _change(total)
    step = learner.last_step(run.folder)
    batch = int((run.card.get("trained", {}).get("params") or {}).get("batch", 16))
    speed = figures.pictures_a_second(batch)
    ap50, depth = figures.values("val.ap50"), figures.values("val.abs_rel")
    lane, road = figures.values("val.lane_f1"), figures.values("val.drivable_miou")
    return [
        _card("Standing", run.standing, note="" if not run.steps else
              f"{100 * step / run.steps:.0f} % of {run.steps:,}",
              help="What the run's process does; Pause keeps its state."),
        _card("Step", f"{step:,}", note="" if speed is None else f"{speed:.1f} pictures/s",
              help="Optimiser steps, and pictures learnt from a second lately."),
        _card("Loss", None if not total else f"{total[-1]:.3f}", series=total,
              delta="" if change is None else f"{'▼' if change < 0 else '▲'} {abs(change):.3f}",
              tone="flat" if change is None else "good" if change < 0 else "bad",
              help="Sum over the tasks, each with its weight."),
        _card("AP50", _last(ap50), series=ap50, note="validation",
              help="Detection, mean over the classes, 25 visible pixels or more."),
        _card("Lane F1", _last(lane), series=lane,
              note="" if not road else f"drivable mIoU {road[-1]:.3f}",
              help="Own and next lanes, by the rule of CULane."),
        _card("Depth AbsRel", _last(depth), series=depth, note="below 80 m",
              help="Mean relative error of the depth; lower is better."),
    ]


def thinned(steps: list[int], values: list[float], most: int) -> tuple[list[int], list[float]]:
    """Means over equal stretches, at most `most` of them."""
    size = max(1, -(-len(steps) // most))
    starts = range(0, len(steps), size)
    return ([steps[i] for i in starts],
            [sum(values[i:i + size]) / len(values[i:i + size]) for i in starts])


def _change(values: list[float]) -> float | None:
    """Difference of the means of the latest values and of as many before them."""
    count = min(RECENT, len(values) // 2)
    if count == 0:
        return None
    return (sum(values[-count:]) - sum(values[-2 * count:-count])) / count


def _last(values: list[float]) -> str | None:
    return f"{values[-1]:.3f}" if values else None


def _card(label: str, value: str | None, unit: str = "", *, note: str = "", delta: str = "",
          tone: str = "flat", series: list[float] | None = None, help: str) -> dict[str, Any]:
    shown = series or []
    return {"label": label, "value": value, "unit": unit, "note": note, "delta": delta,
            "tone": tone, "help": help,
            "series": thinned(list(range(len(shown))), shown, SPARK)[1]}

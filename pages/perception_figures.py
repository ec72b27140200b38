"""A training run's figures as the tab shows them, read from its metrics as they grow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.perception import learner
from engine.perception.learner import TrainingRun
from pages.common import figures as common
from pages.common.figures import RECENT, card, change, followed


@dataclass
class Figures(common.Figures):
    """Every series of one run.

    Attributes:
        times: (step, seconds since 1970) of the lines.
    """

    times: list[tuple[int, float]] = field(default_factory=list)

    def pictures_a_second(self, batch: int) -> float | None:
        """Speed over the latest lines."""
        if len(self.times) < 2:
            return None
        (a, t0), (b, t1) = self.times[max(0, len(self.times) - 1 - RECENT)], self.times[-1]
        return batch * (b - a) / (t1 - t0) if t1 > t0 and b > a else None


def figures_of(name: str) -> Figures:
    """What a run has written so far; a page reads only what is new."""
    return followed("perception.training.figures", name, Figures, learner.entries, _take)


def _take(figures: Figures, line: Mapping[str, Any]) -> None:
    figures.add(line["step"], numbers(line))
    if "at" in line and "loss.total" in line:
        figures.times.append((line["step"], datetime.fromisoformat(line["at"]).timestamp()))


def numbers(line: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Figures of a line by name; those of a table inside it by name and key."""
    for key, value in line.items():
        if isinstance(value, Mapping):
            yield from numbers(value, f"{prefix}{key}.")
        elif isinstance(value, int | float) and not isinstance(value, bool) and key != "step":
            yield prefix + key, float(value)


def kpi_items(run: TrainingRun, figures: Figures) -> list[dict[str, Any]]:
    """The six cards."""
    total = figures.values("loss.total")
    step = learner.last_step(run.folder)
    batch = int((run.card.get("trained", {}).get("params") or {}).get("batch", 16))
    speed = figures.pictures_a_second(batch)
    ap50, depth = figures.values("val.ap50"), figures.values("val.abs_rel")
    lane, road = figures.values("val.lane_f1"), figures.values("val.drivable_miou")
    return [
        card("Standing", run.standing, note="" if not run.steps else
              f"{100 * step / run.steps:.0f} % of {run.steps:,}",
              help="What the run's process does; Pause keeps its state."),
        card("Step", f"{step:,}", note="" if speed is None else f"{speed:.1f} pictures/s",
              help="Optimiser steps, and pictures learnt from a second lately."),
        card("Loss", None if not total else f"{total[-1]:.3f}", series=total,
              falls=change(total),
              help="Sum over the tasks, each with its weight."),
        card("AP50", _last(ap50), series=ap50, note="validation",
              help="Detection, mean over the classes, 25 visible pixels or more."),
        card("Lane F1", _last(lane), series=lane,
              note="" if not road else f"drivable mIoU {road[-1]:.3f}",
              help="Own and next lanes, by the rule of CULane."),
        card("Depth AbsRel", _last(depth), series=depth, note="below 80 m",
              help="Mean relative error of the depth; lower is better."),
    ]


def _last(values: list[float]) -> str | None:
    return f"{values[-1]:.3f}" if values else None

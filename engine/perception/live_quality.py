"""What the network gets right while it drives, against the truth behind the pictures.

The measures of `evaluate`, over the latest samples of one drive: few pictures, so an indication
and not a benchmark.

Shape letters: V views, h, w cells of the depth head.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.perception import bodies
from engine.perception.live_eyes import Look
from engine.perception.metrics import Scored, average_precision
from engine.perception.render import Rendered
from engine.perception.world import World

SAMPLE_TICKS: Final = 10
"""Ticks from sample to sample: neighbouring pictures say nearly the same."""
KEPT: Final = 24
LEAST_PX: Final = 25
DEPTH_STRIDE: Final = 4
RANGE_M: Final = 10.0
RANGES: Final = 8


class Quality:
    """Running measures of one drive."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shapes = world.shapes()
        self._scored: deque[list[Scored]] = deque(maxlen=KEPT)
        self._error = np.zeros(RANGES)
        self._count = np.zeros(RANGES)
        self.ap50: float | None = None
        self.by_class: dict[str, float] = {}

    def sample(self, look: Look) -> None:
        """Compare one instant with the truth."""
        pictures = []
        for v, found in enumerate(look.seen.found):
            if found is None:
                continue
            boxes, kinds, pixels = true_boxes(look.rendered, v, self._world, self._shapes, look)
            pictures.append(Scored(found.boxes, found.scores, found.classes, boxes, kinds, pixels))
        self._scored.append(pictures)
        every = [s for part in self._scored for s in part]
        values = {name: average_precision(every, c, 0.5, LEAST_PX)
                  for c, name in enumerate(bodies.CLASSES)}
        self.by_class = {n: round(v, 4) for n, v in values.items() if not math.isnan(v)}
        self.ap50 = (sum(self.by_class.values()) / len(self.by_class)) if self.by_class else None
        self._depth(look)

    @property
    def samples(self) -> int:
        """Instants that the detection is measured on."""
        return len(self._scored)

    @property
    def abs_rel(self) -> float | None:
        """Mean |d − d*| / d* below 80 m over the drive so far, each range as it occurs."""
        count = float(self._count.sum())
        return float(self._error.sum()) / count if count else None

    def facts(self) -> dict[str, Any]:
        """What a page shows; JSON-able."""
        with np.errstate(invalid="ignore"):
            by_range = self._error / np.where(self._count > 0, self._count, np.nan)
        return {
            "samples": self.samples, "ap50": _short(self.ap50), "by_class": self.by_class,
            "abs_rel": _short(self.abs_rel),
            "depth": [None if math.isnan(e) else round(float(e), 4) for e in by_range],
            "range_m": RANGE_M,
        }

    def _depth(self, look: Look) -> None:
        half = DEPTH_STRIDE // 2
        true = look.rendered.depth[:, half::DEPTH_STRIDE, half::DEPTH_STRIDE]
        said = np.exp(look.seen.depth[:, 0])
        known = (true > 0.0) & (true < RANGE_M * RANGES) & np.isfinite(said)
        t, p = true[known].astype(np.float64), said[known].astype(np.float64)
        bins = (t / RANGE_M).astype(np.int64)
        self._error += np.bincount(bins, np.abs(p - t) / t, minlength=RANGES)
        self._count += np.bincount(bins, minlength=RANGES)


def true_boxes(rendered: Rendered, view: int, world: World,
               shapes: dict[int, tuple[int, float, float, float]], look: Look,
               ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Boxes, classes and visible pixels of everything that a view shows, 4 pixels or more."""
    placed = rendered.placed
    assert placed is not None, "a live drive has cameras"
    rows = np.flatnonzero(rendered.visible[view, 1:] >= 4)
    kinds = [world.props[placed.prop[k]].cls if placed.prop[k] >= 0
             else shapes[int(look.now.id[placed.actor[k]])][0] for k in rows]
    return (rendered.extent[view, rows + 1].astype(np.float32), np.array(kinds, np.int64),
            rendered.visible[view, rows + 1].astype(np.int64))


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

"""Score a network on cached pictures: every measure of the goal table that one picture shows.

Shape letters: H rows, W columns, B pictures of a batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.perception.cache import Shard
from engine.perception.decode import decode
from engine.perception.fields import enlarge, sigmoid
from engine.perception.labels import DRIVABLE
from engine.perception.lane_fit import Line
from engine.perception.lane_metrics import (
    Matches,
    match_lines,
    own_and_next,
    picture_line,
    true_lines,
)
from engine.perception.lane_model import picture_lines
from engine.perception.metrics import (
    Scored,
    average_precision,
    confusion,
    depth_errors,
    mean_iou,
)
from engine.perception.output_format import CLASSES, STRIDES
from engine.perception.runtime import Runtime
from engine.perception.targets import points

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

Float32 = npt.NDArray[np.float32]

FRONT: Final = (0, 1, 2)
"""Cameras whose lanes are scored: CULane has a front camera alone."""
_BATCH: Final = 8


class Picture(NamedTuple):
    """A picture's place in the cache."""

    shard: Shard
    number: int


def spread(shards: Sequence[Shard], limit: int | None) -> list[Picture]:
    """Pictures evenly over the whole cache, all of them where `limit` is None.

    Raises:
        InvalidInput: If `limit` is below 1.
    """
    if limit is not None and limit < 1:
        raise InvalidInput(f"limit is {limit}; score at least 1 picture")
    every = [Picture(s, i) for s in shards for i in range(len(s.images))]
    if limit is None or limit >= len(every):
        return every
    return [every[i] for i in np.linspace(0, len(every) - 1, limit).astype(np.int64)]


def evaluate(pictures: Sequence[Picture], runtime: Runtime, *, lanes: bool = True,
             ) -> dict[str, Any]:
    """Score a network.

    Args:
        pictures: What to score it on.
        runtime: Network.
        lanes: Whether to fit and match lines, which takes longest.

    Returns:
        JSON-able: AP50 and AP75, mean and by class, lane F1 of the car's own and next lanes over
        the front cameras, that of all lines in all views, drivable mIoU, AbsRel and delta1 below
        80 m. None where there is nothing to score.
    """
    scored: list[Scored] = []
    road = np.zeros((2, 2), np.int64)
    depth: list[tuple[float, float]] = []
    front = every = Matches(0, 0, 0)
    for begin in range(0, len(pictures), _BATCH):
        part = pictures[begin:begin + _BATCH]
        images = np.stack([p.shard.images[p.number] for p in part])
        out = runtime.run(images, np.stack([p.shard.plane[p.number] for p in part]))
        height, width = images.shape[1:3]
        grid = points(height, width, STRIDES)
        for k, (shard, number) in enumerate(part):
            found = decode(out.raw(k), grid, height, width, least_score=0.01)
            truth = shard.boxes_of(number)
            scored.append(Scored(found.boxes, found.scores, found.classes, truth["box"],
                                 truth["kind"], truth["pixels"]))
            mask = (shard.mask[number] & DRIVABLE) > 0
            road += confusion(enlarge(out.masks[k, 0], 2) > 0, mask)
            metres = np.exp(enlarge(out.depth[k, 0], 2)) * shard.scale[number]
            depth.append(depth_errors(metres, shard.depth[number].astype(np.float32)))
            if lanes:
                camera = shard.camera_of(number)
                fitted = picture_lines(sigmoid(out.masks[k, 1:]), camera)
                lines, near = shard.lines_of(number), shard.depth[number]
                every = _added(every, fitted, lines, camera, near)
                if shard.view[number] in FRONT:
                    front = _added(front, [f for f in fitted if own_and_next(f.points)],
                                   [q for q in lines if own_and_next(q)], camera, near)
    errors = np.array(depth).reshape(-1, 2)
    by_class = {iou: [average_precision(scored, c, iou) for c in range(len(CLASSES))]
                for iou in (0.5, 0.75)}
    return {
        "pictures": len(pictures),
        "ap50": _mean(by_class[0.5]), "ap75": _mean(by_class[0.75]),
        "ap50_by_class": {c: _value(v) for c, v in zip(CLASSES, by_class[0.5], strict=True)},
        "lane_f1": _value(front.f1()) if lanes else None,
        "lane_f1_all_views": _value(every.f1()) if lanes else None,
        "drivable_miou": _value(mean_iou(road)),
        "abs_rel": _mean(errors[:, 0]), "delta1": _mean(errors[:, 1]),
    }


def _added(counts: Matches, found: Sequence[Line], lines: Sequence[Float32], camera: Camera,
           depth: npt.NDArray[np.floating]) -> Matches:
    """Counts with those of one picture."""
    drawn = [q for f in found for q in picture_line(f.points, camera)]
    truth = true_lines(lines, camera, depth)
    more = match_lines(drawn, truth.asked, camera.height, camera.width, truth.spared)
    return Matches(*(a + b for a, b in zip(counts, more, strict=True)))


def _value(x: float) -> float | None:
    return None if math.isnan(x) else round(float(x), 4)


def _mean(values: Sequence[float] | npt.NDArray[np.float64]) -> float | None:
    known = [v for v in values if not math.isnan(v)]
    return round(float(np.mean(known)), 4) if known else None

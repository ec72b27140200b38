"""Measures of detection, drivable area, depth and forecasts.

Average precision is COCO's (Lin et al. 2014, arXiv:1405.0312): 101 recall points, greedy matching,
boxes too small to be scored neither won nor lost. Depth: Eigen et al. 2014, arXiv:1406.2283.
Forecasts: minADE and minFDE of the best of K paths (Chang et al. 2019, arXiv:1911.02620).

Shape letters: D detections, G truths, A actors, K modes, T times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

RECALLS: Final = np.linspace(0.0, 1.0, 101)
FARTHEST_M: Final = 80.0


@dataclass(frozen=True, slots=True)
class Scored:
    """Detections and truths of one picture.

    Attributes:
        boxes: float32 [D, 4] (x0, y0, x1, y1).
        scores: float32 [D].
        classes: int [D].
        true_boxes: float32 [G, 4].
        true_classes: int [G].
        pixels: int [G], visible pixels.
    """

    boxes: Float32
    scores: Float32
    classes: npt.NDArray[np.integer]
    true_boxes: Float32
    true_classes: npt.NDArray[np.integer]
    pixels: npt.NDArray[np.integer]


def average_precision(pictures: Sequence[Scored], kind: int, iou: float, least_px: int = 25,
                      most: int = 100) -> float:
    """COCO's average precision of one class.

    Args:
        pictures: All pictures.
        kind: Class.
        iou: Overlap that counts as found, in (0, 1].
        least_px: Truths with fewer visible pixels are not scored; nor are detections of a smaller
            box that find nothing.
        most: Best-scored detections of a picture that count.

    Returns:
        In [0, 1]; NaN where there is no truth to find.
    """
    scores: list[Float32] = []
    hits: list[Bool] = []
    skips: list[Bool] = []
    wanted = 0
    for picture in pictures:
        truth = picture.true_classes == kind
        small = picture.pixels[truth] < least_px
        wanted += int((~small).sum())
        found = np.flatnonzero(picture.classes == kind)
        order = found[np.argsort(-picture.scores[found], kind="stable")][:most]
        hit, skip = _match(picture.boxes[order], picture.true_boxes[truth], small, iou)
        box = picture.boxes[order].astype(np.float64)
        tiny = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) < least_px
        scores.append(picture.scores[order])
        hits.append(hit)
        skips.append(skip | (~hit & tiny))
    if wanted == 0:
        return float("nan")
    score, hit, skip = np.concatenate(scores), np.concatenate(hits), np.concatenate(skips)
    order = np.argsort(-score, kind="stable")
    hit, skip = hit[order], skip[order]
    true = np.cumsum(hit & ~skip).astype(np.float64)
    false = np.cumsum(~hit & ~skip).astype(np.float64)
    recall = true / wanted
    precision = true / np.maximum(true + false, np.spacing(1))
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    reached = at < len(precision)
    return float(np.where(reached, precision[np.minimum(at, len(precision) - 1)], 0.0).mean()
                 ) if len(precision) else 0.0


def _match(boxes: Float32, truth: Float32, small: Bool, iou: float) -> tuple[Bool, Bool]:
    """Which detections, best first, found a truth, and which of those one that is not scored."""
    hit, skip = np.zeros(len(boxes), np.bool_), np.zeros(len(boxes), np.bool_)
    order = np.argsort(small, kind="stable")
    truth, small = truth[order], small[order]
    overlap = pairwise_iou(boxes, truth)
    taken = np.zeros(len(truth), np.bool_)
    for d in range(len(boxes)):
        best, at = min(iou, 1.0 - 1e-10), -1
        for g in range(len(truth)):
            if taken[g]:
                continue
            if at >= 0 and not small[at] and small[g]:
                break
            if overlap[d, g] >= best:
                best, at = overlap[d, g], g
        if at >= 0:
            taken[at] = hit[d] = True
            skip[d] = small[at]
    return hit, skip


def pairwise_iou(a: Float32, b: Float32) -> Float64:
    """Intersection over union of every pair; [D, 4] and [G, 4] to float64 [D, G]."""
    p, q = a.astype(np.float64)[:, None], b.astype(np.float64)[None]
    size = np.clip(np.minimum(p[..., 2:], q[..., 2:]) - np.maximum(p[..., :2], q[..., :2]), 0, None)
    both = size[..., 0] * size[..., 1]
    area = (p[..., 2] - p[..., 0]) * (p[..., 3] - p[..., 1])
    other = (q[..., 2] - q[..., 0]) * (q[..., 3] - q[..., 1])
    return np.asarray(both / np.maximum(area + other - both, 1e-12))


def confusion(predicted: Bool, truth: Bool) -> npt.NDArray[np.int64]:
    """Pixels by truth and prediction; int64 [2, 2], to be added up over pictures."""
    return np.bincount(2 * truth.ravel() + predicted.ravel(), minlength=4).reshape(2, 2)


def mean_iou(counts: npt.NDArray[np.int64]) -> float:
    """Mean over the classes of intersection over union; NaN where no pixel was counted."""
    inter = np.diag(counts)
    union = counts.sum(axis=0) + counts.sum(axis=1) - inter
    return float((inter[union > 0] / union[union > 0]).mean()) if union.any() else float("nan")


def depth_errors(predicted: npt.NDArray[np.floating], truth: npt.NDArray[np.floating],
                 ) -> tuple[float, float]:
    """Mean |d − d*| / d* and the share within 1.25 of the truth, over 0 < d* < 80 m.

    Raises:
        InvalidInput: If the shapes differ.
    """
    if predicted.shape != truth.shape:
        raise InvalidInput(f"predicted depth is {predicted.shape}, true depth {truth.shape}; give "
                           "both in one size")
    known = (truth > 0) & (truth < FARTHEST_M)
    if not known.any():
        return float("nan"), float("nan")
    p, t = predicted[known].astype(np.float64), truth[known].astype(np.float64)
    ratio = np.maximum(p / t, t / np.maximum(p, 1e-9))
    return float((np.abs(p - t) / t).mean()), float((ratio < 1.25).mean())


def forecast_errors(paths: npt.NDArray[np.floating], truth: npt.NDArray[np.floating],
                    ) -> tuple[Float64, Float64]:
    """Error of the best path of each actor: minADE and minFDE.

    Args:
        paths: [A, K, T, 2], m.
        truth: [A, T, 2], m; NaN where the actor has gone.

    Returns:
        float64 [A] mean distance of the nearest path over known times, and float64 [A] distance
        at the last known time of the path that ends nearest; NaN where no time is known.
    """
    known = np.isfinite(truth[..., 0])
    away = np.linalg.norm(paths - np.nan_to_num(truth)[:, None], axis=-1)
    count = known.sum(axis=1)
    sums = np.where(known[:, None], away, 0.0).sum(axis=2).min(axis=1)
    last = known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    end = away[np.arange(len(away)), :, last].min(axis=1)
    some = count > 0
    return (np.where(some, sums / np.maximum(count, 1), np.nan), np.where(some, end, np.nan))

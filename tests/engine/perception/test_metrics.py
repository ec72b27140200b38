from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from engine.errors import InvalidInput
from engine.perception.metrics import (
    Scored,
    average_precision,
    confusion,
    depth_errors,
    forecast_errors,
    mean_iou,
    pairwise_iou,
)


def scene(rng: np.random.Generator) -> Scored:
    """Truths and detections that are near them, twice, or nowhere."""
    g = int(rng.integers(0, 7))
    corner = rng.uniform(0, 200, (g, 2))
    size = rng.uniform(3, 40, (g, 2))
    truth = np.concatenate([corner, corner + size], axis=1).astype(np.float32)
    kinds = rng.integers(0, 3, g)
    near = np.concatenate([truth + rng.normal(0, 3, truth.shape), truth])
    near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
    far = rng.uniform(0, 200, (3, 2))
    boxes = np.concatenate([near, np.concatenate([far, far + 4], axis=1)]).astype(np.float32)
    classes = np.concatenate([kinds, kinds, rng.integers(0, 3, 3)])
    pixels = np.where(rng.random(g) < 0.3, 10, np.prod(size, axis=1)).astype(np.int64)
    scores = rng.integers(1, 40, len(boxes)).astype(np.float32) / 40
    return Scored(boxes, scores, classes, truth, kinds, pixels)


def by_pycocotools(pictures: list[Scored], kind: int, iou: float) -> float:
    truth, found = [], []
    for i, p in enumerate(pictures):
        for box, k, area in zip(p.true_boxes, p.true_classes, p.pixels, strict=True):
            truth.append({"id": len(truth) + 1, "image_id": i, "category_id": int(k),
                          "bbox": _xywh(box), "area": float(area), "iscrowd": 0})
        for box, k, score in zip(p.boxes, p.classes, p.scores, strict=True):
            found.append({"image_id": i, "category_id": int(k), "bbox": _xywh(box),
                          "score": float(score)})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"images": [{"id": i} for i in range(len(pictures))],
                        "annotations": truth, "categories": [{"id": k} for k in range(3)],
                        "info": {}}
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(found), "bbox")
        judge.params.iouThrs = np.array([iou])
        judge.params.areaRng = [[25, 1e10]]
        judge.params.areaRngLbl = ["all"]
        judge.params.maxDets = [100]
        judge.params.catIds = [kind]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"]
    return float(precision[precision > -1].mean()) if (precision > -1).any() else float("nan")


def _xywh(box: np.ndarray) -> list[float]:
    x0, y0, x1, y1 = (float(b) for b in box)
    return [x0, y0, x1 - x0, y1 - y0]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("iou", [0.5, 0.75])
def test_average_precision_equals_pycocotools(seed: int, iou: float) -> None:
    rng = np.random.default_rng(seed)
    pictures = [scene(rng) for _ in range(30)]
    for kind in range(3):
        ours = average_precision(pictures, kind, iou)
        assert ours == pytest.approx(by_pycocotools(pictures, kind, iou), abs=1e-6)
        assert 0.0 < ours < 1.0


def test_perfect_detections_score_one_and_none_score_zero() -> None:
    box = np.array([[10, 10, 30, 30]], np.float32)
    one = np.array([0])
    seen = Scored(box, np.array([0.9], np.float32), one, box, one, np.array([400]))
    blind = Scored(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64),
                   box, one, np.array([400]))
    assert average_precision([seen], 0, 0.5) == pytest.approx(1.0)
    assert average_precision([blind], 0, 0.5) == 0.0
    assert np.isnan(average_precision([seen], 1, 0.5))


def test_overlap_by_hand() -> None:
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[5, 0, 15, 10], [20, 20, 30, 30]], np.float32)
    assert pairwise_iou(a, b).tolist() == [[pytest.approx(1 / 3), 0.0]]


def test_mean_iou_by_hand() -> None:
    predicted = np.array([[1, 1, 0, 0]], bool)
    truth = np.array([[1, 0, 0, 0]], bool)
    counts = confusion(predicted, truth)
    assert counts.tolist() == [[2, 1], [0, 1]]
    assert mean_iou(counts) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert mean_iou(confusion(truth, truth)) == 1.0


def test_depth_counts_known_pixels_up_to_eighty_metres() -> None:
    truth = np.array([0.0, 10.0, 20.0, 100.0])
    error, near = depth_errors(np.array([5.0, 11.0, 30.0, 1.0]), truth)
    assert error == pytest.approx((0.1 + 0.5) / 2)
    assert near == 0.5
    assert np.isnan(depth_errors(np.ones(1), np.zeros(1))).all()
    with pytest.raises(InvalidInput, match="one size"):
        depth_errors(np.ones(3), truth)


def test_forecast_errors_by_hand() -> None:
    truth = np.zeros((2, 3, 2))
    truth[0, :, 0] = [1, 2, 3]
    truth[1, 1:] = np.nan
    paths = np.zeros((2, 2, 3, 2))
    paths[0, 0, :, 0] = [1, 2, 6]
    paths[0, 1, :, 0] = [0, 1, 2]
    paths[1, 0, 0] = (3, 4)
    paths[1, 1, 0] = (0, 1)
    ade, fde = forecast_errors(paths, truth)
    assert ade.tolist() == [1.0, 1.0]
    assert fde.tolist() == [1.0, 1.0]
    same, end = forecast_errors(truth[:1, None], truth[:1])
    assert same.tolist() == end.tolist() == [0.0]
    gone, _ = forecast_errors(paths, np.full((2, 3, 2), np.nan))
    assert np.isnan(gone).all()

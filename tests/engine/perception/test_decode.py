from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.perception.decode import RawDetection, decode, suppress, vote
from engine.perception.metrics import pairwise_iou
from engine.perception.output_format import CLASSES, REACH, STRIDES
from engine.perception.targets import points

BOX = st.tuples(st.integers(0, 80), st.integers(0, 80), st.integers(1, 40), st.integers(1, 40))


def crowd(parts: list[tuple[int, int, int, int]], seed: int,
          ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    boxes = np.array([(x, y, x + w, y + h) for x, y, w, h in parts], np.float32).reshape(-1, 4)
    return (boxes, rng.integers(0, 5, len(boxes)).astype(np.float32) / 4,
            rng.integers(0, 2, len(boxes)))


@settings(max_examples=60, deadline=None)
@given(st.lists(BOX, max_size=25), st.integers(0, 1000))
def test_suppression_is_idempotent_and_knows_no_order(
        parts: list[tuple[int, int, int, int]], seed: int) -> None:
    boxes, scores, kinds = crowd(parts, seed)
    kept = suppress(boxes, scores, kinds, 0.5)
    again = suppress(boxes[kept], scores[kept], kinds[kept], 0.5)
    assert again.tolist() == list(range(len(kept)))
    shuffled = np.random.default_rng(seed).permutation(len(boxes))
    other = suppress(boxes[shuffled], scores[shuffled], kinds[shuffled], 0.5)

    def rows(at: np.ndarray) -> list[list[float]]:
        return [[*boxes[i], scores[i], kinds[i]] for i in at]

    assert rows(shuffled[other]) == rows(kept)
    if len(kept):
        overlap = pairwise_iou(boxes[kept], boxes[kept])
        same = kinds[kept][:, None] == kinds[kept][None]
        np.fill_diagonal(overlap, 0.0)
        assert overlap[same].max() <= 0.5 + 1e-6
        assert (np.diff(scores[kept]) <= 0).all()


def test_a_kept_box_is_the_mean_of_its_class_near_it() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 8], [0, 0, 10, 4], [0, 0, 10, 8]], np.float32)
    scores = np.array([0.8, 0.5, 0.5, 0.5], np.float32)
    found = vote(boxes, scores, np.array([1, 1, 1, 0]), np.array([0]))
    weight = 0.5 * 0.8**3  # the second box; the third overlaps too little, the fourth is no kin
    assert found[0].tolist() == pytest.approx(
        [0.0, 0.0, 10.0, (0.8 * 10 + weight * 8) / (0.8 + weight)])


def raw_of(point: int, kind: int, sides: list[int]) -> tuple[RawDetection, np.ndarray]:
    grid = points(192, 320, STRIDES)
    n = len(grid)
    scores = np.full((n, len(CLASSES)), -9.0, np.float32)
    scores[point, kind] = 3.0
    share = np.zeros((n, 4, REACH + 1), np.float32)
    for k, bin_ in enumerate(sides):
        share[point, k, bin_] = 50.0
    space = np.zeros((n, 8), np.float32)
    space[point] = (1.0, -1.0, 3.0, np.log(4.5), np.log(1.8), np.log(1.5), 1.0, 0.0)
    lights = np.zeros((n, 4), np.float32)
    lights[point, 2] = 20.0
    return RawDetection(scores, share, np.full(n, 2.0, np.float32), lights, space), grid


def test_a_box_worked_out_by_hand() -> None:
    point = 48 * 80 + 12 * 40 + 20
    raw, grid = raw_of(point, 2, [1, 2, 3, 4])
    found = decode(raw, grid, 192, 320)
    assert grid[point].tolist() == [164.0, 100.0, 8.0]
    assert found.boxes.tolist() == [[156.0, 84.0, 188.0, 132.0]]
    assert found.scores[0] == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert found.classes.tolist() == [2]
    assert found.centre.tolist() == [[172.0, 92.0]]
    assert found.size[0] == pytest.approx([4.5, 1.8, 1.5], rel=1e-5)
    assert found.heading[0] == pytest.approx(np.pi / 2)
    assert found.lights[0].argmax() == 2
    assert found.spread[0] == pytest.approx(0.0, abs=1e-2)


def test_boxes_end_at_the_picture() -> None:
    raw, grid = raw_of(0, 0, [9, 9, 2, 2])
    assert decode(raw, grid, 192, 320).boxes.tolist() == [[0.0, 0.0, 10.0, 10.0]]


def test_nothing_found_is_an_empty_answer() -> None:
    raw, grid = raw_of(0, 0, [1, 1, 1, 1])
    found = decode(raw._replace(scores=np.full_like(raw.scores, -9.0)), grid, 192, 320)
    assert found.boxes.shape == (0, 4)
    assert found.size.shape == (0, 3)


@pytest.mark.parametrize(("score", "overlap"), [(-0.1, 0.5), (1.1, 0.5), (0.5, 0.0), (0.5, 1.5)])
def test_thresholds_out_of_range_are_refused(score: float, overlap: float) -> None:
    raw, grid = raw_of(0, 0, [1, 1, 1, 1])
    with pytest.raises(InvalidInput, match="must be"):
        decode(raw, grid, 192, 320, score, overlap)

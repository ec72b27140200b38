from __future__ import annotations

import numpy as np

from engine.perception.output_format import STRIDES
from engine.perception.targets import BACKGROUND, IGNORED, assign, points


def owners(boxes: list[list[float]], ignored: list[bool] | None = None) -> np.ndarray:
    grid = points(192, 320, STRIDES)
    out = np.empty(len(grid), np.int32)
    assign(np.array(boxes, np.float32).reshape(-1, 4),
           np.array(ignored or [False] * len(boxes)), 192, 320, STRIDES, out)
    return out


def test_points_lie_in_the_middle_of_their_cells() -> None:
    grid = points(192, 320, STRIDES)
    assert len(grid) == 48 * 80 + 24 * 40 + 12 * 20
    assert grid[0].tolist() == [2.0, 2.0, 4.0]
    assert grid[48 * 80].tolist() == [4.0, 4.0, 8.0]
    assert grid[-1].tolist() == [312.0, 184.0, 16.0]


def test_each_size_has_its_level() -> None:
    for box, stride in (([100, 100, 120, 110], 4), ([100, 50, 160, 100], 8),
                        ([50, 20, 250, 150], 16)):
        own = owners([[float(b) for b in box]])
        learns = points(192, 320, STRIDES)[own == 0]
        assert set(learns[:, 2]) == {stride}
        centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
        assert np.abs(learns[:, :2] - centre).max() <= 1.5 * stride


def test_a_box_between_points_is_learnt_all_the_same() -> None:
    assert (owners([[100.1, 100.1, 101.9, 101.9]]) == 0).sum() == 1


def test_the_smaller_of_two_boxes_has_the_point() -> None:
    own = owners([[100, 100, 130, 130], [112, 112, 118, 118]])
    grid = points(192, 320, STRIDES)
    at = np.flatnonzero((grid[:, 0] == 114) & (grid[:, 1] == 114) & (grid[:, 2] == 4))
    assert own[at] == 1
    assert (own == 0).any()


def test_what_is_too_small_is_neither_object_nor_background() -> None:
    own = owners([[100, 100, 104, 104], [200, 100, 220, 120]], [True, False])
    assert (own == IGNORED).any()
    assert (own == 1).any()
    assert not (own == 0).any()
    assert (owners([]) == BACKGROUND).all()

"""The independent check finds what it is there to find."""

from __future__ import annotations

import numpy as np
import pytest

from engine.warehouse.world_kernels import audit, pair_table, reach, tile_means

WIDTH = 5
FREE = np.ones(25, np.bool_)
FREE[24] = False
STORAGE = np.zeros(25, np.uint8)
STORAGE[[11, 12]] = 6


def found(
    before: list[int], after: list[int], loaded: list[bool] | None = None,
    source: list[int] | None = None, goal: list[int] | None = None,
) -> list[int]:
    count = len(before)
    out = np.zeros(4, np.int64)
    audit(
        np.array(before, np.int32), np.array(after, np.int32),
        np.array(loaded or [False] * count), np.array(source or [-1] * count, np.int32),
        np.array(goal or [-1] * count, np.int32), STORAGE, FREE, WIDTH,
        np.empty(25, np.int32), np.empty(25, np.int32), out)
    return out.tolist()


@pytest.mark.parametrize(("before", "after", "expected"), [
    ([0, 6], [1, 7], [0, 0, 0, 0]),      # both move on
    ([0, 1], [1, 2], [0, 0, 0, 0]),      # one follows the other
    ([0, 1, 6, 5], [1, 6, 5, 0], [0, 0, 0, 0]),  # a ring turns
    ([0, 2], [1, 1], [1, 0, 0, 0]),      # two in one cell
    ([0, 1], [1, 0], [0, 1, 0, 0]),      # a swap
    ([0], [2], [0, 0, 1, 0]),            # a jump
    ([4], [5], [0, 0, 1, 0]),            # round the edge of the floor
    ([19], [24], [0, 0, 1, 0]),          # into a wall
    ([0], [6], [0, 0, 1, 0]),            # a diagonal
])
def test_conflicts_are_counted(
    before: list[int], after: list[int], expected: list[int]
) -> None:
    assert found(before, after) == expected


@pytest.mark.parametrize(("loaded", "source", "goal", "trespass"), [
    (True, -1, -1, 1), (True, -1, 12, 1), (True, -1, 11, 0), (True, 11, 20, 0), (False, -1, -1, 0),
])
def test_a_loaded_robot_under_a_strange_pod_is_counted(
    loaded: bool, source: int, goal: int, trespass: int
) -> None:
    assert found([10], [11], [loaded], [source], [goal])[3] == trespass


def ring() -> np.ndarray:
    """Four cells one way round: 0 → 1 → 2 → 3 → 0."""
    nbr = np.full((4, 4), -1, np.int32)
    nbr[:, 0] = [1, 2, 3, 0]
    return nbr


def test_reach_enters_barred_cells_and_stops() -> None:
    seen = np.empty(4, np.bool_)
    reach(ring(), np.array([0, 1, 0, 0], np.uint8), np.array([0], np.int32), 1, seen)
    assert seen.tolist() == [True, True, False, False]
    reach(ring(), np.array([0, 1, 0, 0], np.uint8), np.array([1], np.int32), 1, seen)
    assert seen.all(), "who stands on a barred cell may leave it"


def test_tile_means_leave_walls_out() -> None:
    # a floor of 2 by 16 cells: two tiles; three walls
    heat = np.arange(32, dtype=np.float32)
    free = np.ones(32, np.bool_)
    free[[0, 8, 9]] = False
    out = np.empty(2, np.float32)
    tile_means(heat, free, 16, 2, out)
    left = [c for c in range(32) if c % 16 < 8 and free[c]]
    right = [c for c in range(32) if c % 16 >= 8 and free[c]]
    assert out.tolist() == pytest.approx([np.mean(left), np.mean(right)])


def test_pair_table_worked_by_hand() -> None:
    # a line of 16 cells, two tiles: heat 0 on the left, 0.5 on the right; the pods stand at the end
    far = [2 * (15 - c) for c in range(16)]
    table = np.array([far, [65535] * 16, [7] * 16], np.uint16)
    own = np.full((1, 16), -1, np.int32)
    own[0, 14] = 15
    distance, congestion = np.empty((3, 2)), np.empty((3, 2))
    pair_table(np.array([0, 1, 0], np.int32), np.array([0, 1, 2], np.int32),
               np.array([-1, -1, 0], np.int32), own, np.array([15, 15, 15], np.int32),
               np.array([0, 14], np.int32), table, np.array([0.0, 0.5], np.float32), 2, 16,
               distance, congestion)
    # the third pod has a table for close by, which holds at cell 14 alone
    assert distance.tolist() == [[15.0, 1.0], [np.inf, np.inf], [15.0, 3.5]]
    # five points from tile 0 to tile 1: 0, ¼, ½, ¾, 1, of which three round to the hot tile
    assert congestion[0].tolist() == pytest.approx([15.0 * (3 * 0.5) / 5, 0.5])

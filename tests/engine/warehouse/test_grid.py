from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from engine.errors import InvalidInput
from engine.warehouse.cuts import bridge_ends
from engine.warehouse.graph_kernels import component_sizes
from engine.warehouse.grid import Grid, check_walkable, dead_ends, fill_dead_ends, neighbours
from tests.engine.warehouse.floors import LOOPS, NO_LOOPS, draw

shapes = st.tuples(st.integers(1, 6), st.integers(1, 6))
floors = arrays(np.bool_, shapes).map(
    lambda free: Grid(*free.shape, free.ravel(), np.where(free, 46, 64).astype(np.uint8).ravel())
)


def test_cell_row_col_round_trip():
    grid = draw("..@", "...", "...", "...")
    for row in range(4):
        for col in range(3):
            cell = grid.cell(row, col)
            assert (grid.row(cell), grid.col(cell)) == (row, col)
    assert grid.cell(2, 1) == 7


@pytest.mark.parametrize(("row", "col"), [(-1, 0), (0, -1), (4, 0), (0, 3)])
def test_cell_outside_is_refused(row, col):
    with pytest.raises(InvalidInput, match="outside the 4×3 floor"):
        draw("..@", "...", "...", "...").cell(row, col)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(InvalidInput, match=r"free has shape \(3,\); a 2×2 floor needs \(4,\)"):
        Grid(2, 2, np.ones(3, np.bool_), np.ones(4, np.uint8))
    with pytest.raises(InvalidInput, match="0×2"):
        Grid(0, 2, np.ones(0, np.bool_), np.ones(0, np.uint8))


def test_neighbours_by_hand():
    grid = draw("..", ".@")
    assert neighbours(grid).tolist() == [
        [1, 2, -1, -1], [-1, -1, 0, -1], [-1, -1, -1, 0], [-1, -1, -1, -1],
    ]


def test_dead_ends_by_hand():
    assert dead_ends(NO_LOOPS["string"]).tolist() == [0, 8]
    assert dead_ends(NO_LOOPS["tree"]).tolist() == [1, 3, 10, 14, 21, 23]
    assert dead_ends(LOOPS["ring"]).tolist() == []


def test_fill_dead_ends_fills_until_none_is_left():
    grid = draw("....@@", ".@....", "......", "@.@@@@", "@.@@@@")
    filled = fill_dead_ends(grid)
    assert filled.symbol.tobytes().decode() == "....@@" ".@...." "......" "@@@@@@" "@@@@@@"
    assert grid.free.sum() == filled.free.sum() + 2
    assert not fill_dead_ends(NO_LOOPS["tree"]).free.any()


@pytest.mark.parametrize("name", LOOPS)
def test_floors_with_loops_are_walkable(name):
    check_walkable(LOOPS[name])


@pytest.mark.parametrize(("rows", "message"), [
    (("@@", "@@"), "all 4 cells are blocked"),
    (("..@..", "..@.."), r"fall into 2 parts that do not touch; 4 cells .* \(row 1, column 4\)"),
    ((".....", ".@@@.", ".....", "@@.@@"), r"dead ends: 1, first at \(row 4, column 3\)"),
    (("...@...", "...@...", "......."), "bridges: 2, first beside"),
])
def test_floors_that_trap_robots_are_refused(rows, message):
    with pytest.raises(InvalidInput, match=message):
        check_walkable(draw(*rows))


@pytest.mark.parametrize("name", NO_LOOPS)
def test_floors_without_loops_are_refused(name):
    with pytest.raises(InvalidInput, match="biconnected"):
        check_walkable(NO_LOOPS[name])


def test_one_free_cell_is_walkable():
    check_walkable(draw("@@@", "@.@", "@@@"))


def _parts(nbr, free, without=None):
    """Number of parts and labels by scipy, optionally without one edge."""
    u, k = np.nonzero(nbr >= 0)
    v = nbr[u, k]
    if without is not None:
        keep = ~(((u == without[0]) & (v == without[1])) | ((u == without[1]) & (v == without[0])))
        u, v = u[keep], v[keep]
    size = len(free)
    graph = csr_matrix((np.ones(len(u)), (u, v)), (size, size))
    _, label = connected_components(graph, directed=False)
    return len(np.unique(label[free])), label


@settings(max_examples=60, deadline=None)
@given(floors)
def test_components_equal_scipy(grid):
    nbr = neighbours(grid)
    sizes, first = component_sizes(nbr, grid.free)
    count, label = _parts(nbr, grid.free)
    assert len(sizes) == count
    assert sizes.sum() == grid.free.sum()
    for size, cell in zip(sizes, first, strict=True):
        assert size == (label == label[cell]).sum()


@settings(max_examples=60, deadline=None)
@given(floors)
def test_bridges_equal_removing_each_edge(grid):
    nbr = neighbours(grid)
    whole, _ = _parts(nbr, grid.free)
    expected = {
        (u, int(v)) for u in range(grid.cells) for v in nbr[u]
        if v > u and _parts(nbr, grid.free, (u, v))[0] > whole
    }
    found = {(int(min(e)), int(max(e))) for e in bridge_ends(nbr, grid.free)}
    assert found == expected

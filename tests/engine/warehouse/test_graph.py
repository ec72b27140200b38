from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.warehouse.graph import EAST, SOUTH, WEST, build_graph
from tests.engine.warehouse.floors import draw

FLOOR = draw("..", "..")


def test_defaults():
    graph = build_graph(FLOOR)
    assert graph.nbr.tolist() == [[1, 2, -1, -1], [-1, 3, 0, -1], [3, -1, -1, 0], [-1, -1, 2, 1]]
    assert (graph.cost == 1).all()
    assert not graph.bars.any()


def test_forbidden_edges_vanish_one_way():
    forbidden = np.zeros((4, 4), np.bool_)
    forbidden[1, WEST] = True
    graph = build_graph(FLOOR, forbidden=forbidden)
    assert graph.nbr[1, WEST] == -1
    assert graph.nbr[0, EAST] == 1
    assert graph.nbr[0, SOUTH] == 2


def test_costs_and_bars_are_kept():
    cost = np.arange(1, 17, dtype=np.uint8).reshape(4, 4)
    bars = np.array([0, 1, 2, 3], np.uint8)
    graph = build_graph(FLOOR, cost=cost, bars=bars)
    assert np.array_equal(graph.cost, cost)
    assert np.array_equal(graph.bars, bars)


@pytest.mark.parametrize(("given", "message"), [
    ({"cost": np.ones((4, 3), np.uint8)}, r"cost has shape \(4, 3\); this floor needs \(4, 4\)"),
    ({"forbidden": np.zeros(4, np.bool_)}, r"forbidden has shape \(4,\)"),
    ({"bars": np.zeros(5, np.uint8)}, r"bars has shape \(5,\); this floor needs \(4,\)"),
    ({"cost": np.zeros((4, 4), np.uint8)}, "cost of leaving cell 0 in direction 0 is 0"),
])
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(InvalidInput, match=message):
        build_graph(FLOOR, **given)

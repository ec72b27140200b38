import numpy as np
import pytest

from engine.dispatch.arrangement import Lines, arrange
from engine.dispatch.motorway import add_motorways
from engine.dispatch.network import ARTERIAL, COLLECTOR, LOCAL, MOTORWAY


def streets(rank):
    """A street along x = 0 with a node every 100 m, of the given rank."""
    y = np.arange(-1_000.0, 1_000, 100)
    start, end = np.stack([0 * y, y], 1), np.stack([0 * y, y + 100], 1)
    return arrange(Lines(start, end, np.full(len(y), rank, np.uint8),
                         np.zeros(len(y), np.bool_)), 1.0)


RING = np.array([[-900.0, 30], [900, 30], [900, 900], [-900, 900], [-900, 30]])


def edges(planar, rank):
    return planar.edge[planar.rank == rank]


def test_an_arterial_gets_two_ramps_a_crossing():
    before = streets(ARTERIAL)
    grown = add_motorways(before, (RING,))
    ramps = edges(grown, COLLECTOR)
    assert len(ramps) == 4
    x, y = grown.point[ramps[:, 0]].T
    assert sorted(np.round(np.abs(x)).tolist()) == [190] * 4
    assert set(np.round(y).tolist()) == {30, 900}
    assert set(grown.point[ramps[:, 1], 1].tolist()) <= {0, 900}


def test_a_local_street_passes_beneath():
    grown = add_motorways(streets(LOCAL), (RING,))
    assert len(edges(grown, COLLECTOR)) == 0
    touched = np.unique(edges(grown, MOTORWAY))
    assert touched.min() >= len(streets(LOCAL).point)


def test_a_closed_motorway_leads_round():
    grown = add_motorways(streets(ARTERIAL), (RING,))
    degree = np.bincount(edges(grown, MOTORWAY).ravel())
    assert set(degree[degree > 0].tolist()) == {2}


def test_an_open_motorway_joins_the_ring_and_ends_at_a_street():
    spur = np.array([[880.0, 500], [400, 500], [60, 480]])
    grown = add_motorways(streets(ARTERIAL), (RING, spur))
    on_ring = np.unique(edges(add_motorways(streets(ARTERIAL), (RING,)), MOTORWAY))
    joined = edges(grown, MOTORWAY)
    assert np.isin(joined[-1], on_ring).any()
    last = grown.edge[-1]
    assert grown.rank[-1] == ARTERIAL
    assert grown.point[last[1]].tolist() == pytest.approx([0, 500])

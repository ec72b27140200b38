import numpy as np
import pytest

from engine.dispatch.imports.raw import LONLAT, UNKNOWN, RawNetwork, like_degrees, settle
from engine.dispatch.network import MOST_NODES
from engine.errors import InvalidInput


def raw(east, north, tail=(0, 1), head=(1, 0), length=None, epsg=LONLAT):
    arcs = len(tail)
    unsaid = np.full(arcs, np.nan)
    return RawNetwork(
        np.array(east, float), np.array(north, float), np.arange(len(east)),
        np.array(tail, np.int64), np.array(head, np.int64),
        unsaid if length is None else np.array(length, float), unsaid, unsaid,
        np.zeros(arcs, np.uint8), epsg)


def test_two_nodes_and_two_arcs_are_a_city():
    city = settle(raw([11.5, 11.501], [48.1, 48.1]), "Small")
    assert (city.name, len(city.network.x)) == ("Small", 2)
    assert city.network.length_m[0] == pytest.approx(74.26, abs=0.05)


@pytest.mark.parametrize("nodes", [0, 1, MOST_NODES + 1])
def test_too_few_and_too_many_nodes_are_refused(nodes):
    said = "at most 400,000" if nodes > 1 else "needs at least two of each"
    with pytest.raises(InvalidInput, match=said):
        settle(raw(np.zeros(nodes), np.zeros(nodes)), "Town")


def test_a_country_is_refused():
    with pytest.raises(InvalidInput, match="at most 150 km are taken"):
        settle(raw([9.0, 12.0], [48.1, 48.1]), "Land")


@pytest.mark.parametrize(("length", "said"), [([-1, 1], "has the length -1 m"),
                                              ([np.inf, 1], "has the length inf m")])
def test_lengths_that_cannot_be(length, said):
    with pytest.raises(InvalidInput, match=said):
        settle(raw([11.5, 11.501], [48.1, 48.1], length=length), "Town")


def test_one_short_arc_of_many_gets_the_straight_line():
    city = settle(raw([0, 100, 200], [0, 0, 0], (0, 1, 1, 2), (1, 0, 2, 1), [100, 100, 100, 5],
                      UNKNOWN), "Town")
    assert city.network.length_m.min() == pytest.approx(100, rel=1e-3)
    assert "1 arcs were shorter than the straight line" in " ".join(city.notes)


@pytest.mark.parametrize(("east", "north", "degrees"), [
    ([11.5, 11.6], [48.1, 48.2], True), ([0, 5_000], [0, 5_000], False), ([0, 90], [0, 90], False)])
def test_degrees_are_told_from_metres(east, north, degrees):
    assert like_degrees(np.array(east), np.array(north)) == degrees

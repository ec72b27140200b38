import pytest

from engine.dispatch.imports.graphml import read_graphml
from engine.errors import InvalidInput
from tests.engine.dispatch.imports import files

GOOD = files.graphml(*files.grid())


@pytest.mark.parametrize(("old", "new", "said"), [
    (b'<data key="d2">11.5</data>', b"", "node 100 has no x"),
    (b'<data key="d2">11.5</data>', b'<data key="d2">east</data>', "has x 'east'; it must be"),
    (b'<node id="101">', b'<node id="100">', "node 100 is there twice"),
    (b'source="100"', b'source="999"', "names node '999'"),
    (b"</graphml>", b"", "not well-formed XML"),
    (b"<graphml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><graphml", "declares a document type"),
])
def test_what_is_wrong_is_said(old, new, said):
    with pytest.raises(InvalidInput, match=said):
        read_graphml(GOOD.replace(old, new, 1), "town.graphml")


def test_no_edges_are_no_network():
    with pytest.raises(InvalidInput, match="has no edges"):
        read_graphml(files.graphml(files.grid()[0], []), "town.graphml")


def test_undirected_edges_lead_both_ways():
    nodes, pairs = files.grid()
    half = [(a, b) for a, b in pairs if a < b]
    raw = read_graphml(files.graphml(nodes, half).replace(b'"directed"', b'"undirected"'), "t")
    assert len(raw.tail) == len(pairs)


def test_degrees_are_recognised_without_a_system():
    assert read_graphml(GOOD.replace(b"epsg:4326", b""), "t").epsg == 4326


def test_a_projected_graph_says_its_zone():
    assert read_graphml(GOOD.replace(b"epsg:4326", b"EPSG:32632"), "t").epsg == 32632

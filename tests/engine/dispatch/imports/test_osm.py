"""XML and protocol buffers: what differs from a whole grid."""

import numpy as np
import pytest

from engine.dispatch.imports.osm_pbf import read_pbf
from engine.dispatch.imports.osm_xml import read_osm_xml
from engine.dispatch.network import ARTERIAL, LOCAL
from engine.errors import InvalidInput
from tests.engine.dispatch.imports import files

NODES = files.grid()[0]
BOTH = pytest.mark.parametrize(("read", "write"), [(read_osm_xml, files.osm_xml),
                                                   (read_pbf, files.pbf)])


@BOTH
def test_tags_give_rank_and_speed(read, write):
    raw = read(write(NODES, files.ways()), "town")
    assert sorted(set(raw.rank.tolist())) == [LOCAL, ARTERIAL]
    assert raw.speed_mps[raw.rank == ARTERIAL] == pytest.approx(0.8 * 50 / 3.6)


@BOTH
def test_a_one_way_has_no_way_back(read, write):
    street = {"highway": "residential", "oneway": "yes"}
    raw = read(write(NODES, [(street, [100, 101])]), "town")
    assert (raw.node_id[raw.tail].tolist(), raw.node_id[raw.head].tolist()) == ([100], [101])
    raw = read(write(NODES, [(street | {"oneway": "-1"}, [100, 101])]), "town")
    assert (raw.node_id[raw.tail].tolist(), raw.node_id[raw.head].tolist()) == ([101], [100])


@BOTH
def test_points_on_a_straight_line_only_add_length_and_bends_stay(read, write):
    bent = {1: (11.5, 48.1), 2: (11.501, 48.1), 3: (11.502, 48.1), 4: (11.502, 48.101)}
    raw = read(write(bent, [({"highway": "tertiary"}, [1, 2, 3, 4])]), "town")
    assert sorted(set(raw.node_id[raw.tail].tolist())) == [1, 3, 4]
    assert raw.length_m.max() == pytest.approx(2 * files.length_m(bent, 1, 2), rel=1e-3)


@BOTH
def test_a_junction_on_a_straight_line_stays(read, write):
    cross = {1: (11.5, 48.1), 2: (11.501, 48.1), 3: (11.502, 48.1), 4: (11.501, 48.101)}
    raw = read(write(cross, [({"highway": "tertiary"}, [1, 2, 3]),
                             ({"highway": "tertiary"}, [2, 4])]), "town")
    assert len(raw.node_id) == 4


@BOTH
def test_points_beyond_the_extract_end_the_way(read, write):
    raw = read(write(NODES, [({"highway": "tertiary"}, [100, 101, 999, 103, 104])]), "town")
    pairs = set(zip(raw.node_id[raw.tail].tolist(), raw.node_id[raw.head].tolist(), strict=True))
    assert pairs == {(100, 101), (101, 100), (103, 104), (104, 103)}
    assert "1 points of ways are not in the file" in raw.notes[0]


@BOTH
def test_footways_alone_are_no_streets(read, write):
    with pytest.raises(InvalidInput, match="no way that cars may drive"):
        read(write(NODES, [({"highway": "footway"}, [100, 101])]), "town")


def test_a_loop_keeps_its_shape():
    ring = {k: (11.5 + 0.002 * np.cos(k), 48.1 + 0.002 * np.sin(k)) for k in range(6)}
    raw = read_osm_xml(files.osm_xml(ring, [({"highway": "residential", "junction": "roundabout"},
                                             [0, 1, 2, 3, 4, 5, 0])]), "town")
    assert len(raw.node_id) >= 4
    assert len(raw.tail) == len(raw.node_id)


@pytest.mark.parametrize("data", [
    files.pbf(NODES, files.ways())[:-7], b"\x00\x00\x00\x05hello",
    files.pbf(NODES, files.ways()).replace(b"\x78\x9c", b"\x78\x00"), b"\xff" * 40,
    b"\x00\x00\x00\x00",
])
def test_a_broken_pbf_is_named(data):
    with pytest.raises(InvalidInput, match=r"town\.pbf is no complete \.osm\.pbf file"):
        read_pbf(data, "town.pbf")


@pytest.mark.parametrize(("old", "new", "said"), [
    (b'id="100"', b'id="x"', "lacks a value or has one that is no number"),
    (b'lon="11.5"', b"", "lacks a value"),
    (b"</osm>", b"", "not well-formed"),
])
def test_broken_xml_is_named(old, new, said):
    data = files.osm_xml(NODES, files.ways())
    with pytest.raises(InvalidInput, match=said):
        read_osm_xml(data.replace(old, new, 1), "town.osm")

import pytest

from engine.dispatch.imports import city_from_upload
from engine.dispatch.imports.raw import UNKNOWN
from engine.dispatch.imports.tables import read_tables
from engine.errors import InvalidInput
from tests.engine.dispatch.imports import files

NODES, PAIRS = files.grid()


def changed(name, old, new):
    given = files.csv_files(NODES, PAIRS)
    assert old.encode() in given[name]
    return given | {name: given[name].replace(old.encode(), new.encode(), 1)}


@pytest.mark.parametrize(("given", "said"), [
    (changed("nodes.csv", "101,11.501", "101,nan"), "node 101 has the coordinates nan"),
    (changed("nodes.csv", "101,11.501", "101,"), "node 101 has the coordinates nan"),
    (changed("nodes.csv", "101,11.501", "101,east"), "row 3 has lon 'east'; it must be a number"),
    (changed("nodes.csv", "101,11.501", "100,11.501"), "rows 2 and 3 are both node 100"),
    (changed("nodes.csv", "101,11.501", "101,11.501,7"), "row 3 has 4 values, the head has 3"),
    (changed("nodes.csv", "101,11.501", "101,511.501"), "lies at longitude 511.50100"),
    (changed("nodes.csv", "101,11.501", "101,31.501"), "look for a node with wrong coordinates"),
    (changed("edges.csv", "100,101,", "100,999,"), "row 2 leads to node '999', which is not"),
    (changed("edges.csv", "100,101,", "999,101,"), "row 2 leads from node '999', which is not"),
    (changed("edges.csv", "100,101,74", "100,101,-74"), "from node 100 to 101 has the length -74"),
    (changed("nodes.csv", "id,lon,lat", "id,a,b"), "there is no table of nodes among"),
    (changed("edges.csv", "from,to", "a,b"), "there is no table of edges among"),
    (files.csv_files(NODES, PAIRS, swap=True), "seem to be swapped"),
    ({"nodes.csv": b"\xff\xfe\x00", "edges.csv": b""}, "byte 0 is not UTF-8"),
    (files.csv_files({}, []), "has 0 nodes and 0 arcs"),
])
def test_what_is_wrong_is_said(given, said):
    with pytest.raises(InvalidInput, match=said):
        city_from_upload(given)


def test_swapped_degrees_out_of_range_are_recognised():
    far = {n: (lon + 100, lat) for n, (lon, lat) in NODES.items()}
    with pytest.raises(InvalidInput, match=r"between −90 and 90: .* seem to be swapped"):
        city_from_upload(files.csv_files(far, PAIRS, swap=True))


def test_swapped_utm_is_recognised():
    given = files.fleetpy_files()
    given["nodes.csv"] = given["nodes.csv"].replace(b"pos_x,pos_y", b"pos_y,pos_x")
    with pytest.raises(InvalidInput, match="under 1,000,000: the columns seem to be swapped"):
        city_from_upload(given)


def test_metres_without_a_system_are_put_at_nowhere_and_said():
    given = files.fleetpy_files()
    del given["crs.info"]
    assert read_tables(given).epsg == UNKNOWN
    city = city_from_upload(given)
    assert city.origin == pytest.approx((0, 0), abs=1e-6)
    assert "does not say where on Earth" in " ".join(city.notes)


@pytest.mark.parametrize("crs", [b"EPSG:3857", b"EPSG:31468"])
def test_other_systems_are_refused(crs):
    with pytest.raises(InvalidInput, match="is not a UTM zone"):
        city_from_upload(files.fleetpy_files() | {"crs.info": crs})


def test_a_crs_without_a_code_is_refused():
    with pytest.raises(InvalidInput, match="it must name an EPSG code"):
        city_from_upload(files.fleetpy_files() | {"crs.info": b"Gauss"})


def test_parts_that_do_not_hold_together_are_left_out_and_said():
    nodes = NODES | {900: (11.6, 48.2), 901: (11.601, 48.2)}
    city = city_from_upload(files.csv_files(nodes, [*PAIRS, (900, 901), (901, 900), (100, 900)]))
    assert len(city.network.x) == files.SIDE**2
    assert "2 nodes (5.3%)" in " ".join(city.notes)


def test_semicolons_byte_order_marks_and_a_oneway_column():
    nodes, edges = files.csv_files(NODES, PAIRS[::2]).values()
    lines = edges.decode().splitlines()
    lines = [lines[0] + ",oneway", *(line + (",yes" if k == 0 else ",no")
                                     for k, line in enumerate(lines[1:]))]
    city = city_from_upload({
        "n.csv": b"\xef\xbb\xbf" + nodes.replace(b",", b";"),
        "e.csv": "\n".join(lines).replace(",", ";").encode()})
    assert len(city.network.head) == len(PAIRS) - 1


def test_a_length_that_is_missing_is_the_straight_line():
    city = city_from_upload(changed("edges.csv", "100,101,74.26", "100,101,"))
    assert "1 arcs have no length" in " ".join(city.notes)


def test_lengths_in_kilometres_are_refused():
    given = files.fleetpy_files()
    given["edges.csv"] = given["edges.csv"].replace(b",90.0,", b",0.09,")
    with pytest.raises(InvalidInput, match="lengths must be in metres"):
        city_from_upload(given)


def test_impossible_speeds_are_held_and_said():
    given = files.fleetpy_files()
    given["edges.csv"] = given["edges.csv"].replace(b"90.0,9.0", b"90.0,0.5", 1)
    city = city_from_upload(given)
    assert (city.network.length_m / city.network.free_s).max() == pytest.approx(70)
    assert "faster than 252 km/h" in " ".join(city.notes)


def test_rank_follows_the_speed_where_no_class_is_given():
    city = city_from_upload(changed("edges.csv", ",30", ",110"))
    assert sorted(city.network.rank.tolist())[-2:] == [0, 3]


@pytest.mark.parametrize("speed", ["0", "-5", ""])
def test_a_speed_that_is_none_counts_as_unsaid(speed):
    city = city_from_upload(changed("edges.csv", ",30", f",{speed}"))
    assert city.notes == ()
    assert (city.network.length_m / city.network.free_s).min() > 5

import numpy as np
import pytest

from engine.dispatch.city import default_city, dump_city
from engine.dispatch.imports import MOST_BYTES, city_from_upload
from engine.dispatch.network import tails
from engine.dispatch.routing import Router
from engine.errors import InvalidInput
from tests.engine.dispatch.imports import files

NODES, PAIRS = files.grid()
FORMATS = {
    "tables": files.csv_files(NODES, PAIRS),
    "fleetpy": files.fleetpy_files(),
    "graphml": {"town.graphml": files.graphml(NODES, PAIRS)},
    "graphml as xml": {"town.xml": files.graphml(NODES, PAIRS)},
    "osm": {"town.osm": files.osm_xml(NODES, files.ways())},
    "osm as xml": {"town.xml": files.osm_xml(NODES, files.ways())},
    "pbf": {"town.osm.pbf": files.pbf(NODES, files.ways())},
    "pbf, plain": {"town.osm.pbf": files.pbf(NODES, files.ways(), dense=False, compress=False)},
}


@pytest.fixture(params=FORMATS)
def city(request):
    return city_from_upload(FORMATS[request.param])


def test_every_format_gives_the_same_streets(city):
    network = city.network
    assert len(network.x) == files.SIDE**2
    assert len(network.head) == len(PAIRS)
    named = set(zip(city.node_id[tails(network)].tolist(), city.node_id[network.head].tolist(),
                    strict=True))
    lowest = int(city.node_id.min())
    assert named == {(a - 100 + lowest, b - 100 + lowest) for a, b in PAIRS}


def test_lengths_fit_the_picture_and_a_car_can_drive_there(city):
    network = city.network
    tail = tails(network)
    straight = np.hypot(network.x[tail] - network.x[network.head],
                        network.y[tail] - network.y[network.head])
    assert network.length_m == pytest.approx(straight, rel=0.01)
    assert (network.x.min(), network.y.min()) == (0, 0)
    every = np.arange(len(network.x), dtype=np.int32)
    assert np.isfinite(Router(network).times(every, every)).all()


def test_it_lies_where_the_file_says(city):
    assert city.origin == pytest.approx((11.57 if city.node_id.min() == 0 else files.WEST,
                                         files.SOUTH), abs=0.02)
    assert city.lonlat[:, 0].min() == pytest.approx(city.origin[0], abs=1e-7)
    x, y = city.projection.to_xy(city.lonlat[:, 0], city.lonlat[:, 1])
    assert x == pytest.approx(city.network.x, abs=0.1)
    assert y == pytest.approx(city.network.y, abs=0.1)


def test_it_has_districts_by_compass(city):
    names = [d.name for d in city.districts]
    assert names[0] == "Centre"
    assert {"North-east", "South-west"} <= set(names)
    assert city.network.district.max() == len(names) - 1
    east = city.network.district == names.index("East")
    assert city.network.x[east].min() > np.median(city.network.x)


def test_a_city_of_this_program_comes_back():
    city = city_from_upload({"arne.npz": dump_city(default_city())})
    assert city.name == default_city().name
    assert np.array_equal(city.network.head, default_city().network.head)


def test_the_name_is_the_files():
    assert city_from_upload(FORMATS["osm"]).name == "town"


@pytest.mark.parametrize("given", [{}, {"notes.txt": b"hello"}])
def test_no_network_at_all_is_said(given):
    with pytest.raises(InvalidInput, match="there is no road network among"):
        city_from_upload(given)


def test_too_many_bytes_are_refused():
    class Large(bytes):
        def __len__(self):
            return MOST_BYTES + 1

    with pytest.raises(InvalidInput, match="at most 200 MB are taken"):
        city_from_upload({"town.osm": Large()})

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import pytest

from engine.dispatch.imports.place import city_from_place
from engine.errors import InvalidInput, ModelUnavailable
from tests.engine.dispatch.imports import files


@pytest.fixture
def osmnx(monkeypatch):
    """The package as far as it is called, without a network."""
    module = ModuleType("osmnx")
    module.__spec__ = ModuleSpec("osmnx", None)
    module.settings = SimpleNamespace()
    module.add_edge_speeds = module.add_edge_travel_times = lambda graph: graph
    module.graph_from_place = lambda name, network_type: name
    module.save_graphml = lambda graph, file: file.write_bytes(files.graphml(*files.grid()))
    monkeypatch.setitem(sys.modules, "osmnx", module)
    return module


def test_without_the_package_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "osmnx", None)
    with pytest.raises(ModelUnavailable, match="pip install osmnx"):
        city_from_place("Utrecht", tmp_path)


def test_a_place_becomes_a_city_and_is_cached(osmnx, tmp_path):
    city = city_from_place("Utrecht, Netherlands", tmp_path)
    assert city.name == "Utrecht"
    assert len(city.network.x) == files.SIDE**2
    assert (osmnx.settings.use_cache, osmnx.settings.cache_folder) == (True, str(tmp_path))


@pytest.mark.parametrize(("error", "raised", "said"), [
    (ConnectionError("offline"), ModelUnavailable, "could not be fetched"),
    (OSError("timeout"), ModelUnavailable, "check the connection"),
    (ValueError("nothing"), InvalidInput, "names no place with streets"),
    (TypeError("a point"), InvalidInput, "try the city with its country")])
def test_what_goes_wrong_is_said(osmnx, tmp_path, error, raised, said):
    def fail(name, network_type):
        raise error

    osmnx.graph_from_place = fail
    with pytest.raises(raised, match=said):
        city_from_place("Nowhere", tmp_path)


def test_an_empty_name_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="name of the place is empty"):
        city_from_place("  ", tmp_path)

"""A city by its name, fetched from OpenStreetMap with OSMnx where that is installed.

Source: Boeing 2025, doi:10.1111/gean.70009.
"""

from __future__ import annotations

import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from engine.dispatch.city import City
from engine.dispatch.imports.graphml import read_graphml
from engine.dispatch.imports.raw import settle
from engine.errors import InvalidInput, ModelUnavailable


def city_from_place(name: str, cache: Path) -> City:
    """Fetch the streets of a place. The only import that goes online, and only when asked.

    Args:
        name: As typed into a map search, "Utrecht, Netherlands".
        cache: Folder that keeps what was fetched.

    Raises:
        InvalidInput: If the name is empty or names no place.
        ModelUnavailable: If OSMnx is not installed or the service cannot be reached.
    """
    if not name.strip():
        raise InvalidInput("the name of the place is empty; type a city, as in 'Utrecht, "
                           "Netherlands'")
    if find_spec("osmnx") is None:
        raise ModelUnavailable(
            f"fetching {name!r} needs the package osmnx, which is not installed; install it with "
            "`pip install osmnx`, or upload nodes.csv and edges.csv, GraphML or an OSM extract")
    osmnx = import_module("osmnx")
    osmnx.settings.use_cache = True
    osmnx.settings.cache_folder = str(cache)
    try:
        graph = osmnx.graph_from_place(name, network_type="drive")
        graph = osmnx.add_edge_travel_times(osmnx.add_edge_speeds(graph))
    except (OSError, ConnectionError) as error:
        raise ModelUnavailable(
            f"{name!r} could not be fetched ({error}); check the connection, or upload a file"
        ) from error
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{name!r} names no place with streets ({error}); try the city with "
                           "its country") from error
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "place.graphml"
        osmnx.save_graphml(graph, file)
        return settle(read_graphml(file.read_bytes(), name), name.split(",")[0].strip())

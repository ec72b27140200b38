"""Cities that somebody brings: FleetPy and other CSV, GraphML, OSM extracts, a place's name.

========================  =======================================================================
`nodes.csv`, `edges.csv`  FleetPy's columns with its `crs.info`, or any with common names
`*.graphml`               as OSMnx and NetworkX save it
`*.osm`, `*.xml`          OpenStreetMap XML
`*.osm.pbf`               OpenStreetMap protocol buffers
`*.npz`                   a city this program wrote
a name                    fetched with OSMnx, where it is installed and the network is reachable
========================  =======================================================================

Whatever comes is checked, brought to metres, cut to the largest part that can be entered and left,
and given districts by compass. What was repaired is said in `City.notes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.dispatch.city import City, parse_city
from engine.dispatch.imports.graphml import read_graphml
from engine.dispatch.imports.osm_pbf import read_pbf
from engine.dispatch.imports.osm_xml import read_osm_xml
from engine.dispatch.imports.place import city_from_place
from engine.dispatch.imports.raw import settle
from engine.dispatch.imports.tables import read_tables
from engine.errors import InvalidInput

__all__ = ["MOST_BYTES", "city_from_place", "city_from_upload"]

MOST_BYTES: Final = 200_000_000
"""Size of an upload, all files together."""


def city_from_upload(files: Mapping[str, bytes]) -> City:
    """Make a city of uploaded files.

    Args:
        files: Content by name; files that are no part of a network are left alone.

    Raises:
        InvalidInput: If there is no network among them, or it cannot be used.
    """
    size = sum(len(data) for data in files.values())
    if size > MOST_BYTES:
        raise InvalidInput(f"the files have {size / 1e6:,.0f} MB; at most {MOST_BYTES / 1e6:,.0f} "
                           "MB are taken: cut the network to the city")
    for name in sorted(files):
        low = name.lower()
        data = files[name]
        stem = name.rsplit("/", 1)[-1].split(".")[0] or "City"
        if low.endswith(".npz"):
            return parse_city(data, name)
        if low.endswith(".pbf"):
            return settle(read_pbf(data, name), stem)
        if low.endswith(".graphml") or _root(data) == "graphml":
            return settle(read_graphml(data, name), stem)
        if low.endswith(".osm") or _root(data) == "osm":
            return settle(read_osm_xml(data, name), stem)
    if any(name.lower().endswith(".csv") for name in files):
        return settle(read_tables(files), "City")
    raise InvalidInput(
        f"there is no road network among {', '.join(sorted(files)[:5]) or 'no files'}; give "
        "nodes.csv and edges.csv, or a .graphml, .osm or .osm.pbf file")


def _root(data: bytes) -> str:
    """The first element's name of an XML file, "" if it is none."""
    head = data[:2_000].lstrip(b"\xef\xbb\xbf \r\n\t")
    if not head.startswith(b"<"):
        return ""
    for root in ("graphml", "osm"):
        if f"<{root}".encode() in head:
            return root
    return ""

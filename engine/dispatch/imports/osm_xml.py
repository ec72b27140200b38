"""OpenStreetMap XML.

Source: https://wiki.openstreetmap.org/wiki/OSM_XML.
"""

from __future__ import annotations

import numpy as np

from engine.dispatch.imports.osm_ways import Ways, network_of_ways
from engine.dispatch.imports.raw import RawNetwork
from engine.dispatch.imports.safe_xml import elements
from engine.dispatch.imports.streets import Street, street_of
from engine.errors import InvalidInput


def read_osm_xml(data: bytes, name: str) -> RawNetwork:
    """Read the streets of an OSM extract.

    Raises:
        InvalidInput: If it is not well-formed or has no streets.
    """
    ids: list[int] = []
    lon: list[float] = []
    lat: list[float] = []
    streets: list[Street] = []
    point: list[int] = []
    first = [0]
    try:
        for event, tag, element in elements(data, name):
            if event == "start":
                continue
            if tag == "node":
                ids.append(int(element.attrib["id"]))
                lon.append(float(element.attrib["lon"]))
                lat.append(float(element.attrib["lat"]))
            elif tag == "way":
                tags = {t.attrib["k"]: t.attrib["v"] for t in element if t.tag == "tag"}
                street = street_of(tags)
                if street is not None:
                    streets.append(street)
                    point += [int(n.attrib["ref"]) for n in element if n.tag == "nd"]
                    first.append(len(point))
    except (KeyError, ValueError) as error:
        raise InvalidInput(f"{name}: a node or way lacks a value or has one that is no number "
                           f"({error}); export it anew") from error
    return network_of_ways(
        Ways(streets, np.array(point, np.int64), np.array(first, np.int64)),
        np.array(ids, np.int64), np.array(lon), np.array(lat), name)

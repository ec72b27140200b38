"""GraphML as OSMnx and NetworkX save it.

Source: https://graphml.graphdrawing.org; OSMnx 2, `osmnx.io.save_graphml`.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as Xml

import numpy as np
import numpy.typing as npt

from engine.dispatch.imports.raw import LONLAT, UNKNOWN, RawNetwork, like_degrees
from engine.dispatch.imports.safe_xml import elements
from engine.dispatch.imports.streets import rank_of, speed_mps
from engine.errors import InvalidInput

Float64 = npt.NDArray[np.float64]

_LON: Final = ("x", "lon", "lng", "longitude")
_LAT: Final = ("y", "lat", "latitude")


def read_graphml(data: bytes, name: str) -> RawNetwork:
    """Read nodes with x and y (or lon and lat) and edges with what they say.

    Raises:
        InvalidInput: If it is no GraphML, a node has no coordinates or an edge names no node.
    """
    keys: dict[str, str] = {}
    index: dict[str, int] = {}
    east: list[float] = []
    north: list[float] = []
    ends: list[tuple[int, int]] = []
    facts: list[tuple[float, float, float, int]] = []
    directed = True
    crs = ""
    for event, tag, element in elements(data, name):
        if event == "start":
            if tag == "graph":
                directed = element.get("edgedefault", "directed") == "directed"
        elif tag == "key":
            keys[element.get("id", "")] = element.get("attr.name", "")
        elif tag == "node":
            _node(element, keys, name, index, east, north)
        elif tag == "edge":
            values = _values(element, keys)
            try:
                ends.append((index[element.get("source", "")], index[element.get("target", "")]))
            except KeyError as error:
                raise InvalidInput(f"{name}: an edge names node {error}, which is not there "
                                   "before it") from error
            facts.append((_number(values, "length"), _number(values, "travel_time"),
                          speed_mps(values.get("speed_kph", values.get("maxspeed", ""))),
                          rank_of(values.get("highway", ""))))
        elif tag == "data" and keys.get(element.get("key", "")) == "crs":
            crs = element.text or ""
    if not ends:
        raise InvalidInput(f"{name} has no edges; give a GraphML file of a road network")
    pair = np.array(ends, np.int64)
    fact = np.array(facts)
    if not directed:
        pair = np.concatenate([pair, pair[:, ::-1]])
        fact = np.concatenate([fact, fact])
    x, y = np.array(east), np.array(north)
    numbers = [int(k) if k.lstrip("-").isdigit() else i for i, k in enumerate(index)]
    return RawNetwork(x, y, np.array(numbers, np.int64), pair[:, 0], pair[:, 1], fact[:, 0],
                      fact[:, 1], fact[:, 2], fact[:, 3].astype(np.uint8), _system(crs, x, y))


def _node(
    element: Xml.Element, keys: dict[str, str], name: str, index: dict[str, int],
    east: list[float], north: list[float],
) -> None:
    key = element.get("id", "")
    if key in index:
        raise InvalidInput(f"{name}: node {key} is there twice; ids must be distinct")
    values = _values(element, keys)
    index[key] = len(index)
    for names, out in ((_LON, east), (_LAT, north)):
        text = next((values[n] for n in names if n in values), None)
        if text is None:
            raise InvalidInput(f"{name}: node {key} has no {names[0]}; every node needs x and y")
        try:
            out.append(float(text))
        except ValueError as error:
            raise InvalidInput(
                f"{name}: node {key} has {names[0]} {text[:20]!r}; it must be a number") from error


def _values(element: Xml.Element, keys: dict[str, str]) -> dict[str, str]:
    return {keys.get(d.get("key", ""), ""): d.text or "" for d in element
            if d.tag.rsplit("}", 1)[-1] == "data"}


def _number(values: dict[str, str], key: str) -> float:
    try:
        return float(values[key])
    except (KeyError, ValueError):
        return float("nan")


def _system(crs: str, x: Float64, y: Float64) -> int:
    """EPSG code of the graph's crs; without one degrees are recognised by their size."""
    code = re.search(r"(?i)epsg:+(\d{4,5})", crs)
    if code is not None:
        return int(code.group(1))
    return LONLAT if like_degrees(x, y) else UNKNOWN

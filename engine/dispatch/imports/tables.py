"""Networks in two CSV tables: FleetPy's, and any with common column names.

FleetPy: `nodes.csv` with node_index, is_stop_only, pos_x, pos_y; `edges.csv` with from_node,
to_node, distance (m), travel_time (s); `crs.info` with an EPSG code. In other tables longitude and
latitude, or x and y in metres, and length, time, speed or class are found by their names.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.imports.raw import LONLAT, UNKNOWN, UNSAID, RawNetwork, like_degrees
from engine.dispatch.imports.streets import ONE_WAY, rank_of
from engine.errors import InvalidInput

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_NODE: Final = ("node_index", "node_id", "osmid", "id", "node", "index")
_LON: Final = ("lon", "lng", "longitude", "long")
_LAT: Final = ("lat", "latitude")
_X: Final = ("pos_x", "x", "easting", "x_coord", "xcoord")
_Y: Final = ("pos_y", "y", "northing", "y_coord", "ycoord")
_FROM: Final = ("from_node", "from", "u", "source", "tail", "start_node", "node_a", "from_id")
_TO: Final = ("to_node", "to", "v", "target", "head", "end_node", "node_b", "to_id")
_LENGTH: Final = ("distance", "length", "length_m", "distance_m", "dist")
_TIME: Final = ("travel_time", "time_s", "travel_time_s", "free_s", "duration", "seconds", "time")
_KMH: Final = ("speed_kph", "speed_kmh", "maxspeed", "speed", "free_speed_kmh")
_CLASS: Final = ("highway", "class", "road_class", "fclass", "type")
_ONE_WAY_COLUMN: Final = ("oneway", "one_way")


def read_tables(files: Mapping[str, bytes]) -> RawNetwork:
    """Read a node table and an edge table; other files are left alone.

    Raises:
        InvalidInput: If one of the two is missing, a value is no number, an id is there twice, or
            an edge names a node that is not there.
    """
    tables = {name: _table(name, data) for name, data in sorted(files.items())
              if name.lower().endswith(".csv")}
    nodes = next((n for n, (head, _) in tables.items() if _is_nodes(head)), None)
    edges = next((n for n, (head, _) in tables.items() if _is_edges(head)), None)
    if nodes is None or edges is None:
        missing = "nodes" if nodes is None else "edges"
        wanted = ("an id and lon, lat or pos_x, pos_y" if nodes is None
                  else "from_node, to_node and distance or travel_time")
        raise InvalidInput(
            f"there is no table of {missing} among {', '.join(tables)}; it needs columns for "
            f"{wanted}")
    names, east, north, epsg = _nodes(nodes, *tables[nodes], files)
    return _edges(edges, *tables[edges], names, east, north, epsg)


def _table(name: str, data: bytes) -> tuple[list[str], list[list[str]]]:
    """Column names in lower case, and rows."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{name}: byte {error.start} is not UTF-8; save it as UTF-8 text") from error
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if row]
    except csv.Error as error:
        raise InvalidInput(f"{name} is no table: {error}") from error
    head = [c.strip().lower() for c in rows[0]] if rows else []
    for n, row in enumerate(rows[1:], 2):
        if len(row) != len(head):
            raise InvalidInput(f"{name}: row {n} has {len(row)} values, the head has {len(head)}")
    return head, rows[1:]


def _is_nodes(head: Sequence[str]) -> bool:
    return not _is_edges(head) and _column(head, _NODE) is not None and (
        None not in (_column(head, _LON), _column(head, _LAT))
        or None not in (_column(head, _X), _column(head, _Y)))


def _is_edges(head: Sequence[str]) -> bool:
    measured = (*_LENGTH, *_TIME, *_KMH, *_CLASS)
    return None not in (_column(head, _FROM), _column(head, _TO), _column(head, measured))


def _column(head: Sequence[str], names: Sequence[str]) -> int | None:
    return next((head.index(n) for n in names if n in head), None)


def _numbers(
    name: str, head: Sequence[str], rows: list[list[str]], names: Sequence[str]
) -> Float64:
    """A column as numbers, NaN where empty or absent."""
    at = _column(head, names)
    if at is None:
        return np.full(len(rows), np.nan)
    out = np.empty(len(rows))
    for i, row in enumerate(rows):
        text = row[at].strip()
        try:
            out[i] = float(text) if text else np.nan
        except ValueError as error:
            raise InvalidInput(
                f"{name}: row {i + 2} has {head[at]} {text[:20]!r}; it must be a number"
            ) from error
    return out


def _nodes(
    name: str, head: list[str], rows: list[list[str]], files: Mapping[str, bytes]
) -> tuple[dict[str, int], Float64, Float64, int]:
    """Index by id, coordinates and their system."""
    at = _column(head, _NODE) or 0
    names: dict[str, int] = {}
    for i, row in enumerate(rows):
        key = row[at].strip()
        if key in names:
            raise InvalidInput(f"{name}: rows {names[key] + 2} and {i + 2} are both node {key}; "
                               "ids must be distinct")
        names[key] = i
    if _column(head, _LON) is not None and _column(head, _LAT) is not None:
        return (names, _numbers(name, head, rows, _LON), _numbers(name, head, rows, _LAT), LONLAT)
    east, north = _numbers(name, head, rows, _X), _numbers(name, head, rows, _Y)
    return names, east, north, _system(files, east, north)


def _system(files: Mapping[str, bytes], east: Float64, north: Float64) -> int:
    """EPSG code of a `crs.info` beside the tables; degrees are recognised by their size."""
    for name, data in files.items():
        if name.lower().endswith(("crs.info", ".prj")):
            code = re.search(r"(\d{4,5})", data.decode("ascii", "replace"))
            if code is None:
                raise InvalidInput(f"{name} says {data[:30]!r}; it must name an EPSG code, such as "
                                   "EPSG:32632")
            return int(code.group(1))
    known = np.isfinite(east) & np.isfinite(north)
    return UNKNOWN if known.any() and not like_degrees(east[known], north[known]) else LONLAT


def _edges(
    name: str, head: list[str], rows: list[list[str]], names: dict[str, int], east: Float64,
    north: Float64, epsg: int,
) -> RawNetwork:
    ends = []
    for wanted in (_FROM, _TO):
        at = _column(head, wanted) or 0
        found = np.empty(len(rows), np.int64)
        for i, row in enumerate(rows):
            node = names.get(row[at].strip())
            if node is None:
                raise InvalidInput(f"{name}: row {i + 2} leads {wanted[0].split('_')[0]} node "
                                   f"{row[at].strip()!r}, which is not in the table of nodes")
            found[i] = node
        ends.append(found)
    length = _numbers(name, head, rows, _LENGTH)
    seconds = _numbers(name, head, rows, _TIME)
    speed = _numbers(name, head, rows, _KMH) / 3.6
    kind = _column(head, _CLASS)
    rank = np.array([UNSAID if kind is None else rank_of(row[kind]) for row in rows], np.uint8)
    one_way = _column(head, _ONE_WAY_COLUMN)
    back = np.zeros(0, np.int64)
    if one_way is not None:
        back = np.array([i for i, row in enumerate(rows)
                         if row[one_way].strip().lower() not in ONE_WAY], np.int64)
    every = np.concatenate([np.arange(len(rows)), back])
    numbers = [int(key) if key.lstrip("-").isdigit() else i for i, key in enumerate(names)]
    return RawNetwork(
        east, north, np.array(numbers, np.int64), np.concatenate([ends[0], ends[1][back]]),
        np.concatenate([ends[1], ends[0][back]]), length[every], seconds[every], speed[every],
        rank[every], epsg)

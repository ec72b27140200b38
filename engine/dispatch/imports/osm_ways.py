"""Ways of OpenStreetMap made a graph: junctions, and the bends that a picture needs.

Turn restrictions and traffic signals are not read.

Shape letters: P points of all ways, W ways.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.imports.raw import LONLAT, RawNetwork
from engine.dispatch.imports.streets import Street
from engine.dispatch.projection import Projection
from engine.errors import InvalidInput

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_BEND_M: Final = 12.0
"""Points that keep a way's drawing this true stay nodes; others only add to its length."""


class Ways(NamedTuple):
    """Streets with the points they run through.

    streets: One a way.
    point: int64 [P], OSM node ids, way after way.
    first: int64 [W + 1]; the points of way w are point[first[w]:first[w + 1]].
    """

    streets: list[Street]
    point: Int64
    first: Int64


def network_of_ways(
    ways: Ways, node_id: Int64, lon: Float64, lat: Float64, name: str
) -> RawNetwork:
    """Cut ways at junctions and bends.

    Args:
        ways: Streets.
        node_id: int64 [nodes], OSM ids, any order.
        lon: float64 [nodes], degrees.
        lat: float64 [nodes], degrees.
        name: Of the file, for messages.

    Raises:
        InvalidInput: If there is no street, or ways run through nodes that are not in the file.
    """
    if not ways.streets:
        raise InvalidInput(f"{name} has no way that cars may drive; export an area with streets")
    order = np.argsort(node_id, kind="stable")
    ids = node_id[order]
    if not len(ids):
        raise InvalidInput(f"{name} has ways and no nodes; export it with all nodes of its ways")
    at = np.minimum(np.searchsorted(ids, ways.point), len(ids) - 1)
    there = ids[at] == ways.point
    place = order[at]
    notes = []
    if not there.all():
        notes.append(f"{int((~there).sum()):,} points of ways are not in the file, as happens at "
                     "the edge of an extract; the ways end there.")
    x, y = Projection(float(lon[order[0]]), float(np.median(lat))).to_xy(lon, lat)
    uses = np.bincount(place[there], minlength=len(node_id))
    arcs: list[tuple[int, int, float, int]] = []
    for w in range(len(ways.streets)):
        inside = np.arange(ways.first[w], ways.first[w + 1])
        for run in np.split(inside, np.flatnonzero(~there[inside])):
            nodes = place[run[there[run]]]
            if len(nodes) > 1:
                arcs.extend((a, b, far, w) for a, b, far in _cut(nodes, uses, x, y))
    if not arcs:
        raise InvalidInput(f"{name} has no way with two points in the file; export a larger area")
    tail = np.array([a for a, _, _, _ in arcs], np.int64)
    head = np.array([b for _, b, _, _ in arcs], np.int64)
    length = np.array([far for _, _, far, _ in arcs])
    way = [ways.streets[w] for _, _, _, w in arcs]
    ahead = np.flatnonzero([s.forwards for s in way])
    back = np.flatnonzero([s.backwards for s in way])
    every = np.concatenate([ahead, back])
    used, renamed = np.unique(np.concatenate([tail, head]), return_inverse=True)
    tail, head = renamed[:len(tail)], renamed[len(tail):]
    speed = np.array([s.speed_mps for s in way])
    rank = np.array([s.rank for s in way], np.uint8)
    return RawNetwork(
        lon[used], lat[used], node_id[used], np.concatenate([tail[ahead], head[back]]),
        np.concatenate([head[ahead], tail[back]]), length[every],
        np.full(len(every), np.nan), speed[every], rank[every], LONLAT, notes)


def _cut(nodes: Int64, uses: Int64, x: Float64, y: Float64) -> list[tuple[int, int, float]]:
    """Pieces of one way between its junctions, ends and bends: tail, head, metres."""
    keep = uses[nodes] > 1
    keep[0] = keep[-1] = True
    px, py = x[nodes], y[nodes]
    stops = np.flatnonzero(keep)
    for a, b in pairwise(stops.tolist()):
        _bends(px, py, a, b, keep)
    stops = np.flatnonzero(keep)
    far = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(px), np.diff(py)))])
    return [(int(nodes[a]), int(nodes[b]), float(far[b] - far[a]))
            for a, b in pairwise(stops.tolist())]


def _bends(x: Float64, y: Float64, a: int, b: int, keep: Bool) -> None:
    """Keep the point farthest from the line a–b, if far, and go on on both sides.

    Source: Douglas and Peucker 1973, doi:10.3138/FM57-6770-U75U-7727.
    """
    pending = [(a, b)]
    while pending:
        a, b = pending.pop()
        if b - a < 2:
            continue
        dx, dy = x[b] - x[a], y[b] - y[a]
        size = float(np.hypot(dx, dy))
        ox, oy = x[a + 1:b] - x[a], y[a + 1:b] - y[a]
        # A loop has no line: the distance is then from its start.
        off = np.abs(ox * dy - oy * dx) / size if size > 1 else np.hypot(ox, oy)
        i = int(np.argmax(off))
        if off[i] > _BEND_M:
            keep[a + 1 + i] = True
            pending += [(a, a + 1 + i), (a + 1 + i, b)]

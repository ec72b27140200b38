"""Motorways over a street plan: they touch it at interchanges alone.

Where a motorway crosses an arterial, ramps join both carriageways to it on either side of the
crossing (a diamond interchange); everything else passes beneath.

Shape letters: N nodes, E edges, V points of a line, S stops along it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.arrangement import Planar, keep_edges
from engine.dispatch.geometry import crossings
from engine.dispatch.network import ARTERIAL, COLLECTOR, MOTORWAY

Float64 = npt.NDArray[np.float64]

_RAMP_M: Final = 190.0
"""From the crossing to where a ramp leaves the motorway."""
_APART_M: Final = 60.0
"""A shape point nearer than this to a ramp is left out."""


def add_motorways(streets: Planar, lines: tuple[Float64, ...]) -> Planar:
    """Add motorways with their interchanges.

    Args:
        streets: What the motorways cross.
        lines: float64 [V, 2] points of each; a closed one ends where it begins, an open one leads
            from the nearest motorway to the nearest street.
    """
    arterials = keep_edges(streets, streets.rank == ARTERIAL)
    grown = streets
    for line in lines:
        grown = _add(grown, arterials, line)
    return grown


def _add(grown: Planar, arterials: Planar, line: Float64) -> Planar:
    closed = np.array_equal(line[0], line[-1])
    far = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    length = float(far[-1])
    ramp: dict[float, int] = {}
    for where, node in _interchanges(arterials, line, far):
        for stop in (where - _RAMP_M, where + _RAMP_M):
            ramp[stop % length if closed else float(np.clip(stop, 0, length))] = node
    shape = [s for s in far.tolist() if all(abs(s - r) >= _APART_M for r in ramp)]
    stops = sorted(s for s in (*shape, *ramp) if not closed or s < length - 1)
    point = np.stack([np.interp(stops, far, line[:, k]) for k in (0, 1)], axis=1)
    place = len(grown.point) + np.arange(len(stops))
    edges = [(int(a), int(b), MOTORWAY) for a, b in pairwise(place)]
    if closed:
        edges.append((int(place[-1]), int(place[0]), MOTORWAY))
    edges += [(int(place[i]), ramp[s], COLLECTOR) for i, s in enumerate(stops) if s in ramp]
    if not closed:
        edges += [(int(place[0]), _closest(grown.point, point[0]), MOTORWAY),
                  (int(place[-1]), _closest(grown.point, point[-1]), ARTERIAL)]
    added = np.array(edges, np.int64)
    return Planar(
        np.concatenate([grown.point, point]), np.concatenate([grown.edge, added[:, :2]]),
        np.concatenate([grown.rank, added[:, 2].astype(np.uint8)]),
        np.concatenate([grown.oneway, np.zeros(len(added), np.bool_)]))


def _interchanges(arterials: Planar, line: Float64, far: Float64) -> list[tuple[float, int]]:
    """Crossings with arterials: metres along the motorway, and the arterial's nearer node."""
    a, b = arterials.point[arterials.edge[:, 0]], arterials.point[arterials.edge[:, 1]]
    count = len(line) - 1
    one, other, t, u = crossings(np.concatenate([line[:-1], a]), np.concatenate([line[1:], b]))
    hit = (one < count) & (other >= count)
    joins: list[tuple[float, int]] = []
    for i, j, s, w in zip(one[hit], other[hit] - count, t[hit], u[hit], strict=True):
        where = float(far[i] + s * (far[i + 1] - far[i]))
        if all(abs(where - taken) > 3 * _RAMP_M for taken, _ in joins):
            joins.append((where, int(arterials.edge[j, int(w > 0.5)])))
    return joins


def _closest(points: Float64, to: Float64) -> int:
    return int(np.argmin(np.hypot(*(points - to).T)))

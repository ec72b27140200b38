"""A network as a file has it, the checks every format shares, and the city made of it.

Shape letters: N nodes, A arcs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.city import City, District, node_lonlat
from engine.dispatch.network import MOST_NODES, Arcs, Network, assemble
from engine.dispatch.projection import Projection, from_utm
from engine.errors import InvalidInput

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int16 = npt.NDArray[np.int16]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

LONLAT: Final = 4326
"""EPSG code of longitude and latitude in degrees."""
UNKNOWN: Final = 0
"""Planar metres of no known place."""
UNSAID: Final = 255
"""Rank of an arc whose class the file does not say."""

_WIDEST_M: Final = 150_000.0
_CITY_DEGREES: Final = 2.0
_SHORTEST_M: Final = 0.5
_SOONEST_S: Final = 0.1
_MOST_ARCS: Final = 1_500_000
_FITS: Final = 0.05
_FASTEST_MPS: Final = 70.0
_SLOWEST_MPS: Final = 0.5
_RING: Final = 0.35
"""Share of the way to the edge that counts as the centre."""
_COMPASS: Final = ("East", "North-east", "North", "North-west", "West", "South-west", "South",
                   "South-east")
_TYPICAL_MPS: Final = (7.5, 10.5, 13.0, 25.0)
_SPEED_STEPS_MPS: Final = (9.2, 14.2, 22.0)
"""Speeds from which an arc of unknown class counts as collector, arterial, motorway."""


@dataclass(frozen=True, slots=True, eq=False)
class RawNetwork:
    """Nodes and arcs of a file.

    Attributes:
        east: float64 [N], longitude or metres.
        north: float64 [N], latitude or metres.
        node_id: int64 [N], number in the file.
        tail: int64 [A], indices of nodes.
        head: int64 [A].
        length_m: float64 [A], NaN where the file does not say.
        seconds: float64 [A], NaN where the file does not say.
        speed_mps: float64 [A], NaN where the file does not say.
        rank: uint8 [A], 255 where the file does not say.
        epsg: LONLAT, a UTM zone, or UNKNOWN.
        notes: What reading left out, a sentence each.
    """

    east: Float64
    north: Float64
    node_id: Int64
    tail: Int64
    head: Int64
    length_m: Float64
    seconds: Float64
    speed_mps: Float64
    rank: UInt8
    epsg: int
    notes: list[str] = field(default_factory=list)


def settle(raw: RawNetwork, name: str) -> City:
    """Check a network and make a city of it.

    Raises:
        InvalidInput: If it has no or too many nodes or arcs, coordinates that are missing, out of
            range, swapped or too wide, lengths or times that are negative or impossible, or no
            part that can be entered and left.
    """
    nodes, arcs = len(raw.east), len(raw.tail)
    if nodes < 2 or arcs < 2:
        raise InvalidInput(f"the network has {nodes} nodes and {arcs} arcs; a city needs at least "
                           "two of each")
    if nodes > MOST_NODES or arcs > _MOST_ARCS:
        raise InvalidInput(
            f"the network has {nodes:,} nodes and {arcs:,} arcs; at most {MOST_NODES:,} and "
            f"{_MOST_ARCS:,} are taken: cut it to the city")
    lon, lat, notes = _degrees(raw)
    projection = Projection(float(lon.min()), float(lat.min()))
    x, y = projection.to_xy(lon, lat)
    width, height = float(x.max()), float(y.max())
    if max(width, height) > _WIDEST_M:
        raise InvalidInput(
            f"the network is {width / 1_000:,.0f} × {height / 1_000:,.0f} km wide; at most "
            f"{_WIDEST_M / 1_000:,.0f} km are taken: cut it to one city, and look for a node with "
            "wrong coordinates")
    length, seconds, rank = _measures(raw, x, y, notes)
    built = assemble(x, y, Arcs(raw.tail, raw.head, length, seconds, rank))
    network = built.network
    low_x, low_y = float(network.x.min()), float(network.y.min())
    lon0, lat0 = projection.to_lonlat(np.array([low_x]), np.array([low_y]))
    projection = Projection(float(lon0[0]), float(lat0[0]))
    network = network._replace(x=network.x - np.float32(low_x), y=network.y - np.float32(low_y))
    district, districts = _compass(network)
    network = network._replace(district=district)
    return City(
        name, network, node_lonlat(network, projection), raw.node_id[built.node], projection,
        float(network.x.max()), float(network.y.max()), districts,
        notes=(*raw.notes, *notes, *built.notes()))


def like_degrees(east: Float64, north: Float64) -> bool:
    """Whether coordinates of an unnamed system are degrees of one city rather than metres."""
    size = max(np.abs(east).max(), np.abs(north).max())
    return bool(size <= 180 and max(np.ptp(east), np.ptp(north)) < _CITY_DEGREES)


def _degrees(raw: RawNetwork) -> tuple[Float64, Float64, list[str]]:
    """Longitude and latitude of all nodes."""
    lost = np.flatnonzero(~(np.isfinite(raw.east) & np.isfinite(raw.north)))
    if len(lost):
        raise InvalidInput(
            f"node {raw.node_id[lost[0]]} has the coordinates {raw.east[lost[0]]}, "
            f"{raw.north[lost[0]]}, and so have {len(lost) - 1:,} more; every node needs two "
            "numbers")
    if raw.epsg == LONLAT:
        _check_degrees(raw)
        return raw.east, raw.north, []
    if raw.epsg == UNKNOWN:
        # On the equator a degree is as long both ways, so that shapes hold.
        nominal = Projection(0.0, 0.0)
        lon, lat = nominal.to_lonlat(raw.east - raw.east.min(), raw.north - raw.north.min())
        return lon, lat, ["The file does not say where on Earth it lies; coordinates were read as "
                          "metres and put at longitude and latitude 0."]
    if np.median(raw.east) > 1_000_000 > np.median(raw.north):
        raise InvalidInput(
            f"the median node lies {np.median(raw.east):,.0f} m east and "
            f"{np.median(raw.north):,.0f} m north; in UTM the east value stays under 1,000,000: "
            "the columns seem to be swapped")
    lon, lat = from_utm(raw.east, raw.north, raw.epsg)
    return lon, lat, []


def _check_degrees(raw: RawNetwork) -> None:
    """Refuse degrees out of range and swapped columns, seen by range or by the arcs' lengths."""
    wide, tall = np.abs(raw.east), np.abs(raw.north)
    if (tall > 90).any() and (wide <= 90).all() and (tall <= 180).all():
        i = int(np.argmax(tall))
        raise InvalidInput(
            f"node {raw.node_id[i]} has latitude {raw.north[i]:.5f}; it must be between −90 and "
            "90: longitude and latitude seem to be swapped")
    out = np.flatnonzero((wide > 180) | (tall > 85))
    if len(out):
        i = int(out[0])
        raise InvalidInput(
            f"node {raw.node_id[i]} lies at longitude {raw.east[i]:.5f}, latitude "
            f"{raw.north[i]:.5f}; they must be between −180 and 180 and between −85 and 85")
    known = np.flatnonzero(np.isfinite(raw.length_m) & (raw.length_m > 20))
    if len(known) < 20:
        return
    as_given = _misfit(raw, known, raw.east, raw.north)
    exchanged = _misfit(raw, known, raw.north, raw.east)
    if as_given > _FITS > exchanged:
        raise InvalidInput(
            f"the arcs' lengths differ from the distance of their ends by {as_given:.0%} as the "
            f"columns stand and by {exchanged:.0%} with longitude and latitude exchanged; they "
            "seem to be swapped")


def _misfit(raw: RawNetwork, arcs: Int64, lon: Float64, lat: Float64) -> float:
    """Median relative difference of lengths and straight lines."""
    projection = Projection(float(lon.min()), float(np.clip(lat.min(), -85, 85)))
    x, y = projection.to_xy(lon, lat)
    tail, head = raw.tail[arcs], raw.head[arcs]
    straight = np.hypot(x[head] - x[tail], y[head] - y[tail])
    return float(np.median(np.abs(straight / raw.length_m[arcs] - 1)))


def _measures(
    raw: RawNetwork, x: Float64, y: Float64, notes: list[str]
) -> tuple[Float64, Float64, UInt8]:
    """Length, time and rank of every arc; what the file does not say is derived."""
    for what, values, unit in (("length", raw.length_m, "m"), ("time", raw.seconds, "s")):
        wrong = np.flatnonzero((values < 0) | np.isinf(values))
        if len(wrong):
            a = int(wrong[0])
            raise InvalidInput(
                f"the arc from node {raw.node_id[raw.tail[a]]} to {raw.node_id[raw.head[a]]} has "
                f"the {what} {values[a]:g} {unit}; it must be 0 or more")
    straight = np.hypot(x[raw.head] - x[raw.tail], y[raw.head] - y[raw.tail])
    unsaid = np.isnan(raw.length_m)
    length = np.maximum(np.where(unsaid, straight, raw.length_m), _SHORTEST_M)
    if unsaid.any():
        notes.append(f"{int(unsaid.sum()):,} arcs have no length; they got the straight line's.")
    short = ~unsaid & (length < 0.9 * straight - 5)
    if short.mean() > 0.5:
        raise InvalidInput(
            f"{short.mean():.0%} of the arcs are shorter than the straight line between their "
            "ends; lengths must be in metres, and the nodes of the same place")
    if short.any():
        notes.append(f"{int(short.sum()):,} arcs were shorter than the straight line between their "
                     "ends; they got the straight line's length.")
        length = np.where(short, straight, length)
    rank = raw.rank.copy()
    said = np.where(raw.speed_mps > 0, raw.speed_mps, np.nan)
    speed = np.where(np.isnan(said), length / np.maximum(raw.seconds, _SOONEST_S), said)
    guess = np.isin(rank, UNSAID)
    rank[guess] = np.searchsorted(_SPEED_STEPS_MPS, np.nan_to_num(speed[guess]), side="right")
    typical = np.array(_TYPICAL_MPS)[rank]
    by_speed = length / np.where(np.isnan(said), typical, said)
    seconds = np.where(np.isnan(raw.seconds), by_speed, raw.seconds)
    held = np.clip(seconds, length / _FASTEST_MPS, length / _SLOWEST_MPS)
    moved = ~np.isclose(held, seconds, rtol=1e-6) & (seconds > _SOONEST_S)
    if moved.any():
        notes.append(f"{int(moved.sum()):,} arcs were faster than {_FASTEST_MPS * 3.6:.0f} km/h or "
                     f"slower than {_SLOWEST_MPS * 3.6:.1f} km/h; they were held to that.")
    return length, np.maximum(held, _SOONEST_S), rank


def _compass(network: Network) -> tuple[Int16, tuple[District, ...]]:
    """A centre about the median node and eight sectors around it; parts without nodes are left out.

    The centre reaches a share of the way to where nine nodes in ten lie.
    """
    x, y = network.x.astype(np.float64), network.y.astype(np.float64)
    east, north = x - np.median(x), y - np.median(y)
    far = np.hypot(east, north)
    sector = np.rint(np.arctan2(north, east) / (np.pi / 4)).astype(np.int64) % 8
    part = np.where(far <= _RING * np.quantile(far, 0.9), 0, sector + 1)
    used, district = np.unique(part, return_inverse=True)
    names = ("Centre", *_COMPASS)
    districts = tuple(
        District(names[k], "centre" if k == 0 else "mixed", float(np.round(x[part == k].mean())),
                 float(np.round(y[part == k].mean()))) for k in used.tolist())
    return district.astype(np.int16), districts

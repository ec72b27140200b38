"""The user's own trips: CSV or Parquet in the columns of New York's TLC or of FleetPy.

======================  ============================================================================
FleetPy                 `rq_time` (s), `start`, `end` (node numbers), optional `request_id`
New York TLC            `tpep_pickup_datetime` (or `lpep_…`, `pickup_datetime`) and
                        `pickup_longitude`, `pickup_latitude`, `dropoff_longitude`,
                        `dropoff_latitude` (files up to June 2016 and the Kaggle set)
======================  ============================================================================

Times of TLC files count from midnight of the earliest trip's day.

Shape letters: K trips.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.dispatch.demand import Requests
from engine.dispatch.network import nearest_nodes
from engine.dispatch.params import DispatchParams
from engine.dispatch.streams import keys
from engine.errors import InvalidInput

if TYPE_CHECKING:
    from engine.dispatch.city import City

Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

MOST_TRIPS: Final = 2_000_000
FARTHEST_M: Final = 1500.0
"""Ends farther than this from every node lie outside the map."""
_GROUP: Final = 1 << 42
_TIMES: Final = ("tpep_pickup_datetime", "lpep_pickup_datetime", "pickup_datetime")
_CORNERS: Final = ("pickup_longitude", "pickup_latitude", "dropoff_longitude", "dropoff_latitude")


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """Trips on a city's nodes, in order of time.

    Attributes:
        name: File they came from.
        time_s: float64 [K], seconds since midnight of the first day.
        origin: int32 [K], nodes.
        destination: int32 [K], nodes.
        notes: What was left out, a sentence each.
    """

    name: str
    time_s: Float64
    origin: Int32
    destination: Int32
    notes: tuple[str, ...] = ()


class TripSource:
    """Replays trips; implements `demand.Source`."""

    def __init__(self, trips: Trips, seed: int, start_s: float) -> None:
        """Begin at `start_s`; earlier trips are left out."""
        self._trips = trips
        self._key = keys(seed, _GROUP, len(trips.time_s))
        self._next = int(np.searchsorted(trips.time_s, start_s, side="left"))

    def until(self, now_s: float, params: DispatchParams, rain: bool) -> Requests:
        """Trips after the last call's and up to `now_s`; the demand knobs do not touch them."""
        stop = max(self._next, int(np.searchsorted(self._trips.time_s, now_s, side="right")))
        span = slice(self._next, stop)
        self._next = stop
        t = self._trips
        return Requests(t.time_s[span], t.origin[span], t.destination[span], self._key[span])

    def crowd(self, now_s: float, x: float, y: float, riders: int, lasts_s: float,
              toward: bool) -> int:
        """Refuse: what a file says is what happens.

        Raises:
            InvalidInput: Always.
        """
        raise InvalidInput(
            f"this run replays {self._trips.name}; crowds belong to generated demand: choose a "
            "scenario to use them")


def trips_from_file(path: Path, city: City) -> Trips:
    """Read a trips file.

    Raises:
        InvalidInput: If it cannot be read or used.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}; name a CSV or Parquet file") from error
    return trips_from_upload(path.name, data, city)


def trips_from_upload(name: str, data: bytes, city: City) -> Trips:
    """Read trips from the bytes of a file.

    Args:
        name: File name; decides between CSV and Parquet.
        data: Content.
        city: Where they are to be driven.

    Raises:
        InvalidInput: If the format is unknown, the columns are missing or no trip is usable.
    """
    frame = _read(name, data)
    if frame.height > MOST_TRIPS:
        raise InvalidInput(f"{name} has {frame.height:,} rows; at most {MOST_TRIPS:,} are taken: "
                           "cut it to a day")
    if not frame.height:
        raise InvalidInput(f"{name} has no rows; a trips file needs at least one")
    columns = set(frame.columns)
    if {"rq_time", "start", "end"} <= columns:
        time_s, origin, destination, bad = _fleetpy(frame, city)
    elif set(_CORNERS) <= columns and columns & set(_TIMES):
        time_s, origin, destination, bad = _tlc(frame, city)
    elif columns & {"PULocationID", "PULocationId"}:
        raise InvalidInput(
            f"{name} has taxi zones (PULocationID) and no coordinates; TLC files up to June 2016 "
            "have pickup_longitude and pickup_latitude: use one of those")
    else:
        raise InvalidInput(
            f"{name} has columns {', '.join(frame.columns[:8])}; it needs rq_time, start, end "
            f"(FleetPy) or {_TIMES[0]}, {', '.join(_CORNERS)} (New York TLC)")
    return _clean(name, frame, time_s, origin, destination, bad)


def _read(name: str, data: bytes) -> pl.DataFrame:
    try:
        if name.lower().endswith((".parquet", ".pq")):
            return pl.read_parquet(io.BytesIO(data))
        if name.lower().endswith((".csv", ".txt")):
            return pl.read_csv(io.BytesIO(data), infer_schema_length=10_000)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no table"
        raise InvalidInput(f"{name} cannot be read as a table: {reason}") from error
    raise InvalidInput(f"{name} is neither .csv nor .parquet; save it as one of these")


def _number(frame: pl.DataFrame, column: str) -> Float64:
    """A column as numbers; what is none becomes NaN."""
    return frame[column].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()


def _fleetpy(frame: pl.DataFrame, city: City) -> tuple[Float64, Int32, Int32, dict[str, Any]]:
    time_s = _number(frame, "rq_time")
    ends = []
    known = np.ones(len(time_s), np.bool_)
    order = np.argsort(city.node_id)
    names = city.node_id[order]
    for column in ("start", "end"):
        name = _number(frame, column)
        at = np.minimum(np.searchsorted(names, name), len(names) - 1)
        known &= names[at] == name
        ends.append(order[at].astype(np.int32))
    return time_s, ends[0], ends[1], {"name a node that is not on the map": ~known}


def _tlc(frame: pl.DataFrame, city: City) -> tuple[Float64, Int32, Int32, dict[str, Any]]:
    column = next(c for c in _TIMES if c in frame.columns)
    stamp = frame[column]
    if stamp.dtype == pl.String:
        stamp = stamp.str.to_datetime(strict=False)
    if not stamp.dtype.is_temporal():
        raise InvalidInput(f"{column} holds no times; write them as 2016-01-31 08:15:00")
    micro = stamp.cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64)
    absolute = micro.fill_null(float("nan")).to_numpy() / 1e6
    day = np.floor(np.nanmin(absolute) / 86_400.0) * 86_400.0 if len(absolute) else 0.0
    corners = [_number(frame, c) for c in _CORNERS]
    lon, lat = np.concatenate(corners[::2]), np.concatenate(corners[1::2])
    fine = np.isfinite(lon) & np.isfinite(lat)
    box_lon, box_lat = city.lonlat[:, 0], city.lonlat[:, 1]
    if fine.any() and _within(lat[fine], box_lon) and _within(lon[fine], box_lat):
        raise InvalidInput(
            "longitude and latitude seem to be swapped: the pickups' longitudes lie between the "
            f"map's latitudes {box_lat.min():.2f} and {box_lat.max():.2f}; exchange the columns")
    x, y = city.projection.to_xy(np.where(fine, lon, 0.0), np.where(fine, lat, 0.0))
    node, far = nearest_nodes(city.network, x, y)
    outside = ~fine | (far > FARTHEST_M)
    k = len(corners[0])
    return absolute - day, node[:k], node[k:], {
        f"begin or end more than {FARTHEST_M:,.0f} m from every street": outside[:k] | outside[k:]}


def _within(values: Float64, box: npt.NDArray[Any]) -> bool:
    return bool(np.median((values >= box.min()) & (values <= box.max())) > 0.5)


def _clean(
    name: str, frame: pl.DataFrame, time_s: Float64, origin: Int32, destination: Int32,
    bad: dict[str, Any],
) -> Trips:
    """Leave out what cannot be driven, say so, and put the rest in order of time."""
    bad = {"have no time or a time before midnight of the first day":
           ~np.isfinite(time_s) | (time_s < 0.0), **bad}
    if "request_id" in frame.columns:
        bad["repeat a request_id"] = frame["request_id"].is_first_distinct().not_().to_numpy()
    keep = np.ones(len(time_s), np.bool_)
    notes = []
    for what, rows in bad.items():
        rows = rows & keep
        if rows.any():
            notes.append(f"{int(rows.sum()):,} of {len(keep):,} trips {what}; they are left out.")
        keep &= ~rows
    still = keep & (origin == destination)
    if still.any():
        notes.append(f"{int(still.sum()):,} trips end where they begin; they are left out.")
        keep &= ~still
    if not keep.any():
        raise InvalidInput(f"{name} has no trip that can be driven on this map: {' '.join(notes)}")
    if np.any(np.diff(time_s[keep]) < 0):
        notes.append("The trips were not in order of time; they have been sorted.")
    order = np.flatnonzero(keep)[np.argsort(time_s[keep], kind="stable")]
    return Trips(name, time_s[order].astype(np.float64), origin[order].astype(np.int32),
                 destination[order].astype(np.int32), tuple(notes))

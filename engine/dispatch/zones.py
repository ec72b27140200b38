"""Where trips begin and end: the city cut into zones, with the hours' habits of each.

A zone is a district or the neighbourhood of a place (station, airport). Homes thin out towards the
centre, jobs and evenings out crowd there; morning trips run from homes to jobs, evening trips back,
night trips from the centre home. Destinations follow a gravity model with exponential deterrence
(Wilson 1971, doi:10.1068/a030001).

Shape letters: N nodes, Z zones, H 24 hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.network import ARTERIAL, Network, tails

Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

HOURLY: Final = {
    "weekday": (1.7, 1.1, .7, .6, .8, 1.6, 3.4, 5.6, 6.2, 5.0, 4.3, 4.3, 4.5, 4.5, 4.6, 4.9, 5.5,
                6.4, 6.9, 6.4, 5.6, 5.0, 4.2, 3.0),
    "Friday": (2.0, 1.4, .9, .7, .8, 1.5, 3.1, 5.0, 5.5, 4.5, 4.1, 4.3, 4.6, 4.7, 4.9, 5.2, 5.8,
               6.6, 7.2, 7.4, 7.0, 6.7, 6.6, 5.6),
    "Saturday": (5.0, 4.4, 3.6, 2.6, 1.6, 1.1, 1.2, 1.7, 2.5, 3.3, 4.0, 4.5, 4.9, 5.0, 5.0, 5.0,
                 5.2, 5.6, 6.2, 6.5, 6.2, 6.0, 6.3, 6.2),
    "Sunday": (5.0, 4.0, 2.9, 2.0, 1.2, .8, .9, 1.2, 1.9, 2.7, 3.5, 4.0, 4.2, 4.2, 4.2, 4.2, 4.3,
               4.5, 4.6, 4.2, 3.6, 3.0, 2.4, 1.8),
}
"""Requests by hour of day, in percent of a weekday's."""

# share of trips that start (end) at homes, jobs, evenings out
_FROM: Final = {"night": (.15, .10, .75), "morning": (.78, .12, .10), "noon": (.35, .50, .15),
                "evening": (.18, .67, .15), "out": (.50, .20, .30)}
_TO: Final = {"night": (.75, .05, .20), "morning": (.10, .80, .10), "noon": (.35, .45, .20),
              "evening": (.65, .10, .25), "out": (.35, .05, .60)}
_TIMES: Final = (*("night",) * 5, *("morning",) * 5, *("noon",) * 6, *("evening",) * 3,
                 *("out",) * 3, *("night",) * 2)
_CENTRE_M: Final = 2600.0
_PLACE_M: Final = 450.0
_AT_PLACES: Final = {"airport": 0.05, "station": 0.04}


class Zones(NamedTuple):
    """The zones of a city.

    first: int32 [Z + 1], rows of `nodes`.
    nodes: int32, nodes at which a ride may begin or end, by zone.
    x, y: float64 [Z], metres, the middle of each.
    district: int32 [Z], district it lies in.
    origin: float64 [H, Z], share of an hour's trips that begin there; rows sum to 1.
    mean: float64 [Z], share over the day.
    attraction: float64 [H, Z], weight as a destination.
    """

    first: Int32
    nodes: Int32
    x: Float64
    y: Float64
    district: Int32
    origin: Float64
    mean: Float64
    attraction: Float64

    def density(self, nodes: int) -> Float64:
        """Share of the day's trips that begin at each node, float64 [N]."""
        out = np.zeros(nodes)
        each = self.mean / np.diff(self.first)
        np.add.at(out, self.nodes, np.repeat(each, np.diff(self.first)))
        return out

    def destinations(self, reach_m: float) -> Float64:
        """Cumulative chance of each destination zone, float64 [H, Z, Z] over the last axis."""
        far = np.hypot(self.x[:, None] - self.x, self.y[:, None] - self.y)
        # a ride within a zone is mostly a walk: half the pull
        pull = np.exp(-far / reach_m) * (1.0 - 0.5 * np.eye(len(self.x)))
        weight = self.attraction[:, None, :] * pull
        out: Float64 = np.cumsum(weight, axis=2)
        out /= out[..., -1:]
        return out


def kerbs(network: Network) -> Int32:
    """Nodes at which people get in and out: not on a motorway's carriageway."""
    slow = network.rank <= ARTERIAL
    fine = np.zeros(len(network.x), np.bool_)
    fine[tails(network)[slow]] = True
    into = np.zeros(len(network.x), np.bool_)
    into[network.head[slow]] = True
    good = np.flatnonzero(fine & into)
    return (good if len(good) else np.arange(len(network.x))).astype(np.int32)


def zones(network: Network, places: Sequence[tuple[str, float, float]]) -> Zones:
    """Cut a city into zones.

    Args:
        network: Roads.
        places: (kind, x, y) of special places; stations and airports become zones of their own,
            the station is the centre of the city.
    """
    node = kerbs(network)
    x, y = network.x[node].astype(np.float64), network.y[node].astype(np.float64)
    label = network.district[node].astype(np.int64)
    names, zone = np.unique(label, return_inverse=True)
    district = names.tolist()
    extra: list[float] = []
    station = next(((px, py) for kind, px, py in places if kind == "station"), None)
    centre = station or (float(np.median(x)), float(np.median(y)))
    rows = [node[zone == z] for z in range(len(names))]
    for kind, px, py in places:
        near = np.hypot(x - px, y - py) <= _PLACE_M
        if kind in _AT_PLACES and near.any():
            rows.append(node[near])
            nearest = int(np.argmin(np.hypot(x - px, y - py)))
            district.append(int(label[nearest]))
            extra.append(_AT_PLACES[kind])
    size = np.array([len(r) for r in rows], np.float64)
    middle_x = np.array([network.x[r].mean() for r in rows], np.float64)
    middle_y = np.array([network.y[r].mean() for r in rows], np.float64)
    off = np.hypot(middle_x - centre[0], middle_y - centre[1])
    central = np.exp(-((off / _CENTRE_M) ** 2))
    plain = np.arange(len(rows)) < len(names)
    uses = np.stack([size * (1.2 - central), size * (0.12 + 2.2 * central),
                     size * (0.08 + 3.0 * central)]) * plain
    uses /= uses.sum(axis=1, keepdims=True)
    special = np.zeros(len(rows))
    special[~plain] = extra
    origin = _shares(_FROM, uses, special)
    weight = np.array(HOURLY["weekday"]) / sum(HOURLY["weekday"])
    return Zones(
        np.concatenate([[0], np.cumsum(size)]).astype(np.int32),
        np.concatenate(rows).astype(np.int32), middle_x, middle_y,
        np.array(district, np.int32), origin, weight @ origin, _shares(_TO, uses, special))


def _shares(habit: dict[str, tuple[float, float, float]], uses: Float64, special: Float64
            ) -> Float64:
    """Share of each zone by hour, float64 [H, Z]; special places keep theirs all day."""
    rest = 1.0 - special.sum()
    return np.stack([rest * (np.array(habit[t]) @ uses) + special for t in _TIMES])

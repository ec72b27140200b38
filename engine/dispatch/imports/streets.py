"""What OpenStreetMap's tags say of a street: its rank, speed and direction.

Source: https://wiki.openstreetmap.org/wiki/Key:highway, Key:maxspeed, Key:oneway. Speeds where no
limit is given are 80 % of OSMnx's defaults by class, for crossings and signals.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from engine.dispatch.imports.raw import UNSAID
from engine.dispatch.network import ARTERIAL, COLLECTOR, LOCAL, MOTORWAY

_RANK: Final = {
    "motorway": MOTORWAY, "motorway_link": MOTORWAY, "trunk": MOTORWAY, "trunk_link": ARTERIAL,
    "primary": ARTERIAL, "primary_link": ARTERIAL, "secondary": ARTERIAL,
    "secondary_link": COLLECTOR, "tertiary": COLLECTOR, "tertiary_link": COLLECTOR,
    "unclassified": LOCAL, "residential": LOCAL, "living_street": LOCAL, "road": LOCAL,
}
_SPEED_MPS: Final = {
    "motorway": 25.0, "motorway_link": 15.0, "trunk": 20.0, "trunk_link": 13.0, "primary": 13.0,
    "primary_link": 11.0, "secondary": 11.5, "secondary_link": 10.0, "tertiary": 10.0,
    "tertiary_link": 9.0, "living_street": 3.0,
}
_SPEED_ELSE_MPS: Final = 7.0
_FREE_SHARE: Final = 0.8
_BARRED: Final = frozenset({"no", "private", "delivery", "agricultural", "forestry"})
ONE_WAY: Final = frozenset({"yes", "true", "1", "t", "y"})
"""Words for open in one direction alone."""


class Street(NamedTuple):
    """A way that cars may drive: rank, free-flow speed in m/s, and open forwards, backwards."""

    rank: int
    speed_mps: float
    forwards: bool
    backwards: bool


def rank_of(highway: str) -> int:
    """Rank of a class, UNSAID if it is none for cars."""
    return _RANK.get(highway.strip().strip("[]'\" ").split("'")[0].split(";")[0], UNSAID)


def street_of(tags: dict[str, str]) -> Street | None:
    """What a way's tags say; None if it is not for cars."""
    highway = tags.get("highway", "")
    if highway not in _RANK or tags.get("area") == "yes":
        return None
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            if tags[key] in _BARRED:
                return None
            break
    one_way = tags.get("oneway", "").lower()
    implied = highway.startswith("motorway") or tags.get("junction") in {"roundabout", "circular"}
    forwards = one_way not in {"-1", "reverse"}
    backwards = one_way in {"-1", "reverse"} or not (
        one_way in ONE_WAY or (implied and one_way not in {"no", "false", "0"}))
    speed = speed_mps(tags.get("maxspeed", "")) * _FREE_SHARE
    if speed != speed:
        speed = _SPEED_MPS.get(highway, _SPEED_ELSE_MPS)
    return Street(_RANK[highway], speed, forwards, backwards)


def speed_mps(limit: str) -> float:
    """A `maxspeed` in m/s, NaN if it gives no number."""
    found = re.match(r"\s*\[?'?\s*(\d+(?:\.\d+)?)\s*(mph|knots)?", limit)
    if found is None or float(found.group(1)) <= 0:
        return float("nan")
    unit = {"mph": 1.609344, "knots": 1.852}.get(found.group(2) or "", 1.0)
    return float(found.group(1)) * unit / 3.6

"""Named scenarios: what the town is like and what happens in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.perception.params import PerceptionParams


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of knobs, and the events a world of it brings about.

    Attributes:
        name: Short machine name; the value of the `scenario` knob.
        label: As shown.
        help: One sentence.
        family: The source's family it belongs to.
        params: Knobs.
        events: What is staged around the ego: "works", "cut-in", "jaywalker", "debris",
            "stopped truck".
        turn: At the first junction: "straight", "left", "right" or "any".
        weather: Weathers it is drawn from when none is asked for.
    """

    name: str
    label: str
    help: str
    family: str
    params: PerceptionParams
    events: tuple[str, ...] = ()
    turn: str = "any"
    weather: tuple[str, ...] = ("clear", "clear", "overcast", "low sun", "rain", "fog", "night")


_BASE: Final = PerceptionParams()


def _of(**changes: Any) -> PerceptionParams:
    return _BASE.with_changes(**changes)


SCENARIOS: Final[Mapping[str, Scenario]] = {s.name: s for s in (
    Scenario("town drive", "Town drive", "Traffic, lights and pedestrians on a winding main road.",
             "town", _of()),
    Scenario("difficult intersection", "Difficult intersection",
             "An unprotected turn through dense traffic and pedestrians.",
             "difficult intersections",
             _of(scenario="difficult intersection", traffic_per_km=34.0, pedestrians_per_km=70.0,
                 bend=0.2, junctions=2), turn="left"),
    Scenario("construction zone", "Construction zone",
             "Cones close the right lane; traffic merges to the left.", "construction zones",
             _of(scenario="construction zone", junctions=1), events=("works",), turn="straight"),
    Scenario("adverse weather", "Adverse weather", "Rain, fog, night or a low sun.",
             "adverse weather", _of(scenario="adverse weather", weather="rain"),
             weather=("low sun", "rain", "fog", "night")),
    Scenario("cut-in", "Cut-in", "A car from the next lane pulls in close ahead.", "edge cases",
             _of(scenario="cut-in", junctions=1, aggression=0.8), events=("cut-in",),
             turn="straight"),
    Scenario("jaywalker", "Jaywalker", "A pedestrian runs out between parked cars.", "edge cases",
             _of(scenario="jaywalker", parked_percent=70.0, junctions=1), events=("jaywalker",),
             turn="straight"),
    Scenario("debris", "Debris", "Lost cones and crates lie on the lane.", "edge cases",
             _of(scenario="debris", junctions=1), events=("debris",), turn="straight"),
    Scenario("stopped truck", "Stopped truck", "A truck stands in the right lane to unload.",
             "edge cases", _of(scenario="stopped truck", junctions=1), events=("stopped truck",),
             turn="straight"),
)}

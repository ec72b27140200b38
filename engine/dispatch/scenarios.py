"""Days to start from: each balances drivers and riders of the shipped city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.dispatch.params import DispatchParams


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A command that a scenario gives by itself.

    Attributes:
        after_s: Seconds after the start.
        command: Name, one of `incidents.COMMANDS`.
        arguments: Of the command.
    """

    after_s: float
    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of knobs and what happens.

    Attributes:
        name: Short machine name.
        label: As shown.
        help: One sentence.
        params: Knobs.
        script: Commands given by themselves, in order of time.
    """

    name: str
    label: str
    help: str
    params: DispatchParams
    script: tuple[Scheduled, ...] = ()

    @property
    def sentence(self) -> str:
        """The same as `help`."""
        return self.help


_STANDARD = DispatchParams()

SCENARIOS: Final[Mapping[str, Scenario]] = {s.name: s for s in (
    Scenario(
        "evening", "Weekday evening", "Rush hour from five o'clock: jobs to homes, slow arterials.",
        _STANDARD),
    Scenario(
        "match", "Friday, match night", "Ten thousand on their way to the stadium, and all of them "
        "out of it at once at half past nine.",
        _STANDARD.with_changes(day="Friday", start_h=20.0),
        (Scheduled(600.0, "stadium", {"riders": 900, "seconds": 2400, "toward": True}),
         Scheduled(5400.0, "stadium", {"riders": 2200, "seconds": 2700}))),
    Scenario(
        "rain", "Rain at noon", "A third more requests, and every street slower.",
        _STANDARD.with_changes(start_h=11.5),
        (Scheduled(900.0, "rain", {"seconds": 5400}),)),
    Scenario(
        "airport", "Airport bank", "Four long-haul flights land within half an hour.",
        _STANDARD.with_changes(start_h=6.0),
        (Scheduled(900.0, "airport_bank", {"riders": 700, "seconds": 2400}),)),
    Scenario(
        "outage", "Surge outage", "New Year's Eve after midnight: pricing fails for 26 minutes, "
        "waits collapse, and recover.",
        _STANDARD.with_changes(day="Saturday", start_h=0.0, trips_per_day=200_000),
        (Scheduled(1080.0, "surge_outage", {"seconds": 1560}),)),
    Scenario(
        "sunday", "Quiet Sunday", "Few riders, free streets: every policy looks good.",
        _STANDARD.with_changes(day="Sunday", start_h=9.0, drivers=1500, trips_per_day=60_000)),
)}

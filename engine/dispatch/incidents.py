"""What can happen to the city: rain, crowds, a pricing outage, a closed bridge.

Each ends by itself after its time, or by "recover". A crowd that is on its way stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from engine.dispatch.city import Bridge, Place
from engine.errors import InvalidInput
from engine.live.arguments import whole

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

COMMANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "rain": {"seconds": "60 to 43200, 3600"},
    "stadium": {"riders": "1 to 20000, 1500", "seconds": "300 to 14400, 2700",
                "toward": "true before a match, false after it (default)"},
    "airport_bank": {"riders": "1 to 20000, 400", "seconds": "300 to 14400, 1800"},
    "surge_outage": {"seconds": "60 to 43200, 1560"},
    "close_bridge": {"bridge": "name; the one in the middle if left out",
                     "seconds": "60 to 43200, 1800"},
    "recover": {"incident": "rain, surge_outage or close_bridge; all if left out"},
    "reach": {"x": "metres east, of the point that the map's rings are about; none if left out",
              "y": "metres north, of the same"},
}
"""Commands and their arguments with range and default."""

_LONGEST_S: Final = 43_200


class Incidents:
    """What is going on besides an ordinary day.

    Attributes:
        raining: Whether it rains: more requests, slower streets.
        closed: Bridges closed now.
    """

    def __init__(self, world: DispatchSimulation) -> None:
        self._world = world
        self.raining = False
        self.closed: dict[str, Bridge] = {}
        self._until: dict[str, float] = {}

    def tick(self, now_s: float) -> None:
        """End what is over."""
        for name in [n for n, until in self._until.items() if until <= now_s]:
            self._end(name)

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Let something happen; returns a sentence.

        Raises:
            InvalidInput: If the command or an argument is unknown or out of range, or the city
                has no such place.
        """
        doers: dict[str, Callable[[Mapping[str, Any]], str]] = {
            "rain": self._rain, "stadium": self._stadium, "airport_bank": self._airport,
            "surge_outage": self._outage, "close_bridge": self._close, "recover": self._recover,
            "reach": self._world.overlays.choose,
        }
        if name not in doers:
            raise InvalidInput(f"there is no command {name!r}; choose from {', '.join(COMMANDS)}")
        unknown = set(arguments) - set(COMMANDS[name])
        if unknown:
            raise InvalidInput(
                f"{name} takes {', '.join(COMMANDS[name])}; it does not know "
                f"{', '.join(sorted(unknown))}")
        return doers[name](arguments)

    # ---- private ------------------------------------------------------------------------------

    def _rain(self, arguments: Mapping[str, Any]) -> str:
        seconds = whole(arguments, "seconds", 3600, 60, _LONGEST_S)
        self.raining = True
        self._begin("rain", seconds)
        text = f"Rain for {seconds / 60:.0f} min: a third more requests, slower streets"
        self._world.tell("rain", text, seconds=seconds)
        self._world.streets.change()
        return text

    def _stadium(self, arguments: Mapping[str, Any]) -> str:
        riders = whole(arguments, "riders", 1500, 1, 20_000)
        seconds = whole(arguments, "seconds", 2700, 300, 14_400)
        toward = arguments.get("toward", False)
        if not isinstance(toward, bool):
            raise InvalidInput(f"toward is {toward!r}; it must be true or false")
        return self._crowd(self._place("stadium"), riders, seconds, toward)

    def _airport(self, arguments: Mapping[str, Any]) -> str:
        riders = whole(arguments, "riders", 400, 1, 20_000)
        seconds = whole(arguments, "seconds", 1800, 300, 14_400)
        return self._crowd(self._place("airport"), riders, seconds, toward=False)

    def _crowd(self, place: Place, riders: int, seconds: int, toward: bool) -> str:
        world = self._world
        network = world.city.network
        coming = world.source.crowd(world.now_s, float(network.x[place.node]),
                                    float(network.y[place.node]), riders, seconds, toward)
        verb = "heading for" if toward else "leaving"
        text = f"{coming:,} people {verb} {place.name} within {seconds / 60:.0f} min want a ride"
        world.tell("crowd", text, place=place.name, riders=coming)
        return text

    def _outage(self, arguments: Mapping[str, Any]) -> str:
        seconds = whole(arguments, "seconds", 1560, 60, _LONGEST_S)
        self._world.surge.out = True
        self._begin("surge_outage", seconds)
        text = f"Surge pricing is down for {seconds / 60:.0f} min: every fare is the normal one"
        self._world.tell("outage", text, seconds=seconds)
        return text

    def _close(self, arguments: Mapping[str, Any]) -> str:
        bridges = self._world.city.bridges
        seconds = whole(arguments, "seconds", 1800, 60, _LONGEST_S)
        if not bridges:
            raise InvalidInput("this city has no bridges to close; the shipped one has")
        names = [b.name for b in bridges]
        name = arguments.get("bridge", names[len(names) // 2])
        if name not in names:
            raise InvalidInput(f"there is no bridge {name!r}; choose from {', '.join(names)}")
        self.closed[name] = bridges[names.index(name)]
        self._begin(f"close_bridge {name}", seconds)
        text = f"{name} is closed for {seconds / 60:.0f} min"
        self._world.tell("closure", text, bridge=name)
        self._world.streets.change()
        return text

    def _recover(self, arguments: Mapping[str, Any]) -> str:
        which = arguments.get("incident")
        kinds = ("rain", "surge_outage", "close_bridge")
        if which is not None and which not in kinds:
            raise InvalidInput(f"there is no incident {which!r}; choose from {', '.join(kinds)}")
        over = [n for n in self._until if which is None or n.split(" ", 1)[0] == which]
        for name in over:
            self._end(name)
        if not over:
            return "Nothing to end"
        return f"{len(over)} {'incident' if len(over) == 1 else 'incidents'} ended"

    def _begin(self, name: str, seconds: int) -> None:
        self._until[name] = self._world.now_s + seconds

    def _end(self, name: str) -> None:
        world = self._world
        del self._until[name]
        if name == "rain":
            self.raining = False
            world.streets.change()
            world.tell("recovered", "The rain is over")
        elif name == "surge_outage":
            world.surge.out = False
            world.tell("recovered", "Surge pricing works again")
        else:
            bridge = name.split(" ", 1)[1]
            del self.closed[bridge]
            world.streets.change()
            world.tell("recovered", f"{bridge} is open again")

    def _place(self, kind: str) -> Place:
        for place in self._world.city.places:
            if place.kind == kind:
                return place
        raise InvalidInput(f"{self._world.city.name} has no {kind}; the shipped city has one")

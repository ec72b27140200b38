"""The systems that the agent can run, as it needs to know them.

They are reached through their public names alone and loaded when first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

from engine.errors import InvalidInput
from engine.live.thread import Maker
from engine.params import Params


class Scenario(Protocol):
    """A named set of knobs, as every domain has them."""

    @property
    def label(self) -> str:
        """As shown."""

    @property
    def params(self) -> Any:
        """Its knobs."""


class Figure(Protocol):
    """A key figure, as every domain declares them."""

    @property
    def name(self) -> str:
        """Short machine name."""

    @property
    def label(self) -> str:
        """As shown."""

    @property
    def unit(self) -> str:
        """As shown behind the value."""

    @property
    def series(self) -> str:
        """Series that it is computed from."""

    @property
    def help(self) -> str:
        """One sentence."""


@dataclass(frozen=True, slots=True)
class Domain:
    """One system.

    Attributes:
        name: Short machine name; its page has the same address.
        title: As shown.
        agent: What moves in it.
        params: Its knobs.
        make: Makes a world of it.
        scenarios: Named starts; the first is the default one unless `standard` is among them.
        figures: Its key figures (name, label, unit, series).
        commands: What can be done to a running world.
        rate: Steps a second to start with.
    """

    name: str
    title: str
    agent: str
    params: type[Params]
    make: Maker
    scenarios: Mapping[str, Scenario]
    figures: tuple[Figure, ...]
    commands: tuple[str, ...]
    rate: float

    def scenario(self, name: str | None) -> tuple[str, Scenario]:
        """A scenario by name; the default one for None.

        Raises:
            InvalidInput: If there is no such scenario.
        """
        usual = "standard" if "standard" in self.scenarios else next(iter(self.scenarios))
        chosen = name or usual
        if chosen not in self.scenarios:
            raise InvalidInput(f"{self.title} has no scenario {chosen!r}; choose from "
                               f"{', '.join(self.scenarios)}")
        return chosen, self.scenarios[chosen]


_KNOWN: Final = {
    "warehouse": ("Warehouse", "robot", 10.0), "dispatch": ("Dispatch", "driver", 10.0)}


@cache
def domains() -> Mapping[str, Domain]:
    """The systems that are installed."""
    out = {}
    for name, (title, agent, rate) in _KNOWN.items():
        if find_spec(f"engine.{name}") is None:
            continue
        home = import_module(f"engine.{name}")
        out[name] = Domain(
            name, title, agent, getattr(home, f"{title}Params"),
            getattr(home, f"{title}Simulation"), home.SCENARIOS, tuple(home.KPIS),
            tuple(home.COMMANDS), rate)
    return out


def domain(name: str) -> Domain:
    """One system.

    Raises:
        InvalidInput: If there is none of that name.
    """
    known = domains()
    if name not in known:
        raise InvalidInput(f"there is no system {name!r}; choose from {', '.join(known)}")
    return known[name]

"""The systems that the agent can run, as it needs to know them.

They are reached through their public names alone and loaded when first used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

from engine.agent.house.cards import DRIVE_FIGURES, GO_FIGURES
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
class Start:
    """A `Scenario`."""

    label: str
    params: Any


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


@cache
def domains() -> Mapping[str, Domain]:
    """The systems that are installed."""
    return {name: _made(name) for name in _installed()}


def _warehouse() -> Domain:
    home = import_module("engine.warehouse")
    return Domain("warehouse", "Warehouse", "robot", home.WarehouseParams,
                  home.WarehouseSimulation, home.SCENARIOS, tuple(home.KPIS),
                  tuple(home.COMMANDS), 10.0)


def _dispatch() -> Domain:
    home = import_module("engine.dispatch")
    return Domain("dispatch", "Dispatch", "driver", home.DispatchParams, home.DispatchSimulation,
                  home.SCENARIOS, tuple(home.KPIS), tuple(home.COMMANDS), 10.0)


def _go() -> Domain:
    home = import_module("engine.go")
    return Domain("go", "Go", "point", home.GoParams, home.GoSimulation, home.SCENARIOS,
                  GO_FIGURES, tuple(home.COMMANDS), 200.0)


def _perception() -> Domain:
    """A drive has more knobs than its town; a scenario says nothing of those."""
    drive = import_module("engine.perception.live_params").DriveParams
    towns = import_module("engine.perception.scenarios").SCENARIOS
    scenarios = {name: Start(town.label, drive(**town.params.model_dump()))
                 for name, town in towns.items()}
    return Domain("perception", "Perception", "camera", drive,
                  import_module("engine.perception.simulation").PerceptionSimulation, scenarios,
                  DRIVE_FIGURES, tuple(import_module("engine.perception.live_commands").COMMANDS),
                  10.0)


def domain(name: str) -> Domain:
    """One system; the others are not loaded for it.

    Raises:
        InvalidInput: If there is none of that name.
    """
    known = _installed()
    if name not in known:
        raise InvalidInput(f"there is no system {name!r}; choose from {', '.join(known)}")
    return _made(name)


_MAKERS: Final[Mapping[str, Callable[[], Domain]]] = {
    "warehouse": _warehouse, "dispatch": _dispatch, "go": _go, "perception": _perception}


@cache
def _installed() -> tuple[str, ...]:
    return tuple(name for name in _MAKERS if find_spec(f"engine.{name}"))


@cache
def _made(name: str) -> Domain:
    return _MAKERS[name]()

"""The runs that a conversation may touch: those of its own session and those it started."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from engine.agent.house.domains import Domain, domain, domains
from engine.agent.house.outside import CHANGED
from engine.errors import InvalidInput, ModelUnavailable
from engine.live.registry import Registry, describe
from engine.live.run import Run
from engine.store import Store

PATIENCE_S: Final = 30.0


class House:
    """What the tools work on.

    Args:
        runs: The server's runs.
        store: Opens the metrics store.
        own: Tokens of the session's runs, asked for each time: a token is the key to a run, and
            a run whose key is not here is not touched, whatever it is called.
    """

    def __init__(self, runs: Registry, store: Callable[[], Store],
                 own: Callable[[], Iterable[str]] = tuple) -> None:
        self.runs = runs
        self._open_store = store
        self._own = own
        self.started: list[str] = []

    @property
    def store(self) -> Store:
        """The metrics store.

        Raises:
            StoreError: If it cannot be opened.
        """
        return self._open_store()

    def own_runs(self) -> list[Run]:
        """The session's living runs, oldest first."""
        tokens = {*self._own(), *self.started}
        return [run for run in self.runs.alive() if run.token in tokens]

    def overview(self) -> list[dict[str, Any]]:
        """Every living run in a few words; keys stay secret."""
        own = {run.token for run in self.own_runs()}
        return [{**describe(run), "rate": run.rate, "yours": run.token in own}
                for run in self.runs.alive()]

    def find(self, number: int | None, engine: str | None) -> Run:
        """The run that is meant: by number, else the system's newest, else the only one.

        Raises:
            InvalidInput: If none or several may be meant; says which there are.
        """
        runs = self.own_runs()
        if number is not None:
            for run in runs:
                if run.record.number == number:
                    return run
            if any(r.record.number == number for r in self.runs.alive()):
                raise InvalidInput(f"run {number} belongs to another window; open its page and ask "
                                   "from there")
            raise InvalidInput(f"run {number} is not running here; {self._there_is(runs)}")
        if engine is not None:
            name = domain(engine).name
            of_engine = [r for r in runs if r.domain == name]
            if not of_engine:
                raise InvalidInput(f"no {name} run is yours; start one first")
            return of_engine[-1]
        if len(runs) == 1:
            return runs[0]
        raise InvalidInput(f"say which run is meant: {self._there_is(runs)}" if runs else
                           "no run is yours yet; start one first")

    def start(self, of: Domain, scenario: str | None, settings: Mapping[str, Any],
              seed: int) -> Run:
        """Start a run under a key of its own.

        Raises:
            InvalidInput: If a setting is unknown or out of range.
            Infeasible: If no more runs are allowed, or the world cannot be built.
            ModelUnavailable: If its world is still being built after a while.
        """
        name, chosen = of.scenario(scenario)
        params = chosen.params.with_changes(**settings) if settings else chosen.params
        label = chosen.label if not settings else chosen.label + CHANGED
        run = self.runs.open(of.name, of.make, params, seed, rate=of.rate, recorder=self.store,
                             label=label)
        self.started.append(run.token)
        if not run.wait_started(PATIENCE_S):
            raise ModelUnavailable(f"the {name} world is still being built; ask again in a moment")
        if run.state == "crashed":
            self.runs.stop(run.token)
            raise InvalidInput(run.error)
        return run

    @staticmethod
    def _there_is(runs: list[Run]) -> str:
        if not runs:
            return "no run is yours"
        return "yours are " + ", ".join(
            f"{r.record.number} ({r.domain}, {r.state})" for r in runs)


def known_engines() -> tuple[str, ...]:
    """Names for schemas."""
    return tuple(domains())

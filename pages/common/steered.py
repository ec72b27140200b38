"""What the control row and the sliders need of what they steer: one run, or two side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from engine.live import Run
from engine.live.thread import State
from engine.params import Params
from pages.common.lockstep import in_step


class Steered(Protocol):
    """A run as its controls see it; `Run` is one."""

    @property
    def domain(self) -> str:
        """Name of the engine."""

    @property
    def token(self) -> str:
        """What a URL says to find this run."""

    @property
    def params(self) -> Params:
        """Values in force."""

    @property
    def pending(self) -> Params | None:
        """Values chosen that wait for a reset, or None."""

    @property
    def seed(self) -> int:
        """Seed in force."""

    @property
    def settings(self) -> int:
        """Grows with every change of parameters, seed or speed."""

    @property
    def state(self) -> State:
        """What it is doing."""

    @property
    def rate(self) -> float:
        """Wanted steps a second; 0 is as fast as it goes."""

    def set_running(self, running: bool) -> Future[None]:
        """Run or pause."""

    def single_step(self) -> None:
        """Make one step and stay paused."""

    def set_rate(self, rate: float) -> Future[None]:
        """Change the speed in steps a second."""

    def set_params(self, params: Params) -> tuple[str, ...]:
        """Take new values; returns the labels of the knobs that wait for a reset."""

    def reset(self, *, params: Params | None = None, seed: int | None = None,
              make: Callable[[Any, int], Any] | None = None, label: str | None = None,
              running: bool | None = None) -> Future[None]:
        """Begin again from step 0."""

    def command(self, name: str, arguments: dict[str, Any], timeout_s: float = 5.0) -> str:
        """Do something to the world now and say what happened."""


@dataclass(frozen=True)
class Pair:
    """Two runs of one domain under the same hand, which differ in a few values.

    Attributes:
        main: The page's own run: what the controls show.
        rival: The run beside it.
        own: Values that the rival keeps, whatever the controls say.
    """

    main: Run
    rival: Run
    own: dict[str, Any]

    @property
    def domain(self) -> str:
        """Name of the engine."""
        return self.main.domain

    @property
    def token(self) -> str:
        """Of the main run."""
        return self.main.token

    @property
    def params(self) -> Params:
        """Of the main run."""
        return self.main.params

    @property
    def pending(self) -> Params | None:
        """Of the main run."""
        return self.main.pending

    @property
    def seed(self) -> int:
        """Of both."""
        return self.main.seed

    @property
    def settings(self) -> int:
        """Of the main run."""
        return self.main.settings

    @property
    def state(self) -> State:
        """Of the main run."""
        return self.main.state

    @property
    def rate(self) -> float:
        """Of both."""
        return self.main.rate

    def set_running(self, running: bool) -> Future[None]:
        """Run or pause both."""
        return when_both(self.rival.set_running(running), self.main.set_running(running))

    def single_step(self) -> None:
        """One step of both."""
        self.rival.single_step()
        self.main.single_step()

    def set_rate(self, rate: float) -> Future[None]:
        """Change the speed of both."""
        return when_both(self.rival.set_rate(rate), self.main.set_rate(rate))

    def set_params(self, params: Params) -> tuple[str, ...]:
        """Give both the new values; the rival keeps its own."""
        self.rival.set_params(params.with_changes(**self.own))
        return self.main.set_params(params)

    def reset(self, *, params: Params | None = None, seed: int | None = None,
              make: Callable[[Any, int], Any] | None = None, label: str | None = None,
              running: bool | None = None) -> Future[None]:
        """Begin both again on the same seed, in step."""
        values = params or self.main.pending or self.main.params
        number = self.main.seed if seed is None else seed
        ours, theirs = in_step(make) if make else (None, None)
        return when_both(
            self.rival.reset(params=values.with_changes(**self.own), seed=number, make=theirs,
                             label=label, running=running),
            self.main.reset(params=values, seed=number, make=ours, label=label, running=running))

    def command(self, name: str, arguments: dict[str, Any], timeout_s: float = 5.0) -> str:
        """Do the same to both worlds; says what happened in the main one."""
        self.rival.command(name, arguments, timeout_s)
        return self.main.command(name, arguments, timeout_s)


def when_both(first: Future[None], second: Future[None]) -> Future[None]:
    """An answer that comes when both have come, with the first error if there is one."""
    both: Future[None] = Future()

    def settle(_: Future[None]) -> None:
        error = first.exception() or second.exception()
        if error is not None:
            both.set_exception(error)
        else:
            both.set_result(None)

    first.add_done_callback(lambda _: second.add_done_callback(settle))
    return both

"""What a runner can drive, and what it gets from it.

Shape letters: A agents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from engine.params import Params

Array = npt.NDArray[Any]


class Frame(NamedTuple):
    """Every agent at one step.

    xy: int16 [A, 2], (column, row) in cells, or in units of the scene's scale.
    state: uint8 [A], meaning declared by the scene.
    """

    xy: npt.NDArray[np.int16]
    state: npt.NDArray[np.uint8]


class Snapshot(NamedTuple):
    """A whole picture of a world that is not agents on a plane: a board, eight cameras.

    facts: JSON-able; what a browser draws or lays over the blobs.
    blobs: Opaque parts in the domain's own order, such as JPEG images; may be empty.
    """

    facts: Mapping[str, Any]
    blobs: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What does not move: sent once, drawn once.

    Attributes:
        facts: JSON-able description (domain, width, height, agents, stations, legend, …).
        arrays: Named static arrays, row-major over cells (uint8, int16 or float32).
    """

    facts: Mapping[str, Any]
    arrays: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth a mark on the timeline.

    Attributes:
        step: Step at which it happened.
        kind: Short machine name ("fault", "closure", "spike", "setting", …).
        text: One sentence for the person at the screen.
        data: JSON-able details.
    """

    step: int
    kind: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


class Points(NamedTuple):
    """Samples of one series since the last call.

    name: Series name, "group.quantity_unit".
    step: float64 [N], non-decreasing.
    value: float64 [N].
    """

    name: str
    step: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]


class Simulation(Protocol):
    """A world that a runner steps. One thread at a time calls it: the runner's.

    The same parameters, seed and schedule of `apply` and `command` calls give the same run, bit
    for bit.
    """

    @property
    def params(self) -> Params:
        """Values in force."""

    @property
    def step_count(self) -> int:
        """Steps made."""

    @property
    def step_s(self) -> float:
        """Simulated seconds a step."""

    def step(self) -> None:
        """Advance by one step."""

    def frame(self) -> Frame:
        """Agents after the last step; the arrays may be reused by the next step."""

    def scene(self) -> Scene:
        """The static picture; called at start and whenever `scene_version` changes."""

    @property
    def scene_version(self) -> int:
        """Grows when the static picture changes (an aisle closes, …)."""

    def layers(self) -> Mapping[str, Array]:
        """Slow pictures (heat, stock, queues, battery), read about once a second."""

    def status(self) -> Mapping[str, Any]:
        """JSON-able figures for legend and clock, read with every chunk; keep it cheap."""

    def summary(self) -> Mapping[str, Any]:
        """KPIs with their short series as the page shows them, read about once a second."""

    def apply(self, params: Params) -> None:
        """Take new values for live knobs.

        Raises:
            InvalidInput: If a knob that needs a reset differs.
        """

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Do something to the world now (break a robot, close an aisle); returns a sentence.

        Raises:
            InvalidInput: If the command or an argument is unknown.
        """

    def inspect(self, agent: int) -> Mapping[str, Any]:
        """JSON-able facts about one agent, as the inspector shows them.

        Raises:
            InvalidInput: If there is no such agent.
        """

    def drain_points(self) -> Sequence[Points]:
        """Samples since the last call."""

    def drain_events(self) -> Sequence[Event]:
        """Events since the last call."""

    def close(self) -> None:
        """Release threads and memory."""


@runtime_checkable
class SnapshotSource(Protocol):
    """What a `Simulation` adds when snapshots are its picture; its frames have no agents then."""

    def snapshot(self) -> Snapshot:
        """The present picture; asked for at most `SNAPSHOTS_PER_S` times a second.

        The same object as the last time says that nothing has changed, and is not sent again.
        """

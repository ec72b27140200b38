"""A vehicle of the fleet: one short drive in a town of its own, watched by several models.

The first model drives, or a human does (the world's own driver, by IDM); the other models see the
same pictures and plan without being obeyed, each with a planner and tracks of its own. The vehicle
has two of the rig's cameras, which show the way ahead and the neighbouring lanes, and perceives at
5 Hz, half of what the full car does: a thousand drives are to fit into an hour. Everything depends
on the job alone.

Shape letters: V views, H and W rows and columns, M models.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.perception import weather
from engine.perception.cameras import rig
from engine.perception.faults import FAULTS, Spoiler, sky_with
from engine.perception.fleet_eyes import Look, Watch
from engine.perception.fleet_truth import Things, labelled
from engine.perception.perceive import motion_between
from engine.perception.pipeline import Motion
from engine.perception.planner import Plan, Planner
from engine.perception.render import Rendered, Renderer
from engine.perception.runtime import Runtime
from engine.perception.scenarios import SCENARIOS
from engine.perception.scene import Scene
from engine.perception.score import Scorer, goal_of, true_ttc
from engine.perception.styles import STYLES
from engine.perception.truth import varied
from engine.perception.world import TICK_S, Snapshot, World

VIEWS: Final = (0, 2)
"""Cameras of a fleet vehicle: front and front wide."""
EVERY: Final = 2
"""Ticks of 0.1 s from one look to the next; the command is kept in between."""
FAR_M: Final = 10_000.0
"""No goal is reached: a drive ends by the clock."""


class Job(NamedTuple):
    """What one vehicle is sent out to do."""

    number: int
    seed: int
    scenario: str
    style: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Instant:
    """One look of a vehicle.

    Attributes:
        time: s.
        now: Of the world.
        seen: What was rendered, with its labels.
        images: uint8 [V, H, W, 3], what the cameras gave: spoilt where there is a fault.
        things: What is there to be found.
        looks: Of each model.
        scenes: What each model's planner was told.
        plans: Of each model; the first is obeyed unless a human drives.
        motion: The car's own since the last look.
        speeds: True speed at each tick since the last look, m/s, the last now.
        accels: True acceleration at the same ticks, m/s².
    """

    time: float
    now: Snapshot
    seen: Rendered
    images: npt.NDArray[np.uint8]
    things: Things
    looks: tuple[Look, ...]
    scenes: tuple[Scene, ...]
    plans: tuple[Plan, ...]
    motion: Motion
    speeds: tuple[float, ...]
    accels: tuple[float, ...]


def job_of(split: str, first_seed: int, number: int, fault_share: float = 0.0) -> Job:
    """Vehicle number k of a fleet.

    Args:
        split: Which styles it drives through: "train", "val" or "held-out".
        first_seed: Of the fleet; fleets with different ones share no town.
        number: Of the vehicle, ≥ 0.
        fault_share: Share of vehicles with a fault, in [0, 1].

    Raises:
        InvalidInput: If a value is out of range.
    """
    if split not in STYLES:
        raise InvalidInput(f"split is {split!r}; choose from {', '.join(STYLES)}")
    if first_seed < 0 or number < 0 or not 0.0 <= fault_share <= 1.0:
        raise InvalidInput(f"first seed {first_seed}, vehicle {number}, fault share "
                           f"{fault_share:g}: seed and vehicle must be 0 or more, the share "
                           "between 0 and 1")
    rng = np.random.default_rng([first_seed, number, 4242])
    names = sorted(SCENARIOS)
    scenario = names[number % len(names)]
    style = STYLES[split][int(rng.integers(len(STYLES[split])))]
    seed = int(rng.integers(2**62))
    faults = sorted(FAULTS)
    fault = faults[int(rng.integers(len(faults)))] if rng.random() < fault_share else None
    return Job(number, seed, scenario, style, fault)


class Drive:
    """One vehicle's drive; iterate over it once, then ask for its result.

    Args:
        job: What to do.
        runtimes: Networks, the driver's first.
        seconds: Length, ≥ 1.
        human: Whether a human drives and every model watches.

    Raises:
        InvalidInput: If there is no network, or the length is out of range.
    """

    def __init__(self, job: Job, runtimes: Sequence[Runtime], seconds: float, *,
                 human: bool = False) -> None:
        if not runtimes:
            raise InvalidInput("no network to drive by; give at least one")
        if not 1.0 <= seconds <= 120.0:
            raise InvalidInput(f"seconds is {seconds:g}; a drive takes 1 to 120 s")
        self.job = job
        self.world = world_of(job)
        self._human = human
        if not human:
            self.world.take_wheel()
        self.cameras = tuple(rig()[v] for v in VIEWS)
        self._ticks = round(seconds / TICK_S)
        self.watches = [Watch(r, self.cameras) for r in runtimes]
        self._planners = [Planner() for _ in runtimes]
        self._spoil = Spoiler(job.fault, np.random.default_rng([job.seed, 78]))
        self._accels: list[float] = []
        start = self.world.snapshot().route_s
        self._scorer = Scorer(self.world, goal_of(self.world, start, FAR_M), start)
        self._least_ttc = math.inf

    def __iter__(self) -> Iterator[Instant]:
        """Drive; each look comes before its command is carried out."""
        renderer = Renderer(self.world, self.cameras, numbers=VIEWS)
        before: Snapshot | None = None
        speeds: list[float] = []
        accels: list[float] = []
        for tick in range(self._ticks):
            if tick % EVERY == 0:
                now = self.world.snapshot()
                motion = motion_between(before, now)
                seen = renderer.render(now)
                images = self._spoil(seen.images)
                looks = tuple(w.look(images, motion) for w in self.watches)
                scenes = tuple(w.scene(self.world, look)
                               for w, look in zip(self.watches, looks, strict=True))
                plans = tuple(p.plan(s) for p, s in zip(self._planners, scenes, strict=True))
                yield Instant(now.time, now, seen, images, labelled(seen, now, self.world), looks,
                              scenes, plans, motion, (*speeds, now.ego[0]), (*accels, now.ego[2]))
                command, before = plans[0].command, now
                speeds, accels = [], []
            self.world.step(None if self._human else command)
            self._watch()
            if self._scorer.done:
                return
            if (tick + 1) % EVERY:
                speeds.append(self.world.ego.speed)
                accels.append(self.world.ego.accel)

    def result(self) -> dict[str, Any]:
        """JSON-able: infractions, interventions, comfort, jerk in m/s³ (root mean square)."""
        facts = self._scorer.result()
        accel = np.array(self._accels)
        jerk = np.diff(accel) / TICK_S
        return {
            "interventions": facts["interventions"],
            "infractions": [i["what"] for i in facts["infractions"]],
            "comfort": facts["comfort"], "distance_m": facts["distance_m"],
            "jerk": round(float(np.sqrt((jerk * jerk).mean())), 4) if len(jerk) else 0.0,
            "least_ttc_s": None if math.isinf(self._least_ttc) else round(self._least_ttc, 2),
        }

    def _watch(self) -> None:
        ttc = true_ttc(self.world)
        self._least_ttc = min(self._least_ttc, ttc)
        self._scorer.watch(self.world.snapshot().route_s, ttc)
        self._accels.append(self.world.ego.accel)


def world_of(job: Job) -> World:
    """The town of a job."""
    rng = np.random.default_rng([job.seed, 91, sorted(SCENARIOS).index(job.scenario)])
    kinds = SCENARIOS[job.scenario].weather
    sky = sky_with(job.fault, weather.drawn(kinds[int(rng.integers(len(kinds)))], rng), rng)
    params = varied(job.scenario, rng).with_changes(style=job.style, weather=sky.name)
    return World(params, job.seed, sky)

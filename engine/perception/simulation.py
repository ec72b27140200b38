"""A closed-loop drive as the runner drives it: one step is one tick of 0.1 s.

Eight cameras are rendered, the network sees, tracks are kept and forecast, the planner decides and
the car moves. When a drive is over, the next begins in another town of the same settings.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any, Final

import numpy as np

from engine.errors import InvalidInput
from engine.live.simulation import Array, Event, Frame, Points, Scene, Snapshot
from engine.params import Params
from engine.perception import live_triggers, models, picture, weather
from engine.perception.announce import Announcer
from engine.perception.cameras import VIEWS
from engine.perception.drawn import Tick, drawn
from engine.perception.drive import LONGEST_S, ROUTE_M
from engine.perception.driver import Wheel, blind, safe_stop
from engine.perception.forecast_run import ForecastRuntime
from engine.perception.live_clip import keep
from engine.perception.live_commands import COMMANDS
from engine.perception.live_explain import Explainer
from engine.perception.live_eyes import LiveEyes, Look
from engine.perception.live_params import DriveParams
from engine.perception.live_quality import SAMPLE_TICKS, Quality
from engine.perception.planner import Plan, Planner
from engine.perception.runtime import load_runtime
from engine.perception.scene import from_world
from engine.perception.score import Scorer, goal_of, true_ttc
from engine.perception.summary import cards
from engine.perception.telemetry import Telemetry
from engine.perception.vehicle import Command
from engine.perception.world import TICK_S, World

KEPT_LOOKS: Final = 12
"""Instants whose pictures can still be explained."""
REST_TICKS: Final = 20
"""Ticks for which the end of a drive stays on the screen."""
HARD_BRAKE: Final = -4.0
LOOP_TICKS: Final = 10
WEATHER: Final = ("weather", "sun_height_deg", "visibility_m", "rain_mm_h")
VIEW_NAMES: Final = tuple(v.replace("_", " ") for v in VIEWS)


class PerceptionSimulation:
    """Drives through one town after another; implements `Simulation` and `SnapshotSource`.

    Attributes:
        step_s: Seconds a step.
        drive_number: Counts from 1.
        wheel: The hands of a person.
        quality: Of the network in this drive.
        triggers: Of the fleet, watching this drive.
        scorer: Of this drive.
        telemetry: Series for the store and the page.
        ttc: True time to collision after the last tick, s.
        tick: What the last tick left behind; None before the first of a drive.
        announcer: What is said of the decisions.
        lost: Step at which each lost camera was lost, by its number.
        rest: Ticks that the end of a drive is still shown.
    """

    step_s: float = TICK_S

    def __init__(self, params: DriveParams | None = None, seed: int = 0) -> None:
        """Open the network and build the first town.

        Raises:
            InvalidInput: If the seed is negative or the weights cannot be used.
            ModelUnavailable: If no weights are there.
        """
        if seed < 0:
            raise InvalidInput(f"seed is {seed}; it must be 0 or more")
        self.params: DriveParams = params or DriveParams()
        self.seed = seed
        self.step_count = 0
        self.telemetry = Telemetry()
        self.wheel = Wheel()
        self.problem = ""
        self.finished: list[dict[str, Any]] = []
        self.model = models.DEFAULT if models.DEFAULT in models.networks() else next(
            iter(models.networks()), models.DEFAULT)
        self.eyes = LiveEyes(load_runtime(models.find(self.model)),
                             ForecastRuntime(models.FORECAST), seed)
        self.explainer = Explainer()
        self._fitted = live_triggers.fitted()
        self._events: list[Event] = []
        self._before_accel = 0.0
        self._road: tuple[int, Array] | None = None
        self._loop: deque[float] = deque(maxlen=LOOP_TICKS)
        self._looks: deque[tuple[int, Look]] = deque(maxlen=KEPT_LOOKS)
        self.lost: dict[int, int] = {}
        self._revision = 0
        self._snapshot: tuple[tuple[int, int, int], Snapshot] | None = None
        self.drive_number = 0
        self._begin()

    def _begin(self) -> None:
        """A town of its own for each drive."""
        self.drive_number += 1
        seed = self.seed + 7919 * (self.drive_number - 1)
        self.world = World(self.params, seed, weather.from_params(self.params))
        self.world.take_wheel()
        self.planner = Planner(self.params.weights())
        start = self.world.snapshot().route_s
        self.scorer = Scorer(self.world, goal_of(self.world, start, ROUTE_M), start)
        self.quality = Quality(self.world)
        self.triggers = live_triggers.LiveTriggers(self.eyes.cameras, self._fitted)
        self.ttc = math.inf
        self.shapes = self.world.shapes()
        self.tick: Tick | None = None
        self.announcer = Announcer()
        self.jerk = 0.0
        self.rest = 0
        self._infractions = 0
        self._looks.clear()
        self.explainer.forget()

    @property
    def shown(self) -> Look | None:
        """The last instant that was seen."""
        return None if self.tick is None else self.tick.look

    @property
    def loop_ms(self) -> float:
        """Wall time of a tick, mean of the last second; 0 before the first."""
        return sum(self._loop) / len(self._loop) if self._loop else 0.0

    def step(self) -> None:
        """Look, decide, move."""
        self.step_count += 1
        if self.rest:
            self.rest -= 1
            if self.rest == 0:
                self._begin()
            else:
                return
        begun = perf_counter()
        look = self.eyes.look(self.world, self.params)
        clock = perf_counter()
        privileged = self.params.sees == "truth"
        plan = self.planner.plan(from_world(self.world) if privileged else look.scene)
        asked = self._asked(look, plan)
        plan_ms = (perf_counter() - clock) * 1e3
        before = self.world.ego.accel
        self.world.step(asked)
        move_ms = (perf_counter() - clock) * 1e3 - plan_ms
        self.jerk = (self.world.ego.accel - before) / TICK_S
        self._loop.append((perf_counter() - begun) * 1e3)
        times = {**look.times_ms, "plan": plan_ms, "control": move_ms}
        self.tick = Tick(self.step_count, look, plan, asked, times)
        self._looks.append((self.step_count, look))
        self._watch(look, plan, asked, times)

    def _asked(self, look: Look, plan: Plan) -> Command:
        """What is asked of the car, and by whom."""
        if self.wheel.forgotten(self.step_count):
            self.wheel.let_go()
            self._note("wheel", "No key for a while: the car drives itself again")
        if self.wheel.taken:
            return self.wheel.command(look.scene.speed)
        if self.params.sees == "network" and blind(self.eyes.working):
            return safe_stop(look.scene)
        return plan.command

    def _watch(self, look: Look, plan: Plan, asked: Command, times: Mapping[str, float]) -> None:
        """Score, measure, and note what is worth a mark."""
        self.ttc = true_ttc(self.world)
        self.scorer.watch(self.world.snapshot().route_s, self.ttc)
        self.announcer.hear(plan.decision, self.step_count)
        assert self.announcer.said is not None, "what is heard first is said"
        for _, what in self.scorer.infractions[self._infractions:]:
            self._note("infraction", f"Infraction: {what}")
        self._infractions = len(self.scorer.infractions)
        if asked.accel <= HARD_BRAKE < self._before_accel:
            self._note("brake", f"Hard braking: {plan.decision.why}")
        self._before_accel = asked.accel
        for fired in self.triggers.step(self.step_count, look):
            happened = self.step_count - round((look.now.time - fired.time) / TICK_S)
            self._events.append(Event(happened, "trigger", live_triggers.said(fired)))
        speed = 3.6 * look.now.ego[0]
        self.telemetry.tick(self.step_count, speed, self.params.target_kmh, self.ttc,
                            "manual" if self.wheel.taken else self.announcer.said.state)
        if self.step_count % SAMPLE_TICKS == 0:
            self.quality.sample(look)
            self._sample(look, times)
        if self.scorer.done or self.scorer.ticks * TICK_S >= LONGEST_S:
            self._end("arrived" if self.scorer.completion >= 1.0 else "stuck")

    def _sample(self, look: Look, times: Mapping[str, float]) -> None:
        result = self.scorer.result()
        confident = [t.score for t in look.seen.tracks]
        self.telemetry.sample(self.step_count, {
            "drive.speed_kmh": 3.6 * look.now.ego[0], "drive.ttc_s": min(self.ttc, 60.0),
            "drive.score": result["driving_score"],
            "drive.completion_percent": 100.0 * result["completion"],
            "drive.comfort_percent": 100.0 * result["comfort"],
            "drive.infractions": float(len(self.scorer.infractions)),
            "drive.interventions": float(result["interventions"]),
            "drive.jerk_mps3": self.jerk,
            "network.ap50": self.quality.ap50, "network.abs_rel": self.quality.abs_rel,
            "network.tracks": float(len(look.seen.tracks)),
            "network.confidence": float(np.mean(confident)) if confident else None,
            "latency.loop_ms": self.loop_ms,
            **{f"latency.{name}_ms": value for name, value in times.items()}})

    def _end(self, how: str) -> None:
        result = self.scorer.result()
        self.finished.append({"drive": self.drive_number, **result})
        self._note("arrived" if how == "arrived" else "stuck",
                   f"Drive {self.drive_number} {how}: driving score {result['driving_score']:.1f}, "
                   f"{100 * result['completion']:.0f} % of the way")
        self.rest = REST_TICKS

    def next_drive(self, how: str) -> None:
        """End the drive now and begin another."""
        result = self.scorer.result()
        self.finished.append({"drive": self.drive_number, **result})
        self._begin()
        self._note("drive", f"Drive {self.drive_number} begins, {how}")
        self._changed()

    def switch_camera(self, view: int, on: bool) -> str:
        """Let a camera fail, or mend it."""
        self.eyes.working[view] = on
        if on:
            self.lost.pop(view, None)
        else:
            self.lost.setdefault(view, self.step_count)
        said = f"The {VIEW_NAMES[view]} camera {'works again' if on else 'is lost'}"
        self._note("camera", said)
        self._changed()
        return said

    def use_model(self, name: str) -> str:
        """See with another network; one that cannot be used is refused and the drive goes on.

        Raises:
            InvalidInput: If there is none of that name, or its file is of another kind.
            ModelUnavailable: If the file is gone.
        """
        self.eyes.use(load_runtime(models.find(name)))
        self.model = name
        self._note("model", f"The network is now {name}")
        self._changed()
        return f"Seeing with {name}"

    def take_over(self, on: bool) -> str:
        """Give the wheel to a person, or to the planner."""
        if on:
            self.wheel.taken, self.wheel.heard = True, self.step_count
            said = "You have the wheel"
        else:
            self.wheel.let_go()
            said = "The car drives itself"
        self._note("wheel", said)
        self._changed()
        return said

    def explain(self, view: int, box: int, step: int) -> str:
        """Begin to explain a box of a recent picture.

        Raises:
            InvalidInput: If the picture is gone, or there is no such box, or one is under way.
        """
        look = next((k for s, k in reversed(self._looks) if s <= step), None)
        found = None if look is None else look.seen.found[view]
        if look is None or found is None:
            raise InvalidInput("that picture is no longer kept; pause the drive and choose a box")
        if box >= len(found.scores):
            raise InvalidInput(f"there is no box {box} in that picture; it has "
                               f"{len(found.scores)}")
        if self.explainer.busy:
            raise InvalidInput("one explanation is being worked out; wait for it")
        x0, y0, x1, y1 = (float(b) for b in found.boxes[box])
        self.explainer.ask(models.find(self.model), look.images[view], self.eyes.cameras[view],
                            view, (x0, y0, x1, y1), int(found.classes[box]), step)
        return "Working out what the network looked at"

    def keep(self) -> str:
        """Keep the last moments as a clip.

        Raises:
            InvalidInput: If nothing was seen yet.
        """
        p = self.params
        said = keep(list(self._looks), f"drive-{self.seed}-{self.drive_number}-{self.step_count}", {
            "why": "kept by hand", "scenario": p.scenario, "style": p.style, "weather": p.weather})
        self._note("kept", "Kept for the data engine")
        return said

    def forget_explanation(self) -> None:
        """Put the explanation away."""
        self.explainer.forget()

    def snapshot(self) -> Snapshot:
        """The present picture; unchanged while nothing happens."""
        shown = self.tick.step if self.tick is not None else -1
        key = (shown, self._revision, self.explainer.version)
        if self._snapshot is None or self._snapshot[0] != key:
            self._snapshot = (key, drawn(self))
        return self._snapshot[1]

    def frame(self) -> Frame:
        """No agents: the picture is a snapshot."""
        return Frame(np.zeros((0, 2), np.int16), np.zeros(0, np.uint8))

    def scene(self) -> Scene:
        """What the page must know before the first snapshot."""
        height, width = self.eyes.cameras[0].height, self.eyes.cameras[0].width
        return Scene({"domain": "perception", "width": width, "height": height, "agents": 0,
                      "step_s": self.step_s, "views": picture.camera_facts(self.eyes.cameras),
                      "classes": picture.class_names(), "depth_m": picture.DEPTH_M})

    @property
    def scene_version(self) -> int:
        """Nothing static ever changes."""
        return 0

    def layers(self) -> Mapping[str, Array]:
        """The town's lines, see `picture.road_layer`."""
        if self._road is None or self._road[0] != self.drive_number:
            self._road = (self.drive_number, picture.road_layer(self.world))
        return {"road": self._road[1]}

    def status(self) -> Mapping[str, Any]:
        """What is going on, for the headline."""
        if self.rest:
            doing = "Arrived" if self.scorer.completion >= 1.0 else "Stuck"
        elif self.wheel.taken:
            doing = "You drive"
        else:
            doing = "Driving by the truth" if self.params.sees == "truth" else "Driving"
        cameras = int(self.eyes.working.sum())
        return {"doing": f"{doing} · {cameras} cameras", "drive": self.drive_number}

    def summary(self) -> Mapping[str, Any]:
        """The cards and the last minutes."""
        return {"kpis": cards(self), "minute": self.telemetry.minute(),
                "past": self.telemetry.past(), "finished": self.finished[-20:]}

    def apply(self, params: Params) -> None:
        """Take new values for live knobs.

        Raises:
            InvalidInput: If a knob that needs a reset differs.
        """
        assert isinstance(params, DriveParams)
        waiting = params.needs_reset(self.params)
        if waiting:
            raise InvalidInput(f"{', '.join(waiting)} cannot change in a drive; begin a new one")
        changed = params.changed_from(self.params)
        self.params = self.world.params = params
        self.planner.weights = params.weights()
        if any(name in WEATHER for name in changed):
            self.world.weather = weather.from_params(params)
            self.eyes.new_light()
        self._changed()

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Do something to the drive; see `live_commands.COMMANDS`.

        Raises:
            EngineError: If the command or an argument cannot be; the drive goes on.
        """
        if name not in COMMANDS:
            raise InvalidInput(f"there is no command {name[:40]!r}; choose from "
                               f"{', '.join(COMMANDS)}")
        return COMMANDS[name].run(self, arguments)

    def inspect(self, agent: int) -> Mapping[str, Any]:
        """A drive has no agents.

        Raises:
            InvalidInput: Always.
        """
        raise InvalidInput(f"there is no agent {agent}: a drive has tracks; look at the snapshot")

    def drain_points(self) -> Sequence[Points]:
        """Samples since the last call."""
        return self.telemetry.drain()

    def drain_events(self) -> Sequence[Event]:
        """Events since the last call."""
        out, self._events = self._events, []
        return out

    def close(self) -> None:
        """Release pictures and networks."""
        self.explainer.forget()
        self._looks.clear()

    def _note(self, kind: str, text: str) -> None:
        self._events.append(Event(self.step_count, kind, text))

    def _changed(self) -> None:
        self._revision += 1

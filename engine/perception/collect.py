"""The data engine's first half: vehicles drive, triggers fire, clips are kept.

Half of the vehicles are driven by production and half by a human while production watches: a
network that brakes for phantoms gives hard braking, a human gets close enough to be cut in on. A
share is sent out with a fault of `faults`. What the triggers should have caught is known from the
world, so that every collection also measures them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.params import Params, knob
from engine.perception import triggers
from engine.perception.cache import Shard
from engine.perception.calibration import canonical_scale, ground_plane
from engine.perception.cameras import Camera
from engine.perception.clips import Clip, ClipStore
from engine.perception.fields import sigmoid
from engine.perception.fleet import VIEWS, Drive, Instant, Job, job_of
from engine.perception.fleet_pool import each, interrupts
from engine.perception.labels import View, label_view
from engine.perception.ledger import Ledger
from engine.perception.ood import Familiar, statistics
from engine.perception.runtime import Runtime, load_runtime
from engine.perception.sensing import HINDSIGHT, STRANGE_LOOKS, Given, Sensing, Sight, Signals
from engine.perception.trigger_truth import Truth
from engine.perception.triggers import TRIGGERS, Fired, Fitted, Record, Triggers
from engine.perception.truth import FUTURES, PASTS, label
from engine.perception.world import World

ODOMETRY_MPS: Final = 0.04
"""Standard deviation of a wheel speed."""
BEFORE: Final = 2
AFTER: Final = 2
"""Looks kept before and after the one at which a trigger fired; at most `HINDSIGHT` after it."""
KNOWN: Final = 400
"""Pictures that are known to the trigger for strange ones, at most."""
HUMAN_EVERY: Final = 8


class CollectParams(Params):
    """Which vehicles collect, and how much is kept."""

    vehicles: int = knob(40, "Vehicles", "Simulated vehicles, each in a town of its own.", low=1,
                         high=100_000, step=10, group="Fleet", live=False)
    seconds: float = knob(8.0, "Length", "Length of each drive.", low=2.0, high=60.0, step=1.0,
                          unit="s", group="Fleet", live=False)
    first_seed: int = knob(60_000, "Seed", "Of the fleet's towns.", low=0, high=2**31, step=1,
                           group="Fleet", live=False)
    fault_percent: float = knob(30.0, "Faults", "Share of the vehicles with a camera fault or a "
                                "sky beyond any trained on.", low=0.0, high=100.0, step=5.0,
                                unit="%", group="Fleet", live=False)
    quota_mb: int = knob(256, "Quota", "Most that all clips may take.", low=1, high=100_000,
                         step=16, unit="MB", group="Clips", live=False)


class Task(NamedTuple):
    """One vehicle's drive."""

    job: Job
    seconds: float
    human: bool
    fitted: Fitted | None


@dataclass(frozen=True, slots=True)
class Collected:
    """What one vehicle brings back.

    Attributes:
        row: JSON-able facts.
        clips: Of its triggers.
        record: Signals and truth at each look.
        known: float64 [T, S], statistics of its front pictures.
        fault: What was wrong with it.
    """

    row: dict[str, Any]
    clips: tuple[Clip, ...]
    record: Record
    known: npt.NDArray[np.float64]
    fault: str | None


def run(folder: Path, params: CollectParams, production: Path, candidate: Path,
        store: ClipStore | None = None, split: str = "held-out", processes: int = 1,
        ) -> dict[str, Any]:
    """Collect clips with the shipped triggers; goes on where a run in this folder stopped.

    Args:
        folder: For `rows.jsonl` and `facts.json`.
        params: Which vehicles.
        production: Network that drives.
        candidate: Network beside it.
        store: Where clips go; `folder/clips` when None.
        split: Styles the vehicles drive through.
        processes: Vehicles at the same time.

    Returns:
        JSON-able: clips kept by trigger, and the triggers' quality.

    Raises:
        InvalidInput: If weights or the folder cannot be used.
        ModelUnavailable: If weights or the fitted triggers are missing.
    """
    fitted = triggers.load()
    kept = store or ClipStore(folder / "clips", params.quota_mb * 2**20)
    recipe = {"kind": "collect", "params": params.model_dump(), "production": production.name,
              "candidate": candidate.name, "split": split}
    with interrupts() as stopped, Ledger(folder, recipe) as ledger:
        done = {int(r["number"]) for r in ledger.rows}
        wanted = (task_of(split, params, k, fitted) for k in range(params.vehicles)
                  if k not in done)
        begun = perf_counter()
        facts = _facts(ledger.rows, params, kept, 0.0)
        for count, back in enumerate(each(drive_vehicle, wanted, (production, candidate),
                                          processes), 1):
            added = sum(kept.add(clip) for clip in back.clips)
            ledger.add({**back.row, "kept": added})
            facts = _facts(ledger.rows, params, kept, 60.0 * count / (perf_counter() - begun))
            ledger.state(facts)
            if stopped:
                break
    return {**recipe, **facts}


def fit(params: CollectParams, production: Path, candidate: Path, shards: Sequence[Shard],
        processes: int = 1) -> Fitted:
    """Fit the triggers on vehicles in the styles of training.

    Args:
        params: Which vehicles.
        production: Network that drives.
        candidate: Network beside it.
        shards: Cache of the training split: the pictures that are known.
        processes: Vehicles at the same time.

    Raises:
        InvalidInput: If weights cannot be used.
        ModelUnavailable: If weights are missing.
    """
    known = known_pictures(shards, load_runtime(production))
    wanted = (task_of("val", params, k, None) for k in range(params.vehicles))
    backs = list(each(drive_vehicle, wanted, (production, candidate), processes))
    return fitted_to(backs, Familiar(known), {
        "split": "val", "production": production.name, "candidate": candidate.name,
        **params.model_dump()})


def known_pictures(shards: Sequence[Shard], runtime: Runtime) -> npt.NDArray[np.float64]:
    """Statistics of front pictures evenly over a cache, float64 [R, S]."""
    front = [(s, int(i)) for s in shards for i in np.flatnonzero(s.view == VIEWS[0])]
    chosen = [front[k] for k in np.linspace(0, len(front) - 1, min(KNOWN, len(front))).astype(
        np.int64)]
    found = []
    for shard, i in chosen:
        out = runtime.run(shard.images[i][None], shard.plane[i][None])
        found.append(statistics(np.asarray(shard.images[i]), out.depth[0, 1],
                                sigmoid(out.masks[0, 0, ::2, ::2])))
    return np.array(found)


def fitted_to(backs: Sequence[Collected], familiar: Familiar, facts: dict[str, Any]) -> Fitted:
    """Triggers fitted to what vehicles brought back, with the quality on those very vehicles."""
    records = with_strangeness(backs, familiar)
    fitted = triggers.fit(records, familiar, {**facts, "vehicles": len(backs)})
    quality = triggers.measure([triggers.judged(r, fitted.judge) for r in records],
                               fitted.thresholds)
    return replace(fitted, facts={**fitted.facts, "fit": quality})


def with_strangeness(backs: Sequence[Collected], familiar: Familiar) -> list[Record]:
    """Records with the signal that needs known pictures."""
    return [b.record._replace(scores={**b.record.scores, "out of distribution": smoothed(
        np.array([familiar.strangeness(s)[0] for s in b.known]))}) for b in backs]


def smoothed(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Running median over `STRANGE_LOOKS` on either side, as `sensing.Sensing` has it."""
    return np.array([np.median(values[max(0, k - STRANGE_LOOKS):k + STRANGE_LOOKS + 1])
                     for k in range(len(values))])


def task_of(split: str, params: CollectParams, number: int, fitted: Fitted | None) -> Task:
    """What vehicle number k is sent out to do."""
    job = job_of(split, params.first_seed, number, params.fault_percent / 100.0)
    return Task(job, params.seconds, (number // HUMAN_EVERY) % 2 == 0, fitted)


def drive_vehicle(task: Task, runtimes: Sequence[Runtime]) -> Collected:
    """Drive one vehicle and keep what its triggers ask for."""
    drive = Drive(task.job, runtimes, task.seconds, human=task.human)
    truth = Truth(task.job, drive.world)
    fitted = task.fitted
    sensing = Sensing(drive.cameras, fitted.familiar if fitted else None,
                      fitted.judge if fitted else None)
    firing = Triggers(fitted) if fitted else None
    keeper = _Keeper(task.job, drive.world, drive.cameras)
    noise = np.random.default_rng([task.job.seed, 80])
    signals: list[Signals] = []
    right: list[frozenset[str]] = []
    known = []
    fired: list[Fired] = []

    def tell(moments: Iterator[Signals]) -> None:
        for moment in moments:
            signals.append(moment)
            new = firing.step(moment) if firing is not None else []
            fired.extend(new)
            keeper.cut(moment.time, new)

    for instant in drive:
        look = instant.looks[0]
        known.append(statistics(instant.images[0], look.depth[0, 1], look.road[0]))
        right.append(truth.step(instant))
        keeper.step(instant)
        tell(sensing.step(Given(
            instant.time, tuple(v + ODOMETRY_MPS * noise.standard_normal() for v in instant.speeds),
            [Sight(q.found, q.tracks) for q in instant.looks], look.depth[0], known[-1],
            instant.scenes[0].route)))
    tell(sensing.finish())
    record = Record(
        np.array([s.time for s in signals]),
        {n: np.array([getattr(s, i.signal) for s in signals]) for n, i in TRIGGERS.items()},
        {n: np.array([n in names for names in right]) for n in TRIGGERS},
        tuple(s.apart for s in signals))
    counts = {} if fitted is None else {
        n: list(triggers.count(record, n, fitted.thresholds[n])) for n in TRIGGERS}
    row = {
        "number": task.job.number, "seed": task.job.seed, "scenario": task.job.scenario,
        "style": task.job.style, "fault": task.job.fault, "human": task.human,
        "looks": len(signals), "counts": counts,
        "fired": [{"trigger": f.name, "time_s": round(f.time, 1), "score": round(f.score, 4),
                   "value": round(f.value, 4), "why": f.why} for f in fired],
    }
    return Collected(row, tuple(keeper.clips), record, np.array(known), task.job.fault)


class _Keeper:
    """Holds the last looks, and makes clips of those around a moment at which triggers fired.

    Attributes:
        clips: Made so far; those at the beginning and the end of a drive are shorter.
    """

    def __init__(self, job: Job, world: World, cameras: Sequence[Camera]) -> None:
        self.clips: list[Clip] = []
        self._job, self._world, self._cameras = job, world, tuple(cameras)
        self._last: deque[Instant] = deque(maxlen=BEFORE + 1 + HINDSIGHT)

    def step(self, instant: Instant) -> None:
        """Take the next look."""
        self._last.append(instant)

    def cut(self, time: float, fired: Sequence[Fired]) -> None:
        """Keep what fired at a moment that is still remembered."""
        looks = list(self._last)
        now = [i.time for i in looks].index(time)
        for f in fired:
            self.clips.append(self._clip(f, looks[max(0, now - BEFORE):now + AFTER + 1]))

    def _clip(self, fired: Fired, looks: Sequence[Instant]) -> Clip:
        name = f"v{self._job.seed % 10**8:08d}-{round(10 * fired.time):04d}-" + (
            fired.name.replace(" ", "-"))
        return Clip(
            name, fired.name, round(fired.value, 4),
            {"scenario": self._job.scenario, "style": self._job.style, "fault": self._job.fault,
             "vehicle": self._job.number, "seed": self._job.seed, "time_s": round(fired.time, 1),
             "why": fired.why, "score": round(fired.score, 4)},
            [i.images for i in looks],
            [v for i in looks for v in reviewed(self._world, i, self._cameras)])


def reviewed(world: World, instant: Instant, cameras: tuple[Camera, ...]) -> list[View]:
    """The labels a person would give a look's pictures: those of the world."""
    views = tuple(range(len(cameras)))
    window = [instant.now] * (PASTS + FUTURES)  # `label_view` reads neither past nor future
    sample = label(world, instant.seen, window, world.shapes(), cameras, views,
                   {"visibility_m": world.weather.visibility_m})
    made = (label_view(sample, v, v) for v in views)
    return [View(instant.images[v], ground_plane(cameras[v]), canonical_scale(cameras[v]),
                 m.depth, m.mask, m.boxes) for v, m in enumerate(made)]


def _facts(rows: Sequence[dict[str, Any]], params: CollectParams, store: ClipStore, rate: float,
           ) -> dict[str, Any]:
    sums = {n: np.sum([r["counts"][n] for r in rows], axis=0) if rows else np.zeros(4, np.int64)
            for n in TRIGGERS}
    each_one = {n: triggers.quality(c) for n, c in sums.items()}
    known = [q["f1"] for q in each_one.values() if q["f1"] is not None]
    return {
        "of": params.vehicles, "vehicles": len(rows), "vehicles_a_minute": round(rate, 2),
        "clips": len(store.clips()), "bytes": store.size, "quota": store.quota,
        "kept": sum(int(r["kept"]) for r in rows), "triggers": each_one,
        "together": triggers.quality(np.sum(list(sums.values()), axis=0)),
        "mean_f1": round(float(np.mean(known)), 4) if known else None,
    }

"""Arrival estimates of every leg driven: predicted when it begins, judged when it ends.

A leg is a way to a rider or to a rider's destination, from the moment the car moves. Legs that were
called off or led around a closure are not judged. The model learns from the legs that ended, and is
trained anew when it has drifted or is old (see `eta`).

Predictions are made in one go every 30 s for the legs begun since, from what was known when each
began, and before anything that ended meanwhile is learned: the same as if made one by one.

Shape letters: K legs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.eta import Estimate, EtaModel, EtaMonitor, Report, Trips, features, train
from engine.dispatch.metrics import SAMPLE_STEPS
from engine.dispatch.movement_kernels import ahead
from engine.errors import Infeasible

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Float32 = npt.NDArray[np.float32]

FIRST_LEGS: Final = 1500
"""Legs before the first training."""
_KEPT_LEGS: Final = 8000
_KEPT_TRAININGS: Final = 100
_RETRY_LEGS: Final = 500
_HORIZON: Final = 12_000
_SHORTEST_S: Final = 10.0


@dataclass(slots=True, eq=False)
class _Leg:
    """A leg under way; what is known of it when it begins, and later how it went."""

    origin: int
    target: int
    routed_s: float
    length_m: float
    arcs: int
    began_s: float
    rain: bool
    ended_s: float = float("nan")
    row: Float32 | None = None
    given: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Training:
    """One training.

    Attributes:
        step: When.
        why: "first", "drifted" or "old".
        before_mae_s: Error of the model before it on its latest legs; NaN for the first.
        report: How the new one did on legs later than those it was fitted on.
    """

    step: int
    why: str
    before_mae_s: float
    report: Report


class Arrivals:
    """Follows the legs of all drivers.

    Attributes:
        monitor: The model at work, or None before the first training.
        trained: Trainings so far.
        trainings: The latest of them, oldest first.
    """

    def __init__(self, world: DispatchSimulation) -> None:
        self._world = world
        self.monitor: EtaMonitor | None = None
        self.trained = 0
        self.trainings: deque[Training] = deque(maxlen=_KEPT_TRAININGS)
        self._legs: dict[int, _Leg] = {}
        self._begun: list[_Leg] = []
        self._ended: list[_Leg] = []
        self._past: deque[_Leg] = deque(maxlen=_KEPT_LEGS)
        self._due_at = FIRST_LEGS
        self._seen = 0
        self._s = np.empty(1, np.float32)
        self._m = np.empty(1, np.float32)

    @property
    def legs_to_training(self) -> int:
        """Legs that must still end before the first training; 0 after it."""
        return 0 if self.trained else max(0, self._due_at - self._seen)

    @property
    def report(self) -> Report | None:
        """How the model did on later trips when it was trained; None before."""
        return None if self.monitor is None else self.monitor.model.report

    def begin(self, driver: int) -> None:
        """A driver has been sent on a leg."""
        world = self._world
        v, roads = world.fleet.vehicles, world.streets.roads
        ahead(roads, v, world.streets.drive_s, np.array([driver], np.int32), self._s, self._m)
        arcs = int(v.end[driver])
        origin = int(roads.head[v.arc[driver]])
        target = int(roads.head[v.route[driver, arcs - 1]]) if arcs else origin
        # the driver's own pace is not known to the router: the plan is that of an average car
        routed_s = float(self._s[0] / v.pace[driver])
        leg = _Leg(origin, target, routed_s, float(self._m[0]), arcs,
                   max(world.now_s, float(v.ready_s[driver])),
                   world.incidents.raining)
        self._legs[driver] = leg
        if routed_s >= _SHORTEST_S:
            self._begun.append(leg)

    def end(self, driver: int, time_s: float) -> None:
        """The leg has come to its stop."""
        leg = self._legs.pop(driver, None)
        if leg is not None and leg.routed_s >= _SHORTEST_S and time_s > leg.began_s:
            leg.ended_s = time_s
            self._ended.append(leg)

    def drop(self, driver: int) -> None:
        """The leg was called off or changed."""
        self._legs.pop(driver, None)

    def estimate(self, driver: int) -> tuple[float, float, float] | None:
        """Seconds of the day at which the driver is expected: low, median, high; None unknown."""
        leg = self._legs.get(driver)
        if leg is None or leg.given is None:
            return None
        low, median, high = leg.given
        return leg.began_s + low, leg.began_s + median, leg.began_s + high

    def tick(self, step: int) -> None:
        """Predict, judge, learn: every `SAMPLE_STEPS`."""
        if step % SAMPLE_STEPS:
            return
        begun, self._begun = self._begun, []
        ended, self._ended = self._ended, []
        self._describe(begun)
        self._predict(begun)
        self._judge(ended)
        self._past.extend(ended)
        self._seen += len(ended)
        if self._seen >= self._due_at and (self.monitor is None or self.monitor.due):
            self._train()

    # ---- private ------------------------------------------------------------------------------

    def _describe(self, legs: list[_Leg]) -> None:
        if not legs:
            return
        rows = features(
            self._world.city.network,
            np.array([g.origin for g in legs], np.int32),
            np.array([g.target for g in legs], np.int32),
            routed_s=np.array([g.routed_s for g in legs], np.float32),
            length_m=np.array([g.length_m for g in legs], np.float32),
            arcs=np.array([g.arcs for g in legs], np.int32),
            start_s=np.array([g.began_s for g in legs]),
            rain=np.array([g.rain for g in legs], np.bool_))
        for leg, row in zip(legs, rows, strict=True):
            leg.row = row

    def _predict(self, legs: list[_Leg]) -> None:
        if self.monitor is None or not legs:
            return
        given = self.monitor.predict(_rows(legs), _routed(legs))
        for leg, *three in zip(legs, given.low.tolist(), given.median.tolist(),
                               given.high.tolist(), strict=True):
            leg.given = (three[0], three[1], three[2])

    def _judge(self, ended: list[_Leg]) -> None:
        known = [g for g in ended if g.given is not None]
        if self.monitor is None or not known:
            return
        given = np.array([g.given for g in known], np.float32)
        actual = _actual(known)
        self.monitor.observe(_rows(known), _routed(known),
                             Estimate(given[:, 0], given[:, 1], given[:, 2]), actual)
        add, step = self._world.recorder.add, self._world.step_count
        for leg, (low, median, high), took in zip(known, given.tolist(), actual.tolist(),
                                                  strict=True):
            add("eta.error_s", step, abs(took - median))
            add("eta.routed_error_s", step, abs(took - leg.routed_s))
            add("eta.covered_percent", step, 100.0 * (low <= took <= high))

    def _train(self) -> None:
        world = self._world
        past = list(self._past)
        try:
            model = train(Trips(_rows(past), _routed(past), _actual(past),
                                np.array([g.began_s for g in past])), world.seed)
        except Infeasible:
            # the legs do not split by time yet: some more of them first
            self._due_at = self._seen + _RETRY_LEGS
            return
        self._install(model)

    def _install(self, model: EtaModel) -> None:
        world = self._world
        old, report = self.monitor, model.report
        why = "first" if old is None else "drifted" if old.drifted else "old"
        before = float("nan") if old is None else old.mae_s
        self.trainings.append(Training(world.step_count, why, before, report))
        self.monitor = EtaMonitor(model, horizon=_HORIZON)
        self.trained += 1
        world.tell(
            "retrained",
            f"Arrival model {'trained' if old is None else 'retrained (' + why + ')'}: mean "
            f"error {report.mae_s:.0f} s against {report.routed_mae_s:.0f} s of the routed time, "
            f"80 % band holds {report.coverage:.0%}",
            mae_s=report.mae_s, routed_mae_s=report.routed_mae_s, coverage=report.coverage,
            importance=dict(report.importance))


def _rows(legs: list[_Leg]) -> Float32:
    return np.array([g.row for g in legs], np.float32)


def _routed(legs: list[_Leg]) -> Float32:
    return np.array([g.routed_s for g in legs], np.float32)


def _actual(legs: list[_Leg]) -> Float32:
    return np.array([g.ended_s - g.began_s for g in legs], np.float32)

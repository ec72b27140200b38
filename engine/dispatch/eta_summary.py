"""What the page shows of the arrival model: its error and band as legs end, drift, trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.arrival import Training
from engine.dispatch.eta import Report

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Float64 = npt.NDArray[np.float64]

_SLOT_STEPS: Final = 150
"""Five minutes of legs a point."""


class EtaData(NamedTuple):
    """The model at work; P points over time.

    over_time: float64 [P] each: step, mean error in seconds, that of the routed time, percent
        within the band.
    report: How it did on later legs when it was trained; None before the first training.
    mae_s: Mean error over the latest legs; NaN before the first.
    coverage: Share of these within the band given for them.
    drift: `mae_s` as a multiple of the report's.
    seen, horizon: Legs judged, and after how many the model is old.
    to_first: Legs that must still end before the first training.
    trainings: Oldest first.
    """

    over_time: tuple[Float64, Float64, Float64, Float64]
    report: Report | None
    mae_s: float
    coverage: float
    drift: float
    seen: int
    horizon: int
    to_first: int
    trainings: tuple[Training, ...]


def eta_data(world: DispatchSimulation) -> EtaData:
    """The arrival model of a running city."""
    arrivals, monitor = world.arrivals, world.arrivals.monitor
    nan = float("nan")
    now = (nan, nan, nan, 0, 0) if monitor is None else (
        monitor.mae_s, monitor.coverage, monitor.drift, monitor.seen, monitor.horizon)
    return EtaData(_over_time(world), arrivals.report, *now, arrivals.legs_to_training,
                   tuple(arrivals.trainings))


def _over_time(world: DispatchSimulation) -> tuple[Float64, Float64, Float64, Float64]:
    names = ("eta.error_s", "eta.routed_error_s", "eta.covered_percent")
    rows = [world.recorder.window(n, -1.0, world.step_count) for n in names]
    if not len(rows[0]):
        none = np.zeros(0)
        return none, none, none, none
    slot = (rows[0][:, 0] // _SLOT_STEPS).astype(np.int64)
    first = np.concatenate([[0], np.flatnonzero(np.diff(slot)) + 1])
    many = np.diff(np.append(first, len(slot)))
    mean = [np.add.reduceat(r[:, 1], first) / many for r in rows]
    step = (slot[first] + 1.0) * _SLOT_STEPS
    return (np.minimum(step, world.step_count), mean[0], mean[1], mean[2])

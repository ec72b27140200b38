"""Shadow mode: a candidate network beside production over a fleet, and what it would have changed.

In each vehicle production drives and the candidate plans on the same pictures unobeyed. That shows
where the two disagree, but not what the candidate would have done to the drive: for this the same
vehicle is driven again, in the same town with the same seeds, by the candidate (common random
numbers). Every vehicle in which production needed an intervention is driven again, and a random
share of the others, each of which then counts for the ones it was drawn from (Horvitz and Thompson
1952, doi:10.1080/01621459.1952.10483446), so that interventions the candidate adds are counted as
fairly as those it avoids. Intervals: paired bootstrap over vehicles (Efron and Tibshirani 1993).

A network beside itself differs in nothing, to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.params import Params, knob
from engine.perception.fleet import Drive, Instant, Job, job_of
from engine.perception.fleet_pool import each, interrupts
from engine.perception.fleet_truth import mistakes
from engine.perception.ledger import Ledger
from engine.perception.perceive import LEAST_SCORE
from engine.perception.runtime import Runtime

ACCEL_APART: Final = 1.0
"""Commands that differ by more than this, m/s², disagree."""
LOOK_S: Final = 0.2
RESAMPLES: Final = 2000
_BY_LOOK: Final = ("false_positives", "missed")


class ShadowParams(Params):
    """Which vehicles are sent out."""

    vehicles: int = knob(200, "Vehicles", "Simulated vehicles, each in a town of its own.",
                         low=2, high=100_000, step=10, group="Fleet", live=False)
    seconds: float = knob(6.0, "Length", "Length of each drive.", low=1.0, high=60.0, step=1.0,
                          unit="s", group="Fleet", live=False)
    first_seed: int = knob(40_000, "Seed", "Of the fleet's towns.", low=0, high=2**31, step=1,
                           group="Fleet", live=False)
    rerun_percent: float = knob(
        15.0, "Driven again", "Share of the vehicles without an intervention that the candidate "
        "drives as well; all with one are.", low=1.0, high=100.0, step=1.0, unit="%",
        group="Fleet", live=False)


class Task(NamedTuple):
    """One vehicle's drive, and whether it is driven again though nothing happened."""

    job: Job
    seconds: float
    chosen: bool
    share: float


def run(folder: Path, params: ShadowParams, production: Path, candidate: Path,
        processes: int = 1) -> dict[str, Any]:
    """Send a fleet out; goes on where a run in this folder stopped.

    Args:
        folder: For `rows.jsonl` and `facts.json`.
        params: Which vehicles.
        production: Network that drives.
        candidate: Network beside it.
        processes: Vehicles at the same time.

    Returns:
        JSON-able: `summary` of the vehicles driven, with the rate of this call.

    Raises:
        InvalidInput: If weights or the folder cannot be used.
        ModelUnavailable: If weights are missing.
    """
    recipe = {"kind": "shadow", "params": params.model_dump(), "production": production.name,
              "candidate": candidate.name}
    with interrupts() as stopped, Ledger(folder, recipe) as ledger:
        done = {int(r["number"]) for r in ledger.rows}
        tasks = (_task(params, k) for k in range(params.vehicles) if k not in done)
        begun = perf_counter()
        facts = _facts(ledger.rows, params, 0.0)
        rows = each(drive_vehicle, tasks, (production, candidate), processes)
        for count, row in enumerate(rows, 1):
            ledger.add(row)
            facts = _facts(ledger.rows, params, 60.0 * count / (perf_counter() - begun))
            ledger.state(facts)
            if stopped:
                break
    return {**recipe, "processes": processes, **facts}


def drive_vehicle(task: Task, runtimes: Sequence[Runtime]) -> dict[str, Any]:
    """Drive one vehicle, and again where it is to be; a row, JSON-able."""
    production, candidate = runtimes
    drive = Drive(task.job, (production, candidate), task.seconds)
    looks = disagreed = 0
    apart = 0
    false = np.zeros(2)
    missed = np.zeros(2)
    wanted: list[tuple[float, ...]] = []
    for instant in drive:
        looks += 1
        wrong = [mistakes(look.found, instant.things, LEAST_SCORE) for look in instant.looks]
        false += [len(w.phantoms) for w in wrong]
        missed += [len(w.missed) for w in wrong]
        apart += len(wrong[0].found ^ wrong[1].found)
        disagreed += _disagree(instant)
        wanted.append(tuple(p.command.accel for p in instant.plans))
    result = drive.result()
    again = None
    if result["interventions"] or task.chosen:
        rerun = Drive(task.job, (candidate,), task.seconds)
        for _ in rerun:
            pass
        again = rerun.result()
    return {
        "number": task.job.number, "seed": task.job.seed, "scenario": task.job.scenario,
        "style": task.job.style, "looks": looks, "disagreements": disagreed,
        "seen_by_one": apart, "false_positives": [int(n) for n in false],
        "missed": [int(n) for n in missed],
        "plan_jerk": [round(float(j), 6) for j in _jerk(wanted)],
        "production": result, "candidate": again,
        "weight": 0.0 if again is None else 1.0 if result["interventions"] else 1.0 / task.share,
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Figures of a fleet, each with the candidate's difference and its 95 % interval.

    Args:
        rows: Of `drive_vehicle`, in any order.

    Returns:
        JSON-able. `false_positives`, `missed`, `plan_jerk`, `jerk`, `interventions` hold
        production, candidate, difference (candidate − production) and interval;
        `interventions_avoided` and `interventions_added` are of a thousand vehicles.
    """
    rows = sorted(rows, key=lambda r: r["number"])
    if not rows:
        return {"vehicles": 0}
    looks = np.array([r["looks"] for r in rows], np.float64)
    weight = np.array([r["weight"] for r in rows])
    before = np.array([r["production"]["interventions"] for r in rows], np.float64)
    after = np.array([r["candidate"]["interventions"] if r["candidate"] else 0 for r in rows],
                     np.float64)
    rough = np.array([[r["production"]["jerk"], r["candidate"]["jerk"]] if r["candidate"]
                      else [0.0, 0.0] for r in rows])
    draws = np.random.default_rng(len(rows)).integers(len(rows), size=(RESAMPLES, len(rows)))
    facts: dict[str, Any] = {
        "vehicles": len(rows), "looks": int(looks.sum()),
        "driven_again": int((weight > 0).sum()),
        "disagreements_percent": _ratio(np.array([r["disagreements"] for r in rows]), looks, draws,
                                        100.0),
        "seen_by_one_a_look": _ratio(np.array([r["seen_by_one"] for r in rows]), looks, draws),
    }
    for name in _BY_LOOK:
        facts[name] = _paired(np.array([r[name] for r in rows], np.float64), looks, draws)
    planned = np.array([r["plan_jerk"] for r in rows], np.float64)
    facts["plan_jerk"] = _paired(planned, np.ones(len(rows)), draws)
    facts["jerk"] = _paired(rough * weight[:, None], weight, draws)
    many = 1000.0 * weight
    facts["interventions"] = _paired(
        np.stack([before * 1000.0, (before + weight * (after - before)) * 1000.0], axis=1),
        np.ones(len(rows)), draws)
    facts["interventions_avoided"] = _ratio(many * np.maximum(before - after, 0.0),
                                            np.ones(len(rows)), draws)
    facts["interventions_added"] = _ratio(many * np.maximum(after - before, 0.0),
                                          np.ones(len(rows)), draws)
    return facts


def _task(params: ShadowParams, number: int) -> Task:
    job = job_of("held-out", params.first_seed, number)
    share = params.rerun_percent / 100.0
    chosen = bool(np.random.default_rng([job.seed, 79]).random() < share)
    return Task(job, params.seconds, chosen, share)


def _facts(rows: Sequence[dict[str, Any]], params: ShadowParams, rate: float) -> dict[str, Any]:
    return {"of": params.vehicles, "vehicles_a_minute": round(rate, 2), **summary(rows)}


def _disagree(instant: Instant) -> bool:
    """Whether the planners mean to do different things."""
    ours, theirs = instant.plans
    return (ours.decision.state != theirs.decision.state
            or abs(ours.command.accel - theirs.command.accel) > ACCEL_APART)


def _jerk(wanted: Sequence[tuple[float, ...]]) -> npt.NDArray[np.float64]:
    """Root mean square change of the commanded acceleration of each model, m/s³."""
    if len(wanted) < 2:
        return np.zeros(2)
    change = np.diff(np.array(wanted), axis=0) / LOOK_S
    return np.asarray(np.sqrt((change * change).mean(axis=0)))


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[np.float64], draws: npt.NDArray[np.int64],
           scale: float = 1.0) -> dict[str, Any]:
    """Sum over sum, with the interval over resampled vehicles."""
    values = part[draws].sum(axis=1) / np.maximum(whole[draws].sum(axis=1), 1e-9)
    low, high = np.quantile(values, (0.025, 0.975)) * scale
    value = scale * part.sum() / max(float(whole.sum()), 1e-9)
    return {"value": _round(value), "interval": [_round(low), _round(high)]}


def _paired(pair: npt.NDArray[np.float64], whole: npt.NDArray[np.float64],
            draws: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Both models' ratios and the difference with its interval; pair float64 [n, 2]."""
    total = max(float(whole.sum()), 1e-9)
    ours, theirs = (float(c) / total for c in pair.sum(axis=0))
    apart = _ratio(pair[:, 1] - pair[:, 0], whole, draws)
    return {"production": _round(ours), "candidate": _round(theirs),
            "difference": apart["value"], "interval": apart["interval"]}


def _round(x: float) -> float:
    return round(float(x), 4)

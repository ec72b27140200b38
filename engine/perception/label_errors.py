"""How far labels are from the truth: those made while driving against those made afterwards.

Both are compared on the same things at the same looks, so that neither gains by leaving out what is
hard; how much each labels at all is told beside it.

Shape letters: N labels, A actors.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from engine.params import Params, knob
from engine.perception.autolabel import label_drive
from engine.perception.bev import FAMILY
from engine.perception.bodies import CONE
from engine.perception.fleet import Drive, Instant, Job, job_of
from engine.perception.fleet_pool import each, interrupts
from engine.perception.fleet_truth import Things
from engine.perception.ledger import Ledger
from engine.perception.runtime import Runtime
from engine.perception.second_look import look_twice
from engine.perception.world import World

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

FARTHEST_M: Final = 50.0
AROUND_M: Final = 60.0
GATE_M: Final = 3.0
GATE_SHARE: Final = 0.12
"""A label this far from a thing, m and share of its distance, is still of it."""
RESAMPLES: Final = 2000


class LabelParams(Params):
    """Which vehicles are labelled."""

    vehicles: int = knob(12, "Vehicles", "Simulated vehicles, each in a town of its own.", low=1,
                         high=100_000, step=4, group="Fleet", live=False)
    seconds: float = knob(6.0, "Length", "Length of each drive.", low=2.0, high=60.0, step=1.0,
                          unit="s", group="Fleet", live=False)
    first_seed: int = knob(70_000, "Seed", "Of the fleet's towns.", low=0, high=2**31, step=1,
                           group="Fleet", live=False)


class Task(NamedTuple):
    """One vehicle's drive."""

    job: Job
    seconds: float


def run(folder: Path, params: LabelParams, network: Path,
        online: Path | None = None, processes: int = 1) -> dict[str, Any]:
    """Measure over a fleet; goes on where a run in this folder stopped.

    Args:
        folder: For `rows.jsonl` and `facts.json`.
        params: Which vehicles.
        network: That labels.
        online: That the car has aboard; the same when None.
        processes: Vehicles at the same time.

    Raises:
        InvalidInput: If weights or the folder cannot be used.
        ModelUnavailable: If weights are missing.
    """
    online = online or network
    recipe = {"kind": "autolabel", "params": params.model_dump(), "network": network.name,
              "online": online.name}
    with interrupts() as stopped, Ledger(folder, recipe) as ledger:
        done = {int(r["number"]) for r in ledger.rows}
        tasks = (Task(job_of("held-out", params.first_seed, k), params.seconds)
                 for k in range(params.vehicles) if k not in done)
        facts = {"of": params.vehicles, **summary(ledger.rows)}
        for row in each(drive_vehicle, tasks, (online, network), processes):
            ledger.add(row)
            facts = {"of": params.vehicles, **summary(ledger.rows)}
            ledger.state(facts)
            if stopped:
                break
    return {**recipe, **facts}


def drive_vehicle(task: Task, runtimes: Sequence[Runtime]) -> dict[str, Any]:
    """Drive one vehicle by a human, label it both ways; a row, JSON-able.

    Args:
        task: What to drive.
        runtimes: The network aboard, and the one that labels.
    """
    aboard, labeller = runtimes
    drive = Drive(task.job, (aboard,), task.seconds, human=True)
    objects, motions, online, there, wanted = [], [], [], [], []
    for instant in drive:
        objects.append(look_twice(labeller, drive.cameras, instant.images))
        motions.append(instant.motion)
        tracks = instant.looks[0].tracks
        online.append(_near(np.array([t.state[:2] for t in tracks]).reshape(-1, 2),
                            np.array([t.kind for t in tracks], np.int64)))
        there.append(everyone(instant, drive.world))
        wanted.append(_wanted(instant.things))
    offline = [_near(q.place, q.kind) for q in label_drive(objects, motions)]
    ours = [matched(*a, b) for a, b in zip(online, there, strict=True)]
    theirs = [matched(*a, b) for a, b in zip(offline, there, strict=True)]
    both = [(a[n], b[n]) for a, b in zip(ours, theirs, strict=True) for n in a.keys() & b.keys()]
    return {
        "number": task.job.number, "seed": task.job.seed, "scenario": task.job.scenario,
        "style": task.job.style, "both": len(both), "wanted": sum(map(len, wanted)),
        "online_error_m": float(sum(a for a, _ in both)),
        "offline_error_m": float(sum(b for _, b in both)),
        "online_labels": sum(len(a) for a, _ in online),
        "offline_labels": sum(len(a) for a, _ in offline),
        "online_right": sum(len(a) for a in ours), "offline_right": sum(len(b) for b in theirs),
        "online_found": sum(len(a.keys() & w) for a, w in zip(ours, wanted, strict=True)),
        "offline_found": sum(len(b.keys() & w) for b, w in zip(theirs, wanted, strict=True)),
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean errors of both, the change with its 95 % interval over vehicles (paired bootstrap)."""
    rows = sorted(rows, key=lambda r: r["number"])
    total = {k: float(sum(r[k] for r in rows)) for r in rows[:1] for k in r
             if isinstance(r[k], int | float) and k not in ("number", "seed")}
    if not rows or not total["both"]:
        return {"vehicles": len(rows), "pairs": 0}
    ours = np.array([r["online_error_m"] for r in rows])
    theirs = np.array([r["offline_error_m"] for r in rows])
    draws = np.random.default_rng(len(rows)).integers(len(rows), size=(RESAMPLES, len(rows)))
    change = 100.0 * (theirs[draws].sum(axis=1) / np.maximum(ours[draws].sum(axis=1), 1e-9) - 1.0)
    low, high = np.quantile(change, (0.025, 0.975))
    facts: dict[str, Any] = {
        "vehicles": len(rows), "pairs": int(total["both"]),
        "online_error_m": round(total["online_error_m"] / total["both"], 4),
        "offline_error_m": round(total["offline_error_m"] / total["both"], 4),
        "change_percent": round(100.0 * float(theirs.sum() / ours.sum() - 1.0), 2),
        "interval": [round(float(low), 2), round(float(high), 2)],
    }
    for side in ("online", "offline"):
        facts[f"{side}_recall"] = round(total[f"{side}_found"] / max(total["wanted"], 1.0), 4)
        facts[f"{side}_precision"] = round(
            total[f"{side}_right"] / max(total[f"{side}_labels"], 1.0), 4)
    return facts


class Everyone(NamedTuple):
    """Who is around the car, in sight or not. A actors.

    actor: int64 [A]. place: float64 [A, 2], middle, ego frame, m. kind: int64 [A].
    """

    actor: Int64
    place: Float64
    kind: Int64


def everyone(instant: Instant, world: World) -> Everyone:
    """Road users and cones within `AROUND_M`."""
    shapes = world.shapes()
    place = ((instant.now.state[:, :3] - instant.now.origin) @ instant.now.axes.T)[:, :2]
    kind = np.array([shapes[int(n)][0] for n in instant.now.id], np.int64)
    near = (np.hypot(*place.T) <= AROUND_M) & (kind <= CONE)
    return Everyone(instant.now.id[near].astype(np.int64), place[near], kind[near])


def matched(place: Float64, kind: Int64, there: Everyone) -> dict[int, float]:
    """Distance from each actor that is labelled to its label, m; by actor.

    Args:
        place: float64 [N, 2], ego frame.
        kind: int64 [N].
        there: Who is around.
    """
    if not len(there.actor) or not len(place):
        return {}
    away = np.linalg.norm(place[:, None] - there.place[None], axis=2)
    gate = GATE_M + GATE_SHARE * np.hypot(*there.place.T)
    away[(away > gate[None]) | (FAMILY[kind][:, None] != FAMILY[there.kind][None])] = 1e6
    rows, columns = linear_sum_assignment(away)
    return {int(there.actor[c]): float(away[r, c]) for r, c in zip(rows, columns, strict=True)
            if away[r, c] < 1e6}


def _near(place: Float64, kind: Int64) -> tuple[Float64, Int64]:
    """Labels that are near enough to count."""
    keep = (np.hypot(*place.T) <= FARTHEST_M) & (kind <= CONE)
    return place[keep], kind[keep]


def _wanted(things: Things) -> set[int]:
    """Actors that must be found, near enough to count."""
    near = np.hypot(*things.place.T) <= FARTHEST_M
    return {int(a) for a in things.actor[things.must & near]}

"""The data engine's second half: rounds of retraining on what was collected, and the gain of each.

A round collects clips with the newest network, adds them to those of earlier rounds, trains on them
beside pictures of the training split, so that nothing is forgotten, and scores the network on
pictures that stay the same through all rounds. Each stage leaves a file, so that a round that was
killed goes on where it was.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.live.files import replace
from engine.params import Params, knob
from engine.perception import cache, collect
from engine.perception.calibration import numbers
from engine.perception.cameras import rig
from engine.perception.clips import ClipStore
from engine.perception.collect import CollectParams
from engine.perception.fleet import VIEWS
from engine.perception.labels import BOX, View
from engine.perception.ledger import Ledger
from engine.perception.runtime import load_runtime
from engine.perception.train_params import TrainingParams

MEASURES: Final = ("ap50", "ap75", "lane_f1", "drivable_miou", "abs_rel", "delta1")


class RoundParams(Params):
    """How much a round collects and learns."""

    rounds: int = knob(2, "Rounds", "Collect and retrain so often.", low=1, high=50, step=1,
                       group="Rounds", live=False)
    vehicles: int = knob(24, "Vehicles", "Vehicles that collect each round.", low=1, high=10_000,
                         step=8, group="Rounds", live=False)
    seconds: float = knob(8.0, "Length", "Length of each drive.", low=2.0, high=60.0, step=1.0,
                          unit="s", group="Rounds", live=False)
    base_pictures: int = knob(512, "Known pictures", "Pictures of the training split that are "
                              "learnt beside the clips.", low=8, high=1_000_000, step=64,
                              group="Rounds", live=False)
    held_out_pictures: int = knob(256, "Scored on", "Pictures of the held-out split, the same in "
                                  "every round.", low=8, high=100_000, step=64, group="Rounds",
                                  live=False)
    steps: int = knob(120, "Steps", "Optimiser steps a round.", low=1, high=100_000, step=20,
                      group="Training", live=False)
    batch: int = knob(8, "Batch", "Pictures a step.", low=1, high=256, step=1, group="Training",
                      live=False)
    rate: float = knob(5e-4, "Learning rate", "Highest learning rate.", low=1e-6, high=0.1,
                       step=1e-4, group="Training", live=False)
    seed: int = knob(1, "Seed", "Of vehicles, pictures and order.", low=0, high=2**31, step=1,
                     group="Rounds", live=False)


def run(folder: Path, params: RoundParams, start: Path, base: Path | None = None,
        held_out: Path | None = None, processes: int = 1) -> dict[str, Any]:
    """Do rounds; goes on where a run in this folder stopped.

    Args:
        folder: Of the run: clips, caches, networks, `rows.jsonl` with a line a round.
        params: How much.
        start: Network to begin with.
        base: Cache of the training split; rendered when None.
        held_out: Cache to score on; rendered when None.
        processes: Vehicles at the same time.

    Returns:
        JSON-able: the rounds.

    Raises:
        InvalidInput: If the folder or the caches cannot be used.
        ModelUnavailable: If weights or the fitted triggers are missing.
    """
    from engine.perception.evaluate import evaluate, spread

    recipe = {"kind": "round", "params": params.model_dump(exclude={"rounds"}),
              "start": start.name}
    with Ledger(folder, recipe) as ledger:
        if base is None:
            base = folder / "base"
            cache.fill(base, "train", params.base_pictures, params.seed)
        if held_out is None:
            held_out = folder / "held-out"
            cache.fill(held_out, "held-out", params.held_out_pictures, params.seed)
        scored = spread(cache.open_cache(held_out), params.held_out_pictures)
        first = folder / "first.json"
        if not first.exists():
            replace(first, json.dumps(evaluate(scored, load_runtime(start))).encode())
        before = json.loads(first.read_text("utf-8"))
        newest = start
        for row in ledger.rows:
            before, newest = row["after"], folder / row["network"]
        for number in range(len(ledger.rows), params.rounds):
            ledger.state(_facts(ledger.rows, params, f"round {number + 1} collects"))
            store = ClipStore(folder / "clips")
            collected = collect.run(
                folder / f"collect-{number}", CollectParams(
                    vehicles=params.vehicles, seconds=params.seconds,
                    first_seed=80_000 + 1000 * params.seed + number), newest, start, store,
                "train", processes)
            pictures = write_shard(store, folder / "learn" / "shard-90000")
            ledger.state(_facts(ledger.rows, params, f"round {number + 1} trains"))
            network = _train(folder, number, params, base, newest)
            after = evaluate(scored, load_runtime(network))
            ledger.add({
                "round": number + 1, "clips": len(store.clips()), "kept": collected["kept"],
                "pictures": pictures, "network": str(network.relative_to(folder)),
                "before": before, "after": after, "gain": _gain(before, after),
                "triggers": collected["together"]})
            before, newest = after, network
        facts = _facts(ledger.rows, params, "done")
        ledger.state(facts)
    return {**recipe, **facts, "each": ledger.rows}


def write_shard(store: ClipStore, folder: Path) -> int:
    """Labelled clips as a shard that training reads; replaces one that was there.

    Returns:
        Pictures in it.

    Raises:
        InvalidInput: If no clip is labelled.
    """
    labelled = [(v, view) for facts in sorted(store.clips(), key=lambda c: c.id) if facts.labelled
                for v, view in store.views(facts.id)]
    if not labelled:
        raise InvalidInput("no labelled clip to learn from; collect with more vehicles")
    part = folder.with_name("part-" + folder.name)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name, array in _arrays(labelled).items():
        np.save(part / f"{name}.npy", array, allow_pickle=False)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return len(labelled)


def _arrays(labelled: Sequence[tuple[int, View]]) -> dict[str, npt.NDArray[Any]]:
    views = [v for _, v in labelled]
    cameras = [rig()[VIEWS[v]] for v, _ in labelled]
    return {
        "images": np.stack([v.image for v in views]), "depth": np.stack([v.depth for v in views]),
        "mask": np.stack([v.mask for v in views]), "plane": np.stack([v.plane for v in views]),
        "scale": np.array([v.scale for v in views], np.float32),
        "camera": np.stack([numbers(c) for c in cameras]),
        "view": np.array([VIEWS[v] for v, _ in labelled], np.int8),
        "frame": np.arange(len(views), dtype=np.int32),
        "boxes": np.concatenate([v.boxes for v in views] or [np.zeros(0, BOX)]),
        "first": np.cumsum([0] + [len(v.boxes) for v in views]).astype(np.int64),
        # lines are learnt from the mask; their polylines are only for scoring
        "lines": np.zeros((0, 3), np.float32), "line_type": np.zeros(0, np.int8),
        "line_first": np.array([[0, -1]], np.int64),
    }


def _train(folder: Path, number: int, params: RoundParams, base: Path, start: Path) -> Path:
    """Train one round on clips and base pictures together; the network's path."""
    from engine.perception.checkpoint import load_network
    from engine.perception.train_run import train

    learn = folder / "learn"
    for shard in sorted(base.resolve().glob("shard-*")):
        link = learn / shard.name
        if not link.exists():
            link.symlink_to(shard)
    out = folder / f"train-{number}"
    knobs = TrainingParams(size=load_network(start).size, steps=params.steps, batch=params.batch,
                           rate=params.rate, warm_up=max(1, params.steps // 10),
                           weighting="fixed", average=0.95)
    last = out / "last.safetensors"
    card = json.loads(last.with_suffix(".json").read_text("utf-8")) if last.exists() else {}
    if card.get("trained", {}).get("steps") != params.steps:
        train(learn, learn, out, knobs, params.seed + number, start)
    return last


def _gain(before: dict[str, Any], after: dict[str, Any]) -> dict[str, float | None]:
    """After − before of each measure; None where one is unknown."""
    return {m: None if before[m] is None or after[m] is None else round(after[m] - before[m], 4)
            for m in MEASURES}


def _facts(rows: Sequence[dict[str, Any]], params: RoundParams, phase: str) -> dict[str, Any]:
    return {"of": params.rounds, "rounds": len(rows), "phase": phase,
            "gains": [r["gain"] for r in rows], "done": len(rows) >= params.rounds}

"""A training run on disk: metrics line by line, states to resume from, weights worth keeping.

A folder holds `metrics.jsonl`, `state.safetensors` (resume), `last.safetensors` and
`best.safetensors` (moving average, with card and ONNX), best by the sum of the validation
measures. Lines are appended to `metrics.jsonl` for whoever shows or stores them: the store's
database has one writing process, and this is another.
"""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import torch

from engine.errors import InvalidInput
from engine.perception.cache import open_cache
from engine.perception.checkpoint import load_network, save_network
from engine.perception.dataset import Dataset
from engine.perception.evaluate import evaluate, spread
from engine.perception.runtime import TorchRuntime, export
from engine.perception.train_params import TrainingParams
from engine.perception.training import Trainer

LOG_STEPS: Final = 10
SAVE_STEPS: Final = 60
VAL_STEPS: Final = 500
VAL_PICTURES: Final = 256

_log = logging.getLogger(__name__)


def train(cache: Path, val: Path, out: Path, params: TrainingParams, seed: int,
          start: Path | None = None, stop_after: int | None = None) -> dict[str, Any]:
    """Train until the last step, an interrupt, or `stop_after` steps of this call.

    Goes on from the state in `out` if there is one.

    Args:
        cache: Cache of the train split.
        val: Cache to validate on.
        out: Folder of the run.
        params: Knobs.
        seed: Of weights, order and augmentation.
        start: Weights to begin a new run with.
        stop_after: Steps of this call.

    Returns:
        JSON-able: step reached, pictures seen, last validation.

    Raises:
        InvalidInput: If the caches or the state do not fit.
    """
    out.mkdir(parents=True, exist_ok=True)
    data = Dataset(open_cache(cache), seed, augment=params.augment)
    pictures = spread(open_cache(val), VAL_PICTURES)
    state, metrics = out / "state.safetensors", out / "metrics.jsonl"
    trainer = Trainer(data, params, seed, load_network(start) if start is not None else None)
    if state.exists():
        trainer.resume(state)
        _forget_after(metrics, trainer.step_count)
    first = trainer.step_count
    if first >= params.steps:
        raise InvalidInput(f"{out} has reached step {first} of {params.steps}; give another folder "
                           "to train anew")
    last: dict[str, Any] = {}
    with _interrupts() as stopped, metrics.open("a", encoding="utf-8") as lines:
        while trainer.step_count < params.steps and not stopped:
            facts = trainer.step()
            step = trainer.step_count
            if step % LOG_STEPS == 0 or step == params.steps:
                _line(lines, step, facts)
            if step % VAL_STEPS == 0 or step == params.steps:
                last = evaluate(pictures, TorchRuntime(trainer.average))
                _line(lines, step, {f"val.{k}": v for k, v in last.items()})
                _keep(out, trainer, params, seed, len(data), last)
            if step % SAVE_STEPS == 0 or step == params.steps:
                trainer.save(state)
            if stop_after is not None and step - first >= stop_after:
                break
        trainer.save(state)
    return {"step": trainer.step_count, "steps": params.steps,
            "pictures_seen": trainer.step_count * params.batch, "cache": len(data), "val": last}


def score(val: dict[str, Any]) -> float:
    """One figure to choose weights by: the measures' mean, each 1 at best."""
    error = val["abs_rel"] if val["abs_rel"] is not None else 1.0
    parts = [val["ap50"], val["ap75"], val["lane_f1"], val["drivable_miou"], val["delta1"],
             max(0.0, 1.0 - error)]
    return sum(p or 0.0 for p in parts) / len(parts)


def _keep(out: Path, trainer: Trainer, params: TrainingParams, seed: int, pictures: int,
          val: dict[str, Any]) -> None:
    """Write the average as the last network and, if it is, as the best."""
    reached = round(score(val), 5)
    card = {"trained": {"steps": trainer.step_count, "of": params.steps, "seed": seed,
                        "pictures": pictures, "params": params.model_dump(),
                        "date": datetime.now(UTC).date().isoformat()},
            "validation": val, "score": reached}
    best = out / "best.json"
    before = json.loads(best.read_text("utf-8"))["score"] if best.exists() else -1.0
    for name in ("last", "best") if reached > before else ("last",):
        save_network(out / f"{name}.safetensors", trainer.average, card)
        export(trainer.average, out / f"{name}.onnx")
    trainer.average.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _line(lines: Any, step: int, facts: dict[str, Any]) -> None:
    whole = {"step": step, "at": datetime.now(UTC).isoformat(timespec="seconds"), **facts}
    lines.write(json.dumps(whole) + "\n")
    lines.flush()
    _log.info("step %d: %s", step, facts)


def _forget_after(metrics: Path, step: int) -> None:
    """Drop lines of steps that a kill undid, and a half-written one."""
    if not metrics.exists():
        return
    kept = []
    for line in metrics.read_text("utf-8").splitlines():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line + "\n")
        except ValueError:
            continue
    metrics.write_text("".join(kept), "utf-8")


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """A list that holds the signal once the process is asked to end."""
    asked: list[int] = []
    before = {s: signal.signal(s, lambda number, _: asked.append(number))
              for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)

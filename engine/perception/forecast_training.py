"""Train, store and score the forecast.

Shape letters: A actors, K modes, T times.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from engine.errors import InvalidInput
from engine.perception.checkpoint import fill, read_tensors, write_tensors
from engine.perception.forecast import TIMES, Forecast, forecast_loss
from engine.perception.forecast_data import Examples
from engine.perception.forecast_features import DT_S, Features
from engine.perception.metrics import forecast_errors
from engine.perception.train_params import TrainingParams, learning_rate

FORMAT: Final = "atrium-forecast-1"
MOVES_M: Final = 1.0
"""An actor moves that ends this far from where it was."""


def train(examples: Examples, steps: int, seed: int, batch: int = 256, rate: float = 2e-3,
          report: Callable[[int, float], None] | None = None) -> Forecast:
    """Train a forecast.

    Args:
        examples: What to learn.
        steps: Optimiser steps, at least 1.
        seed: Of weights and order.
        batch: Actors a step.
        rate: Highest learning rate.
        report: Told step and loss every 100 steps.

    Raises:
        InvalidInput: If there is nothing to learn.
    """
    if not len(examples.kind) or steps < 1:
        raise InvalidInput(f"{len(examples.kind)} actors and {steps} steps; give at least one of "
                           "each")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Forecast()
    rng = np.random.default_rng(seed)
    # a town's cars mostly stand or roll straight on: show the others as often
    turn = np.abs(np.nan_to_num(examples.truth[:, -1, 1])) > 1.0
    end = np.linalg.norm(np.nan_to_num(examples.truth[:, 9]), axis=1)
    weight = np.where(turn, 4.0, np.where(end > 0.3, 2.0, 0.5))
    weight /= weight.sum()
    schedule = TrainingParams(steps=steps, rate=rate, warm_up=min(100, steps // 10))
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    network.train()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(schedule, step)
        rows = rng.choice(len(weight), min(batch, len(weight)), p=weight)
        mirror = rng.random(len(rows)) < 0.5
        paths, logits = network(*inputs(examples, rows, mirror))
        truth = examples.truth[rows].copy()
        truth[mirror, :, 1] *= -1.0
        loss = forecast_loss(paths, logits, torch.from_numpy(truth))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        if report is not None and (step + 1) % 100 == 0:
            report(step + 1, float(loss.detach()))
    return network.eval()


def inputs(examples: Examples, rows: npt.NDArray[np.integer] | slice,
           mirror: npt.NDArray[np.bool_] | None = None) -> tuple[torch.Tensor, ...]:
    """Network input of some actors, some of them mirrored left to right."""
    parts = [f[rows].copy() for f in (*examples.inputs, examples.velocity)]
    if mirror is not None:
        own, lines, neighbours, velocity = parts
        mirror_features(Features(own, lines, neighbours), mirror)
        velocity[mirror, 1] *= -1.0
    return tuple(torch.from_numpy(p) for p in parts)


def mirror_features(shown: Features, mirror: npt.NDArray[np.bool_]) -> None:
    """Mirror some actors' surroundings left to right; writes them in place."""
    own, lines, neighbours = shown
    # past: (x, y, vx, vy, known) a time; line: (x, y) a point; neighbour: x, y, vx, vy, cos, sin
    own[np.ix_(mirror, np.arange(1, 50, 5))] *= -1.0
    own[np.ix_(mirror, np.arange(3, 50, 5))] *= -1.0
    lines[np.ix_(mirror, np.arange(lines.shape[1]), np.arange(1, 16, 2))] *= -1.0
    neighbours[np.ix_(mirror, np.arange(neighbours.shape[1]), np.array([1, 3, 5]))] *= -1.0


def evaluate(network: Forecast, examples: Examples) -> dict[str, Any]:
    """Score a forecast beside constant velocity.

    Returns:
        JSON-able: minADE6 and minFDE6 in m, those of constant velocity, and the change in
        percent, over all actors and over those that move.
    """
    with torch.inference_mode():
        paths = network(*inputs(examples, slice(None)))[0].numpy()
    ours = forecast_errors(paths, examples.truth)
    straight = (DT_S * np.arange(1, TIMES + 1))[:, None] * examples.velocity[:, None]
    plain = forecast_errors(straight[:, None], examples.truth)
    end = np.nan_to_num(examples.truth)
    moves = np.linalg.norm(end, axis=2).max(axis=1) > MOVES_M
    facts: dict[str, Any] = {"actors": len(moves), "moving": int(moves.sum())}
    for name, use in (("", np.ones_like(moves)), ("_moving", moves)):
        for measure, a, b in (("ade6", ours[0], plain[0]), ("fde6", ours[1], plain[1])):
            mine, base = float(np.nanmean(a[use])), float(np.nanmean(b[use]))
            facts[f"min_{measure}{name}_m"] = round(mine, 4)
            facts[f"constant_velocity_{measure[:3]}{name}_m"] = round(base, 4)
            facts[f"min_{measure}{name}_change_percent"] = round(100 * (mine / base - 1), 1)
    return facts


def save_forecast(path: Path, network: Forecast, card: Mapping[str, Any]) -> None:
    """Write a forecast as `NAME.safetensors` and its card as `NAME.json`."""
    write_tensors(path, network.state_dict(), {"format": FORMAT})
    whole = {"format": FORMAT, "parameters": sum(p.numel() for p in network.parameters()), **card}
    path.with_suffix(".json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n",
                                         "utf-8")


def load_forecast(path: Path) -> Forecast:
    """Read a forecast, ready to run.

    Raises:
        ModelUnavailable: If it is not there.
        InvalidInput: If it is no forecast of this program.
    """
    tensors, facts = read_tensors(path)
    if facts.get("format") != FORMAT:
        raise InvalidInput(f"{path.name} holds {facts.get('format', 'no known format')!r}; a "
                           f"forecast of format {FORMAT} is needed")
    network = Forecast()
    fill(network, tensors, path.name)
    return network.eval()

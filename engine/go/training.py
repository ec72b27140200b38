"""Gradient descent on drawn positions, exactly resumable.

The loss is Wu 2019 (arXiv:1902.10565), §2 and appendix B: cross entropies of policy and outcome,
a robust loss of the score, and the binary cross entropy of ownership averaged over points.

The n-th batch depends on the seed, n and the games alone, and nothing else is drawn at random, so
a run that was killed goes on bit for bit from its last checkpoint.

Shape letters: B positions, A points.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional

from engine.errors import InvalidInput
from engine.go.architecture import SCORE_SCALE, Architecture
from engine.go.checkpoint import Checkpoint
from engine.go.learning_params import TrainingParams
from engine.go.network import Network
from engine.go.quantise import calibrate
from engine.go.replay import Batch, Sampler
from engine.live.files import replace

_KIND: Final = "atrium-go-training-1"
_OUTCOME_WEIGHT: Final = 1.2
_SCORE_WEIGHT: Final = 0.5
_OWNER_WEIGHT: Final = 1.5
_SCORE_KNEE: Final = 0.5  # in units of SCORE_SCALE points
_CALIBRATION: Final = 512  # positions
_BETAS: Final = (0.9, 0.99)
_CLIP: Final = 2.0  # norm of the gradient


@dataclass(frozen=True, slots=True)
class Losses:
    """Averages over a batch, weighted as the positions are.

    Attributes:
        total: What is minimised.
        policy: Cross entropy, nats.
        outcome: Cross entropy, nats.
        score: Mean absolute error, points.
        owner: Binary cross entropy a point, nats.
        agreement: Share of positions whose likeliest move is the target's.
    """

    total: float
    policy: float
    outcome: float
    score: float
    owner: float
    agreement: float


class Trainer:
    """A network, its moving average and the optimiser.

    Args:
        architecture: Size of the network.
        params: How to train.
        seed: Of the starting weights and of every batch.
        device: "cpu" or "cuda".
    """

    def __init__(self, architecture: Architecture, params: TrainingParams, seed: int,
                 device: str = "cpu") -> None:
        self.architecture = architecture
        self.params = params
        self.seed = seed
        self.step = 0
        self._device = torch.device(device)
        generator = torch.Generator().manual_seed(seed)
        network = Network(architecture, generator)
        self.network = network.to(self._device).to(  # 4-D weights alone take this order
            memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._average = {n: p.detach().clone() for n, p in self._parameters()}
        decayed = [p for _, p in self._parameters() if p.ndim > 1]
        plain = [p for _, p in self._parameters() if p.ndim == 1]
        self._optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": params.weight_decay},
             {"params": plain, "weight_decay": 0.0}],
            lr=params.learning_rate, betas=_BETAS)

    def learn(self, games: Sampler) -> Losses:
        """One step on a batch that the seed and the step number choose."""
        rng = np.random.default_rng((self.seed, self.step))
        return self.fit(games.draw(self.params.batch, rng))

    def fit(self, batch: Batch) -> Losses:
        """One step on a given batch."""
        rate = self.rate()
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        total, losses = self._loss(batch)
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self._optimizer.step()
        self.step += 1
        # a young average follows fast, or it would be made of the starting weights
        keep = min(self.params.averaging, (1.0 + self.step) / (10.0 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self._average.values()),
                                 [p.detach() for _, p in self._parameters()], 1.0 - keep)
        return losses

    def judge(self, games: Sampler, positions: int, seed: int = 0) -> Losses:
        """Losses of the averaged weights on drawn positions, without learning from them."""
        kept = {n: p.detach().clone() for n, p in self._parameters()}
        batch = games.draw(positions, np.random.default_rng((seed, positions)))
        with torch.no_grad():
            for name, parameter in self._parameters():
                parameter.copy_(self._average[name])
            _, losses = self._loss(batch)
            for name, parameter in self._parameters():
                parameter.copy_(kept[name])
        return losses

    def rate(self) -> float:
        """Learning rate of the next step: a linear warm-up, then a cosine to the lowest rate."""
        p = self.params
        warmth = min(1.0, (self.step + 1) / (p.warm_up + 1))
        done = min(1.0, self.step / p.steps)
        fall = p.lowest_rate + (1 - p.lowest_rate) * 0.5 * (1 + math.cos(math.pi * done))
        return p.learning_rate * warmth * fall

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """The averaged weights, which are the ones to play with."""
        network = Network(self.architecture)
        with torch.no_grad():
            for name, parameter in network.tensors.items():
                parameter.copy_(self._average[name])
        return network.weights()

    def checkpoint(self, games: Sampler, card: Mapping[str, Any]) -> Checkpoint:
        """The averaged network with its ranges, measured on positions drawn from games."""
        weights = self.weights()
        planes = games.draw(_CALIBRATION, np.random.default_rng(self.seed)).planes
        return Checkpoint(self.architecture, weights, card,
                          calibrate(self.architecture, weights, planes))

    def begin_from(self, start: Checkpoint) -> None:
        """Start from a network instead of random weights; the optimiser starts anew.

        Raises:
            InvalidInput: If the network is of another size.
        """
        if start.architecture != self.architecture:
            has, wants = start.architecture, self.architecture
            raise InvalidInput(f"The network to start from is {has.blocks}x{has.channels}, but "
                               f"{wants.blocks}x{wants.channels} is to be trained; choose one "
                               "size for both.")
        self.network.load(start.weights)
        with torch.no_grad():
            for name, parameter in self._parameters():
                self._average[name].copy_(parameter)

    def save(self, path: Path, facts: Mapping[str, Any]) -> None:
        """Write everything that going on needs; facts are the caller's own, JSON-able."""
        arrays: dict[str, Tensor] = {}
        for name, parameter in self._parameters():
            state = self._optimizer.state.get(parameter, {})
            arrays[f"weight.{name}"] = parameter.detach()
            arrays[f"average.{name}"] = self._average[name]
            for moment in ("exp_avg", "exp_avg_sq"):
                arrays[f"{moment}.{name}"] = state.get(moment, torch.zeros_like(parameter))
        header = {"kind": _KIND, "architecture": json.dumps(self.architecture.facts()),
                  "params": self.params.model_dump_json(), "facts": json.dumps(dict(facts)),
                  "seed": str(self.seed), "step": str(self.step)}
        replace(path, save({n: a.cpu().contiguous() for n, a in arrays.items()}, header))

    @classmethod
    def load(cls, path: Path, device: str = "cpu") -> tuple[Trainer, dict[str, Any]]:
        """Read what `save` wrote; returns the trainer and the caller's facts.

        Raises:
            InvalidInput: If the file is damaged or something else.
        """
        try:
            with safe_open(path, framework="pt") as file:
                header = file.metadata() or {}
                if header.get("kind") != _KIND:
                    raise InvalidInput(f"{path} holds no training state; remove it to start anew.")
                trainer = cls(Architecture.from_facts(json.loads(header["architecture"])),
                              TrainingParams.parse(json.loads(header["params"])),
                              int(header["seed"]), device)
                trainer.step = int(header["step"])
                trainer._restore(file)
                return trainer, json.loads(header["facts"])
        except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput(f"The training state {path} cannot be read: {error}. Remove it to "
                               "start anew.") from error

    def _restore(self, file: Any) -> None:
        with torch.no_grad():
            for name, parameter in self._parameters():
                parameter.copy_(file.get_tensor(f"weight.{name}"))
                self._average[name].copy_(file.get_tensor(f"average.{name}"))
                state: dict[str, Tensor] = {"step": torch.tensor(float(self.step))}
                for moment in ("exp_avg", "exp_avg_sq"):
                    held = torch.zeros_like(parameter)
                    state[moment] = held.copy_(file.get_tensor(f"{moment}.{name}"))
                if self.step:
                    self._optimizer.state[parameter] = state

    def _parameters(self) -> list[tuple[str, torch.nn.Parameter]]:
        return list(self.network.tensors.items())

    def _loss(self, batch: Batch) -> tuple[Tensor, Losses]:
        planes, policy, outcome, score, owner, by_policy, by_value = (
            torch.from_numpy(a).to(self._device) for a in batch)
        out = self.network(planes.contiguous(memory_format=torch.channels_last))
        by_policy = by_policy / by_policy.sum().clamp(min=1e-6)
        by_value = by_value / by_value.sum().clamp(min=1e-6)
        log_policy = out.policy.log_softmax(1)
        policy_loss = -((policy * log_policy).sum(1) * by_policy).sum()
        outcome_loss = -((outcome * out.outcome.log_softmax(1)).sum(1) * by_value).sum()
        miss = functional.smooth_l1_loss(out.score / SCORE_SCALE, score / SCORE_SCALE,
                                         beta=_SCORE_KNEE, reduction="none")
        owner_loss = (functional.binary_cross_entropy_with_logits(
            out.owner, (owner + 1) / 2, reduction="none").mean(1) * by_value).sum()
        total = (policy_loss + _OUTCOME_WEIGHT * outcome_loss
                 + _SCORE_WEIGHT * (miss * by_value).sum() + _OWNER_WEIGHT * owner_loss)
        with torch.no_grad():
            agree = (log_policy.argmax(1) == policy.argmax(1)).float()
            figures = torch.stack([total, policy_loss, outcome_loss,
                                   ((out.score - score).abs() * by_value).sum(), owner_loss,
                                   (agree * by_policy).sum()]).tolist()
        return total, Losses(*figures)

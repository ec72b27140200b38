"""Train the network: AdamW, warm-up and cosine, moving average of weights, exact resume.

Optimiser: Loshchilov and Hutter 2019, arXiv:1711.05101; schedule: Loshchilov and Hutter 2017,
arXiv:1608.03983; average: Polyak and Juditsky 1992, doi:10.1137/0330046. A step depends on the
parameters, the cache and the step number alone, so that a run that was killed and resumed ends
with the bits of one that was not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Final

import torch
from torch import Tensor, nn

from engine.errors import InvalidInput
from engine.perception.checkpoint import fill, read_tensors, write_tensors
from engine.perception.dataset import Dataset
from engine.perception.hydranet import HydraNet
from engine.perception.losses import FIXED, GROUPS, TASKS, MultiTaskLoss, task_losses
from engine.perception.train_params import TrainingParams, learning_rate

FORMAT: Final = "atrium-perception-training-1"
Report = Callable[[int, dict[str, float]], None]


class Trainer:
    """One training run.

    Args:
        data: Pictures with labels.
        params: Knobs.
        seed: Of the first weights.
        start: Weights to begin with in place of drawn ones.
    """

    def __init__(self, data: Dataset, params: TrainingParams, seed: int,
                 start: HydraNet | None = None) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = HydraNet(params.size)
            self.average = HydraNet(params.size)
        if start is not None:
            fill(self.network, start.state_dict(), "the network to start from")
        self.average.load_state_dict(self.network.state_dict())
        self.average.eval().requires_grad_(False)
        for network in (self.network, self.average):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loss = MultiTaskLoss(FIXED if params.weighting == "fixed" else None,
                                  GROUPS[params.tasks])
        self.params = params
        self.step_count = 0
        self._data = data
        self._seed = seed
        self._optimiser = torch.optim.AdamW(self._groups(), lr=params.rate, foreach=True)

    def step(self) -> dict[str, float]:
        """One optimiser step; returns losses, task weights, learning rate and times.

        Raises:
            InvalidInput: If the loss is not finite: the learning rate is too high.
        """
        begun = process_time()
        self.network.train()
        rate = learning_rate(self.params, self.step_count)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        batch = self._data.batch(self._data.rows(self.step_count, self.params.batch),
                                 self.step_count)
        read = process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.params.precision == "bfloat16"):
            outputs = self.network(batch.images, batch.planes)
        losses = task_losses(outputs.float(), batch.labels, self._data.points)
        total: Tensor = self.loss(losses)
        if not math.isfinite(float(total.detach())):
            raise InvalidInput(f"the loss of step {self.step_count} is {float(total.detach())}; "
                               f"train with a learning rate below {self.params.rate:g}")
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        length = nn.utils.clip_grad_norm_(self.network.parameters(), self.params.clip)
        self._optimiser.step()
        self.step_count += 1
        self._follow()
        facts = {f"loss.{t}": float(losses[t].detach()) for t in TASKS}
        facts |= {f"weight.{t}": w for t, w in self.loss.weights().items()}
        return facts | {"loss.total": float(total.detach()), "rate": rate,
                        "gradient": float(length), "read_cpu_ms": (read - begun) * 1e3,
                        "step_cpu_ms": (process_time() - begun) * 1e3}

    def save(self, path: Path) -> None:
        """Write all that a resume needs."""
        tensors = {f"network.{n}": t for n, t in self.network.state_dict().items()}
        tensors |= {f"average.{n}": t for n, t in self.average.state_dict().items()}
        tensors |= {f"loss.{n}": t for n, t in self.loss.state_dict().items()}
        for key, state in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{key}.{n}": t for n, t in state.items()}
        write_tensors(path, tensors, {"format": FORMAT, "step": self.step_count,
                                      "seed": self._seed, "params": self.params.model_dump()})

    def resume(self, path: Path) -> None:
        """Go on from what `save` wrote.

        Raises:
            ModelUnavailable: If it is not there.
            InvalidInput: If it is of another run: other size, seed or schedule.
        """
        tensors, facts = read_tensors(path)
        if facts.get("format") != FORMAT:
            raise InvalidInput(f"{path.name} is no state of a training")
        mine = {"seed": self._seed, "params": self.params.model_dump()}
        for name, value in mine.items():
            if facts[name] != value:
                raise InvalidInput(f"{path.name} is of a run with {name} {facts[name]}, not "
                                   f"{value}; use the same, or another folder")
        for name, module in (("network", self.network), ("average", self.average),
                             ("loss", self.loss)):
            fill(module, _under(tensors, name), path.name)
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under(tensors, "optimiser").items():
            key, part = name.split(".", 1)
            state.setdefault(int(key), {})[part] = tensor
        whole = self._optimiser.state_dict()
        whole["state"] = state
        self._optimiser.load_state_dict(whole)
        self.step_count = int(facts["step"])

    def _groups(self) -> list[dict[str, object]]:
        """Weights that decay, those that do not (norms, biases), and the tasks' variances."""
        decays = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        if self.params.weighting == "learnt":
            plain.append(self.loss.log_variance)
        return [{"params": decays, "weight_decay": self.params.decay},
                {"params": plain, "weight_decay": 0.0}]

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average; in the first steps faster, as there is little to average yet."""
        keep = min(self.params.average, (1.0 + self.step_count) / (10.0 + self.step_count))
        own = self.network.state_dict()
        for name, tensor in self.average.state_dict().items():
            if tensor.is_floating_point():
                tensor.lerp_(own[name], 1.0 - keep)
            else:
                tensor.copy_(own[name])


def _under(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = name + "."
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}

"""The network in torch: what is trained, and what runs where there is a GPU.

`graph.py` holds the same network for CPUs; a test holds the two equal.

Shape letters: B positions, C channels, G pooled channels, S board size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.go.architecture import SCORE_SCALE, Architecture, size_factors


class Output(NamedTuple):
    """Raw heads, from the mover's side. B positions, S board size.

    policy: float32 [B, S * S + 1], logits; the last is the pass.
    outcome: float32 [B, 3], logits of win, draw, loss.
    score: float32 [B], points, komi included.
    owner: float32 [B, S * S], logits; tanh of half of it is the ownership in [-1, 1].
    """

    policy: Tensor
    outcome: Tensor
    score: Tensor
    owner: Tensor


class Network(nn.Module):
    """Residual tower with global pooling and four heads.

    Args:
        architecture: Size.
        generator: Source of the starting weights; None leaves them all zero, to be loaded.
    """

    def __init__(self, architecture: Architecture,
                 generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.architecture = architecture
        self.tensors = nn.ParameterDict()
        for name, (shape, gain) in architecture.tensors().items():
            value = torch.zeros(shape)
            if gain and generator is not None:
                value = torch.randn(shape, generator=generator)
                value *= gain / math.sqrt(math.prod(shape[1:]))
            self.tensors[_key(name)] = nn.Parameter(value)

    def forward(self, planes: Tensor) -> Output:
        """Evaluate float32 [B, 22, S, S]; the board size may change from call to call."""
        x = functional.relu(self._conv("entry", planes))
        for block in range(self.architecture.blocks):
            at = f"block{block}"
            h = self._conv(f"{at}.first", x)
            if self.architecture.pools(block):
                pooled = _pool(functional.relu(self._conv(f"{at}.pool", x)))
                h = h + self._linear(f"{at}.spread", pooled)[:, :, None, None]
            x = functional.relu(x + self._conv(f"{at}.second", functional.relu(h)))
        return self._heads(x)

    def _heads(self, x: Tensor) -> Output:
        pooled = _pool(functional.relu(self._conv("policy.pool", x)))
        p = self._conv("policy.point", x) + self._linear("policy.spread", pooled)[:, :, None, None]
        points = self._conv("policy.move", functional.relu(p)).flatten(1)
        policy = torch.cat([points, self._linear("policy.pass", pooled)], 1)
        v = functional.relu(self._conv("value.entry", x))
        hidden = functional.relu(self._linear("value.hidden", _pool(v, with_max=False)))
        return Output(policy, self._linear("value.outcome", hidden),
                      self._linear("value.score", hidden)[:, 0] * SCORE_SCALE,
                      self._conv("value.owner", v).flatten(1))

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Copies of all weights by their names."""
        return {name: self.tensors[_key(name)].detach().cpu().numpy().copy()
                for name in self.architecture.tensors()}

    def load(self, weights: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Take weights; names and shapes are those of the architecture."""
        with torch.no_grad():
            for name, value in weights.items():
                self.tensors[_key(name)].copy_(torch.from_numpy(np.ascontiguousarray(value)))

    def _conv(self, name: str, x: Tensor) -> Tensor:
        weight = self.tensors[_key(f"{name}.weight")]
        return functional.conv2d(x, weight, self._bias(name), padding=weight.shape[2] // 2)

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return functional.linear(x, self.tensors[_key(f"{name}.weight")], self._bias(name))

    def _bias(self, name: str) -> Tensor | None:
        bias: Tensor | None = self.tensors.get(_key(f"{name}.bias"))
        return bias


def _pool(x: Tensor, *, with_max: bool = True) -> Tensor:
    """[B, G, S, S] to [B, 3 G]: mean, mean by size, and the maximum or mean by size squared."""
    mean = x.mean((2, 3))
    linear, quadratic = size_factors(x.shape[-1])
    last = x.amax((2, 3)) if with_max else mean * quadratic
    return torch.cat([mean, mean * linear, last], 1)


def _key(name: str) -> str:
    """Parameter dictionaries take no dots."""
    return name.replace(".", "_")

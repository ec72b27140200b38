"""Where actors may go in three seconds: K paths each, with probabilities.

An actor's past attends to lines and neighbours (Gao et al. 2020, arXiv:2005.04259) and K learnt
intents query the result (Nayakanti et al. 2022, arXiv:2207.05844). A path is the actor's constant
velocity plus a smooth correction of six knots. Trained by the best path alone, and a class loss
that says which it was (Liang et al. 2020, arXiv:2007.13732).

Shape letters: A actors, K modes, T times, C channels, S things attended to.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor, nn
from torch.nn import functional

from engine.perception.forecast_features import DT_S, LINE, NEIGHBOUR, OWN

MODES: Final = 6
TIMES: Final = 30
KNOTS: Final = 6
CHANNELS: Final = 64
SCALE_M: Final = 5.0


def basis() -> npt.NDArray[np.float32]:
    """Correction at each time a unit of each knot gives; float32 [KNOTS, T].

    Cubic splines through 0 with no slope now, so that a path leaves at the present velocity.
    """
    at = np.arange(KNOTS + 1) * (TIMES / KNOTS)
    values = np.concatenate([np.zeros((1, KNOTS)), np.eye(KNOTS)])
    spline = CubicSpline(at, values, bc_type=((1, np.zeros(KNOTS)), (2, np.zeros(KNOTS))))
    return np.asarray(spline(np.arange(1, TIMES + 1)).T, np.float32)


class Forecast(nn.Module):
    """The forecasting network."""

    basis: Tensor
    times: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.own = _mlp(OWN, CHANNELS)
        self.line = _mlp(LINE, CHANNELS)
        self.neighbour = _mlp(NEIGHBOUR, CHANNELS)
        self.layers = nn.ModuleList(_Attend() for _ in range(2))
        self.intents = nn.Parameter(torch.randn(MODES, CHANNELS) * 0.5)
        self.path = nn.Sequential(nn.Linear(CHANNELS, 2 * CHANNELS), nn.ReLU(),
                                  nn.Linear(2 * CHANNELS, 2 * KNOTS + 1))
        # begin at constant velocity, each intent a little beside it
        nn.init.normal_(self.path[2].weight, std=0.02)  # type: ignore[arg-type]
        nn.init.zeros_(self.path[2].bias)  # type: ignore[arg-type]
        self.register_buffer("basis", torch.from_numpy(basis()), persistent=False)
        self.register_buffer("times", (torch.arange(TIMES) + 1) * DT_S, persistent=False)

    def forward(self, own: Tensor, lines: Tensor, neighbours: Tensor, velocity: Tensor,
                ) -> tuple[Tensor, Tensor]:
        """Forecast every actor.

        Args:
            own: float32 [A, OWN].
            lines: float32 [A, L, LINE].
            neighbours: float32 [A, N, NEIGHBOUR].
            velocity: float32 [A, 2], m/s in the actor's frame.

        Returns:
            float32 [A, K, T, 2], m in the actor's frame, and float32 [A, K], logits.
        """
        things = torch.cat([self.line(lines), self.neighbour(neighbours)], 1)
        there = torch.cat([lines[..., -1], neighbours[..., -1]], 1) > 0
        state = self.own(own).unsqueeze(1) + self.intents
        for layer in self.layers:
            state = layer(state, things, there)
        out = self.path(state)
        knots = out[..., :2 * KNOTS].reshape(-1, MODES, 2, KNOTS) * SCALE_M
        paths = (knots @ self.basis).transpose(2, 3)
        straight = self.times[:, None] * velocity[:, None, None]
        return paths + straight, out[..., -1]


class _Attend(nn.Module):
    """Attention of the intents to what is around, with four heads, then a two-layer step."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(CHANNELS, CHANNELS)
        self.key_value = nn.Linear(CHANNELS, 2 * CHANNELS)
        self.out = nn.Linear(CHANNELS, CHANNELS)
        self.step = nn.Sequential(nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, 2 * CHANNELS),
                                  nn.ReLU(), nn.Linear(2 * CHANNELS, CHANNELS))
        self.norm = nn.LayerNorm(CHANNELS)

    def forward(self, state: Tensor, things: Tensor, there: Tensor) -> Tensor:
        """float32 [A, K, C], [A, S, C] and bool [A, S] to float32 [A, K, C]."""
        a, k, c = state.shape
        query = self.query(self.norm(state)).reshape(a, k, 4, c // 4).transpose(1, 2)
        key, value = self.key_value(things).reshape(a, -1, 2, 4, c // 4).permute(2, 0, 3, 1, 4)
        weight = query @ key.transpose(2, 3) * (c // 4) ** -0.5
        # finite, so that an actor with nothing around it gets an even mean and no NaN
        weight = weight.masked_fill(~there[:, None, None], -1e4).softmax(-1)
        mixed = (weight @ value).transpose(1, 2).reshape(a, k, c)
        state = state + self.out(mixed)
        return state + torch.as_tensor(self.step(state))


def forecast_loss(paths: Tensor, logits: Tensor, truth: Tensor) -> Tensor:
    """Huber distance of the best path and cross-entropy of which it was.

    Args:
        paths: float32 [A, K, T, 2], m.
        logits: float32 [A, K].
        truth: float32 [A, T, 2], m; NaN where unknown; each actor is known once at least.
    """
    known = torch.isfinite(truth[..., 0])
    target = torch.nan_to_num(truth)
    away = (paths - target[:, None]).norm(dim=-1) * known[:, None]
    mean = away.sum(2) / known.sum(1, keepdim=True).clamp(min=1)
    best = mean.detach().argmin(1)
    chosen = paths[torch.arange(len(paths)), best]
    error = functional.smooth_l1_loss(chosen, target, reduction="none").sum(2) * known
    return (error.sum(1) / known.sum(1).clamp(min=1)).mean() + 0.3 * functional.cross_entropy(
        logits, best)


def _mlp(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.ReLU(),
                         nn.Linear(outputs, outputs))

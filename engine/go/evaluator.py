"""What a search asks of a network, and the evaluator that knows nothing.

Shape letters: B positions, C planes, S size, A points (S * S).
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]


class Evaluation(NamedTuple):
    """Network outputs from the view of the player to move.

    Attributes:
        policy_logits: float32 [B, A + 1], the pass last; illegal moves may have any value.
        win_draw_loss: float32 [B, 3], probabilities that sum to 1.
        score: float32 [B], expected points ahead, komi counted.
        ownership: float32 [B, A] in [−1, 1], 1 for the player to move.
    """

    policy_logits: Float32
    win_draw_loss: Float32
    score: Float32
    ownership: Float32


class Evaluator(Protocol):
    """Anything that judges positions in batches."""

    def evaluate(self, planes: npt.NDArray[Any]) -> Evaluation:
        """Judge positions.

        Args:
            planes: float32 [B, C, S, S] of `features.write_planes`; read only, and reused by the
                caller once this returns.
        """
        ...


class UniformEvaluator:
    """Every move alike, win and loss alike, score 0: a search that learns from ended games alone.

    It hands out views of the same arrays again and again, so that benchmarks measure the tree.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], Evaluation] = {}

    def evaluate(self, planes: npt.NDArray[Any]) -> Evaluation:
        """See `Evaluator`."""
        batch, size = planes.shape[0], planes.shape[2]
        kept = self._kept.get((batch, size))
        if kept is None:
            kept = Evaluation(
                np.zeros((batch, size * size + 1), np.float32),
                np.full((batch, 3), (0.5, 0.0, 0.5), np.float32),
                np.zeros(batch, np.float32), np.zeros((batch, size * size), np.float32))
            self._kept[(batch, size)] = kept
        return kept

"""A judge weighs several pieces of evidence into one score: logistic regression.

Fitted by iteratively reweighted least squares on standardised evidence (Hastie, Tibshirani and
Friedman 2009, doi:10.1007/978-0-387-84858-7, section 4.4.1), with a ridge, as events are few. Its
weights are read like a sentence, which a forest's are not; on the fleet's triggers a boosted forest
was no better.

Shape letters: N moments, F pieces of evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

RIDGE: Final = 3.0
"""Pull of each weight towards 0, in moments."""
_STEPS: Final = 25


@dataclass(frozen=True, slots=True)
class Judge:
    """Weights of evidence.

    Attributes:
        mean, spread: float64 [F], of the evidence that it was fitted to.
        weight: float64 [F + 1], of standardised evidence, then the constant.
    """

    mean: Float64
    spread: Float64
    weight: Float64

    def __call__(self, evidence: Float64) -> Float64:
        """Probability of each moment, float64 [N].

        Args:
            evidence: float64 [N, F].
        """
        odds = (evidence - self.mean) / self.spread @ self.weight[:-1] + self.weight[-1]
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))))

    def as_json(self) -> dict[str, list[float]]:
        """JSON-able; `judge_from` reads it."""
        return {name: [round(float(x), 5) for x in getattr(self, name)]
                for name in ("mean", "spread", "weight")}


def fit_judge(evidence: Float64, right: Bool) -> Judge:
    """The judge of most likely weights.

    Args:
        evidence: float64 [N, F], finite.
        right: bool [N], whether there was something.

    Raises:
        InvalidInput: If all moments, or none, are right, or evidence is not finite.
    """
    if not np.isfinite(evidence).all():
        raise InvalidInput("evidence is not finite; leave out the moments without any")
    if right.all() or not right.any():
        raise InvalidInput(f"{int(right.sum())} of {len(right)} moments are right; a judge needs "
                           "both kinds, so fit on more drives")
    mean, spread = evidence.mean(axis=0), np.maximum(evidence.std(axis=0), 1e-6)
    z = np.column_stack([(evidence - mean) / spread, np.ones(len(evidence))])
    ridge = np.append(np.full(evidence.shape[1], RIDGE), 1e-6)  # the constant is free
    weight = np.zeros(z.shape[1])
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(z @ weight, -30.0, 30.0)))
        slope = z.T @ (p - right) + ridge * weight
        bend = (z * (p * (1.0 - p))[:, None]).T @ z + np.diag(ridge)
        weight = weight - np.linalg.solve(bend, slope)
    return Judge(mean, spread, weight)


def judge_from(kept: Any) -> Judge:
    """A judge from `Judge.as_json`.

    Raises:
        ValueError: If it is none.
    """
    mean, spread, weight = (np.array(kept[n], np.float64) for n in ("mean", "spread", "weight"))
    if not (mean.ndim == 1 and mean.shape == spread.shape and len(weight) == len(mean) + 1
            and np.isfinite(np.concatenate([mean, spread, weight])).all() and (spread > 0).all()):
        raise ValueError("the weights of a judge do not fit together")
    return Judge(mean, spread, weight)

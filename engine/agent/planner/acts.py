"""Which act a clause asks for: softmax regression over hashed words, pairs and letters.

The clause comes with its things replaced by their sort ("start the ENGINE with NUM PARAM"), so a
few thousand phrases teach what a hundred settings would multiply beyond counting.

Source: Joulin et al. 2017, Bag of Tricks for Efficient Text Classification, arXiv:1607.01759
    (hashed n-grams and a linear model).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize

from engine.agent.planner.phrases import patterns, samples
from engine.errors import ModelUnavailable

WEIGHTS: Final = Path(__file__).resolve().parents[3] / "assets" / "agent" / "acts.npz"
BUCKETS: Final = 1 << 14
EACH: Final = 60
SEED: Final = 7
DECAY: Final = 5e-7

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Guess:
    """How likely each act is.

    Attributes:
        acts: Names, the likeliest first.
        probability: Theirs, descending.
    """

    acts: tuple[str, ...]
    probability: tuple[float, ...]

    @property
    def act(self) -> str:
        """The likeliest."""
        return self.acts[0]

    @property
    def margin(self) -> float:
        """How far it is ahead of the next."""
        return self.probability[0] - self.probability[1]


@dataclass(frozen=True, slots=True)
class ActModel:
    """Weights of the classifier. F buckets, K acts.

    Attributes:
        acts: Names [K].
        weight: float32 [F, K].
        bias: float32 [K].
    """

    acts: tuple[str, ...]
    weight: Float32
    bias: Float32

    def guess(self, shape: Sequence[str]) -> Guess:
        """Probabilities for one clause."""
        rows = features(shape)
        values = np.fromiter(rows.values(), np.float32, len(rows))
        score = values @ self.weight[list(rows)] / np.sqrt((values**2).sum()) + self.bias
        p = np.exp(score - score.max())
        p /= p.sum()
        order = np.argsort(-p, kind="stable")
        return Guess(tuple(self.acts[i] for i in order), tuple(float(p[i]) for i in order))

    def save(self, path: Path) -> None:
        """Write half-precision weights."""
        np.savez_compressed(path, acts=np.array(self.acts), weight=self.weight.astype(np.float16),
                            bias=self.bias.astype(np.float16))


@cache
def act_model(path: Path = WEIGHTS) -> ActModel:
    """The shipped model.

    Raises:
        ModelUnavailable: If its file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            model = ActModel(tuple(str(a) for a in kept["acts"]),
                             kept["weight"].astype(np.float32), kept["bias"].astype(np.float32))
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable(f"the offline planner's model {path.name} cannot be read; run "
                               "python -m engine.agent teach") from error
    if model.weight.shape != (BUCKETS, len(model.acts)) or set(model.acts) != set(patterns()):
        raise ModelUnavailable(f"{path.name} belongs to other phrases; run "
                               "python -m engine.agent teach")
    return model


def features(shape: Sequence[str]) -> dict[int, float]:
    """Hashed features of a clause, never empty: words, pairs, gapped pairs, letters, ends."""
    words = [w for w in shape if w not in (",", ".", "!", "-", ";")] or ["-"]
    out: dict[int, float] = {}

    def add(text: str, value: float = 1.0) -> None:
        bucket = zlib.crc32(text.encode()) % BUCKETS
        out[bucket] = out.get(bucket, 0.0) + value

    for i, word in enumerate(words):
        add(f"w {word}", 1.5)
        if i + 1 < len(words):
            add(f"p {word} {words[i + 1]}")
        if i + 2 < len(words):
            add(f"g {word} {words[i + 2]}", 0.5)
            add(f"t {word} {words[i + 1]} {words[i + 2]}", 0.7)
        if word.islower() and len(word) > 2:
            marked = f"<{word}>"
            for n in (3, 4):
                for j in range(len(marked) - n + 1):
                    add(f"c {marked[j:j + n]}", 0.25)
    add(f"first {words[0]}")
    add(f"two {' '.join(words[:2])}")
    add(f"last {words[-1]}", 0.7)
    add(f"length {min(len(words), 8)}", 0.5)
    for kind in ("ENGINE", "PARAM", "FIGURE", "COMMAND", "SCENARIO", "CHOICE", "AGENT#", "RUN#",
                 "NUM", "FACTOR", "SCALE", "BOTH", "MOVE", "STATION"):
        add(f"{'has' if kind in words else 'no'} {kind}", 0.5)
    return out


def train(each: int = EACH, seed: int = SEED) -> ActModel:
    """Fit the classifier to phrases drawn from the patterns; the same seed, the same weights.

    Convex, so L-BFGS finds the optimum; every act weighs the same however many patterns it has.
    """
    acts = tuple(patterns())
    number = {a: i for i, a in enumerate(acts)}
    drawn = list(dict.fromkeys(samples(np.random.default_rng(seed), each)))
    x = _matrix([shape for shape, _ in drawn])
    y = np.array([number[act] for _, act in drawn])
    share = np.bincount(y, minlength=len(acts))
    weight = (1.0 / np.sqrt(share[y])).astype(np.float64)
    weight /= weight.sum()
    onehot = np.eye(len(acts))[y]
    size = (BUCKETS + 1, len(acts))

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        w = flat.reshape(size)
        score = x @ w[:-1] + w[-1]
        score -= score.max(axis=1, keepdims=True)
        p = np.exp(score)
        p /= p.sum(axis=1, keepdims=True)
        value = -(weight * np.log(np.maximum(p[np.arange(len(y)), y], 1e-12))).sum()
        change = weight[:, None] * (p - onehot)
        gradient = np.vstack([x.T @ change, change.sum(axis=0)[None]])
        return value + DECAY * float((w**2).sum()), (gradient + 2 * DECAY * w).ravel()

    found = minimize(loss, np.zeros(size[0] * size[1]), jac=True, method="L-BFGS-B",
                     options={"maxiter": 160})
    w = found.x.reshape(size).astype(np.float32)
    return ActModel(acts, w[:-1], w[-1])


def _matrix(shapes: Iterable[Sequence[str]]) -> sp.csr_matrix:
    """Features of many clauses, each of length one."""
    rows = [features(s) for s in shapes]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((c for r in rows for c in r), np.int32, int(ends[-1]))
    values = np.concatenate([
        np.fromiter(r.values(), np.float64, len(r)) / np.sqrt(sum(v * v for v in r.values()))
        for r in rows])
    return sp.csr_matrix((values, columns, ends), shape=(len(rows), BUCKETS))

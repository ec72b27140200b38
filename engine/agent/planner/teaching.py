"""Fits the two models of acts: to phrases drawn from patterns and to messages as people say them.

Each is a softmax regression, so L-BFGS finds the optimum; every act weighs the same however many
phrases it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize

from engine.agent.planner.acts import ActModel, Linear
from engine.agent.planner.lexicon import LATER, lexicon
from engine.agent.planner.mentions import Reading, read
from engine.agent.planner.phrases import patterns, plain_words, said, samples
from engine.agent.planner.views import (
    DESK,
    NUMBER,
    POINT,
    SORT_BUCKETS,
    WORD_BUCKETS,
    of_sorts,
    of_words,
)

EACH: Final = 30
SEED: Final = 7
DECAY: Final = 5e-7
SAID: Final = 2.0
"""Weight of all whole messages together beside that of all phrases drawn from patterns."""
ITERATIONS: Final = 110
_SCALES: Final = ("double", "triple", "halve")
_FACTORS: Final = ("twice", "half", "three", "double", "thrice")
_AGENTS: Final = ("robot", "driver", "car")

Phrase = tuple[str, ...]
Float64 = npt.NDArray[np.float64]


def train(each: int = EACH, seed: int = SEED) -> ActModel:
    """Fit both models; the same seed, the same weights."""
    acts = tuple(patterns())
    number = {a: i for i, a in enumerate(acts)}
    rng = np.random.default_rng(seed)
    drawn = list(dict.fromkeys(samples(rng, each)))
    told = [(_reading(text, engine), number[act]) for act, engine, text in said()]
    whose = np.array([*(number[act] for _, act in drawn), *(act for _, act in told)])
    weight = np.concatenate([np.ones(len(drawn)), np.full(len(told), SAID * len(drawn)
                                                          / max(1, len(told)))])
    shapes = [*(shape for shape, _ in drawn), *(r.shape for r, _ in told)]
    words = [*(worded(shape, rng) for shape, _ in drawn), *(r.tokens for r, _ in told)]
    sorts = _fit(_matrix([of_sorts(s) for s in shapes], SORT_BUCKETS), whose, weight, len(acts))
    stand = _fit(_matrix([of_words(w) for w in words], WORD_BUCKETS), whose, weight, len(acts))
    return ActModel(acts, sorts, stand)


def _reading(text: str, engine: str) -> Reading:
    """A whole message, read where its system runs or, without one, where nothing does."""
    among = [engine] if engine in LATER else [] if engine else sorted(LATER)
    return read(text, lexicon(), plain_words(), engine or None, among)


def worded(shape: Sequence[str], rng: np.random.Generator) -> Phrase:
    """A shape with words for its things again, drawn from all that may stand there."""
    def one(options: Sequence[str]) -> str:
        return options[int(rng.integers(len(options)))]

    signs = {"NUM": NUMBER, "MOVE": POINT, "STATION": DESK}
    out: list[str] = []
    for word in shape:
        kind = "PARAM" if word == "BOTH" else word
        if kind in _surfaces():
            names = _surfaces()[kind]
            out += names[int(rng.integers(len(names)))]
        elif word == "AGENT#":
            out += [one(_AGENTS), NUMBER]
        elif word == "RUN#":
            out += ["run", NUMBER]
        elif word in ("FACTOR", "SCALE"):
            out.append(one(_FACTORS if word == "FACTOR" else _SCALES))
        else:
            out.append(signs.get(word, word))
    return tuple(out)


@cache
def _surfaces() -> Mapping[str, list[Phrase]]:
    """Words for things of each sort."""
    out: dict[str, list[Phrase]] = {}
    for words, entry in lexicon().phrases:
        out.setdefault(entry.kind, []).append(words)
    return out


def _matrix(rows: Sequence[Mapping[int, float]], buckets: int) -> sp.csr_matrix:
    """Features of many clauses, each of length one."""
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((c for r in rows for c in r), np.int32, int(ends[-1]))
    values = np.concatenate([
        np.fromiter(r.values(), np.float64, len(r)) / np.sqrt(sum(v * v for v in r.values()))
        for r in rows])
    return sp.csr_matrix((values, columns, ends), shape=(len(rows), buckets))


def _fit(x: sp.csr_matrix, y: npt.NDArray[np.int64], weight: Float64, acts: int) -> Linear:
    """Weights of least loss for clauses [N, F] of known acts [N], each with its weight [N]."""
    share = np.bincount(y, weight, acts)
    weight = weight / np.sqrt(share[y])
    weight /= weight.sum()
    onehot = np.eye(acts)[y]
    size = (x.shape[1] + 1, acts)

    def loss(flat: Float64) -> tuple[float, Float64]:
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
                     options={"maxiter": ITERATIONS})
    w = found.x.reshape(size).astype(np.float32)
    return Linear(w[:-1], w[-1])

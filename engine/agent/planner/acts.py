"""Which act a clause asks for: two linear models over hashed words, multiplied.

One reads the clause with its things replaced by their sort ("start the ENGINE with NUM PARAM"), so
that a few thousand phrases teach what a hundred settings would multiply beyond counting. The other
reads the words and their letters as they stand: it knows what a sentence is about where nothing in
it is recognised, or the wrong thing. They err on different clauses, so their product errs less.

Source: Joulin et al. 2017, Bag of Tricks for Efficient Text Classification, arXiv:1607.01759
    (hashed n-grams and a linear model); Hinton 2002, doi:10.1162/089976602760128018 (a product of
    experts: probabilities are multiplied).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.agent.planner.phrases import patterns
from engine.agent.planner.views import SORT_BUCKETS, WORD_BUCKETS, of_sorts, of_words
from engine.errors import ModelUnavailable

WEIGHTS: Final = Path(__file__).resolve().parents[3] / "assets" / "agent" / "acts.npz"
SHARE: Final = 0.6
"""Share of the words as they stand in what is believed; the rest is that of the sorts."""

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
class Linear:
    """Weights of one model. F buckets, K acts.

    Attributes:
        weight: float32 [F, K].
        bias: float32 [K].
    """

    weight: Float32
    bias: Float32

    def logs(self, rows: dict[int, float]) -> Float32:
        """Logarithms of the probabilities [K] for hashed features."""
        values = np.fromiter(rows.values(), np.float32, len(rows))
        score = values @ self.weight[list(rows)] / np.sqrt((values**2).sum()) + self.bias
        score -= score.max()
        return np.asarray(score - np.log(np.exp(score).sum()), np.float32)


@dataclass(frozen=True, slots=True)
class ActModel:
    """The classifier. K acts.

    Attributes:
        acts: Names [K].
        sorts: What reads the sorts of things.
        words: What reads the words as they stand.
    """

    acts: tuple[str, ...]
    sorts: Linear
    words: Linear

    def guess(self, shape: Sequence[str], tokens: Sequence[str] = ()) -> Guess:
        """Probabilities for one clause.

        Args:
            shape: The clause with sorts in the place of things.
            tokens: Its words; without them the sorts alone count.
        """
        logs = self.sorts.logs(of_sorts(shape))
        if tokens:
            logs = (1 - SHARE) * logs + SHARE * self.words.logs(of_words(tokens))
        p = np.exp(logs - logs.max())
        p /= p.sum()
        order = np.argsort(-p, kind="stable")
        return Guess(tuple(self.acts[i] for i in order), tuple(float(p[i]) for i in order))

    def save(self, path: Path) -> None:
        """Write half-precision weights."""
        half = {f"{name}_{part}": getattr(model, part).astype(np.float16)
                for name, model in (("sorts", self.sorts), ("words", self.words))
                for part in ("weight", "bias")}
        np.savez_compressed(path, acts=np.array(self.acts), **half)


@cache
def act_model(path: Path = WEIGHTS) -> ActModel:
    """The shipped model.

    Raises:
        ModelUnavailable: If its file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            sorts, words = (Linear(kept[f"{name}_weight"].astype(np.float32),
                                   kept[f"{name}_bias"].astype(np.float32))
                            for name in ("sorts", "words"))
            model = ActModel(tuple(str(a) for a in kept["acts"]), sorts, words)
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable(f"the offline planner's model {path.name} cannot be read; run "
                               "python -m engine.agent teach") from error
    fits = (sorts.weight.shape == (SORT_BUCKETS, len(model.acts))
            and words.weight.shape == (WORD_BUCKETS, len(model.acts)))
    if not fits or set(model.acts) != set(patterns()):
        raise ModelUnavailable(f"{path.name} belongs to other phrases; run "
                               "python -m engine.agent teach")
    return model

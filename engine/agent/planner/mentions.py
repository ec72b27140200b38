"""Things of the house found in a message, longest first, and the message with them left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.agent.planner.lexicon import Entry, Kind, Lexicon
from engine.agent.planner.quantities import UNITS, Quantity, quantities
from engine.agent.planner.spelling import corrected
from engine.agent.planner.tokens import tokens_of

# which sort stands for a phrase in the shape, where it may be several
_RANK: Final[tuple[Kind, ...]] = (
    "COMMAND", "CHOICE", "SCENARIO", "FIGURE", "PARAM", "AGENT", "ENGINE")
_RUN: Final = re.compile(r"#?\d{1,9}")
_UNIT: Final = re.compile(r"[a-z]-?\d{1,6}")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the message that may mean something of the house.

    Attributes:
        start: First token.
        end: Token after the last.
        meanings: What it may mean, of any sort.
    """

    start: int
    end: int
    meanings: tuple[Entry, ...]

    @property
    def kind(self) -> Kind:
        """The sort that stands for it in the shape."""
        return min((m.kind for m in self.meanings), key=_RANK.index)

    def of(self, kind: Kind) -> list[Entry]:
        """Its meanings of one sort."""
        return [m for m in self.meanings if m.kind == kind]


@dataclass(frozen=True, slots=True)
class Reading:
    """A message taken apart.

    Attributes:
        tokens: Its words, put right.
        mentions: Things of the house, from left to right.
        numbers: Quantities that are neither run nor agent numbers.
        runs: Numbers of runs that are named ("run 12").
        agents: (system or "", number) of agents that are named ("robot 17", "R-0017").
        shape: The words with every thing replaced by its sort, for the classifier.
    """

    tokens: tuple[str, ...]
    mentions: tuple[Mention, ...]
    numbers: tuple[Quantity, ...]
    runs: tuple[int, ...]
    agents: tuple[tuple[str, int], ...]
    shape: tuple[str, ...]

    def of(self, kind: Kind) -> list[Entry]:
        """Everything of one sort that is mentioned."""
        return [entry for m in self.mentions for entry in m.of(kind)]


def read(text: str, words: Lexicon, plain: frozenset[str] = frozenset()) -> Reading:
    """Take a message apart.

    Args:
        text: Message or clause.
        words: The house's words.
        plain: Other known words, which are not "corrected" into the house's.
    """
    tokens = _put_right(tokens_of(text), words, plain)
    taken = [""] * len(tokens)
    agents, runs = _agents(tokens, words, taken), _runs(tokens, taken)
    mentions = _mentions(tokens, words, taken)
    numbers = []
    for q in quantities(tokens):
        if not any(taken[q.start:q.end]):
            numbers.append(q)
            for i in range(q.start, q.end):
                taken[i] = {"value": "NUM", "factor": "FACTOR", "percent": "NUM"}[q.role]
    return Reading(tuple(tokens), tuple(mentions), tuple(numbers), tuple(runs), tuple(agents),
                   _shape([_verb(t, plain, words) if not k else t
                           for t, k in zip(tokens, taken, strict=True)], taken, mentions))


def _verb(word: str, plain: frozenset[str], words: Lexicon) -> str:
    """A misspelt word of asking, put right for the shape alone: puase, resmue."""
    return word if word in words.words or not plain else corrected(word, plain)


def _put_right(said: list[str], words: Lexicon, plain: frozenset[str]) -> list[str]:
    """Misspelt words corrected where that completes a known phrase, and nowhere else."""
    tokens = [t if t in plain or t in UNITS else corrected(t, words.words) for t in said]
    if tokens == said:
        return said
    inside: set[int] = set()
    for m in _mentions(tokens, words, [""] * len(tokens)):
        inside.update(range(m.start, m.end))
    return [new if i in inside else old
            for i, (old, new) in enumerate(zip(said, tokens, strict=True))]


def _mentions(tokens: Sequence[str], words: Lexicon, taken: list[str]) -> list[Mention]:
    """Longest known phrases from left to right."""
    out: list[Mention] = []
    i = 0
    while i < len(tokens):
        for length in range(min(words.longest, len(tokens) - i), 0, -1):
            found = words.entries.get(tuple(tokens[i:i + length]))
            if found and not any(taken[i:i + length]):
                out.append(Mention(i, i + length, tuple(found)))
                for j in range(i, i + length):
                    taken[j] = out[-1].kind
                i += length
                break
        else:
            i += 1
    return out


def _agents(tokens: Sequence[str], words: Lexicon, taken: list[str]) -> list[tuple[str, int]]:
    """As in robot 17, driver no. 4, R-0017, d-12."""
    prefixes = {e.name[0]: e.engine for seq in words.entries.values() for e in seq
                if e.kind == "AGENT"}
    out: list[tuple[str, int]] = []
    for i, token in enumerate(tokens):
        entries = [e for e in words.entries.get((token,), ()) if e.kind == "AGENT"]
        after = i + 1
        while after < len(tokens) and tokens[after] in ("number", "no", ".", "nr", "#"):
            after += 1
        if entries and after < len(tokens) and tokens[after].isdigit():
            out.append((entries[0].engine, int(tokens[after])))
            taken[i:after + 1] = ["AGENT#"] * (after + 1 - i)
        elif _UNIT.fullmatch(token) and "-" in token and not taken[i]:
            out.append((prefixes.get(token[0], ""), int(token.split("-")[1])))
            taken[i] = "AGENT#"
    return out


def _runs(tokens: Sequence[str], taken: list[str]) -> list[int]:
    """As in run 12, runs 3 and 5, run no. 4."""
    out: list[int] = []
    for i, token in enumerate(tokens):
        if token not in ("run", "runs") or taken[i]:
            continue
        j = i + 1
        while j < len(tokens):
            if tokens[j] in ("number", "no", ".", "nr", "and", ",", "with", "to", "vs", "against",
                             "versus", "run"):
                j += 1
                continue
            if not _RUN.fullmatch(tokens[j]) or taken[j]:
                break
            if tokens[j + 1:j + 2] and _counts(tokens[j + 1]):
                break  # "run 800 robots"
            out.append(int(tokens[j]))
            taken[i] = taken[j] = "RUN#"
            j += 1
    return out


def _counts(word: str) -> bool:
    """Whether a number before this word counts something, rather than naming a run."""
    return word.isalpha() and word not in (
        "and", "with", "to", "vs", "versus", "against", "please", "now", "for", "at", "in", "on",
        "then", "again", "is", "was", "did", "does", "has", "as", "or", "side", "a", "so")


def _shape(tokens: Sequence[str], taken: Sequence[str],
           mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Words, and one placeholder for each thing."""
    starts = {m.start for m in mentions}
    out: list[str] = []
    for i, (token, kind) in enumerate(zip(tokens, taken, strict=True)):
        if not kind:
            out.append(token)
        elif i in starts or not i or taken[i - 1] != kind:
            out.append(kind)
    return tuple(out)

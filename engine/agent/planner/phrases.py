"""Training phrases out of patterns: `(start|launch) (a|the|) ENGINE` stands for six phrases.

Now and then a thing is written out in words, one of them missing: so does the model learn what
sentences look like in which nothing of the house is recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from engine.agent.planner.lexicon import Kind, lexicon
from engine.agent.planner.quantities import quantities

PATTERNS: Final = Path(__file__).resolve().parents[3] / "assets" / "agent" / "phrases.txt"
MESSAGES: Final = PATTERNS.with_name("said.txt")
EVERYDAY: Final = PATTERNS.with_name("everyday.txt")
_CHOICE: Final = re.compile(r"\(([^()]*)\)")
_GROUP: Final = re.compile(r"<([a-z]+)>")
_WORD: Final = re.compile(r"[a-z]+(?:[-'/][a-z]+)*")
POLITE: Final = ("please", "could you", "can you", "hey", "ok", "now", "so", "then", "just",
                 "i want to", "would you", "quickly", "atrium ,", "hi ,", "well ,", "kindly")
TAILS: Final = ("please", "now", "for me", "thanks", "?", ".", "!", "then", "if you can", "ok ?",
                "right now", "again", "right away", "immediately", "at once", "straight away",
                 "quickly")
SMALL: Final = frozenset((
    "the", "a", "an", "of", "in", "to", "me", "it", "is", "are", "for", "please"))
FILLERS: Final = ("the", "a", "really", "just", "maybe", "actually", "also", "quickly", "my", "our",
                  "perhaps", "simply", "kind", "basically", "like", "please", "well", "uh")
WRITTEN: Final[tuple[Kind, ...]] = ("PARAM", "FIGURE", "COMMAND", "CHOICE", "SCENARIO")
WRITTEN_OUT: Final = 0.12
SHARED: Final = 6
BOTH: Final = 0.08
MOST: Final = 200
"""More phrases of a pattern with many choices, up to this many."""


@cache
def patterns() -> Mapping[str, tuple[str, ...]]:
    """Patterns of each act."""
    out: dict[str, list[str]] = {}
    groups: dict[str, str] = {}
    act = ""
    for line in PATTERNS.read_text("utf-8").splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            act = line[1:-1]
            out[act] = []
        elif line and not line.startswith("#"):
            name, given, options = line.partition("> = ")
            if given and not act:
                groups[name[1:]] = f"({options})"
            else:
                out[act].append(_GROUP.sub(lambda found: groups[found.group(1)], line))
    return {act: tuple(lines) for act, lines in out.items()}


@cache
def said() -> tuple[tuple[str, str, str], ...]:
    """Whole messages: act, the system that runs when they are said or "", and the words.

    A section is headed `[act]` or `[act system]`.
    """
    out: list[tuple[str, str, str]] = []
    act = engine = ""
    for line in MESSAGES.read_text("utf-8").splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            act, _, engine = line[1:-1].partition(" ")
        elif line and not line.startswith("#"):
            out.append((act, engine, line))
    return tuple(out)


@cache
def plain_words() -> frozenset[str]:
    """Every word in small letters that the patterns use: known words, never corrected."""
    text = " ".join(line for lines in patterns().values() for line in lines)
    return frozenset(_WORD.findall(text)) | frozenset(
        w for t in (*POLITE, *TAILS, *FILLERS) for w in t.split())


@cache
def everyday() -> frozenset[str]:
    """Everyday words that people use around an order and that say nothing about its object."""
    return frozenset(EVERYDAY.read_text("utf-8").split())


@cache
def act_words(act: str) -> frozenset[str]:
    """Words in small letters that the patterns of an act use."""
    return frozenset(_WORD.findall(" ".join(patterns()[act])))


@cache
def common_words() -> frozenset[str]:
    """Words that the patterns of several acts share: they say little about what is meant."""
    found = [word for act in patterns() for word in act_words(act)]
    return frozenset(w for w in set(found) if found.count(w) >= SHARED) | frozenset(
        w for t in (*POLITE, *TAILS, *FILLERS) for w in t.split())


def expand(pattern: str, rng: np.random.Generator) -> tuple[str, ...]:
    """One phrase of a pattern, each choice drawn."""
    def pick(found: re.Match[str]) -> str:
        options = found.group(1).split("|")
        return str(options[int(rng.integers(len(options)))])

    while _CHOICE.search(pattern):
        pattern = _CHOICE.sub(pick, pattern)
    return tuple(pattern.split())


def samples(rng: np.random.Generator, each: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """Phrases with their act: `each` a pattern, some of them worded or typed less well."""
    for act, lines in patterns().items():
        for line in lines:
            for _ in range(each + min(MOST, line.count("|"))):
                yield tuple(_loosen(_counted(_written(expand(line, rng), rng)), rng)), act


def _counted(words: list[str]) -> list[str]:
    """Numbers that a pattern spells out, as every message's are replaced."""
    out = list(words)
    for q in reversed(quantities(words)):
        out[q.start:q.end] = [q.placeholder(words)]
    return out


@cache
def _surfaces() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Words for things of each sort."""
    out: dict[str, list[tuple[str, ...]]] = {kind: [] for kind in WRITTEN}
    for said, entry in lexicon().phrases:
        if entry.kind in out:
            out[entry.kind].append(said)
    return {kind: tuple(said) for kind, said in out.items()}


def _written(words: tuple[str, ...], rng: np.random.Generator) -> list[str]:
    """Some things in words that are not recognised, some as what may be setting or figure."""
    out: list[str] = []
    for word in words:
        draw = rng.random()
        if word in WRITTEN and draw < WRITTEN_OUT:
            said = list(_surfaces()[word][int(rng.integers(len(_surfaces()[word])))])
            if len(said) > 1:
                said.pop(int(rng.integers(len(said))))
            out += said
        elif word in ("PARAM", "FIGURE") and draw < WRITTEN_OUT + BOTH:
            out.append("BOTH")
        else:
            out.append(word)
    return out


def _loosen(words: list[str], rng: np.random.Generator) -> list[str]:
    """What people do to a phrase: politeness, a word too many or too few, a slip of a finger."""
    if rng.random() < 0.2:
        words = POLITE[int(rng.integers(len(POLITE)))].split() + words
    if rng.random() < 0.2:
        words = words + TAILS[int(rng.integers(len(TAILS)))].split()
    small = [i for i, w in enumerate(words) if w in SMALL]
    if len(words) > 3 and small and rng.random() < 0.12:
        words.pop(small[int(rng.integers(len(small)))])
    if rng.random() < 0.1:
        words.insert(int(rng.integers(len(words) + 1)), FILLERS[int(rng.integers(len(FILLERS)))])
    long = [i for i, w in enumerate(words) if w.isalpha() and w.islower() and len(w) > 3]
    if long and rng.random() < 0.12:
        i = long[int(rng.integers(len(long)))]
        words[i] = _slip(words[i], rng)
    return words


def _slip(word: str, rng: np.random.Generator) -> str:
    """One letter left out, doubled, swapped or replaced."""
    i = int(rng.integers(1, len(word) - 1))
    kind = int(rng.integers(4))
    if kind == 0:
        return word[:i] + word[i + 1:]
    if kind == 1:
        return word[:i] + word[i] + word[i:]
    if kind == 2:
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    return word[:i] + chr(int(rng.integers(97, 123))) + word[i + 1:]

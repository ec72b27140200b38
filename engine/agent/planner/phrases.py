"""Training phrases out of patterns: `(start|launch) (a|the|) ENGINE` stands for six phrases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

PATTERNS: Final = Path(__file__).resolve().parents[3] / "assets" / "agent" / "phrases.txt"
_CHOICE: Final = re.compile(r"\(([^()]*)\)")
_WORD: Final = re.compile(r"[a-z]+(?:[-'/][a-z]+)*")
POLITE: Final = ("please", "could you", "can you", "hey", "ok", "now", "so", "then", "just",
                 "i want to", "would you", "quickly", "atrium ,", "hi ,", "well ,", "kindly")
TAILS: Final = ("please", "now", "for me", "thanks", "?", ".", "!", "then", "if you can", "ok ?",
                "right now", "again")
SMALL: Final = frozenset((
    "the", "a", "an", "of", "in", "to", "me", "it", "is", "are", "for", "please"))
FILLERS: Final = ("the", "a", "really", "just", "maybe", "actually", "also", "quickly", "my", "our")


@cache
def patterns() -> Mapping[str, tuple[str, ...]]:
    """Patterns of each act."""
    out: dict[str, list[str]] = {}
    act = ""
    for line in PATTERNS.read_text("utf-8").splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            act = line[1:-1]
            out[act] = []
        elif line and not line.startswith("#"):
            out[act].append(line)
    return {act: tuple(lines) for act, lines in out.items()}


@cache
def plain_words() -> frozenset[str]:
    """Every word in small letters that the patterns use: known words, never corrected."""
    text = " ".join(line for lines in patterns().values() for line in lines)
    return frozenset(_WORD.findall(text)) | frozenset(
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
            for _ in range(each):
                yield tuple(_loosen(list(expand(line, rng)), rng)), act


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

"""A clause as hashed features: once by the sorts of its things, once by its words and letters."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Final

from engine.agent.planner.quantities import single

SORT_BUCKETS: Final = 1 << 14
WORD_BUCKETS: Final = 1 << 15
_MARKS: Final = frozenset((",", ".", "!", "-", ";"))
_SORTS: Final = ("ENGINE", "PARAM", "FIGURE", "COMMAND", "SCENARIO", "CHOICE", "AGENT#", "RUN#",
                 "NUM", "FACTOR", "SCALE", "BOTH", "MOVE", "STATION")
_MOVE: Final = re.compile(r"[a-hj-t]\d{1,2}")
_DESK: Final = re.compile(r"p\d{1,3}")
NUMBER, POINT, DESK = "#", "@", "p#"


class _Hashed:
    """Features by bucket, those of one bucket summed."""

    def __init__(self, buckets: int) -> None:
        self.rows: dict[int, float] = {}
        self._buckets = buckets

    def add(self, text: str, value: float = 1.0) -> None:
        """One feature more."""
        bucket = zlib.crc32(text.encode()) % self._buckets
        self.rows[bucket] = self.rows.get(bucket, 0.0) + value


def of_sorts(shape: Sequence[str]) -> dict[int, float]:
    """Features of a shape, never empty: words, pairs, gapped pairs, letters, ends, sorts."""
    words = [w for w in shape if w not in _MARKS] or ["-"]
    out = _Hashed(SORT_BUCKETS)
    for i, word in enumerate(words):
        out.add(f"w {word}", 1.5)
        if i + 1 < len(words):
            out.add(f"p {word} {words[i + 1]}")
        if i + 2 < len(words):
            out.add(f"g {word} {words[i + 2]}", 0.5)
            out.add(f"t {word} {words[i + 1]} {words[i + 2]}", 0.7)
        if word.islower() and len(word) > 2:
            marked = f"<{word}>"
            for n in (3, 4):
                for j in range(len(marked) - n + 1):
                    out.add(f"c {marked[j:j + n]}", 0.25)
    out.add(f"first {words[0]}")
    out.add(f"two {' '.join(words[:2])}")
    out.add(f"last {words[-1]}", 0.7)
    out.add(f"length {min(len(words), 8)}", 0.5)
    for kind in _SORTS:
        out.add(f"{'has' if kind in words else 'no'} {kind}", 0.5)
    return out.rows


def of_words(tokens: Sequence[str]) -> dict[int, float]:
    """Features of words, never empty: words, their letters, pairs, pairs of beginnings, ends."""
    words = [_plain(w) for w in tokens if w not in _MARKS] or ["-"]
    out = _Hashed(WORD_BUCKETS)
    for i, word in enumerate(words):
        out.add(f"w {word}")
        marked = f"<{word}>"
        for n in (3, 4, 5):
            for j in range(len(marked) - n + 1):
                out.add(f"c {marked[j:j + n]}", 0.3)
        if i + 1 < len(words):
            out.add(f"p {word} {words[i + 1]}", 0.8)
            out.add(f"q {word[:4]} {words[i + 1][:4]}", 0.5)
    out.add(f"first {words[0]}")
    out.add(f"two {' '.join(words[:2])}")
    out.add(f"last {words[-1]}", 0.7)
    out.add(f"length {min(len(words), 9)}", 0.4)
    return out.rows


def _plain(word: str) -> str:
    """One sign for every number, point of the board and desk."""
    if _MOVE.fullmatch(word):
        return POINT
    if _DESK.fullmatch(word):
        return DESK
    return NUMBER if word[0].isdigit() or single(word) is not None else word

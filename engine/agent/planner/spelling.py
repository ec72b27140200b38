"""Misspelt words put right, carefully: only towards words of this house, and never a known word.

Source: Damerau 1964, A technique for computer detection and correction of spelling errors,
    doi:10.1145/363958.363994 (four kinds of slips make most of them).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

SHORTEST = 4
FOR_TWO = 8


def corrected(word: str, known: Collection[str]) -> str:
    """The one known word within a slip or two of `word`, else `word` itself.

    One slip from four letters on, two from eight. Where two known words are equally near, nothing
    is changed: a wrong correction is worse than none.
    """
    if word in known or len(word) < SHORTEST or not word.isalpha():
        return word
    most = 2 if len(word) >= FOR_TWO else 1
    best, ties, least = word, 0, (most + 1, 0)
    for other in _near(frozenset(known), len(word), most):
        if other[0] != word[0] and other[:2] != word[1::-1] and other[0] != word[1:2]:
            continue  # the first letter is rarely the wrong one, but it may be swapped or doubled
        d = slips(word, other), _kind(word, other)
        if d < least and d[0] <= most:
            best, ties, least = other, 1, d
        elif d == least:
            ties += 1
    return best if ties == 1 else word


@lru_cache(maxsize=256)
def _near(known: frozenset[str], length: int, most: int) -> tuple[str, ...]:
    """Known words of about that length."""
    return tuple(w for w in sorted(known)
                 if max(SHORTEST - 1, length - most) <= len(w) <= length + most and w.isalpha())


def _kind(word: str, meant: str) -> int:
    """Swapped letters are likelier than one too many or too few, and those than a wrong one."""
    if len(word) != len(meant):
        return 1
    return 0 if sorted(word) == sorted(meant) else 2


@lru_cache(maxsize=65_536)
def slips(a: str, b: str) -> int:
    """Letters left out, put in, replaced or swapped with a neighbour between two words."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        two_before, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
    return row[-1]

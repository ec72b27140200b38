"""Known phrases in pieces, other words between theirs: "robots that are really working".

Only what the phrase says counts, in any order and within a few words; a phrase of one word is
never found this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from engine.agent.planner.lexicon import ARTICLES, LATER, Entry, Kind, Lexicon, stem

_BETWEEN_CLAUSES: Final = frozenset(("and", "then", "but", ";", "."))
KINDS: Final[frozenset[Kind]] = frozenset(("PARAM", "FIGURE", "COMMAND", "SCENARIO"))
ROOM: Final = 5
LEAST: Final = 2
# words of phrases that carry nothing by themselves
_EMPTY: Final = ARTICLES | frozenset((
    "are", "is", "of", "at", "in", "on", "to", "per", "with", "by", "do", "does", "for", "and",
    "who", "that", "from", "have", "has", "be", "it", "we", "get", "being", "been", "how", "as",
    "each", "every", "much", "many", "one", "some", "any", "did", "was", "were", "they", "this"))


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in pieces.

    Attributes:
        at: Tokens that belong to it, ascending.
        meanings: What it may mean.
    """

    at: tuple[int, ...]
    meanings: tuple[Entry, ...]


class Gaps:
    """Looks phrases up by the stems of what they say."""

    def __init__(self, words: Lexicon) -> None:
        self._meanings: dict[frozenset[str], list[Entry]] = {}
        for said, entry in words.phrases:
            stems = frozenset(stem(w) for w in said if w not in _EMPTY and w.isalpha())
            twice = len(stems) < sum(w not in _EMPTY and w.isalpha() for w in said)
            if entry.kind == "SCENARIO" and twice:
                continue  # "computer against computer" is no computer against something
            if entry.kind in KINDS and len(stems) >= LEAST:
                meanings = self._meanings.setdefault(stems, [])
                if entry not in meanings:
                    meanings.append(entry)
        self._by_stem: dict[str, list[frozenset[str]]] = {}
        for stems in self._meanings:
            for one in stems:
                self._by_stem.setdefault(one, []).append(stems)

    def find(self, tokens: Sequence[str], free: Sequence[bool], passed: Sequence[bool],
             engine: str | None) -> list[Found]:
        """Phrases whose words all stand free and near each other; longest first, none twice.

        Args:
            tokens: Words of the message.
            free: Which of them may be used.
            passed: Which may stand between the words of a phrase.
            engine: System whose phrases are looked for; None for all.
        """
        places: dict[str, list[int]] = {}
        for i, token in enumerate(tokens):
            if free[i] and token not in _EMPTY:
                places.setdefault(stem(token), []).append(i)
        seen: dict[frozenset[str], int] = {}
        for one in places:
            for stems in self._by_stem.get(one, ()):
                seen[stems] = seen.get(stems, 0) + 1
        whole = [s for s, n in seen.items() if n == len(s)]
        found = []
        for stems in whole:
            meanings = tuple(e for e in self._meanings[stems]
                             if e.engine == engine or (engine is None and e.engine not in LATER))
            at = _nearest([places[s] for s in sorted(stems)])
            apart = {tokens[i] for i in range(at[0], at[-1]) if i not in at}
            if meanings and at[-1] - at[0] < len(at) + ROOM and all(passed[at[0]:at[-1] + 1]) \
                    and (not apart & _BETWEEN_CLAUSES or all(
                        m.kind == "COMMAND" for m in meanings)):
                found.append(Found(at, meanings))
        found.sort(key=lambda f: (-len(f.at), f.at[-1] - f.at[0], f.at))
        taken: set[int] = set()
        out = []
        for one_found in found:
            span = range(one_found.at[0], one_found.at[-1] + 1)
            if not taken.intersection(span):
                taken.update(span)
                out.append(one_found)
        return out


def _nearest(places: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """One place of each list, chosen around each place of the first one; the tightest choice."""
    best: tuple[int, ...] = ()
    for start in places[0]:
        at = tuple(sorted(min(p, key=lambda i: abs(i - start)) for p in places))
        if not best or at[-1] - at[0] < best[-1] - best[0]:
            best = at
    return best


@cache
def gaps(words: Lexicon) -> Gaps:
    """The phrases of a lexicon, prepared once."""
    return Gaps(words)

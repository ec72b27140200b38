"""The setting that a value is meant for where none was named in known words.

"Let the search look up to 7.5 kilometres out" names no setting, but only one takes kilometres and
has to do with searching. A setting is taken when its unit is that of the value, its range holds it,
and what is said about it (label, synonyms, meaning) shares clearly more words with the clause than
what is said about any other.

Source: Spärck Jones 1972, doi:10.1108/eb026526 (rare words weigh more).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import log
from typing import Final

from engine.agent.house.domains import Domain, domains
from engine.agent.planner.clauses import Ask
from engine.agent.planner.lexicon import lexicon, stem
from engine.agent.planner.phrases import everyday
from engine.agent.planner.quantities import UNITS, Quantity
from engine.agent.planner.tokens import tokens_of
from engine.agent.planner.values import typed
from engine.params import Knob, knobs

LEAST: Final = 2.2
AHEAD: Final = 1.25
ALONE: Final = 1.2
LEAST_BARE: Final = 7.0
AHEAD_BARE: Final = 1.5
"""A value without a unit says less: more words have to be shared."""
HELP: Final = 0.5


def likely_setting(ask: Ask, of: Domain) -> dict[str, float]:
    """The one setting and its value that a clause most likely means; empty where none is clear."""
    numbers = [q for q in ask.reading.numbers if q.role != "factor" and not q.clock]
    if len(numbers) != 1:
        return {}
    q = numbers[0]
    least, ahead = (LEAST, AHEAD) if q.unit else (LEAST_BARE, AHEAD_BARE)
    said = {stem(t) for i, t in enumerate(ask.reading.tokens)
            if _tells(t) and not q.start <= i < q.end}
    scores = sorted(((_shared(said, _words(of.name)[k.name]), k.name) for k in knobs(of.params)
                     if _takes(k, q)), reverse=True)
    if len(scores) == 1 and q.unit:
        least = ALONE  # no other setting takes this unit
    if not scores or scores[0][0] < least or (
            len(scores) > 1 and scores[0][0] < ahead * scores[1][0]):
        return {}
    knob = next(k for k in knobs(of.params) if k.name == scores[0][1])
    return {knob.name: typed(q, knob)}


def _takes(knob: Knob, q: Quantity) -> bool:
    """Whether a value has the unit of a setting and lies in its range."""
    unit, _, per = knob.unit.lower().partition("/")
    mine, theirs = UNITS.get(q.unit), UNITS.get(unit.strip())
    if knob.kind not in ("int", "float") or knob.low is None or knob.high is None:
        return False
    if not q.unit and theirs is None:
        return bool(knob.low <= typed(q, knob) <= knob.high)
    if mine is None or theirs is None or mine[0] != theirs[0]:
        return False
    if mine[0] == "percent" and bool(q.per) != bool(per):
        return False  # 40 percent a minute is a rate, 40 percent is none
    return bool(knob.low <= typed(q, knob) <= knob.high)


def _shared(said: set[str], words: Mapping[str, float]) -> float:
    """Weight of the words that a clause and a setting share."""
    return sum(w for one, w in words.items() if one in said)


@cache
def _words(engine: str) -> Mapping[str, Mapping[str, float]]:
    """Stems that are said about each setting of a system, with their weights."""
    about: dict[str, dict[str, float]] = {}
    for k in knobs(domains()[engine].params):
        about[k.name] = {stem(t): HELP for t in tokens_of(k.help) if _tells(t)}
    for words, entry in lexicon().phrases:
        if entry.engine == engine and entry.kind == "PARAM":
            about[entry.name].update({stem(t): 1.0 for t in words if _tells(t)})
    spread: dict[str, int] = {}
    for stems in about.values():
        for one in stems:
            spread[one] = spread.get(one, 0) + 1
    return {name: {one: w * log(1 + len(about) / spread[one]) for one, w in stems.items()}
            for name, stems in about.items()}


def _tells(word: str) -> bool:
    """Whether a word says something about a setting."""
    return word.isalpha() and len(word) > 2 and word not in UNITS and (
        word not in everyday() or word in ("longer", "long", "limit", "wait"))

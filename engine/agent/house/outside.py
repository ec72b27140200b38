"""Which texts of the house somebody else may have written.

Names of systems, settings, series, scenarios and states come from this program. Everything else
that is text (the label of a run that began with an uploaded file, an event that repeats what was
said in a chat) may hold instructions, and what has read it counts as untrusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, get_args

from engine.agent.house.domains import domains
from engine.live.thread import State
from engine.params import knobs
from engine.store.records import Outcome

CHANGED: Final = ", changed"
JOINED: Final = " · "
"""Between the parts of a label that a page puts together."""
_VALUE: Final = re.compile(
    r"|[-+]?[\d.,]+(?:e[-+]?\d+)?|\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[-+]\d\d:\d\d)?)?|[\d:.]+")
"""A number, a date, a time, or nothing."""


@cache
def house_words() -> frozenset[str]:
    """Every text that the program itself puts where a label, a name or a state stands."""
    words = {*get_args(State), *get_args(Outcome), "agent", "Chat", "cost", "Cost", "UTC",
             "evaluation", "shipped", "judged", "offline planner", "true", "false", "integer",
             "real", "text", "null"}
    for of in domains().values():
        labels = {s.label for s in of.scenarios.values()}
        words |= {of.name, of.title, of.agent, *of.commands, *of.scenarios, *labels,
                  *(f"{label}{CHANGED}" for label in labels)}
        words |= {text for f in of.figures for text in (f.name, f.label, f.unit, f.series)}
        for k in knobs(of.params):
            words |= {k.name, k.label, k.unit, *k.choices}
    return frozenset(words)


def outside(value: Any, known: Iterable[str] = ()) -> bool:
    """Whether a value holds any text that is not the house's own.

    Args:
        value: Anything JSON-able; keys of mappings count as the house's.
        known: More texts that are.
    """
    words = house_words()
    more = frozenset(known)

    def foreign(item: Any) -> bool:
        if isinstance(item, str):
            return any(part not in words and part not in more and not _VALUE.fullmatch(part)
                       for part in item.split(JOINED))
        if isinstance(item, Mapping):
            return any(map(foreign, item.values()))
        if isinstance(item, list | tuple):
            return any(map(foreign, item))
        return False
    return foreign(value)

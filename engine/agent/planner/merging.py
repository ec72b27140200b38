"""Requests without those that one before has met already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from engine.agent.house.domains import domains
from engine.agent.planner.clauses import Ask
from engine.agent.planner.deeds import spiked
from engine.agent.planner.told import told

_REPEATED: Final = frozenset(("wheel", "camera", "undo", "explain"))
_ONCE: Final = frozenset(("step", "speed", "pause", "stop", "reset"))
_SAID_BEFORE: Final = frozenset((("start", "resume"), ("step", "pause"), ("reset", "resume"),
                                 ("compare", "compare"), ("stop", "pause"), ("resume", "resume")))


def merged(asks: Sequence[Ask]) -> list[Ask]:
    """Requests without those that one before has met already.

    A run that was started runs, one that was stepped stands, and a comparison draws its own
    figures: a chart asked for right after it says which.
    """
    out: list[Ask] = []
    for ask in asks:
        last = out[-1] if out else None
        pair = (last.act if last is not None else "", ask.act)
        if pair in _SAID_BEFORE or (last is not None and pair == ("inject", "inject")
                                    and _same_deed(last, ask)):
            continue
        if last is not None and last.act == "inject" and ask.act in ("start", "reset") \
                and _begun(last) and not (ask.reading.mentions or ask.reading.numbers):
            continue  # "end this drive and start another", "clear the board and begin again"
        if last is not None and pair == ("inject", "inject") and (
                twice := _told_twice(last, ask)):
            out[-1] = twice
            continue
        if last is not None and (pair == ("set", "inject") and _same_spike(last, ask)):
            continue
        if last is not None and pair == ("stop", "reset"):
            out[-1] = ask  # "throw it all away and start from zero"
            continue
        if last is not None and pair == ("set", "set") and _said_again(last, ask):
            out[-1] = ask
            continue
        if last is not None and pair[0] == pair[1] and ask.act in _ONCE \
                and not (last.reading.numbers and (ask.act != "step" or ask.reading.numbers)):
            out[-1] = ask if ask.act != "step" or ask.reading.numbers else last
            continue
        if last is not None and (last.act, ask.act) == ("compare", "chart") \
                and not ask.reading.runs:
            both = replace(last.reading, mentions=(*last.reading.mentions,
                                                   *(m for m in ask.reading.mentions
                                                     if m.of("FIGURE"))))
            out[-1] = replace(last, reading=both)
        else:
            out.append(ask)
    return out


def _begun(ask: Ask) -> bool:
    """Whether another game or drive has begun by this."""
    deed = told(ask.reading.engine, ask.reading.tokens)
    return deed is not None and deed[0] in ("new_game", "new_drive")


def _same_deed(a: Ask, b: Ask) -> bool:
    """Whether two clauses tell of one incident: "a picker takes a break, stop a station"."""
    first, second = (x.reading for x in (a, b))
    names = {e.name for e in first.of("COMMAND")} & {e.name for e in second.of("COMMAND")}
    return bool(names) and not (second.agents or second.numbers or first.agents)


def _told_twice(a: Ask, b: Ask) -> Ask | None:
    """As in "clear the board, a fresh game on 13 by 13": the clause that says more about it."""
    first, second = (told(x.reading.engine, x.reading.tokens) for x in (a, b))
    if first is None or second is None or first[0] != second[0] or first[0] in _REPEATED:
        return None
    return b if len(second[1]) >= len(first[1]) else a


def _same_spike(a: Ask, b: Ask) -> bool:
    """As in "twice the orders for five minutes, just as a spike": the spike is there already."""
    return spiked(a, domains()["warehouse"]) is not None and not b.reading.numbers \
        and any(e.name == "demand_spike" for e in b.reading.of("COMMAND"))


def _said_again(a: Ask, b: Ask) -> bool:
    """As in "no rush hour slowdown, set it to 0": the value comes with the second."""
    names = [{e.name for e in x.reading.of("PARAM")} for x in (a, b)]
    return bool(names[0]) and names[0] == names[1] and bool(b.reading.numbers) \
        and not (a.reading.numbers or a.reading.of("CHOICE"))

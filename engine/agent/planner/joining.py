"""Clauses that belong together: what a run is to start with, and one deed told in two sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.agent.planner.acts import Guess
from engine.agent.planner.questions import is_question

if TYPE_CHECKING:
    from engine.agent.planner.clauses import Ask, Here, Reader

_POINTS: Final = re.compile(
    r"\b(?:it|them|him|her|(?:that|this|the) (?:one|robot|unit|bot|station|desk|aisle|row|column"
    r"|bridge|camera|cam))\b")
_PLACED: Final = re.compile(r"(?:row|column|aisle) \d|\bp\d{1,3}\b|bridge\b")
_DONE_TO: Final = frozenset(("inject", "stop", "pause", "other", "again", "inspect"))
_OF_START: Final = frozenset(("set", "settings", "again", "start"))
_NOTICE: Final = re.compile(r"(?i)\b(?:tell|warn|let me know|notify|alert|ping|shout|when|wait)\b")
_ADJUSTED: Final = re.compile(
    r"(?i)\W*(?:and |then |please |now )*(?:set|change|adjust|raise|lower|increase|reduce|double"
    r"|halve"
    r"|switch|turn)\b")
CERTAIN_START: Final = Guess(("start", "help"), (1.0, 0.0))
CERTAIN_DEED: Final = Guess(("inject", "help"), (1.0, 0.0))


def one_start(asks: Sequence[Ask], reader: Reader, here: Here) -> list[Ask]:
    """The asks, where nothing runs, with the settings told around a start put into it.

    As in "the small floor and our pickers are slow, say 8 seconds to pick a line": there is nothing
    yet of which they could be the settings.
    """
    at = next((i for i, a in enumerate(asks) if a.act == "start" and _named(a)), None)
    if at is None or len(asks) == 1:
        return list(asks)
    start, systems = asks[at], _named(asks[at])
    before: list[Ask] = []
    texts = [start.text]
    for ask in asks[:at]:
        if ask.act in _OF_START and not _named(ask) - systems and not is_question(
                ask.reading.tokens):
            texts.insert(-1, ask.text)
        else:
            before.append(ask)
    after = list(asks[at + 1:])
    while after and _tells_more(after[0], systems):
        texts.append(after.pop(0).text)
    if len(texts) == 1:
        return list(asks)
    joined = reader.ask(", ".join(texts), here)
    return [*before, replace(joined, guess=CERTAIN_START), *after]


def _tells_more(ask: Ask, systems: set[str]) -> bool:
    """Whether a clause after a start says what it is to start with."""
    told = ask.reading.of("PARAM") or ask.reading.of("CHOICE") or ask.reading.of("SCENARIO")
    loose = ask.act in ("wait", "other", "figures", "knowledge") and ask.reading.of("PARAM") \
        and ask.reading.numbers and not _NOTICE.search(ask.text)
    if _ADJUSTED.match(ask.text):
        return False  # an order of its own
    return bool(told) and (ask.act in _OF_START or bool(loose)) and not _named(ask) - systems \
        and not ask.reading.runs and not is_question(ask.reading.tokens)


def _named(ask: Ask) -> set[str]:
    """Systems that a clause names, by themselves or by one of their starts."""
    return {e.engine for e in (*ask.reading.of("ENGINE"), *ask.reading.of("SCENARIO"))}


def one_deed(first: Ask, rest: Sequence[Ask], reader: Reader, here: Here) -> list[Ask] | None:
    """A thing told and what is to happen to it, made one: "P04 is at lunch, stop that station".

    Returns:
        All asks anew; None where the second is no deed done to the thing of the first.
    """
    second = rest[0]
    done = [{e.name for e in a.reading.of("COMMAND")} for a in (first, second)]
    if all(done) and not done[0] & done[1]:
        return None  # "close the bridge and let it rain"
    if not _POINTS.search(" ".join(second.reading.tokens)) or second.act not in _DONE_TO \
            or second.reading.of("ENGINE") or second.reading.agents:
        return None
    said = " ".join(first.reading.tokens)
    if is_question(first.reading.tokens):
        if not first.reading.agents:
            return None
        thing = f"robot {first.reading.agents[0][1]}"  # "what is robot 4 doing? and break it"
        anew = reader.ask(_POINTS.sub(thing, " ".join(second.reading.tokens), count=1), here)
        return [first, anew, *rest[1:]] if anew.act == "inject" else None
    if not (first.reading.agents or _PLACED.search(said)):
        return None
    if first.act not in ("inject", "inspect", "other", "figures", "settings", "knowledge", "set"):
        return None
    joined = reader.ask(f"{first.text}, {second.text}", here)
    deed = {e.name for e in joined.reading.of("COMMAND")} or joined.reading.agents
    if not deed and joined.act != "inject":
        return None
    return [replace(joined, guess=CERTAIN_DEED), *rest[1:]]

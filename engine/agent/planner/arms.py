"""The two arms of a comparison, out of the words that ask for it."""

from __future__ import annotations

from typing import Any

from engine.agent.house.domains import Domain
from engine.agent.planner.clauses import Ask
from engine.agent.planner.values import settings_in, typed
from engine.params import knobs


def arms_of(ask: Ask, of: Domain) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The two settings of a comparison, with what both share."""
    choices: dict[str, list[str]] = {}
    for mention in ask.reading.mentions:
        for entry in mention.of("CHOICE"):
            if entry.engine == of.name and entry.name != "shadow":
                values = choices.setdefault(entry.name, [])
                if entry.value not in values:
                    values.append(entry.value)
                break
    shared, _ = settings_in(ask, of)
    kinds = {k.name: k for k in knobs(of.params)}
    for name, values in choices.items():
        if len(values) == 2:
            rest = {n: v for n, v in shared.items() if n != name}
            return {**rest, name: values[0]}, {**rest, name: values[1]}
    numbers = [q for q in ask.reading.numbers if q.role != "factor"]
    named = [e.name for e in ask.reading.of("PARAM") if e.engine == of.name
             and kinds[e.name].kind in ("int", "float")]
    if named and len(numbers) >= 2:
        knob = kinds[named[0]]
        rest = {n: v for n, v in shared.items() if n != named[0]}
        return ({**rest, named[0]: typed(numbers[0], knob)},
                {**rest, named[0]: typed(numbers[1], knob)})
    for name in [e.name for e in ask.reading.of("PARAM") if e.engine == of.name]:
        rest = {n: v for n, v in shared.items() if n != name}
        if kinds[name].kind == "bool":
            words = ask.reading.tokens
            on_first = "on" in words and "off" in words and words.index("on") < words.index("off")
            return {**rest, name: on_first}, {**rest, name: not on_first}
        if "none" in kinds[name].choices:
            other = next(c for c in kinds[name].choices if c != "none")
            return {**rest, name: "none"}, {**rest, name: other}
    for name, values in choices.items():
        if len(values) == 1 and len(kinds[name].choices) >= 2:
            rest = {n: v for n, v in shared.items() if n != name}
            other = next(c for c in kinds[name].choices if c != values[0])
            return {**rest, name: other}, {**rest, name: values[0]}
    return None

"""Scripts that change and read settings: to a value, from the present one, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Final

from engine.agent.house.domains import Domain, domains
from engine.agent.planner import asking, compose
from engine.agent.planner.clauses import Ask
from engine.agent.planner.context import Context, domain_of
from engine.agent.planner.deeds import shadowed, spiked
from engine.agent.planner.grounds import DOWN, UP
from engine.agent.planner.likely import likely_setting
from engine.agent.planner.quantities import UNITS, Quantity
from engine.agent.planner.steps import AskBack, Call, Result, Script, one
from engine.agent.planner.values import named_settings, settings_in
from engine.agent.planner.wording import ranges
from engine.params import Knob

_FURTHER: Final = (("longer",), ("shorter",), ("more",), ("less",), ("fewer",), ("extra",))
_CAPS: Final = frozenset((("at", "most"), ("at", "least"), ("no", "more"), ("up", "to")))


def change(ask: Ask, context: Context) -> Script:
    """Change settings, to a value or from the present one."""
    return change_all([ask], context)


def change_all(asks: Sequence[Ask], context: Context) -> Script:
    """What clauses want of one run in one call, so that it takes effect together."""
    said: list[str] = []
    waiting: dict[str, Any] = {}
    where: dict[str, Any] = {}
    for ask in asks:
        of = domain_of(ask, context)
        place = context.run_arguments(ask)
        if waiting and place != where:
            said.append((yield from _set(where, waiting)))
            waiting = {}
        where = place
        if spike := spiked(ask, of):
            data = yield from one("inject", {**where, "command": spike[0], "arguments": spike[1]})
            said.append(compose.injected(data))
            continue
        try:
            waiting.update((yield from _wanted(ask, context, of)))
        except AskBack as question:
            if not waiting:
                raise
            named = named_settings(ask, of)
            if named and set(named) <= set(waiting):
                continue  # "they give up after 90 s, please adjust their patience"
            return "\n\n".join([*said, (yield from _set(where, waiting)), str(question)])
        context.heard(ask)
    if waiting:
        said.append((yield from _set(where, waiting)))
    return "\n\n".join(said)


def _set(where: Mapping[str, Any],
         values: Mapping[str, Any]) -> Generator[list[Call], list[Result], str]:
    data = yield from one("set_settings", {**where, "settings": dict(values)})
    return compose.changed(data)


def _wanted(ask: Ask, context: Context,
            of: Domain) -> Generator[list[Call], list[Result], dict[str, Any]]:
    """The new values that one clause asks for.

    Raises:
        AskBack: If a setting or a value is missing or cannot be.
    """
    settings, free = settings_in(ask, of)
    if ask.says("shadow"):
        settings = shadowed(settings, of)
    named = named_settings(ask, of)
    amount = _relative(ask, free, settings, of)
    if amount and named and _unfit(free, ranges(of)[named[0]]):
        amount, settings = None, likely_setting(ask, of)
        named = list(settings)
    if amount and named:
        settings = yield from _from_present(ask, context, of, named[0], amount)
    if not settings and not amount:
        settings = likely_setting(ask, of)
        named = list(settings) or named
    if not settings or (not named and not settings.keys() & {"start_h"}
                        and any(q.role != "factor" and not q.clock for q in free)):
        raise AskBack(asking.which_setting(of, named))  # "set the network thing to 0.5"
    context.setting = next(iter(settings))
    asking.check_ranges(of, settings, AskBack)
    return settings


def _unfit(free: Sequence[Quantity], knob: Knob) -> bool:
    """Whether a number is of another kind than a setting: kilometres of a number of trips."""
    mine = UNITS.get(knob.unit.lower().split("/")[0].split(" ")[0])
    return any(q.role == "value" and q.unit in UNITS and UNITS[q.unit][0] != (mine or ("",))[0]
               and UNITS[q.unit][0] != "points" for q in free)


def undo(ask: Ask, context: Context) -> Script:
    """Take the last change of settings back, or the last move on the board."""
    last = next((c for c in reversed(context.changes) if c["changed"] != "nothing"), None)
    at_board = context.at_hand() == "go" and (ask.says("move", "moves") or last is None)
    if context.act == "play" or at_board:
        data = yield from one("inject", {**context.run_arguments(ask), "command": "undo",
                                         "arguments": {}})
        return compose.injected(data)
    if last is None:
        raise AskBack("There is no change of a setting to take back. Which setting should have "
                      "which value?")
    of = domains()[last["engine"]]
    before = {k.name: found.group(1) for k in ranges(of).values()
              if (found := re.search(rf"(?:^|, ){re.escape(k.label)} (.+?) → ", last["changed"]))}
    settings = {n: _as_typed(v, ranges(of)[n]) for n, v in before.items()}
    data = yield from one("set_settings", {"run": last["run"], "settings": settings})
    return compose.changed(data)


def _as_typed(said: str, knob: Knob) -> Any:
    """A value that an answer told, as the setting takes it."""
    if knob.kind == "bool":
        return said == "on"
    return said if knob.kind == "choice" else float(said.replace(",", ""))


def _relative(ask: Ask, free: Sequence[Quantity], settings: Mapping[str, Any],
              of: Domain) -> Callable[[float], float] | None:
    """How a new value follows from the present one, or None for a plain value."""
    tokens = ask.reading.tokens
    factors = [q for q in ask.reading.numbers if q.role == "factor"]
    kinds = ranges(of)
    if any(kinds[n].kind in ("bool", "choice") for n in settings if n in kinds):
        return None
    if factors and not settings:
        return lambda now: now * factors[0].value
    inside = {i for m in ask.reading.mentions if m.of("PARAM") and m.end - m.start > 1
              for i in range(m.start, m.end)}
    free_words = {t for i, t in enumerate(tokens) if i not in inside}  # "extra drain" is a name
    down, up = bool(DOWN & free_words), bool(UP & free_words)
    capped = any(tokens[i:i + 2] in _CAPS for i in range(len(tokens)))
    if not (up or down) or "to" in tokens or capped:
        return None
    sign = -1 if down else 1
    percent = [q for q in ask.reading.numbers if q.role == "percent"]
    more = ask.says("more", "fewer", "less", "additional", "extra", "add", "remove", "longer",
                    "shorter", "another")
    if percent and ("by" in tokens or more):
        share = percent[0].value / 100
        return lambda now: now * (1 + sign * share)
    plain = [q for q in ask.reading.numbers if q.role == "value"]
    if plain and "by" not in tokens and (
            tokens[plain[0].start - 1:plain[0].start] in ((",",), (":",), ("at",))
            or (any(m.end == plain[0].start and m.of("PARAM") for m in ask.reading.mentions)
                and tokens[plain[0].end:plain[0].end + 1] not in _FURTHER)):
        return None  # "be more careful: caution 2.5", "a bit more, fifteen"
    if plain and ("by" in tokens or more):
        unit = next((kinds[n].unit for n in settings), "")
        return lambda now: now + sign * plain[0].in_unit(unit)
    return None


def _from_present(ask: Ask, context: Context, of: Domain, name: str,
                  amount: Callable[[float], float],
                  ) -> Generator[list[Call], list[Result], dict[str, Any]]:
    """The new value of a setting, from the one in force."""
    data = yield from one("read_settings", {**context.run_arguments(ask), "names": [name]})
    row = data["settings"][0]
    value = amount(float(row["value"]))
    whole = isinstance(row["value"], int)
    return {name: round(value) if whole else float(f"{value:.6g}")}


def settings(ask: Ask, context: Context) -> Script:
    """Read settings."""
    of = domain_of(ask, context)
    names = named_settings(ask, of)
    if not names and context.setting in ranges(of) and ask.says("it", "that", "this"):
        names = [str(context.setting)]
    context.setting = names[0] if names else context.setting
    data = yield from one("read_settings", {**context.run_arguments(ask), "names": names[:6]})
    return compose.settings(data, named=bool(names))

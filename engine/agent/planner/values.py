"""Which number belongs to which setting, in its unit and type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from engine.agent.house.domains import Domain
from engine.agent.planner.clauses import Ask
from engine.agent.planner.lexicon import Entry
from engine.agent.planner.mentions import Mention
from engine.agent.planner.quantities import UNITS, Quantity
from engine.params import Knob
from engine.params import knobs as knobs_of

NEAR: Final = 4
AFTER: Final = 8
BEFORE: Final = 3
DAY_H: Final = 24
_NOT_OF_A_SETTING: Final = frozenset(("seed", "seeds", "factor", "run", "step", "robot", "driver"))
_TAKEN_BACK: Final = frozenset((("i", "mean"), ("i", "meant"), ("no", ":"), ("no", ","),
                                ("or", "rather"), ("better", "yet"), ("scratch", "that")))
_INSTEAD_OF: Final = frozenset((("rather", "than"), ("instead", "of"), ("not", "the"),
                                ("than", "the"), ("of", "the")))
_OFF: Final = frozenset((
    "off", "of", "disable", "deactivate", "without", "no", "forbid", "stop", "ban", "abolish",
    "kill", "drop", "quit", "end", "cease", "scrap", "suspend", "forbidden", "not", "don't",
    "dont", "never", "prevent", "disabled", "rid"))
_ON: Final = frozenset((
    "on", "enable", "activate", "with", "allow", "use", "permit", "let", "introduce", "allowed",
    "enabled", "start", "make", "have", "may", "should", "want", "can", "get"))


def settings_in(ask: Ask, of: Domain) -> tuple[dict[str, Any], list[Quantity]]:
    """Settings with values that a clause names, and the numbers that found no setting.

    A number belongs to the setting it stands right before ("800 robots"), else to the nearest one
    whose unit it fits ("robots to 800", "charge below 25 %"). Choices and switches need no number.
    """
    reading = ask.reading
    knobs = {k.name: k for k in knobs_of(of.params)}
    out: dict[str, Any] = {}
    for mention in reading.mentions:
        if reading.tokens[max(0, mention.start - 2):mention.start][:2] in _INSTEAD_OF:
            continue
        for entry in mention.of("CHOICE"):
            if entry.engine == of.name and entry.name != "shadow":
                out[entry.name] = entry.value
                break
    named = _named(reading.mentions, of)[0]
    free = [q for q in reading.numbers if not (
        q.start and reading.tokens[q.start - 1] in _NOT_OF_A_SETTING)]
    free = [q for q in free if q.start > _corrected_at(reading.tokens)] or free
    numeric = [(m, e) for m, e in named if knobs[e.name].kind in ("int", "float")]
    pairs = sorted((apart, i, j) for i, q in enumerate(free) for j, (m, e) in enumerate(numeric)
                   if (apart := _apart(q, m, knobs[e.name])) is not None)
    used: set[int] = set()
    for _, i, j in pairs:
        name = numeric[j][1].name
        if i not in used and name not in out:
            out[name] = free[i]
            used.add(i)
    clock = next((i for i, q in enumerate(free) if q.clock and i not in used), None)
    if clock is not None and "start_h" in knobs and "start_h" not in out:
        out["start_h"] = free[clock]
        used.add(clock)
    if ask.act == "start" and "start_h" in knobs and "start_h" not in out:
        at = next((i for i, q in enumerate(free) if i not in used and not q.unit and q.start
                   and q.role == "value" and 0 <= q.value < DAY_H
                   and reading.tokens[q.start - 1] == "at"), None)
        if at is not None:  # "on a Sunday at 9"
            out["start_h"] = free[at]
            used.add(at)
    _by_colour(reading.tokens, out)
    left = [q for q in reading.numbers if not any(q is free[i] for i in used)
            and q.role != "factor"]
    for mention, entry in named:
        switch = switched(ask, mention)
        if entry.name not in out and switch is not None:
            before = reading.tokens[max(0, mention.start - 2):mention.start + 1]
            none = any(w in ("no", "without", "zero", "never") for w in before)
            _switch(out, knobs[entry.name], on=switch, none=none)
    return {n: typed(v, knobs[n]) for n, v in out.items() if n in knobs}, left


def _by_colour(tokens: Sequence[str], out: dict[str, Any]) -> None:
    """Visits of the side that is spoken of: "white gets 800 visits", "both on 100 visits"."""
    visits = out.get("visits")
    if not isinstance(visits, Quantity):
        return
    sides = [t.removesuffix("'s") for t in tokens[:visits.start]
             if t.removesuffix("'s") in ("black", "white", "both")]
    sides = sides or [t for t in tokens[visits.end:] if t in ("black", "white", "both")]
    if sides:
        del out["visits"]
        for side in ("black", "white") if sides[-1] == "both" else (sides[-1],):
            out[f"{side}_visits"] = visits


def _corrected_at(tokens: Sequence[str]) -> int:
    """Where a value is taken back for another: "a fifth … I mean 20 %", "5 is too little, 10"."""
    pairs = zip(tokens, (*tokens[1:], ""), strict=True)
    return max((i for i, (a, b) in enumerate(pairs)
                if (a, b) in _TAKEN_BACK or a in ("too", "rather")), default=-1)


def named_settings(ask: Ask, of: Domain) -> list[str]:
    """Settings that a clause names, none twice; what is clear goes before what may be meant."""
    clear, doubtful = _named(ask.reading.mentions, of)
    return list(dict.fromkeys(e.name for _, e in clear or doubtful))


def _named(mentions: Sequence[Mention],
           of: Domain) -> tuple[list[tuple[Mention, Entry]], list[tuple[Mention, Entry]]]:
    """Mentions that mean one setting, and those that may mean several, with each of them."""
    clear: list[tuple[Mention, Entry]] = []
    doubtful: list[tuple[Mention, Entry]] = []
    for m in mentions:
        entries = [e for e in m.of("PARAM") if e.engine == of.name]
        (clear if len(entries) == 1 else doubtful).extend((m, e) for e in entries)
    return clear, doubtful


def _apart(q: Quantity, m: Mention, knob: Knob) -> float | None:
    """How far a number is from a setting; None where it cannot be its value."""
    if not _fits(q, knob):
        return None
    near: float | None
    if q.start < m.start < q.end:
        near = 0.0  # its unit is part of the name: "two seconds between moves"
    elif q.end <= m.start:
        gap = m.start - q.end
        near = 0.0 if gap == 0 else 1.5 + gap if gap <= BEFORE else None
    else:
        gap = q.start - m.end
        near = 0.5 + gap / 2 if 0 <= gap <= AFTER else None
    if near is None or knob.low is None or knob.high is None:
        return near
    return near if knob.low <= typed(q, knob) <= knob.high else near + 2


def _fits(q: Quantity, knob: Knob) -> bool:
    """Whether the number's unit is one of the setting's kind."""
    share = knob.kind == "float" and not knob.unit and knob.high is not None and knob.high <= 1
    if q.role == "factor":
        return q.value < 1 and (knob.unit == "%" or share)  # half of the riders
    if q.role == "percent" and share:
        return True
    mine, theirs = UNITS.get(q.unit), UNITS.get(_base(knob.unit).lower())
    return mine is None or (theirs is not None and mine[0] == theirs[0])


def _switch(out: dict[str, Any], knob: Knob, *, on: bool, none: bool) -> None:
    """Turn on or off what can be: a switch, a choice with "none", with "no" a number to 0."""
    if knob.kind == "bool":
        out[knob.name] = on
    elif "none" in knob.choices:
        other = next(c for c in knob.choices if c != "none")
        out[knob.name] = other if on else "none"
    elif none and knob.low is not None and knob.low <= 0:
        out[knob.name] = 0


def switched(ask: Ask, mention: Mention) -> bool | None:
    """Whether the words before (or right after) a place switch it on or off."""
    tokens = ask.reading.tokens
    before = tokens[max(0, mention.start - NEAR):mention.start]
    after = tokens[mention.end:mention.end + 3]
    if "off" in after or "of" in after[-1:]:
        return False
    if "on" in after[:2]:
        return True
    if any(w in _OFF - {"of"} for w in (*before, *tokens[mention.start:mention.end])):
        return False
    if any(w in _ON for w in before) or any(
            w in ("allowed", "allow", "enabled") for w in tokens[mention.start:mention.end]):
        return True
    if any(w in after for w in ("forbidden", "disabled")):
        return False
    return True if any(w in after for w in ("allowed", "enabled", "please")) else None


def typed(value: Any, knob: Knob) -> Any:
    """A quantity in the setting's own unit and type."""
    if not isinstance(value, Quantity):
        return value
    if not knob.unit and value.role in ("factor", "percent") and knob.high is not None \
            and knob.high <= 1:
        return float(f"{value.value / (100 if value.role == 'percent' else 1):.9g}")
    if value.role == "factor":
        number = 100 * value.value
        return round(number) if knob.kind == "int" else float(f"{number:.9g}")
    number = value.in_unit(_base(knob.unit)) * _rate(value, knob.unit)
    return round(number) if knob.kind == "int" else float(f"{number:.9g}")


def _rate(value: Quantity, unit: str) -> float:
    """Turns "a minute" into the setting's "/h" or "/day"; 1 where nothing was said."""
    per = unit.partition("/")[2]
    if not value.per or per not in ("h", "day"):
        return 1.0
    return {"h": 3600.0, "day": 86400.0}[per] / UNITS[value.per][1]


def _base(unit: str) -> str:
    """The unit without what it is counted by: "min", not "min of patience"."""
    word = unit.split("/")[0].strip().lower()
    return word if word in UNITS else unit

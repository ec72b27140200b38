"""Numbers as people write them: 1,200 · 1.5k · two minutes · half · twice as many · 40 %."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Role = Literal["value", "factor", "percent"]

_ONES: Final = {w: i for i, w in enumerate((
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen"))}
_TENS: Final = {w: 10 * (i + 2) for i, w in enumerate((
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"))}
_SCALES: Final = {"hundred": 100.0, "thousand": 1e3, "million": 1e6, "k": 1e3, "m": 1e6,
                  "dozen": 12.0}
_FACTORS: Final = {"twice": 2.0, "double": 2.0, "doubled": 2.0, "doubling": 2.0, "triple": 3.0,
                   "thrice": 3.0, "quadruple": 4.0, "half": 0.5, "halve": 0.5, "halved": 0.5,
                   "quarter": 0.25, "third": 1 / 3}
_SCALING: Final = frozenset(("double", "doubled", "doubling", "triple", "quadruple", "halve",
                             "halved"))
_HOURS: Final = {"noon": 12.0, "midday": 12.0, "midnight": 0.0}
_PAST: Final = {"half": 0.5, "quarter": 0.25}
_PARTS: Final = {"quarter": 0.25, "quarters": 0.25, "third": 1 / 3, "thirds": 1 / 3, "half": 0.5,
                 "fifth": 0.2, "fifths": 0.2, "tenth": 0.1, "tenths": 0.1}
_POINTING: Final = frozenset(("the", "this", "that", "which", "last", "other", "any", "no",
                              "first", "mean", "lowest", "newest", "oldest"))
# unit -> (dimension, size in the dimension's base unit)
UNITS: Final[dict[str, tuple[str, float]]] = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), ("time", 1e-3)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("time", 1.0)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), ("time", 60.0)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), ("time", 3600.0)),
    **dict.fromkeys(("day", "days"), ("time", 86400.0)),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), ("length", 1.0)),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"),
                    ("length", 1e3)),
    **dict.fromkeys(("mile", "miles"), ("length", 1609.344)),
    **dict.fromkeys(("%", "percent", "per-cent", "pct"), ("percent", 1.0)),
    **dict.fromkeys(("wh", "watt-hours"), ("energy", 1.0)),
    **dict.fromkeys(("kwh",), ("energy", 1e3)),
    **dict.fromkeys(("€", "euro", "euros", "eur"), ("money", 1.0)),
    **dict.fromkeys(("cent", "cents"), ("money", 0.01)),
    **dict.fromkeys(("point", "points"), ("points", 1.0)),
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what it means.

    Attributes:
        value: The number; a factor where `role` says so.
        unit: As written, lower case, or "".
        role: A plain value, a factor ("twice"), or per cent.
        start: First token.
        end: Token after the last.
        per: Time unit that it is said to be a rate of ("30 orders a minute"), or "".
        clock: Whether it is a time of the day.
    """

    value: float
    unit: str
    role: Role
    start: int
    end: int
    per: str = ""
    clock: bool = False

    def placeholder(self, tokens: Sequence[str]) -> str:
        """What stands for it in a shape: NUM, FACTOR, or SCALE for "double the …"."""
        if self.role != "factor":
            return "NUM"
        return "SCALE" if tokens[self.start] in _SCALING else "FACTOR"

    def in_unit(self, unit: str) -> float:
        """The value in another unit of the same dimension; as it is where they do not fit.

        A unit such as "orders/h" or "robots" counts things: nothing is converted.
        """
        theirs = UNITS.get(unit.lower())
        mine = UNITS.get(self.unit)
        if mine is None or theirs is None or mine[0] != theirs[0]:
            return self.value
        return self.value * mine[1] / theirs[1]


def quantities(tokens: list[str]) -> list[Quantity]:
    """Every number in a token list, from left to right, none inside another."""
    out: list[Quantity] = []
    i = 0
    while i < len(tokens):
        halved = tokens[i] == "half" and tokens[i + 1:i + 2] in (["a"], ["an"])
        found = _plain(tokens, i) if halved else None
        found = (found or _clock(tokens, i) or _part(tokens, i) or _factor(tokens, i)
                 or _plain(tokens, i))
        if found is None:
            i += 1
            continue
        out.append(replace(found, per=_per(tokens, found.end)))
        i = found.end
    return out


def _clock(tokens: list[str], i: int) -> Quantity | None:
    """7 am, half past six, six o'clock in the evening, noon: hours since midnight."""
    if tokens[i] in _HOURS and tokens[i - 1:i] in (["at"], ["from"]):
        return Quantity(_HOURS[tokens[i]], "h", "value", i, i + 1, clock=True)
    past, at = 0.0, i
    if tokens[i + 1:i + 2] in (["past"], ["to"]) and tokens[i] in _PAST:
        past, at = _PAST[tokens[i]] * (1 if tokens[i + 1] == "past" else -1), i + 2
    hour = single(tokens[at]) if at < len(tokens) else None
    if hour is None or not 0 <= hour <= 24:
        return None
    end = at + 1
    rest = tokens[end:end + 3]
    glued = re.fullmatch(r"\d{1,2}(am|pm)", tokens[at])
    if rest[:1] in (["o'clock"], ["am"], ["pm"]):
        end += 1
    elif not glued and not past and rest[:1] + rest[2:] not in (
            ["in", "morning"], ["in", "afternoon"], ["in", "evening"], ["at", "night"]) \
            and rest[:2] != ["at", "night"]:
        return None
    tail = tokens[end - 1:end + 3]
    late = "pm" in (tail[0], glued.group(1) if glued else "") or "evening" in tail \
        or "afternoon" in tail
    for words in (["in", "the", "morning"], ["in", "the", "afternoon"], ["in", "the", "evening"],
                  ["at", "night"]):
        if tokens[end:end + len(words)] == words:
            end += len(words)
            break
    early = "am" in (tail[0], glued.group(1) if glued else "")
    value = hour % 12 + 12 if late and hour <= 12 else hour % 12 if early else hour
    return Quantity(value + past, "h", "value", i, end, clock=True)


def _part(tokens: list[str], i: int) -> Quantity | None:
    """Three quarters of, by a third, nine out of ten: per cent; a quarter of an hour: a time."""
    at = i + 1 if tokens[i] in ("a", "one", "an") else i
    count = single(tokens[i]) if at == i else 1.0
    if at == i and count is not None:
        at = i + 1
    rest = tokens[at + 1:]
    if count is not None and at > i and tokens[i + 1:i + 3] in (["out", "of"], ["in", "ten"]):
        of = single(tokens[i + 3]) if tokens[i + 1] == "out" and len(tokens) > i + 3 else 10.0
        end = i + 4 if tokens[i + 1] == "out" else i + 3
        if of and of >= count and count:
            return Quantity(100 * count / of, "%", "percent", i, end)
    part = _PARTS.get(tokens[at]) if at < len(tokens) else None
    if part is None:
        return None
    share = (count or 1.0) * part
    tail = 2 if rest[:2] == ["of", "an"] else 1 if rest[:1] in (["of"], ["an"]) else 0
    if rest[tail:tail + 1] in (["hour"], ["hours"]) and tokens[at] != "half":
        return Quantity(60 * share, "min", "value", i, at + 2 + tail)
    by = i > 0 and tokens[i - 1] == "by"
    if by or (rest[:1] == ["of"] and tokens[at] != "half") or (count or 0) > 1:
        return Quantity(100 * share, "%", "percent", i, at + 1 + (rest[:1] == ["of"]))
    return None


def _per(tokens: list[str], end: int) -> str:
    """The unit of "a minute", "per hour" within the next few words."""
    for i in range(end, min(len(tokens) - 1, end + 4)):
        if tokens[i] in ("a", "an", "per", "each", "every") and \
                UNITS.get(tokens[i + 1], ("",))[0] == "time":
            return tokens[i + 1]
    return ""


def _factor(tokens: list[str], i: int) -> Quantity | None:
    """Twice, half as many, three times, 2x."""
    word = tokens[i]
    end = i + 1
    value = _FACTORS.get(word)
    if value is not None and word in ("third", "quarter") and tokens[i - 1:i] != ["a"]:
        value = None
    if value is None and (times := re.fullmatch(r"(\d+(?:\.\d+)?)[x×]", word)):
        value = float(times.group(1))
    if value is None and tokens[i + 1:i + 2] in (["times"], ["x"], ["×"]):
        number = single(word)
        if number is not None:
            value, end = number, i + 2
    if value is None:
        return None
    for tail in (["as", "many"], ["as", "much"], ["the"], ["of"]):
        if tokens[end:end + len(tail)] == tail:
            end += len(tail)
            break
    return Quantity(value, "", "factor", i, end)


def _plain(tokens: list[str], i: int) -> Quantity | None:
    """800, 1.5k, two hundred, 40 %, 2 min; "a minute" counts as one."""
    if tokens[i:i + 3] == ["half", "a", "dozen"]:
        return Quantity(6.0, "", "value", i, i + 3)
    if tokens[i] == "half" and tokens[i + 1:i + 2] in (["a"], ["an"]) and tokens[i + 2:i + 3] \
            and tokens[i + 2] in UNITS:
        return Quantity(0.5, tokens[i + 2], "value", i, i + 3)
    if tokens[i] == "one" and (tokens[i + 1:i + 2] == ["of"] or (
            i and tokens[i - 1] in _POINTING) or tokens[i + 1:i + 2] in (["where"], ["called"])):
        return None
    read = _read(tokens, i)
    if read is None and tokens[i] == "a" and tokens[i + 1:i + 2] \
            and tokens[i + 1] in _SCALES and len(tokens[i + 1]) > 1:
        value, end = _read(["1", *tokens[i + 1:]], 0) or (0.0, 0)
        read = value, i + end
    if read is None:
        if tokens[i] in ("a", "an") and tokens[i + 1:i + 2] and tokens[i + 1] in UNITS \
                and len(tokens[i + 1]) > 3 and tokens[i + 1] != "point":
            half = tokens[i + 2:i + 5] == ["and", "a", "half"]
            return Quantity(1.5 if half else 1.0, tokens[i + 1], "value", i, i + (5 if half else 2))
        return None
    value, end = read
    if i and tokens[i - 1] in ("minus", "negative") and not (i > 1 and single(tokens[i - 2])):
        value = -value
    if tokens[end:end + 3] == ["and", "a", "half"]:
        value, end = value + 0.5, end + 3
    unit = ""
    glued = re.fullmatch(r"[-−]?[\d.,']+([a-z%]+)", tokens[i])
    if glued and glued.group(1) in UNITS and glued.group(1) != "m":
        unit = glued.group(1)
    elif end < len(tokens) and tokens[end] in UNITS:
        unit, end = tokens[end], end + 1
        if tokens[end:end + 3] == ["and", "a", "half"]:
            value, end = value + 0.5, end + 3
    if UNITS.get(unit, ("",))[0] == "money" and unit not in ("cent", "cents") \
            and re.fullmatch(r"\d\d", tokens[end] if end < len(tokens) else ""):
        value, end = value + float(tokens[end]) / 100, end + 1  # 3 euros 50
    elif UNITS.get(unit, ("",))[0] == "money" and unit not in ("cent", "cents") \
            and (tokens[end] if end < len(tokens) else "") in _TENS:
        value, end = value + _TENS[tokens[end]] / 100, end + 1  # four euros fifty
    role: Role = "percent" if UNITS.get(unit, ("",))[0] == "percent" else "value"
    return Quantity(value, unit, role, i, end)


def _read(tokens: list[str], i: int) -> tuple[float, int] | None:
    """A number from token i on, and where it ends."""
    first = single(tokens[i])
    if first is None:
        return None
    value, end = first, i + 1
    total = 0.0
    while end < len(tokens):
        word = tokens[end]
        if word in _SCALES and word != "m":
            value *= _SCALES[word]
            if value >= 1000:
                total, value = total + value, 0.0
        elif word == "and" and end + 1 < len(tokens) and tokens[end + 1] in {**_ONES, **_TENS} \
                and tokens[end - 1] in _SCALES:
            pass
        elif word in _ONES and (tokens[end - 1] in _TENS or tokens[end - 1] in _SCALES
                                or tokens[end - 1] == "and"):
            value += _ONES[word]
        elif word in _TENS and (tokens[end - 1] in _SCALES or tokens[end - 1] == "and"):
            value += _TENS[word]
        elif word in _ONES or word in _TENS or end > i + 8:
            break
        else:
            break
        end += 1
    return total + value, end


def single(word: str) -> float | None:
    """One token as a number; None where it is none."""
    if word in _ONES:
        return float(_ONES[word])
    if word in _TENS:
        return float(_TENS[word])
    if "-" in word and not word.startswith("-"):
        tens, _, ones = word.partition("-")
        if tens in _TENS and ones in _ONES:
            return float(_TENS[tens] + _ONES[ones])
    found = re.fullmatch(r"([-−]?)(\d[\d,']*(?:\.\d+)?|\.\d+)([a-z%]*)", word)
    if not found:
        return None
    sign, digits, tail = found.groups()
    value = float(digits.replace(",", "").replace("'", "")) * (-1 if sign else 1)
    if tail in ("k", "m") and tail in _SCALES:
        return value * _SCALES[tail] if tail == "k" else value * 1e6
    return value if not tail or tail in UNITS or tail in ("am", "pm") else None

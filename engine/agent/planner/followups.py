"""A follow-up as the whole request it stands for: the last one, with what is new put in."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.agent.planner.acts import Guess
from engine.agent.planner.cameras import switches, views_in
from engine.agent.planner.clauses import NOWHERE, Ask, Here, Reader
from engine.agent.planner.lexicon import Kind
from engine.agent.planner.quantities import Quantity
from engine.agent.planner.seeking import certain
from engine.agent.planner.told import told

_DESK = re.compile(r"p\d{1,3}")
SHORT = 7
_PRONOUNS = frozenset(("it", "that", "this", "them"))
_SETTING = ("set", "make", "put", "change", "turn", "switch", "raise", "increase", "lower",
            "reduce", "double", "halve", "triple", "cut", "bring", "more", "less", "fewer",
            "higher", "up", "down", "bump", "drop", "let", "adjust", "be", "should", "back",
            "plus", "another", "additional", "extra", "faster", "slower", "longer", "shorter")
_MORE = ("plus", "another", "more", "less", "fewer", "higher", "lower", "additional", "back", "on",
         "off", "faster", "slower", "longer", "shorter")
_NEXT = re.compile(r"\b(?:the )?(next|previous)(?: one| robot| driver)?(?: please)?[ ?.!]*$"
                   r"|\bthe one (after|before)\b")
_ONE_TOO = re.compile(r"^(?:(?:and|also|then|now|plus|,|the) )*(?P<name>[a-z]+)(?: (?:one|bridge))?"
                      r"(?: (?:too|also|as well|please|then|,|\.|!))+$")
_SAME = re.compile(r"\b(?:same|likewise|too|also|as well)\b.*\b(black|white)\b"
                   r"|^(?:and |for )*(black|white)(?:,? (?:too|also|as well))\b")
_SAME_BRIDGE = re.compile(r"\b(?:same|too|also|as well|and)\b.*?\b([a-z]+) bridge\b")
_THAT_ONE = re.compile(
    r"\b(?:it|him|her|that|this|them|that one|this one|that robot|this robot|the robot)\b")
_ITS = re.compile(
    r"\b(?:its|it|that|the) (?:maximum|minimum|max|min|range|limits?|highest|lowest|default|unit"
    r"|values?)\b"
    r"|\b(?:values?|options|choices|far|high|low) (?:can|may|could|does) (?:it|that) (?:take|have"
    r"|be|go)\b")
_DOWN = frozenset(("lower", "less", "fewer", "minus", "down", "shorter", "smaller"))
_UP = frozenset(("more", "higher", "plus", "up", "longer", "larger", "bigger", "another", "extra"))
_TO = frozenset(("to", "at", "instead", "than"))
_ON_OFF = re.compile(
    r"^(?:(?:\.|!|ok|okay|oh|no|and|now|then|please|actually|sorry|you|can|could|may|so|,|turn"
    r"|switch|put"
    r"|it|that|them|hm|wait|bring|let's|have) )*(?:back )?(?P<how>on|off)\b(?: (?:again|please|now"
    r"|then|it|that|after|all|my|mistake|sorry|wrong|back|to|the|real|game|,|\.|!))*$")
_BREAKING = frozenset(("break", "kill", "fail", "wreck", "crash", "disable", "damage"))
_KIND_OF_FIGURE = frozenset(("mean", "average", "median", "lowest", "minimum", "p95", "highest",
                             "worst", "loaded", "empty"))
_KINDS: tuple[Kind, ...] = ("CHOICE", "ENGINE", "SCENARIO", "FIGURE", "COMMAND", "PARAM")


def rephrase(last: Ask, new: Ask, reader: Reader, here: Here = NOWHERE) -> Ask | None:
    """The last request with the follow-up's numbers, choices and names in the place of its own.

    Returns:
        The new request with the act of the last one; None where nothing of it fits.
    """
    tokens = list(last.reading.tokens)
    if last.reading.agents and new.reading.numbers and not new.reading.agents:
        return _of_another(last, round(new.reading.numbers[0].value), reader, here)
    edits: list[tuple[int, int, list[str]]] = []
    extra: list[str] = []
    _numbers(last, new, edits, extra)
    for kind in _KINDS:
        fresh = [m for m in new.reading.mentions if m.kind == kind]
        old = [m for m in last.reading.mentions if m.kind == kind]
        if not fresh or (kind == "PARAM" and (edits or extra)):
            continue
        said = list(new.reading.tokens[fresh[0].start:fresh[0].end])
        if old and kind != "PARAM":
            edits.append((old[0].start, old[0].end, said))
        else:
            lead = list(new.reading.tokens[max(0, fresh[0].start - 1):fresh[0].start])
            extra += [*([w for w in lead if w in ("with", "without", "in")] or ["with"]), *said]
    if new.reading.agents:
        at = [i for i, t in enumerate(tokens) if t.isdigit() or ("-" in t and t[-1].isdigit())]
        if last.reading.agents and at:
            edits.append((at[0], at[0] + 1, [str(new.reading.agents[0][1])]))
        else:
            extra += ["robot" if new.reading.agents[0][0] != "dispatch" else "driver",
                      str(new.reading.agents[0][1])]
    desks = [t for t in new.reading.tokens if _DESK.fullmatch(t)]
    edits += [(i, i + 1, desks[:1]) for i, t in enumerate(tokens) if desks and _DESK.fullmatch(t)]
    for start, end, words in sorted(edits, reverse=True):
        tokens[start:end] = words
    ask = reader.ask(" ".join([*tokens, *extra]), here)
    return Ask(ask.text, ask.reading, last.guess)


def resolved(new: Ask, last: Ask | None, reader: Reader, here: Here = NOWHERE) -> Ask | None:
    """The clause with the setting or figure that its "it" or "one" stands for.

    Returns:
        The clause in full; None where it does not lean on what was said before.
    """
    if last is None or new.reading.agents or new.reading.runs:
        return None
    tokens = new.reading.tokens
    if short := _in_short(new, last, reader, here):
        return short
    if last.act == "inject" and last.reading.numbers and new.reading.numbers \
            and len(tokens) < SHORT and new.says("make", "instead", "rather") \
            and not new.reading.of("PARAM"):
        return rephrase(last, new, reader, here)
    said = [m for m in last.reading.mentions if m.of("PARAM")]
    valued = new.reading.numbers or new.says("on", "off")
    if said and valued and last.act in ("set", "settings") and not new.reading.mentions \
            and new.says(*_SETTING) and not new.says("step", "steps", "speed"):
        name = last.reading.tokens[said[0].start:said[0].end]
        at = next((i for i, t in enumerate(tokens) if t in _PRONOUNS), None)
        if at is None and not (new.says(*_MORE) and len(tokens) < SHORT):
            return None
        words = [*tokens[:at], "the", *name, *tokens[at + 1:]] if at is not None else [
            *tokens, "the", *name]
        return replace(reader.ask(" ".join(words), here),
                       guess=Guess(("set", "help"), (1.0, 0.0)))
    base = [m for m in last.reading.mentions if m.of("FIGURE")]
    kinds = [t for t in tokens if t in _KIND_OF_FIGURE]
    if base and kinds and new.says("one", "ones") and len(tokens) < SHORT:
        figure = [t for t in last.reading.tokens[base[0].start:base[0].end]
                  if t not in _KIND_OF_FIGURE]
        return reader.ask(" ".join(["what", "is", "the", kinds[0], *figure]), here)
    return None


def _in_short(new: Ask, last: Ask, reader: Reader, here: Here) -> Ask | None:
    """As in "the next one" of a robot, "double it" of a speed, "and on again" of a pause."""
    tokens = new.reading.tokens
    if last.act == "inspect" and last.reading.agents and len(tokens) <= SHORT \
            and (found := _NEXT.search(" ".join(tokens))):
        on = 1 if found.group(1) == "next" or found.group(2) == "after" else -1
        return _of_another(last, max(0, last.reading.agents[-1][1] + on), reader, here)
    if on_it := _more_or_less(new, last, reader, here):
        return on_it
    views = views_in(tokens)
    if views and last.act == "inject" and views_in(last.reading.tokens) \
            and not new.says("on", "off", "restore"):
        how = "on" if switches(last.reading.tokens)[0]["on"] else "off"
        return reader.ask(f"switch {how} the {views[0].replace('_', ' ')} camera", here)
    if short := _like_the_last(new, last):
        anew = reader.ask(short, here)
        if anew.reading.mentions or anew.act == last.act:
            return replace(anew, guess=last.guess)
    if last.act == "view" and new.act == "play" and (
            new.says("then", "about", "or", "and") or tokens[-1:] == ("?",)):
        return replace(new, guess=Guess(("view", "play"), (1.0, 0.0)))
    if new.reading.mentions or len(tokens) > SHORT:
        return None
    if last.act == "speed" and any(q.role == "factor" for q in new.reading.numbers) \
            and (new.says(*_PRONOUNS) or len(tokens) == 1):
        return replace(new, guess=Guess(("speed", "set"), (1.0, 0.0)))
    if last.act == "pause" and new.says("on", "again") and not new.reading.numbers \
            and not new.says("pause", "stop", "reset", "start"):
        return replace(new, guess=Guess(("resume", "again"), (1.0, 0.0)))
    return None


def _more_or_less(new: Ask, last: Ask, reader: Reader, here: Here) -> Ask | None:
    """As in "ten more of those" of steps, "10 lower still" of a setting, "break that one"."""
    tokens, numbers = new.reading.tokens, new.reading.numbers
    if new.reading.mentions or new.reading.agents or len(tokens) > SHORT + 1:
        return None
    if last.act == "step" and len(numbers) == 1 and numbers[0].role == "value" \
            and not numbers[0].unit and new.says("more", "again", "another", "further"):
        return reader.ask(f"step {numbers[0].value:g} steps", here)
    things = [m for m in last.reading.mentions if m.of("PARAM")]
    down, up = _DOWN & set(tokens), _UP & set(tokens)
    if last.act == "set" and things and len(numbers) == 1 and numbers[0].role != "factor" \
            and bool(down) != bool(up) and not _TO & set(tokens) \
            and tokens[numbers[0].start - 1:numbers[0].start] != (",",):
        name = " ".join(last.reading.tokens[things[0].start:things[0].end])
        unit = "" if numbers[0].unit in ("point", "points") else numbers[0].unit
        return certain(reader.ask(f"{'lower' if down else 'raise'} the {name} by "
                                  f"{abs(numbers[0].value):g} {unit}", here), "set")
    said = " ".join(tokens)
    if last.act == "speed" and len(numbers) == 1 and numbers[0].role == "value":
        return certain(new, "speed")
    if things and last.act in ("set", "settings") and not numbers and _ITS.search(said):
        name = " ".join(last.reading.tokens[things[0].start:things[0].end])
        return certain(reader.ask(f"what is the range of the {name}", here), "settings")
    if last.reading.agents and not numbers and _THAT_ONE.search(said) \
            and _BREAKING & set(tokens):
        number = last.reading.agents[-1][1]
        return reader.ask(_THAT_ONE.sub(f"robot {number}", said, count=1), here)
    return None


def _like_the_last(new: Ask, last: Ask) -> str:
    """As in "and the Royal one too", "same for black", "switch it back on", "off again".

    Returns:
        The last request with what is new in the place of its own; empty for none of these.
    """
    before, said = list(last.reading.tokens), " ".join(new.reading.tokens)
    counted = [q for q in new.reading.numbers if new.reading.tokens[q.start] != "one"]
    if counted or new.reading.agents:
        return ""
    if last.act == "inject" and "bridge" in before and (same := _SAME_BRIDGE.search(said)):
        return f"close the {same[1]} bridge"
    if last.act == "inject" and "bridge" in before and (more := _ONE_TOO.search(said)):
        return f"close the {more['name']} bridge"
    if last.act in ("set", "settings") and (same := _SAME.search(said)):
        colour = same[1] or same[2]
        other = {"black": "white", "white": "black"}[colour]
        return " ".join(re.sub(rf"^{other}\b", colour, t) for t in before) \
            if any(t.startswith(other) for t in before) else ""
    switch = _ON_OFF.match(said)
    views = views_in(before)
    if switch and (told(last.reading.engine, before) or ("", {}))[0] == "what_if":
        return f"turn what-if {switch['how']}"
    if switch and last.act == "inject" and views:
        named = " and ".join(v.replace("_", " ") for v in views)
        return f"switch {switch['how']} the {named} camera"
    things = [m for m in last.reading.mentions if m.of("PARAM")]
    if switch and last.act == "set" and things and not last.reading.numbers:
        return f"switch {switch['how']} the " + " ".join(before[things[0].start:things[0].end])
    return ""


def _of_another(last: Ask, number: int, reader: Reader, here: Here) -> Ask:
    """The same about another robot or driver: "inspect robot 5", "now 23"."""
    old = str(last.reading.agents[0][1])
    tokens = [re.sub(rf"\b0*{old}\b", str(number), t) for t in last.reading.tokens]
    ask = reader.ask(" ".join(tokens), here)
    return Ask(ask.text, ask.reading, last.guess)


def _numbers(last: Ask, new: Ask, edits: list[tuple[int, int, list[str]]],
             extra: list[str]) -> None:
    """Replace or scale the number meant: that of the named setting, else the first."""
    if not new.reading.numbers:
        return
    if new.says("seed"):
        extra += ["with", "seed", str(round(new.reading.numbers[-1].value))]
        return
    number = new.reading.numbers[0]
    named = [m for m in new.reading.mentions if m.kind == "PARAM"]
    old = _target(last, [m.meanings[0].name for m in named])
    if number.role == "factor":
        if old is not None:
            edits.append((old.start, old.end, _written(old, old.value * number.value)))
        return
    if old is not None and (named or number.unit == old.unit or not number.unit):
        edits.append((old.start, old.end, _written(number, number.value)))
    else:
        words = list(new.reading.tokens[number.start:number.end])
        for m in named[:1]:
            words += new.reading.tokens[m.start:m.end]
        extra += ["with", *words]


def _target(last: Ask, names: list[str]) -> Quantity | None:
    """The number of the last request that belongs to a setting (of these names)."""
    for q in last.reading.numbers:
        for m in last.reading.mentions:
            near = q.end == m.start or 0 <= q.start - m.end <= 3
            if near and m.of("PARAM") and (not names or m.meanings[0].name in names):
                return q
    plain = [q for q in last.reading.numbers if q.role != "factor"]
    return plain[0] if plain and not names else None


def _written(like: Quantity, value: float) -> list[str]:
    text = f"{value:.10g}"
    return [text, like.unit] if like.unit else [text]

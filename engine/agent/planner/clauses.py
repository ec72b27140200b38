"""A message cut into the things it asks for, each with its act."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from engine.agent.messages import Message, System, User
from engine.agent.planner.acts import ActModel, Guess
from engine.agent.planner.cameras import views_in
from engine.agent.planner.joining import one_deed, one_start
from engine.agent.planner.lexicon import LATER, Entry, Lexicon, lexicon
from engine.agent.planner.mentions import Reading, read
from engine.agent.planner.phrases import patterns, plain_words
from engine.agent.planner.quantities import UNITS, single
from engine.agent.planner.questions import is_question
from engine.agent.planner.sense import sensible
from engine.agent.planner.tokens import tokens_of

STATE: Final = "STATE "
SURE: Final = 0.45
CLEAR: Final = 0.8
REMEMBERED: Final = 512
_LINKED: Final = re.compile(r"(?i)\b(?:and|then|afterwards|that)\b|;")
_DETAIL: Final = re.compile(r"(?i)\W*(?:the|a|an|with|where|in|on|at|no|without|which|that|one)\b")
_ORDERS: Final = frozenset(("start", "pause", "stop", "reset", "step", "speed", "set", "inject",
                            "play", "chart", "export", "inspect", "wait", "view", "figures"))
_CUT: Final = re.compile(
    r"(?:\s*[;.!?]\s+|\s*,?\s+(?:and\s+then|then|and\s+also|after\s+that|afterwards|and)\s+"
    r"|\s*,\s+|\s+&\s+)", re.IGNORECASE)
_ORDER: Final = re.compile(
    r"(?i)^(?:and\s+)?(?:first(?:ly)?|first of all|then|next(?! (?:drive|town|game|round|one|move"
    r"|step|board)\b)|after that"
    r"|afterwards|finally|lastly)"
    r"(?:\s+|\s*,\s+)(?=\w+\s*\w)")
_PURPOSE: Final = re.compile(
    r"(?i)(?<=\w),?\s+so\s+(?:that\s+)?(?:it|they|this|that|the change)\s+"
    r"(?:takes?|counts?|works?|applies|apply|comes?|is|has|have|gets?|begins?)\b[^,;.]*$")
_AT_LAST: Final = re.compile(
    r"(?i)^(?P<what>.+?)\s*[,;.]\s+(?:and\s+|please\s+|now\s+)*(?:start|launch|begin|go)"
    r"(?:\s+(?:it|please|now))*\W*$")
_WATCHED: Final = re.compile(
    r"(?i)^\W*(?:please\s+)?(?:watch|monitor|observe|keep an eye on|keep track of|track)\b.*"
    r"\b(?:when|until|till|once|if|as soon as)\b")
_NEW: Final = re.compile(
    r"(?i)\b(?:start|new|another|launch|open|play|begin|fire up|set up|load|give me|i want|need"
    r"|let's have|i'd like|simulate|run)\b")
_AND: Final = re.compile(r"(?i)\s+(?:and|plus)\s+|\s*,\s*")
_LEADING: Final = frozenset((
    "please", "also", "then", "can", "could", "you", "now", "after", "that", "afterwards", "next",
    "finally", "just", "when", "done", "once", "it", "is", "only", "would", "so", "i'd", "i'll",
    "like", "want", "to", "i", "we", "let's", "lets"))
_DRAWN: Final = frozenset(("chart", "graph", "plot", "csv", "histogram", "curve"))
_NEVER_ALONE: Final = frozenset(("again", "other", "hello", "thanks"))
_QUESTION: Final = ("what", "how", "why", "which", "where", "who", "when", "is", "are", "does",
                    "do", "let")
_DO: Final = ("start", "pause", "resume", "step", "reset", "stop", "speed", "set", "wait",
              "inject", "chart", "export", "compare", "inspect", "open", "figures", "image",
              "play", "view", "undo", "runs")
_WITH: Final = ("no", "with", "without", "and", "but", "only", "of", "the", "a", "an", "just")
_POINTING: Final = re.compile(
    r"(?i)^\W*(?:(?:so|and|then|please|could|can|would|you|just|now)\b\W*)*"
    r"(?:start|run|launch|open|do|play) (?:that|it|this|one|this one|that one|me that)\b"
    r"(?: please| now| up)*\W*$")
_SO_BE_IT: Final = re.compile(
    r"(?i)^\W*(?:and |please )*(?:make it so|do it|do that|generate it|go|go for it|off you go"
    r"|run (?:a|the) (?:comparison|test|experiment)|thanks|thank you|cheers|please|pls"
    r"|will you|would you|that's all|done)\W*$")
_IT_OFF: Final = re.compile(
    r"(?i)^\W*(?:(?:so|and|then|please|just|do it)\b\W*)*"
    r"(?:switch|turn|shut|put) (?:it|that|them)(?: one)? (off|on)\b")
_END_IT: Final = re.compile(
    r"(?i)^\W*(?:please |now |so )*(?:make|let) (?:it|that) (?:stop|end)\b\W*$"
    r"|^\W*(?:please |now |so )*(?:end|stop|finish|lift) (?:it|that)\b\W*$")
_PASSING: Final = {"rain": "rain", "demand_spike": "spike", "surge_outage": "surge outage"}
_STEERED: Final = frozenset(("pause", "resume", "stop", "reset", "step", "speed"))
_MEANWHILE: Final = re.compile(
    r"(?i)(?:,\s*)?\b(?:while (?:you're|you are|we're|we are)"
    r" (?:there|at (?:it|that|this)(?: \w+)?)"
    r"|(?:once|after|when|for|on) (?:the |it is |it's )?(?:next )?reset(?=\s*,)"
    r"|(?:when|once|as soon as) (?:it's|it is|that's|that is|they're|this is|it has)"
    r" (?:up|up and running|running|there|done|ready|on|going|started|begun))\b\s*,?")
_BESIDE: Final = re.compile(
    r"(?i)^\W*(?:(?:and|so|now|then|ok)\s+)*(?:besides?|next to|alongside|in addition to"
    r"|apart from|as well as"
    r"|on top of|along with|together with)\s+(?:the|that|this|my|our|these|those)\s+\w+"
    r"(?:\s+run)?\s*,?\s+(?=\w)")
_IDIOM: Final = re.compile(
    r"(?i)\s*\bon the go\b|^\W*in addition\s*[:,]\s*|\bnext to (?:this|that|the) \w+(?=\W*$)")
_OF_BOTH: Final = re.compile(
    r"(?i)\b((?:black|white)\W+(?:\w+ )?[\d,]+) (visits|simulations|playouts)"
    r"(,? and (?:black|white)(?:'s)? (?:\w+ )?[\d,]+)(?! ?(?:\2|[\d,]))")
_PROVISO: Final = re.compile(
    r"(?i)(?<=\w)\s*,?\s+(?:but|and|just)\s+(?:please\s+)?(?:don't|do not|never|without)\b"
    r"(?=.*\b(?:it|that|them|this|anything|away)\b)[^,;.]*$"
    r"|(?<=\w)\s*,?\s+(?:but\s+)?not\s+(?:the|that|this)\s+[\w ]+$"
    r"|(?<=\w)\s*,?\s+(?:i|we)\s+(?:don't|do not|no longer)\s+(?:need|want)\s+(?:it|them|this|that)"
    r"\b[^,;.]*$"
    r"|(?<=\w)\s*,?\s+but\s+(?:please\s+)?(?:leave|keep|let)\b[^,;.]*"
    r"\b(?:driving|running|going|playing|alone|on|as (?:it|they) (?:is|are))\W*$")
_STAYS: Final = re.compile(
    r"(?i)(?<=\w)\s*[,;.]\s*(?:but |and )?the [\w ]{2,30}? (?:stays?|remains?|keeps? (?:on"
    r"|running|going)"
    r"|goes on|carries on|(?:can|may|should|must|shall) (?:keep|stay|go on|carry on|remain"
    r"|continue|run on))"
    r"\b[^,;.]*\W*$"
    r"|(?<=\w)\s*,?\s+(?:but|and) (?:please )?(?:keep|leave) the (?:rain|bridge|aisle|closure"
    r"|outage|spike"
    r"|storm|station|desk|rest|others?)\W*$")
_IN_THE_END: Final = re.compile(
    r"(?i)(?<=\w)\s*,?\s+(?:after(?:wards| that| this)|right after(?:wards)?|straight after|finally"
    r"|at the end|in the end|lastly)\W*$")
_MAY_GO_ON: Final = re.compile(
    r"(?i)^(?:the )?\w+ (?:may|can|should|must) (?:keep|go on|carry on|stay|remain"
    r"|continue)[\w ]*[.;]\s+")
_KEEP: Final = re.compile(
    r"(?i)^\W*(?:but\s+)?(?:leave|keep)\b(?!\s+(?:it\s+)?(?:going|running|on)\b).*"
    r"(?:\balone|\bas (?:it|they)|\bthe \w+|\bothers?|\brest)\W*$")


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that is asked for.

    Attributes:
        text: The clause as written.
        reading: Taken apart.
        guess: Which act.
    """

    text: str
    reading: Reading
    guess: Guess

    @property
    def act(self) -> str:
        """The likeliest act."""
        return self.guess.act

    def says(self, *words: str) -> bool:
        """Whether one of these words stands in it."""
        return any(w in self.reading.tokens or w in self.reading.shape for w in words)


class Here(NamedTuple):
    """What the talk and the page say about a message before it is read.

    Attributes:
        engine: System that is probably meant, or None.
        alive: Whether a run is there that can be asked and steered.
        engines: Systems of which runs are there.
    """

    engine: str | None = None
    alive: bool = False
    engines: tuple[str, ...] = ()


NOWHERE: Final = Here()


class Reader:
    """Reads messages with the house's words and the trained acts."""

    def __init__(self, words: Lexicon, model: ActModel) -> None:
        self.words = words
        self.model = model
        self._heard = lru_cache(maxsize=REMEMBERED)(self._hear)

    def ask(self, text: str, here: Here = NOWHERE) -> Ask:
        """One clause; what was read just now is not read again."""
        return self._heard(text, here)

    def _hear(self, text: str, here: Here) -> Ask:
        reading = read(text, self.words, plain_words(), here.engine, _among(text, here))
        alive = here.alive and not (reading.engine in LATER and reading.engine not in here.engines)
        return Ask(text, reading, sensible(
            text, reading, self.model.guess(reading.shape, reading.tokens), alive=alive))

    def asks(self, text: str, here: Here = NOWHERE) -> list[Ask]:
        """A whole message, cut where both sides ask for something of their own."""
        asks = self._cut(text, here)
        return asks if here.alive else one_start(asks, self, here)

    def _cut(self, text: str, here: Here) -> list[Ask]:
        text = _MEANWHILE.sub(" ", _ORDER.sub("", " ".join(text.split()).strip()))
        text = _OF_BOTH.sub(r"\1 \2\3 \2", text)
        text = _IDIOM.sub("", _BESIDE.sub("", text) if _NEW.search(text) or here.engines else text)
        text = _IN_THE_END.sub("", text)
        text = _STAYS.sub("", _MAY_GO_ON.sub("", text))
        text = _PROVISO.sub("", _PURPOSE.sub("", " ".join(text.split())))
        if (last := _AT_LAST.match(text)) and not self._begins(last["what"]) \
                and (_systems(last["what"]) or not here.alive):
            text = f"start {last['what']}"  # "the small floor, 60 robots, start please"
        whole = self.ask(text, here)
        if whole.act == "code" or _WATCHED.search(text):
            return [whole]
        if apart := _two_systems(text, whole):
            return [a for part in apart for a in self._cut(part, here)]
        for cut in _CUT.finditer(text):
            left, right = text[:cut.start()], text[cut.end():]
            if not left.strip() or not right.strip() or _within_a_name(left, right, whole):
                continue
            linked = _LINKED.search(cut.group()) is not None
            if not (self._begins(right) or _KEEP.match(right) or _SO_BE_IT.match(right)
                    or self._two_deeds(left, right, here)
                    or self._two_acts(left, right, here, linked=linked)):
                continue
            first = self.ask(_ORDER.sub("", left), here)
            if first.guess.probability[0] < SURE or first.act in _NEVER_ALONE - {"hello"}:
                continue
            if _SO_BE_IT.match(right) or (_KEEP.match(right) and first.act in _STEERED):
                return [first]  # "end the drive, keep the warehouse"
            rest = self._cut(right, _after(first, here))
            if rest[0].guess.probability[0] < SURE or rest[0].act in _NEVER_ALONE:
                continue
            return self._together(first, right, rest, here)
        return [whole]

    def _together(self, first: Ask, right: str, rest: list[Ask], here: Here) -> list[Ask]:
        """Two sides of a cut, made one where the second only says more about the first."""
        if views_in(first.reading.tokens) and (off := _IT_OFF.match(right)):
            # "the wide camera is broken, switch it off"
            named = " and ".join(v.replace("_", " ") for v in views_in(first.reading.tokens))
            return [self.ask(f"switch {off.group(1)} the {named} camera", here), *rest[1:]]
        if first.act == "inject" and _END_IT.match(right):
            return [first]  # "that's enough rain, end it"
        passing = [e.name for e in first.reading.of("COMMAND") if e.name in _PASSING]
        if passing and _END_IT.match(right):
            return [self.ask(f"end the {_PASSING[passing[0]]}", here), *rest[1:]]
        if deed := one_deed(first, rest, self, here):
            return deed
        new = first.reading.of("SCENARIO") or first.reading.of("ENGINE")
        if _POINTING.match(rest[0].text) and (first.act == "start" or new):
            # "the rainy noon in the city, could you start that"
            return [replace(first, guess=Guess(("start", "help"), (1.0, 0.0))), *rest[1:]]
        if not here.alive and first.act in ("set", "settings") and rest[0].act == "start":
            joined = self.ask(f"{rest[0].text}, {first.text}", here)  # "250 drivers, run the city"
            return [replace(joined, guess=rest[0].guess), *rest[1:]]
        while first.act == "start" and rest and _goes_on(first, rest[0]):
            # "the airport scenario, 95 drivers": what it is to start with
            joined = self.ask(f"{first.text}, {rest[0].text}", here)
            first, rest = replace(joined, guess=first.guess), rest[1:]
        if rest and _lasting(rest[0]) and (first.act == "inject" or _ails(first, rest[0])):
            # "robot 16 has a flat tyre, have it stand for 3 min": how long it lasts
            joined = self.ask(f"{first.text}, {rest[0].text}", here)
            first, rest = replace(joined, guess=Guess(("inject", "help"), (1.0, 0.0))), rest[1:]
        return [first, *rest] if first.act not in ("hello", "thanks") or not rest else rest

    def _two_deeds(self, left: str, right: str, here: Here) -> bool:
        """Whether each side tells of an incident of its own: "rain … and the Mill Bridge shut"."""
        sides = [{e.name for e in self.ask(side, here).reading.of("COMMAND")}
                 for side in (left, right)]
        return all(sides) and not sides[0] & sides[1]

    def _two_acts(self, left: str, right: str, here: Here, *, linked: bool) -> bool:
        """Whether each side is an order of its own kind, whatever word it begins with.

        Without an "and" between them that is so after a start alone.
        """
        first = self.ask(left, here)
        if not linked and (_DETAIL.match(right) or first.act != "start"):
            return False
        if first.act not in _ORDERS or first.guess.probability[0] < CLEAR:
            return False
        second = self.ask(right, _after(first, here))
        both = first.act == "set" == second.act and all(
            a.reading.of("PARAM") and a.reading.numbers for a in (first, second)) and any(
            q.role == "factor" for q in first.reading.numbers)
        return second.act in _ORDERS and (second.act != first.act or both) \
            and second.guess.probability[0] >= CLEAR and not (
                first.act == "start" and second.act == "set")

    def _begins(self, text: str) -> bool:
        """Whether a clause of its own may begin here: with a verb of asking or a question word."""
        words = text.lower().split()
        while words and words[0].strip(",:") in _LEADING:
            words = words[1:]
        if len(words) > 1 and single(words[0]) is not None and words[1].startswith("step"):
            return "seed" not in text.lower()  # "60 steps, 2 seeds" is how much to compare
        drawn = len(words) > 1 and words[0] in ("a", "the") and words[1].strip("?,.") in _DRAWN
        return drawn or (bool(words) and words[0].strip("?,.") in _openings())


def _after(first: Ask, here: Here) -> Here:
    """What a clause is read with that follows another: a run that it started is there."""
    named = [e.engine for e in (*first.reading.of("ENGINE"), *first.reading.of("SCENARIO"))]
    engine = named[0] if named else first.reading.engine
    if first.act != "start" or engine is None:
        return here
    return Here(engine, True, tuple(dict.fromkeys((*here.engines, engine))))


def _among(text: str, here: Here) -> list[str]:
    """Systems with everyday labels that a message may be about without naming them."""
    asked = text.rstrip().endswith("?") or is_question(tokens_of(text))
    new = not asked and (not here.alive or bool(_NEW.search(text)))
    return [e for e in sorted(LATER) if new or e in here.engines]


def _within_a_name(left: str, right: str, whole: Ask) -> bool:
    """Whether a cut goes through one thing: "cabs and riders"."""
    before, after = tokens_of(left)[-1:], tokens_of(right)[:1]
    for m in whole.reading.mentions:
        said = list(whole.reading.tokens[m.start:m.end])
        if "and" in said[1:-1]:
            at = said.index("and")
            if said[at - 1:at] == before and said[at + 1:at + 2] == after:
                return True
    return False


def _goes_on(first: Ask, rest: Ask) -> bool:
    """Whether a clause says what a run is to start with, and is no order of its own."""
    said = [t for t in rest.reading.tokens if t not in _LEADING]
    named = {e.engine for e in first.reading.of("ENGINE")}
    other = named and {e.engine for e in rest.reading.of("ENGINE")} - named
    bare = rest.reading.shape[0].isupper() or rest.act == "start" or rest.reading.shape[0] in _WITH
    return rest.act in ("set", "start", "again") and bare and not other \
        and not (said and _NEW.fullmatch(said[0])) and "MOVE" not in rest.reading.shape


def _lasting(ask: Ask) -> bool:
    """Whether a clause says nothing but how long something lasts."""
    numbers = ask.reading.numbers
    told = [m for m in ask.reading.mentions if not any(e.name == "recover" for e in m.meanings)]
    return bool(numbers) and not (told or ask.reading.agents) \
        and ask.act not in ("speed", "step", "wait") and all(
        UNITS.get(q.unit, ("",))[0] == "time" for q in numbers)


def _ails(first: Ask, rest: Ask) -> bool:
    """Whether a robot is told to have something, and "it" is to stand for a while."""
    return first.act == "inspect" and bool(first.reading.agents) and first.says("has", "got") \
        and rest.says("it") and rest.act in ("pause", "stop")


def _two_systems(text: str, whole: Ask) -> list[str]:
    """The parts of "start the warehouse with 20 robots and the city with 80 drivers"."""
    named = {e.engine for e in whole.reading.of("ENGINE")}
    if whole.act != "start" or not _NEW.search(text) or len(named) < 2:
        return []
    for cut in _AND.finditer(text):
        left, right = text[:cut.start()], text[cut.end():]
        sides = [{e.engine for e in _systems(part)} for part in (left, right)]
        if all(sides) and not sides[0] & sides[1]:
            verb = "" if re.match(r"(?i)(start|run|launch|open)\b", right) else "start "
            left = re.sub(r"(?i)\bboth\b|^.*\b(?:two|several|some) (?:things|runs|systems)\b[^:]*:",
                          "start " if ":" in left else "", left)
            return [left, verb + right]
    return []


def _systems(text: str) -> list[Entry]:
    """Systems that a text names."""
    return read(text, lexicon(), plain_words(), None, sorted(LATER)).of("ENGINE")


@cache
def _openings() -> frozenset[str]:
    """First words of patterns that tell or ask something."""
    out = set(_QUESTION)
    for act in _DO:
        for line in patterns()[act]:
            head = re.sub(r"^\((?:please|can|could|i want|\|)[^)]*\)\s*", "", line)
            group = re.match(r"\(([^)]*)\)|(\S+)", head)
            if group:
                for option in (group.group(1) or group.group(2) or "").split("|"):
                    if option and option.split()[0].isalpha() and option.islower():
                        out.add(option.split()[0])
    return frozenset(out - {"the", "a", "it", "put", "my"})


def state_of(messages: Sequence[Message]) -> dict[str, Any]:
    """What the page says about the house: runs, page; empty when it says nothing."""
    if messages and isinstance(messages[0], System):
        for line in messages[0].text.splitlines():
            if line.startswith(STATE):
                try:
                    state = json.loads(line[len(STATE):])
                except ValueError:
                    return {}
                return state if isinstance(state, dict) else {}
    return {}


def questions(messages: Sequence[Message]) -> list[str]:
    """Everything the person has said, oldest first."""
    return [m.text for m in messages if isinstance(m, User)]

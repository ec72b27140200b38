"""What only sounds like an order: suppositions, hearsay, other people's things.

A wrong change costs more than a question back. So nothing is changed on the strength of words that
are quoted or told, of a case that is merely imagined, or of a clause that speaks of something this
house does not know: "pause the music" is no order to a warehouse.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from engine.agent.planner import asking
from engine.agent.planner.clauses import Ask
from engine.agent.planner.lexicon import lexicon, stem
from engine.agent.planner.mentions import Reading
from engine.agent.planner.phrases import act_words, common_words, everyday, patterns
from engine.agent.planner.sense import OTHERWISE
from engine.agent.planner.told import told

# acts that speak of the world outside: their words are not those of this house
_OUTSIDE: Final = frozenset(("other", "web", "image", "code", "knowledge", "hello", "thanks"))
SHORT: Final = 3
_QUOTED: Final = re.compile(
    r"[\"“][^\"”]*\w\s+\w[^\"”]*[\"”]|(?<!\w)['‘][^'’]*\w\s+\w[^'’]*['’](?!\w)")
_TOLD: Final = re.compile(
    r"(?i)\b(?:said|says(?! no\b)|told|claims?|claimed|reads|wrote|writes|asked|yesterday|joking"
    r"|kidding"
    r"|last (?:week|night|year|month|time)|once upon|remember when|used to)\b")
_SUPPOSED: Final = re.compile(
    r"(?i)^\W*(?:(?:and|so|but|ok|okay|hm+|well|just|out of curiosity)\b\W*)*"
    r"(?:what (?:would|will|if)\b|how would\b|(?:would|will) (?!you\b)|hypothetically|theoretically"
    r"|in theory|suppose|supposing|assume|assuming|imagine|say \w+ (?:\w+ed|broke|fell|rose)\b"
    r"|(?:if|when|unless) (?:i|we|you|they|someone|somebody|nobody|a|an|the|one)\b"
    r"(?!.*\b(?:please|then|now)\b).*\?)"
    r"|\bbefore (?:i|we|you) \w+"
    r"|\bif (?:i|we|you|they|it|someone|one)"
    r" (?:were|was|had|did|\w+ed|broke|shut|cut|lost|put|took)\b")
_WHICHEVER: Final = re.compile(
    r"\b(?:one|either) of (?:the|them|these|those|my|our)\b"
    r"|\b(?:another|a different|some other|any other) (?:network|policy|planner|rule|weather|style"
    r"|model|method|value|scenario|size)\b(?! \w*\d)")
_ORDERED_ABOUT: Final = re.compile(
    r"(?i)^\W*(?:please |can you |could you |now )*(?:move|drive|send|steer|teleport|fly|park|teach"
    r"|paint|tip|pay|call)\b")
_OBJECT: Final = re.compile(r"\b(?:the|my|our|your) ([a-z]+)\b")
_ENDABLE: Final = frozenset((
    "run", "runs", "simulation", "sim", "game", "drive", "thing", "whole", "world", "program",
    "lot", "show", "match", "session", "current", "last", "first", "second", "newest", "oldest",
    "other", "older", "newer", "latest", "one", "entire", "process", "work", "running", "plug",
    "end", "experiment", "test", "old", "new", "former", "latter", "present", "live"))
_SWITCHED: Final = re.compile(
    r"\b(?:switch|turn|put) (?:(?:it|that|this|them)(?: one)? off|off (?:it|that|this|them)\b)")
_OF_OTHERS: Final = re.compile(
    r"(?i)^\W*(?:we|they|he|she|i|(?:my|our|his|her|their) \w+) "
    r"(?:already |currently |once |also )?"
    r"(?:run|runs|ran|have|has|had|saw|own|owns|works?|operate|manage|lived?|built|visited|know)\b"
    r"(?!.*\b(?:start|launch|open|please|simulate)\b)")
_GO_AHEAD: Final = re.compile(
    r"(?i)\b(?:do it|try it|do that|go ahead|let's see|just do|please do)\b")


@cache
def _known() -> frozenset[str]:
    """Words with a place in what can be asked of this house."""
    acts = [a for a in patterns() if a not in _OUTSIDE]
    return everyday() | common_words() | frozenset(w for a in acts for w in act_words(a))


@cache
def _stems() -> frozenset[str]:
    return frozenset(stem(w) for w in (*lexicon().words, *(w for w in _known() if len(w) > SHORT)))


def unexplained(reading: Reading) -> list[str]:
    """Words that neither the house, nor an order, nor everyday talk accounts for."""
    return [w for w in reading.shape if w.islower() and w.isalpha() and len(w) > SHORT
            and w not in _known() and stem(w) not in _stems()]


def _beside(ask: Ask, strange: list[str]) -> bool:
    """Whether strange words stand beside an order that is whole without them.

    Such is a start of a system that is named with more about it, and an incident for some reason:
    "the Harbour Bridge must be shut for an hour for painting".
    """
    reading = ask.reading
    if ask.act == "start" and strange and (
            _OF_OTHERS.search(ask.text) or OTHERWISE & set(reading.tokens)):
        return False
    if ask.act == "start":
        return bool(reading.of("ENGINE") or reading.of("SCENARIO")) and (
            len(reading.mentions) + len(reading.numbers) > 1)
    last = [w for w in reading.shape if w not in (".", "!", ",")][-2:]
    whole = bool(reading.of("COMMAND") or reading.agents or reading.of("PARAM")) and reading.numbers
    return bool(whole) and len(strange) == 1 and last[-1:] == strange and (
        last[0].isupper() or (last[0] == "for" and ask.act == "inject"))


def no_order(ask: Ask, whole: str) -> str:
    """What to say instead of changing something; empty where it is an order.

    Args:
        ask: A clause whose act changes something.
        whole: The message it stands in.
    """
    outside_quotes = _QUOTED.sub(" ", whole)
    if (outside_quotes != whole and re.search(r"\w", outside_quotes)) or _TOLD.search(whole):
        return asking.HEARSAY
    supposed = _SUPPOSED.search(ask.text) or (ask.text not in whole and _SUPPOSED.match(whole))
    if supposed and not _GO_AHEAD.search(whole):
        return asking.SUPPOSED
    if ask.act == "inject" and ask.reading.agents and _ORDERED_ABOUT.match(ask.text):
        return asking.CANNOT
    if ask.act == "stop" and (thing := _OBJECT.search(" ".join(ask.reading.shape))) \
            and thing[1] not in _ENDABLE:
        return asking.unknown_thing(thing[1])
    if ask.act == "stop" and _SWITCHED.search(" ".join(ask.reading.tokens)):
        return asking.WHAT_OFF
    if ask.act == "set" and _WHICHEVER.search(" ".join(ask.reading.tokens)):
        return asking.WHICH_ONE
    if told(ask.reading.engine, ask.reading.tokens):
        return ""  # the whole sentence was understood
    strange = unexplained(ask.reading)
    if _beside(ask, strange):
        strange = []
    return asking.unknown_thing(strange[0]) if strange else ""

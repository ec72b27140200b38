"""What a clause cannot mean: acts are ruled out for which the words give no ground.

The classifier weighs words; it does not know that a question changes nothing, that a comparison
needs two sides, or that a setting is not set without a value. Here that is said plainly. What is
left shares the probability.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.agent.planner.acts import Guess
from engine.agent.planner.grounds import COMPARING, GROUNDS, WAITING
from engine.agent.planner.lexicon import LATER, lexicon
from engine.agent.planner.mentions import Reading
from engine.agent.planner.phrases import act_words, common_words
from engine.agent.planner.questions import MODAL, POLITE, is_question
from engine.agent.planner.told import ASKED, told

CHANGING: Final = frozenset(("start", "pause", "resume", "step", "reset", "stop", "speed", "set",
                             "inject", "undo", "play"))
_IDLE: Final = ("image", "code", "figures", "again", "recorded", "runs", "help", "view", "undo",
                "speed")
OTHERWISE: Final = frozenset((
    "draw", "paint", "picture", "image", "compute", "calculate", "chart", "web", "search", "docs",
    "about", "knowledge", "plot", "when", "until", "online", "internet", "explain", "recorded",
    "page", "book", "my", "ignore", "song", "poem", "joke", "write", "story", "essay"))
_ADJUST: Final = frozenset(("set", "change", "adjust", "modify", "tweak", "alter", "swap"))
_AGAIN: Final = frozenset(("again", "once more", "and again", "one more time", "do it again",
                           "do that again", "same again", "again please", "another one"))
_NONE_OF: Final = re.compile(
    r"(?:no|without) PARAM(?: at all| please| any ?more| for now| now)*[ .!]*$")
_STOP_FOR_NOW: Final = re.compile(
    r"(?:stop|halt|hold|freeze)\b.*\bfor "
    r"(?:now|the moment|a (?:moment|bit|sec|second|while|minute))\b")
_OF_DRIVE: Final = re.compile(r"\d ?(?:km/h|kmh|kph|mm/h|mm an hour|mm per hour)\b")
_PLAIN: Final = frozenset(("pause", "resume", "stop", "reset", "undo", "step"))
_BEGINS: Final = frozenset(("start", "launch", "run", "begin", "open", "simulate", "create", "new",
                            "another", "fresh", "spin", "boot", "fire", "set", "kick"))
_MORE: Final = frozenset(("new", "another", "fresh", "set"))
_ONE_MORE: Final = re.compile(
    r"\b(?:new|another|fresh|set up(?: an?| the)?)(?: [A-Z]+)? (?:ENGINE|SCENARIO)\b")
_DEFINING: Final = frozenset((
    "mean", "means", "meaning", "explain", "define", "definition", "stand", "computed", "measured",
    "calculated", "difference", "why", "paper", "who", "docs", "documentation", "papers", "search",
    "defined", "describe", "say", "term", "word", "teach", "theory", "concept", "unit", "formula",
    "plain", "simple", "estimated", "determined", "work", "works", "literature", "idea",
    "important", "understand"))
_CALL: Final = re.compile(r"\b(print|sum|max|min|len|abs|sorted|range|round|pow|math\.\w+|import)"
                          r"\s*[\( ]\s*[\w'\"\[(-]")
_CHARTS: Final = frozenset(("chart", "graph", "plot", "diagram", "curve", "histogram", "it"))
_ABOUT: Final = frozenset(("explain", "about", "search", "docs", "draw", "paint", "picture",
                           "image", "build", "tell", "chart", "compare", "design"))
_TO_CHANGE: Final = re.compile(
    r"^(?:i|we|you|one|it|somebody)(?:'d| would)? (?:ought to|should|need to|want to|like to"
    r"|have to|must|better) (?:change|adjust|alter|modify|tweak|set|revise|rethink)\b")
_SEEN: Final = re.compile(
    r"^(?:(?:please|can|could|you|i|we|want|would|like|love|to|let|me|us) )*(?:show(?: me| us)?"
    r"|see|watch)"
    r" how (?:the |a |an |our )?(?:SCENARIO )?(?:ENGINE|SCENARIO|car)\b")
_ONWARDS: Final = re.compile(
    r"(?:drive on|play on|keep (?:playing|driving|going|running)|carry on)"
    r"(?: (?:please|now|then|again))*[ .!]*$")
_RUDE: Final = re.compile(
    r"(?:shut up|go away|get lost|stop talking|be quiet|go to (?:hell|sleep|bed)|go home"
    r"|get out)\b")
_CHANGED: Final = re.compile(
    r"\b(?:change|alter|adjust|modify) it\b|^(?:i )?have a different\b|^i want a different\b")
_THAT_ONE: Final = re.compile(
    r"\b(?:that|this|which) (?:robot|driver|bot|unit|cab|taxi)\b"
    r"(?! (?:is|are|has|have|was|did|does) (?:the|most|least|best|worst))")
_NEW_RUN: Final = re.compile(r"(?:start|launch|begin|open|create|do|make) (?:a|an|another|one) "
                              r"(?:new |fresh |second )?(?:run|simulation|sim)(?: \.| !| \?|$)")
_END_RUN: Final = re.compile(r"(?:stop|end|kill|terminate|finish|cancel|quit|abort|close) "
                             r"(?:the|this|my|that) (?:run|simulation|sim)\b")
_BREAKING: Final = frozenset(("break", "kill", "fail", "wreck", "crash", "disable", "damage",
                              "cripple", "sabotage", "died", "dies", "die"))
_NEGATED: Final = frozenset(("not", "don't", "dont", "never", "no", "didn't", "nobody"))
_STEPS: Final = re.compile(
    r"step\b[^.,;]*\b(?:times|twice)\b|(?:advance|step|go|do|make|take|move|jump|skip|forward|run"
    r"|play)\b[^.,;?]*\b(?:steps|ticks)"
    r"(?! (?:a|per|each|every|ahead of) )\b(?!.*\b(?:second|seeds|compare)\b)")
_FOR_NOW: Final = frozenset(("moment", "second", "minute", "now", "while", "bit", "pause",
                             "briefly", "temporarily"))
_PAINT: Final = frozenset(("draw", "paint", "sketch", "illustrate", "doodle"))


def sensible(text: str, reading: Reading, guess: Guess, *, alive: bool = False) -> Guess:
    """The guess without the acts that the words rule out; the rest shares what they had.

    Args:
        text: The clause.
        reading: Taken apart.
        guess: What the classifier makes of it.
        alive: Whether a run is there that can be asked and steered.
    """
    if certain := _certain(text, reading, alive=alive):
        return Guess((certain, "help"), (1.0, 0.0))
    asked = is_question(reading.tokens)
    if not alive and _new_run(reading):
        acts = ("set", "again", "settings", "resume")
        guess = _moved(guess, (*acts, "inject") if _first_of_its_kind(reading) or (
            reading.of("SCENARIO") or (reading.of("PARAM") and reading.numbers)) else acts, "start")
        if reading.numbers or reading.of("SCENARIO"):
            guess = _moved(guess, _IDLE, "start") if not OTHERWISE & set(reading.tokens) else guess
    kept = [(a, p) for a, p in zip(guess.acts, guess.probability, strict=True)
            if not (asked and a in CHANGING) and GROUNDS.get(a, _always)(reading)
            and not (a in _PLAIN and _foreign(a, reading))
            and not (alive and _known_better(a, reading))]
    total = sum(p for _, p in kept)
    if len(kept) < 2 or total <= 0:
        return guess
    return Guess(tuple(a for a, _ in kept), tuple(p / total for _, p in kept))


def _moved(guess: Guess, acts: Sequence[str], to: str) -> Guess:
    """The guess with the probability of some acts given to another."""
    p = dict(zip(guess.acts, guess.probability, strict=True))
    for act in acts:
        p[to] = p.get(to, 0.0) + p.get(act, 0.0)
        p[act] = 0.0
    order = sorted(p, key=lambda a: -p[a])
    return Guess(tuple(order), tuple(p[a] for a in order))


def _certain(text: str, reading: Reading, *, alive: bool) -> str:
    """The act where the words leave no doubt."""
    deed = told(reading.engine, reading.tokens) if alive else None
    if deed and (deed[0] in ASKED or not is_question(reading.tokens)):
        return "inject"
    if _CALL.search(text.lower()) and ("(" in text or "import" in text):
        return "code"
    words = [t for t in reading.tokens if t not in POLITE and t not in MODAL and t != "you"]
    if words[:1] and words[0] in _PAINT and not reading.of("FIGURE") and not _CHARTS & set(words):
        return "image"
    start = next((i for i, t in enumerate(reading.tokens)
                  if t not in POLITE and t not in MODAL and t != "you"), 0)
    said = " ".join(reading.tokens[start:])
    first, follows = (*reading.tokens[start:start + 2], "", "")[:2]
    if alive and _ONWARDS.match(said):
        return "resume"
    if _RUDE.match(said):
        return "other"
    if said.startswith(("what if", "suppose", "what happens", "what would happen")) \
            and "MOVE" in reading.shape:
        return "view"
    if not alive and _SEEN.search(" ".join(reading.shape)):
        return "start"
    if said.rstrip(" .!?") in _AGAIN:
        return "again"
    if alive and reading.of("PARAM") and reading.numbers and _OF_DRIVE.search(said) \
            and not is_question(reading.tokens) and not (WAITING - {"for"}) & set(reading.tokens):
        return "set"
    if alive and (_NONE_OF.match(" ".join(reading.shape)) or _chosen(reading)):
        return "set"
    if _STOP_FOR_NOW.match(said) and not (
            reading.of("COMMAND") or reading.of("PARAM") or reading.agents):
        return "pause"
    if words == ["start"]:
        return "start"
    if words[:1] and words[0] in ("show", "list", "display") and words[-2:] == ["my", "runs"]:
        return "runs"
    if alive and reading.of("PARAM") and not (reading.numbers or reading.of("CHOICE")) \
            and _CHANGED.search(said) and not _NEGATED & set(reading.tokens):
        return "set"
    if reading.of("PARAM") and _TO_CHANGE.search(said) and not is_question(reading.tokens):
        return "set"
    if alive and _THAT_ONE.search(said) and is_question(reading.tokens) and not (
            reading.numbers or reading.of("FIGURE") or reading.agents):
        return "inspect"
    if first in _ADJUST and follows != "up" and not (reading.of("ENGINE") or reading.agents) and (
            reading.of("PARAM") or "setting" in words):
        return "set"
    if said.startswith(("wait until", "wait till")):
        return "wait"
    if first == "my" and follows not in lexicon().words:
        return "other"  # "my uncle drives a bus in the rain"
    if reading.agents and _BREAKING & set(words) and not is_question(reading.tokens) \
            and not (_NEGATED | _ABOUT | {"inspect"}) & set(words):
        return "inject"
    if _STEPS.match(said) and reading.numbers:
        return "step"
    if _NEW_RUN.match(said):
        return "start"
    if _END_RUN.match(said) and not _FOR_NOW & set(words):
        return "stop"
    if "bridge" in (*words, *reading.shape) and not (
            is_question(reading.tokens) or _ABOUT & set(words)):
        return "inject"
    return ""


def _chosen(reading: Reading) -> bool:
    """Whether nothing but choices of the board or the drive is told: "night", "I take white"."""
    names = {e.name for e in reading.of("CHOICE") if e.engine == reading.engine}
    alone = [w for w in reading.shape if w not in POLITE | MODAL | {"you"}] == ["CHOICE"]
    return reading.engine in LATER and not is_question(reading.tokens) and not reading.numbers \
        and "?" not in reading.tokens and not COMPARING & set(reading.tokens) \
        and (alone or len(names) > 1)


def _new_run(reading: Reading) -> bool:
    """Whether what would be a change of settings names a system or its start: nothing runs yet."""
    first = next((t for t in reading.tokens if t not in POLITE and t not in MODAL), "")
    named = reading.of("ENGINE") or reading.of("SCENARIO")
    valued = reading.of("CHOICE") or (reading.of("PARAM") and reading.numbers)
    later = reading.engine in LATER and (valued or _first_of_its_kind(reading))
    return bool(named or later) and first not in _ADJUST and not is_question(reading.tokens)


def _first_of_its_kind(reading: Reading) -> bool:
    """Whether a new game or drive is wanted; where none runs that is to start one."""
    return any(e.name in ("new_game", "new_drive") for e in reading.of("COMMAND"))


def _foreign(act: str, reading: Reading) -> bool:
    """Whether a word of the house stands there that has no part in so plain an order."""
    known = act_words(act) | common_words()
    return any(w in lexicon().words and w not in known for w in reading.shape if w.islower())


def strange(act: str, reading: Reading) -> float:
    """Share of the free words that neither this act nor the house has use for.

    What a run is started with counts as understood: the longer that is, the less a word matters.
    """
    free = [w for w in reading.shape if w.islower()]
    known = act_words(act) | common_words()
    things = 0 if act != "start" else sum(w.isupper() for w in reading.shape)
    return sum(w not in known for w in free) / max(1, len(free) + things)


def _known_better(act: str, reading: Reading) -> bool:
    """What a living run makes unlikely: another one for a value, a definition for a figure."""
    words = set(reading.tokens)
    if act == "start" and reading.engine in LATER and not (_BEGINS - _MORE) & words and not (
            _ONE_MORE.search(" ".join(reading.shape))):
        return True
    if act == "start":
        return bool(reading.of("PARAM")) and not (
            reading.of("ENGINE") or reading.of("SCENARIO") or _BEGINS & set(_ahead(reading)))
    if act == "knowledge":
        return bool(reading.of("FIGURE")) and not _DEFINING & words
    return False


def _ahead(reading: Reading) -> tuple[str, ...]:
    """What stands before the first setting: "have 6 desks open" opens no run."""
    at = next((i for i, w in enumerate(reading.shape) if w in ("PARAM", "BOTH")), None)
    return reading.shape[:at]


def _always(_: Reading) -> bool:
    return True

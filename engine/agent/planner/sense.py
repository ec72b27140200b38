"""What a clause cannot mean: acts are ruled out for which the words give no ground.

The classifier weighs words; it does not know that a question changes nothing, that a comparison
needs two sides, or that a setting is not set without a value. Here that is said plainly. What is
left shares the probability.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from engine.agent.planner.acts import Guess
from engine.agent.planner.lexicon import LATER, lexicon
from engine.agent.planner.mentions import Reading
from engine.agent.planner.phrases import act_words, common_words
from engine.agent.planner.told import ASKED, told

CHANGING: Final = frozenset(("start", "pause", "resume", "step", "reset", "stop", "speed", "set",
                             "inject", "undo", "play"))
UP: Final = frozenset(("increase", "raise", "lift", "up", "bump", "more", "additional", "extra",
                       "add", "boost", "push", "higher", "larger", "bigger", "longer", "grow",
                       "extend", "widen", "crank", "another", "hire", "hike", "increased",
                       "raised", "lengthen", "expand", "enlarge", "plus"))
DOWN: Final = frozenset(("decrease", "lower", "reduce", "cut", "drop", "down", "fewer", "less",
                         "remove", "shrink", "smaller", "shorter", "shorten", "narrow", "trim",
                         "slash", "reduced", "lowered", "fire", "away", "lessen", "ease"))
SWITCHES: Final = frozenset((
    "on", "off", "enable", "disable", "activate", "deactivate", "with", "without", "no",
    "allow", "forbid", "stop", "use", "ban", "permit", "let", "start", "introduce", "abolish",
    "not", "don't", "dont", "never", "kill", "drop", "quit", "end", "cease", "scrap", "suspend",
    "allowed", "forbidden", "again", "get", "make", "have", "may", "should", "can", "prevent"))
_POLITE: Final = frozenset((
    "please", "and", "so", "ok", "okay", "hey", "hi", "well", "then", "but", "now", ",", ".", "!",
    "-", "also", "yo", "um", "uh", "hm", "hmm", "right", "alright", "listen", "quick", "question",
    "just", "oh", "actually", "sorry", ":", "again", "by", "the", "way", "out", "curiosity", "of"))
_ASKING: Final = frozenset((
    "what", "which", "who", "whose", "where", "why", "how", "whats", "what's", "who's", "where's",
    "how's", "is", "are", "was", "were", "does", "did", "has", "had", "am", "isn't", "aren't",
    "doesn't", "didn't", "whose", "hows", "wheres"))
_SUBJECTS: Final = frozenset((
    "we", "you", "i", "they", "riders", "people", "drivers", "robots", "cars", "passengers",
    "customers", "orders", "the", "any", "there", "our", "my", "all", "desks", "stations"))
_TELLING: Final = frozenset(("tell", "show", "explain", "say", "list", "know", "check", "describe",
                             "see", "remind", "read", "report"))
_MODAL: Final = frozenset(("can", "could", "would", "will", "may", "might", "shall", "should"))
_NO_QUESTION: Final = (
    ("how", "about"), ("what", "about"), ("what", "happens", "with"), ("what", "if", "we", "use"),
    ("why", "don't"), ("why", "not"), ("why", "dont"), ("is", "it", "possible"),
    ("are", "you", "able"))
_COMPARING: Final = frozenset((
    "compare", "comparing", "comparison", "versus", "vs", "against", "better", "worse", "best",
    "difference", "than", "test", "experiment", "both", "beat", "beats", "outperform", "effect",
    "impact", "influence", "contrast", "or", "help", "pay", "matter", "gain", "benefit", "a/b",
    "ab", "trial", "benchmark", "pit", "win", "wins", "improve", "evaluate", "side", "enough",
    "faster", "instead", "weigh", "without", "worth"))
_WAITING: Final = frozenset((
    "when", "until", "till", "'til", "til", "once", "if", "soon", "moment", "whenever", "minute",
    "second", "instant", "wait", "case", "after", "for", "before", "long"))
_PACE: Final = re.compile(r"speed|fast|slow|quick|pace|tempo|step|throttle|hurry|rate|real|max|full"
                          r"|playback|flat|tick|frame|accelerat")
_IMPERATIVE: Final = frozenset((
    "set", "change", "adjust", "switch", "modify", "tweak", "alter", "update", "configure"))
_ADJUST: Final = frozenset(("set", "change", "adjust", "modify", "tweak", "alter", "swap"))
_PLACES: Final = frozenset((
    "bridge", "aisle", "station", "desk", "row", "column", "rain", "stadium", "airport", "spike",
    "outage", "fault", "faults", "incident", "incidents", "robot", "broken", "everything", "storm",
    "surge", "pricing", "picker", "bridges", "aisles", "stations", "flights", "planes"))
_NAMED_PLACE: Final = re.compile(r"p\d{1,3}")
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
_ONE_MORE: Final = frozenset(("new", "another", "fresh", "set"))
_DEFINING: Final = frozenset((
    "mean", "means", "meaning", "explain", "define", "definition", "stand", "computed", "measured",
    "calculated", "difference", "why", "paper", "who", "docs", "documentation", "papers", "search",
    "defined", "describe", "say", "term", "word", "teach", "theory", "concept", "unit", "formula",
    "plain", "simple", "estimated", "determined", "work", "works", "literature", "idea",
    "important", "understand"))
_CALL: Final = re.compile(r"\b(print|sum|max|min|len|abs|sorted|range|round|pow|math\.\w+|import)"
                          r"\s*[\( ]\s*[\w'\"\[(-]")
_WHOLE: Final = frozenset((
    "doing", "status", "going", "busy", "performing", "numbers", "figures", "kpis", "well",
    "things", "getting", "looking", "state", "overview", "report", "stats", "statistics"))
_CHARTS: Final = frozenset(("chart", "graph", "plot", "diagram", "curve", "histogram", "it"))
_ABOUT: Final = frozenset(("explain", "about", "search", "docs", "draw", "paint", "picture",
                           "image", "build", "tell", "chart", "compare", "design"))
_MOVERS: Final = frozenset(("robots", "drivers"))
_TO_CHANGE: Final = re.compile(
    r"^(?:i|we|you|one|it|somebody)(?:'d| would)? (?:ought to|should|need to|want to|like to"
    r"|have to|must|better) (?:change|adjust|alter|modify|tweak|set|revise|rethink)\b")
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
_TAKING_BACK: Final = frozenset((
    "undo", "revert", "reverse", "roll", "cancel", "annul", "restore", "retract", "before", "was",
    "mistake", "old", "previous", "former", "original", "wrong", "misclick"))
_MOVING_BACK: Final = frozenset(("take", "put", "set", "change", "go", "get", "turn", "bring",
                                 "switch", "to", "roll"))
_NEGATED: Final = frozenset(("not", "don't", "dont", "never", "no", "didn't", "nobody"))
_STEPS: Final = re.compile(
    r"step\b[^.,;]*\b(?:times|twice)\b|(?:advance|step|go|do|make|take|move|jump|skip|forward|run"
    r"|play)\b[^.,;?]*\b(?:steps|ticks)"
    r"(?! (?:a|per|each|every|ahead of) )\b(?!.*\b(?:second|seeds|compare)\b)")
_FOR_NOW: Final = frozenset(("moment", "second", "minute", "now", "while", "bit", "pause",
                             "briefly", "temporarily"))
_ENDING: Final = re.compile(
    r"stop|end|kill|terminat|clos|finish|shut|quit|cancel|abort|exit|wrap|conclude|off|down|rid"
    r"|throw"
    r"|discard|dispos|drop|scrap|remov|tear|take|done|through|enough|need|halt|ditch|bin|dump|away"
    r"|delet|destroy|bye|over|complete|bury|dead|without|want|lose|go")
_ONWARD: Final = re.compile(
    r"go|on\b|onwards|continu|carr|resum|proceed|keep|un-?paus|un-?fre|play|mov|start|again|roll"
    r"|back|run"
    r"|let|lift|end|release|stop|break|wake|thaw|forward|press|pick|ready|drive|work|alive|life"
    r"|time"
    r"|further|rest|over|more|going|off|con|pro|rez|unp|res")
_LIFTING: Final = frozenset(("end", "lift", "release", "off", "stop", "over", "out", "again",
                             "from", "no", "enough", "leave", "lose", "undo", "cancel", "after"))
_LIMIT: Final = re.compile(
    r"\bno (?:longer|more|less|fewer|higher|lower|shorter|farther|further) than\b")
_ANEW: Final = re.compile(
    r"re-?set|re-?start|start|begin|again|over|anew|afresh|scratch|zero|back|top|re-?boot|re-?load"
    r"|re-?launch|re-?init|re-?wind|wipe|square|fresh|redo|rerun|clean|rset|rest|reest")
_PAINT: Final = frozenset(("draw", "paint", "sketch", "illustrate", "doodle"))


def is_question(tokens: Sequence[str]) -> bool:
    """Whether something is asked, rather than asked for."""
    words = list(tokens)
    while words and words[0] in _POLITE:
        words = words[1:]
    if not words:
        return False
    if any(tuple(words[:len(p)]) == p for p in _NO_QUESTION):
        return False
    if words[0] in _ASKING or (words[0] in ("at", "in", "on", "for", "from", "by", "to", "until")
                               and words[1:2] in (["what"], ["which"])):
        return True
    follows = words[1] if len(words) > 1 else ""
    if words[0] in ("do", "have", "don't"):
        return follows in _SUBJECTS and "steps" not in words
    if words[0] in ("should", "shall", "may") and follows == "i":
        return "have" not in words[2:3]
    if words[0] in ("will", "would") and follows in _SUBJECTS - {"you"} | {"a", "an", "it", "this"}:
        return True
    if words[0] in ("can", "could", "may") and follows in ("the", "a", "an", "it", "this") \
            and "be" in words[2:6] and ("?" in words or "set" in words[3:7]):
        return True
    if words[0] in _MODAL:
        return any(w in _TELLING for w in words[1:5])
    return words[0] in _TELLING and any(w in _ASKING for w in words[1:5])


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
    kept = [(a, p) for a, p in zip(guess.acts, guess.probability, strict=True)
            if not (asked and a in CHANGING) and _GROUNDS.get(a, _always)(reading)
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
    words = [t for t in reading.tokens if t not in _POLITE and t not in _MODAL and t != "you"]
    if words[:1] and words[0] in _PAINT and not reading.of("FIGURE") and not _CHARTS & set(words):
        return "image"
    start = next((i for i, t in enumerate(reading.tokens)
                  if t not in _POLITE and t not in _MODAL and t != "you"), 0)
    said = " ".join(reading.tokens[start:])
    first, follows = (*reading.tokens[start:start + 2], "", "")[:2]
    if said.rstrip(" .!?") in _AGAIN:
        return "again"
    if alive and reading.of("PARAM") and reading.numbers and _OF_DRIVE.search(said) \
            and not is_question(reading.tokens) and not (_WAITING - {"for"}) & set(reading.tokens):
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
            and _CHANGED.search(said):
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
    alone = [w for w in reading.shape if w not in _POLITE | _MODAL | {"you"}] == ["CHOICE"]
    return reading.engine in LATER and not is_question(reading.tokens) and not reading.numbers \
        and "?" not in reading.tokens and not _COMPARING & set(reading.tokens) \
        and (alone or len(names) > 1)


def _new_run(reading: Reading) -> bool:
    """Whether what would be a change of settings names a system or its start: nothing runs yet."""
    first = next((t for t in reading.tokens if t not in _POLITE and t not in _MODAL), "")
    named = reading.of("ENGINE") or reading.of("SCENARIO")
    later = reading.engine in LATER and (reading.of("CHOICE") or reading.of("PARAM")
                                         or _first_of_its_kind(reading))
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
    if act == "start" and reading.engine in LATER and not (_BEGINS - _ONE_MORE) & words and not (
            _ONE_MORE & words and reading.of("ENGINE")):
        return True
    if act == "start":
        return bool(reading.of("PARAM")) and not (
            reading.of("ENGINE") or reading.of("SCENARIO") or _BEGINS & words)
    if act == "knowledge":
        return bool(reading.of("FIGURE")) and not _DEFINING & words
    return False


def _always(_: Reading) -> bool:
    return True


def _set(reading: Reading) -> bool:
    """A value, or a word that gives one."""
    words = reading.tokens
    if not (reading.of("PARAM") or reading.of("CHOICE") or reading.numbers):
        return False
    valued = reading.numbers or reading.of("CHOICE")
    told = words[-1:] == ("of",) or any(w in SWITCHES or w in UP or w in DOWN for w in words)
    first = next((w for w in words if w not in _POLITE and w not in _MODAL and w != "you"), "")
    wanted = "value" in words and any(w in words for w in ("new", "another", "different"))
    return bool(valued or told or wanted or first in _IMPERATIVE)


def _start(reading: Reading) -> bool:
    words = reading.tokens
    named = reading.of("ENGINE") or reading.of("SCENARIO") or reading.of("PARAM")
    return bool(named) or any(w in words for w in ("run", "simulation", "sim", "start", "new"))


def _inject(reading: Reading) -> bool:
    if told(reading.engine, reading.tokens):
        return True
    if reading.engine == "go" and reading.numbers and reading.of("PARAM"):
        return False  # "when you review, spend 400 simulations a position"
    return bool(reading.of("COMMAND") or reading.agents) or any(
        w in _PLACES or _NAMED_PLACE.fullmatch(w) for w in reading.tokens)


def _compare(reading: Reading) -> bool:
    words = reading.tokens
    return not _LIMIT.search(" ".join(words)) and any(w in _COMPARING for w in words)


def _compare_runs(reading: Reading) -> bool:
    return bool(reading.runs) or "runs" in reading.tokens


def _wait(reading: Reading) -> bool:
    return reading.tokens[:2] != ("what", "happens") and any(
        w in _WAITING for w in reading.tokens) and bool(
        reading.numbers or reading.of("FIGURE"))


def _speed(reading: Reading) -> bool:
    return any(_PACE.match(w) for w in reading.tokens)


def _step(reading: Reading) -> bool:
    return bool(reading.numbers) or any(w.startswith(("step", "tick")) for w in reading.tokens)


def _resume(reading: Reading) -> bool:
    words = set(reading.tokens)
    if {"unpause", "unfreeze", "resume"} & words:
        return _pause(reading)
    if {"freeze", "pause", "halt"} & words and not _LIFTING & words:
        return False
    return _anchored(_ONWARD)(reading) and not (
        reading.of("PARAM") or reading.of("FIGURE") or reading.of("COMMAND"))


def _pause(reading: Reading) -> bool:
    """A run, or those who move in it: "pause the robots"."""
    them = all(e.name in _MOVERS for m in reading.mentions for e in m.of("PARAM")
               if e.engine == reading.engine or reading.engine is None)
    return them and not (reading.of("FIGURE") or reading.of("COMMAND") or reading.numbers)


def _undo(reading: Reading) -> bool:
    words = set(reading.tokens)
    return bool(words & _TAKING_BACK) or ("back" in words and bool(words & _MOVING_BACK))


def _play(reading: Reading) -> bool:
    return "MOVE" in reading.shape or any(w.startswith("pass") for w in reading.tokens)


def _figures(reading: Reading) -> bool:
    """A figure, or a question about the whole; a setting alone is no figure."""
    return not reading.of("PARAM") or bool(reading.of("FIGURE")) or any(
        w in _WHOLE for w in reading.tokens)


def _settings(reading: Reading) -> bool:
    words = reading.tokens
    if "value" in words and any(w in words for w in ("new", "another", "different")) \
            and not is_question(words):
        return False
    return not reading.of("FIGURE") or bool(reading.of("PARAM") or reading.of("CHOICE")) or any(
        w in ("settings", "parameters", "knobs", "configuration") for w in reading.tokens)


def _anchored(anchors: re.Pattern[str]) -> Callable[[Reading], bool]:
    """Whether one of the words stands there that make so plain an order."""
    def ground(reading: Reading) -> bool:
        return any(anchors.match(w) for w in (*reading.tokens, *reading.shape))
    return ground


def _stop(reading: Reading) -> bool:
    """For good: what has an end of its own is no stop of a run."""
    return not reading.numbers and _anchored(_ENDING)(reading)


_GROUNDS: Final[Mapping[str, Callable[[Reading], bool]]] = {
    "set": _set, "start": _start, "inject": _inject, "compare": _compare,
    "compare_runs": _compare_runs, "wait": _wait, "speed": _speed, "step": _step,
    "play": _play, "undo": _undo, "resume": _resume, "pause": _pause, "figures": _figures,
    "settings": _settings, "stop": _stop, "reset": _anchored(_ANEW)}

"""What each act needs in the words of a clause; without it the act is ruled out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from engine.agent.planner.mentions import Reading
from engine.agent.planner.questions import MODAL, POLITE, is_question
from engine.agent.planner.told import told

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
COMPARING: Final = frozenset((
    "compare", "comparing", "comparison", "versus", "vs", "against", "better", "worse", "best",
    "difference", "than", "test", "experiment", "both", "beat", "beats", "outperform", "effect",
    "impact", "influence", "contrast", "or", "help", "pay", "matter", "gain", "benefit", "a/b",
    "ab", "trial", "benchmark", "pit", "win", "wins", "improve", "evaluate", "side", "enough",
    "faster", "instead", "weigh", "without", "worth"))
WAITING: Final = frozenset((
    "when", "until", "till", "'til", "til", "once", "if", "soon", "moment", "whenever", "minute",
    "second", "instant", "wait", "case", "after", "for", "before", "long"))
_PACE: Final = re.compile(r"speed|fast|slow|quick|pace|tempo|step|throttle|hurry|rate|real|max|full"
                          r"|playback|flat|tick|frame|accelerat")
_IMPERATIVE: Final = frozenset((
    "set", "change", "adjust", "switch", "modify", "tweak", "alter", "update", "configure"))
_PLACES: Final = frozenset((
    "bridge", "aisle", "station", "desk", "row", "column", "rain", "stadium", "airport", "spike",
    "outage", "fault", "faults", "incident", "incidents", "robot", "broken", "everything", "storm",
    "surge", "pricing", "picker", "bridges", "aisles", "stations", "flights", "planes"))
_NAMED_PLACE: Final = re.compile(r"p\d{1,3}")
_WHOLE: Final = frozenset((
    "doing", "status", "going", "busy", "performing", "numbers", "figures", "kpis", "well",
    "things", "getting", "looking", "state", "overview", "report", "stats", "statistics"))
_MOVERS: Final = frozenset(("robots", "drivers"))
_TAKING_BACK: Final = frozenset((
    "undo", "revert", "reverse", "roll", "cancel", "annul", "restore", "retract", "before", "was",
    "mistake", "old", "previous", "former", "original", "wrong", "misclick"))
_MOVING_BACK: Final = frozenset(("take", "put", "set", "change", "go", "get", "turn", "bring",
                                 "switch", "to", "roll"))
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
_ENDED: Final = frozenset(("stop", "end", "kill", "close", "quit", "cancel", "shut"))
_HELD: Final = frozenset(("pause", "hold", "break", "freeze", "stopped", "left", "waiting", "again",
                          "resume", "continue", "halt", "standing"))
_LIFTING: Final = frozenset(("end", "lift", "release", "off", "stop", "over", "out", "again",
                             "from", "no", "enough", "leave", "lose", "undo", "cancel", "after"))
_LIMIT: Final = re.compile(
    r"\bno (?:longer|more|less|fewer|higher|lower|shorter|farther|further) than\b")
_ANEW: Final = re.compile(
    r"re-?set|re-?start|start|begin|again|over|anew|afresh|scratch|zero|back|top|re-?boot|re-?load"
    r"|re-?launch|re-?init|re-?wind|wipe|square|fresh|redo|rerun|clean|rset|rest|reest")


def _set(reading: Reading) -> bool:
    """A value, or a word that gives one."""
    words = reading.tokens
    if not (reading.of("PARAM") or reading.of("CHOICE") or reading.numbers):
        return False
    valued = reading.numbers or reading.of("CHOICE")
    told = words[-1:] == ("of",) or any(w in SWITCHES or w in UP or w in DOWN for w in words)
    first = next((w for w in words if w not in POLITE and w not in MODAL and w != "you"), "")
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
    return not _LIMIT.search(" ".join(words)) and any(w in COMPARING for w in words)


def _compare_runs(reading: Reading) -> bool:
    return bool(reading.runs) or "runs" in reading.tokens


def _wait(reading: Reading) -> bool:
    return reading.tokens[:2] != ("what", "happens") and any(
        w in WAITING for w in reading.tokens) and bool(
        reading.numbers or reading.of("FIGURE"))


def _speed(reading: Reading) -> bool:
    return any(_PACE.match(w) for w in reading.tokens)


def _step(reading: Reading) -> bool:
    stepped = any(w.startswith(("step", "tick", "frame")) for w in reading.tokens)
    return stepped or (bool(reading.numbers) and not reading.of("PARAM"))


def _resume(reading: Reading) -> bool:
    words = set(reading.tokens)
    if {"unpause", "unfreeze", "resume"} & words:
        return _pause(reading)
    if {"freeze", "pause", "halt"} & words and not _LIFTING & words:
        return False
    if _ENDED & words and not _HELD & words:
        return False  # "stop that thing" is no end of a pause
    named = [e for e in reading.of("PARAM") if e.name not in _MOVERS]
    return _anchored(_ONWARD)(reading) and not (
        named or reading.of("FIGURE") or reading.of("COMMAND"))


def _pause(reading: Reading) -> bool:
    """A run, or those who move in it: "pause the robots"."""
    them = all(e.name in _MOVERS for m in reading.mentions if not m.of("ENGINE")
               for e in m.of("PARAM") if e.engine == reading.engine or reading.engine is None)
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
    return not reading.numbers and _anchored(_ENDING)(reading) and all(
        e.name in _MOVERS for e in reading.of("PARAM"))


GROUNDS: Final[Mapping[str, Callable[[Reading], bool]]] = {
    "set": _set, "start": _start, "inject": _inject, "compare": _compare,
    "compare_runs": _compare_runs, "wait": _wait, "speed": _speed, "step": _step,
    "play": _play, "undo": _undo, "resume": _resume, "pause": _pause, "figures": _figures,
    "settings": _settings, "stop": _stop, "reset": _anchored(_ANEW)}

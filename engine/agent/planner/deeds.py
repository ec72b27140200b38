"""Which command a clause wants done to a world, and with what arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.agent.house.domains import Domain
from engine.agent.planner.cameras import switches
from engine.agent.planner.clauses import Ask
from engine.agent.planner.lexicon import stem
from engine.agent.planner.quantities import UNITS
from engine.agent.planner.steps import AskBack
from engine.agent.planner.told import spelt, told

MOST_AT_ONCE: Final = 5
# stems of words that end an incident
UNDO: Final = frozenset(map(stem, (
    "undo", "lift", "clear", "reopen", "fix", "repair", "heal", "restore", "end", "cancel", "mend",
    "revive", "recover", "open", "remove", "revert", "unblock", "repaired", "back", "calm",
    "abort")))
_ENDS: Final = frozenset(("stop", "finish", "off", "enough"))
_IS_OVER: Final = re.compile(r"\bover\b(?! (?:the|a|an|all|every|our|this|that)\b)")
_BREAKS: Final = frozenset(map(stem, (
    "break", "fail", "kill", "die", "disable", "broke", "wreck", "crash", "damage", "defect",
    "malfunction", "sabotage", "breakdown")))
# incidents that pass: "stop the rain" ends it, "stop a station" causes it
_PASSING: Final = frozenset(("rain", "demand_spike", "surge_outage"))
_CLOSABLE: Final = frozenset(("close_bridge", "close_aisle", "stop_station"))
_CLOSING: Final = frozenset(map(stem, (
    "close", "closure", "shut", "block", "stop", "barricade", "seal", "lock", "halt", "no",
    "nobody", "collapse", "out", "down", "offline", "break", "kill", "disable", "obstruct", "off",
    "cut",
    "outage", "fail", "spill", "accident", "barrier", "impassable", "fall")))
# words that tell a command where no whole phrase was found
_BY_WORD: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "warehouse": (("row", "close_aisle"), ("column", "close_aisle"), ("aisle", "close_aisle"),
                  ("station", "stop_station"), ("desk", "stop_station"),
                  ("picker", "stop_station"), ("spike", "demand_spike"), ("faults", "recover"),
                  ("broken", "break_robot"), ("everything", "recover")),
    "dispatch": (("bridge", "close_bridge"), ("rain", "rain"), ("stadium", "stadium"),
                 ("airport", "airport_bank"), ("outage", "surge_outage"), ("storm", "rain"),
                 ("planes", "airport_bank"), ("flights", "airport_bank"),
                 ("incidents", "recover"), ("everything", "recover")),
    "go": (("resign", "resign"), ("review", "review"), ("rematch", "new_game")),
    "perception": (("wheel", "take_over"), ("steering", "take_over"), ("autopilot", "take_over")),
}
_NO_NAME: Final = frozenset((
    "the", "a", "any", "some", "one", "of", "close", "shut", "block", "down", "off", "reopen",
    "open", "please", "and", "up", "to", "this", "that", "our", "another", "stop", "is", "bridge",
    "barricade", "seal", "lock", "over", "on", "then", "again", "traffic", "for", "if"))
_GOING: Final = frozenset(("go", "head", "heading", "drive", "want", "come", "travel", "ride",
                           "arrive", "rush", "flock", "going", "on", "way", "way", "stream"))
_LEFT: Final = ("off", "leave", "end", "exit", "stop", "quit", "enough", "no")
_BEFORE_IT: Final = re.compile(
    r"\bbefore (?:the|a) (?:match|game|concert|show|kick)|\b(?:get|walk|headed|heading|pour|flow"
    r"|flood|off)"
    r"(?: in)?to (?:the|a) (?:stadium|arena)")
_STATION: Final = re.compile(r"p\d{1,3}")


def deed(ask: Ask, of: Domain) -> tuple[str | None, dict[str, Any]]:
    """The command and its arguments; None when none is meant."""
    tokens = ask.reading.tokens
    if deed_told := told(of.name, tokens):
        return deed_told
    found = [e.name for e in ask.reading.of("COMMAND") if e.engine == of.name]
    command = next((c for c in found if c != "recover"), found[0] if found else None)
    if "break_robot" in of.commands and ask.reading.agents:
        command = "break_robot" if command in (None, "recover") else command
    if "stop_station" in of.commands and any(map(_STATION.fullmatch, tokens)):
        command = "stop_station"
    if "bridge" in tokens and "close_bridge" not in of.commands:
        return None, {}
    if command is None:
        stems = {stem(t) for t in (*tokens, *ask.reading.shape)}
        command = next((c for word, c in _BY_WORD.get(of.name, ()) if stem(word) in stems
                        and (c not in _CLOSABLE or stems & (_CLOSING | UNDO | {"again"}))), None)
    if command is None or command not in of.commands:
        return None, {}
    if "recover" in of.commands and (command == "recover" or _undoes(ask, command)):
        return "recover", _undone(ask, of, command)
    if command == "what_if":
        return command, {"on": not ask.says(*_LEFT)}
    return command, _arguments(ask, command)


def each_of(ask: Ask, command: str, arguments: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The arguments of every call that is meant: one a robot, one a camera.

    Raises:
        AskBack: If a camera is meant and it is not said which.
    """
    if command == "camera":
        return list(switches(tuple(map(spelt, ask.reading.tokens))))
    if command == "explain" and "view" not in arguments:
        raise AskBack("Which box of which camera? Say it as in **explain box 2 of the rear "
                      "camera**.")
    if command == "break_robot" and ask.reading.agents:
        numbers = dict.fromkeys(n for _, n in ask.reading.agents[:MOST_AT_ONCE])
        return [{**arguments, "robot": n} for n in numbers]
    return [arguments]


def _undoes(ask: Ask, command: str) -> bool:
    """Whether an incident is to end, rather than to happen."""
    stems = {stem(t) for t in ask.reading.tokens}
    if command == "break_robot" and _BREAKS & stems and ask.reading.agents:
        return False  # "break robot 3, the repair takes five minutes"
    if command in _PASSING and not ask.reading.numbers and (
            ask.says(*_ENDS) or _IS_OVER.search(" ".join(ask.reading.tokens))):
        return True
    if command == "break_robot" and "repair_s" in _arguments(ask, command):
        return False  # "a breakdown, one minute of repair"
    if command in _PASSING and ask.reading.numbers:
        return False  # "open the heavens, rain for ninety minutes"
    if command in _CLOSABLE and "again" in stems and not stems & _CLOSING:
        return True  # "let the cars over the bridge again"
    return bool(UNDO & stems) and command not in ("stadium", "airport_bank")


def _undone(ask: Ask, of: Domain, command: str) -> dict[str, Any]:
    """What is to be undone; everything where nothing is named."""
    name = "incident" if of.name == "dispatch" else "fault"
    if command != "recover":
        return {name: command}
    words = {"rain": "rain", "bridge": "close_bridge", "surge": "surge_outage",
             "aisle": "close_aisle", "station": "stop_station", "spike": "demand_spike",
             "desk": "stop_station", "robot": "break_robot", "pricing": "surge_outage"}
    stems = {stem(t) for t in ask.reading.tokens}
    meant = [c for word, c in words.items() if stem(word) in stems and c in of.commands]
    return {name: meant[0]} if len(meant) == 1 else {}


def _arguments(ask: Ask, command: str) -> dict[str, Any]:
    """Durations, factors, counts and names."""
    out: dict[str, Any] = {}
    tokens = ask.reading.tokens
    for q in ask.reading.numbers:
        before = tokens[q.start - 1] if q.start else ""
        if q.role == "factor" or before == "factor" or tokens[q.end:q.end + 1] == ("times",):
            out["factor"] = q.value
        elif UNITS.get(q.unit, ("",))[0] == "time":
            out["repair_s" if command == "break_robot" else "seconds"] = round(q.in_unit("s"))
        elif before in ("row", "column") and before not in out:
            out[before] = round(q.value)
        elif before == "station" and command == "stop_station":
            out["station"] = f"P{round(q.value):02d}"
        elif command in ("stadium", "airport_bank") and not q.unit and not q.clock:
            out["riders"] = round(q.value)
        elif command == "demand_spike" and not q.unit and "factor" not in out:
            out["factor"] = q.value
    if command == "close_aisle" and ("row" in out) != ("column" in out):
        out.update(_stretch(tokens, "column" if "row" in out else "row"))
    if command == "break_robot" and ask.reading.agents:
        out["robot"] = ask.reading.agents[0][1]
    if command == "stop_station":
        named = next((t for t in tokens if _STATION.fullmatch(t)), None)
        if named:
            out["station"] = named.upper()
    if command == "stadium" and _towards(tokens):
        out["toward"] = True
    if command == "close_bridge" and (bridge := _bridge(ask)):
        out["bridge"] = bridge
    return out


def _stretch(tokens: Sequence[str], across: str) -> dict[str, int]:
    """The part of an aisle that is meant: "row 9 between columns 10 and 30"."""
    found = re.search(rf"\b{across}s? (\d+) (?:and|to|-|until|through) (?:{across} )?(\d+)\b",
                      " ".join(tokens))
    return {"start": int(found.group(1)), "stop": int(found.group(2))} if found else {}


def _towards(tokens: Sequence[str]) -> bool:
    """Whether the crowd goes to the stadium, rather than home from it."""
    if _BEFORE_IT.search(" ".join(tokens)):
        return True
    near = any(tuple(tokens[i:i + 3]) in (("to", "the", "stadium"), ("at", "the", "stadium"))
               and tokens[max(0, i - 1)] in _GOING for i in range(len(tokens)))
    return near or any(t in ("kick-off", "kickoff", "towards", "toward") for t in tokens)


def _bridge(ask: Ask) -> str:
    """The name before "bridge", as in "Harbour Bridge"; empty where there is none."""
    put_right = [w for w in ask.reading.shape if w.islower()]
    tokens = ask.reading.tokens if "bridge" in ask.reading.tokens else put_right
    at = next((i for i, t in enumerate(tokens) if t == "bridge"), 0)
    name: list[str] = []
    while at > 0 and tokens[at - 1] not in _NO_NAME and tokens[at - 1].isalpha() and len(name) < 2:
        at -= 1
        name.insert(0, tokens[at])
    return " ".join(w.capitalize() for w in (*name, "bridge")) if name else ""


def spiked(ask: Ask, of: Domain) -> tuple[str, dict[str, Any]] | None:
    """As in "triple the orders for ten minutes": what ends by itself is an incident."""
    factor = next((q for q in ask.reading.numbers if q.role == "factor"), None)
    lasts = next((q for q in ask.reading.numbers if UNITS.get(q.unit, ("",))[0] == "time"), None)
    if "demand_spike" not in of.commands or factor is None or lasts is None:
        return None
    return "demand_spike", {"factor": factor.value, "seconds": round(lasts.in_unit("s"))}


def shadowed(settings: dict[str, Any], of: Domain) -> dict[str, Any]:
    """A policy named as shadow is that of the shadow, not the one in charge."""
    names = of.params.model_fields
    if "shadow" not in names or "policy" not in settings:
        return settings
    rest = {n: v for n, v in settings.items() if n != "policy"}
    return {**rest, "shadow": settings["policy"]}

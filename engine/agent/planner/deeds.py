"""Which command a clause wants done to a world, and with what arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from engine.agent.house.domains import Domain
from engine.agent.planner.clauses import Ask

PEOPLE: Final = ("riders", "people", "passengers", "fans", "spectators")
UNDO: Final = ("end", "lift", "undo", "clear", "reopen", "over")
# words that tell a command where no whole phrase was found
_BY_WORD: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "warehouse": (("row", "close_aisle"), ("column", "close_aisle"), ("aisle", "close_aisle"),
                  ("station", "stop_station"), ("desk", "stop_station")),
    "dispatch": (("bridge", "close_bridge"), ("rain", "rain"), ("stadium", "stadium"),
                 ("airport", "airport_bank")),
}
_BRIDGE: Final = re.compile(r"(?:the\s+)?((?:[A-Z][\w'-]*\s+)+Bridge)\b")
_STATION: Final = re.compile(r"p\d{1,3}")


def deed(ask: Ask, of: Domain) -> tuple[str | None, dict[str, Any]]:
    """The command and its arguments; None when none is meant."""
    found = [e.name for e in ask.reading.of("COMMAND") if e.engine == of.name]
    command = found[0] if found else None
    if ask.reading.agents and "break_robot" in of.commands:
        command = command or "break_robot"
    if command is None:
        command = next((c for word, c in _BY_WORD.get(of.name, ()) if word in ask.reading.tokens),
                       None)
    if command is None or command not in of.commands:
        return None, {}
    if command == "recover" or ask.says(*UNDO):
        return "recover", _undone(ask, of, command)
    return command, _arguments(ask, command)


def _undone(ask: Ask, of: Domain, command: str) -> dict[str, Any]:
    """What is to be undone; everything where nothing is named."""
    name = "incident" if of.name == "dispatch" else "fault"
    if command != "recover":
        return {name: command}
    words = {"rain": "rain", "bridge": "close_bridge", "surge": "surge_outage",
             "aisle": "close_aisle", "station": "stop_station", "spike": "demand_spike"}
    meant = [c for word, c in words.items() if word in ask.reading.tokens and c in of.commands]
    return {name: meant[0]} if len(meant) == 1 else {}


def _arguments(ask: Ask, command: str) -> dict[str, Any]:
    """Durations, factors, counts and names."""
    out: dict[str, Any] = {}
    tokens = ask.reading.tokens
    for q in ask.reading.numbers:
        before = tokens[q.start - 1] if q.start else ""
        if q.role == "factor" or before == "factor" or tokens[q.end:q.end + 1] == ("times",):
            out["factor"] = q.value
        elif q.unit:
            out["repair_s" if command == "break_robot" else "seconds"] = round(q.in_unit("s"))
        elif before in ("row", "column"):
            out[before] = round(q.value)
        elif any(w in tokens for w in PEOPLE) and command in ("stadium", "airport_bank"):
            out["riders"] = round(q.value)
    if command == "break_robot" and ask.reading.agents:
        out["robot"] = ask.reading.agents[0][1]
    if command == "stop_station":
        named = next((t for t in tokens if _STATION.fullmatch(t)), None)
        if named:
            out["station"] = named.upper()
    if command == "close_bridge" and (bridge := _BRIDGE.search(ask.text)):
        out["bridge"] = bridge.group(1)
    return out


def shadowed(settings: dict[str, Any], of: Domain) -> dict[str, Any]:
    """A policy named as shadow is that of the shadow, not the one in charge."""
    names = of.params.model_fields
    if "shadow" not in names or "policy" not in settings:
        return settings
    rest = {n: v for n, v in settings.items() if n != "policy"}
    return {**rest, "shadow": settings["policy"]}

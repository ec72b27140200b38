"""Networks that are told by name: who plays a colour, what the car sees with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

Deed = tuple[str, dict[str, Any]]

_ROLES: Final = ("black", "white", "analysis")
_NEAR: Final = 6


def players_deed(tokens: Sequence[str]) -> Deed | None:
    """Networks for colours: "journeyman for black, adept for white"; None where none is named."""
    if "?" in tokens or not _names("go") & set(tokens):
        return None
    roles = [i for i, t in enumerate(tokens) if t.removesuffix("'s") in _ROLES]
    chosen: dict[str, Any] = {}
    for at in (i for i, t in enumerate(tokens) if t in _names("go")):
        near = min(roles, key=lambda i: (abs(i - at), -i), default=None)
        if near is not None and abs(near - at) <= _NEAR:
            chosen.setdefault(tokens[near].removesuffix("'s"), tokens[at])
    if chosen:
        return "set_players", chosen
    if re.search(r"\b(?:both|each)\b", " ".join(tokens)):
        name = next(t for t in tokens if t in _names("go"))
        return "set_players", {"black": name, "white": name}
    return None


def model_deed(tokens: Sequence[str]) -> Deed | None:
    """The network that the car is to see with; None where none is named."""
    named = next((t for t in tokens if t in _names("perception")), None)
    return ("set_model", {"name": named}) if named and "?" not in tokens else None


@cache
def _names(engine: str) -> frozenset[str]:
    """Networks that can be chosen; the system tells them when this is first asked."""
    if engine == "go":
        return frozenset(import_module("engine.go.players").network_names())
    return frozenset(import_module("engine.perception.models").networks())

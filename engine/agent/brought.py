"""What calls brought beside words, as the page draws it: kept with a chat, drawn again from it.

A chart is kept as it was drawn, not as a wish to draw it: the run may be gone when the chat is
opened again. Two things are not kept: the way to a living run, whose token is a key, and pictures
of an image service, which are large and not the chat's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeGuard

MAX_KEPT: Final = 2_000_000
"""Characters of one chat's drawings; the oldest are left out beyond."""
MAX_SOURCES: Final = 20
_LINES: Final = ("line", "histogram")
_PASSING: Final = ("run", "image")


class Brought:
    """What is known of each call beyond the conversation, by the call's id.

    Attributes:
        steps: Seconds, show (as `Answer.show`, or None) and sources of each, oldest first.
    """

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, Any]] = {}

    def add(self, call_id: str, seconds: float, show: Mapping[str, Any] | None,
            sources: Sequence[str]) -> None:
        """Take in what one call brought."""
        self.steps[call_id] = {"seconds": seconds, "show": show,
                               "sources": list(sources)[:MAX_SOURCES]}

    def kept(self) -> list[dict[str, Any]]:
        """What is saved, JSON-able: the newest drawings as far as there is room for them."""
        out: list[dict[str, Any]] = []
        room = MAX_KEPT
        for call_id, step in reversed(list(self.steps.items())):
            show = step["show"]
            if show is not None:
                size = len(json.dumps(show))
                if show.get("kind") in _PASSING or size > room:
                    show = None
                else:
                    room -= size
            out.append({**step, "id": call_id, "show": show})
        return out[::-1]

    @classmethod
    def read(cls, kept: Any) -> Brought:
        """What was saved; whatever is damaged is left out: the words of a chat go without it.

        Args:
            kept: As `kept` gave it, or anything.
        """
        out = cls()
        for step in kept if isinstance(kept, list) else []:
            found: dict[str, Any] = step if isinstance(step, dict) else {}
            call_id, seconds = found.get("id"), found.get("seconds")
            sources, show = found.get("sources"), found.get("show")
            if isinstance(call_id, str) and _number(seconds) and _texts(sources):
                out.add(call_id, seconds, show if _drawable(show) else None, sources)
        return out


def _drawable(show: Any) -> bool:
    """Whether the page can draw it: it trusts the shape of what it is sent."""
    if not isinstance(show, dict):
        return False
    kind = show.get("kind")
    if kind in _LINES:
        return _all(show.get("lines"), _line)
    if kind == "table":
        return _texts(show.get("columns")) and _all(
            show.get("rows"), lambda r: isinstance(r, dict))
    if kind == "differences":
        return _all(show.get("rows"), _difference)
    if kind == "svg":
        return isinstance(show.get("svg"), str) and isinstance(show.get("label"), str)
    return False


def _line(line: Any) -> bool:
    return (isinstance(line, dict) and isinstance(line.get("label"), str)
            and _all(line.get("x"), _number) and _all(line.get("y"), _number_or_none)
            and len(line["x"]) == len(line["y"]))


def _difference(row: Any) -> bool:
    return (isinstance(row, dict) and isinstance(row.get("label"), str)
            and all(_number_or_none(row.get(k)) for k in ("a", "b", "low", "high", "pairs")))


def _all(values: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(values, list) and all(map(fits, values))


def _texts(values: Any) -> TypeGuard[list[str]]:
    return _all(values, lambda v: isinstance(v, str))


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number_or_none(value: Any) -> bool:
    return value is None or _number(value)

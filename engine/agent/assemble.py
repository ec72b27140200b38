"""Whole tool calls out of the fragments of a stream.

Servers differ in how they cut calls up. Some repeat `index: 0` for a second parallel call, some
send no ids, some one id twice. A call begins where a fragment has a new id, or no id but a name
while the call before it is already whole; everything else continues a call. Nothing is handed out
before the stream has said why it ended: a cut stream leaves half of the arguments behind.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from engine.agent.messages import ToolCall


@dataclass(slots=True)
class _Open:
    """A call under way."""

    id: str
    name: str = ""
    parts: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> str:
        return "".join(self.parts)


class CallAssembler:
    """Collects the `tool_calls` fragments of one streamed answer."""

    def __init__(self) -> None:
        self._calls: list[_Open] = []
        self._at: dict[int, _Open] = {}

    def feed(self, index: int | None, call_id: str | None, name: str | None,
             arguments: str | None) -> None:
        """Take one fragment; any field but the index may be missing or empty."""
        slot = index if index is not None else max(0, len(self._calls) - 1)
        call = self._at.get(slot)
        if call is None or self._begins(call, call_id, name):
            call = _Open(call_id or "")
            self._calls.append(call)
            self._at[slot] = call
        call.id = call.id or (call_id or "")
        if name and not call.name.endswith(name):
            call.name += name
        if arguments:
            call.parts.append(arguments)

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls in the order they began, each with an id of its own."""
        taken: set[str] = set()
        out: list[ToolCall] = []
        for i, call in enumerate(self._calls):
            own = call.id or f"call_{i}"
            while own in taken:
                own += f"_{i}"
            taken.add(own)
            out.append(ToolCall(own, call.name, call.arguments or "{}"))
        return tuple(out)

    @staticmethod
    def _begins(call: _Open, call_id: str | None, name: str | None) -> bool:
        if call_id:
            return bool(call.id) and call_id != call.id
        return bool(name) and bool(call.name) and _whole(call.arguments)


def _whole(arguments: str) -> bool:
    """Whether the text is a complete JSON value."""
    try:
        json.loads(arguments)
    except ValueError:
        return False
    return True

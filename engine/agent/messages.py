"""What is said in a conversation, independent of any provider's wire format.

The order of messages is an invariant and not a habit: an assistant's calls are kept before their
results, and each call has exactly one result before anybody speaks again. A chat-completions
server rejects anything else with status 400. `violations` says where a history breaks the rule;
`close_open_calls` mends one that was cut short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Finish = Literal["stop", "tool_calls", "length", "content_filter", "refusal", "cancelled"]

NOT_RUN: Final = "Not run: the reply was stopped before this call began."


@dataclass(frozen=True, slots=True)
class System:
    """Instructions; only ever the first message."""

    text: str


@dataclass(frozen=True, slots=True)
class User:
    """What the person wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that a model asks for.

    Attributes:
        id: Unique within its message; the result names it.
        name: Tool.
        arguments: JSON text as the model wrote it, unchecked.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Assistant:
    """What a model answered: text, calls, or both.

    Attributes:
        text: Answer so far; partial when `finish` is "length" or "cancelled".
        calls: Whole calls, in the order asked for.
        finish: Why the model stopped.
        refusal: The model's own words of refusal, or "".
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    finish: Finish = "stop"
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered.

    Attributes:
        call_id: Call that this answers.
        name: Tool.
        content: Text for the model; data, never instructions.
        ok: False when the tool failed, was denied or never ran.
        untrusted: The content was written by somebody else (a web page, an uploaded file).
    """

    call_id: str
    name: str
    content: str
    ok: bool = True
    untrusted: bool = False


Message = System | User | Assistant | ToolResult


def violations(messages: Sequence[Message]) -> list[str]:
    """Where a history breaks the order that servers insist on; empty when it is sound."""
    found: list[str] = []
    waiting: list[str] = []
    for i, message in enumerate(messages):
        if isinstance(message, ToolResult):
            if message.call_id in waiting:
                waiting.remove(message.call_id)
            else:
                found.append(f"message {i}: a result for {message.call_id!r}, which no open call "
                             "asked for")
            continue
        if waiting:
            found.append(f"message {i}: calls {waiting} have no result yet")
            waiting = []
        if isinstance(message, System) and i:
            found.append(f"message {i}: instructions in mid-conversation")
        if isinstance(message, Assistant):
            waiting = [c.id for c in message.calls]
            if len(set(waiting)) < len(waiting):
                found.append(f"message {i}: two calls with one id")
            if not (message.text or message.calls or message.refusal):
                found.append(f"message {i}: an empty answer")
    if waiting:
        found.append(f"at the end: calls {waiting} have no result")
    return found


def close_open_calls(messages: Iterable[Message], content: str = NOT_RUN) -> list[Message]:
    """The same history with a result for every call that has none, so that it can go on."""
    out: list[Message] = []
    waiting: dict[str, ToolCall] = {}

    def close() -> None:
        out.extend(ToolResult(c.id, c.name, content, ok=False) for c in waiting.values())
        waiting.clear()

    for message in messages:
        if isinstance(message, ToolResult):
            if waiting.pop(message.call_id, None) is None:
                continue
        else:
            close()
        if isinstance(message, Assistant):
            waiting = {c.id: c for c in message.calls}
        out.append(message)
    close()
    return out


def to_wire(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Messages of the chat-completions API.

    Source: OpenAI API reference, "Create chat completion", messages.
    """
    out: list[dict[str, Any]] = []
    for message in messages:
        if isinstance(message, System):
            out.append({"role": "system", "content": message.text})
        elif isinstance(message, User):
            out.append({"role": "user", "content": message.text})
        elif isinstance(message, ToolResult):
            out.append({"role": "tool", "tool_call_id": message.call_id,
                        "content": message.content})
        else:
            said: dict[str, Any] = {"role": "assistant",
                                    "content": message.text or message.refusal or None}
            if message.calls:
                said["tool_calls"] = [
                    {"id": c.id, "type": "function",
                     "function": {"name": c.name, "arguments": c.arguments}}
                    for c in message.calls]
            out.append(said)
    return out

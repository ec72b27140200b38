"""What the loop tells whoever watches, as it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.agent.approval import Question
from engine.agent.messages import ToolCall, ToolResult
from engine.agent.model import Usage
from engine.agent.tools import Answer

How = Literal["answered", "refused", "length", "content_filter", "stopped", "limit", "failed"]


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What was streamed since the last request is void: the request is made again."""

    why: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class CallBegan:
    """A tool call starts."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class CallProgress:
    """A tool says how far it is."""

    call_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A tool call has its result."""

    call: ToolCall
    result: ToolResult
    answer: Answer | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A person is asked; the reply waits."""

    question: Question


@dataclass(frozen=True, slots=True)
class Decided:
    """The person's answer, or the lack of one."""

    question: Question
    yes: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The reply is over.

    Attributes:
        how: The outcome; "answered" is the only good one.
        text: Sentence for the person where it did not end well, else "".
        usage: Tokens of all its requests.
        dollars: Money.
        seconds: Wall time, waits included.
        turns: Requests made.
        calls: Tools run.
        priced: Whether the dollars are all it cost; not where the model's price is unknown.
    """

    how: How
    text: str
    usage: Usage
    dollars: float
    seconds: float
    turns: int
    calls: int
    priced: bool = True


LoopEvent = Said | Unsaid | CallBegan | CallProgress | CallEnded | Asked | Decided | Ended

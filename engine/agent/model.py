"""What the loop asks of a chat model, whoever it is: a server far away or the planner in here."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from engine.agent.messages import Assistant, Message
from engine.errors import EngineError

ErrorKind = Literal[
    "authentication", "permission", "not_found", "rate_limit", "quota", "bad_request",
    "context_length", "no_tools", "server", "timeout", "connection", "cut", "malformed",
]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, as the server counted them; zeros where it does not say."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0

    @property
    def total(self) -> int:
        """All tokens."""
        return self.prompt + self.completion

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.completion + other.completion,
                     self.cached + other.cached)


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model is told of it.

    Attributes:
        name: Function name, `[a-z_]+`.
        description: One or two sentences.
        schema: JSON schema of the arguments object.
    """

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer, as it streams."""

    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The end of a stream that ended well: the whole answer.

    Attributes:
        message: Text and whole calls with the finish reason.
        usage: Tokens of this request.
        facts: What the model says about its own choice (candidates and margins of the planner).
    """

    message: Assistant
    usage: Usage = Usage()
    facts: Mapping[str, Any] | None = None


Piece = Text | Reply


class ModelError(EngineError):
    """A request that failed; the message is for the person at the screen.

    Attributes:
        kind: What went wrong.
        retryable: Whether the same request may succeed later.
        retry_after_s: Wait that the server asked for, or None.
    """

    def __init__(self, kind: ErrorKind, text: str, *, retryable: bool = False,
                 retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.kind = kind
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class Stopped(Exception):  # noqa: N818 - not an error: the person asked for it
    """A stream ended because it was asked to."""


class ChatModel(Protocol):
    """Somebody who answers."""

    @property
    def name(self) -> str:
        """Model name, for prices and traces."""

    @property
    def label(self) -> str:
        """Who answers and what it is not, for the banner."""

    def stream(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *,
               stop: threading.Event, timeout_s: float,
               max_tokens: int) -> Generator[Piece, None, None]:
        """Answer once: any number of `Text`, then exactly one `Reply`.

        Args:
            messages: A sound history (see `violations`) that ends with a user or a result.
            tools: What may be called.
            stop: Set from another thread to end at once.
            timeout_s: Longest time for the whole answer.
            max_tokens: Longest answer.

        Raises:
            ModelError: If there is no whole answer; what was streamed until then stays said.
            Stopped: If `stop` was set.
        """

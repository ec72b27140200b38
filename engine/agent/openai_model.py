"""Any server that speaks the chat-completions protocol, through the `openai` package.

The package's own accumulator merges parallel calls of servers that reuse an index, and its
defaults wait ten minutes and retry behind one's back: so fragments are put together by
`CallAssembler`, retries are the loop's, and each answer has one deadline. Requests run on one
event loop in a thread of their own, where a stop is a cancelled task: the connection is closed at
once, whatever the server is doing.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from engine.agent.assemble import CallAssembler
from engine.agent.messages import Assistant, Finish, Message, to_wire
from engine.agent.model import (
    ErrorKind,
    ModelError,
    Piece,
    Reply,
    Stopped,
    Text,
    ToolSpec,
    Usage,
)

if TYPE_CHECKING:
    import openai

POLL_S: Final = 0.02
CONNECT_S: Final = 10.0
SILENCE_S: Final = 30.0
MAX_ANSWER_CHARACTERS: Final = 2_000_000
_FINISHES: Final[dict[str, Finish]] = {
    "stop": "stop", "tool_calls": "tool_calls", "function_call": "tool_calls", "length": "length",
    "content_filter": "content_filter"}
_KINDS: Final[dict[int, ErrorKind]] = {
    400: "bad_request", 401: "authentication", 403: "permission", 404: "not_found",
    408: "timeout", 409: "server", 413: "context_length", 422: "bad_request", 429: "rate_limit"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is found.

    Attributes:
        model: Name as the server knows it.
        base_url: Address up to `/v1`; None for the provider's own.
        api_key: Secret; servers on this machine take any text.
        usage: Ask for the tokens at the end of a stream; some servers refuse the option.
    """

    model: str
    base_url: str | None = None
    api_key: str = ""
    usage: bool = True

    @classmethod
    def from_environment(cls, model: str) -> Endpoint:
        """By OPENAI_BASE_URL and OPENAI_API_KEY."""
        return cls(model, os.environ.get("OPENAI_BASE_URL") or None,
                   os.environ.get("OPENAI_API_KEY", ""))

    def __repr__(self) -> str:
        return f"Endpoint({self.model!r}, {self.base_url!r})"  # the key stays out of every log


class OpenAIModel:
    """A `ChatModel` behind an endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    @property
    def name(self) -> str:
        """Model name as the server knows it."""
        return self.endpoint.model

    @property
    def label(self) -> str:
        """Who answers."""
        where = self.endpoint.base_url or "api.openai.com"
        return f"{self.endpoint.model} at {where}"

    def stream(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *,
               stop: threading.Event, timeout_s: float,
               max_tokens: int) -> Generator[Piece, None, None]:
        """See `ChatModel.stream`."""
        pieces: queue.SimpleQueue[Piece | BaseException] = queue.SimpleQueue()
        client_of(self.endpoint)  # importing would hold up the loop, and everybody's requests
        task = asyncio.run_coroutine_threadsafe(
            self._answer(messages, tools, timeout_s, max_tokens, pieces), on_loop())
        deadline = time.monotonic() + timeout_s + 1.0
        try:
            while True:
                if stop.is_set():
                    raise Stopped
                try:
                    piece = pieces.get(timeout=POLL_S)
                except queue.Empty:
                    if time.monotonic() > deadline:
                        raise _late(timeout_s) from None
                    continue
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
                if isinstance(piece, Reply):
                    return
        finally:
            task.cancel()

    async def _answer(self, messages: Sequence[Message], tools: Sequence[ToolSpec],
                      timeout_s: float, max_tokens: int,
                      pieces: queue.SimpleQueue[Piece | BaseException]) -> None:
        """On the event loop: one request; its pieces, or what went wrong, go into the queue."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._request(messages, tools, max_tokens, pieces)
        except ModelError as error:
            pieces.put(error)
        except TimeoutError:
            pieces.put(_late(timeout_s))
        except Exception as error:  # noqa: BLE001 - all the package may raise becomes one kind
            pieces.put(explained(error, self.endpoint))

    async def _request(self, messages: Sequence[Message], tools: Sequence[ToolSpec],
                       max_tokens: int,
                       pieces: queue.SimpleQueue[Piece | BaseException]) -> None:
        options: dict[str, Any] = {"max_completion_tokens": max_tokens}
        if self.endpoint.base_url:
            options = {"max_tokens": max_tokens}  # what servers other than the provider's know
        if tools:
            options["tools"] = [
                {"type": "function",
                 "function": {"name": t.name, "description": t.description,
                              "parameters": dict(t.schema)}} for t in tools]
        if self.endpoint.usage:
            options["stream_options"] = {"include_usage": True}
        client = client_of(self.endpoint)
        stream = await client.chat.completions.create(
            model=self.endpoint.model, messages=cast(Any, to_wire(messages)), stream=True,
            **options)
        reader = _Reader()
        try:
            async for chunk in stream:
                if text := reader.take(chunk):
                    pieces.put(Text(text))
        finally:
            await stream.close()
        pieces.put(reader.reply())


class _Reader:
    """One streamed answer, chunk by chunk."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.refusal: list[str] = []
        self.calls = CallAssembler()
        self.finish: str | None = None
        self.usage = Usage()
        self._length = 0

    def take(self, chunk: Any) -> str:
        """Take one chunk; returns the text in it."""
        if error := getattr(chunk, "error", None):
            said = error.get("message") if isinstance(error, dict) else error
            raise ModelError("server", f"The model's server broke off: {said}", retryable=True)
        if used := chunk.usage:
            details = used.prompt_tokens_details
            self.usage = Usage(used.prompt_tokens or 0, used.completion_tokens or 0,
                               (details.cached_tokens or 0) if details else 0)
        if not chunk.choices:  # the chunk that carries the usage
            return ""
        choice = chunk.choices[0]
        self.finish = choice.finish_reason or self.finish
        delta = choice.delta
        if delta is None:
            return ""
        text = delta.content or ""
        self._length += len(text)
        if delta.refusal:
            self.refusal.append(delta.refusal)
        for call in delta.tool_calls or ():
            function = call.function
            arguments = (function.arguments if function else None) or ""
            self._length += len(arguments)
            self.calls.feed(call.index, call.id, function.name if function else None, arguments)
        if self._length > MAX_ANSWER_CHARACTERS:
            raise ModelError("malformed", f"The answer is longer than {MAX_ANSWER_CHARACTERS:,} "
                             "characters; it was ended.")
        self.text.append(text)
        return text

    def reply(self) -> Reply:
        """The whole answer.

        Raises:
            ModelError: If the stream ended without saying why, as when a connection is cut.
        """
        if self.finish is None:
            raise ModelError("cut", "The answer broke off before its end.", retryable=True)
        calls = self.calls.calls()
        finish = _FINISHES.get(self.finish, "stop")
        if calls and finish == "stop":
            finish = "tool_calls"  # some servers say stop after calls
        if any(not c.name for c in calls):
            raise ModelError("malformed", "The model asked for a tool without naming it.",
                             retryable=True)
        refusal = "".join(self.refusal)
        message = Assistant("".join(self.text), calls, "refusal" if refusal else finish, refusal)
        return Reply(message, self.usage)


def explained(error: Exception, endpoint: Endpoint) -> ModelError:
    """Whatever the package raises, as a sentence for the person, without the key."""
    import openai

    where = endpoint.base_url or "api.openai.com"
    if isinstance(error, openai.APITimeoutError):
        return ModelError("timeout", f"{where} did not answer in time. Try again, or choose "
                          "another model.", retryable=True)
    if isinstance(error, openai.APIStatusError):
        return _status(error, endpoint, where)
    if isinstance(error, openai.APIConnectionError):
        return ModelError("connection", f"{where} cannot be reached. Check the address and that "
                          "the server runs, or use the offline planner.", retryable=True)
    if isinstance(error, openai.APIError):
        return ModelError("server", f"{where} broke off: {_clean(error.message, endpoint)}",
                          retryable=True)
    return ModelError("malformed", f"{where} answered with something that is no chat completion "
                      f"({type(error).__name__}). Is the address right? It should end in /v1.",
                      retryable=isinstance(error, ConnectionError | OSError))


def _status(error: openai.APIStatusError, endpoint: Endpoint, where: str) -> ModelError:
    """An answer with a status other than 2xx."""
    status = error.status_code
    kind = _KINDS.get(status, "server")
    said = _clean(error.message, endpoint)
    code = str(error.code or "")
    low = said.lower()
    if status == 400 and (code == "context_length_exceeded" or "context length" in low):
        kind = "context_length"
    elif status in (400, 404, 422) and "tool" in low and "support" in low:
        kind = "no_tools"
    elif status == 429 and code == "insufficient_quota":
        kind = "quota"
    sentence = {
        "authentication": f"{where} refused the key. Set OPENAI_API_KEY, or use the offline "
                          "planner.",
        "permission": f"The key may not use {endpoint.model} at {where}: {said}",
        "not_found": f"{where} knows no model {endpoint.model!r}. Choose another in the settings.",
        "context_length": f"The conversation is longer than {endpoint.model} takes. Start a new "
                          "chat, or choose a model with a larger window.",
        "no_tools": f"{endpoint.model} cannot call tools. Choose a model that can, or use the "
                    "offline planner.",
        "quota": f"The account at {where} has no credit left.",
        "rate_limit": f"{where} takes no more requests just now.",
    }.get(kind, f"{where} answered with status {status}: {said}")
    retryable = kind == "rate_limit" or kind == "timeout" or status == 409 or status >= 500
    return ModelError(kind, sentence, retryable=retryable, retry_after_s=_retry_after(error))


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds that the server asks to wait; a date or nonsense counts as nothing."""
    headers = error.response.headers
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if 0 <= seconds < 1e6:
            return seconds
    return None


def _clean(text: str, endpoint: Endpoint) -> str:
    """A server's words, short and without the key."""
    text = " ".join(str(text).split())
    if endpoint.api_key:
        text = text.replace(endpoint.api_key, "…")
    return text[:300]


def _late(timeout_s: float) -> ModelError:
    return ModelError("timeout", f"There was no whole answer within {timeout_s:.0f} s. Ask for "
                      "less, or raise the limit in the settings.")


@cache
def on_loop() -> asyncio.AbstractEventLoop:
    """The event loop that all requests share, in a thread of its own."""
    ready: Future[asyncio.AbstractEventLoop] = Future()

    def main() -> None:
        loop = asyncio.new_event_loop()
        ready.set_result(loop)
        loop.run_forever()

    threading.Thread(target=main, name="models", daemon=True).start()
    return ready.result()


@cache
def client_of(endpoint: Endpoint) -> openai.AsyncOpenAI:
    """One client an endpoint; connections are kept alive. Imports openai, 1.7 s the first time."""
    import openai

    return openai.AsyncOpenAI(
        api_key=endpoint.api_key or "none", base_url=endpoint.base_url, max_retries=0,
        timeout=openai.Timeout(SILENCE_S, connect=CONNECT_S))

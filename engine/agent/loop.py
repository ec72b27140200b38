"""The loop: ask the model, run what it calls, hand it the results, until it answers.

It departs from the usual sketch of such a loop where that breaks: the assistant's message is kept
before the results of its calls, every reply is bounded in turns, calls, tokens, money and seconds,
arguments are validated, a cut stream executes nothing, and a stop leaves a history that can go on.

Source: Yao et al. 2023, ReAct, arXiv:2210.03629 (reason, act, observe).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from engine.agent.approval import (
    PATIENCE_S,
    Approver,
    DenyAll,
    Question,
    Setting,
    decide,
    ruling,
)
from engine.agent.budget import Limits, Meter, Price, Purse
from engine.agent.conversation import Conversation
from engine.agent.events import (
    Asked,
    CallBegan,
    CallEnded,
    CallProgress,
    Decided,
    Ended,
    How,
    LoopEvent,
    Said,
    Unsaid,
)
from engine.agent.messages import Assistant, System, ToolCall, ToolResult, User, violations
from engine.agent.model import ChatModel, ModelError, Reply, Stopped
from engine.agent.retry import Retries
from engine.agent.tools import Context, Tool, Toolbox, perform
from engine.agent.trace import Span, Trace
from engine.agent.trim import fit, tokens_of
from engine.errors import EngineError, InvalidInput

MAX_QUESTION: Final = 100_000
POLL_S: Final = 0.02
AT_ONCE: Final = 4
STOPPED: Final = "Stopped by the person while it ran; whether it took effect is not known."
OVER: Final = "Not run: the reply reached its limit of {} tool calls."


@dataclass(frozen=True, slots=True)
class Settings:
    """How an agent works.

    Attributes:
        limits: Caps on a reply.
        price: Of the model's tokens.
        changes: What may change live runs unasked.
        window: Tokens of the model's context.
        instructions: System message, or "".
        patience_s: How long a question waits for the person.
        retry_s: First wait before a failed request is made again.
    """

    limits: Limits = field(default_factory=Limits)
    price: Price = field(default_factory=Price)
    changes: Setting = "ask"
    window: int = 100_000
    instructions: str = ""
    patience_s: float = PATIENCE_S
    retry_s: float = 0.25


class Agent:
    """A model, its tools and its limits; `reply` is the loop.

    Args:
        model: Who answers.
        tools: What it may call.
        settings: Caps and permissions.
        approver: Who is asked before a change.
        purse: Where the money comes from; None where nobody counts it.
        rng: For the jitter of retries.
    """

    def __init__(self, model: ChatModel, tools: Toolbox, settings: Settings | None = None, *,
                 approver: Approver | None = None, purse: Purse | None = None,
                 rng: np.random.Generator | None = None) -> None:
        self.model = model
        self.tools = tools
        self.settings = settings or Settings()
        self.approver = approver or DenyAll()
        self._purse = purse
        self._rng = rng or np.random.default_rng()

    def reply(self, conversation: Conversation, stop: threading.Event,
              tell: Callable[[LoopEvent], None], trace: Trace | None = None) -> Ended:
        """Answer the last message of a conversation; blocks until it is over.

        Everything said is added to the conversation as it happens, and the conversation is sound
        whenever this returns, however it ends.

        Args:
            conversation: Ends with a message of the person.
            stop: Set from another thread to end within a moment.
            tell: Called from this thread and from tools' threads with each event, `Ended` last.
            trace: Collects spans.

        Returns:
            The event that was told last.

        Raises:
            InvalidInput: If there is nothing to answer, it is empty or far too long, or the purse
                is empty.
            StoreError: If the purse cannot be opened or what was spent not be booked.
        """
        said = conversation.messages()
        if not said or not isinstance(said[-1], User):
            raise InvalidInput("there is no question to answer; write one")
        length = len(said[-1].text)
        if not said[-1].text.strip():
            raise InvalidInput("the message is empty; write what you want to know")
        if length > MAX_QUESTION:
            raise InvalidInput(f"the message has {length:,} characters, at most {MAX_QUESTION:,} "
                               "are read; attach the text as a file")
        limits = self.settings.limits
        costs = self.settings.price.costs or any(t.price > 0 for t in self.tools)
        if self._purse is None or not costs:
            return _Reply(self, limits, conversation, stop, tell, trace or Trace(),
                          self._rng).run()
        try:
            taken = self._purse.take(limits.money)
        except EngineError:
            if self.settings.price.costs:
                raise
            taken = 0.0  # the model is free and answers; tools that cost are refused
        work = _Reply(self, limits.with_changes(money=taken), conversation, stop, tell,
                      trace or Trace(), self._rng)
        try:
            return work.run()
        finally:
            if taken or work.meter.dollars:
                self._purse.settle(taken, work.meter.dollars)


class _Reply:
    """One run of the loop."""

    def __init__(self, agent: Agent, limits: Limits, conversation: Conversation,
                 stop: threading.Event,
                 tell: Callable[[LoopEvent], None], trace: Trace,
                 rng: np.random.Generator) -> None:
        self.agent = agent
        self.settings = agent.settings
        self.conversation = conversation
        self.stop = stop
        self.tell = tell
        self.trace = trace
        self.meter = Meter(limits, self.settings.price)
        self.retries = Retries(rng, first_s=self.settings.retry_s)
        self.begun = time.perf_counter()
        self.partial: list[str] = []

    def run(self) -> Ended:
        """Turn after turn until an outcome."""
        with self.trace.span("reply", self.agent.model.name) as span:
            try:
                how, text = self._turns(span)
            except Stopped:
                self._keep_partial()
                how, text = "stopped", "Stopped. What had been said is kept."
            except EngineError as error:
                self._keep_partial()
                how, text = "failed", str(error)
            finally:
                self.conversation.close()
            span.ok = how == "answered"
            span.usage, span.dollars = self.meter.usage, self.meter.dollars
            span.data["how"] = how
        ended = Ended(how, text, self.meter.usage, self.meter.dollars,
                      time.perf_counter() - self.begun, self.meter.turns, self.meter.calls,
                      self.settings.price.known or self.meter.usage.total == 0)
        self.tell(ended)
        return ended

    def _turns(self, parent: Span) -> tuple[How, str]:
        while True:
            if cap := self.meter.spent():
                return "limit", self.meter.say(cap)
            with self.trace.span("turn", f"turn {self.meter.turns + 1}", parent) as span:
                reply = self._generate(span)
                message = reply.message
                if outcome := self._outcome(message):
                    return outcome
                if not self.meter.allows_calls(len(message.calls)):
                    for call in message.calls:
                        self._answer(call, OVER.format(self.settings.limits.calls))
                    return "limit", self.meter.say("calls")
                self._call_all(message.calls, span)

    def _outcome(self, message: Assistant) -> tuple[How, str] | None:
        """Keep the answer; the reply's end if it is one, None when calls are to be run."""
        if message.refusal or message.finish == "refusal":
            self._say(Assistant(message.text, (), "refusal", message.refusal or "declined"))
            return "refused", message.refusal or "The model declined to answer."
        if message.finish == "content_filter":
            self._say(Assistant(message.text, (), "content_filter"))
            return "content_filter", ("The provider's content filter ended the answer. Put the "
                                      "question differently.")
        if message.finish == "length":
            # calls of an answer that was cut may be cut themselves: none is run
            self._say(Assistant(message.text, (), "length"))
            return "length", ("The answer reached its limit of tokens and was cut. Raise the "
                              "limits in the settings, or ask for less.")
        if not message.calls:
            if not message.text:
                return "failed", "The model sent an empty answer. Ask again."
            self._say(message)
            return "answered", ""
        self._say(message)
        return None

    def _generate(self, parent: Span) -> Reply:
        """One whole answer of the model, tried again where that may help."""
        while True:
            self.partial.clear()
            with self.trace.span("generation", self.agent.model.name, parent) as span:
                try:
                    reply = self._stream()
                except ModelError as error:
                    span.ok = False
                    span.data["error"] = error.kind
                    delay = self.retries.wait_for(error)
                    if delay is None or delay > self.meter.left_s:
                        raise
                    self.tell(Unsaid(str(error), delay))
                else:
                    span.usage = reply.usage
                    span.dollars = self.settings.price.dollars(reply.usage)
                    span.data["finish"] = reply.message.finish
                    if reply.facts:
                        span.data.update(reply.facts)
                    self.meter.requested(reply.usage)
                    return reply
            if self.stop.wait(delay):
                self.partial.clear()
                raise Stopped

    def _stream(self) -> Reply:
        """Pass on what streams in; the whole at its end."""
        specs = self.agent.tools.specs
        head = [System(self.settings.instructions)] if self.settings.instructions else []
        reserved = self.settings.limits.answer_tokens + sum(
            tokens_of(User(f"{s.name}{s.description}{s.schema}")) for s in specs)
        messages = fit([*head, *self.conversation.messages()],
                       max(0, self.settings.window - reserved))
        assert not violations(messages)
        stream = self.agent.model.stream(
            messages, specs, stop=self.stop, timeout_s=max(0.1, self.meter.left_s),
            max_tokens=self.meter.answer_tokens)
        with closing(stream):
            for piece in stream:
                if self.stop.is_set():
                    raise Stopped
                if isinstance(piece, Reply):
                    return piece
                self.partial.append(piece.text)
                self.tell(Said(piece.text))
        raise ModelError("cut", "The answer broke off before its end.", retryable=True)

    def _call_all(self, calls: Sequence[ToolCall], parent: Span) -> None:
        """Run the calls of one message: what only reads side by side, what changes in order."""
        batch: list[tuple[ToolCall, Tool[Any], Any]] = []
        for call in calls:
            try:
                tool = self.agent.tools.find(call.name)
                arguments = tool.parse(call.arguments)
            except InvalidInput as error:
                with self.trace.span("guardrail", f"arguments of {call.name}", parent) as span:
                    span.ok = False
                self._refuse(call, str(error))
                continue
            if tool.permission == "read":
                batch.append((call, tool, arguments))
                continue
            self._run_batch(batch, parent)
            batch = []
            if self._may(call, tool, arguments, parent):
                self._run_batch([(call, tool, arguments)], parent)
        self._run_batch(batch, parent)

    def _may(self, call: ToolCall, tool: Tool[Any], arguments: Any, parent: Span) -> bool:
        """Whether a call that does more than read may run; a no becomes its result."""
        tainted = any(isinstance(m, ToolResult) and m.untrusted
                      for m in self.conversation.messages())
        with self.trace.span("guardrail", f"permission of {tool.name}", parent) as span:
            rule, why = ruling(tool.permission, self.settings.changes, tainted=tainted)
            span.ok = rule != "no"
            span.data["ruling"] = rule
        if rule == "no":
            self._refuse(call, f"Not run: {why}.")
            return False
        if not self.meter.affords(tool.price):
            self._refuse(call, f"Not run: it costs up to ${tool.price:.2f}, and "
                               f"${self.meter.dollars:.2f} of ${self.meter.limits.money:.2f} for "
                               "one reply are used. Raise the budget in the settings.")
            return False
        if rule == "go":
            return True
        try:
            change = tool.preview(arguments) if tool.preview else ""
        except EngineError as error:
            self._refuse(call, str(error))
            return False
        question = Question(call.id, tool.name, arguments.model_dump_json(), change, why,
                            self.settings.patience_s)
        self.tell(Asked(question))
        begun = time.monotonic()
        with self.trace.span("waiting", f"approval of {tool.name}", parent) as span:
            yes = decide(self.agent.approver, question, self.stop)
            span.data["yes"] = yes
        self.meter.waited(time.monotonic() - begun)
        if self.stop.is_set():
            raise Stopped
        self.tell(Decided(question, yes))
        if not yes:
            self._refuse(call, "Not run: the person did not approve it. Do not try again unasked.")
        return yes

    def _run_batch(self, batch: Sequence[tuple[ToolCall, Tool[Any], Any]], parent: Span) -> None:
        """Run calls side by side and keep their results in the order of the calls."""
        if not batch:
            return
        if self.stop.is_set():
            raise Stopped
        self.meter.calls += len(batch)
        pool = ThreadPoolExecutor(min(AT_ONCE, len(batch)), thread_name_prefix="tool")
        try:
            jobs = [pool.submit(self._run_one, *item, parent) for item in batch]
            late = self._await(jobs)
            for (call, tool, _), job in zip(batch, jobs, strict=True):
                if job.done():
                    result, dollars = job.result()
                    self.meter.charged(dollars)
                    self.conversation.say(result)
                else:
                    job.cancel()
                    self.meter.charged(tool.price)  # whether it was charged for is not known
                    self._answer(call, late)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if self.stop.is_set():
            raise Stopped

    def _await(self, jobs: Sequence[Future[tuple[ToolResult, float]]]) -> str:
        """Wait for all, for the person's stop or for the time to run out; says what ended it."""
        while True:
            _, open_jobs = wait(jobs, POLL_S)
            if not open_jobs:
                return ""
            if self.stop.is_set():
                return STOPPED
            if self.meter.left_s <= 0:
                return f"Not finished within the reply's {self.settings.limits.seconds:.0f} s."

    def _run_one(self, call: ToolCall, tool: Tool[Any], arguments: Any,
                 parent: Span) -> tuple[ToolResult, float]:
        """In a tool's thread: run it and tell how it went; its result and what it cost."""
        context = Context(self.stop, time.monotonic() + self.meter.left_s,
                          lambda text: self.tell(CallProgress(call.id, text)))
        self.tell(CallBegan(call))
        with self.trace.span("tool", tool.name, parent, arguments=call.arguments[:500]) as span:
            begun = time.perf_counter()
            content, ok, answer = perform(tool, arguments, context)
            span.ok = ok
            span.dollars = 0.0 if answer is None else answer.dollars
        untrusted = context.outside.is_set() or (answer is not None and answer.untrusted)
        result = ToolResult(call.id, call.name, content, ok, untrusted=untrusted)
        if not self.stop.is_set():  # else it is kept as stopped, whatever comes late
            self.tell(CallEnded(call, result, answer, time.perf_counter() - begun))
        return result, span.dollars

    def _refuse(self, call: ToolCall, why: str) -> None:
        self.tell(CallBegan(call))
        self._answer(call, why)

    def _answer(self, call: ToolCall, why: str) -> None:
        """Give a call that did not run through its result."""
        result = ToolResult(call.id, call.name, why, ok=False)
        self.conversation.say(result)
        self.tell(CallEnded(call, result, None, 0.0))

    def _say(self, message: Assistant) -> None:
        self.partial.clear()
        if message.text or message.calls or message.refusal:
            self.conversation.say(message)

    def _keep_partial(self) -> None:
        """What had streamed when the reply broke off stays said."""
        self._say(Assistant("".join(self.partial), (), "cancelled"))

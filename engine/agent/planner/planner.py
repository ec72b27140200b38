"""The offline planner behind the same protocol as a chat model: no key, no network, no LLM.

A request is answered from the messages alone: the last question is read, its script is played with
the results that are there, and the next calls or the answer come out.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

from engine.agent.knowledge.index import Index
from engine.agent.messages import Assistant, Message, ToolCall, ToolResult, User
from engine.agent.model import Piece, Reply, Stopped, Text, ToolSpec
from engine.agent.planner import compose
from engine.agent.planner.acts import Guess, act_model
from engine.agent.planner.clauses import Ask, Reader, questions, state_of
from engine.agent.planner.context import Context
from engine.agent.planner.followups import rephrase
from engine.agent.planner.lexicon import lexicon
from engine.agent.planner.phrases import plain_words
from engine.agent.planner.script import perform
from engine.agent.planner.steps import Call, Result

NAME: Final = "offline planner"
LABEL: Final = ("The offline planner answers. It matches words to tools; it is not a language "
                "model. No key, no network.")
LEAST: Final = 0.3
LEAST_TO_CHANGE: Final = 0.5
MARGIN: Final = 0.12
CHANGING: Final = frozenset(("start", "pause", "resume", "step", "reset", "stop", "speed", "set",
                             "inject"))
FOLLOWED: Final = 12
STRANGE: Final = 4
HALF: Final = 0.5
_SELECT: Final = re.compile(r"(?is)^\s*(?:query|sql)?\s*:?\s*select\b.+\bfrom\b")
_SQL: Final = re.compile(
    r"(?i)\b(drop\s+table|delete\s+from|insert\s+into|truncate|alter\s+table)\b")
_NOT: Final = frozenset(("not", "don't", "dont", "never", "doesn't", "shouldn't", "won't"))
_VALUED: Final = frozenset(("set", "settings", "compare", "wait", "step", "speed"))
_LEAD: Final = frozenset(("no", ",", "sorry", "actually", "i", "mean", "make", "it", "to", "please",
                          ".", "!", "rather", "better", "then", "set", "that", "ok", "and", "use"))
_SAID: Final = {
    "sql": "query the metrics",
    "start": "start a run", "pause": "pause the run", "resume": "let the run go on",
    "step": "make a step", "reset": "begin the run again", "stop": "end the run",
    "speed": "change the speed", "set": "change a setting", "settings": "hear the settings",
    "figures": "hear a figure", "inspect": "look at one robot or driver",
    "wait": "wait until a figure passes a value", "inject": "cause an incident",
    "runs": "list what is running", "recorded": "list recorded runs", "chart": "see a chart",
    "export": "download figures", "compare": "compare two settings",
    "compare_runs": "compare two recorded runs", "knowledge": "have something explained",
    "web": "search the web", "code": "compute something", "image": "have a picture drawn",
    "open": "open a page", "help": "hear what I can do", "hello": "say hello",
    "thanks": "say thanks", "again": "repeat the last request", "other": "do something else"}


class OfflinePlanner:
    """A `ChatModel` that plans by itself.

    Args:
        uploads: The conversation's own files: what they speak of and the house does not is sought
            there.
    """

    def __init__(self, uploads: Index | None = None) -> None:
        self._uploads = uploads

    @property
    def name(self) -> str:
        """For traces; it costs nothing."""
        return NAME

    @property
    def label(self) -> str:
        """For the banner."""
        return LABEL

    def stream(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *,
               stop: threading.Event, timeout_s: float,
               max_tokens: int) -> Generator[Piece, None, None]:
        """See `ChatModel.stream`."""
        if stop.is_set():
            raise Stopped
        calls, text, facts = plan(messages, frozenset(t.name for t in tools), self._uploads)
        if calls:
            made = sum(len(m.calls) for m in messages if isinstance(m, Assistant))
            wanted = tuple(ToolCall(f"plan_{made + i}", c.tool, json.dumps(dict(c.arguments)))
                           for i, c in enumerate(calls))
            yield Reply(Assistant("", wanted, "tool_calls"), facts=facts)
            return
        for piece in _pieces(text):
            if stop.is_set():
                raise Stopped
            yield Text(piece)
        yield Reply(Assistant(text, (), "stop"), facts=facts)


def plan(messages: Sequence[Message], tools: frozenset[str],
         uploads: Index | None = None) -> tuple[list[Call], str, dict[str, Any]]:
    """The next calls, or the answer, for a history.

    Returns:
        Calls (empty when it is answered), the answer (empty when calls are made), and what was
        considered: the acts with their probabilities, for the trace.
    """
    reader = _reader()
    context = Context(state_of(messages))
    asked = questions(messages)
    _listen(asked[:-1], messages, reader, context)
    asks = understand(asked[-1], asked[:-1], reader)
    if uploads is not None and len(uploads):
        asks = [_sought(ask, uploads) for ask in asks]
    first = asks[0].guess
    facts = {"considered": [[_SAID[a], round(p, 3)] for a, p in
                            list(zip(first.acts, first.probability, strict=True))[:5]]}
    if doubt := doubtful(asks):
        return [], doubt, facts
    script = perform(asks, context)
    try:
        calls = next(script)
        for results in _results(messages):
            calls = script.send(results)
    except StopIteration as end:
        return [], str(end.value), facts
    missing = [c.tool for c in calls if c.tool not in tools]
    if missing:
        return [], (f"That needs the tool **{missing[0]}**, which is switched off or not here."), \
            facts
    return calls, "", facts


def understand(text: str, before: Sequence[str], reader: Reader) -> list[Ask]:
    """What a message asks for; follow-ups become the whole request that they stand for."""
    if _SELECT.match(text):
        return [_as(reader.ask(text), "sql")]
    if _SQL.search(text):
        return [_as(reader.ask(text), "other")]
    out: list[Ask] = []
    for ask in reader.asks(text):
        if ask.act == "again" or _bare(ask):
            last = out[-1] if out else _last(before, reader)
            if _bare(ask) and (last is None or last.act not in _VALUED):
                out.append(ask)
                continue
            whole = rephrase(last, ask, reader) if last else None
            out.append(whole or ask)
        else:
            out.append(ask)
    return out


def _as(ask: Ask, act: str) -> Ask:
    """The same clause, its act known for certain."""
    return replace(ask, guess=Guess((act, "help"), (1.0, 0.0)))


def _sought(ask: Ask, uploads: Index) -> Ask:
    """The clause as a search where words that mean nothing in this house stand in a file."""
    strange = [t for t in ask.reading.tokens
               if len(t) >= STRANGE and t.isalpha() and t not in plain_words()]
    if ask.act in CHANGING or ask.reading.mentions or not strange:
        return ask
    hits = uploads.search(" ".join(strange), 1)
    return _as(ask, "knowledge") if hits and hits[0].words >= HALF else ask


def _bare(ask: Ask) -> bool:
    """Whether a clause is only a value: "no, 4 km", "make it 10", "7 seconds"."""
    left = [w for w in ask.reading.shape if w not in _LEAD]
    return left == ["NUM"]


def doubtful(asks: Sequence[Ask]) -> str:
    """A question back where an act is not clear enough; changes have to be clearer than reading."""
    for ask in asks:
        g = ask.guess
        if ask.act in CHANGING and _NOT & set(ask.reading.tokens):
            return compose.NOT_DONE
        least = LEAST_TO_CHANGE if ask.act in CHANGING else LEAST
        if ask.act in ("other", "again"):
            continue
        if g.probability[0] < least or g.margin < MARGIN:
            return compose.did_you_mean([_SAID[a] for a in g.acts[:2]])
    return ""


def _last(before: Sequence[str], reader: Reader) -> Ask | None:
    """The last request that stood for itself, with what followed it put in."""
    texts = list(before)[-FOLLOWED:]
    for i in range(len(texts) - 1, -1, -1):
        asks = reader.asks(texts[i])
        if asks[-1].act in ("thanks", "hello", "help"):
            continue
        if asks[-1].act != "again":
            return asks[-1]
        earlier = _last(texts[:i], reader)
        return rephrase(earlier, asks[-1], reader) if earlier else None
    return None


def _listen(before: Sequence[str], messages: Sequence[Message], reader: Reader,
            context: Context) -> None:
    """Remember what earlier messages were about, and which run was started."""
    for i, text in enumerate(before[-FOLLOWED:]):
        for ask in understand(text, before[:i], reader):
            context.heard(ask)
            named = [e.name for e in ask.reading.of("FIGURE")]
            context.figure = named[0] if named else context.figure
    for message in messages:
        if isinstance(message, ToolResult) and message.ok and message.name == "start_run":
            data = _parsed(message)
            if isinstance(data, dict) and data.get("engine") == context.engine:
                context.run = data.get("run", context.run)


def _results(messages: Sequence[Message]) -> list[list[Result]]:
    """Results since the last question, a list for each message that made calls."""
    last = max(i for i, m in enumerate(messages) if isinstance(m, User))
    out: list[list[Result]] = []
    for message in messages[last + 1:]:
        if isinstance(message, Assistant) and message.calls:
            out.append([])
        elif isinstance(message, ToolResult) and out:
            out[-1].append(Result(message.ok, _parsed(message) if message.ok else message.content))
    return out


def _parsed(message: ToolResult) -> Any:
    try:
        return json.loads(message.content)
    except ValueError:
        return message.content


def _pieces(text: str, size: int = 24) -> list[str]:
    """An answer in pieces, so that it appears as it would from anybody else."""
    return [text[i:i + size] for i in range(0, len(text), size)]


@cache
def _reader() -> Reader:
    return Reader(lexicon(), act_model())

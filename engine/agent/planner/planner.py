"""The offline planner behind the same protocol as a chat model: no key, no network, no LLM.

A request is answered from the messages alone: the last question is read, its script is played with
the results that are there, and the next calls or the answer come out.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Generator, Sequence
from functools import cache
from typing import Any, Final

from engine.agent.knowledge.index import Index
from engine.agent.messages import Assistant, Message, ToolCall, ToolResult, User
from engine.agent.model import Piece, Reply, Stopped, Text, ToolSpec
from engine.agent.planner import asking
from engine.agent.planner.acts import act_model
from engine.agent.planner.clauses import NOWHERE, Ask, Here, Reader, questions, state_of
from engine.agent.planner.context import Context
from engine.agent.planner.followups import rephrase, resolved
from engine.agent.planner.guard import no_order
from engine.agent.planner.lexicon import LATER, lexicon
from engine.agent.planner.script import perform
from engine.agent.planner.seeking import about_app, certain, in_library, in_upload
from engine.agent.planner.sense import CHANGING, strange
from engine.agent.planner.steps import Call, Result
from engine.agent.planner.talk import order_amid

NAME: Final = "offline planner"
LABEL: Final = ("The offline planner answers. It matches words to tools; it is not a language "
                "model. No key, no network.")
LEAST: Final = 0.3
LEAST_TO_CHANGE: Final = 0.6
STRANGE: Final = 0.34
"""Share of words nobody expects in an order that is plain to give, from which it is doubted."""
MARGIN: Final = 0.12
MARGIN_TO_READ: Final = 0.03
FOLLOWED: Final = 12
_SELECT: Final = re.compile(r"(?is)\bselect\b.+\bfrom\s+(?:run|series|point|event)\b")
_SQL: Final = re.compile(
    r"(?i)\b(drop\s+table|delete\s+from|insert\s+into|truncate|alter\s+table)\b")
_NOT: Final = frozenset(("not", "don't", "dont", "never", "doesn't", "shouldn't", "won't"))
_NO_START: Final = re.compile(
    r"\b(?:don't|dont|not|never|nobody|no need to|no one)\b(?: \w+){0,2} (?:start|run|open|launch"
    r"|begin|simulate"
    r"|load|asked|said|want|wants|need|needed)\b")
_NO_NEED: Final = frozenset((("no", "need"), ("without", "pausing"), ("without", "stopping"),
                                 ("nobody", "asked"), ("nobody", "said"), ("nobody", "wants"),
                                 ("nobody", "told"), ("no", "one")))
_STEERING: Final = re.compile(
    r"(?i)\W*(?:please |now |ok |so )*(?:pause|freeze|halt|resume|unpause|hold)\b")
_SIMPLE: Final = frozenset(("pause", "resume", "stop", "reset", "step", "speed", "start", "undo"))
_VALUED: Final = frozenset(("set", "settings", "compare", "wait", "step", "speed", "inspect"))
_MORE: Final = ("another", "once", "repeat", "too", "also", "but", "what", "how", "or", "as")
_NO_FURTHER: Final = re.compile(
    r"\b(?:don't|dont|not) (?:let (?:it|them) )?(?:run|go|move|continue)\b"
    r".*\b(?:on|further|longer|now|any ?more|moment)\b")
_WITH: Final = ("with", "and", "now", "again", "for", "make", "same", "instead")
_LEAD: Final = frozenset((
    "!", ",", ".", "actually", "and", "be", "better", "go", "hm", "i", "instead", "it", "just",
    "let's", "make", "maybe", "mean", "meant", "no", "oh", "ok", "on", "perhaps", "please",
    "rather", "reflection", "say", "second", "set", "should", "sorry", "that", "then",
    "thought", "thoughts", "to", "use", "wait", "with"))
_SAID: Final = {
    "sql": "query the metrics",
    "start": "start a run", "pause": "pause the run", "resume": "let the run go on",
    "step": "make a step", "reset": "begin the run again", "stop": "end the run",
    "speed": "change the speed", "set": "change a setting", "settings": "hear the settings",
    "figures": "hear a figure", "inspect": "look at one robot or driver",
    "wait": "wait until a figure passes a value", "inject": "cause an incident",
    "runs": "list what is running", "recorded": "list recorded runs",
    "ranked": "rank recorded runs by a figure", "chart": "see a chart",
    "export": "download figures", "compare": "compare two settings",
    "compare_runs": "compare two recorded runs", "knowledge": "have something explained",
    "web": "search the web", "code": "compute something", "image": "have a picture drawn",
    "open": "open a page", "help": "hear what I can do", "hello": "say hello",
    "thanks": "say thanks", "undo": "take a change back",
    "play": "play a move of Go", "view": "hear what the Go engine thinks",
    "again": "repeat the last request", "other": "do something else"}


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
    asks = understand(asked[-1], asked[:-1], reader, context.here())
    if uploads is not None and len(uploads):
        asks = [in_upload(ask, uploads) for ask in asks]
    asks = [in_library(ask) for ask in asks]
    if doubtful(asks, asked[-1]) or any(a.act == "other" for a in asks) or (
            _STEERING.match(asked[-1]) and not any(a.act in CHANGING for a in asks)):
        def hear(part: str) -> tuple[list[Ask], str]:
            heard = understand(part, asked[:-1], reader, context.here())
            return heard, doubtful(heard)

        asks = order_amid(asked[-1], hear) or asks
    first = asks[0].guess
    facts = {"considered": [[_SAID[a], round(p, 3)] for a, p in
                            list(zip(first.acts, first.probability, strict=True))[:5]]}
    if len(asks) > 1:  # "don't stop it, pause it": what is not wanted is left out
        asks = [a for a in asks if not unwanted(a)] or asks
    if doubt := doubtful(asks, asked[-1]):
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


def understand(text: str, before: Sequence[str], reader: Reader,
               here: Here = NOWHERE) -> list[Ask]:
    """What a message asks for; follow-ups become the whole request that they stand for."""
    if "```" in text:
        return [certain(reader.ask(text, here), "code")]
    if _SELECT.search(text):
        return [certain(reader.ask(text, here), "sql")]
    if _SQL.search(text):
        return [certain(reader.ask(text, here), "other")]
    if about_app(uncut := reader.ask(text, here)):
        return [certain(uncut, "knowledge")]
    out: list[Ask] = []
    for ask in reader.asks(text, here):
        leaned = resolved(ask, out[-1] if out else _last(before, reader, here, ask), reader, here) \
            if before or out else None
        if leaned is not None:
            out.append(leaned)
        elif ask.act == "again" or _bare(ask):
            last = out[-1] if out else _last(before, reader, here, ask)
            if _bare(ask) and ask.act != "again" and (last is None or last.act not in _VALUED):
                out.append(ask)
                continue
            sure = last is not None and (last.act not in CHANGING or _bare(ask)
                                         or ask.guess.probability[0] >= LEAST_TO_CHANGE)
            anew = ask.says("again", "same", "once", "repeat", "another")
            fresh = last is None or last.act != "start" or anew or ask.reading.mentions or \
                ask.reading.numbers
            told = ask.reading.of("PARAM") and ask.reading.numbers
            if last is not None and last.act == "start" and here.alive and told \
                    and not ask.says(*_WITH, *_MORE) and not ask.reading.of("ENGINE"):
                out.append(certain(ask, "set"))  # "surge no higher than 1.8": of the run that runs
                continue
            if last is not None and last.act == "start" and _bare(ask) and not ask.says(*_WITH):
                out.append(certain(ask, "other"))  # a number alone starts nothing
                continue
            if last is not None and last.act == "start" and not anew \
                    and ask.reading.engine in LATER and ask.reading.of("CHOICE"):
                out.append(certain(ask, "set"))  # "overcast instead": the drive that was started
                continue
            whole = rephrase(last, ask, reader, here) if last and sure and fresh else None
            out.append(whole or ask)
        else:
            out.append(ask)
    return out


def _bare(ask: Ask) -> bool:
    """Whether a clause is only a value: "no, 4 km", "make it 10", "7 seconds"."""
    left = [w for w in ask.reading.shape if w not in _LEAD]
    return left == ["NUM"]


def doubtful(asks: Sequence[Ask], whole: str = "") -> str:
    """A question back where an act is not clear enough; changes have to be clearer than reading.

    Args:
        asks: What was understood.
        whole: The message they come from; the clauses themselves where it is not given.
    """
    for ask in asks:
        g = ask.guess
        if unwanted(ask):
            return asking.NOT_DONE
        least = LEAST_TO_CHANGE if ask.act in CHANGING else LEAST
        if ask.act in ("other", "again"):
            continue
        reads = ask.act not in CHANGING and g.acts[1] not in CHANGING
        odd = ask.act in _SIMPLE and strange(ask.act, ask.reading) > STRANGE
        if g.probability[0] < least or g.margin < (MARGIN_TO_READ if reads else MARGIN) or (
                odd and g.probability[0] < 1):
            return asking.did_you_mean([_SAID[a] for a in g.acts[:2]])
        if ask.act in CHANGING and (doubt := no_order(ask, whole or ask.text)):
            return doubt
    return ""


def unwanted(ask: Ask) -> bool:
    """Whether a change is spoken of that should not happen."""
    tokens = ask.reading.tokens
    if ask.act == "start" and (ask.reading.of("ENGINE") or ask.reading.of("SCENARIO")):
        return bool(_NO_START.search(" ".join(tokens)))
    no_need = any(tokens[i:i + 2] in _NO_NEED for i in range(len(tokens)))
    return ask.act in CHANGING and (no_need or (
        bool(_NOT & set(tokens)) and not _negates(ask)))


def _negates(ask: Ask) -> bool:
    """As in "don't let them cruise": the one thing a “not” can do is to switch a setting off."""
    if ask.act == "pause":  # "don't let it run on"
        return bool(_NO_FURTHER.search(" ".join(ask.reading.tokens)))
    limit = ask.reading.numbers and ask.says("above", "over", "more", "exceed", "below", "under",
                                             "beyond", "longer")
    if ask.act == "start":
        return bool(limit) and ask.says("let")
    return ask.act == "set" and (bool(limit) or (
        not ask.says("on", "off", "disable", "without", "pause", "stop")
        and not ask.reading.numbers))


def _last(before: Sequence[str], reader: Reader, here: Here, new: Ask | None = None) -> Ask | None:
    """The last request that stood for itself, with what followed it put in.

    "Now the same with the city" is not said of the start of that city: such a start is passed over.
    """
    texts = list(before)[-FOLLOWED:]
    named = {e.engine for e in new.reading.of("ENGINE")} if new is not None else set()
    for i in range(len(texts) - 1, -1, -1):
        asks = reader.asks(texts[i], here)
        if asks[-1].act in ("thanks", "hello", "help"):
            continue
        if named and i and asks[-1].act == "start" and asks[-1].reading.engine in named:
            continue
        if asks[-1].act != "again":
            return asks[-1]
        earlier = _last(texts[:i], reader, here)
        return rephrase(earlier, asks[-1], reader, here) if earlier else None
    return None


def _listen(before: Sequence[str], messages: Sequence[Message], reader: Reader,
            context: Context) -> None:
    """Remember what earlier messages were about, and which run was started."""
    for i, text in enumerate(before[-FOLLOWED:]):
        for ask in understand(text, before[:i], reader, context.here()):
            context.heard(ask)
            named = [e.name for e in ask.reading.of("FIGURE")]
            context.figure = named[0] if named else context.figure
    for message in messages:
        if not isinstance(message, ToolResult) or not message.ok:
            continue
        data = _parsed(message)
        if not isinstance(data, dict):
            continue
        if message.name == "start_run" and data.get("engine") == context.engine:
            context.run = data.get("run", context.run)
        if message.name == "set_settings" and "changed" in data:
            context.changes.append(data)


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

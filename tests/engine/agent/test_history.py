"""Order of messages, branches, trimming, and fragments of calls: invariants that are fuzzed."""

import json
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.agent.assemble import CallAssembler
from engine.agent.budget import Limits
from engine.agent.conversation import Conversation
from engine.agent.loop import Agent, Settings
from engine.agent.messages import (
    Assistant,
    System,
    ToolCall,
    ToolResult,
    User,
    close_open_calls,
    to_wire,
    violations,
)
from engine.agent.model import ModelError, Reply, Text, Usage
from engine.agent.tools import Toolbox
from engine.agent.trim import fit, tokens_of
from engine.errors import InvalidInput
from tests.engine.agent.house import Bench
from tests.engine.agent.scripted import Scripted
from tests.engine.agent.strict_server import complaint

CALL = ToolCall("a", "add", "{}")
RESULT = ToolResult("a", "add", "5")


@pytest.mark.parametrize(("messages", "found"), [
    ([], 0), ([User("x")], 0), ([User("x"), Assistant("", (CALL,)), RESULT, Assistant("y")], 0),
    ([User("x"), RESULT], 1), ([User("x"), Assistant("", (CALL,)), User("y")], 1),
    ([User("x"), Assistant("", (CALL,))], 1), ([User("x"), System("y")], 1),
    ([User("x"), Assistant("")], 1), ([User("x"), Assistant("", (CALL, CALL)), RESULT, RESULT], 1),
    ([User("x"), Assistant("", (CALL,)), RESULT, RESULT], 1)])
def test_violations_by_hand(messages, found):
    assert len(violations(messages)) == found


texts = st.text(min_size=1, max_size=400)


@st.composite
def histories(draw):
    """Sound histories, then cut anywhere."""
    out = [System("rules")] if draw(st.booleans()) else []
    number = 0
    for _ in range(draw(st.integers(1, 5))):
        out.append(User(draw(texts)))
        for _ in range(draw(st.integers(0, 3))):
            count = draw(st.integers(1, 3))
            ids = [f"c{number + i}" for i in range(count)]
            number += count
            out.append(Assistant(draw(st.text(max_size=50)),
                                 tuple(ToolCall(i, "add", "{}") for i in ids), "tool_calls"))
            out.extend(ToolResult(i, "add", draw(texts) * draw(st.integers(1, 20))) for i in ids)
        out.append(Assistant(draw(texts)))
    return out


@given(histories(), st.data())
def test_a_history_cut_anywhere_can_be_closed(history, data):
    cut = history[:data.draw(st.integers(1, len(history)))]
    closed = close_open_calls(cut)
    assert violations(closed) == []
    assert closed[:len(cut)] == cut


@given(histories(), st.integers(30, 3000))
@settings(max_examples=200)
def test_trimming_never_parts_a_call_from_its_result(history, most):
    history = [*history, User("And now?")]
    try:
        kept = fit(history, most)
    except InvalidInput:
        assert tokens_of(history[-1]) + 200 > 0
        return
    assert violations(kept) == []
    assert sum(map(tokens_of, kept)) <= most
    assert kept[-1] == history[-1]
    if isinstance(history[0], System):
        assert kept[0] == history[0]
    body = {"model": "m", "stream": True, "messages": to_wire(kept)}
    assert complaint(body) is None


def test_trimming_drops_the_oldest_and_shortens_the_longest():
    long = ToolResult("a", "add", "y" * 40_000)
    history = [User("one"), Assistant("1"), User("two"), Assistant("", (CALL,)), long]
    kept = fit(history, 500)
    assert [type(m) for m in kept] == [User, Assistant, ToolResult]
    assert kept[0] == User("two")
    assert kept[-1].content.endswith("[shortened]")
    with pytest.raises(InvalidInput, match="shorten it"):
        fit([User("z" * 90_000)], 500)


@given(st.lists(st.tuples(st.text("ab_", min_size=1), st.dictionaries(st.text(), st.integers())),
                min_size=1, max_size=4), st.data())
def test_calls_survive_any_cutting(wanted, data):
    assembler = CallAssembler()
    for i, (name, arguments) in enumerate(wanted):
        text = json.dumps(arguments)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
        parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assembler.feed(i, f"id{i}", name, parts[0])
        for part in parts[1:]:
            assembler.feed(i, None, None, part)
    assert [(c.id, c.name, json.loads(c.arguments)) for c in assembler.calls()] == [
        (f"id{i}", name, arguments) for i, (name, arguments) in enumerate(wanted)]


# Branches


def test_an_edit_is_a_branch_and_nothing_is_lost():
    talk = Conversation()
    first = talk.say(User("one"))
    answer = talk.say(Assistant("1"))
    edited = talk.edit(first, "uno")
    assert [m.text for m in talk.messages()] == ["uno"]
    assert talk.siblings(edited) == [first, edited]
    talk.switch(first)
    assert talk.head == answer
    assert talk.title == "one"


def test_again_answers_the_same_question_beside_the_first_answer():
    talk = Conversation()
    question = talk.say(User("one"))
    first = talk.say(Assistant("1"))
    assert talk.again(first) == question
    second = talk.say(Assistant("eins"))
    assert talk.siblings(second) == [first, second]
    with pytest.raises(InvalidInput):
        talk.edit(first, "x")
    with pytest.raises(InvalidInput, match="no message 9"):
        talk.switch(9)


@given(histories())
def test_a_saved_conversation_reads_back_equal(history):
    talk = Conversation("title")
    for message in history:
        talk.say(message)
    again = Conversation.from_json(talk.to_json())
    assert (again.nodes, again.head, again.title) == (talk.nodes, talk.head, talk.title)


GOOD = {"version": 1, "title": "t", "head": 0,
        "nodes": [{"parent": -1, "kind": "user", "text": "x"}]}


@pytest.mark.parametrize("kept", [
    "", "[]", "{", "[" * 100_000, json.dumps({**GOOD, "version": 2}),
    json.dumps({**GOOD, "head": 5}), json.dumps({**GOOD, "nodes": [{"parent": 3}]}),
    json.dumps({**GOOD, "nodes": [{"parent": -1, "kind": "boss", "text": "x"}]}),
    json.dumps({**GOOD, "nodes": [{"parent": -1, "kind": "user", "text": 7}]}),
    json.dumps({**GOOD, "nodes": [{"parent": -1, "kind": "user", "text": "x", "evil": "y"}]}),
    json.dumps({**GOOD, "nodes": [{"parent": -1, "kind": "result", "call_id": "a", "name": "b",
                                   "content": "c"}]})],
    ids=range(11))
def test_a_damaged_chat_is_refused_in_words(kept):
    talk = None
    with pytest.raises(InvalidInput, match=r"chat"):
        talk = Conversation.from_json(kept)
    assert talk is None


# Fuzz


def random_turn(rng):
    """What some model might stream: words, calls good and bad, errors, cut ends."""
    pieces = [Text("w ") for _ in range(rng.integers(0, 3))]
    kind = rng.integers(0, 10)
    if kind == 0:
        return [*pieces, ModelError("server", "down", retryable=bool(rng.integers(0, 2)))]
    if kind == 1:
        return pieces  # cut
    names = ["add", "look", "page", "change", "refuse", "crash", "fly", "nan"]
    arguments = ["{}", '{"a": 1}', '{"a": "x"}', "[", "null", ""]
    calls = tuple(ToolCall(f"c{i}", str(rng.choice(names)), str(rng.choice(arguments)))
                  for i in range(rng.integers(0, 4))) if kind > 3 else ()
    finish = str(rng.choice(["stop", "tool_calls", "length", "content_filter", "refusal"],
                            p=[0.3, 0.5, 0.1, 0.05, 0.05]))
    message = Assistant("".join(p.text for p in pieces), calls, finish)
    return [*pieces, Reply(message, Usage(5, 2))]


def fuzz(seed, replies=3):
    """One random conversation; returns every history that a server was sent or would be."""
    rng = np.random.default_rng(seed)
    talk, bench, sent = Conversation(), Bench(), []
    for _ in range(replies):
        model = Scripted([random_turn(rng) for _ in range(8)])
        agent = Agent(model, Toolbox(bench.tools()), Settings(
            limits=Limits(turns=6, calls=8), retry_s=0.0,
            changes=str(rng.choice(["ask", "allow", "never"]))), rng=rng)
        if talk.nodes and rng.random() < 0.3:
            users = [i for i in talk.path() if isinstance(talk.nodes[i].message, User)]
            node = int(rng.choice(users))
            talk.edit(node, "Again.") if rng.random() < 0.5 else talk.again(node)
        else:
            talk.say(User("Go."))
        agent.reply(talk, threading.Event(), lambda _: None)
        sent += [to_wire(m) for m in model.requests]
        sent.append([*to_wire(talk.messages()), {"role": "user", "content": "x"}])
    return sent


@pytest.mark.parametrize("block", range(8))
def test_no_history_is_ever_out_of_order(block):
    for seed in range(block * 50, block * 50 + 50):
        for messages in fuzz(seed):
            body = {"model": "m", "stream": True, "messages": messages}
            assert complaint(body) is None, f"seed {seed}"

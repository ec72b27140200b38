"""Judged replies become tasks of a suite that can be run."""

import pytest

from engine.agent import judged
from engine.agent.conversation import Conversation
from engine.agent.evaluate import evaluate, load_suite
from engine.agent.messages import Assistant, ToolCall, ToolResult, User
from engine.agent.model import Reply
from engine.errors import InvalidInput, StoreError
from engine.store import open_store
from tests.engine.agent.scripted import Scripted

CALL = ToolCall("c", "read_settings", '{"engine": "warehouse", "run": 7, "names": ["robots"]}')


@pytest.fixture
def talk():
    talk = Conversation()
    for text in ("Hello.", "How many robots?"):
        talk.say(User(text))
        if text.startswith("How"):
            talk.say(Assistant("", (CALL,), "tool_calls"))
            talk.say(ToolResult("c", "read_settings", "{}"))
        talk.say(Assistant("Sixty."))
    return talk


def test_a_good_reply_asks_for_the_same_calls_again(talk):
    task = judged.task_of(talk, talk.head, "chat", up=True)
    assert task == {
        "id": "chat-2", "kind": "judged good", "before": ["Hello."], "say": ["How many robots?"],
        "expect": {"calls": [{"tool": "read_settings",
                              "arguments": {"engine": "warehouse", "names": ["robots"]}}]}}
    assert judged.task_of(talk, 1, "chat", up=True)["expect"] == {"asks_back": True}


def test_a_bad_reply_must_not_be_given_again(talk, tmp_path):
    file = tmp_path / "judged.jsonl"
    judged.keep(judged.task_of(talk, talk.head, "chat", up=False), file)
    store = open_store(f"sqlite:///{tmp_path}/atrium.db")

    def verdict(*turns):
        model = Scripted([(Reply(Assistant("Hello.")),), *turns, (Reply(Assistant("Sixty.")),)])
        return evaluate(load_suite(file), model, store)["completed"]["completed"]

    again = Reply(Assistant("", (CALL,), "tool_calls"))
    other = Reply(Assistant("", (ToolCall("c", "list_runs", "{}"),), "tool_calls"))
    assert verdict((again,)) == 0
    assert verdict((other,)) == 1
    store.close()


def test_the_latest_judgement_of_a_reply_counts_and_the_oldest_go(talk, tmp_path, monkeypatch):
    file = tmp_path / "deep" / "judged.jsonl"
    for up in (True, False):
        assert judged.keep(judged.task_of(talk, talk.head, "chat", up=up), file) == 1
    assert [t.kind for t in load_suite(file)] == ["judged bad"]
    monkeypatch.setattr(judged, "MOST", 3)
    for n in range(5):
        judged.keep({**judged.task_of(talk, talk.head, f"c{n}", up=True)}, file)
    assert [t.id for t in load_suite(file)] == ["c2-2", "c3-2", "c4-2"]
    assert [p.name for p in file.parent.iterdir()] == ["judged.jsonl"]


def test_what_makes_no_task_is_said(talk, tmp_path):
    with pytest.raises(InvalidInput, match="no reply"):
        judged.task_of(talk, 0, "chat", up=True)
    with pytest.raises(InvalidInput, match="no message 99"):
        judged.task_of(talk, 99, "chat", up=True)
    talk.say(User("x" * 5000))
    talk.say(Assistant("Long."))
    with pytest.raises(InvalidInput, match="4,000"):
        judged.task_of(talk, talk.head, "chat", up=True)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError, match="ATRIUM_DATA"):
        judged.keep({"id": "x"}, blocked / "judged.jsonl")


def test_a_damaged_line_does_not_spoil_the_suite(talk, tmp_path):
    file = tmp_path / "judged.jsonl"
    file.write_text("{broken\n\n")
    judged.keep(judged.task_of(talk, talk.head, "chat", up=True), file)
    assert [t.id for t in load_suite(file)] == ["chat-2"]


def test_the_file_is_beside_the_metrics(monkeypatch, tmp_path):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    assert judged.default_file() == tmp_path / "evaluation" / "judged.jsonl"

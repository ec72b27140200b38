import json
import math

import pytest

from engine.agent.brought import MAX_KEPT, MAX_SOURCES, Brought
from engine.agent.conversation import Conversation
from engine.agent.messages import Assistant, ToolCall, ToolResult, User

LINE = {"kind": "line", "lines": [{"label": "a · run 1", "x": [0, 1.5], "y": [None, 2]}]}
TABLE = {"kind": "table", "columns": ["a"], "rows": [{"a": "x"}, {}]}
DIFFERENCES = {"kind": "differences", "rows": [
    {"label": "Wait", "a": 1.0, "b": 2.0, "low": None, "high": None, "pairs": 1}]}
DRAWING = {"kind": "svg", "svg": "<svg/>", "label": "a robot"}
RUN = {"kind": "run", "engine": "go", "token": "the-key-to-a-run", "number": 3}
IMAGE = {"kind": "image", "label": "x", "call": "c"}


def reopened(talk):
    return Conversation.from_json(talk.to_json()).brought.steps


@pytest.mark.parametrize("show", [
    LINE, {**LINE, "kind": "histogram"}, TABLE, DIFFERENCES, DRAWING, None])
def test_what_was_drawn_is_drawn_again(show):
    talk = Conversation()
    talk.say(User("chart it"))
    talk.say(Assistant("", (ToolCall("c", "draw_chart", "{}"),), "tool_calls"))
    talk.say(ToolResult("c", "draw_chart", "{}"))
    talk.brought.add("c", 0.25, show, ("run 1",))
    assert reopened(talk) == {"c": {"seconds": 0.25, "show": show, "sources": ["run 1"]}}


@pytest.mark.parametrize("show", [RUN, IMAGE])
def test_no_key_to_a_run_and_no_picture_is_written_down(show):
    talk = Conversation()
    talk.brought.add("c", 1.0, show, ())
    assert talk.brought.steps["c"]["show"] == show  # it is there while the chat is
    assert "the-key-to-a-run" not in talk.to_json()
    assert reopened(talk)["c"]["show"] is None


def test_the_oldest_drawings_go_first_and_their_times_stay():
    brought = Brought()
    big = {**DRAWING, "svg": "x" * (MAX_KEPT // 2 - 100)}
    for name in "abc":
        brought.add(name, 1.0, big, ["s"] * 50)
    kept = brought.kept()
    assert [(k["id"], k["show"] is None, k["seconds"]) for k in kept] == [
        ("a", True, 1.0), ("b", False, 1.0), ("c", False, 1.0)]
    assert len(json.dumps(kept)) < MAX_KEPT + 10_000
    assert len(kept[0]["sources"]) == MAX_SOURCES


SOUND = {"id": "c", "seconds": 1, "sources": [], "show": LINE}


@pytest.mark.parametrize("kept", [
    None, "x", {}, [None], [{}], [{**SOUND, "id": 5}], [{**SOUND, "seconds": "1"}],
    [{**SOUND, "seconds": math.nan}], [{**SOUND, "sources": [1]}], [{**SOUND, "sources": None}]])
def test_damaged_steps_are_left_out(kept):
    assert Brought.read(kept).steps == {}


@pytest.mark.parametrize("show", [
    "x", {}, {"kind": "run", "token": "t"}, {"kind": "line"}, {"kind": "line", "lines": [{}]},
    {"kind": "line", "lines": [{"label": "a", "x": [1], "y": [1, 2]}]},
    {"kind": "line", "lines": [{"label": "a", "x": ["1"], "y": [1]}]},
    {"kind": "line", "lines": [{"label": "a", "x": [math.inf], "y": [1]}]},
    {"kind": "table", "columns": "ab", "rows": []}, {"kind": "table", "columns": [], "rows": [1]},
    {"kind": "differences", "rows": [{"label": "x", "low": "0"}]},
    {"kind": "svg", "svg": 1, "label": ""}])
def test_a_drawing_of_the_wrong_shape_is_not_drawn(show):
    read = Brought.read([{**SOUND, "show": show}])
    assert read.steps["c"] == {"seconds": 1, "show": None, "sources": []}


def test_a_chat_from_before_has_no_drawings_and_opens():
    old = json.loads(Conversation("t").to_json())
    del old["brought"]
    assert Conversation.from_json(json.dumps(old)).brought.steps == {}

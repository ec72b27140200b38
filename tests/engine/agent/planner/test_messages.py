"""Whole messages: orders amid talk, clauses that belong together, what runs and what does not."""

import json

import numpy as np
import pytest

from engine.agent.house.domains import domains
from engine.agent.messages import Assistant, System, ToolCall, ToolResult, User
from engine.agent.planner.acts import act_model
from engine.agent.planner.clauses import Here, Reader
from engine.agent.planner.lexicon import lexicon
from engine.agent.planner.likely import likely_setting
from engine.agent.planner.networks import model_deed, players_deed
from engine.agent.planner.phrases import patterns, said
from engine.agent.planner.planner import plan
from engine.agent.planner.seeking import about_app
from engine.agent.planner.teaching import worded
from engine.agent.planner.tokens import tokens_of
from engine.agent.planner.views import of_sorts, of_words

TOOLS = frozenset(("start_run", "control_run", "set_settings", "read_settings", "inject", "inspect",
                   "read_figures", "list_runs", "knowledge_search", "engine_view", "play_move"))


def calls(*texts, running=()):
    """The calls of the first step for the last of these messages; none where something is asked."""
    runs = [{"run": i + 1, "engine": e, "state": "running"} for i, e in enumerate(running)]
    messages = [System("rules\nSTATE " + json.dumps({"page": None, "runs": runs}))]
    for text in texts[:-1]:
        messages += [User(text), Assistant("ok")]
    made, _, _ = plan([*messages, User(texts[-1])], TOOLS)
    return [(c.tool, dict(c.arguments)) for c in made]


def reader():
    return Reader(lexicon(), act_model())


@pytest.mark.parametrize(("text", "settings", "scenario"), [
    ("the small floor and our pickers are slow, say 8 seconds to pick a line", {"pick_s": 8},
     "small"),
    ("For my lecture: a small floor with 45 robots", {"robots": 45}, "small"),
    ("Boss is coming at noon and wants the small floor with 45 robots on it, go", {"robots": 45},
     "small")])
def test_a_start_takes_in_what_is_told_around_it(text, settings, scenario):
    ((tool, given),) = calls(text)
    assert tool == "start_run"
    assert given["settings"] == settings
    assert given["scenario"] == scenario


@pytest.mark.parametrize(("text", "command", "arguments"), [
    ("P04 is going on lunch for half an hour, stop that station", "stop_station",
     {"station": "P04", "seconds": 1800}),
    ("There's a spill along column 20, close that aisle for 3 minutes.", "close_aisle",
     {"column": 20, "seconds": 180}),
    ("please do a breakdown, any robot, one minute repair time", "break_robot", {"repair_s": 60})])
def test_a_thing_and_what_befalls_it_are_one_deed(text, command, arguments):
    assert calls(text, running=("warehouse",)) == [
        ("inject", {"engine": "warehouse", "command": command, "arguments": arguments})]


@pytest.mark.parametrize("text", [
    "pause the game, my tea's ready", "pause it so my students can follow",
    "Pause the game for a moment, someone's at the door."])
def test_an_order_is_heard_amid_talk(text):
    ((tool, given),) = calls(text, running=("go",))
    assert tool == "control_run"
    assert given["action"] == "pause"


@pytest.mark.parametrize(("running", "text"), [
    ("warehouse", "Make the window 5."),
    ("warehouse", "close it for ten minutes"), ("go", "give one of the two engines 900 visits"),
    ("perception", "I would like the car to see with another network."),
    ("warehouse", "switch it off"), ("warehouse", "set the time to 10 seconds"),
    ("dispatch", "move driver 4 to the airport"), ("dispatch", "close the deal"),
    ("warehouse", "shut up"), ("warehouse", "my friend said pause it, so what")])
def test_what_is_not_clear_changes_nothing(running, text):
    assert not {tool for tool, _ in calls(text, running=(running,))} & {
        "set_settings", "control_run", "inject", "start_run"}


@pytest.mark.parametrize(("before", "text", "expected"), [
    ("switch off the rear camera", "You can switch it back on.",
     ("inject", {"command": "camera", "arguments": {"view": "rear", "on": True}})),
    ("set the target speed to 40", "10 lower still", ("read_settings", {"names": ["target_kmh"]})),
    ("what is the target speed", "and what's its maximum",
     ("read_settings", {"names": ["target_kmh"]}))])
def test_what_follows_is_about_the_same(before, text, expected):
    ((tool, given),) = calls(before, text, running=("perception",))
    assert tool == expected[0]
    assert {k: given[k] for k in expected[1]} == expected[1]


def test_a_bridge_more_is_named_alone():
    ((tool, given),) = calls("close Mill Bridge", "and the Royal one too", running=("dispatch",))
    assert (tool, given["arguments"]) == ("inject", {"bridge": "Royal Bridge"})


@pytest.mark.parametrize(("engine", "text", "settings"), [
    ("dispatch", "trips longer on average, say 6 km", {"trip_km": 6}),
    ("go", "resign under 8 percent", {"resign_below": 0.08}),
    ("go", "komi 5.5 next time", {"komi": 5.5}), ("warehouse", "let the battery hold 2000 Wh",
                                                  {"battery_wh": 2000})])
def test_a_value_goes_where_its_unit_fits(engine, text, settings):
    assert calls(f"start the {domains()[engine].title}", text, running=(engine,)) == [
        ("set_settings", {"engine": engine, "settings": settings})]


def test_what_follows_a_start_is_read_where_it_runs():
    asks = reader().asks("Get the jaywalker drive going, then black out the rear camera and after "
                         "that pause it")
    assert [a.act for a in asks] == ["start", "inject", "pause"]


def test_steps_are_taken_one_after_the_other():
    text = ("start the small warehouse with 80 robots, break robot 7, then slow it to 5 steps a "
            "second")
    history = [System('rules\nSTATE {"page": null, "runs": []}'), User(text)]
    made = []
    for number in range(3):
        (call,), _, _ = plan(history, TOOLS)
        made.append(call.tool)
        history += [Assistant("", (ToolCall(str(number), call.tool, json.dumps(call.arguments)),),
                              "tool_calls"),
                    ToolResult(str(number), call.tool, json.dumps(
                        {"run": 1, "engine": "warehouse", "label": "x", "state": "running",
                         "step": 1, "seed": 1, "done": "x"}))]
    assert made == ["start_run", "inject", "control_run"]


@pytest.mark.parametrize(("engine", "text", "setting"), [
    ("dispatch", "let the search look up to 7.5 kilometers out", {"radius_km": 7.5}),
    ("warehouse", "Robots shall begin charging at 45%.", {"charge_below": 45}),
    ("warehouse", "wait 7 seconds", {})])
def test_a_value_finds_the_setting_it_is_meant_for(engine, text, setting):
    ask = reader().ask(text, Here(engine, True, (engine,)))
    assert likely_setting(ask, domains()[engine]) == setting


@pytest.mark.parametrize(("text", "deed"), [
    ("journeyman for black, adept for white", ("set_players", {"black": "journeyman",
                                                               "white": "adept"})),
    ("both play with apprentice", ("set_players", {"black": "apprentice", "white": "apprentice"})),
    ("is journeyman black?", None), ("pause the game", None)])
def test_networks_are_known_by_name(text, deed):
    assert players_deed(tokens_of(text)) == deed


def test_the_network_of_the_car_is_known_by_name():
    assert model_deed(tokens_of("see with hydranet-production")) == (
        "set_model", {"name": "hydranet-production"})
    assert model_deed(tokens_of("see with the eyes")) is None


@pytest.mark.parametrize(("text", "about"), [
    ("which variable do I set to put the data into postgres", True),
    ("can I bring my own map?", True), ("what is the throughput", False),
    ("how many robots are there", False)])
def test_questions_about_the_app_are_told_from_those_about_a_run(text, about):
    assert about_app(reader().ask(text)) is about


def test_whole_messages_are_of_known_acts_and_systems():
    assert {act for act, _, _ in said()} <= set(patterns())
    assert {engine for _, engine, _ in said()} <= {"", *domains()}
    assert len(said()) > 5000


def test_both_views_have_features_of_anything():
    assert of_sorts(())
    assert of_words((",",))
    assert of_words(("robot", "7")) == of_words(("robot", "12"))
    shape = ("start", "the", "ENGINE", "with", "NUM", "PARAM")
    words = worded(shape, np.random.default_rng(1))
    assert words[:2] == ("start", "the")
    assert not any(w.isupper() for w in words)

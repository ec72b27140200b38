"""The board's tools on a real game, and the cards from which systems without KPIs are read."""

import json
import threading
import time

import pytest

from engine.agent.house.board import board_tools
from engine.agent.house.cards import DRIVE_FIGURES, GO_FIGURES
from engine.agent.house.domains import domain, domains
from engine.agent.house.house import House
from engine.agent.house.steer import steer_tools
from engine.agent.messages import Assistant, System, ToolCall, ToolResult, User
from engine.agent.planner.planner import plan
from engine.agent.tools import Context, Toolbox
from engine.errors import InvalidInput
from engine.live.registry import Registry
from engine.store import open_store
from tests.waiting import until

QUICK = {"visits": 50, "max_nodes": 1000, "batch": 8}
STATE = System('STATE {"page": "go", "runs": [{"run": 1, "engine": "go", "state": "running"}]}')
TOOLS = frozenset(("play_move", "engine_view", "start_run", "inject", "read_figures"))


@pytest.fixture(scope="module")
def use(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('board')}/atrium.db")
    runs = Registry(max_runs=3)
    house = House(runs, lambda: store)
    tools = Toolbox([*steer_tools(house), *board_tools(house)])

    def call(name, **arguments):
        tool = tools.find(name)
        context = Context(threading.Event(), time.monotonic() + 60.0, lambda _: None)
        return tool.run(tool.parse(json.dumps(arguments)), context).data

    call("start_run", engine="go", scenario="analysis", settings=QUICK)
    yield call
    runs.close()
    store.close()


def test_a_move_is_played_and_the_engine_asked(use):
    until(lambda: use("engine_view")["candidates"])
    assert use("play_move", move="d4")["done"] == "Black D4"
    until(lambda: use("engine_view")["candidates"])
    seen = use("engine_view")
    assert (seen["to_play"], seen["number"]) == ("White", 1)
    assert 0 <= seen["position"]["win"] <= 1
    best = seen["candidates"][0]["move"]
    assert use("engine_view", move=best.lower())["asked"]["move"] == best
    with pytest.raises(InvalidInput):
        use("play_move", move="d4")  # the point is taken
    names = {f["name"]: f["value"] for f in use("read_figures", engine="go")["figures"]}
    assert names.keys() == {f.name for f in GO_FIGURES}
    assert isinstance(names["black_wins"], float)


def test_a_board_s_tools_refuse_other_runs(use):
    run = use("start_run", engine="warehouse", scenario="small", settings={"robots": 5})["run"]
    with pytest.raises(InvalidInput, match="warehouse run"):
        use("engine_view", run=run)


@pytest.mark.parametrize(("name", "figures"), [("go", GO_FIGURES), ("perception", DRIVE_FIGURES)])
def test_each_figure_has_its_card(name, figures):
    of = domain(name)
    world = of.make(of.scenario(None)[1].params, 1)
    try:
        assert {f.label for f in figures} <= {c["label"] for c in world.summary()["kpis"]}
    finally:
        world.close()


def test_every_system_is_known_with_its_scenarios():
    assert list(domains()) == ["warehouse", "dispatch", "go", "perception"]
    for of in domains().values():
        for scenario in of.scenarios.values():
            assert isinstance(scenario.params, of.params)


@pytest.mark.parametrize(("said", "tool", "arguments"), [
    ("play D4", "play_move", {"move": "D4"}), ("I pass", "play_move", {"move": "pass"}),
    ("what does the engine think", "engine_view", {"move": ""}),
    ("what is the best move here", "engine_view", {"move": ""}),
    ("take back my move", "inject", {"engine": "go", "command": "undo"}),
    ("start a game of go, two engines", "start_run", {"engine": "go", "scenario": "engines"}),
    ("start a self-driving car in the construction zone", "start_run",
     {"engine": "perception", "scenario": "construction zone"})])
def test_the_planner_plays_and_drives(said, tool, arguments):
    calls, answer, _ = plan([STATE, User(said)], TOOLS)
    assert [c.tool for c in calls] == [tool], answer
    assert {k: calls[0].arguments[k] for k in arguments} == arguments


def test_what_the_engine_thinks_is_said_in_a_sentence():
    told = {"run": 1, "engine": "go", "to_play": "White", "number": 1, "visits": 50, "result": "",
            "position": {"win": 0.512, "score": 0.3}, "asked": None, "candidates": [
                {"move": "E5", "visits": 40, "win": 0.5, "lead": 0.3, "lost": 0.0,
                 "line": ["E5", "C3"]}]}
    call = ToolCall("plan_0", "engine_view", "{}")
    _, answer, _ = plan([STATE, User("who is winning"), Assistant("", (call,), "tool_calls"),
                         ToolResult("plan_0", "engine_view", json.dumps(told), True)], TOOLS)
    assert "51.2 %" in answer
    assert "B+0.3" in answer
    assert "**E5**: 40 visits, then C3" in answer

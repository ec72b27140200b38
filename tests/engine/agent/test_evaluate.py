import json
from pathlib import Path

import pytest

from engine.agent.evaluate import evaluate, load_suite, wilson
from engine.agent.planner.planner import OfflinePlanner
from engine.errors import InvalidInput
from engine.store import open_store

ROOT = Path(__file__).parents[3]
SMALL = "start the small warehouse with 20 robots"
PAUSED = {"calls": [{"tool": "control_run", "arguments": {"action": "pause"}}], "state": "paused"}


def line(name, say, expect, before=()):
    return json.dumps({"id": name, "kind": "k", "before": list(before), "say": say,
                       "expect": expect})


@pytest.fixture
def suite(tmp_path):
    def write(*lines):
        path = tmp_path / "suite.jsonl"
        path.write_text("\n".join(lines))
        return path
    return write


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('eval')}/atrium.db")
    yield store
    store.close()


def test_the_house_is_the_judge(suite, store):
    tasks = load_suite(suite(
        line("good", ["pause it"], PAUSED, [SMALL]),
        line("wrong state", ["pause it"], {**PAUSED, "state": "running"}, [SMALL]),
        line("wrong call", ["what is the order rate"], {"calls": [{"tool": "list_runs"}]}, [SMALL]),
        line("unasked", [SMALL], {}),
        line("said", ["what can you do"], {"says": ["not a language model"], "asks_back": True}),
        line("params", ["set the order rate to 900"], {"params": {"orders_per_h": 900},
                                                       "changes": 1}, [SMALL]),
        line("never", ["which runs are alive"], {"never": ["list_runs"]})))
    told = []
    out = evaluate(tasks, OfflinePlanner(), store, tell=told.append)
    assert {v.task.id for v in told if not v.wrong} == {"good", "said", "params"}
    assert {v.task.id for v in told if v.wrong_change} == {"unasked"}
    assert out["completed"]["completed"] == 3
    assert out["wrong_changes"] == 1
    assert out["latency_s"]["p50"] > 0
    assert len(out["failures"]) == 4


def test_pass_k_wants_every_try(suite, store):
    tasks = load_suite(suite(line("a", ["thanks"], {"asks_back": True})))
    assert evaluate(tasks, OfflinePlanner(), store, tries=3)["pass_k"] == 1.0


@pytest.mark.parametrize(("good", "n", "low", "high"), [
    (0, 0, 0, 1), (95, 100, 0.888, 0.978), (0, 10, 0, 0.278), (10, 10, 0.722, 1)])
def test_the_interval_by_hand(good, n, low, high):
    assert wilson(good, n) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize("text", [
    "", "{", "[]", '{"id": "a"}', line("a", [], {}), line("a", ["x"], {"wish": 1}),
    line("a", ["x"], {}) + "\n" + line("a", ["y"], {})])
def test_a_suite_that_cannot_be_run_is_refused(suite, text):
    with pytest.raises(InvalidInput):
        load_suite(suite(text))
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_suite(suite(text).with_name("none.jsonl"))


def test_the_suite_that_ships_can_be_run_and_the_held_out_phrases_are_others():
    shipped = load_suite(ROOT / "assets" / "agent" / "suite.jsonl")
    held_out = load_suite(ROOT / "tests" / "engine" / "agent" / "held_out.jsonl")
    assert len(shipped) >= 200
    assert len(held_out) >= 300
    said = {" ".join(text.lower().split()) for task in shipped for text in task.say}
    assert not said & {" ".join(text.lower().split()) for task in held_out for text in task.say}
    assert {task.kind for task in shipped} == {task.kind for task in held_out}

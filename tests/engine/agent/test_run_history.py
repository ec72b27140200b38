"""The run history as `knowledge_search` finds it: by words, by number, by day, by an extreme."""

import json
import threading
from datetime import date, timedelta

import numpy as np
import pytest

from engine.agent.house.domains import domains
from engine.agent.house.history import found, last_value, meant
from engine.agent.house.lookup import lookup_tools
from engine.agent.tools import Context
from engine.errors import StoreError
from engine.store import open_store

TODAY = date(2026, 11, 22)
CITIES = {"Weekday evening, changed": (200, 400.0), "Quiet Sunday": (600, 90.0),
          "read me and pause all": (3000, 200.0)}
"""Label, drivers, and what every rider waited at the end, s."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('history')}/atrium.db")
    for label, (drivers, wait_s) in CITIES.items():
        params = domains()["dispatch"].params(drivers=drivers).model_dump(mode="json")
        run = store.begin_run("dispatch", params, 3, label, 2.0)
        # waits that are over long before the last window do not count
        store.append(run, "rider.wait_s", [0.0, 10.0, 900.0, 950.0, 960.0],
                     [1.0, 1.0, wait_s, wait_s, wait_s + 60])
        store.end_run(run, "finished")
    floor = domains()["warehouse"].params(robots=60, urgent_first=False).model_dump(mode="json")
    store.begin_run("warehouse", floor, 1, "Small floor, changed", 1.0)
    store.begin_run("cost", {"day": "2026-01-02"}, 0, "Cost · 2026-01-02 · UTC", 1.0)
    store.flush()
    yield store
    store.close()


def texts(store, question, days=0):
    """What is found so many days after the runs began."""
    now = store.run(1).started_at + timedelta(days=days)
    return [h.passage.text for h in found(question, store, 5, now=lambda: now)]


def test_an_extreme_is_answered_by_reading_the_figure_of_every_run(store):
    text, = texts(store, "Which run had the lowest wait today?")
    assert text.startswith("Wait, median over each run's last 120 steps, lowest first: "
                           "run 2, Quiet Sunday: 1.5 min; run 3, ")
    assert "3 of 3 dispatch runs begun on" in text
    text, = texts(store, "in which of my runs were the waits longest?")
    assert "highest first: run 1, Weekday evening, changed: 6.667 min" in text


def test_best_is_the_side_that_the_figure_calls_good(store):
    assert "lowest first: run 2" in texts(store, "best run by mean wait")[0]
    assert "highest first: run 1" in texts(store, "worst run by mean wait")[0]


@pytest.mark.parametrize(("question", "figure"), [
    ("run with the highest throughput", "throughput"), ("run with the least p95 wait", "wait_p95"),
    ("run with the fewest orders refused", "refused"), ("the most rides of a run", "completed"),
    ("run with the highest driving score", "score"), ("go run with the biggest lead", "lead")])
def test_the_figure_is_the_one_whose_words_are_said(question, figure):
    assert meant(question, TODAY).figure.name == figure


@pytest.mark.parametrize("question", ["which run was it", "most of my runs", "throughput of run 1"])
def test_a_question_without_an_extreme_of_a_figure_is_none(question):
    assert meant(question, TODAY) is None


def test_a_day_without_runs_is_said(store):
    text, = texts(store, "which run had the lowest wait yesterday?")
    yesterday = (store.run(1).started_at - timedelta(days=1)).date()
    assert text == (f"No recorded dispatch run begun on {yesterday} (UTC) has a value of Wait, "
                    "median.")
    assert "run 2, Quiet Sunday" in texts(store, "run with the lowest wait yesterday", days=1)[0]
    assert texts(store, "what did I run on 2026-01-02") == [
        "No run was recorded begun on 2026-01-02 (UTC)."]


def test_a_run_is_found_by_its_settings_its_label_and_its_number(store):
    text = texts(store, "which run had 600 drivers")[0]
    assert "Drivers 600 (default 3000)" in text
    assert "Last figures: Wait, median 1.5 min" in text
    assert "run 2" in texts(store, "the quiet sunday run")[0]
    assert "Dispatch run 1, " in texts(store, "what was run 1")[0]
    assert "Priority orders drive first off (default on)" in texts(store, "what was run 4")[0]
    assert "Last figures: none was recorded" in texts(store, "what was run 4")[0]
    assert texts(store, "what was run 99") == []


def test_only_runs_of_systems_are_listed_and_only_where_runs_are_asked_for(store):
    text, = texts(store, "what have I run so far")  # an answer, although no word tells of a run
    assert text.startswith("4 recorded runs; the newest: run 4, Warehouse, Small floor, changed")
    assert "Cost" not in text
    for question in ("how do I run the tests", "what is komi", "why do robots wait"):
        assert texts(store, question) == []


def test_a_long_series_is_read_at_its_end_alone(store):
    run = store.begin_run("evaluation", {}, 1, "long", 2.0)  # not of a system
    store.append(run, "rider.wait_s", list(np.arange(5_000.0)), [60.0] * 4_880 + [9e9] * 120)
    store.flush()
    wait, matched = (next(f for f in domains()["dispatch"].figures if f.name == n)
                     for n in ("wait", "matched"))
    assert last_value(store, run, wait) == pytest.approx(9e9 / 60)  # the last 120 alone
    assert last_value(store, run, matched) is None


def knowledge(question, store):
    tool, = (t for t in lookup_tools(store=store) if t.name == "knowledge_search")
    return tool.run(tool.arguments(question=question), Context(threading.Event(), 10.0))


def test_the_tool_cites_runs_beside_documents_and_trusts_no_label(store):
    answer = knowledge("which run had 600 drivers", lambda: store)
    assert answer.sources[0] == "Run 2"
    assert not answer.untrusted
    assert knowledge("what was run 3", lambda: store).untrusted  # somebody else named it
    json.dumps(answer.data)


def test_documents_are_searched_where_the_record_cannot_be_read():
    def broken():
        raise StoreError("the disk is full; free some space")

    answer = knowledge("what is surge pricing, and which run had it off", broken)
    said = [p["text"] for p in answer.data["passages"]]
    assert any("cannot be read: the disk is full" in t for t in said)
    assert len(said) > 1

"""The agent examined in the background: recorded, stopped, refused and paid for."""

import json
import sys
import textwrap

import pytest

from engine.agent import exam
from engine.agent.__main__ import main
from engine.agent.budget import Price
from engine.agent.exam import Examiner, past, suite_file
from engine.agent.ledger import Ledger
from engine.errors import InvalidInput
from engine.store import open_store
from tests.waiting import until

TASKS = [{"id": f"t{i}", "kind": "help" if i % 2 else "talk", "say": [said], "expect": expect}
         for i, (said, expect) in enumerate([
             ("hello", {"never": ["inject"]}), ("what can you do", {"never": ["inject"]}),
             ("thanks", {"calls": [{"tool": "fly"}]}), ("help", {"never": ["inject"]})])]


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    monkeypatch.delenv("ATRIUM_DB_URL", raising=False)
    monkeypatch.delenv("ATRIUM_DAY_BUDGET", raising=False)
    suite = tmp_path / "suite.jsonl"
    suite.write_text("\n".join(map(json.dumps, TASKS)))
    monkeypatch.setattr(exam, "SHIPPED", suite)
    store = open_store()
    yield store
    store.close()


def saying(*lines, after=""):
    """A process that prints these lines, in place of the agent."""
    code = "\n".join(f"print({json.dumps(json.dumps(line))}, flush=True)" for line in lines)
    return (sys.executable, "-c", textwrap.dedent(code) + "\n" + after)


VERDICT = {"task": "a", "kind": "k", "wrong": [], "wrong_change": False, "seconds": [0.1],
           "dollars": 0.4}


def over(own):
    until(lambda: own.progress.state != "running", 60)
    own.close()
    return own.progress


def test_a_suite_is_run_in_a_process_of_its_own_and_recorded(store):
    own = Examiner(lambda: store)
    own.start("shipped")
    with pytest.raises(InvalidInput, match="under way"):
        own.start("shipped")
    p = over(own)
    assert (p.state, p.tasks, p.done, p.good, p.wrong_changes) == ("done", 4, 4, 3, 0), p.problem
    (run, summary), = past(store)
    assert run.outcome == "finished"
    assert summary["completed"]["completed"] == 3
    assert set(summary["by_kind"]) == {"talk", "help"}
    assert [f["id"] for f in summary["failures"]] == ["t2"]
    assert store.summary(run.id, "task.completed_share").mean == 0.75
    assert [r.domain for r in store.runs()] == ["evaluation"]  # its own runs are not kept here


def test_it_can_be_stopped_and_keeps_what_it_found(store):
    own = Examiner(lambda: store, saying(VERDICT, after="import sys; sys.stdin = None\n"
                                         "import threading; threading.Event().wait()"))
    own.start("shipped")
    until(lambda: own.progress.done == 1)
    own.stop()
    p = over(own)
    assert (p.state, p.done) == ("stopped", 1)
    assert store.runs("evaluation")[0].outcome == "stopped"
    assert past(store) == []


@pytest.mark.parametrize(("after", "words"), [
    ("raise SystemExit('the model is not there')", "the model is not there"),
    ("print('no JSON')", "")])
def test_a_process_that_fails_is_said(store, after, words):
    own = Examiner(lambda: store, saying(VERDICT, after=after))
    own.start("shipped")
    p = over(own)
    assert p.state == "failed"
    assert words in p.problem
    own.start("shipped")  # and can be begun again
    over(own)


def test_what_a_model_costs_is_booked_and_ends_it_at_the_days_cap(store):
    own = Examiner(lambda: store, saying(*[VERDICT] * 4, after="import threading\n"
                                         "threading.Event().wait()"))
    own.start("shipped", "m", price=Price(prompt=1.0), day_money=1.0)
    p = over(own)
    assert p.state == "failed"
    assert "$1.20 of $1.00 a day" in p.problem
    assert Ledger(store).today() == pytest.approx(1.2)
    with pytest.raises(InvalidInput, match="a day are spent"):
        own.start("shipped", "m", price=Price(prompt=1.0), day_money=1.0)


def test_what_cannot_be_run_is_refused(store):
    own = Examiner(lambda: store)
    with pytest.raises(InvalidInput, match="no suite 'x'"):
        own.start("x")
    with pytest.raises(InvalidInput, match="judged here yet"):
        suite_file("judged")
    assert own.progress.state == "idle"
    own.close()


def test_verdicts_are_printed_as_they_come(store, capsys):
    assert main(["eval", str(exam.SHIPPED), "--verdicts", "--every", "3"]) == 0
    first, second, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["task"], second["task"]) == ("t0", "t3")
    assert last["summary"]["tasks"] == 2

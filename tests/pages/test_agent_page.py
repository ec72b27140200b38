import pytest

from engine.agent.prices import Line, save
from engine.errors import InvalidInput
from engine.live import RUNS
from engine.store import open_store
from pages.agent_prices import lines_of
from tests.pages.opening import opened, the_run
from tests.waiting import until


@pytest.fixture
def page():
    return opened("agent")


def test_the_page_opens_a_chat_of_its_own(page):
    run = the_run()
    assert run.domain == "agent"
    assert page.query_params["run"] == run.token
    assert run.params.answers == "offline planner"
    assert run.params.changes == "ask"


def test_settings_reach_the_chat(page):
    run = the_run()
    page.slider(key="agent.param.turns").set_value(4).run()
    until(lambda: run.params.turns == 4)
    assert not page.exception
    assert run.ask(lambda world: world.chat.params.turns) == 4


def test_what_other_pages_opened_can_be_steered(page):
    run = the_run()
    page.session_state["warehouse.token"] = "the-token-of-a-floor"
    page.run()
    tokens = run.ask(lambda world: list(world.chat.house.started))
    assert tokens == ["the-token-of-a-floor"]


def test_a_model_is_named_in_the_settings(page):
    run = the_run()
    page.text_input(key="agent.model").set_value("some-model").run()
    assert not page.exception
    assert run.ask(lambda world: world.chat.model) == "some-model"


def test_a_models_price_is_told_or_called_unknown(page, monkeypatch, tmp_path):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    save([Line("", "priced", 0.5, None, 1.5, "2026-10-24", "the invoice")])
    page.text_input(key="agent.model").set_value("priced").run()
    told = " ".join(c.value for c in page.caption)
    assert "\\$0.5 a million prompt tokens" in told
    assert "As of 2026-10-24. the invoice" in told
    page.text_input(key="agent.model").set_value("nobody-priced-this").run()
    assert "**unknown price**" in " ".join(c.value for c in page.caption)
    page.button(key="agent.prices").click().run()
    assert not page.exception


def test_rows_of_the_editor_become_lines_and_empty_ones_go():
    rows = [{"server": " API.x.ai ", "model": "g", "prompt": 1.0, "cached": float("nan"),
             "answer": 2.0, "as_of": None, "source": None},
            {"server": None, "model": None, "prompt": float("nan"), "answer": float("nan")}]
    assert lines_of(rows) == [Line("api.x.ai", "g", 1.0, None, 2.0)]
    with pytest.raises(InvalidInput, match="your line 2"):
        lines_of([rows[0], {"model": "half"}])


SHARE = {"of": 4, "completed": 3, "share": 0.75, "low": 0.3, "high": 0.95, "wrong_changes": 1}
SUMMARY = {"model": "offline planner", "tasks": 4, "tries": 1, "completed": SHARE, "pass_k": 0.75,
           "wrong_changes": 1, "wrong_change_share": 0.25, "dollars": 0.0,
           "latency_s": {"p50": 0.02, "p95": None}, "by_kind": {"set": SHARE, "talk": SHARE},
           "failures": [{"id": "a", "say": ["set it"], "wrong": ["robots is 3, not 4"]}]}


def test_the_evaluation_is_empty_before_the_first_and_full_after_it(page):
    page.session_state["agent.view"] = "Evaluation"
    page.run()
    assert not page.exception
    assert "No suite has been run" in page.info[0].value
    store = open_store()
    for at in range(2):
        number = store.begin_run("evaluation", {"suite": "shipped"}, at, "shipped, offline planner")
        store.event(number, 4.0, "evaluation", "summary", SUMMARY)
        store.end_run(number, "finished")
    page.run()
    assert not page.exception
    assert "What was not completed: 1" in page.expander[0].label
    assert page.dataframe[0].value["Wrong"].tolist() == ["robots is 3, not 4"]
    assert len(RUNS.alive()) == 1  # the chat is still there


def test_a_suite_that_is_not_there_is_said(page):
    page.session_state["agent.view"] = "Evaluation"
    page.run()
    page.selectbox(key="agent.exam.suite").set_value("judged").run()
    page.button(key="agent.exam.start").click().run()
    assert not page.exception
    assert "no reply has been judged here yet" in page.error[0].value

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.live import RUNS
from tests.waiting import until

PAGE = str(Path(__file__).parents[2] / "pages" / "agent.py")


@pytest.fixture
def page():
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.run()
    assert not app.exception
    return app


def the_run():
    (run,) = RUNS.alive()
    assert run.wait_started(60)
    return run


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

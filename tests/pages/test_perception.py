from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.live import RUNS
from engine.params import knobs
from engine.perception.live_params import DriveParams
from tests.waiting import until

PAGE = str(Path(__file__).parents[2] / "pages" / "perception.py")


def opened(**query):
    app = AppTest.from_file(PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def page():
    return opened()


def the_run():
    (run,) = RUNS.alive()
    assert run.wait_started(60)
    return run


def test_the_page_opens_with_a_drive(page):
    run = the_run()
    until(lambda: run.step_count > 1, 60)
    assert page.query_params["run"] == run.token
    assert page.button(key="perception.toggle").label == "Pause"


def test_every_knob_has_its_control(page):
    keys = {w.key for kind in ("slider", "toggle", "selectbox", "button_group")
            for w in page.get(kind)}
    chosen_with_its_town = {"scenario"}
    missing = [k.name for k in knobs(DriveParams)
               if f"perception.param.{k.name}" not in keys and k.name not in chosen_with_its_town]
    assert not missing
    assert "perception.begin-scenario" in keys


def test_a_camera_is_knocked_out_and_a_live_knob_turned(page):
    run = the_run()
    page.toggle(key="perception.lost.rear").set_value(True).run()
    assert not run.ask(lambda sim: sim.eyes.working[3])
    page.slider(key="perception.param.noise_percent").set_value(5.0).run()
    until(lambda: run.params.noise_percent == 5.0)
    assert run.pending is None


def test_a_scenario_begins_with_its_own_town_and_keeps_what_is_seen(page):
    run = the_run()
    page.slider(key="perception.param.least_score").set_value(0.5).run()
    until(lambda: run.params.least_score == 0.5)
    page.selectbox(key="perception.begin-scenario").set_value("construction zone").run()
    assert run.params.scenario == "construction zone"
    assert run.params.least_score == 0.5
    assert run.label == "Construction zone"


def test_a_link_opens_its_scenario():
    opened(scenario="cut-in")
    assert the_run().params.scenario == "cut-in"

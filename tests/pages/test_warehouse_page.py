import pytest

from engine.live import RUNS
from engine.params import knobs
from engine.warehouse import SCENARIOS, WarehouseParams
from tests.pages.opening import opened, the_run
from tests.waiting import until


@pytest.fixture
def page():
    return opened("shell", scenario="small")


def test_the_page_opens_with_a_running_floor(page):
    run = the_run()
    until(lambda: run.step_count > 0)
    assert page.query_params["run"] == run.token
    assert page.button(key="warehouse.toggle").label == "Pause"


def test_every_knob_has_its_control(page):
    keys = {w.key for kind in ("slider", "toggle", "selectbox", "button_group")
            for w in page.get(kind)}
    missing = [k.name for k in knobs(WarehouseParams) if f"warehouse.param.{k.name}" not in keys]
    assert not missing


def test_a_live_knob_reaches_the_run(page):
    run = the_run()
    page.slider(key="warehouse.param.orders_per_h").set_value(1200.0).run()
    until(lambda: run.params.orders_per_h == 1200.0)
    assert not page.exception
    assert run.pending is None


def test_a_knob_that_needs_a_reset_says_so_and_takes_effect_then(page):
    run = the_run()
    page.slider(key="warehouse.param.robots").set_value(60).run()
    assert run.params.robots == 100
    assert "Robots 100 → 60" in page.info[0].value
    page.button(key="warehouse.reset").click().run()
    assert run.params.robots == 60
    assert not page.info


def test_pause_step_and_run(page):
    run = the_run()
    page.button(key="warehouse.toggle").click().run()
    assert run.state == "paused"
    assert page.button(key="warehouse.toggle").label == "Run"
    held = run.step_count
    page.button(key="warehouse.step").click().run()
    until(lambda: run.step_count == held + 1)
    page.button(key="warehouse.toggle").click().run()
    until(lambda: run.step_count > held + 1)


def test_the_speed_is_taken_and_shown(page):
    run = the_run()
    for name, rate in (("30×", 30.0), ("Max", 0.0), ("1×", 1.0)):
        page.button_group(key="warehouse.speed").set_value(name).run()
        assert run.rate == rate
        assert page.button_group(key="warehouse.speed").value == name


def test_a_new_seed_begins_again(page):
    run = the_run()
    page.number_input(key="warehouse.seed").set_value(7).run()
    assert run.seed == 7


def test_a_scenario_brings_its_settings(page):
    run = the_run()
    page.selectbox(key="warehouse.scenario").set_value("standard").run()
    assert run.params == SCENARIOS["standard"].params
    assert page.slider(key="warehouse.param.robots").value == 1000


def test_an_unknown_token_gets_a_notice_and_a_new_run():
    app = opened("shell", run="forged", scenario="small")
    assert "has ended" in app.info[0].value
    assert the_run().token != "forged"


def test_a_second_tab_shares_the_run_and_follows_its_settings(page):
    run = the_run()
    other = opened("shell", run=run.token)
    assert RUNS.alive() == [run]
    other.slider(key="warehouse.param.pick_s").set_value(9.0).run()
    page.run()
    assert page.slider(key="warehouse.param.pick_s").value == 9.0


def test_too_many_robots_are_explained_and_the_floor_goes_on(page):
    run = the_run()
    page.slider(key="warehouse.param.robots").set_value(20_000).run()
    page.button(key="warehouse.reset").click().run()
    assert "Robots is 20000" in page.error[0].value
    assert (run.state, run.params.robots) == ("running", 100)
    page.slider(key="warehouse.param.robots").set_value(50).run()
    page.button(key="warehouse.reset").click().run()
    assert run.params.robots == 50
    assert not page.error


def test_a_fault_is_injected_from_the_page(page):
    run = the_run()
    button = next(b for b in page.button if b.label == "Break a robot down")
    button.click().run()
    assert not page.exception
    until(lambda: any(e.kind == "fault" for e in run.events))


def test_without_a_store_the_floor_still_runs(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("ATRIUM_DATA", str(blocked))
    app = opened("shell", scenario="small")
    assert "not being recorded" in app.warning[0].value
    run = the_run()
    until(lambda: run.step_count > 0)
    monkeypatch.undo()


OPEN_FLOOR = "\n".join(["type octile", "height 12", "width 16", "map", *["." * 16] * 12, ""])
DEAD_END = OPEN_FLOOR.replace("." * 16 + "\n", "@" * 7 + "." + "@" * 8 + "\n", 1)


def bring(page, text):
    page.slider(key="warehouse.param.robots").set_value(20)
    page.slider(key="warehouse.param.stations").set_value(2)
    page.slider(key="warehouse.param.chargers").set_value(2)
    page.slider(key="warehouse.param.skus").set_value(20)
    page.run()
    page.file_uploader(key="warehouse.map").set_value(("own.map", text.encode(), "text/plain"))
    page.run()
    assert not page.exception


def test_a_map_of_ones_own_becomes_the_floor(page):
    run = the_run()
    bring(page, OPEN_FLOOR)
    assert run.state == "running"
    assert run.ask(lambda sim: (sim.floor.grid.height, sim.floor.grid.width)) == (12, 16)


@pytest.mark.parametrize(("text", "says"), [
    ("type octile\nheight x\n", "own.map: "),
    (DEAD_END, "dead end"),
    ("\x00\xff" * 50, "own.map: "),
])
def test_a_map_that_cannot_be_used_is_explained_and_the_floor_stays(page, text, says):
    run = the_run()
    before = run.ask(lambda sim: sim.floor.grid.width)
    bring(page, text)
    assert says in page.error[0].value
    assert run.ask(lambda sim: sim.floor.grid.width) == before


def test_dead_ends_can_be_filled(page):
    run = the_run()
    page.toggle(key="warehouse.fill").set_value(True).run()
    bring(page, DEAD_END)
    assert not page.error
    assert run.ask(lambda sim: sim.floor.grid.width) == 16

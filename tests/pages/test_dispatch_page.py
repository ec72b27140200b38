import io

import numpy as np
import polars as pl
import pytest

from engine.dispatch import COMMANDS, SCENARIOS, DispatchParams
from engine.dispatch.policies import weights
from engine.dispatch.score import MEASURED, SOURCE
from engine.dispatch.trials import Plan, Trial
from engine.live import RUNS
from engine.params import knobs
from tests.engine.dispatch.towns import SMALL, town
from tests.pages.opening import opened, the_run
from tests.waiting import until


@pytest.fixture
def page():
    return opened("dispatch", scenario="sunday")


def both_runs():
    first, second = RUNS.alive()
    assert first.wait_started(60)
    assert second.wait_started(60)
    return first, second


def settle(page):
    """Pause before the test looks: two cities at full speed would only slow it down."""
    page.button(key="dispatch.toggle").click().run()


def test_the_page_opens_with_a_running_city(page):
    run = the_run()
    until(lambda: run.step_count > 0)
    assert page.query_params["run"] == run.token
    assert run.params == SCENARIOS["sunday"].params
    assert page.button(key="dispatch.toggle").label == "Pause"
    words = [m.value for m in page.markdown]
    assert not any("Steps of two seconds" in w for w in words), "a docstring is on the page"


def test_every_knob_has_its_control(page):
    keys = {w.key for kind in ("slider", "toggle", "selectbox", "button_group")
            for w in page.get(kind)}
    missing = [k.name for k in knobs(DispatchParams) if f"dispatch.param.{k.name}" not in keys]
    assert not missing


def test_a_live_knob_reaches_the_run(page):
    run = the_run()
    page.button_group(key="dispatch.param.policy").set_value("nearest").run()
    until(lambda: run.params.policy == "nearest")
    assert run.pending is None


def test_a_knob_that_needs_a_reset_says_so_and_takes_effect_then(page):
    run = the_run()
    page.slider(key="dispatch.param.drivers").set_value(300).run()
    assert "Drivers 1,500 → 300" in page.info[0].value
    page.button(key="dispatch.reset").click().run()
    assert run.params.drivers == 300
    assert not page.info


def test_the_speeds_are_the_citys_own(page):
    run = the_run()
    for name, rate in (("600×", 300.0), ("Max", 0.0), ("1×", 0.5)):
        page.button_group(key="dispatch.speed").set_value(name).run()
        assert run.rate == rate
        assert page.button_group(key="dispatch.speed").value == name


# the map itself asks for its rings
@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"reach"}))
def test_every_event_can_be_pressed(page, command):
    run = the_run()
    labels = {"rain": "Rain for an hour", "stadium": "The stadium empties",
              "airport_bank": "An airport bank lands", "surge_outage": "Surge outage",
              "close_bridge": "Close a bridge", "recover": "End all of it"}
    before = len(run.events)
    if command == "recover":
        next(b for b in page.button if b.label == labels["rain"]).click().run()
        until(lambda: len(run.events) > before)
    next(b for b in page.button if b.label == labels[command]).click().run()
    assert not page.exception
    assert not page.error
    until(lambda: len(run.events) > before)


def test_a_scenario_brings_its_settings_and_its_events(page):
    run = the_run()
    page.selectbox(key="dispatch.scenario").set_value("rain").run()
    assert run.params == SCENARIOS["rain"].params
    assert run.ask(lambda sim: sim.script) == SCENARIOS["rain"].script


def test_side_by_side_runs_two_policies_on_the_same_riders(page):
    main = the_run()
    page.button_group(key="dispatch.view").set_value("A/B").run()
    assert not page.exception
    assert not page.error
    first, rival = both_runs()
    assert first is main
    assert (rival.params.policy, main.params.policy) == ("nearest", "optimal batch")
    assert rival.params.with_changes(policy="optimal batch") == main.params
    settle(page)
    assert {main.state, rival.state} == {"paused"}
    page.button(key="dispatch.step").click().run()
    page.slider(key="dispatch.param.radius_km").set_value(2.0).run()
    until(lambda: main.params.radius_km == rival.params.radius_km == 2.0)
    assert rival.params.policy == "nearest"
    page.number_input(key="dispatch.seed").set_value(5).run()
    assert main.seed == rival.seed == 5


def test_the_rival_can_be_another_policy(page):
    page.button_group(key="dispatch.view").set_value("A/B").run()
    _, rival = both_runs()
    page.selectbox(key="dispatch.rival.policy").set_value("greedy score").run()
    assert not page.error
    assert rival.params.policy == "greedy score"


@pytest.mark.parametrize("layer", ["Surge", "Demand", "Flows", "Trips"])
def test_the_aerial_views_draw_and_ask_for_no_map(page, layer):
    run = the_run()
    run.set_rate(0.0)
    until(lambda: run.ask(lambda sim: len(sim.recent_trips(10))) > 0, 60)
    page.button_group(key="dispatch.view").set_value("Aerial").run()
    page.button_group(key="dispatch.aerial").set_value(layer).run()
    assert not page.exception
    (deck,) = page.get("deck_gl_json_chart")
    spec = deck.proto.json
    assert "carto" not in spec
    assert "mapbox" not in spec
    assert '"mapStyle": "__MAP_STYLE__"' in spec, "Streamlit would put its own map under it"
    wanted = {"Surge": "names", "Demand": "demand", "Flows": "ArcLayer", "Trips": "TripsLayer"}
    assert wanted[layer] in spec


def grid_city():
    """FleetPy's two tables of a lattice of 6 by 6 nodes, 300 m apart."""
    side = 6
    row, column = np.divmod(np.arange(side * side), side)
    nodes = pl.DataFrame({"node_index": np.arange(side * side), "is_stop_only": False,
                          "pos_x": 690_000.0 + 300.0 * column, "pos_y": 5_330_000.0 + 300.0 * row})
    ways = [(a, b) for a in range(side * side) for b in (a + 1, a + side)
            if b < side * side and (b == a + side or b % side)]
    ways += [(b, a) for a, b in ways]
    edges = pl.DataFrame({"from_node": [a for a, _ in ways], "to_node": [b for _, b in ways],
                          "distance": 300.0, "travel_time": 30.0})
    return {n: t.write_csv().encode() for n, t in (("nodes.csv", nodes), ("edges.csv", edges))}


def bring(page, key, *files):
    page.file_uploader(key=key).set_value(
        [(n, data, "text/csv") for n, data in files] if key == "dispatch.city"
        else (files[0][0], files[0][1], "text/csv"))
    page.run()
    assert not page.exception


def test_a_city_of_ones_own_is_driven_in(page):
    run = the_run()
    page.slider(key="dispatch.param.drivers").set_value(50).run()
    bring(page, "dispatch.city", *grid_city().items())
    assert not page.error
    assert run.ask(lambda sim: len(sim.city.network.x)) == 36
    assert run.state == "running"


@pytest.mark.parametrize(("files", "says"), [
    ([("nodes.csv", b"node_index,pos_x,pos_y\n0,1,2\n")], "nodes.csv: "),
    ([("town.graphml", b"<graphml")], "town.graphml: "),
])
def test_a_city_that_cannot_be_used_is_explained_and_the_old_one_stays(page, files, says):
    run = the_run()
    before = run.ask(lambda sim: sim.city.name)
    bring(page, "dispatch.city", *files)
    assert says in page.error[0].value
    assert run.ask(lambda sim: sim.city.name) == before


def test_requests_of_ones_own_replace_the_generated_ones(page):
    run = the_run()
    ids = run.ask(lambda sim: sim.city.node_id)[[5, 900, 4000]]
    table = io.BytesIO()
    pl.DataFrame({"rq_time": [30_600, 30_610, 30_900], "start": ids,
                  "end": ids[::-1]}).write_csv(table)
    bring(page, "dispatch.trips", ("mine.csv", table.getvalue()))
    assert not page.error
    assert run.params.start_h == 8.5
    assert run.ask(lambda sim: len(sim.trips.time_s)) >= 2


def test_requests_that_cannot_be_used_are_explained(page):
    run = the_run()
    bring(page, "dispatch.trips", ("mine.csv", b"when,where\n1,2\n"))
    assert "mine.csv: " in page.error[0].value
    assert run.ask(lambda sim: sim.trips) is None


def test_a_city_without_drivers_goes_on(page):
    run = the_run()
    page.slider(key="dispatch.param.drivers").set_value(0).run()
    page.button(key="dispatch.reset").click().run()
    assert not page.error
    before = run.step_count
    until(lambda: run.step_count > before + 5)
    assert run.state == "running"


def test_a_notice_stays_while_the_page_settles():
    app = opened("dispatch", run="forged", scenario="sunday")
    assert "has ended" in app.info[0].value
    app.run()
    assert "has ended" in app.info[0].value
    assert the_run().token != "forged"


def test_weights_can_be_taken_by_name(page):
    run = the_run()
    page.button_group(key="dispatch.weights").set_value("The source’s").run()
    assert not page.exception
    until(lambda: run.params.weight_rating == 0.3)
    assert weights(run.params) == SOURCE
    assert page.slider(key="dispatch.param.weight_eta").value == 0.2
    page.slider(key="dispatch.param.weight_eta").set_value(0.5).run()
    assert page.button_group(key="dispatch.weights").value is None
    page.button_group(key="dispatch.weights").set_value("Measured best").run()
    until(lambda: weights(run.params) == MEASURED)
    assert run.params.weight_eta == DispatchParams().weight_eta


def test_an_experiment_is_asked_for_followed_and_exported(page):
    run = the_run()
    settle(page)
    page.button_group(key="dispatch.view").set_value("Experiments").run()
    assert not page.exception
    assert "Paired runs" in page.button_group(key="dispatch.experiment").options
    page.selectbox(key="dispatch.trial.question").set_value(0)
    page.number_input(key="dispatch.trial.hours").set_value(0.5)
    page.number_input(key="dispatch.trial.pairs").set_value(2).run()
    page.button(key="dispatch.trial.start").click().run()
    trial = page.session_state["dispatch.trial"]
    try:
        assert not page.exception
        assert (trial.plan.design, trial.plan.seeds, trial.plan.hours) == ("paired", 2, 0.5)
        assert trial.plan.seed == run.seed
        assert [p.policy for p in trial.plan.sides] == ["nearest", "optimal batch"]
        assert page.selectbox(key="dispatch.trial.question").disabled
        page.button(key="dispatch.trial.stop").click().run()
        assert trial.state == "stopped"
        assert any("Stopped" in i.value for i in page.info)
    finally:
        trial.stop()


@pytest.mark.parametrize(("design", "label"), [
    ("paired", "Paired runs"), ("switchback", "Switchback & split"),
    ("fleet bound", "Fleet bound")])
def test_results_are_drawn_and_exported(page, design, label):
    settle(page)
    trial = Trial(Plan(design, 0, SMALL.with_changes(drivers=15, trips_per_day=4000), seeds=2,
                       hours=0.3, block_min=0.7, city=town()))
    until(lambda: trial.state != "running", 300)
    assert trial.state == "done", trial.problem
    page.session_state["dispatch.trial"] = trial
    page.session_state["dispatch.experiment"] = label
    page.button_group(key="dispatch.view").set_value("Experiments").run()
    page.run()
    assert not page.exception
    assert page.get("plotly_chart")
    assert page.get("download_button")
    assert not page.button(key="dispatch.trial.start").disabled


@pytest.mark.parametrize("label", ["Shadow", "Arrival model"])
def test_what_is_watched_says_what_it_waits_for(page, label):
    settle(page)
    page.session_state["dispatch.experiment"] = label
    page.button_group(key="dispatch.view").set_value("Experiments").run()
    assert not page.exception
    said = " ".join(i.value for i in page.info)
    assert "choose a policy" in said or "more legs" in said

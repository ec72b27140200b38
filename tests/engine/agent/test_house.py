"""The house's own tools on a real floor, a real registry and a real store."""

import json
import threading
import time

import pytest

from engine.agent.house.domains import domains
from engine.agent.house.house import House
from engine.agent.house.measure import measure_tools
from engine.agent.house.paired import compare
from engine.agent.house.steer import steer_tools
from engine.agent.house.worker import run_job
from engine.agent.tools import Context, Toolbox
from engine.errors import InvalidInput
from engine.live.registry import Registry
from engine.store import open_store
from tests.waiting import until


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('house')}/atrium.db")
    yield store
    store.close()


class Desk:
    """A house with its tools at hand."""

    def __init__(self, store):
        self.runs = Registry(max_runs=3)
        self.house = House(self.runs, lambda: store)
        self.tools = Toolbox([*steer_tools(self.house), *measure_tools(self.house)])
        self.progress = []

    def use(self, name, seconds=60.0, stop=None, **arguments):
        tool = self.tools.find(name)
        context = Context(stop or threading.Event(), time.monotonic() + seconds,
                          self.progress.append)
        return tool.run(tool.parse(json.dumps(arguments)), context).data

    def preview(self, name, **arguments):
        tool = self.tools.find(name)
        return tool.preview(tool.parse(json.dumps(arguments)))


@pytest.fixture(scope="module")
def desk(store):
    desk = Desk(store)
    desk.run = desk.use("start_run", engine="warehouse", scenario="small",
                        settings={"robots": 60}, seed=7)["run"]
    yield desk
    desk.runs.close()


def test_a_run_is_started_with_its_settings(desk):
    rows = desk.use("list_runs")
    mine = next(r for r in rows if r["number"] == desk.run)
    assert (mine["domain"], mine["seed"], mine["yours"]) == ("warehouse", 7, True)
    assert "token" not in json.dumps(rows)
    assert desk.house.find(desk.run, None).params.robots == 60


def test_a_run_is_paused_stepped_and_sped_up(desk):
    assert desk.use("control_run", run=desk.run, action="pause")["state"] == "paused"
    before = desk.use("control_run", action="pause")["step"]
    assert desk.use("control_run", action="step", steps=5)["step"] == before + 5
    assert desk.use("control_run", action="resume")["state"] == "running"
    desk.use("control_run", action="speed", rate=0)
    assert desk.house.find(desk.run, None).rate == 0
    with pytest.raises(InvalidInput, match="how fast"):
        desk.use("control_run", action="speed")


def test_settings_are_read_and_changed_by_name_or_label(desk):
    told = desk.use("read_settings", names=["orders_per_h"])["settings"]
    assert told[0]["name"] == "orders_per_h"
    assert told[0]["low"] < told[0]["high"]
    changed = desk.use("set_settings", settings={told[0]["label"]: 900})
    assert "900" in changed["changed"]
    assert changed["waits_for_reset"] == []
    assert desk.use("set_settings", settings={"robots": 70})["waits_for_reset"] == ["Robots"]
    assert "→ 80" in desk.preview("set_settings", settings={"robots": 80})


@pytest.mark.parametrize(("settings", "words"), [
    ({"robots": 10**9}, "must be"), ({"wheels": 3}, "no such setting"),
    ({"robots": "many"}, "many")])
def test_settings_out_of_range_are_refused_and_nothing_changes(desk, settings, words):
    run = desk.house.find(desk.run, None)
    before = run.params
    with pytest.raises(InvalidInput, match=words):
        desk.use("set_settings", settings=settings)
    assert run.params == before


def test_figures_and_robots_can_be_looked_at(desk):
    run = desk.house.find(desk.run, None)
    until(lambda: run.step_count > 300)
    facts = desk.use("read_figures", names=["throughput", "Robots at work"])["figures"]
    assert [f["name"] for f in facts] == ["throughput", "utilisation"]
    assert facts[1]["value"] > 0
    assert len(desk.use("read_figures")["figures"]) > 20
    assert desk.use("inspect", agent=3)["facts"]["agent"] == 3
    with pytest.raises(InvalidInput, match="no robot 999"):
        desk.use("inspect", agent=999)
    with pytest.raises(InvalidInput, match="did you mean throughput"):
        desk.use("read_figures", names=["thruput"])


def test_waiting_ends_when_the_figure_passes(desk):
    told = desk.use("wait_until", figure="utilisation", passes="above", value=0)
    assert told["figure"]["value"] > 0
    with pytest.raises(TimeoutError, match="has not passed"):
        desk.use("wait_until", seconds=1.0, figure="utilisation", passes="above", value=1000)
    assert desk.progress
    stop = threading.Event()
    stop.set()
    with pytest.raises(InvalidInput, match="stopped"):
        desk.use("wait_until", stop=stop, figure="utilisation", passes="above", value=1000)


def test_a_fault_is_injected_and_recorded(desk, store):
    said = desk.use("inject", command="break_robot", arguments={"robot": 5})
    assert "R-" in said["done"] or "5" in said["done"]
    with pytest.raises(InvalidInput, match="no command 'explode'"):
        desk.use("inject", command="explode")
    sql = "SELECT kind FROM event WHERE kind = 'fault'"
    until(lambda: desk.use("query_metrics", runs=[desk.run], sql=sql)["rows"] == (("fault",),))


def test_what_was_recorded_is_charted_exported_and_run_over(desk, store):
    until(lambda: "throughput.tasks_per_h" in store.series_names([desk.run]))
    drawn = desk.use("draw_chart", runs=[desk.run], series=["throughput.tasks_per_h"])["drawn"][0]
    assert drawn["points"] > 0
    with pytest.raises(InvalidInput, match="no series 'x'"):
        desk.use("draw_chart", runs=[desk.run], series=["x"])
    links = desk.use("export_csv", runs=[desk.run])
    assert links["csv"] == f"/export/metrics.csv?runs={desk.run}"
    assert any(r["run"] == desk.run for r in desk.use("list_recorded")["runs"])
    code = (f"rows = query('SELECT name FROM series', [{desk.run}])\n"
            "stats([1, 2, 3])['mean'] + len(rows) * 0")
    assert desk.use("run_code", code=code)["value"] == 2.0
    with pytest.raises(InvalidInput, match="no numbers"):
        desk.use("run_code", code="stats([])")


def test_two_recorded_runs_are_put_side_by_side(desk, store):
    numbers = []
    for seed in (1, 2):
        run = store.begin_run("warehouse", {"robots": 10 * seed}, seed)
        store.append(run, "x.y_1", [0.0, 1.0], [seed, 3.0 * seed])
        store.end_run(run, "finished")
        numbers.append(run)
    told = desk.use("compare_recorded", a=numbers[0], b=numbers[1])
    assert told["differing_settings"] == [{"name": "robots", "a": 10, "b": 20}]
    assert told["means"] == [{"series": "x.y_1", "a": 2.0, "b": 4.0}]


def test_a_run_of_another_session_is_not_touched(desk, store):
    other = House(desk.runs, lambda: store)
    tools = Toolbox(steer_tools(other))
    tool = tools.find("control_run")
    context = Context(threading.Event(), time.monotonic() + 5)
    with pytest.raises(InvalidInput, match="belongs to another window"):
        tool.run(tool.parse(json.dumps({"run": desk.run, "action": "stop"})), context)
    with pytest.raises(InvalidInput, match="no run is yours"):
        tool.run(tool.parse('{"action": "stop"}'), context)
    assert desk.house.find(desk.run, None).state == "running"


def test_which_run_is_meant_is_asked_when_it_is_not_clear(desk):
    second = desk.use("start_run", engine="warehouse", scenario="small",
                      settings={"robots": 20})["run"]
    with pytest.raises(InvalidInput, match="say which run"):
        desk.use("control_run", action="pause")
    assert desk.use("control_run", engine="warehouse", action="pause")["run"] == second
    assert desk.use("control_run", run=second, action="stop")["state"] == "ended"
    with pytest.raises(InvalidInput, match="is not running here"):
        desk.use("control_run", run=second, action="stop")


@pytest.mark.parametrize(("arguments", "words"), [
    ({"engine": "submarine"}, "no system 'submarine'"),
    ({"engine": "warehouse", "scenario": "moon"}, "no scenario 'moon'"),
    ({"engine": "warehouse", "settings": {"robots": -1}}, "must be")])
def test_a_run_that_cannot_be_is_not_started(desk, arguments, words):
    alive = len(desk.runs.alive())
    with pytest.raises(InvalidInput, match=words):
        desk.use("start_run", **arguments)
    assert len(desk.runs.alive()) == alive


def test_two_settings_are_compared_on_the_same_luck():
    told = []
    found = compare("warehouse", "small", {"robots": 20}, {"robots": 40}, 120, [1, 2],
                    left_s=lambda: 60.0, stopped=lambda: False, progress=told.append)
    by_name = {d.name: d for d in found}
    work = by_name["utilisation"]
    assert work.pairs == 2
    assert work.low <= work.b - work.a <= work.high
    assert told[-1] == "4 of 4 runs"


def test_the_same_settings_meet_the_same_luck():
    params = domains()["warehouse"].scenario("small")[1].params.with_changes(robots=20)
    job = {"engine": "warehouse", "params": params.model_dump(mode="json"), "seed": 1, "steps": 120}
    first, second = ({f["name"]: f["value"] for f in run_job(job)
                      if not f["name"].startswith(("planning", "assignment"))} for _ in range(2))
    assert first == second
    assert sum(v is not None for v in first.values()) > 5


def test_a_comparison_is_bounded():
    for steps, seeds, words in ((1, [1], "steps"), (100, [], "seeds"), (100, range(99), "seeds")):
        with pytest.raises(InvalidInput, match=words):
            compare("warehouse", "small", {}, {}, steps, seeds, left_s=lambda: 1.0,
                    stopped=lambda: False, progress=lambda _: None)
    with pytest.raises(TimeoutError, match="of 2 runs"):
        compare("warehouse", "small", {}, {}, 20_000, [1], left_s=lambda: 0.0,
                stopped=lambda: False, progress=lambda _: None)

from pathlib import Path
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from engine.store import open_store
from pages.metrics_charts import unit_of
from pages.metrics_tables import short_commit
from tests.waiting import until

SHELL = str(Path(__file__).parents[2] / "pages" / "shell.py")
SERIES = ("throughput.tasks_per_h", "order.release_to_done_s", "queue.mean_robots")


@pytest.fixture
def store():
    """The page's own store; `own_house` gives each test a folder and closes it."""
    return open_store()


@pytest.fixture
def runs(store):
    """Two warehouse runs and one of the city, all ended."""
    numbers = []
    for i, (domain, label) in enumerate((("warehouse", "plain"), ("warehouse", "<b>more</b>"),
                                         ("dispatch", ""))):
        run = store.begin_run(domain, {"robots": 100 + 50 * (i > 0), "planner": "pibt"}, i + 1,
                              label, step_s=1.0)
        for name in SERIES:
            store.append(run, name, np.arange(0, 20_000, 10), np.arange(2000.0) + i)
        store.event(run, 100 * i, "fault", "robot 3 broke down")
        store.event(run, 200, "setting", "rate")
        store.end_run(run, "finished", "done")
        numbers.append(run)
    return numbers


def opened(**query):
    app = AppTest.from_file(SHELL, default_timeout=60)
    app.query_params.update(query)
    app.switch_page("metrics.py").run()
    assert not app.exception
    return app


def table(app, column):
    """The one table on the page that has a column of this name."""
    (found,) = [d.value for d in app.dataframe if column in d.value.columns]
    return found


def charts(app):
    """Specifications of the charts on the page."""
    return [plot.proto for plot in app.get("plotly_chart")]


def links(app):
    """Targets of the links, by label."""
    return {link.proto.label: link.proto.url for link in app.get("link_button")}


def test_nothing_recorded_is_an_invitation():
    app = opened()
    assert app.title[0].value == "Metrics"
    assert any("Nothing has been recorded" in m.value for m in app.markdown)
    assert not charts(app)


def test_the_newest_run_is_drawn_first(runs):
    app = opened()
    listed = table(app, "Note")
    assert listed["Run"].tolist() == runs[::-1]
    assert listed["State"].tolist() == ["✓ finished"] * 3
    assert app.query_params["runs"] == str(runs[-1])
    assert len(charts(app)) == 3


def test_an_address_chooses_runs_and_they_are_compared(runs):
    app = opened(runs=f"{runs[1]},{runs[0]}")
    assert app.multiselect(key="metrics.series").value == list(SERIES[:2])
    assert len(charts(app)) == 2
    for chart in charts(app):
        assert "Run 1 (plain)" in chart.spec
        assert "<b>" not in chart.spec  # a label is text, not HTML
    figures = table(app, "Greatest")
    assert figures["Series"].tolist() == [SERIES[0]] * 2 + [SERIES[1]] * 2
    assert figures["Points"].tolist() == [2000] * 4
    assert figures["Greatest"].tolist() == [1999, 2000, 1999, 2000]
    parameters = table(app, "Parameter")
    assert parameters["Parameter"].tolist() == ["seed", "robots"]
    assert parameters["Run 1 (plain)"].tolist() == ["1", "100"]
    app.toggle(key="metrics.differing").set_value(False).run()
    assert table(app, "Parameter")["Parameter"].tolist() == ["seed", "robots", "planner"]


def test_an_unknown_run_is_told_and_the_others_stay(runs):
    app = opened(runs=f"{runs[0]},99,drop table")
    assert "Run 99 is not here" in app.info[0].value
    assert app.query_params["runs"] == str(runs[0])
    assert charts(app)


def test_an_address_reaches_runs_older_than_the_table(store, runs):
    for seed in range(500):
        newer = store.begin_run("go", {}, seed)
        store.end_run(newer, "finished")
    app = opened(runs=f"{runs[0]},{'9' * 5000}")
    listed = table(app, "Note")["Run"].tolist()
    assert len(listed) == 501
    assert listed[-1] == runs[0]
    assert set(table(app, "Greatest")["Run"]) == {"Run 1 (plain)"}


def test_nothing_ticked_says_what_to_do(runs):
    app = opened(runs="99")
    assert any("Tick runs" in i.value for i in app.info)
    assert not charts(app)


def test_series_layout_and_axis(runs):
    app = opened(runs=f"{runs[0]},{runs[1]}")
    app.multiselect(key="metrics.series").set_value(list(SERIES)).run()
    assert len(charts(app)) == 3
    app.button_group(key="metrics.layout").set_value("Overlay").run()
    (chart,) = charts(app)
    assert all(f"1 {name}" in chart.spec for name in SERIES)
    assert any("different units (robots, s, tasks/h)" in c.value for c in app.caption)
    assert '"text":"step"' in chart.spec
    app.button_group(key="metrics.axis").set_value("Simulated time").run()
    (chart,) = charts(app)
    assert '"text":"simulated hours"' in chart.spec
    app.multiselect(key="metrics.series").set_value([]).run()
    assert any("at least one series" in i.value for i in app.info)
    assert not app.exception


def test_runs_without_a_clock_have_steps_alone(store, runs):
    old = store.begin_run("go", {}, 1)
    store.append(old, "game.elo", [1, 2], [3, 4])
    store.end_run(old, "finished")
    app = opened(runs=f"{runs[0]},{old}")
    assert app.button_group(key="metrics.axis").disabled
    assert not app.exception


def test_export_links_carry_the_selection(runs):
    app = opened(runs=f"{runs[0]},{runs[1]}")
    app.number_input(key="metrics.lo").set_value(50.0).run()
    app.number_input(key="metrics.hi").set_value(70.5).run()
    found = links(app)
    query = parse_qs(urlparse(found["CSV"]).query)
    assert urlparse(found["CSV"]).path == "/export/metrics.csv"
    assert query == {"runs": [f"{runs[0]},{runs[1]}"], "series": [",".join(SERIES[:2])],
                     "lo": ["50"], "hi": ["70.5"]}
    assert urlparse(found["Parquet"]).path == "/export/metrics.parquet"
    assert parse_qs(urlparse(found["Events"]).query)["runs"] == [f"{runs[0]},{runs[1]}"]
    assert "series" not in parse_qs(urlparse(found["All series"]).query)


def test_a_range_backwards_is_refused_in_a_sentence(runs):
    app = opened(runs=str(runs[0]))
    app.number_input(key="metrics.lo").set_value(50.0).run()
    app.number_input(key="metrics.hi").set_value(40.0).run()
    assert "From step 50 to step 40" in app.error[0].value
    app.number_input(key="metrics.lo").set_value(39.0).run()
    assert not app.error
    app.number_input(key="metrics.lo").set_value(30_000.0).run()
    app.number_input(key="metrics.hi").set_value(40_000.0).run()
    assert not app.exception
    assert not charts(app)


def test_events_are_marked_by_kind(runs):
    app = opened(runs=str(runs[0]))
    assert "fault: robot 3 broke down" in charts(app)[0].spec
    kinds = next(g for g in app.button_group if g.key.startswith("metrics.kinds"))
    kinds.set_value(["setting"]).run()
    assert "robot 3 broke down" not in charts(app)[0].spec
    assert "setting: rate" in charts(app)[0].spec


def test_more_runs_than_colours(store):
    for seed in range(8):
        run = store.begin_run("warehouse", {}, seed)
        store.append(run, "a.b_s", [1, 2], [3, 4])
        store.end_run(run, "finished")
    app = opened(runs=",".join(str(r.id) for r in store.runs()))
    assert "the first 6 are drawn" in app.info[0].value
    assert len(table(app, "Greatest")) == 8


def test_deleting_asks_first_and_then_removes(store, runs):
    app = opened(runs=f"{runs[0]},{runs[1]}")
    app.button(key="metrics.delete").click().run()
    asked = " ".join(m.value for m in app.markdown)
    assert "with 12,000 points" in asked
    assert len(store.runs()) == 3
    app.button(key="metrics.keep").click().run()
    assert len(store.runs()) == 3
    app.button(key="metrics.delete").click().run()
    app.button(key="metrics.confirm").click().run()
    assert [r.id for r in store.runs()] == [runs[2]]
    assert not app.exception
    assert app.toast[0].value == "Deleted 2 runs."


def test_a_running_run_is_kept(store):
    run = store.begin_run("warehouse", {}, 1)
    store.append(run, "a.b_s", [1, 2], [3, 4])
    store.flush()
    app = opened()
    app.button(key="metrics.delete").click().run()
    assert "Still running, and kept: Run 1." in app.warning[0].value
    assert not [b for b in app.button if b.key == "metrics.confirm"]


def test_a_live_run_before_its_first_points(store):
    run = store.begin_run("warehouse", {}, 1)
    app = opened()
    assert "first points are on their way" in app.info[0].value
    store.append(run, SERIES[0], np.arange(10.0), np.arange(10.0))
    store.flush()
    app.run()
    assert len(charts(app)) == 1
    assert table(app, "Note")["State"].tolist() == ["▶ running"]
    store.end_run(run, "crashed", "boom")
    app.run()
    assert table(app, "Note")["State"].tolist() == ["✕ crashed"]
    assert table(app, "Note")["Note"].tolist() == ["boom"]


def test_a_broken_database_is_a_sentence_with_a_way_back(tmp_path):
    (tmp_path / "atrium.db").touch()
    app = opened()
    assert "is empty (0 bytes)" in app.error[0].value
    (tmp_path / "atrium.db").unlink()
    app.button(key="metrics.retry").click().run()
    assert not app.error
    assert any("Nothing has been recorded" in m.value for m in app.markdown)


def test_a_full_disk_is_told_and_what_was_recorded_is_shown(store, runs):
    full = {"now": True}

    @sa.event.listens_for(store._backend._writers, "begin")
    def limit(connection):
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if full['now'] else 1 << 30}")

    run = store.begin_run("warehouse", {}, 1)
    store.append(run, "a.b_s", np.arange(200_000.0), np.random.default_rng(0).random(200_000))
    until(lambda: store.health().state == "failing")
    app = opened(runs=str(runs[0]))
    assert "disk is full" in app.warning[0].value
    assert "200,000 points wait" in app.warning[0].value
    assert charts(app)
    full["now"] = False
    until(lambda: store.health().state == "ok")


@pytest.mark.parametrize(("name", "unit"), [
    ("throughput.tasks_per_h", "tasks/h"), ("order.release_to_done_s", "s"),
    ("waiting.total_percent", "%"), ("queue.mean_robots", "robots"), ("loss", "loss"),
    ("a.energy_kwh_per_order", "kwh/order"),
])
def test_the_unit_is_in_the_name(name, unit):
    assert unit_of(name) == unit


def test_a_commit_is_short_and_says_when_files_differed():
    assert short_commit("0123456789abcdef") == "0123456789"
    assert short_commit("0123456789abcdef-dirty") == "0123456789+"
    assert short_commit("unknown") == "unknown"

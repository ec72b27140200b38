"""The metrics page as a person uses it, in a real Chromium."""

import csv
import io
import urllib.request

import numpy as np
import pytest

from engine.store import open_store
from tests.browser.conftest import Window
from tests.serving import answers, free_port, start_app
from tests.waiting import until

THEMES = [{"theme": "dark"}, {"theme": "light"}]
PLOTS = ".st-key-charts .js-plotly-plot"
# left edge of the table to the middle of a box; height of its head and rows
BOX_X, ROW_Y = 18, 32


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Address of an app with two ended runs and none going on."""
    folder = tmp_path_factory.mktemp("archive")
    store = open_store(f"sqlite:///{folder}/atrium.db")
    for seed in (1, 2):
        run = store.begin_run("warehouse", {"robots": 100 * seed}, seed, step_s=1.0)
        for name in ("throughput.tasks_per_h", "order.release_to_done_s"):
            store.append(run, name, np.arange(3000.0), np.arange(3000.0) * seed)
        store.event(run, 500, "fault", "robot 3 broke down")
        store.end_run(run, "finished")
    store.close()
    port = free_port()
    server = start_app(folder, port)
    until(lambda: answers(port), 90)
    yield f"http://localhost:{port}"
    server.terminate()
    server.wait(20)


def drawn(window: Window, count: int) -> None:
    until(lambda: window.page.locator(PLOTS).count() == count, 60)


@pytest.mark.parametrize("window", THEMES, indirect=True)
def test_recorded_runs_are_drawn_in_both_themes(window, archive):
    window.open(f"{archive}/metrics?runs=1,2")
    drawn(window, 2)
    assert window.page.get_by_role("heading", name="Metrics").is_visible()
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_ticking_a_run_draws_it_and_the_address_keeps_it(window, archive):
    window.open(f"{archive}/metrics?runs=2")
    drawn(window, 2)
    page = window.page
    legend = page.locator(".chart-head .swatch")
    page.get_by_test_id("stDataFrame").first.click(position={"x": BOX_X, "y": ROW_Y * 2.5})
    until(lambda: "Run 1" in " ".join(legend.all_inner_texts()), 60)
    address = page.url
    page.reload()
    window.settle()
    drawn(window, 2)
    until(lambda: {"Run 1", "Run 2"} <= set(legend.all_inner_texts()), 60)
    assert page.url == address


def test_what_is_chosen_is_exported(window, archive):
    window.open(f"{archive}/metrics?runs=2")
    drawn(window, 2)
    link = window.page.locator(".st-key-export").get_by_role("link", name="CSV")
    with urllib.request.urlopen(archive + link.get_attribute("href"), timeout=30) as answer:
        rows = list(csv.DictReader(io.StringIO(answer.read().decode())))
    assert len(rows) == 6000
    assert {row["run"] for row in rows} == {"2"}
    assert rows[2999]["value"] == "5998.0"


def test_a_dismissed_question_deletes_nothing_and_stays_closed(window, archive):
    window.open(f"{archive}/metrics?runs=1")
    drawn(window, 2)
    page = window.page
    page.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("with 6,000 points").wait_for()
    page.keyboard.press("Escape")
    until(lambda: dialog.count() == 0, 30)
    page.get_by_text("Overlay").click()
    drawn(window, 1)
    assert dialog.count() == 0
    assert page.url.endswith("runs=1")


@pytest.mark.parametrize("window", [{"width": 800, "height": 1100}], indirect=True)
def test_a_narrow_window_has_no_sideways_scroll(window, archive):
    window.open(f"{archive}/metrics?runs=1,2")
    drawn(window, 2)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 800


def test_a_live_run_is_drawn_as_it_goes_on(window, app):
    floor = Window(window.page.context.new_page())  # keeps the run alive
    floor.open(f"{app}/?scenario=small")
    window.open(f"{app}/metrics")
    page = window.page
    page.wait_for_selector(PLOTS, timeout=60_000)
    count = f"() => document.querySelector('{PLOTS}')?._fullData?.[0]?._length ?? 0"
    before = page.evaluate(count)
    until(lambda: page.evaluate(count) > before, 60)

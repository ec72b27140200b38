"""The warehouse page as a person uses it, in a real Chromium."""

import json
import re
import urllib.request

import pytest

from tests.browser.conftest import Window
from tests.waiting import until

THEMES = [{"theme": "dark"}, {"theme": "light"}]
SMALL = "/?scenario=small"


def playing(window: Window) -> None:
    def moving() -> bool:
        counters = window.player()
        return counters.get("draws", 0) > 10 and counters["state"] == "running"

    until(moving, 60)


def spoken(window: Window) -> str:
    return window.page.locator(".headline").inner_text()


def address(window: Window) -> str:
    """The URL as the browser has it now; Playwright's own copy is updated only by its calls."""
    return window.page.evaluate("location.href")


def run_number(window: Window) -> str:
    until(lambda: re.search(r"Run \d+", spoken(window)))
    return re.search(r"Run (\d+)", spoken(window))[1]


def held_still(window: Window) -> None:
    """Pause, and wait until the picture has caught up with the run."""
    window.page.keyboard.press("Space")
    until(lambda: "paused" in spoken(window))
    window.settle()
    until(lambda: window.player()["head"] == step_of(window))


def step_of(window: Window) -> int:
    text = window.page.locator(".readout").inner_text()
    return int(re.search(r"step ([\d,]+)", text)[1].replace(",", ""))


@pytest.mark.parametrize("window", THEMES, indirect=True)
def test_a_cold_open_plays_and_asks_nobody_outside(window, app):
    window.open(app + SMALL)
    playing(window)
    until(lambda: "0 conflicts" in spoken(window))
    assert window.player()["theme"] == ("light" if "light" in str(window.page.evaluate(
        "matchMedia('(prefers-color-scheme: light)').matches && 'light'")) else "dark")
    cards = window.page.locator(".kpi")
    assert cards.count() == 6
    until(lambda: "—" not in cards.first.inner_text(), 30)


@pytest.mark.parametrize("path", ["/metrics", "/warehouse?scenario=small"])
def test_a_cold_deep_link_brings_the_shell(window, app, path):
    window.open(app + path)
    assert window.page.get_by_test_id("stTopNav").get_by_role("link", name="Warehouse").is_visible()
    window.page.get_by_role("heading", name=re.match(r"/(\w+)", path)[1].title()).wait_for()
    assert not window.page.get_by_text("Page not found").count()


def test_the_root_leads_to_the_first_page_and_keeps_the_link(window, app):
    window.open(app + SMALL)
    until(lambda: "/warehouse?" in address(window))
    assert "scenario=small" in address(window)


def test_space_pauses_n_steps_and_r_resets(window, app):
    window.open(app + SMALL)
    playing(window)
    page = window.page
    held_still(window)
    page.get_by_role("button", name="Run").wait_for()
    held = step_of(window)
    page.keyboard.press("n")
    until(lambda: step_of(window) == held + 1)
    page.keyboard.press("r")
    until(lambda: step_of(window) < held)
    page.keyboard.press("Space")
    until(lambda: "live" in spoken(window))


def test_a_slider_is_answered_without_a_jump_of_the_page(window, app):
    window.open(app + SMALL)
    playing(window)
    before = window.player()["epochShown"]
    box = window.page.locator(".stage").bounding_box()
    window.page.get_by_role("slider", name="Lift a pod").press("ArrowRight")
    until(lambda: window.player()["epochShown"] > before)
    window.settle()
    assert window.page.locator(".stage").bounding_box() == box


def test_a_click_on_a_robot_opens_its_facts(window, app):
    window.open(app + SMALL)
    playing(window)
    page = window.page
    held_still(window)
    canvas = page.locator(".stage canvas").first
    at = page.evaluate("() => Object.values(window.__atrium.players)[0].where(7)")
    canvas.click(position={"x": at["x"], "y": at["y"]})
    until(lambda: window.player()["selected"] >= 0)
    page.get_by_text(re.compile(r"R-\d{4}")).first.wait_for()
    page.keyboard.press("Escape")
    until(lambda: window.player()["selected"] == -1)


def test_a_reload_and_a_second_tab_keep_the_run(window, app):
    window.open(app + SMALL)
    playing(window)
    until(lambda: "run=" in address(window))
    link = address(window)
    first = run_number(window)
    window.page.reload()
    playing(window)
    assert run_number(window) == first
    other = Window(window.page.context.new_page())
    other.open(link)
    playing(other)
    assert run_number(other) == first
    assert not other.complaints


def test_a_fault_shows_on_the_timeline(window, app):
    window.open(app + SMALL)
    playing(window)
    page = window.page
    page.get_by_role("button", name="Faults").click()
    page.get_by_role("button", name="Break a robot down").click()
    window.settle()
    page.keyboard.press("Escape")
    count = page.locator(".st-key-live")
    assert count.evaluate("e => getComputedStyle(e).position") == "fixed", "the styles are gone"
    until(lambda: "Fault 1" in re.sub(r"\s+", " ", page.locator(".legend").inner_text()))


def test_the_running_run_exports_as_csv(window, app):
    window.open(app + SMALL)
    playing(window)
    until(lambda: step_of(window) > 30)
    link = window.page.get_by_role("link", name="CSV")
    href = link.get_attribute("href")
    with urllib.request.urlopen(app + href.removeprefix(app), timeout=20) as answer:
        text = answer.read().decode()
    head, *rows = text.splitlines()
    assert head == "run,domain,series,step,value"
    assert any(",throughput.tasks_per_h," in r for r in rows)


@pytest.mark.parametrize("window", [{"width": 800, "height": 1100}], indirect=True)
def test_a_narrow_window_stacks_the_columns(window, app):
    window.open(app + SMALL)
    playing(window)
    stage = window.page.locator(".stage").bounding_box()
    knobs = window.page.locator(".st-key-knobs").bounding_box()
    assert stage["width"] > 700
    assert knobs["y"] > stage["y"] + stage["height"]
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 800


def test_switching_pages_keeps_the_run(window, app):
    window.open(app + SMALL)
    playing(window)
    first = run_number(window)
    window.page.get_by_test_id("stTopNav").get_by_role("link", name="Metrics").click()
    window.page.get_by_role("heading", name="Metrics").wait_for()
    window.page.get_by_test_id("stTopNav").get_by_role("link", name="Warehouse").click()
    playing(window)
    assert run_number(window) == first


def test_runs_are_listed_without_their_tokens(app):
    with urllib.request.urlopen(app + "/live/runs", timeout=5) as answer:
        assert all("token" not in run for run in json.load(answer))


def luminance(colour: str) -> float:
    """Relative luminance of "rgb(r, g, b)" (WCAG 2.2)."""
    channels = [int(v) / 255 for v in re.findall(r"\d+", colour)[:3]]
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("window", THEMES, indirect=True)
def test_streamlits_own_controls_can_be_read_in_both_themes(window, app):
    window.open(app + SMALL)
    playing(window)
    pairs = window.page.evaluate("""() => {
      const solid = (e) => { while (e) { const c = getComputedStyle(e).backgroundColor;
        if (c.startsWith("rgb(")) return c; e = e.parentElement; } return "rgb(0,0,0)"; };
      return [...document.querySelectorAll(".st-key-bar button p, .stExpander summary p, "
        + ".stSlider label p, [data-testid=stTopNavLink] p, .chart-head b")]
        .filter((e) => e.offsetParent && !e.closest(":disabled"))
        .map((e) => [e.textContent, getComputedStyle(e).color, solid(e)]);
    }""")
    assert len(pairs) > 10
    for text, ink, ground in pairs:
        light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{text!r}: {ink} on {ground}"

"""The dispatch page as a person uses it, in a real Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from tests.browser.conftest import Window
from tests.browser.test_warehouse import luminance, playing, spoken
from tests.waiting import until

pytestmark = pytest.mark.browser
THEMES = [{"theme": "dark"}, {"theme": "light"}]
QUIET = "/dispatch?scenario=sunday"


def choose(window: Window, name: str) -> None:
    """Press a part of a segmented control, again where a redraw took the press."""
    part = window.page.get_by_test_id("stButtonGroup").get_by_role("radio", name=name, exact=True)

    def chosen() -> bool:
        if part.get_attribute("aria-checked") != "true":
            part.click()
            window.settle()
        return part.get_attribute("aria-checked") == "true"

    until(chosen, 60)
    window.settle()


def contrast(window: Window) -> list[tuple[str, float]]:
    """Words on the live parts with their contrast against what lies behind them."""
    pairs = window.page.evaluate("""() => {
      const solid = (e) => { while (e) { const c = getComputedStyle(e).backgroundColor;
        if (c.startsWith("rgb(")) return c; e = e.parentElement ?? e.getRootNode().host; }
        return "rgb(0,0,0)"; };
      const deep = (root) => [...root.querySelectorAll("*")].flatMap((e) =>
        e.shadowRoot ? [e, ...deep(e.shadowRoot)] : [e]);
      return deep(document).filter((e) => e.matches?.(
        ".legend-item, .chip, .kpi-label, .kpi-value, .timeline-head, .inspector-empty p, "
        + ".st-key-head button p, .chart-head b") && e.offsetParent)
        .map((e) => [e.textContent, getComputedStyle(e).color, solid(e)]);
    }""")
    out = []
    for text, ink, ground in pairs:
        light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
        out.append((f"{text!r}: {ink} on {ground}", (light + 0.05) / (dark + 0.05)))
    return out


@contextmanager
def hurried(window: Window) -> Iterator[None]:
    """As fast as it goes for a while; a run outlives its window and would slow down the next."""
    choose(window, "600×")
    yield
    choose(window, "1×")


@pytest.mark.parametrize("window", THEMES, indirect=True)
def test_a_cold_deep_link_plays_in_both_themes_and_asks_nobody_outside(window, app):
    window.open(app + QUIET)
    playing(window)
    until(lambda: "certified optimal" in spoken(window), 60)
    theme = window.page.evaluate(
        "matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'")
    assert window.player()["theme"] == theme
    cards = window.page.locator(".kpi")
    assert cards.count() == 6
    with hurried(window):
        until(lambda: "—" not in cards.first.inner_text(), 60)
    names = window.page.locator(".legend-item").all_text_contents()
    assert [n.rsplit(" ", 1)[0].strip() for n in names] == [
        "Idle", "To pickup", "With rider", "Pooled", "Repositioning", "Waiting", "Car on its way"]
    words = contrast(window)
    assert len(words) > 20
    assert not [text for text, ratio in words if ratio < 4.5]


def test_a_driver_is_chosen_and_explained(window, app):
    window.open(app + QUIET)
    playing(window)
    page = window.page
    picture = "Object.values(window.__atrium.players)[0].picture()"
    page.wait_for_function(f"() => {picture}.state.filter((s) => (s & 7) === 2).length > 3")
    held_still_city(window)
    driver = page.evaluate(f"() => {picture}.state.findIndex((s) => (s & 7) === 2)")
    page.keyboard.press("/")
    page.keyboard.type(str(driver))
    page.keyboard.press("Enter")
    until(lambda: window.player()["selected"] == driver)
    why = page.locator(".why")
    why.locator("tbody tr").first.wait_for()
    assert "Why this match" in why.inner_text()
    assert why.locator("tr.chosen").count() == 1
    page.keyboard.press("Escape")
    until(lambda: window.player()["selected"] == -1)


def held_still_city(window: Window) -> None:
    """Pause, and wait until the picture has caught up with the run."""
    window.page.keyboard.press("Space")
    until(lambda: "paused" in spoken(window))
    window.settle()
    until(lambda: window.player()["head"] >= window.player()["window"][1])


def test_two_policies_play_side_by_side_on_the_same_clock(window, app):
    window.open(app + QUIET)
    playing(window)
    choose(window, "A/B")
    page = window.page
    page.wait_for_function(
        "() => { const all = Object.values(window.__atrium.players);"
        " return all.length === 2 && all.every((p) => p.counters.draws > 5"
        " && p.counters.state === 'running' && p.counters.head > 5) }", timeout=120_000)
    titles = page.locator(".hud-title").all_text_contents()
    assert titles == ["A · nearest", "B · optimal batch"]
    steps = page.evaluate(
        "() => Object.values(window.__atrium.players).map((p) => p.counters.last)")
    assert abs(steps[0] - steps[1]) <= 30
    page.locator(".chips button[title^='Zoom in']").first.click()
    zooms = "() => Object.values(window.__atrium.players).map((p) => p.counters.zoom)"
    until(lambda: min(page.evaluate(zooms)) > 1.4)
    # a zoom is told against the whole city in its picture, and one may be a pixel wider
    assert np.ptp(page.evaluate(zooms)) < 0.05, "both look at the same place"
    rows = page.locator(".versus tbody tr")
    until(lambda: rows.count() == 6)
    choose(window, "Map")
    until(lambda: len(page.evaluate("() => Object.keys(window.__atrium.players)")) == 1)


@pytest.mark.parametrize("window", [{"theme": "light"}], indirect=True)
def test_the_aerial_views_draw_and_the_figures_go_on(window, app):
    window.allowed = ("GPU stall",)
    window.open(app + QUIET)
    playing(window)
    choose(window, "Aerial")
    page = window.page
    for layer in ("Demand", "Flows", "Trips", "Surge"):
        choose(window, layer)
        page.locator(".st-key-aerial canvas").first.wait_for(timeout=60_000)
    clock = page.locator(".readout").inner_text()
    until(lambda: page.locator(".readout").inner_text() != clock, 30)


@pytest.mark.parametrize("window", [{"width": 800, "height": 1100}], indirect=True)
def test_a_narrow_window_stacks_the_columns(window, app):
    window.open(app + QUIET)
    playing(window)
    stage = window.page.locator(".stage").bounding_box()
    knobs = window.page.locator(".st-key-knobs").bounding_box()
    assert stage["width"] > 700
    assert knobs["y"] > stage["y"] + stage["height"]
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 800

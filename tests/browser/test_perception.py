"""The Perception page as a person uses it, in a real Chromium."""

import pytest

from tests.browser.conftest import Window
from tests.waiting import until

pytestmark = pytest.mark.browser


def facts(window: Window) -> dict:
    return window.page.evaluate("() => window.__atrium?.perception?.facts ?? {}")


def counters(window: Window) -> dict:
    return window.page.evaluate("() => window.__atrium?.perception?.counters ?? {}")


def pixels(window: Window, view: str) -> list[int]:
    """Mean and spread of a feed's middle as drawn, 0 to 255."""
    return window.page.evaluate(
        """name => {
          const below = (root) => [...root.querySelectorAll("*")].filter((e) => e.shadowRoot);
          const deep = (root) => root.querySelector("canvas.feeds") ??
            below(root).map((e) => deep(e.shadowRoot)).find(Boolean);
          const canvas = deep(document);
          const cell = window.__atrium.perception.cell(name);
          const ratio = canvas.width / canvas.clientWidth;
          const { data } = canvas.getContext("2d").getImageData(
            (cell.x + cell.w * 0.1) * ratio, (cell.y + cell.h * 0.3) * ratio, cell.w * 0.8 * ratio,
            cell.h * 0.6 * ratio);
          let sum = 0, square = 0;
          for (let i = 0; i < data.length; i += 4) { sum += data[i]; square += data[i] ** 2; }
          const n = data.length / 4;
          return [sum / n, Math.sqrt(square / n - (sum / n) ** 2)];
        }""", view)


def ready(window: Window, url: str) -> None:
    window.open(url)
    until(lambda: counters(window).get("draws", 0) > 1, 90)


@pytest.mark.parametrize("window", [{"theme": "light"}], indirect=True)
def test_eight_feeds_draw_layers_toggle_at_once_and_a_person_drives(window, app):
    ready(window, app + "/perception")
    page = window.page
    assert counters(window)["theme"] == "light"
    for view in page.evaluate("() => Object.keys(window.__atrium.perception.labels)"):
        assert pixels(window, view)[1] > 8, f"{view} shows a picture"

    page.get_by_role("button", name="Take over").click()
    until(lambda: facts(window)["manual"], 30)
    page.keyboard.down("ArrowLeft")
    until(lambda: facts(window)["car"]["asked_steering"] > 5, 30)
    page.keyboard.up("ArrowLeft")
    until(lambda: facts(window)["car"]["asked_steering"] == 0, 30)
    page.keyboard.press("Escape")
    until(lambda: not facts(window)["manual"], 30)

    page.get_by_role("button", name="Knock out the rear camera").click()
    until(lambda: "rear" in facts(window)["lost"], 30)
    until(lambda: not facts(window)["views"][3]["on"], 30)
    page.get_by_role("button", name="Mend this camera").click()
    until(lambda: facts(window)["views"][3]["on"], 30)

    page.get_by_role("button", name="Pause").click()
    until(lambda: counters(window)["state"] == "paused", 30)
    step = counters(window)["step"]
    before = pixels(window, "front")
    page.get_by_role("button", name="Depth", exact=True).click()
    until(lambda: pixels(window, "front") != before, 5)
    cell = page.evaluate("() => window.__atrium.perception.cell('rear')")
    page.locator("canvas.feeds").click(position={"x": cell["x"] + 60, "y": cell["y"] + 60})
    until(lambda: counters(window)["large"] == "rear", 5)
    assert counters(window)["step"] == step, "nothing was asked of the drive"
    page.locator(".timeline-box svg").focus()
    page.keyboard.press("ArrowLeft")
    until(lambda: counters(window)["mode"] == "replay" and counters(window)["step"] < step, 30)
    page.get_by_role("button", name="Back to live").click()
    until(lambda: counters(window)["step"] == step, 30)
    assert counters(window)["blanks"] == 0


def test_tabs_open_and_the_drive_goes_on(window, app):
    ready(window, app + "/perception")
    page = window.page
    step = facts(window)["step"]
    page.get_by_test_id("stMain").get_by_text("Training", exact=True).click()
    page.get_by_text("New run", exact=True).first.wait_for()
    window.settle()
    assert "view=training" in page.evaluate("location.href")
    page.get_by_test_id("stMain").get_by_text("Drive", exact=True).click()
    until(lambda: counters(window).get("draws", 0) > 1 and facts(window)["step"] > step, 60)

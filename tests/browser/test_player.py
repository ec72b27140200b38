"""The live player in a real Chromium, fed by the real runner and a scripted world."""

import json

import numpy as np
import pytest

from tests.browser.conftest import SMALL
from tests.browser.player_harness import KPIS
from tests.browser.watching import (
    CHIP,
    Heard,
    canvas_point,
    ink,
    players,
    redrawn,
    show,
    still,
    wait,
)
from tests.waiting import until

pytestmark = [pytest.mark.browser,
              pytest.mark.parametrize("window", [{"width": 1200, "height": 780}], ids=[""],
                                      indirect=True)]


def test_click_selects_follow_centres_and_a_drag_ends_it(window, harness, run):
    page = show(window, harness, run)
    still(page, run)
    box = page.locator(".canvas").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    # near the rim the floor is kept in view, so a robot in the middle is followed
    agent = min(range(SMALL["robots"]),
                key=lambda i: np.hypot(*np.subtract(canvas_point(page, i), middle)))
    page.mouse.move(*canvas_point(page, agent))
    wait(page, f"c.hovered === {agent}")
    page.mouse.click(*canvas_point(page, agent))
    wait(page, f"c.selected === {agent}")
    page.wait_for_selector(f"#inspector h2:has-text('R-{agent:04d}')")
    page.wait_for_selector("#inspector dd:has-text('#58 204')")
    page.keyboard.press("f")
    wait(page, "c.follow && c.zoom > 1.5")
    redrawn(page)
    assert np.hypot(*np.subtract(canvas_point(page, agent), middle)) < 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 40, middle[1] + 10)
    page.mouse.up()
    wait(page, f"!c.follow && c.selected === {agent}")
    page.locator("#inspector .close").click()
    wait(page, "c.selected === -1")
    page.wait_for_selector("#inspector p:has-text('Click a robot')")


def test_find_by_number_and_say_what_is_wrong(window, harness, run):
    page = show(window, harness, run)
    page.keyboard.press("/")
    page.keyboard.type("R-0041")
    page.keyboard.press("Enter")
    wait(page, "c.selected === 41")
    page.keyboard.press("Escape")
    wait(page, "c.selected === -1")
    page.keyboard.press("/")
    page.keyboard.type("60")
    page.wait_for_selector(".find-note:has-text('no 60: 0 to 59')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".find-input", state="hidden")


def test_keys_zoom_pan_fit_and_walk_and_leave_the_pages_own_alone(window, harness, run):
    page = show(window, harness, run)
    still(page, run)
    page.evaluate("() => { window.left = [];"
                  " addEventListener('keydown', (e) => left.push([e.key, e.defaultPrevented])) }")
    page.keyboard.press("+")
    wait(page, "c.zoom > 1.4")
    page.mouse.click(*canvas_point(page, 30))
    wait(page, "c.selected === 30")
    redrawn(page)
    before = players(page, "p.where(30)")
    page.keyboard.press("ArrowLeft")
    redrawn(page)
    after = players(page, "p.where(30)")
    # a step is 60 px, less where the world's rim would leave the canvas
    assert 10 < after["x"] - before["x"] < 62
    assert after["y"] == pytest.approx(before["y"], abs=1)
    page.keyboard.press("Tab")
    wait(page, "c.selected >= 0 && c.selected !== 30")
    page.keyboard.press("Escape")
    wait(page, "c.selected === -1")
    page.keyboard.press("0")
    wait(page, "c.zoom === 1")
    for key in ("Space", "n", "r"):
        page.keyboard.press(key)
    assert page.evaluate("() => left.slice(-3)") == [[" ", False], ["n", False], ["r", False]]


def test_wheel_zooms_about_the_pointer(window, harness, run):
    page = show(window, harness, run)
    still(page, run)
    x, y = canvas_point(page, 12)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    wait(page, "c.zoom > 1.5")
    redrawn(page)
    moved = canvas_point(page, 12)
    # device pixels are whole, and the world may not leave the canvas
    assert abs(moved[0] - x) < 40
    assert abs(moved[1] - y) < 40


def test_each_layer_toggle_changes_the_picture_and_back(window, harness, run):
    page = show(window, harness, run)
    wait(page, "c.head > 8")
    still(page, run)
    redrawn(page)
    before = ink(page)
    for label in ("Demand", "Congestion", "Guidance", "Trails"):
        button = page.locator(".toggle", has_text=label)
        button.click()
        redrawn(page)
        assert button.get_attribute("aria-pressed") == "false"
        assert ink(page) != before, label
        button.click()
        redrawn(page)
        assert ink(page) == before, label


def test_pointing_at_a_legend_entry_fades_the_other_states(window, harness, run):
    page = show(window, harness, run)
    still(page, run)
    redrawn(page)
    before = ink(page)
    page.locator(".legend-item", has_text="Loaded").hover()
    redrawn(page)
    assert ink(page) != before
    counts = [int(t) for t in page.locator(".legend-item b").all_text_contents()]
    assert sum(counts) == SMALL["robots"]


def test_scrubbing_shows_the_past_and_live_returns(window, harness, run):
    heard = Heard(window.page)
    run.set_rate(60.0)
    page = show(window, harness, run)
    wait(page, "c.head > 150")
    still(page, run)
    run.set_rate(5.0)
    live = players(page, "p.counters.head")
    track = page.locator(".timeline-canvas")
    box = track.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 38)
    page.wait_for_selector(".timeline-tip:not([hidden])")
    page.mouse.down()
    wait(page, f"c.mode === 'replay' && c.head > 0 && c.head < {live} - 20")
    shown = players(page, "p.picture()")
    frame = heard.frames()[shown["step"]]
    assert shown["x"] == frame.xy[:, 0].tolist()
    page.mouse.up()
    track.press("ArrowLeft")
    held = players(page, "p.counters.head")
    track.press("Shift+ArrowLeft")
    wait(page, f"c.head < {held} - 8")
    page.locator(".timeline-live").click()
    wait(page, f"c.mode === 'live' && c.head >= {live}")


def test_a_replay_plays_on_and_asks_for_more(window, harness, run):
    run.set_rate(0)
    page = show(window, harness, run)
    wait(page, "c.head > 500")
    still(page, run)
    run.set_rate(200.0)
    page.locator(".timeline-canvas").click(position={"x": 10, "y": 38})
    wait(page, "c.mode === 'replay' && c.head < 100")
    # one answer holds about 240 steps: passing them takes another
    wait(page, "c.head > 340")


def test_events_are_told_on_the_timeline_and_a_press_goes_there(window, harness, run):
    run.set_rate(60.0)
    page = show(window, harness, run)
    wait(page, "c.head > 100")
    still(page, run)
    box = page.locator(".timeline-canvas").bounding_box()
    first, last = players(page, "p.counters.window")
    share = (40 - first) / max(120, last - first)
    page.mouse.move(box["x"] + 8 + share * (box["width"] - 16) * 0.975, box["y"] + 38)
    page.wait_for_selector(".timeline-tip:has-text('Order wave')")
    page.mouse.down()
    wait(page, "c.mode === 'replay' && c.head === 40")
    page.mouse.up()


def test_a_changed_knob_shows_its_epoch_and_the_head_never_turns_back(window, harness, run):
    page = show(window, harness, run)
    wait(page, "c.buffer > 0.3")
    page.evaluate("""() => {
      const p = Object.values(window.__atrium.players)[0];
      window.heads = [];
      const look = () => { heads.push(p.counters.head); requestAnimationFrame(look); };
      look();
    }""")
    epoch = run.epoch
    run.set_params(run.params.with_changes(patience=0.6))
    wait(page, f"c.epochShown > {epoch}")
    wait(page, f"c.head > {run.step_count} + 3")
    heads = np.array(page.evaluate("() => heads"))
    assert (np.diff(heads) >= 0).all()
    assert players(page, "p.counters.resyncs") == 0


def test_a_hidden_page_keeps_nothing_and_returns_to_now(window, harness, run):
    page = show(window, harness, run)
    hide = ("(hidden) => { Object.defineProperty(document, 'hidden', {get: () => hidden,"
            " configurable: true}); document.dispatchEvent(new Event('visibilitychange')) }")
    page.evaluate(hide, True)
    run.set_rate(50.0)
    before = players(page, "p.counters")
    until(lambda: run.step_count > before["last"] + 60)
    after = players(page, "p.counters")
    assert after["last"] <= before["last"] + 5
    assert after["draws"] <= before["draws"] + 1
    page.evaluate(hide, False)
    wait(page, f"c.head > {before['last']} + 60")


def test_a_closed_aisle_is_drawn(window, harness, run):
    page = show(window, harness, run)
    still(page, run)
    redrawn(page)
    before = ink(page, WARM)
    run.command("close", {"row": 4})
    run.set_running(True).result(5)
    wait(page, f"c.head > {run.step_count} + 2")
    still(page, run)
    redrawn(page)
    assert ink(page, WARM) > before + 200


WARM = "pixels.reduce((n, p) => n + ((p & 255) - (p >> 16 & 255) > 40), 0)"
CONTRAST = """() => {
  const parse = (t) => {
    const c = new OffscreenCanvas(1, 1).getContext("2d");
    c.fillStyle = t; c.fillRect(0, 0, 1, 1);
    return [...c.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const f = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const ground = (node) => {
    for (let n = node; n; n = n.parentElement ?? n.getRootNode().host) {
      const c = parse(getComputedStyle(n).backgroundColor);
      if (c[3] > 250) return c;
    }
  };
  const out = [];
  for (const id of ["kpis", "player", "inspector"]) {
    const walker = document.createTreeWalker(document.getElementById(id).shadowRoot, 4);
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
      const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))];
      out.push([walker.currentNode.data.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
    }
  }
  return out;
}"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_all_text_has_aa_contrast(window, harness, run, theme):
    page = show(window, harness, run, theme)
    assert players(page, "p.counters.theme") == theme
    page.locator("#player .toggle").first.click()
    page.keyboard.press("/")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    page.wait_for_selector("#inspector dd:has-text('#58 204')")
    ratios = page.evaluate(CONTRAST)
    assert len(ratios) > 60
    assert [r for r in ratios if r[1] < 4.5] == []


def test_the_theme_follows_the_page(window, harness, run):
    page = show(window, harness, run, "dark")
    page.evaluate("() => { document.documentElement.dataset.pageTheme = 'light' }")
    wait(page, "c.theme === 'light'")
    page.wait_for_selector("#kpis .kpis[data-theme=light]")
    page.wait_for_selector("#inspector .inspector[data-theme=light]")


def test_a_narrow_window_keeps_every_control_in_reach(window, harness, run):
    page = show(window, harness, run)
    page.set_viewport_size({"width": 768, "height": 800})
    page.wait_for_function("() => document.querySelector('#player').clientWidth < 740")
    stage = page.locator(".stage").bounding_box()
    for button in page.locator(".stage button:visible").all():
        box = button.bounding_box()
        assert box["x"] >= stage["x"]
        assert box["x"] + box["width"] <= stage["x"] + stage["width"]
        assert box["y"] + box["height"] <= stage["y"] + stage["height"]


def test_reduced_motion_draws_a_few_frames_a_second(window, harness, run):
    window.page.emulate_media(reduced_motion="reduce")
    page = show(window, harness, run)
    page.wait_for_selector(f"{CHIP}:has-text('reduced motion')")
    draws, frames = page.evaluate("""() => new Promise((done) => {
      const p = Object.values(window.__atrium.players)[0];
      const from = p.counters.draws;
      let frames = 0;
      const look = () => ++frames < 40 ? requestAnimationFrame(look)
        : done([p.counters.draws - from, frames]);
      look();
    })""")
    assert draws < frames / 4


def test_kpi_cards_update_in_place(window, harness, run):
    page = show(window, harness, run)
    values = page.locator("#kpis .kpi-value")
    assert values.all_text_contents() == [k["value"] or "—" for k in KPIS]
    assert page.locator("#kpis .kpi").nth(3).get_attribute("title") == KPIS[3]["help"]
    # a gap in the series interrupts the line instead of drawing through zero
    assert page.locator("#kpis .spark-line").nth(3).get_attribute("d").count("M") == 2
    page.evaluate("() => { window.card = document.querySelector('#kpis').shadowRoot"
                  ".querySelector('.kpi') }")
    changed = [{**KPIS[0], "value": "5.10"}, *KPIS[1:]]
    page.evaluate(f"() => mount('kpis', {json.dumps({'items': changed})})")
    assert values.first.text_content() == "5.10"
    assert page.evaluate("() => card.isConnected && card.querySelector('.kpi-value')"
                         ".textContent === '5.10'")


def test_a_new_token_connects_anew_and_unmounting_leaves_nothing(window, harness, run):
    page = show(window, harness, run)
    other = harness.open(rate=5.0, seed=2, robots=31, width=62, height=26)
    page.evaluate(f"() => mount('player', {{run: '{other.token}',"
                  f" ws: '/live/ws?run={other.token}', height: 616}})")
    wait(page, "c.agents === 31 && c.head > 0")
    page.wait_for_function("() => Object.keys(window.__atrium.players).length === 1")
    page.evaluate("() => unmount('player')")
    assert page.evaluate("() => document.querySelector('#player').shadowRoot.children.length") == 0
    page.wait_for_function("async () => (await (await fetch('/live/runs')).json())"
                           ".every((r) => r.viewers === 0)")
    harness.runs.stop(other.token)


def test_an_empty_floor_is_drawn(window, harness):
    run = harness.open(rate=5.0, robots=0, width=62, height=26)
    page = window.page
    page.goto(harness.url(run))
    wait(page, "c.draws > 5 && c.state === 'running'")
    assert ink(page, "new Set(pixels).size") > 10
    harness.runs.stop(run.token)

"""The city on the live player, fed by the real runner and a scripted world."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from engine.live.run import Run
from tests.browser.dispatch_world import ASSIGNED, IDLE, PICKUP, RIDING, SLOTS, WAITING
from tests.browser.player_harness import Harness
from tests.browser.watching import canvas_point, ink, players, redrawn, show, still, wait
from tests.waiting import until

pytestmark = [pytest.mark.browser,
              pytest.mark.parametrize("window", [{"width": 1200, "height": 780}], ids=[""],
                                      indirect=True)]
DRIVERS = 300
TOLD = "document.querySelector('#inspector').shadowRoot.querySelector('{}')"


@pytest.fixture
def run(harness: Harness) -> Iterator[Run]:
    """A city at ten steps a second."""
    made = harness.open(rate=10.0, domain="dispatch", drivers=DRIVERS, pitch_m=320.0)
    yield made
    harness.runs.stop(made.token)


def agents_of(page, kind: int) -> list[int]:
    return [i for i, s in enumerate(players(page, "p.picture().state")) if s & 7 == kind]


def in_view(page, agents: list[int]) -> int:
    """The one nearest to the middle of the canvas."""
    box = page.locator(".canvas").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return min(agents, key=lambda i: np.hypot(*np.subtract(canvas_point(page, i), middle)))


def select(page, agent: int) -> None:
    page.mouse.click(*canvas_point(page, agent))
    wait(page, f"c.selected === {agent}")


def with_matches(page, run: Run) -> None:
    """Hold the city still while somebody is fetched, with the slow pictures of that moment."""
    wait(page, "p.picture().state.some((s) => (s & 7) === 6)")
    still(page, run)
    since, last = time.monotonic(), 0

    def unchanged() -> bool:
        nonlocal since, last
        redrawn(page)
        now = ink(page)
        if now != last:
            since, last = time.monotonic(), now
        return time.monotonic() - since > 1.5  # layers come once a second

    until(unchanged)


def test_the_city_opens_filled_and_fits_on_demand(window, harness, run):
    page = show(window, harness, run)
    assert players(page, "p.counters.zoom") > 1.2
    page.keyboard.press("0")
    wait(page, "c.zoom === 1")
    still(page, run)
    box = page.locator(".canvas").bounding_box()
    for agent in range(0, DRIVERS, 25):
        x, y = canvas_point(page, agent)
        assert box["x"] <= x <= box["x"] + box["width"]
        assert box["y"] <= y <= box["y"] + box["height"]


def test_north_is_up(window, harness, run):
    page = show(window, harness, run)
    still(page, run)
    redrawn(page)
    y = np.array(players(page, "p.picture().y")[:DRIVERS])
    shown = [canvas_point(page, i)[1] for i in (int(y.argmax()), int(y.argmin()))]
    assert shown[0] < shown[1]


def test_the_legend_counts_what_is_drawn(window, harness, run):
    page = show(window, harness, run)
    with_matches(page, run)
    page.wait_for_function(
        "() => [...document.querySelector('#player').shadowRoot"
        ".querySelectorAll('.legend-item b')].every((b) => b.textContent !== '–')")
    text = page.locator(".legend-item").all_text_contents()
    counts = {t.rsplit(" ", 1)[0].strip(): int(t.rsplit(" ", 1)[1]) for t in text}
    assert counts["Idle"] == len(agents_of(page, IDLE))
    assert counts["To pickup"] == len(agents_of(page, PICKUP))
    assert counts["Waiting"] == len(agents_of(page, WAITING))
    assert counts["Car on its way"] == len(agents_of(page, ASSIGNED))
    cars = [counts[n] for n in ("Idle", "To pickup", "With rider", "Pooled", "Repositioning")]
    assert sum(cars) == DRIVERS


def test_each_layer_toggle_changes_the_picture_and_back(window, harness, run):
    page = show(window, harness, run)
    wait(page, "c.head > 120")
    with_matches(page, run)
    before = ink(page)
    for label in ("Surge", "Matches", "Trails", "Riders", "Names", "Demand"):
        button = page.locator(".toggle", has_text=label)
        button.click()
        redrawn(page)
        assert ink(page) != before, label
        button.click()
        redrawn(page)
        assert ink(page) == before, label


def test_pointing_at_a_legend_entry_fades_the_others(window, harness, run):
    page = show(window, harness, run)
    with_matches(page, run)
    before = ink(page)
    page.locator(".legend-item", has_text="With rider").hover()
    redrawn(page)
    assert ink(page) != before


def test_a_driver_is_explained_and_its_rivals_lead_to_theirs(window, harness, run):
    page = show(window, harness, run)
    with_matches(page, run)
    driver = in_view(page, agents_of(page, PICKUP))
    select(page, driver)
    page.wait_for_selector(f"#inspector h2:has-text('D-{driver:04d}')")
    rows = page.locator("#inspector .why tbody tr")
    page.wait_for_function(f"() => {TOLD.format('.why')}.hidden === false")
    assert rows.count() == 4
    assert rows.nth(0).get_attribute("class") == "chosen"
    assert f"{driver:04d}" in rows.nth(0).inner_text()
    other = int(rows.nth(1).get_attribute("data-agent"))
    before = ink(page)
    rows.nth(1).hover()
    redrawn(page)
    assert ink(page) != before, "the row points at its driver on the map"
    rows.nth(1).click()
    wait(page, f"c.selected === {other}")


def test_a_waiting_rider_can_be_chosen_and_is_dropped_when_gone(window, harness, run):
    page = show(window, harness, run)
    with_matches(page, run)
    rider = in_view(page, agents_of(page, ASSIGNED))
    select(page, rider)
    page.wait_for_selector("#inspector h2:has-text('R-')")
    page.locator("#inspector .tag", has_text="Assigned").first.wait_for()
    run.set_running(True)
    wait(page, "c.selected === -1")
    page.wait_for_selector("#inspector p:has-text('Click a driver or a rider')")


def test_find_knows_drivers_and_riders(window, harness, run):
    page = show(window, harness, run)
    with_matches(page, run)
    slot = agents_of(page, ASSIGNED)[0] - DRIVERS
    for text, agent in (("17", 17), ("D-0017", 17), (f"r-{slot}", DRIVERS + slot)):
        page.keyboard.press("/")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        wait(page, f"c.selected === {agent}")
        page.keyboard.press("Escape")
        wait(page, "c.selected === -1")
    free = min(set(range(DRIVERS, DRIVERS + SLOTS)) - set(
        agents_of(page, ASSIGNED) + agents_of(page, WAITING))) - DRIVERS
    for text, says in (("D-300", "no D-300: 0 to 299"),
                       (f"R-{free}", f"R-{free:04d} is not on the map")):
        page.keyboard.press("/")
        page.keyboard.type(text)
        page.wait_for_selector(f".find-note:has-text('{says}')")
        page.keyboard.press("Escape")


def test_follow_keeps_the_car_in_the_middle_and_the_map_in_the_corner_leads_away(
        window, harness, run):
    page = show(window, harness, run)
    with_matches(page, run)
    select(page, in_view(page, agents_of(page, PICKUP)))
    page.keyboard.press("f")
    wait(page, "c.follow && c.zoom > 1.5")
    redrawn(page)
    box = page.locator(".canvas").bounding_box()
    at = canvas_point(page, players(page, "p.counters.selected"))
    assert np.hypot(at[0] - box["x"] - box["width"] / 2, at[1] - box["y"] - box["height"] / 2) < 3
    page.mouse.click(box["x"] + box["width"] - 40, box["y"] + box["height"] - 40)
    wait(page, "!c.follow")


def test_riders_are_not_carried_from_one_place_to_another(window, harness):
    """A slot that changes hands is in one place or in the other; a car glides between."""
    window.page.goto(harness.url("none"))
    got = window.page.evaluate("""async () => {
      const { Fleet } = await import("/assets/player/painters/dispatch/fleet.js");
      const { Picture } = await import("/assets/player/wire.js");
      const [before, after] = [new Picture(3), new Picture(3)];
      after.step = 1;
      before.x.set([100, 0, 500]);
      after.x.set([120, 9000, 900]);
      before.state.fill(1, 0, 2);
      after.state.fill(1, 0, 2);
      before.state[2] = after.state[2] = 5;
      const fleet = new Fleet(2, 1000, 1, 2);
      return [0, 0.25, 0.75, 1].map((t) => {
        fleet.place(before, after, t);
        return [...fleet.x];
      });
    }""")
    assert [g[0] for g in got] == [100, 105, 115, 120], "a car that drives"
    assert [g[1] for g in got] == [0, 0, 9000, 9000], "a car that comes on shift elsewhere"
    assert [g[2] for g in got] == [500, 500, 900, 900], "a slot that changes hands"


def test_a_closed_street_is_drawn(window, harness, run):
    page = show(window, harness, run)
    page.keyboard.press("0")
    still(page, run)
    redrawn(page)
    closed = "pixels.filter((p) => (p & 0xffffff) === 0x2a70f0).length"
    before = ink(page, closed)
    run.command("close", {})
    run.single_step()
    until(lambda: ink(page, closed) > before + 60)


def test_a_slow_run_plays_without_a_stall(window, harness):
    """One step every two seconds: the picture glides, it neither stands nor jumps."""
    run = harness.open(rate=0.5, domain="dispatch", drivers=40, pitch_m=400.0)
    page = window.page
    page.goto(harness.url(run))
    wait(page, "c.head > 1")
    before = players(page, "({ stalls: p.counters.stalls, resyncs: p.counters.resyncs,"
                           " head: p.counters.head })")
    wait(page, f"c.head > {before['head'] + 3}")
    after = players(page, "p.counters")
    assert after["resyncs"] == before["resyncs"]
    assert after["stalls"] == before["stalls"]
    harness.runs.stop(run.token)


def test_a_crash_is_shown_with_its_sentence(window, harness, run):
    page = show(window, harness, run)
    run.command("fail", {})
    page.wait_for_selector(".notice:has-text('told to fail')")


def test_an_empty_city_is_drawn(window, harness):
    run = harness.open(rate=10.0, domain="dispatch", drivers=0, requests=0.0, pitch_m=400.0)
    page = window.page
    page.goto(harness.url(run))
    wait(page, "c.draws > 5 && c.link === 'open'")
    assert ink(page, "new Set(pixels).size") > 5
    harness.runs.stop(run.token)


def test_a_difference_is_told_in_points_or_percent_with_its_direction(window, harness):
    window.page.goto(harness.url("none"))
    got = window.page.evaluate("""async () => {
      const { difference } = await import("/assets/player/versus.js");
      const card = (number, unit, good) => ({ number, unit, good });
      return [[card(4, "min", -1), card(3, "min", -1)], [card(90, "%", 1), card(88.5, "%", 1)],
        [card(5, "s", 0), card(6, "s", 0)], [card(2, "min", -1), card(2, "min", -1)],
        [card(null, "min", -1), card(2, "min", -1)], [undefined, card(2, "min", -1)]]
        .map(([a, b]) => difference(a, b));
    }""")
    assert got == [["−25.0 %", "good"], ["−1.5 pt", "bad"], ["+20.0 %", "flat"], ["same", "flat"],
                   ["", "flat"], ["", "flat"]]


def test_a_player_taken_away_after_the_next_one_stands_leaves_it_alone(window, harness, run):
    """A page that redraws mounts a run's player in a new place before it clears the old one."""
    page = show(window, harness, run)
    page.evaluate("""async (data) => {
      const { default: mount } = await import("/assets/player/player.js");
      const place = document.createElement("div");
      document.getElementById("main").prepend(place);
      mount({ data, parentElement: place.attachShadow({ mode: "open" }) });
      window.unmount("player");
    }""", {"run": run.token, "ws": f"/live/ws?run={run.token}", "height": 616})
    wait(page, "c.draws > 5 && c.head > 20")
    driver = agents_of(page, RIDING)[0]
    page.keyboard.press("/")
    page.keyboard.type(str(driver))
    page.keyboard.press("Enter")
    wait(page, f"c.selected === {driver}")
    page.wait_for_function(f"() => {TOLD.format('.inspector')}?.innerText.includes('D-')")


def blue(page) -> int:
    """Pixels of the canvas that are clearly bluer than the ground."""
    return ink(page, "pixels.filter((p) => (p >>> 16 & 255) > 45 && (p & 255) < 40).length")


def test_rings_lie_about_the_place_that_is_pressed(window, harness, run):
    page = show(window, harness, run)
    still(page, run)
    for layer in ("Surge", "Matches", "Trails", "Riders", "Names"):
        page.get_by_role("button", name=layer, exact=True).click()
    page.keyboard.press("0")
    wait(page, "c.zoom === 1")
    redrawn(page)
    plain = blue(page)
    asked = run.ask(lambda sim: sim)
    page.get_by_role("button", name="ETA rings").click()
    until(lambda: asked.reach)
    assert asked.reach["x"] == pytest.approx(8000, abs=60), "the middle, where nobody is selected"
    assert page.locator(".legend-ramp.optional:not(.off)").inner_text().startswith("Drive 3 min")
    run.single_step()
    until(lambda: blue(page) > plain + 20_000)
    canvas = page.locator(".canvas")
    box = canvas.bounding_box()
    players_at = np.array([canvas_point(page, i) for i in range(DRIVERS)])
    spots = [(box["x"] + a * box["width"], box["y"] + b * box["height"])
             for a in np.linspace(0.2, 0.8, 13) for b in np.linspace(0.3, 0.7, 9)]
    empty = max(spots, key=lambda s: np.hypot(*(players_at - s).T).min())
    before = dict(asked.reach)
    page.mouse.click(*empty)
    until(lambda: asked.reach != before)
    page.get_by_role("button", name="ETA rings").click()
    until(lambda: not asked.reach)
    redrawn(page)
    until(lambda: blue(page) < plain + 10_000)  # the step has moved the cars


def test_slow_streets_are_coloured(window, harness, run):
    page = show(window, harness, run)
    still(page, run)
    page.get_by_role("button", name="Surge", exact=True).click()
    redrawn(page)
    amber = "pixels.filter((p) => (p & 255) > 140 && (p >>> 16 & 255) < 60).length"
    before = ink(page, amber)
    page.get_by_role("button", name="Traffic").click()
    redrawn(page)
    until(lambda: ink(page, amber) > before + 5_000)

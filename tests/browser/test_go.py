"""The Go page as a person uses it, in a real Chromium."""

import json
import re
from contextlib import suppress

import pytest
from playwright.sync_api import Download, Page
from playwright.sync_api import TimeoutError as Late

from tests.browser.conftest import Window
from tests.waiting import until

pytestmark = pytest.mark.browser
COLUMNS = "ABCDEFGHJKLMNOPQRST"
ALONE = "/go?scenario=analysis"


def facts(window: Window) -> dict:
    return window.page.evaluate("() => window.__atrium?.go?.facts ?? {}")


def counters(window: Window) -> dict:
    return window.page.evaluate("() => window.__atrium?.go?.counters ?? {}")


def point(vertex: str, size: int = 9) -> int:
    return (size - int(vertex[1:])) * size + COLUMNS.index(vertex[0])


def ready(window: Window, url: str) -> Page:
    """Open the page and wait for the board and a first opinion."""
    window.open(url)
    until(lambda: facts(window).get("candidates"), 60)
    until(lambda: counters(window)["draws"] > 0)
    return window.page


def click(window: Window, vertex: str) -> None:
    size = facts(window)["size"]
    at = window.page.evaluate("p => window.__atrium.go.where(p)", point(vertex, size))
    window.page.locator(".board-canvas").click(position=at)


def stone(window: Window, vertex: str) -> str:
    shown = facts(window)
    return shown["stones"][point(vertex, shown["size"])]


def saved_record(window: Window) -> str:
    """Press Save, again where a redraw replaced the file between the press and its answer."""
    saved: list[Download] = []

    def pressed() -> bool:
        window.settle()
        with suppress(Late):
            with window.page.expect_download(timeout=5_000) as download:
                window.page.get_by_role("button", name="Save as SGF").click()
            saved.append(download.value)
        return bool(saved)

    until(pressed, 60)
    return saved[0].path().read_text()


def searched(window: Window) -> None:
    until(lambda: facts(window)["search"]["visits"] >= 50, 30)


@pytest.mark.parametrize("window", [{"theme": "dark"}, {"theme": "light"}], indirect=True)
def test_a_cold_open_thinks_and_asks_nobody_outside(window, app):
    page = ready(window, app + "/go")
    searched(window)
    theme = "light" if page.evaluate("matchMedia('(prefers-color-scheme: light)').matches") else (
        "dark")
    assert counters(window)["theme"] == theme
    until(lambda: "—" not in page.locator(".kpi").first.inner_text())
    until(lambda: counters(window)["branches"] > 3)
    assert page.locator(".candidates-card tbody tr").count() > 3


def test_a_game_is_played_with_the_mouse_and_the_engine_answers(window, app):
    ready(window, app + "/go")
    click(window, "E5")
    until(lambda: stone(window, "E5") == "X")
    until(lambda: facts(window)["phase"]["kind"] == "yours", 60)
    assert facts(window)["number"] == 2
    assert facts(window)["stones"].count("O") == 1


def test_a_game_is_played_with_the_keyboard_and_spoken(window, app):
    page = ready(window, app + ALONE)
    board = page.locator(".board-canvas")
    board.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    until(lambda: counters(window)["cursor"] >= 0)
    cursor = counters(window)["cursor"]
    spoken = page.locator(".board-card .spoken").inner_text()
    assert re.match(r"[A-J]\d, empty", spoken)
    page.keyboard.press("Enter")
    until(lambda: facts(window)["stones"][cursor] == "X")
    assert "move 1, White to move" in board.get_attribute("aria-label")
    page.keyboard.press("p")
    until(lambda: facts(window)["number"] == 2)
    page.keyboard.press("Backspace")
    until(lambda: facts(window)["number"] == 1)
    page.keyboard.press(",")
    until(lambda: facts(window)["number"] == 0)
    page.keyboard.press("End")
    until(lambda: facts(window)["number"] == 2)


def test_an_illegal_move_is_explained_and_nothing_changes(window, app):
    page = ready(window, app + ALONE)
    click(window, "E5")
    until(lambda: stone(window, "E5") == "X")
    click(window, "E5")
    page.get_by_text("E5 has a black stone on it").wait_for()
    assert facts(window)["number"] == 1


def test_layers_and_hovering_a_candidate(window, app):
    page = ready(window, app + ALONE)
    searched(window)
    for layer in ("Heat map", "Numbers", "Ownership", "Candidates"):
        chip = page.get_by_role("button", name=layer, exact=True)
        before = chip.get_attribute("aria-pressed")
        chip.click()
        until(lambda c=chip, b=before: c.get_attribute("aria-pressed") != b)
    heat = page.get_by_role("button", name="Heat map", exact=True)
    assert heat.get_attribute("aria-pressed") == "false", "never with the discs"
    page.locator(".candidates-card tbody tr").first.hover()
    until(lambda: counters(window)["hover"] == facts(window)["candidates"][0]["point"])


def test_the_tree_grows_can_be_scrubbed_and_walked_into(window, app):
    page = ready(window, app + ALONE)
    until(lambda: facts(window)["search"]["visits"] >= 1600, 60)
    until(lambda: counters(window)["moments"] >= 2)
    page.locator(".tree-slider").fill("1")
    until(lambda: counters(window)["growth"] is not None)
    until(lambda: page.locator(".tree-growth b").inner_text() != "1,600")
    page.locator(".tree-slider").fill("1000")
    until(lambda: counters(window)["growth"] is None)
    branch = page.evaluate("() => { const b = window.__atrium.go.branch(1);"
                           " return { x: b.x, y: b.y + b.height / 2, move: b.move }; }")
    page.locator(".tree-canvas").click(position={"x": branch["x"] + 2, "y": branch["y"]})
    until(lambda: facts(window)["mode"] == "what_if")
    assert facts(window)["last"] == branch["move"]
    page.get_by_role("button", name="What if").click()
    until(lambda: facts(window)["mode"] == "play" and facts(window)["number"] == 0)


def test_a_review_finds_what_moves_cost_and_leads_there(window, app):
    page = ready(window, app + ALONE)
    for vertex in ("E5", "A1", "C3", "A9"):
        click(window, vertex)
        until(lambda v=vertex: stone(window, v) != ".")
    page.get_by_text("Review", exact=True).click()
    window.settle()
    page.get_by_role("button", name="Review the game").click()
    page.get_by_text("Reviewing 4 moves").wait_for()
    until(lambda: facts(window)["review"] is None and facts(window)["number"] == 4, 120)
    assert facts(window)["line"]["known"] == 4
    graph = page.locator(".graph-box svg")
    box = graph.bounding_box()
    graph.click(position={"x": 36 + 0.1 * (box["width"] - 82), "y": box["height"] / 2})
    until(lambda: facts(window)["number"] == 1)
    assert "view=review" in page.evaluate("location.href")


def test_a_record_is_pasted_saved_and_refused(window, app):
    page = ready(window, app + ALONE)
    page.get_by_role("button", name="Record").click()
    field = page.get_by_label("or paste it")
    field.fill("(;GM[1]SZ[13]KM[6.5];B[gg](;W[cc])(;W[kk];B[ck]))")
    page.get_by_role("button", name="Open what was pasted").click()
    until(lambda: facts(window).get("size") == 13)
    assert facts(window)["number"] == 2
    text = saved_record(window)
    assert "SZ[13]" in text
    assert "W[kk]" in text
    window.settle()
    field.fill("(;SZ[9];B[ee];W[ee])")
    page.get_by_role("button", name="Open what was pasted").click()
    page.get_by_text("breaks the rules after move 1").wait_for()
    assert facts(window)["size"] == 13


def test_another_board_is_another_game(window, app):
    page = ready(window, app + ALONE)
    click(window, "E5")
    until(lambda: stone(window, "E5") == "X")
    page.get_by_text("13×13", exact=True).click()
    until(lambda: facts(window).get("size") == 13, 30)
    assert "X" not in facts(window)["stones"]


def test_space_pauses_the_search_and_moves_can_still_be_made(window, app):
    page = ready(window, app + ALONE)
    page.keyboard.press("Space")
    until(lambda: counters(window)["state"] == "paused")
    click(window, "E5")
    until(lambda: stone(window, "E5") == "X")
    assert facts(window)["search"]["visits"] == 0
    page.keyboard.press("Space")
    searched(window)


def test_a_reload_keeps_the_game(window, app):
    page = ready(window, app + ALONE)
    click(window, "E5")
    until(lambda: stone(window, "E5") == "X")
    until(lambda: "run=" in page.evaluate("location.href"))
    page.reload()
    until(lambda: facts(window).get("number") == 1, 60)
    assert stone(window, "E5") == "X"


@pytest.mark.parametrize("window", [{"width": 800, "height": 900}], indirect=True)
def test_a_narrow_window_keeps_the_board_and_scrolls_no_sideways(window, app):
    page = ready(window, app + ALONE)
    box = page.locator(".board-canvas").bounding_box()
    assert box["width"] > 400
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 800
    assert page.evaluate("document.documentElement.scrollWidth") <= 800


def test_what_is_shown_can_be_taken_along(window, app):
    page = ready(window, app + ALONE)
    searched(window)
    with page.expect_download() as table:
        page.get_by_role("button", name="Candidates CSV").click()
    rows = table.value.path().read_text().splitlines()
    assert rows[0].startswith("move,visits,share")
    assert len(rows) == len(facts(window)["candidates"]) + 1
    with page.expect_download() as tree:
        page.get_by_role("button", name="Tree JSON").click()
    nodes = json.loads(tree.value.path().read_text())["nodes"]
    assert nodes[0]["parent"] is None
    with page.expect_download() as picture:
        page.get_by_role("button", name="Board PNG").click()
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")


def test_the_training_tab_invites_to_a_first_run(window, app):
    window.open(app + "/go?view=training")
    window.page.get_by_text("No network has been trained here yet").wait_for()
    window.page.get_by_role("button", name="New run").click()
    window.page.get_by_label("Name of the run").wait_for()

"""What the player says when a run is lost, gone, crashed, paused or not started."""

import pytest

from tests.browser.watching import CHIP, players, show, still, wait

pytestmark = [pytest.mark.browser,
              pytest.mark.parametrize("window", [{"width": 1200, "height": 780}], ids=[""],
                                      indirect=True)]


def test_a_lost_connection_is_told_and_mended(window, harness, run):
    page = show(window, harness, run)
    head = players(page, "p.counters.head")
    page.locator("#player .canvas").click()
    players(page, "p.drop()")
    page.wait_for_selector(f"{CHIP}:has-text('reconnecting')")
    wait(page, f"c.link === 'open' && c.head > {head}")
    page.wait_for_selector(f"{CHIP}:has-text('buffer')")


def test_an_unknown_run_offers_a_new_one(window, harness):
    page = window.page
    page.goto(harness.url("nobody"))
    page.wait_for_selector(".notice:has-text('This run has ended')")
    page.locator(".notice-action").click()
    assert page.evaluate("() => triggers") == [["action", "start"]]


def test_a_crashed_run_says_why_and_offers_a_restart(window, harness, run):
    page = show(window, harness, run)
    run.command("fail", {})
    page.wait_for_selector(".notice:has-text('told to fail')")
    page.wait_for_selector(f"{CHIP}:has-text('crashed')")
    page.locator(".notice-action").click()
    assert page.evaluate("() => triggers") == [["action", "restart"]]
    run.reset().result(10)
    page.wait_for_selector(".notice", state="hidden")
    wait(page, "c.state === 'running' && c.head > 1")


def test_a_paused_run_says_so_and_shows_a_single_step(window, harness, run):
    page = show(window, harness, run)
    still(page, run)
    page.wait_for_selector(f"{CHIP}:has-text('paused')")
    step = run.step_count
    run.single_step()
    wait(page, f"c.head === {step + 1}")


def test_a_run_at_its_start_offers_to_run(window, harness, run):
    run.reset(running=False).result(10)
    page = window.page
    page.goto(harness.url(run))
    page.wait_for_selector(".notice:has-text('Not started yet')")
    page.locator(".notice-action").click()
    assert page.evaluate("() => triggers") == [["action", "run"]]
    run.set_running(True)
    page.wait_for_selector(".notice", state="hidden")

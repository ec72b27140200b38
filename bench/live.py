"""What a person feels: frames a second, bytes, server time, answers to a slider, first render.

Needs a Chromium (scripts/browser.py) and nothing else; the browser has no GPU here, as on a
plain office machine seen through remote desktop.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.browser import find_chromium
from tests.serving import FLAGS, IDLE, answers, free_port, start_app
from tests.waiting import until

PLAYER = "Object.values(window.__atrium?.players ?? {})[0]"
COUNT = f"() => {{ const p = {PLAYER}; return p?.counters ?? {{}} }}"
WATCH_S = 10.0
# one that only changes what robots do next, and one for which every way is priced anew
SLIDERS = ("Lift a pod", "Live congestion")

# Notes the moment the picture of a new epoch is on the screen.
AWAIT_EPOCH = f"""(before) => new Promise((done) => {{
  const look = () => {PLAYER}.counters.epochShown !== before ? done(performance.now())
    : requestAnimationFrame(look);
  look();
}})"""


def counters(page: Page) -> dict:
    return page.evaluate(COUNT)


def wait_drawing(page: Page) -> None:
    until(lambda: counters(page).get("draws", 0) > 5, 90)


def seconds(cpu: psutil.Process) -> float:
    times = cpu.cpu_times()
    return times.user + times.system


def watch(page: Page, server: psutil.Process) -> dict:
    """Counters over some seconds of playing."""
    page.wait_for_timeout(6000)
    before, cpu, begun = counters(page), seconds(server), time.perf_counter()
    page.wait_for_timeout(WATCH_S * 1000)
    after, took = counters(page), time.perf_counter() - begun
    return {
        "fps": (after["draws"] - before["draws"]) / took,
        "p99_ms": after["intervalP99"],
        "kB_s": (after["bytes"] - before["bytes"]) / took / 1000,
        "cpu": 100 * (seconds(server) - cpu) / took,
    }


def alone(server: psutil.Process) -> float:
    """Server CPU of the same run with nobody watching, percent of a core."""
    time.sleep(3)
    cpu, begun = seconds(server), time.perf_counter()
    time.sleep(WATCH_S)
    return 100 * (seconds(server) - cpu) / (time.perf_counter() - begun)


def answers_to_a_slider(page: Page, label: str, times: int) -> list[float]:
    """Milliseconds from a key press on a slider to the first frame of the world's answer."""
    thumb = page.get_by_role("slider", name=label)
    thumb.focus()
    took = []
    for i in range(times):
        before = counters(page)["epochShown"]
        begun = page.evaluate("performance.now()")
        thumb.press("ArrowRight" if i % 2 == 0 else "ArrowLeft")
        took.append(page.evaluate(AWAIT_EPOCH, before) - begun)
        page.wait_for_timeout(400)
    return took


def first_render(browser: Browser) -> tuple[float, float]:
    """Seconds from a fresh server's start to its first answer, and from goto to a moving floor."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        begun = time.perf_counter()
        server = start_app(Path(folder), port)
        try:
            until(lambda: answers(port), 60)
            up = time.perf_counter() - begun
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            begun = time.perf_counter()
            page.goto(f"http://localhost:{port}/")
            wait_drawing(page)
            drawn = time.perf_counter() - begun
            page.context.close()
        finally:
            server.terminate()
            server.wait(20)
    return up, drawn


def switch(page: Page) -> float:
    """Seconds from a click in the navigation until the other page stands."""
    begun = time.perf_counter()
    page.get_by_test_id("stTopNav").get_by_role("link", name="Metrics").click()
    page.get_by_role("heading", name="Metrics").wait_for()
    page.wait_for_selector(IDLE)
    took = time.perf_counter() - begun
    page.get_by_test_id("stTopNav").get_by_role("link", name="Warehouse").click()
    wait_drawing(page)
    return took


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", nargs="*", default=["standard", "large", "stress"])
    options = parser.parse_args(argv)
    with sync_playwright() as p, tempfile.TemporaryDirectory() as folder:
        browser = p.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        cold = [first_render(browser) for _ in range(3)]
        print(f"first render, fresh server: up {statistics.median(c[0] for c in cold):.1f} s, "
              f"then floor moving {statistics.median(c[1] for c in cold):.1f} s (median of 3)")
        port = free_port()
        process = start_app(Path(folder), port)
        server = psutil.Process(process.pid)
        try:
            until(lambda: answers(port), 60)
            print("| scenario | fps | p99 frame ms | kB/s | server CPU % | without viewer % |")
            print("|---|---|---|---|---|---|")
            for scenario in options.scenarios:
                page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
                page.goto(f"http://localhost:{port}/?scenario={scenario}")
                wait_drawing(page)
                seen = watch(page, server)
                if scenario == "standard":
                    page.locator("summary", has_text="Traffic").click()
                    page.wait_for_timeout(500)
                    took = {name: answers_to_a_slider(page, name, 40) for name in SLIDERS}
                    switches = [switch(page) for _ in range(5)]
                page.context.close()
                rest = alone(server)
                print(f"| {scenario} | {seen['fps']:.1f} | {seen['p99_ms']:.1f} | "
                      f"{seen['kB_s']:.1f} | {seen['cpu']:.1f} | {rest:.1f} |", flush=True)
                until(lambda: not _alive(port), 90)
            if "standard" in options.scenarios:
                for name, times in took.items():
                    times.sort()
                    print(f"slider to picture, {name}: p50 {times[len(times) // 2]:.0f} ms, "
                          f"p95 {times[int(len(times) * 0.95)]:.0f} ms ({len(times)} presses)")
                print(f"page switch: {statistics.median(switches):.2f} s (median of 5)")
        finally:
            process.terminate()
            process.wait(20)
            browser.close()


def _alive(port: int) -> bool:
    import json
    import urllib.request

    with urllib.request.urlopen(f"http://localhost:{port}/live/runs", timeout=2) as answer:
        return bool(json.load(answer))


if __name__ == "__main__":
    main()

"""Frame rates and costs of the player without a GPU, one line a case.

    python -m tests.browser.player_harness_measure

Every case runs `REPEATS` windows of `WINDOW_S` seconds on the page of the harness, with all default
layers, and prints their medians. The machine's load is part of the answer, so it is printed too.
"""

# ruff: noqa: T201 - it is a command that prints
import base64
import os
import statistics
import time

import numpy as np
from playwright.sync_api import Page, sync_playwright

from engine.live.codec import Encoder
from engine.live.simulation import Frame
from scripts.browser import find_chromium
from tests.browser.conftest import FLAGS
from tests.browser.player_harness import start

REPEATS = 3
WINDOW_S = 4.0
# robots, columns, rows, steps a second, device pixel ratio, zoom-ins from the fit
CASES = [(1000, 134, 60, 5, 1, 0), (1000, 134, 60, 5, 1, 5), (1000, 134, 60, 5, 2, 0),
         (5000, 260, 110, 5, 1, 0), (5000, 260, 110, 5, 1, 2), (10000, 500, 140, 5, 1, 0),
         (20000, 560, 180, 5, 1, 0)]
# drivers, steps of two seconds a second, device pixel ratio, zoom-ins from the first view
CITY_CASES = [(3000, 10, 1, 0), (3000, 30, 1, 0), (3000, 300, 1, 0), (3000, 10, 1, 3),
              (3000, 10, 2, 0), (10000, 10, 1, 0)]

# What the alternative would cost: one drawImage a robot over a background, read back so that the
# raster work is inside the time.
DRAW_IMAGE = """(agents) => new Promise((done) => {
  const canvas = document.createElement("canvas");
  canvas.width = 1058; canvas.height = 474;
  document.body.append(canvas);
  const context = canvas.getContext("2d", { alpha: false });
  const sprite = new OffscreenCanvas(12, 12), ground = new OffscreenCanvas(1058, 474);
  const pen = sprite.getContext("2d");
  pen.fillStyle = "#e69f00"; pen.roundRect(1, 1, 10, 10, 2); pen.fill();
  ground.getContext("2d").fillRect(0, 0, 1058, 474);
  const at = Float32Array.from({ length: 2 * agents }, (_, i) => (i * 7919) % (i % 2 ? 460 : 1040));
  const costs = [];
  const draw = () => {
    const begun = performance.now();
    context.drawImage(ground, 0, 0);
    for (let i = 0; i < agents; i++) context.drawImage(sprite, at[2 * i], at[2 * i + 1]);
    context.getImageData(0, 0, 1, 1);
    costs.push(performance.now() - begun);
    if (costs.length < 60) requestAnimationFrame(draw);
    else { canvas.remove(); done(costs.sort((a, b) => a - b)[30]); }
  };
  requestAnimationFrame(draw);
})"""


DECODE = """async (text) => {
  const { openMessage, Picture } = await import("/assets/player/wire.js");
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const costs = [];
  for (let i = 0; i < 40; i++) {
    const message = await openMessage(bytes.slice().buffer);
    const picture = new Picture(message.count);
    const begun = performance.now();
    for (let k = 0; k < message.frames; k++) picture.advance(message, k);
    costs.push(performance.now() - begun);
  }
  return costs.sort((a, b) => a - b)[20];
}"""


def chunk(agents: int, frames: int) -> str:
    """A MOVES message of agents that drive on, turn and wait, in base64."""
    rng = np.random.default_rng(1)
    steps = np.array([(0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)], np.int16)
    xy = np.cumsum(steps[rng.integers(0, 5, (frames + 1, agents))], 0).astype(np.int16)
    state = rng.integers(0, 6, (frames + 1, agents)).astype(np.uint8)
    encoder = Encoder(Frame(xy[0], state[0]), 0)
    return base64.b64encode(encoder.chunk(xy[1:], state[1:])).decode()


def counters(page: Page) -> dict[str, float]:
    return page.evaluate("() => Object.values(window.__atrium.players)[0].counters")


def window(page: Page) -> dict[str, float]:
    """Figures of one window of time."""
    page.evaluate("() => Object.values(window.__atrium.players)[0].resetMeter()")
    before, begun = counters(page), time.perf_counter()
    page.wait_for_timeout(1000 * WINDOW_S)
    after, seconds = counters(page), time.perf_counter() - begun
    return {**after, "fps": (after["draws"] - before["draws"]) / seconds,
            "kBps": (after["bytes"] - before["bytes"]) / seconds / 1000,
            "stalls": after["stalls"] - before["stalls"]}


def say(case: str, found: list[dict[str, float]]) -> None:
    """One line with the medians of the windows."""
    middle = {k: statistics.median(f[k] for f in found)
              for k in ("fps", "intervalP99", "costP50", "costP99", "kBps", "stalls")}
    print(f"{case} zoom {found[0]['zoom']:4.1f}: "
          f"{middle['fps']:4.1f} fps, interval p99 {middle['intervalP99']:5.1f} ms, "
          f"draw p50 {middle['costP50']:4.1f} p99 {middle['costP99']:4.1f} ms, "
          f"{middle['kBps']:4.0f} kB/s, stalls {middle['stalls']:.0f}, "
          f"load {os.getloadavg()[0]:.1f}", flush=True)


def main() -> None:
    with start() as harness, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for robots, width, height, rate, ratio, zooms in CASES:
            run = harness.open(rate=rate, robots=robots, width=width, height=height)
            context = browser.new_context(viewport={"width": 1472, "height": 900},
                                          device_scale_factor=ratio)
            page = context.new_page()
            page.goto(harness.url(run))
            page.wait_for_function("() => Object.values(window.__atrium?.players ?? {})[0]"
                                   "?.counters.head > 3")
            for _ in range(zooms):
                page.keyboard.press("+")
            say(f"{robots:6} robots {width}x{height} dpr {ratio}",
                [window(page) for _ in range(REPEATS)])
            context.close()
            harness.runs.stop(run.token)
        for drivers, rate, ratio, zooms in CITY_CASES:
            run = harness.open(rate=rate, domain="dispatch", drivers=drivers, pitch_m=100.0)
            context = browser.new_context(viewport={"width": 1472, "height": 900},
                                          device_scale_factor=ratio)
            page = context.new_page()
            page.goto(harness.url(run))
            page.wait_for_function("() => Object.values(window.__atrium?.players ?? {})[0]"
                                   "?.counters.head > 3")
            for _ in range(zooms):
                page.keyboard.press("+")
            say(f"{drivers:6} drivers, {2 * rate:3} x real time, dpr {ratio}",
                [window(page) for _ in range(REPEATS)])
            context.close()
            harness.runs.stop(run.token)
        page = browser.new_page()
        page.goto(harness.url("none"))
        for robots in (1000, 5000):
            print(f"{robots:6} robots by drawImage instead: draw p50 "
                  f"{page.evaluate(DRAW_IMAGE, robots):.1f} ms, load {os.getloadavg()[0]:.1f}")
        decoding = page.evaluate(DECODE, chunk(20000, 10))
        print(f" 20000 agents, a chunk of 10 frames: decoding takes {decoding:.2f} ms in all")
        browser.close()


if __name__ == "__main__":
    main()

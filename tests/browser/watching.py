"""What a test does with the live player of a page: look, wait, hold still, point."""

from typing import Any

from playwright.sync_api import Page, WebSocket

from engine.live.codec import KEY, LAYER, LOOK_BACK, Decoder
from engine.live.run import Run
from engine.live.simulation import Frame
from tests.browser.conftest import Window
from tests.browser.player_harness import Harness

CHIP = ".fluency"


class Heard:
    """Every binary message of the page's socket, decoded by the reference decoder."""

    def __init__(self, page: Page) -> None:
        self.messages: list[bytes] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._take)

    def _take(self, payload: bytes | str) -> None:
        if isinstance(payload, bytes):
            self.messages.append(payload)

    def frames(self) -> dict[int, Frame]:
        """Step -> frame; a later message wins, as it does on the screen."""
        out, decoder = {}, Decoder()
        for message in self.messages:
            kind = message[0] & ~LOOK_BACK
            if kind != LAYER and (kind == KEY or out):
                out.update(decoder.frames(message))
        return out


def players(page: Page, code: str) -> Any:
    """Evaluate an expression of `p`, the page's only player."""
    return page.evaluate(f"() => {{ const p = Object.values(window.__atrium.players)[0];"
                         f" return {code} }}")


def wait(page: Page, code: str) -> None:
    """Wait until an expression of `p` and its counters `c` holds."""
    page.wait_for_function(
        "() => { const p = Object.values(window.__atrium?.players ?? {})[0];"
        f" if (!p) return false; const c = p.counters; return {code} }}", timeout=15_000)


def show(window: Window, harness: Harness, run: Run, theme: str = "dark") -> Page:
    """Open the page and wait until the picture moves."""
    window.page.goto(harness.url(run, theme))
    wait(window.page, "c.draws > 5 && c.agents > 0 && c.link === 'open' && c.head > 0")
    return window.page


def still(page: Page, run: Run) -> None:
    """Pause the run and wait until what was queued has been shown."""
    run.set_running(False).result(5)
    wait(page, "c.state === 'paused' && c.head >= c.last && c.last >= c.window[1]")


def canvas_point(page: Page, agent: int) -> tuple[float, float]:
    box = page.locator(".canvas").bounding_box()
    at = players(page, f"p.where({agent})")
    assert box
    return box["x"] + at["x"], box["y"] + at["y"]


def ink(page: Page, code: str = "pixels.reduce((h, p) => Math.imul(h ^ p, 16777619), 1)") -> int:
    """An expression of the canvas's `pixels` (uint32, ABGR); a hash of them else."""
    return page.evaluate(
        "() => { const c = document.querySelector('#player').shadowRoot.querySelector('.canvas');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        f" const pixels = new Uint32Array(d.buffer); return {code} }}")


def redrawn(page: Page) -> None:
    """Wait until what was asked has reached the canvas."""
    page.evaluate("() => new Promise((done) => {"
                  " const p = Object.values(window.__atrium.players)[0];"
                  " const from = p.counters.draws;"
                  " const look = () => p.counters.draws > from + 2 ? done() : "
                  " requestAnimationFrame(look); look() })")

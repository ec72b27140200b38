"""`python -m tests.browser.go_measure`: what a person feels at the board.

Prints the time from a click to the stone and to the first candidates of the new position, as drawn
in a real Chromium, and what a board at rest costs the server.
"""

# ruff: noqa: T201 - it is a command that prints
import time

from playwright.sync_api import Page

from tests.browser.measuring import cpu_s, load, opened, tell
from tests.waiting import until

MOVES = ("E5", "C3", "G7", "G3", "C7", "E3", "C5", "G5", "E7", "D4", "F6", "D6", "F4", "B5", "H5")
REST_S = 5.0
CLICK = """
point => new Promise((answer) => {
  const go = window.__atrium.go;
  const deep = (root) => root.querySelector(".board-canvas") ??
    [...root.querySelectorAll("*")].map((e) => e.shadowRoot && deep(e.shadowRoot)).find(Boolean);
  const canvas = deep(document);
  const box = canvas.getBoundingClientRect();
  const at = go.where(point);
  const before = go.facts.position;
  const drawn = go.counters.draws;
  const begun = performance.now();
  canvas.dispatchEvent(new MouseEvent("click", {
    clientX: box.left + at.x, clientY: box.top + at.y, bubbles: true }));
  let stone = 0;
  const look = () => {
    const { facts, counters } = go;
    if (!stone && facts.stones[point] !== ".") stone = performance.now() - begun;
    if (stone && facts.position !== before && facts.candidates.length && counters.draws > drawn)
      answer([stone, performance.now() - begun]);
    else requestAnimationFrame(look);
  };
  look();
})
"""


def clicks(page: Page) -> list[tuple[float, float]]:
    """Milliseconds to the stone and to the candidates, for each move."""
    out = []
    for vertex in MOVES:
        point = (9 - int(vertex[1])) * 9 + "ABCDEFGHJ".index(vertex[0])
        until(lambda: page.evaluate("window.__atrium.go.facts.search.visits") >= 1600, 60)
        out.append(tuple(page.evaluate(CLICK, point)))
    return out


def main() -> None:
    """Serve the app, play a game alone, print."""
    with opened("/go?scenario=analysis", "window.__atrium?.go?.facts?.candidates?.length") as (
            page, process):
        network, busy = page.evaluate("window.__atrium.go.facts.search.network"), load()
        took = clicks(page)
        print(f"network {network}, {busy}")
        for i, name in enumerate(("stone", "first candidates")):
            tell(f"click to {name}", [t[i] for t in took])
        until(lambda: page.evaluate("window.__atrium.go.facts.search.visits") >= 1600, 60)
        used, begun = cpu_s(process), time.monotonic()
        page.wait_for_timeout(REST_S * 1000)
        share = (cpu_s(process) - used) / (time.monotonic() - begun)
        print(f"server at rest with one viewer: {100 * share:.1f} % of a core")


if __name__ == "__main__":
    main()

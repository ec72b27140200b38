"""`python -m tests.browser.perception_measure`: how the cameras reach a person's eyes.

Prints pictures shown a second at real time and as fast as the drive goes, blanks, the time from a
click on a layer to the changed pixels, and the server's CPU time a picture; in a
real Chromium that draws in software.

Must: eight feeds with overlays at 8 a second or more, without blanks; goal 12.
"""

# ruff: noqa: T201 - it is a command that prints
from playwright.sync_api import Page

from tests.browser.measuring import cpu_s, load, opened, tell
from tests.waiting import until

SECONDS = 10.0
TOGGLES = 15
TOGGLE = """
() => new Promise((answer) => {
  const deep = (root, css) => root.querySelector(css) ?? [...root.querySelectorAll("*")]
    .map((e) => e.shadowRoot && deep(e.shadowRoot, css)).find(Boolean);
  const canvas = deep(document, "canvas.feeds"), chip = deep(document, ".feed-chip");
  const context = canvas.getContext("2d");
  const drawn = () => context.getImageData(0, canvas.height * 0.3, canvas.width * 0.7, 60).data
    .reduce((sum, v) => sum + v, 0);
  const before = drawn(), begun = performance.now();
  chip.click();
  const look = () => {
    if (drawn() !== before) answer(performance.now() - begun);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})
"""


def shown(page: Page) -> tuple[float, float, int]:
    """Pictures drawn a second, ticks made a second, blanks, over some seconds."""
    read = "() => [window.__atrium.perception.counters, performance.now()]"
    first, t0 = page.evaluate(read)
    page.wait_for_timeout(SECONDS * 1000)
    last, t1 = page.evaluate(read)
    seconds = (t1 - t0) / 1000.0
    return ((last["draws"] - first["draws"]) / seconds, (last["step"] - first["step"]) / seconds,
            last["blanks"])


def main() -> None:
    """Serve the app, drive, print."""
    with opened("/perception", "window.__atrium?.perception?.counters?.draws > 20") as (
            page, process):
        print(load())
        for name in ("1×", "Max"):
            page.get_by_role("radio", name=name, exact=True).click()
            page.wait_for_timeout(1500)
            used, step = cpu_s(process), page.evaluate("window.__atrium.perception.counters.step")
            fps, ticks, blanks = shown(page)
            used = cpu_s(process) - used
            made = page.evaluate("window.__atrium.perception.counters.step") - step
            print(f"{name}: {fps:.1f} pictures of eight feeds shown a second "
                  f"({ticks:.1f} ticks), {blanks} blanks, "
                  f"{1000 * used / max(1, made):.0f} ms server CPU a tick")
        page.get_by_role("button", name="Pause").click()
        until(lambda: page.evaluate("window.__atrium.perception.counters.state") == "paused")
        tell("layer toggled to pixels", [page.evaluate(TOGGLE) for _ in range(TOGGLES)])
        cost = page.evaluate("window.__atrium.perception.counters.cost")
        print(f"drawing a picture: {cost:.1f} ms of the browser's main thread")


if __name__ == "__main__":
    main()

"""The player without Streamlit: a server with a page, the live routes and a scripted world.

    python -m tests.browser.player_harness --robots 1000 --rate 2
    python -m tests.browser.player_harness --drivers 3000 --rate 10

serves http://localhost:8600/?run=<token> (printed) until interrupted, for looking and measuring.
"""

import argparse
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from engine.live.registry import Registry
from engine.live.routes import live_routes
from engine.live.run import Run
from tests.browser.dispatch_world import CityWorld, CityWorldParams
from tests.browser.player_world import World, WorldParams
from tests.serving import serve

ASSETS = Path(__file__).parents[2] / "assets"
FONTS = Path(streamlit.__file__).parent / "static" / "static" / "media"

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Player</title>
<link rel="icon" href="data:,">
<style>
@font-face { font-family: "Source Sans"; src: url(/fonts/%(font)s); font-weight: 200 900; }
:root { --st-background-color: #0D131A }
:root[data-page-theme=light] { --st-background-color: #FFFFFF }
body { margin: 0; padding: 12px 24px; background: var(--st-background-color);
       font: 14px/20px "Source Sans", sans-serif }
#main { display: grid; grid-template-columns: minmax(0, 1fr) 320px; gap: 12px; margin-top: 12px }
@media (max-width: 1100px) { #main { grid-template-columns: minmax(0, 1fr) } }
</style></head><body>
<div id="kpis"></div><div id="main"><div id="player"></div><div id="inspector"></div></div>
<script type="module">
const query = new URLSearchParams(location.search);
const theme = query.get("theme") ?? "dark";
document.documentElement.dataset.pageTheme = theme;
const modules = {};
for (const name of ["player", "inspector", "kpis"]) {
  modules[name] = (await import(`/assets/player/${name}.js`)).default;
}
const roots = {}, cleanups = {};
window.triggers = [];
window.mount = (name, data) => {
  roots[name] ??= document.getElementById(name).attachShadow({ mode: "open" });
  cleanups[name] = modules[name]({
    data, parentElement: roots[name],
    setTriggerValue: (key, value) => window.triggers.push([key, value]), setStateValue() {},
  });
};
window.unmount = (name) => cleanups[name]();
const run = query.get("run");
mount("kpis", { items: %(kpis)s });
mount("player", { run, ws: `/live/ws?run=${run}`, height: 616, shortcuts: true });
mount("inspector", { run, height: 616 });
window.ready = true;
</script></body></html>"""

WAVE = [4 + math.sin(i / 9) + 0.5 * math.sin(i / 3.1) + i / 90 for i in range(120)]
KPIS = [
    {"label": "Throughput", "note": "2 min", "value": "4.30", "unit": "tasks / step",
     "delta": "▲ 3.4 %", "tone": "good", "series": WAVE, "help": "Tasks finished a step"},
    {"label": "Pod cycle, median", "note": "p95 205 s", "value": "129", "unit": "s",
     "delta": "▼ 2.1 %", "tone": "good", "series": WAVE[::-1], "help": "Assignment to pick"},
    {"label": "Robot-steps waiting", "note": "2 min", "value": "11.5", "unit": "%",
     "delta": "▲ 1.4 pt", "tone": "bad", "series": WAVE, "help": "Share of robot-steps waiting"},
    {"label": "Stations busy", "note": "22 desks", "value": "97", "unit": "%",
     "delta": "▼ 1.0 pt", "tone": "bad", "series": [None, *WAVE[1:60], None, *WAVE[61:]],
     "help": "Desks with a pod before the picker"},
    {"label": "Battery, mean", "note": "lowest 14 %", "value": None, "unit": "%", "delta": "",
     "tone": "flat", "series": [], "help": "Mean charge"},
    {"label": "Planning a step", "note": "p95 0.61 ms", "value": "0.42", "unit": "ms",
     "delta": "● steady", "tone": "flat", "series": [1, 1, 1, 1], "help": "One planning step"},
]


WORLDS = {"warehouse": (World, WorldParams), "dispatch": (CityWorld, CityWorldParams)}


@dataclass
class Harness:
    """A running harness."""

    port: int
    runs: Registry

    def open(self, *, rate: float = 5.0, seed: int = 1, domain: str = "warehouse",
             **params: float) -> Run:
        """Start a scripted run and wait until its world stands."""
        make, model = WORLDS[domain]
        run = self.runs.open(domain, make, model.parse(params), seed, rate=rate)
        assert run.wait_started()
        return run

    def url(self, run: Run | str, theme: str = "dark") -> str:
        token = run if isinstance(run, str) else run.token
        return f"http://localhost:{self.port}/?run={token}&theme={theme}"


def routes(runs: Registry) -> list[BaseRoute]:
    """The page, the assets, Streamlit's font and the live routes."""
    font = next(FONTS.glob("SourceSansVF-Upright*.woff2")).name
    html = PAGE % {"font": font, "kpis": json.dumps(KPIS)}

    def page(request: Request) -> HTMLResponse:
        return HTMLResponse(html)

    return [Route("/", page), Mount("/assets", StaticFiles(directory=ASSETS)),
            Mount("/fonts", StaticFiles(directory=FONTS)), *live_routes(runs)]


@contextmanager
def start() -> Iterator[Harness]:
    """Serve until the block ends."""
    runs = Registry(grace_s=600.0, max_runs=40)
    try:
        with serve(routes(runs)) as port:
            yield Harness(port, runs)
    finally:
        runs.close()


def main() -> None:
    import uvicorn
    from starlette.applications import Starlette

    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("robots", 1000), ("width", 134), ("height", 60), ("port", 8600)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--rate", type=float, default=2.0)
    parser.add_argument("--drivers", type=int, help="show a city with so many drivers instead")
    given = parser.parse_args()
    runs = Registry(grace_s=1e9)
    harness = Harness(given.port, runs)
    if given.drivers is None:
        run = harness.open(rate=given.rate, robots=given.robots, width=given.width,
                           height=given.height)
    else:
        run = harness.open(rate=given.rate, domain="dispatch", drivers=given.drivers)
    print(harness.url(run), flush=True)  # noqa: T201
    uvicorn.run(Starlette(routes=routes(runs)), host="127.0.0.1", port=given.port,
                log_level="warning", ws="websockets-sansio")
    runs.close()


if __name__ == "__main__":
    main()

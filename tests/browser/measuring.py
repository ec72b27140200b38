"""What the measurements of the live pages share: a fresh app, a window on it, and medians."""

# ruff: noqa: T201 - it is for commands that print
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from scripts.browser import find_chromium
from tests.serving import FLAGS, IDLE, answers, free_port, start_app
from tests.waiting import until


@contextmanager
def opened(path: str, ready: str) -> Iterator[tuple[Page, psutil.Process]]:
    """A page of an app of its own, once an expression holds in it, and the app's process."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        port = free_port()
        server = start_app(Path(folder), port)
        try:
            until(lambda: answers(port), 60)
            browser = p.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"http://localhost:{port}{path}")
            page.wait_for_selector(IDLE, timeout=60_000)
            page.wait_for_function(f"() => {ready}", timeout=120_000)
            yield page, psutil.Process(server.pid)
            browser.close()
        finally:
            server.terminate()
            server.wait(20)


def cpu_s(process: psutil.Process) -> float:
    """Seconds of processor time that a process has used."""
    return float(sum(process.cpu_times()[:2]))


def load() -> str:
    """What else this machine does."""
    return f"load {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores"


def tell(name: str, times: Sequence[float]) -> None:
    """Print median and worst of some milliseconds."""
    ordered = sorted(times)
    print(f"{name}: p50 {ordered[len(ordered) // 2]:.0f} ms, "
          f"worst of {len(ordered)} {ordered[-1]:.0f} ms")

"""A real server and a real Chromium; a page that complains fails its test."""

from collections.abc import Iterator
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from engine.live.run import Run
from scripts.browser import find_chromium
from tests.browser.player_harness import Harness, start
from tests.serving import FLAGS, IDLE, answers, free_port, start_app
from tests.waiting import until

SMALL = {"robots": 60, "width": 62, "height": 26}


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running app."""
    port = free_port()
    # many short tests: a run goes soon after its window
    folder = tmp_path_factory.mktemp("app")
    server = start_app(folder, port, ATRIUM_GRACE_S="20", ATRIUM_RUNS="64")
    until(lambda: answers(port), 60)
    yield f"http://localhost:{port}"
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    assert path, "no Chromium; run scripts/browser.py"
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def harness() -> Iterator[Harness]:
    """The player without the app around it."""
    with start() as running:
        yield running


@pytest.fixture
def run(harness: Harness) -> Iterator[Run]:
    """A small scripted floor at five steps a second."""
    made = harness.open(rate=5.0, **SMALL)
    yield made
    harness.runs.stop(made.token)


class Window:
    """A page that remembers every complaint."""

    def __init__(self, page: Page, allowed: tuple[str, ...] = ()) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.allowed = allowed
        self.listeners = {"console": self._console, "pageerror": self._error,
                          "request": self._request, "requestfailed": self._failed}
        for event, listener in self.listeners.items():
            page.on(event, listener)

    def _error(self, error: object) -> None:
        self.complaints.append(f"error: {error}")

    def _console(self, message: object) -> None:
        # a deep link makes Streamlit look for its server below the page's path first
        expected = "/_stcore/" in message.location.get("url", "") and "404" in message.text
        if message.type == "error" and not expected and not any(
                a in message.text for a in self.allowed):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: object) -> None:
        url = urlparse(request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.hostname not in ("localhost",
                                                                                "127.0.0.1"):
            self.complaints.append(f"outside request: {request.url}")

    def _failed(self, request: object) -> None:
        if request.failure != "net::ERR_ABORTED":  # a navigation away ends what was under way
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def leave(self) -> None:
        """Leave nothing of this person behind for the next one in the same tab."""
        page = self.page
        if page.url.startswith("http"):
            page.evaluate("() => localStorage.clear()")
        page.goto("about:blank")
        page.mouse.move(0, 0)
        page.context.clear_cookies()
        for other in page.context.pages:
            if other is not page:
                other.close()
        for event, listener in self.listeners.items():
            page.remove_listener(event, listener)

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and the server has nothing more to say."""
        self.page.wait_for_selector(IDLE, timeout=60_000)

    def player(self) -> dict:
        """Counters of the live player on the page."""
        return self.page.evaluate(
            "() => { const p = Object.values(window.__atrium?.players ?? {})[0];"
            " return p?.counters ?? {}; }")


@pytest.fixture(scope="session")
def tabs(chromium: Browser) -> Iterator[list[Page]]:
    """Tabs that are free: one that has compiled the app's scripts opens a page in a third of the
    time."""
    free: list[Page] = []
    yield free
    for tab in free:
        tab.context.close()


@pytest.fixture
def window(chromium: Browser, tabs: list[Page],
           request: pytest.FixtureRequest) -> Iterator[Window]:
    """A window of 1440 × 900 in the theme given by indirect parametrisation (dark else)."""
    options = {"theme": "dark", "width": 1440, "height": 900} | getattr(request, "param", {})
    page = tabs.pop() if tabs else chromium.new_context().new_page()
    page.emulate_media(color_scheme=options["theme"], reduced_motion="no-preference")
    page.set_viewport_size({"width": options["width"], "height": options["height"]})
    view = Window(page)
    yield view
    exceptions = page.locator('[data-testid="stException"]').count()
    try:
        view.leave()
    except Error:
        page.context.close()  # it has crashed or hangs; the next test gets another
        raise
    tabs.append(page)
    assert not view.complaints, view.complaints
    assert exceptions == 0

"""How the page tests open a page and find its run."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from engine.live import RUNS
from engine.live.run import Run

PAGES = Path(__file__).parents[2] / "pages"


def opened(name: str, **query: str) -> AppTest:
    """A page, or the whole app as "shell", that has run once with this query."""
    app = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def the_run() -> Run:
    """The only run there is, once it has begun."""
    (run,) = RUNS.alive()
    assert run.wait_started(60)
    return run

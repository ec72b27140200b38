from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.live import RUNS
from engine.store import open_store


@pytest.fixture(autouse=True)
def own_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store of its own for each test, and no run left behind."""
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    monkeypatch.delenv("ATRIUM_DB_URL", raising=False)
    yield
    for run in RUNS.alive():
        RUNS.stop(run.token)
    open_store().close()

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.perception import fleet_runs, ledger
from tests.waiting import until


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))


def test_a_run_that_cannot_start_says_why() -> None:
    run = fleet_runs.start("shadow", "bad", {"vehicles": 1, "seconds": 2})
    assert run.kind == "shadow"
    until(lambda: fleet_runs.look("bad").standing == "failed", 90.0)
    assert "vehicle" in fleet_runs.look("bad").problem.lower()
    assert [r.name for r in fleet_runs.runs()] == ["bad"]
    assert fleet_runs.rows("bad") == []
    with pytest.raises(InvalidInput, match="not running"):
        fleet_runs.stop("bad")
    with pytest.raises(InvalidInput, match="already"):
        fleet_runs.start("shadow", "bad", {})


def test_a_finished_run_is_known_by_its_facts() -> None:
    folder = fleet_runs.runs_folder() / "old"
    fleet_runs.replace(folder / "command.json", b'["shadow", "--out", "x"]')
    with ledger.Ledger(folder, {"kind": "shadow"}) as book:
        book.add({"number": 0})
        book.state({"of": 2, "vehicles": 1})
    assert fleet_runs.look("old").standing == "stopped"
    with ledger.Ledger(folder, {"kind": "shadow"}) as book:
        book.state({"of": 2, "vehicles": 2})
    assert fleet_runs.look("old").standing == "finished"
    assert fleet_runs.rows("old") == [{"number": 0}]


@pytest.mark.parametrize(("kind", "name", "options", "words"), [
    ("party", "a", {}, "kind"), ("shadow", "../a", {}, "name"),
    ("shadow", "a", {"--out": "/"}, "option")])
def test_what_cannot_be_started_is_refused(kind: str, name: str, options: dict, words: str,
                                           ) -> None:
    with pytest.raises(InvalidInput, match=words):
        fleet_runs.start(kind, name, options)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="no fleet run"):
        fleet_runs.look("never")

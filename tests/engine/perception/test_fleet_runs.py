"""Runs of the fleet beside the app: how they stand, and a process that begins and ends."""

import json

import pytest

from engine.errors import InvalidInput
from engine.perception import fleet_runs, models
from tests.waiting import until

NETWORKS = ("production", "candidate")


@pytest.fixture(autouse=True)
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    return tmp_path / "perception" / "fleet"


def written(house, name, facts):
    folder = house / name
    folder.mkdir(parents=True)
    (folder / "command.json").write_text('["shadow"]', "utf-8")
    (folder / "facts.json").write_text(json.dumps(facts), "utf-8")
    return folder


def test_a_run_stands_where_its_ledger_says(house):
    folder = written(house, "half", {"of": 4, "vehicles": 2})
    written(house, "whole", {"of": 4, "vehicles": 4})
    (written(house, "torn", {}) / "command.json").write_text("[", "utf-8")
    assert {r.name: r.standing for r in fleet_runs.runs()} == {
        "half": "stopped", "whole": "finished"}
    assert fleet_runs.look("half").kind == "shadow"
    (folder / "rows.jsonl").write_text('{"number": 0}\n{"number": 1}\n{"num', "utf-8")
    assert [r["number"] for r in fleet_runs.rows("half")] == [0, 1]


def test_a_number_that_now_means_another_process_is_left_alone(house):
    folder = written(house, "killed", {"of": 4, "vehicles": 2})
    (folder / "pid").write_text("1\n", "utf-8")
    assert fleet_runs.look("killed").standing == "stopped"
    with pytest.raises(InvalidInput, match="is not running"):
        fleet_runs.stop("killed")


def test_a_fleet_is_sent_out_and_called_back():
    weights = dict.fromkeys(NETWORKS, models.find(models.DEFAULT))
    fleet_runs.start("shadow", "mine", {"vehicles": 90_000, "seconds": 1.0, **weights})
    with pytest.raises(InvalidInput, match="already"):
        fleet_runs.go_on("mine")
    until(lambda: fleet_runs.look("mine").standing == "running", 90)
    fleet_runs.stop("mine")
    until(lambda: fleet_runs.look("mine").standing == "stopped", 90)
    assert fleet_runs.look("mine").problem == ""


def test_what_cannot_be_started_is_refused():
    with pytest.raises(InvalidInput, match="choose from shadow"):
        fleet_runs.start("joyride", "mine", {})
    with pytest.raises(InvalidInput, match="no name for a run"):
        fleet_runs.start("shadow", "../mine", {})
    with pytest.raises(InvalidInput, match="is no option"):
        fleet_runs.start("shadow", "mine", {"out /": 1})
    with pytest.raises(InvalidInput, match="nobody"):
        fleet_runs.go_on("nobody")

"""Runs of the fleet beside the app: how they stand, and a process that begins and ends."""

import json

import pytest

from engine.errors import InvalidInput
from engine.perception import fleet_runs, models
from engine.perception.shadow import ShadowParams
from tests.waiting import until

NETWORKS = ("production", "candidate")


@pytest.fixture(autouse=True)
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    return tmp_path / "perception" / "fleet"


def written(house, name, facts):
    folder = house / name
    folder.mkdir(parents=True)
    (folder / "command.json").write_text(json.dumps(
        {"kind": "shadow", "words": ["shadow"], "recipe": {"vehicles": 4}}), "utf-8")
    (folder / "facts.json").write_text(json.dumps(facts), "utf-8")
    return folder


def test_a_run_stands_where_its_ledger_says(house):
    folder = written(house, "half", {"of": 4, "vehicles": 2})
    written(house, "whole", {"of": 4, "vehicles": 4})
    assert {r.name: r.standing for r in fleet_runs.runs()} == {
        "half": "paused", "whole": "finished"}
    assert fleet_runs.look("half").recipe == {"vehicles": 4}
    (folder / "rows.jsonl").write_text('{"number": 0}\n{"number": 1}\n{"num', "utf-8")
    assert [r["number"] for r in fleet_runs.rows("half")] == [0, 1]


def test_a_number_that_now_means_another_process_is_left_alone(house):
    folder = written(house, "killed", {"of": 4, "vehicles": 2})
    (folder / "pid").write_text("1\n", "utf-8")
    assert fleet_runs.look("killed").standing == "paused"
    with pytest.raises(InvalidInput, match="is not running"):
        fleet_runs.stop("killed")


def test_a_fleet_is_sent_out_and_called_back():
    weights = dict.fromkeys(NETWORKS, models.find(models.DEFAULT))
    run = fleet_runs.start("shadow", "mine", ShadowParams(vehicles=90_000, seconds=1.0), weights)
    assert run.recipe["candidate"] == models.DEFAULT
    with pytest.raises(InvalidInput, match="already"):
        fleet_runs.go_on("mine")
    until(lambda: fleet_runs.look("mine").standing == "running", 90)
    fleet_runs.stop("mine")
    until(lambda: fleet_runs.look("mine").standing == "paused", 90)
    assert fleet_runs.look("mine").problem == ""


def test_what_cannot_be_started_is_refused():
    with pytest.raises(InvalidInput, match="choose from shadow"):
        fleet_runs.start("joyride", "mine", ShadowParams(), {})
    with pytest.raises(InvalidInput, match="no name for a run"):
        fleet_runs.start("shadow", "../mine", ShadowParams(), {})
    with pytest.raises(InvalidInput, match="missing or damaged"):
        fleet_runs.go_on("nobody")

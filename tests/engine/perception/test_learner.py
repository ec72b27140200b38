"""Training runs beside the app: how they stand, and the process that works in one."""

import json

import pytest

from engine.errors import InvalidInput
from engine.perception import learn, learner
from engine.perception.learner import Recipe
from engine.perception.train_params import TrainingParams
from tests.waiting import until


@pytest.fixture(autouse=True)
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    return tmp_path / "perception" / "runs"


def written(house, name="mine", steps=(10, 20), **recipe):
    folder = house / name
    folder.mkdir(parents=True)
    lines = [json.dumps({"step": s, "loss.total": 1.0 / s}) for s in steps]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    if recipe:
        facts = {"data": Recipe().model_dump(), "training": TrainingParams(**recipe).model_dump()}
        (folder / "recipe.json").write_text(json.dumps(facts), "utf-8")
    return folder


def test_a_run_of_the_page_pauses_goes_on_and_is_finished(house):
    written(house, batch=4)
    run = learner.look("mine")
    assert (run.standing, run.known, run.steps) == ("paused", True, TrainingParams().steps)
    written(house, "done", steps=(TrainingParams().steps,), batch=4)
    assert learner.look("done").standing == "finished"
    with pytest.raises(InvalidInput, match="has made all"):
        learner.go_on("done")
    assert {r.name for r in learner.training_runs()} == {"mine", "done"}


def test_a_run_of_a_shell_is_shown_and_left_to_the_shell(house):
    written(house, "shell")
    run = learner.look("shell")
    assert run.standing == "running", "it has just spoken"
    assert not run.known
    with pytest.raises(InvalidInput, match="ended there"):
        learner.pause("shell")


def test_only_what_is_new_is_read_and_a_shortened_file_anew(house):
    folder = written(house)
    lines, offset = learner.entries("mine")
    assert [line["step"] for line in lines] == [10, 20]
    assert learner.entries("mine", offset) == ([], offset)
    with (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 30, "loss.total": 0.1}\n{"step": 40, "lo')
    lines, offset = learner.entries("mine", offset)
    assert [line["step"] for line in lines] == [30], "a line is read when it is whole"
    (folder / "metrics.jsonl").write_text('{"step": 10}\n', "utf-8")
    assert learner.entries("mine", offset)[0] == [{"step": 10}]
    assert learner.last_step(folder) == 10


def test_a_process_begins_and_ends_when_it_is_asked_to(house):
    run = learner.start("tiny", Recipe(pictures=100_096), TrainingParams(size="tiny"))
    assert run.standing == "starting"
    until(lambda: learner.look("tiny").standing == "running", 60)
    with pytest.raises(InvalidInput, match="running already"):
        learner.go_on("tiny")
    learner.pause("tiny")
    until(lambda: learner.look("tiny").standing == "paused", 60)
    assert learner.look("tiny").problem == ""


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 41])
def test_a_name_is_a_name(name):
    with pytest.raises(InvalidInput, match="no name for a run"):
        learner.start(name, Recipe(), TrainingParams())


def test_a_taken_name_and_a_damaged_recipe_are_refused(house):
    folder = written(house, batch=4)
    with pytest.raises(InvalidInput, match="already"):
        learner.start("mine", Recipe(), TrainingParams())
    (folder / "recipe.json").write_text("{", "utf-8")
    with pytest.raises(InvalidInput, match="no whole recipe"):
        learner.read_recipe(folder)
    assert learn.main([str(folder)]) == 1
    assert learn.main([str(folder / "nowhere")]) == 2

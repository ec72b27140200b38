"""Learning runs as processes: started, paused, gone on with, and told apart from strangers."""

import json
import os

import numpy as np
import pytest

from engine.errors import InvalidInput, ModelUnavailable
from engine.go import journal, learner
from engine.go.learner import Recipe
from engine.go.learning_params import LoopParams, SelfPlayParams, TrainingParams
from engine.go.replay import Position, join, one_game, write_games
from engine.go.showcase import some_games
from tests.waiting import until

TINY = Recipe(
    network="1x8", seed=3,
    selfplay=SelfPlayParams(size=5, full_visits=4, fast_visits=2, at_once=2),
    loop=LoopParams(games=2, job=2, gate_games=0),
    training=TrainingParams(batch=8, steps=4, warm_up=0))


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    return tmp_path


def test_a_run_starts_keeps_a_checkpoint_when_paused_and_can_go_on():
    assert learner.start("night-1", TINY).standing == "starting"
    with pytest.raises(InvalidInput, match="running already"):
        learner.go_on("night-1")
    until(lambda: learner.look("night-1").facts, 120)
    assert learner.look("night-1").standing == "running"
    learner.pause("night-1")
    until(lambda: learner.look("night-1").standing == "paused", 60)
    run = learner.look("night-1")
    assert run.problem == ""
    assert run.known
    assert learner.best_of(run).exists()
    assert learner.best_of(run) in learner.networks_of(run)
    with pytest.raises(InvalidInput, match="not running"):
        learner.pause("night-1")
    assert [r.name for r in learner.learning_runs()] == ["night-1"]


def test_a_run_may_be_paused_while_it_is_still_starting():
    learner.start("night-1", TINY)
    learner.pause("night-1")
    until(lambda: learner.look("night-1").standing == "paused", 60)
    assert learner.look("night-1").problem == ""


def test_a_run_that_cannot_start_says_why():
    folder = learner.runs_folder() / "broken"
    folder.mkdir(parents=True)
    (folder / learner.COMMAND).write_text(json.dumps(["no-such-command"]))
    learner.go_on("broken")
    until(lambda: learner.look("broken").standing == "failed", 60)
    assert "status 2" in learner.look("broken").problem
    assert "no-such-command" in learner.look("broken").problem


@pytest.mark.parametrize("name", ["", "../x", "a/b", "x" * 41, "a b"])
def test_a_name_that_is_no_name_touches_nothing(name, own_data):
    with pytest.raises(InvalidInput, match="no name"):
        learner.start(name, TINY)
    assert not list(own_data.rglob("*"))


@pytest.mark.parametrize(("recipe", "error"), [
    (Recipe(network="big"), InvalidInput), (Recipe(actors=0), InvalidInput),
    (Recipe(start="nobody"), ModelUnavailable),
])
def test_a_recipe_that_cannot_be_cooked_leaves_no_folder(recipe, error):
    with pytest.raises(error):
        learner.start("night-1", recipe)
    assert not learner.runs_folder().exists()


def test_figures_are_read_and_a_stranger_with_the_runs_number_is_left_alone():
    folder = learner.runs_folder() / "night-1"
    folder.mkdir(parents=True)
    (folder / "pid").write_text(f"{os.getppid()}\n")
    (folder / "journal.jsonl").write_text('{"step": 5, "loss.policy": 2.5}\n')
    entries, offset = learner.entries("night-1")
    assert [(e.step, e.values) for e in entries] == [(5, {"loss.policy": 2.5})]
    assert learner.entries("night-1", offset) == ([], offset)
    assert journal.running(folder) == os.getppid()
    assert learner.look("night-1").standing == "paused"
    with pytest.raises(InvalidInput, match="not running"):
        learner.pause("night-1")


def test_a_run_from_a_shell_cannot_be_repeated_by_the_page():
    (learner.runs_folder() / "mine").mkdir(parents=True)
    assert not learner.look("mine").known
    with pytest.raises(InvalidInput, match="started in a shell"):
        learner.go_on("mine")
    with pytest.raises(InvalidInput, match="already"):
        learner.start("mine", TINY)


def test_games_become_films_and_broken_files_are_passed_over(own_data):
    game = one_game([Position(12), Position(25), Position(7), Position(25), Position(25)],
                    komi=0.5, score=3.5, owner=[0] * 25)
    folder = own_data / "run"
    (folder / "games").mkdir(parents=True)
    write_games(folder / "games" / "a.npz", join([game, game, game]))
    (folder / "games" / "b.npz").write_bytes(b"no games")
    films = some_games(folder, 2, np.random.default_rng(1))
    assert len(films) == 2
    assert films[0].frames[0] == "." * 25
    assert films[0].frames[-1] == "." * 7 + "X" + "." * 4 + "X" + "." * 12
    assert films[0].last == (-1, 12, -1, 7, -1, -1)
    assert films[0].score == 3.5
    assert some_games(own_data / "nothing", 2, np.random.default_rng(1)) == []

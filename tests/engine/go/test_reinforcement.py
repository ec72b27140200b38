from threading import Event

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from engine.go import checkpoint, journal
from engine.go.architecture import Architecture
from engine.go.executors import InlineExecutor
from engine.go.journal import Journal
from engine.go.learning_params import LoopParams, SelfPlayParams, TrainingParams
from engine.go.reinforcement import Plan, _Run, reinforce
from engine.go.replay import read_games, write_games
from tests.engine.go.learning import TINY, random_checkpoint, random_games
from tests.engine.go.test_supervised import After

SMALL = Plan(
    LoopParams(games=4, window=6, reuse=2.0, job=2, gate_games=2, gate_visits=4),
    SelfPlayParams(size=5, komi=0.5, full_visits=6, fast_visits=3, at_once=2, opening=1.0),
    TrainingParams(batch=8, warm_up=0, averaging=0.5), TINY, seed=2)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    torch.set_num_threads(1)
    return folder, reinforce(folder, SMALL, InlineExecutor(), Event(), generations=2)


def test_generations_leave_games_networks_and_ratings(finished):
    folder, facts = finished
    assert facts["generation"] == 1  # as it stood at the last report
    assert facts["games"] == 8
    assert [p.name for p in sorted((folder / "games").iterdir())] == [
        f"games-0000{g}-000{n}.npz" for g in (0, 1) for n in (0, 1)]
    assert [p.stem for p in sorted((folder / "nets").glob("*.safetensors"))] == [
        "00000", "00001", "00002"]
    net = checkpoint.read(folder / "nets" / "00002.safetensors")
    assert net.card["games"] == 8
    assert set(net.ranges) == set(TINY.places())
    assert {r["player"] for r in facts["ratings"]} == {"00000", "00001", "00002"}
    assert journal.running(folder) is None


def test_the_journal_has_every_series(finished):
    folder, _ = finished
    entries, _ = journal.read(folder, 0)
    names = {n for e in entries for n in e.values}
    assert {"selfplay.games", "selfplay.games_per_h", "selfplay.game_moves",
            "selfplay.black_share", "gate.win_rate", "gate.elo", "gate.taken"} <= names
    steps = [e.step for e in entries]
    assert steps == sorted(steps)


@pytest.mark.parametrize("asked", [4, 9, 14])
def test_a_stopped_loop_ends_like_one_that_was_not(finished, tmp_path, asked):
    folder, _ = finished
    stop = After(asked)
    while True:
        reinforce(tmp_path, SMALL, InlineExecutor(), stop, generations=2)
        if stop.left >= 0:
            break
        stop = Event()
        stop.left = 0
    for path in sorted((folder / "games").iterdir()):
        a, b = read_games(path), read_games(tmp_path / "games" / path.name)
        np.testing.assert_array_equal(a.move, b.move)
    for path in sorted((folder / "nets").glob("*.safetensors")):
        a, b = checkpoint.read(path), checkpoint.read(tmp_path / "nets" / path.name)
        for name, value in a.weights.items():
            np.testing.assert_array_equal(b.weights[name], value, err_msg=f"{path.name} {name}")


def test_a_teachers_games_are_learnt_from_too(tmp_path):
    library = tmp_path / "library"
    write_games(library / "games-00000.npz", random_games(5, 3))
    plan = Plan(SMALL.loop.with_changes(gate_games=0), SMALL.selfplay, SMALL.training, TINY, 2,
                library=library)
    facts = reinforce(tmp_path / "run", plan, InlineExecutor(), Event(), generations=1)
    assert facts["gate_share"] == 1.0  # nothing to compare: the new network is taken
    assert facts["network"].endswith("00001.safetensors")


def test_a_teachers_games_fade_as_own_ones_come(tmp_path):
    library = tmp_path / "library"
    write_games(library / "games-00000.npz", random_games(5, 6))
    loop = SMALL.loop.with_changes(gate_games=0, window=100)
    plan = Plan(loop, SMALL.selfplay, SMALL.training, TINY, 2, library=library)
    run = tmp_path / "run"
    for generation, size in ((1, 4 + 2), (2, 8)):  # of 6 games of the teacher, as many as fit
        reinforce(run, plan, InlineExecutor(), Event(), generations=generation)
        with Journal(run) as diary:
            window = _Run(run, plan, InlineExecutor(), Event(), diary)._sampler()
        assert len(window._games.komi) == size


def test_it_begins_from_a_network(tmp_path):
    start = tmp_path / "start.safetensors"
    net = random_checkpoint()
    checkpoint.write(start, net)
    plan = Plan(SMALL.loop, SMALL.selfplay, SMALL.training, TINY, 2, start=start)
    reinforce(tmp_path / "run", plan, InlineExecutor(), Event(), generations=0)
    first = checkpoint.read(tmp_path / "run" / "nets" / "00000.safetensors")
    for name, value in net.weights.items():
        np.testing.assert_array_equal(first.weights[name], value)


def test_a_network_of_another_size_is_refused(tmp_path):
    start = tmp_path / "start.safetensors"
    checkpoint.write(start, random_checkpoint(Architecture(2, 8)))
    plan = Plan(SMALL.loop, SMALL.selfplay, SMALL.training, TINY, 2, start=start)
    with pytest.raises(InvalidInput, match="is 2x8, but 3x16 is to be trained"):
        reinforce(tmp_path / "run", plan, InlineExecutor(), Event(), generations=1)


def test_a_damaged_loop_is_refused(tmp_path):
    (tmp_path / "loop.json").write_text("{", "utf-8")
    with pytest.raises(InvalidInput, match="is damaged"):
        reinforce(tmp_path, SMALL, InlineExecutor(), Event(), generations=1)

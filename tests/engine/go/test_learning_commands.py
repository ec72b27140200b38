import json
import sys

import pytest

from engine.go import checkpoint
from engine.go.__main__ import main
from engine.go.executors import open_executor
from engine.go.replay import write_games
from tests.engine.go.learning import random_checkpoint, random_games


def run(capsys, *arguments):
    status = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return status, json.loads(out) if status == 0 else err


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "net.safetensors"
    checkpoint.write(path, random_checkpoint())
    return path


def test_teach_then_train_then_play(tmp_path, capsys, gnugo):
    status, facts = run(capsys, "teach", "--games", 2, "--size", 5, "--komi", 0, "--levels", "1:1",
                        "--out", tmp_path / "lessons")
    assert (status, facts["games"]) == (0, 2)
    status, facts = run(capsys, "train", "--folder", tmp_path / "run", "--library",
                        tmp_path / "lessons", "--network", "2x8", "--batch", 8, "--steps", 3)
    assert status == 0
    assert checkpoint.read(tmp_path / "run" / "latest.safetensors").card["games"] == 2
    status, facts = run(capsys, "match", "--network", facts["network"], "--opponent",
                        f"{gnugo} --level 1", "--games", 2, "--visits", 8, "--size", 5, "--komi", 0,
                        "--name", "pupil", "--opponent-name", "teacher")
    assert status == 0
    assert (facts["first"], facts["second"], facts["games"]) == ("pupil", "teacher", 2)


def test_selfplay_and_a_ladder(tmp_path, capsys, network):
    status, facts = run(
        capsys, "selfplay", "--folder", tmp_path / "run", "--network", "3x16", "--start", network,
        "--generations", 1, "--size", 5, "--komi", 0.5, "--games", 2, "--job", 2, "--full-visits",
        4, "--fast-visits", 2, "--gate-games", 2, "--gate-visits", 2, "--batch", 8)
    assert status == 0
    assert facts["games"] == 2
    assert {r["player"] for r in facts["ratings"]} == {"00000", "00001"}
    status, facts = run(capsys, "match", "--network", network, "--opponent", network, "--visits", 0,
                        "--opponent-visits", 4, "--games", 2, "--size", 5, "--komi", 0.5,
                        "--name", "a", "--opponent-name", "b")
    assert status == 0
    (tmp_path / "results.jsonl").write_text(json.dumps(facts) + "\n", "utf-8")
    status, facts = run(capsys, "ladder", tmp_path / "results.jsonl", "--anchor", "b")
    assert status == 0
    assert len(facts["ratings"]) == 2


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("match", "--network", "none", "--opponent", "gnugo", "--games", "2"), "no network 'none'"),
    (("teach", "--games", "1", "--out", "{}", "--levels", "1=1"), "'1=1' cannot be read"),
    (("teach", "--games", "1", "--out", "{}", "--engine", "no-such"), "cannot be started"),
    (("train", "--folder", "{}/r", "--library", "{}"), "There are no games"),
    (("train", "--folder", "{}/r", "--library", "{}", "--network", "6"), "no network size"),
    (("train", "--folder", "{}/r", "--library", "{}", "--batch", "1"), "Batch is 1"),
    (("ladder", "{}/none", "--anchor", "a"), "cannot be read"),
])
def test_what_cannot_be_is_said_in_a_sentence(tmp_path, capsys, arguments, sentence):
    status, err = run(capsys, *(a.replace("{}", str(tmp_path)) for a in arguments))
    assert status == 2
    assert sentence in err
    assert "Traceback" not in err


def test_two_runs_in_one_folder_are_refused(tmp_path, capsys):
    write_games(tmp_path / "library" / "games-00000.npz", random_games(5, 2))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "pid").write_text("1", "utf-8")  # the first process of any machine lives
    status, err = run(capsys, "train", "--folder", tmp_path / "run", "--library",
                      tmp_path / "library")
    assert status == 2
    assert "is running" in err


def test_without_ray_a_cluster_is_not_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    from engine.errors import ModelUnavailable

    with pytest.raises(ModelUnavailable, match="Ray is not installed"):
        open_executor("ray", 2)

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.warehouse.__main__ import main
from engine.warehouse.octile import format_map
from tests.engine.warehouse.floors import place
from tests.engine.warehouse.test_solve import FLOOR

ROOT = Path(__file__).parents[3]


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(1)
    goals = rng.choice(np.flatnonzero(FLOOR.free), 200)
    (tmp_path / "floor.map").write_text(format_map(FLOOR))
    (tmp_path / "a.agents").write_text("\n".join(map(str, [20, *place(FLOOR, 20, rng)])))
    (tmp_path / "t.tasks").write_text("\n".join(map(str, [200, *goals])))
    return tmp_path


def solve_arguments(files: Path) -> list[str]:
    return ["solve", "--map", str(files / "floor.map"), "--agents", str(files / "a.agents"),
            "--tasks", str(files / "t.tasks"), "--steps", "40", "--seed", "3",
            "--out", str(files / "plan.json")]


def test_solve_prints_one_summary_and_validate_confirms_it(files):
    """As a user runs it: two processes, nothing else on standard output."""
    command = [sys.executable, "-m", "engine.warehouse"]
    solved = subprocess.run([*command, *solve_arguments(files)], cwd=ROOT, check=True,
                            capture_output=True, text=True)
    summary = json.loads(solved.stdout)
    assert solved.stdout.count("\n") == 1
    assert (summary["agents"], summary["steps"], summary["seed"]) == (20, 40, 3)
    assert (summary["conflicts"], summary["faults"]) == (0, 0)
    assert summary["tasks_finished"] > 0
    judged = subprocess.run(
        [*command, "validate", str(files / "plan.json"), "--map", str(files / "floor.map")],
        cwd=ROOT, check=True, capture_output=True, text=True)
    verdict = json.loads(judged.stdout)
    assert verdict["valid"]
    assert verdict["tasks_finished"] == summary["tasks_finished"]


def test_a_problem_file_solves_too(files, capsys):
    (files / "p.json").write_text(json.dumps(
        {"mapFile": "floor.map", "agentFile": "a.agents", "taskFile": "t.tasks", "teamSize": 5}))
    assert main(["solve", "--problem", str(files / "p.json"), "--steps", "10"]) == 0
    assert json.loads(capsys.readouterr().out)["agents"] == 5


def test_a_forged_plan_exits_with_one(files, capsys):
    assert main(solve_arguments(files)) == 0
    capsys.readouterr()
    plan = json.loads((files / "plan.json").read_text())
    plan["moves"][0] = plan["moves"][0].translate(str.maketrans("RLUD", "LRDU"))
    (files / "plan.json").write_text(json.dumps(plan))
    status = main(["validate", str(files / "plan.json"), "--map", str(files / "floor.map")])
    verdict = json.loads(capsys.readouterr().out)
    assert status == 1
    assert not verdict["valid"]
    assert verdict["first"][0]["text"]


@pytest.mark.parametrize(("changes", "message"), [
    ({"--steps": "0"}, "steps is 0; plan at least 1"),
    ({"--seed": "-1"}, "seed is -1; it must be 0 or more"),
    ({"--against": "300"}, "lane costs are 2 along and 300 against"),
    ({"--congestion": "-1"}, "congestion weight -1.0"),
    ({"--hand-out": "fair"}, "hand-out is 'fair'"),
    ({"--problem": "x.json"}, "--problem names map, agents and tasks itself"),
    ({"--max-bytes": "100"}, "max_bytes is 100"),
    ({"--out": "/nowhere/plan.json"}, "No such file or directory"),
])
def test_bad_settings_exit_with_two_and_say_why(files, capsys, changes, message):
    arguments = solve_arguments(files)
    for option, value in changes.items():
        arguments += [option, value]
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert message in err


def test_missing_files_are_asked_for(capsys):
    assert main(["solve", "--map", "x.map", "--steps", "1"]) == 2
    assert "give --map, --agents and --tasks, or --problem alone" in capsys.readouterr().err

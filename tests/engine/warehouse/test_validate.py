"""The judge itself: plans known to be good, and one bad plan for every kind of fault."""

from __future__ import annotations

import ast
import copy
import json
import re
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.warehouse import validate as judge
from engine.warehouse.validate import validate, validate_files

MAP = "type octile\nheight 2\nwidth 4\nmap\n....\n.@..\n"
#  0 1 2 3
#  4 @ 6 7
GOOD = {
    "format": "atrium-plan", "version": 1, "actionModel": "MAPF", "height": 2, "width": 4,
    "steps": 4, "seed": 0, "teamSize": 2, "starts": [0, 7],
    "moves": ["RRWD", "UWWW"],
    "tasks": [[[1], [2, 6]], [[3], [0]]],
    "done": [[1, 2, 4], [1]],
    "tasksFinished": 3,
}


def plan(**changes):
    return {**copy.deepcopy(GOOD), **changes}


def kinds(verdict):
    return [note["kind"] for note in verdict.first]


def one_robot(start, moves, tasks=(), done=(), finished=0):
    return plan(teamSize=1, starts=[start], steps=len(moves), moves=[moves], tasks=[list(tasks)],
                done=[list(done)], tasksFinished=finished)


def two_robots(starts, moves):
    return plan(starts=starts, steps=len(moves[0]), moves=moves, tasks=[[], []], done=[[], []],
                tasksFinished=0)


def test_a_good_plan_is_valid():
    good = plan()
    verdict = validate(good, MAP)
    assert verdict.first == []
    assert verdict.valid
    assert verdict.tasks_finished == 3
    assert verdict.facts()["valid"] is True


def test_vertex_conflict():
    verdict = validate(two_robots([0, 2], ["R", "L"]), MAP)
    assert kinds(verdict) == ["vertex"]
    assert verdict.conflicts == 1
    assert verdict.first[0] == {"kind": "vertex", "step": 1, "robots": [0, 1],
                                "text": "robots 0 and 1 are both on cell 1 after step 1"}


def test_vertex_conflict_at_the_start():
    verdict = validate(two_robots([2, 2], ["W", "R"]), MAP)
    assert kinds(verdict) == ["vertex"]
    assert verdict.first[0]["step"] == 0


def test_swap_conflict_is_one_conflict():
    verdict = validate(two_robots([0, 1], ["R", "L"]), MAP)
    assert kinds(verdict) == ["swap"]
    assert verdict.first[0]["robots"] == [0, 1]


def test_following_is_a_conflict_on_request():
    follow = two_robots([0, 1], ["R", "R"])
    assert validate(follow, MAP).valid
    assert kinds(validate(follow, MAP, following=True)) == ["following"]


def test_a_rotation_is_following_but_no_swap():
    rotation = plan(teamSize=4, starts=[2, 3, 7, 6], steps=1, moves=["R", "D", "L", "U"],
                    tasks=[[]] * 4, done=[[]] * 4, tasksFinished=0)
    assert validate(rotation, MAP).valid
    assert kinds(validate(rotation, MAP, following=True)) == ["following"] * 4


@pytest.mark.parametrize(("start", "move"), [
    (0, "L"), (0, "U"), (3, "R"), (4, "D"), (1, "D"), (4, "R"), (0, "X"), (0, "r"),
])
def test_illegal_moves(start, move):
    verdict = validate(one_robot(start, move), MAP)
    assert kinds(verdict) == ["move"]
    assert verdict.faults == 1
    assert not verdict.valid


def test_leaving_a_row_does_not_wrap_into_the_next():
    assert kinds(validate(one_robot(3, "R"), MAP)) == ["move"]
    assert kinds(validate(one_robot(4, "L"), MAP)) == ["move"]


@pytest.mark.parametrize("start", [-1, 5, 8])
def test_illegal_starts(start):
    assert kinds(validate(one_robot(start, "W"), MAP)) == ["start"]


@pytest.mark.parametrize("goal", [-1, 5, 8])
def test_illegal_goals(goal):
    assert kinds(validate(one_robot(0, "W", [[goal]]), MAP)) == ["goal"]


@pytest.mark.parametrize(("done", "finished", "expected"), [
    ([1, 2, 4], 2, []),
    ([1, 2, 3], 2, ["errand"]),
    ([1, 2], 2, ["errand"]),
    ([1, 2, 4, 4], 2, ["errand"]),
    ([], 2, ["errand"]),
    ([1, 2, 4], 3, ["tasks"]),
    ([1, 2, 4], 1, ["tasks"]),
])
def test_claims_are_checked_against_the_moves(done, finished, expected):
    claim = one_robot(0, "RRWD", [[1], [2, 6], [0]], done, finished)
    assert kinds(validate(claim, MAP)) == expected


def test_an_errand_is_not_done_by_standing_there_before():
    # two errands on one cell need two steps there
    assert kinds(validate(one_robot(0, "RW", [[1], [1]], [1, 2], 2), MAP)) == []
    assert kinds(validate(one_robot(0, "RW", [[1], [1]], [1, 1], 2), MAP)) == ["errand"]
    assert kinds(validate(one_robot(0, "W", [[0]], [1], 1), MAP)) == []


def test_all_faults_are_counted_and_the_first_are_kept():
    verdict = validate(one_robot(0, "L" * 100), MAP)
    assert verdict.faults == 100
    assert len(verdict.first) == 20


@pytest.mark.parametrize(("changes", "message"), [
    ({"format": "plan"}, "the file is no plan"),
    ({"version": 2}, "the plan is of version 2"),
    ({"height": 3}, "the plan is for 3×4 cells, the map has 2×4"),
    ({"steps": "4"}, "must be whole numbers"),
    ({"teamSize": True}, "must be whole numbers"),
    ({"starts": [0]}, "'starts' must have one entry"),
    ({"starts": [0, 1.5]}, "'starts' must have one entry"),
    ({"moves": ["RRWD", "R"]}, "'moves' must have one entry"),
    ({"moves": ["RRWD", "RRW²"]}, "'moves' must have one entry"),
    ({"tasks": [[[1]], [[]]]}, "'tasks' must have one entry"),
    ({"done": [[1], None]}, "'done' must have one entry"),
])
def test_what_is_no_plan_is_refused(changes, message):
    with pytest.raises(InvalidInput, match=message):
        validate(plan(**changes), MAP)


@pytest.mark.parametrize("value", [None, [], "plan", 3])
def test_json_that_is_no_object_is_refused(value):
    with pytest.raises(InvalidInput, match="the file is no plan"):
        validate(value, MAP)


@pytest.mark.parametrize("text", ["", "type octile\nheight 2\nwidth 4\nmap\n....\n",
                                  MAP.replace("....", "..."), MAP.replace("2", "two")])
def test_what_is_no_map_is_refused(text):
    with pytest.raises(InvalidInput, match="the map is no octile map"):
        validate(GOOD, text)


def test_files(tmp_path):
    (tmp_path / "floor.map").write_text(MAP)
    (tmp_path / "plan.json").write_text(json.dumps(GOOD))
    assert validate_files(tmp_path / "plan.json", tmp_path / "floor.map").valid
    with pytest.raises(InvalidInput, match=re.escape("no.json: No such file")):
        validate_files(tmp_path / "no.json", tmp_path / "floor.map")
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(InvalidInput, match=r"plan\.json or floor\.map: Expecting"):
        validate_files(tmp_path / "plan.json", tmp_path / "floor.map")


def test_the_judge_shares_no_code_with_the_planner():
    tree = ast.parse(Path(judge.__file__).read_text())
    imported = {
        name for node in ast.walk(tree)
        for name in ([node.module] if isinstance(node, ast.ImportFrom)
                     else [a.name for a in node.names] if isinstance(node, ast.Import) else [])
    }
    assert {name for name in imported if name and name.startswith("engine")} == {"engine.errors"}

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.warehouse.instances import (
    as_hand_out,
    make_instance,
    parse_agents,
    parse_tasks,
    read_instance,
    read_problem,
)
from engine.warehouse.octile import format_map
from tests.engine.warehouse.floors import draw

FLOOR = draw("...", ".@.", "...")


@pytest.fixture
def files(tmp_path):
    (tmp_path / "floor.map").write_text(format_map(FLOOR))
    (tmp_path / "two.agents").write_text("2\n0\n8\n")
    (tmp_path / "three.tasks").write_text("3\n2\n6\n7\n")
    return tmp_path


def test_linear_and_csv_agents_mean_the_same():
    assert parse_agents("2\n3\n8\n", FLOOR).tolist() == [3, 8]
    assert parse_agents("agent id,row,col\n0,1,0\n1,2,2\n", FLOOR).tolist() == [3, 8]


def test_2023_tasks_go_round_robin():
    tasks = parse_tasks("3\n2\n6\n7\n")
    assert (tasks.errand.tolist(), tasks.first.tolist()) == ([2, 6, 7], [0, 1, 2, 3])
    assert (tasks.hand_out, tasks.skip_own_cell) == ("roundrobin", False)


def test_2024_lists_of_errands_go_by_queue():
    tasks = parse_tasks("# version for LoRR 2024\n2\n2,6\n7, 0, 1\n")
    assert (tasks.errand.tolist(), tasks.first.tolist()) == ([2, 6, 7, 0, 1], [0, 2, 5])
    assert (tasks.hand_out, tasks.skip_own_cell) == ("queue", False)


def test_epibt_tasks_go_round_robin_and_skip_the_own_cell():
    tasks = parse_tasks("targets\n2\n6\n")
    assert (tasks.errand.tolist(), tasks.first.tolist()) == ([2, 6], [0, 1, 2])
    assert (tasks.hand_out, tasks.skip_own_cell) == ("roundrobin", True)


@pytest.mark.parametrize(("text", "message"), [
    ("", "line 1: expected the number of robots, found the end of the file"),
    ("3\n0\n1\n", "line 3: the file has 2 robots, its first line says 3"),
    ("1\n-4\n", "line 2: '-4' is no whole number"),
    ("1\n0,1\n", "line 2: expected one start cell, found several"),
    ("1\n12345678901\n", "line 2: '12345678901' is no whole number of at most 9 digits"),
    ("robots\n0\n", "line 1: expected the number of robots or the head 'agent id,row,col'"),
    ("agent id,row,col\n0,0\n", "line 2: expected agent id, row and column"),
    ("agent id,row,col\n0,0,0\n2,0,1\n", "line 3: expected agent 1, found 2"),
    ("agent id,row,col\n0,3,0\n", "line 2: (row 3, column 0) is outside the 3×3 floor"),
])
def test_malformed_agents_are_refused(text, message):
    with pytest.raises(InvalidInput, match="^" + re.escape(message)):
        parse_agents(text, FLOOR)


@pytest.mark.parametrize(("text", "message"), [
    ("", "line 1: expected the number of tasks"),
    ("2\n3\n", "line 2: the file has 1 tasks, its first line says 2"),
    ("1\n3,,4\n", "line 2: '' is no whole number"),
    ("targets\nx\n", "line 2: 'x' is no whole number"),
])
def test_malformed_tasks_are_refused(text, message):
    with pytest.raises(InvalidInput, match="^" + re.escape(message)):
        parse_tasks(text)


@pytest.mark.parametrize(("starts", "goals", "message"), [
    ([0, 9], [2], "robot 1 starts on cell 9; the 3×3 map has cells 0 to 8"),
    ([0, 4], [2], "robot 1 starts on cell 4 (row 1, column 1, from 0), which is blocked"),
    ([0, 2, 0], [2], "robots 0 and 2 both start on cell 0"),
    ([0], [2, 4], "errand 1 goes to cell 4"),
    ([], [2], "there are 0 robots and 1 tasks"),
    ([0], [], "there are 1 robots and 0 tasks"),
    (list(range(9)), [2], "9 robots do not fit on 8 free cells"),
])
def test_what_does_not_fit_the_floor_is_refused(starts, goals, message):
    tasks = parse_tasks("\n".join(map(str, [len(goals), *goals])))
    with pytest.raises(InvalidInput, match=re.escape(message)):
        make_instance(FLOOR, np.array(starts, np.int32), tasks)


def test_files_are_read_and_the_rule_can_be_chosen(files):
    paths = [files / name for name in ("floor.map", "two.agents", "three.tasks")]
    assert read_instance(*paths).tasks.hand_out == "roundrobin"
    instance = read_instance(*paths, hand_out="queue")
    assert instance.tasks.hand_out == "queue"
    assert instance.starts.tolist() == [0, 8]
    assert np.array_equal(instance.grid.free, FLOOR.free)


def test_a_faulty_file_is_named(files):
    paths = [files / name for name in ("floor.map", "two.agents", "three.tasks")]
    (files / "two.agents").write_text("3\n0\n8\n")
    with pytest.raises(InvalidInput, match=r"^two\.agents: line 3: the file has 2 robots"):
        read_instance(*paths)
    (files / "two.agents").write_bytes(b"1\n\xff\n")
    with pytest.raises(InvalidInput, match=r"^two\.agents: byte 2 is not UTF-8"):
        read_instance(*paths)
    (files / "two.agents").unlink()
    with pytest.raises(InvalidInput, match=r"two\.agents: No such file"):
        read_instance(*paths)


def problem(files, **changes):
    facts = {"mapFile": "maps/floor.map", "agentFile": "two.agents", "taskFile": "three.tasks",
             "teamSize": 2, "taskAssignmentStrategy": "roundrobin", **changes}
    (files / "problem.json").write_text(json.dumps(facts))
    return files / "problem.json"


def test_a_problem_file_names_the_others_and_the_rule(files):
    assert read_problem(problem(files)).tasks.hand_out == "roundrobin"
    assert read_problem(problem(files, taskAssignmentStrategy="greedy")).tasks.hand_out == "queue"
    assert read_problem(problem(files, teamSize=1)).starts.tolist() == [0]


@pytest.mark.parametrize(("changes", "message"), [
    ({"mapFile": None}, "problem.json: 'mapFile' is None; it must name a file"),
    ({"teamSize": 3}, "problem.json: teamSize is 3; the agents file has 2"),
    ({"taskAssignmentStrategy": "best"}, "taskAssignmentStrategy is 'best'; known are"),
])
def test_faulty_problems_are_refused(files, changes, message):
    with pytest.raises(InvalidInput, match=re.escape(message)):
        read_problem(problem(files, **changes))


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_problem_that_is_no_json_object_is_refused(files, text):
    (files / "problem.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"problem\.json: expected"):
        read_problem(files / "problem.json")


def test_rules_by_name():
    assert as_hand_out("queue") == "queue"
    with pytest.raises(InvalidInput, match="hand-out is 'fair'; choose from roundrobin, queue"):
        as_hand_out("fair")

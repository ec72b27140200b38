from __future__ import annotations

import json

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.warehouse.plans import Plan, plan_facts, write_plan

PLAN = Plan(
    height=2, width=4, seed=9, starts=np.array([0, 7], np.int32),
    moves=np.array([[0, 3], [1, 2], [4, 4]], np.uint8), tasks=[[[1]], [[3, 2]]],
    done=[[1], [1, 2]], finished=2,
)


def test_letters_by_hand():
    facts = plan_facts(PLAN)
    assert facts["moves"] == ["RDW", "ULW"]
    assert (facts["steps"], facts["teamSize"], facts["starts"]) == (3, 2, [0, 7])
    assert facts["tasksFinished"] == 2


def test_a_written_plan_is_the_same_object(tmp_path):
    write_plan(PLAN, tmp_path / "plan.json")
    assert json.loads((tmp_path / "plan.json").read_text()) == plan_facts(PLAN)
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"plan\.json: No such file or directory; give a place"):
        write_plan(PLAN, tmp_path / "nowhere" / "plan.json")

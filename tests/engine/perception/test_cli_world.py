import json

import pytest

from engine.perception.__main__ import main


def test_a_privileged_drive_prints_its_figures(capsys):
    status = main(["drive", "--privileged", "--scenario", "debris", "--seeds", "1",
                   "--first-seed", "9002", "--route-m", "60", "--each"])
    facts = json.loads(capsys.readouterr().out)
    assert status == 0
    assert facts["privileged"]
    assert facts["drives"] == len(facts["each"]) == 1
    assert facts["driving_score"] == 100.0
    assert facts["each"][0]["scenario"] == "debris"


@pytest.mark.parametrize(("arguments", "words"), [
    (["--seeds", "0"], "seeds is 0"), (["--style", "Baroque"], "Baroque"),
    (["--route-m", "-4"], "-4")])
def test_what_cannot_be_driven_is_said_so(capsys, arguments, words):
    assert main(["drive", "--privileged", "--scenario", "debris", "--seeds", "1",
                 *arguments]) == 2
    assert words in capsys.readouterr().err

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception import ledger, shadow
from engine.perception.checkpoint import load_network, save_network
from engine.perception.cli_fleet import PRODUCTION
from engine.perception.shadow import ShadowParams, summary

PARAMS = ShadowParams(vehicles=2, seconds=1.0, rerun_percent=100.0)


def bolder(folder: Path) -> Path:
    """Production with every score raised: it sees more, rightly and wrongly."""
    network = load_network(PRODUCTION)
    with torch.no_grad():
        network.detection.score.bias.add_(1.0)  # type: ignore[operator]
    path = folder / "bolder.safetensors"
    save_network(path, network, {})
    return path


def row(number: int, before: int, after: int | None, weight: float, **changes: object) -> dict:
    drive = {"interventions": before, "jerk": 2.0}
    again = None if after is None else {"interventions": after, "jerk": 1.0}
    return {"number": number, "looks": 10, "disagreements": 1, "seen_by_one": 4,
            "false_positives": [20, 10], "missed": [5, 5], "plan_jerk": [3.0, 4.0],
            "production": drive, "candidate": again, "weight": weight, **changes}


def test_a_network_beside_itself_differs_in_nothing(tmp_path: Path) -> None:
    facts = shadow.run(tmp_path / "run", PARAMS, PRODUCTION, PRODUCTION)
    assert facts["vehicles"] == facts["driven_again"] == 2
    assert facts["looks"] == 10
    assert facts["disagreements_percent"] == {"value": 0.0, "interval": [0.0, 0.0]}
    for name in ("false_positives", "missed", "plan_jerk", "jerk", "interventions"):
        assert facts[name]["difference"] == 0.0, name
        assert facts[name]["interval"] == [0.0, 0.0], name
    for line in ledger.rows(tmp_path / "run"):
        assert line["production"] == line["candidate"]


def test_another_network_differs_and_a_stopped_run_goes_on(tmp_path: Path) -> None:
    ours, theirs = PRODUCTION, bolder(tmp_path)
    part = tmp_path / "part"
    whole = shadow.run(part, PARAMS, ours, theirs)
    assert whole["false_positives"]["difference"] > 0.0
    lines = (part / ledger.ROWS).read_bytes().splitlines(keepends=True)
    (part / ledger.ROWS).write_bytes(lines[0] + lines[1][:30])  # as a kill leaves it
    again = shadow.run(part, PARAMS, ours, theirs)
    assert {k: v for k, v in again.items() if k != "vehicles_a_minute"} == {
        k: v for k, v in whole.items() if k != "vehicles_a_minute"}
    with pytest.raises(InvalidInput, match="params"):
        shadow.run(part, PARAMS.with_changes(vehicles=3), ours, theirs)
    with pytest.raises(ModelUnavailable):
        shadow.run(tmp_path / "none", PARAMS, ours, tmp_path / "none.safetensors")


def test_figures_are_those_worked_out_by_hand() -> None:
    rows = [row(0, 1, 0, 1.0), row(1, 0, 1, 4.0), row(2, 0, None, 0.0), row(3, 0, 0, 4.0)]
    facts = summary(rows)
    assert facts["driven_again"] == 3
    assert facts["disagreements_percent"]["value"] == 10.0
    assert facts["false_positives"]["production"] == 2.0
    assert facts["false_positives"]["candidate"] == 1.0
    assert facts["false_positives"]["interval"] == [-1.0, -1.0]
    # one avoided, and one added that stands for four: of four vehicles, in a thousand
    assert facts["interventions_avoided"]["value"] == 250.0
    assert facts["interventions_added"]["value"] == 1000.0
    assert facts["interventions"]["production"] == 250.0
    assert facts["interventions"]["difference"] == 750.0
    assert facts["jerk"]["production"] == pytest.approx(2.0)
    assert facts["jerk"]["difference"] == pytest.approx(-1.0)
    assert summary([]) == {"vehicles": 0}


def test_intervals_hold_what_they_say() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(25):
        rows = [row(k, 1, 0, 1.0) if rng.random() < 0.3 else row(k, 0, 0, 1.0) for k in range(80)]
        low, high = summary(rows)["interventions_avoided"]["interval"]
        held += low <= 300.0 <= high
    assert held >= 21

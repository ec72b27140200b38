from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception import cache, ledger, rounds, triggers
from engine.perception.checkpoint import load_network
from engine.perception.cli_fleet import PRODUCTION
from engine.perception.ood import STATISTICS, Familiar
from engine.perception.rounds import MEASURES, RoundParams
from engine.perception.triggers import TRIGGERS, Fitted

PARAMS = RoundParams(rounds=1, vehicles=1, seconds=2.0, steps=1, batch=1, rate=1e-4)
EAGER = Fitted(dict.fromkeys(TRIGGERS, -99.0), dict.fromkeys(TRIGGERS, 1.0),
               Familiar(np.random.default_rng(0).normal(size=(20, len(STATISTICS)))), None, {})


def test_a_round_collects_learns_and_tells_its_gain(tmp_path: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "triggers.json"
    triggers.save(EAGER, place)
    monkeypatch.setattr(triggers.load, "__defaults__", (place,))
    monkeypatch.setattr(cache, "WORLDS", 1)
    monkeypatch.setattr(cache, "FRAMES", 1)
    pictures = tmp_path / "pictures"
    cache.fill(pictures, "train", 4, 5)
    run = tmp_path / "run"
    facts = rounds.run(run, PARAMS, PRODUCTION, pictures, pictures)
    (row,) = facts["each"]
    assert facts["done"]
    assert row["clips"] == row["kept"] == len(TRIGGERS)
    assert row["pictures"] > 0
    assert set(row["gain"]) == set(MEASURES)
    for name in MEASURES:
        if row["gain"][name] is not None:
            assert row["gain"][name] == pytest.approx(row["after"][name] - row["before"][name],
                                                      abs=1e-4)
    before, after = load_network(PRODUCTION), load_network(run / row["network"])
    assert any(not np.array_equal(a.detach(), b.detach()) for a, b in
               zip(before.parameters(), after.parameters(), strict=True))
    # a second call finds everything done and learns nothing anew
    assert rounds.run(run, PARAMS, PRODUCTION, pictures, pictures) == facts
    assert ledger.facts(run)["phase"] == "done"
    with pytest.raises(InvalidInput, match="params"):
        rounds.run(run, PARAMS.with_changes(steps=2), PRODUCTION, pictures, pictures)

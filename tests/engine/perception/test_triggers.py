from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception import triggers
from engine.perception.judge import Judge
from engine.perception.ood import STATISTICS, Familiar, statistics
from engine.perception.sensing import NOTHING, Signals
from engine.perception.triggers import TRIGGERS, Fitted, Record, Triggers, count, events, quality


def familiar() -> Familiar:
    return Familiar(np.random.default_rng(0).normal(size=(50, len(STATISTICS))))


def fitted(**thresholds: float) -> Fitted:
    whole = dict.fromkeys(TRIGGERS, 5.0) | {k.replace("_", " "): v for k, v in thresholds.items()}
    return Fitted(whole, dict.fromkeys(TRIGGERS, 1.0), familiar(), None, {})


def signals(time: float, **values: float) -> Signals:
    none = dict.fromkeys(("braking", "disagreement", "uncertainty", "strangeness", "lost",
                          "cut_in"), NOTHING)
    return Signals(time, **(none | values), words={"hard braking": "4.0 m/s²"})


def test_a_trigger_fires_once_an_episode() -> None:
    firing = Triggers(fitted(hard_braking=3.0))
    strength = [0.0, 4.0, 4.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0]
    fired = [f for k, b in enumerate(strength) for f in firing.step(signals(0.2 * k, braking=b))]
    assert [(f.name, round(f.time, 1)) for f in fired] == [("hard braking", 0.2),
                                                           ("hard braking", 2.2)]
    assert fired[0].why == "4.0 m/s²"
    assert fired[0].value == pytest.approx(1.0 - np.exp(-1.0))


def test_events_are_counted_as_by_hand() -> None:
    time = 0.2 * np.arange(40)
    truth = np.zeros(40, np.bool_)
    truth[[5, 6, 8, 30]] = True  # two events: 1.0 to 1.6 s and 6.0 s
    score = np.zeros(40)
    score[[10, 20]] = 1.0  # 2.0 s is within 1.2 s behind the first; 4.0 s meets nothing
    record = Record(time, {"cut-in": score}, {"cut-in": truth})
    assert events(time, truth) == [(pytest.approx(1.0), pytest.approx(1.6)),
                                   (pytest.approx(6.0), pytest.approx(6.0))]
    counts = count(record, "cut-in", 0.5)
    assert counts == (2, 1, 2, 1)
    assert quality(np.array(counts)) == {
        "events": 2, "caught": 1, "fired": 2, "right": 1, "precision": 0.5, "recall": 0.5,
        "f1": 0.5}
    assert quality(np.zeros(4, int))["f1"] is None
    assert quality(np.array([3, 0, 0, 0]))["f1"] == 0.0


def test_fitting_finds_the_threshold_that_parts_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    records = []
    for _ in range(6):
        truth = {n: np.zeros(60, np.bool_) for n in TRIGGERS}
        scores = {n: rng.uniform(0.0, 1.0, 60) for n in TRIGGERS}
        for name in TRIGGERS:
            truth[name][20:24] = True
            scores[name][20:24] = 2.0
        # of two pieces of evidence of disagreement the second alone tells
        apart = [np.array([rng.uniform(), float(20 <= k < 24)]) if k % 7 else None
                 for k in range(60)]
        records.append(Record(0.2 * np.arange(60), scores, truth, apart))
    got = triggers.fit(records, familiar(), {"vehicles": 6})
    strange = got.thresholds[triggers.STRANGE]
    assert 0.95 < strange < 1.0  # of usual looks, one in a hundred is beyond it
    assert all(1.0 < t <= 2.0 for n, t in got.thresholds.items()
               if n not in (triggers.STRANGE, triggers.APART))
    assert got.judge is not None
    assert abs(got.judge.weight[1]) > 5.0 * abs(got.judge.weight[0])
    judged = [triggers.judged(r, got.judge) for r in records]
    assert judged[0].scores[triggers.APART][7] == NOTHING  # no evidence, nothing to weigh
    assert triggers.measure(judged, got.thresholds)["triggers"][triggers.APART]["f1"] == 1.0
    assert triggers.measure(records, dict.fromkeys(TRIGGERS, 1.5))["together"]["f1"] == 1.0
    assert triggers.measure(records, dict.fromkeys(TRIGGERS, 9.0))["mean_f1"] == 0.0
    place = tmp_path / "triggers.json"
    triggers.save(got, place)
    back = triggers.load(place)
    assert back.thresholds == got.thresholds
    assert isinstance(back.judge, Judge)
    assert np.abs(back.judge.weight - got.judge.weight).max() < 1e-5
    assert np.abs(back.familiar.known - got.familiar.known).max() < 6e-4
    place.write_text('{"thresholds": {}}')
    with pytest.raises(InvalidInput, match="damaged"):
        triggers.load(place)
    with pytest.raises(ModelUnavailable):
        triggers.load(tmp_path / "none.json")
    with pytest.raises(InvalidInput, match="no drives"):
        triggers.fit([], familiar(), {})


def test_networks_that_never_disagree_need_no_judge(tmp_path: Path) -> None:
    quiet = Record(0.2 * np.arange(9), {n: np.full(9, NOTHING) for n in TRIGGERS},
                   {n: np.zeros(9, np.bool_) for n in TRIGGERS}, [None] * 9)
    got = triggers.fit([quiet], familiar(), {})
    assert got.judge is None
    assert triggers.judged(quiet, got.judge) is quiet
    triggers.save(got, tmp_path / "triggers.json")
    assert triggers.load(tmp_path / "triggers.json").judge is None


def test_the_strange_is_far_from_the_known() -> None:
    known = familiar()
    near, _ = known.strangeness(known.known[7] + 0.01)
    off = known.known[7].copy()
    off[STATISTICS.index("grain")] += 30.0
    far, what = known.strangeness(off)
    assert far > 3.0 * near
    assert what == "grain"
    with pytest.raises(InvalidInput, match="known"):
        Familiar(np.zeros((2, 3)))
    with pytest.raises(InvalidInput, match="finite"):
        Familiar(np.full((9, len(STATISTICS)), np.nan))


def test_statistics_tell_grain_from_edges() -> None:
    flat = np.full((192, 320, 3), 120, np.uint8)
    stripes = flat.copy()
    stripes[:, ::8] = 250
    noisy = np.clip(flat + np.random.default_rng(1).normal(0, 30, flat.shape), 0, 255).astype(
        np.uint8)
    depth, road = np.full((48, 80), 0.1, np.float32), np.full((48, 80), 0.5, np.float32)
    one, two, three = (statistics(x, depth, road) for x in (flat, stripes, noisy))
    grain, sharp = STATISTICS.index("grain"), STATISTICS.index("sharpness")
    assert two[sharp] > one[sharp]
    assert two[grain] == pytest.approx(one[grain])
    assert three[grain] > one[grain] + 2.0
    assert np.isfinite([one, two, three]).all()

from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.metrics import (
    KPIS,
    SAMPLE_STEPS,
    WALL_CLOCK,
    gini,
    kpi_values,
    recorder,
)
from engine.dispatch.outcome import Outcome
from engine.dispatch.simulation import DispatchSimulation
from engine.dispatch.summary import cards, chart_data
from engine.live.measure import reduce
from tests.engine.dispatch.towns import SMALL, town


@pytest.fixture(scope="module")
def run() -> tuple[DispatchSimulation, Outcome]:
    """An hour and a half with every kind of point, drained now and then."""
    w = DispatchSimulation(
        SMALL.with_changes(shadow="nearest", drivers=40, batch_window_s=2), 9, town())
    seen = Outcome()
    w.tally.ledger = []
    for _ in range(2700):
        w.step()
        if w.step_count % 100 == 0:
            seen.take(w.drain_points())
    return w, seen


def test_gini_by_hand() -> None:
    assert gini(np.array([5.0, 5.0, 5.0])) == pytest.approx(0.0)
    assert gini(np.array([0.0, 0.0, 0.0, 8.0])) == pytest.approx(0.75)
    assert gini(np.array([1.0, 3.0])) == pytest.approx(0.25)
    assert gini(np.zeros(4)) == gini(np.zeros(0)) == 0.0


def test_key_figures_are_recomputed_from_what_was_exported(
        run: tuple[DispatchSimulation, Outcome]) -> None:
    w, seen = run
    for kpi, shown in zip(KPIS, w.kpis(450), strict=True):
        step, value = seen.steps(kpi.series), seen.values(kpi.series)
        expected = reduce(kpi.reduce, value[(step > 2250) & (step <= 2700)])
        before = reduce(kpi.reduce, value[(step > 1800) & (step <= 2250)])
        for got, exact in ((shown["value"], expected), (shown["before"], before)):
            assert (got is None) == (exact is None)
            assert got is None or got == pytest.approx(exact * kpi.scale), kpi.name
    named = {k["name"]: k for k in w.kpis(450)}
    for card in w.summary()["kpis"]:
        assert card["number"] == named[card["name"]]["value"]
        assert card["label"] == named[card["name"]]["label"]


def test_points_agree_with_what_the_city_counts(run: tuple[DispatchSimulation, Outcome]) -> None:
    w, seen = run
    count = w.counts()
    assert len(seen.values("rider.wait_s")) == count["completed"] + count["abandoned"]
    assert seen.values("rider.matched_percent").sum() == 100.0 * count["completed"]
    assert seen.values("rider.gave_up_percent").sum() == 100.0 * count["abandoned"]
    assert seen.values("riders.completed_count").sum() == count["completed"]
    assert seen.values("riders.abandoned_count").sum() == count["abandoned"]
    minutes = SAMPLE_STEPS * w.step_s / 60.0
    assert seen.values("demand.requests_per_min").sum() * minutes == pytest.approx(count["asked"])
    assert (seen.values("demand.turned_away_per_min").sum() * minutes
            == pytest.approx(count["turned_away"]))
    fares = seen.values("ride.fare").sum()
    assert seen.values("money.revenue_per_min").sum() * minutes == pytest.approx(fares)
    kept = 1.0 - w.params.commission_percent / 100.0
    assert w.fleet.earned.sum() == pytest.approx(kept * fares)
    ledger = w.tally.ledger
    assert ledger is not None
    assert sorted(d.wait_s for d in ledger) == sorted(seen.values("rider.wait_s").tolist())
    for d in ledger:
        if d.driver >= 0:
            assert d.asked_s <= d.assigned_s <= d.boarded_s < d.ended_s
            assert d.wait_s == pytest.approx(d.boarded_s - d.asked_s)
        else:
            assert d.wait_s == pytest.approx(d.ended_s - d.asked_s)
    fleet = [seen.values(f"fleet.{n}_count") for n in (
        "absent", "idle", "pickup", "riding", "moving", "pooled")]
    assert (np.sum(fleet, axis=0) == 40).all()
    assert set(WALL_CLOCK) <= {n for n in WALL_CLOCK if len(seen.values(n))}


def test_waits_count_those_who_gave_up(run: tuple[DispatchSimulation, Outcome]) -> None:
    w, seen = run
    charts = w.chart_data()
    hour = seen.values("rider.wait_s")[seen.steps("rider.wait_s") > 2700 - 1800]
    assert charts.waits == pytest.approx(hour / 60.0)
    assert w.counts()["abandoned"] > 0
    step, median, p95 = charts.waits_over_time
    assert (p95 >= median).all()
    assert (np.diff(step) > 0).all()
    requests = charts.balance[1]
    assert requests.sum() * 0.5 == pytest.approx(w.counts()["asked"])
    assert set(charts.surge) == {"South", "East", "West", "North"}
    assert all((values >= 1.0).all() for _, values in charts.surge.values())


def test_the_shadow_is_compared_and_never_acts(run: tuple[DispatchSimulation, Outcome]) -> None:
    w, seen = run
    agree = seen.values("shadow.agree_percent")
    assert 50.0 < agree.mean() <= 100.0
    assert agree.max() <= 100.0
    assert (seen.values("shadow.matched_count")
            <= seen.values("shadow.in_force_matched_count")).all()
    assert not [n for n in seen._parts if n.startswith("shadow") and "wait" in n]
    assert "shadow_agrees" in {k["name"] for k in w.kpis(450) if k["value"] is not None}


def test_an_empty_record_has_no_values() -> None:
    for shown in kpi_values(recorder(), 0, 450):
        assert shown["value"] is None
        assert shown["before"] is None
    assert all(c["value"] is None and c["series"] == [] for c in cards(recorder(), 0))
    empty = chart_data(recorder(), 0, ["A"])
    assert len(empty.waits) == len(empty.balance[0]) == len(empty.waits_over_time[0]) == 0


def test_flows_and_replays_are_of_the_last_hour(run: tuple[DispatchSimulation, Outcome]) -> None:
    w, _ = run
    flows = w.flows()
    assert flows.shape == (4, 4)
    assert 0 < flows.sum() <= w.counts()["asked"]
    trips = w.recent_trips(50)
    assert len(trips) == 50
    for xy, time_s in trips:
        assert len(xy) == len(time_s) >= 2
        assert (np.diff(time_s) >= 0.0).all()
        assert w.now_s - 3600.0 <= time_s[-1] <= w.now_s
        step = np.abs(np.diff(xy, axis=0)).sum(axis=1)
        assert np.isin(step, 250.0).all(), "a replay follows the streets"

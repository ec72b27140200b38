from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.arrival import FIRST_LEGS
from engine.dispatch.eta_summary import eta_data
from engine.dispatch.simulation import DispatchSimulation
from tests.engine.dispatch.towns import SMALL, town, world


@pytest.fixture(scope="module")
def learned() -> DispatchSimulation:
    """A busy town that has seen enough legs to learn from, and some more."""
    w = DispatchSimulation(SMALL.with_changes(drivers=150, trips_per_day=40_000, surge=False), 4,
                           town())
    while w.arrivals.trained == 0 or len(w.recorder.window("eta.error_s", 0, 1e9)) < 800:
        w.step()
        assert w.step_count < 4000, "by then there are legs enough"
    return w


def test_the_model_is_trained_on_ended_legs_and_beats_the_routed_time(
        learned: DispatchSimulation) -> None:
    report = learned.arrivals.report
    assert report is not None
    assert report.fitted + report.calibrated + report.tested <= FIRST_LEGS + 400
    error = learned.recorder.window("eta.error_s", 0, 1e9)[:, 1].mean()
    routed = learned.recorder.window("eta.routed_error_s", 0, 1e9)[:, 1].mean()
    assert error < 0.8 * routed
    event = next(e for e in learned.drain_events() if e.kind == "retrained")
    assert "Arrival model trained" in event.text
    assert sum(event.data["importance"].values()) == pytest.approx(1.0)


def test_the_band_holds_about_four_in_five(learned: DispatchSimulation) -> None:
    covered = learned.recorder.window("eta.covered_percent", 0, 1e9)[:, 1]
    assert 74.0 < covered.mean() < 86.0


def test_an_estimate_is_a_band_around_its_median(learned: DispatchSimulation) -> None:
    known = 0
    for driver in np.flatnonzero(learned.fleet.state == 3).tolist():
        estimate = learned.arrivals.estimate(driver)
        if estimate is not None:
            known += 1
            low, median, high = estimate
            assert low <= median <= high
            assert high - low < 1200.0
    assert known > 5
    assert learned.arrivals.estimate(int(np.flatnonzero(learned.fleet.state < 2)[0])) is None
    told = [row[1] for d in np.flatnonzero(learned.fleet.state == 3).tolist()
            for row in learned.inspect(d)["rows"] if row[0] == "Drop-off"]
    assert any("80 % in " in text for text in told)


def test_the_panel_shows_the_legs_that_ended(learned: DispatchSimulation) -> None:
    data = eta_data(learned)
    assert data.to_first == 0
    assert [t.why for t in data.trainings] == ["first"]
    assert data.report is data.trainings[0].report
    assert np.isnan(data.trainings[0].before_mae_s)
    error = learned.recorder.window("eta.error_s", -1.0, learned.step_count)[:, 1]
    assert data.seen == len(error)
    assert data.mae_s == pytest.approx(error[-500:].mean())
    assert data.drift == pytest.approx(data.mae_s / data.report.mae_s)
    step, mean, routed, band = data.over_time
    counted = [len(learned.recorder.window("eta.error_s", a, b)) for a, b in
               zip([-1.0, *(step[:-1] - 1.0)], [*(step[:-1] - 1.0), step[-1]], strict=True)]
    assert sum(counted) == len(error)
    assert np.average(mean, weights=counted) == pytest.approx(error.mean())
    assert (routed > mean).all()
    assert 74.0 < np.average(band, weights=counted) < 86.0


def test_before_the_first_training_the_panel_says_what_is_missing() -> None:
    data = eta_data(world(1))
    assert data.report is None
    assert data.to_first == FIRST_LEGS
    assert not len(data.over_time[0])
    assert data.trainings == ()
    assert np.isnan(data.mae_s)


def test_a_called_off_leg_is_not_judged(learned: DispatchSimulation) -> None:
    driver = int(np.flatnonzero(learned.fleet.state == 3)[0])
    learned.arrivals.drop(driver)
    assert learned.arrivals.estimate(driver) is None
    learned.arrivals.end(driver, learned.now_s)
    assert learned.arrivals._ended == []

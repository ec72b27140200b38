from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.demand import Demand, Requests
from engine.dispatch.params import DispatchParams
from engine.dispatch.zones import HOURLY, kerbs, zones
from tests.engine.dispatch.towns import town

DAY = DispatchParams(trips_per_day=24_000)
PLACES = [(p.kind, float(town().network.x[p.node]), float(town().network.y[p.node]))
          for p in town().places]
ZONES = zones(town().network, PLACES)


def demand(seed: int = 1, start_h: float = 17.0) -> Demand:
    return Demand(town().network, ZONES, seed, start_h * 3600.0)


def draw(source: Demand, begin_h: float, end_h: float, params: DispatchParams = DAY,
         every_s: float = 60.0) -> Requests:
    parts = [source.until(t, params, False)
             for t in np.arange(begin_h * 3600.0 + every_s, end_h * 3600.0 + 1.0, every_s)]
    return Requests(*(np.concatenate(c) for c in zip(*parts, strict=True)))


def rows(r: Requests) -> set[tuple[float, int, int, int]]:
    return set(zip(r.time_s.tolist(), r.origin.tolist(), r.destination.tolist(), r.key.tolist(),
                   strict=True))


def test_a_day_holds_the_requests_asked_for() -> None:
    got = draw(demand(3, 0.0), 0.0, 24.0, every_s=300.0)
    # Poisson: four standard deviations of 24,000
    assert len(got.time_s) == pytest.approx(24_000, abs=4 * 24_000 ** 0.5)
    assert (np.diff(got.time_s) >= 0.0).all()
    hours = np.bincount((got.time_s // 3600).astype(int), minlength=24)
    assert np.corrcoef(hours, HOURLY["weekday"])[0, 1] > 0.95


def test_arrivals_are_a_poisson_process() -> None:
    """Counts of short stretches have a variance of their mean."""
    got = draw(demand(5, 12.0), 12.0, 16.0)
    counts = np.bincount(((got.time_s - 12 * 3600) // 30).astype(int), minlength=480)
    assert counts.var() / counts.mean() == pytest.approx(1.0, abs=0.25)


def test_more_demand_adds_riders_and_moves_nobody() -> None:
    few = rows(draw(demand(), 17.0, 17.5))
    many = rows(draw(demand(), 17.0, 17.5, DAY.with_changes(trips_per_day=60_000)))
    assert few < many
    assert len(many) > 2 * len(few)


def test_how_often_one_asks_changes_nothing_but_the_rate_s_grain() -> None:
    often = draw(demand(), 17.0, 17.4, every_s=2.0)
    rarely = draw(demand(), 17.0, 17.4, every_s=30.0)
    assert len(rows(often) ^ rows(rarely)) <= 0.02 * len(rows(often))


def test_a_rate_that_rises_within_a_chunk_changes_only_what_comes_after() -> None:
    calm, risen = demand(), demand()
    before = (draw(calm, 17.0, 17.02), draw(risen, 17.0, 17.02))
    assert rows(before[0]) == rows(before[1])
    after = draw(calm, 17.02, 17.08)
    more = draw(risen, 17.02, 17.08, DAY.with_changes(trips_per_day=200_000))
    assert rows(after) < rows(more)
    assert more.time_s.min() > 17 * 3600.0 + 60.0  # the last time asked before


def test_nobody_asks_where_demand_is_zero_and_seeds_differ() -> None:
    assert not len(draw(demand(), 17.0, 18.0, DAY.with_changes(trips_per_day=0)).time_s)
    assert not rows(draw(demand(1), 17.0, 17.2)) & rows(draw(demand(2), 17.0, 17.2))


def test_rides_begin_and_end_at_different_kerbs() -> None:
    got = draw(demand(), 17.0, 18.0)
    assert not np.any(got.origin == got.destination)
    allowed = set(kerbs(town().network).tolist())
    assert set(got.origin.tolist()) | set(got.destination.tolist()) <= allowed


def test_reach_shortens_trips() -> None:
    x, y = town().network.x, town().network.y

    def far(km: float) -> float:
        got = draw(demand(), 17.0, 18.5, DAY.with_changes(trip_km=km))
        return float(np.hypot(x[got.origin] - x[got.destination],
                              y[got.origin] - y[got.destination]).mean())

    assert far(1.0) < far(4.0) < far(20.0)


@pytest.mark.parametrize("toward", [False, True])
def test_a_crowd_comes_from_or_to_its_place_in_its_time(toward: bool) -> None:
    source = demand()
    node = town().places[1].node
    x, y = float(town().network.x[node]), float(town().network.y[node])
    count = source.crowd(17 * 3600.0, x, y, 300, 1800.0, toward)
    assert count == pytest.approx(300, abs=4 * 300 ** 0.5)
    got = draw(source, 17.0, 17.6, DAY.with_changes(trips_per_day=0))
    assert len(got.time_s) == count
    assert got.time_s.max() <= 17.5 * 3600.0
    here = got.destination if toward else got.origin
    far = np.hypot(town().network.x[here] - x, town().network.y[here] - y)
    assert np.quantile(far, 0.95) <= 700.0
    assert not np.any(got.origin == got.destination)


def test_shares_of_zones_are_shares_and_mornings_are_not_evenings() -> None:
    assert ZONES.origin.sum(axis=1) == pytest.approx(np.ones(24))
    assert ZONES.attraction.sum(axis=1) == pytest.approx(np.ones(24))
    assert ZONES.mean.sum() == pytest.approx(1.0)
    assert ZONES.density(144).sum() == pytest.approx(1.0)
    chance = ZONES.destinations(3000.0)
    assert chance[..., -1] == pytest.approx(np.ones(chance.shape[:2]))
    assert (np.diff(chance, axis=2) >= 0.0).all()
    # four districts, the station and the airport
    assert len(ZONES.x) == 6
    assert ZONES.origin[3, 4] == pytest.approx(0.04)
    assert np.argmax(ZONES.origin[8] - ZONES.origin[18]) != np.argmax(
        ZONES.origin[18] - ZONES.origin[8])

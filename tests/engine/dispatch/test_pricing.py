from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dispatch.hexes import hexes
from engine.dispatch.params import DispatchParams
from engine.dispatch.pricing import Surge, fare, settle, still_asks, target
from tests.engine.dispatch.towns import town, world

P = DispatchParams()
COUNTS = st.floats(0.0, 1e4)


def of(requests: float, free: float, params: DispatchParams = P) -> float:
    return float(target(np.array([requests]), np.array([free]), params)[0])


@pytest.mark.parametrize(("requests", "free", "expected"), [
    (0.0, 0.0, 1.0), (5.0, 5.0, 1.0), (3.0, 9.0, 1.0), (7.0, 3.0, 1.7), (1.0, 0.0, 1.7),
    (15.0, 3.0, 2.4), (900.0, 0.0, 2.4)])
def test_targets_worked_by_hand(requests: float, free: float, expected: float) -> None:
    """1 + 0.7 log2((requests + 1) / (free + 1)), from 1 to the cap of 2.4."""
    assert of(requests, free) == pytest.approx(expected)


@given(COUNTS, COUNTS, st.floats(0.0, 100.0))
def test_surge_is_bounded_and_monotone(requests: float, free: float, more: float) -> None:
    here = of(requests, free)
    assert 1.0 <= here <= P.surge_cap
    assert of(requests + more, free) >= here
    assert of(requests, free + more) <= here
    assert of(free, free) == 1.0


def test_what_is_shown_moves_in_tenths_and_only_beyond_the_band() -> None:
    shown = np.array([1.0, 1.0, 1.5, 1.5])
    smooth = np.array([1.14, 1.16, 1.38, 1.33])
    assert settle(shown, smooth, 0.1).tolist() == pytest.approx([1.0, 1.2, 1.5, 1.3])
    assert settle(shown, smooth, 0.0).tolist() == pytest.approx([1.1, 1.2, 1.4, 1.3])


def test_a_shortage_raises_the_price_with_a_lag_and_an_outage_hides_it() -> None:
    grid = hexes(town())
    surge = Surge(grid)
    cells = len(grid.names)
    none, many = np.zeros(cells), np.full(cells, 30.0)
    seen = []
    for k in range(60):
        surge.ask(np.zeros(20, np.int32))
        surge.out = 30 <= k < 40
        surge.update(many if k < 50 else none, none, P)
        seen.append(float(surge.shown[0]))
    assert seen[0] < 1.3
    assert seen[29] > 2.2
    assert seen[30:40] == [1.0] * 10
    assert seen[40] > 2.2
    assert max(seen) <= P.surge_cap
    assert all(round(v * 10) == pytest.approx(v * 10) for v in seen)
    surge.update(none, none, P.with_changes(surge=False))
    assert (surge.shown == 1.0).all()


def test_a_lower_cap_holds_at_once() -> None:
    surge = Surge(hexes(town()))
    many = np.full(len(surge.shown), 50.0)
    for _ in range(60):
        surge.update(many, np.zeros(len(many)), P)
    surge.update(many, np.zeros(len(many)), P.with_changes(surge_cap=1.5))
    assert surge.shown.max() == 1.5


def test_fares_and_elasticity_by_hand() -> None:
    assert fare(10_000.0, 1200.0, 1.5, P) == pytest.approx(1.5 * (2.5 + 11.0 + 6.0))
    draw = np.linspace(0.0, 0.999, 1000)
    asks = still_asks(draw, np.full(1000, 2.0), P.with_changes(price_elasticity=1.0))
    assert asks.mean() == pytest.approx(0.5, abs=0.002)
    assert still_asks(draw, np.ones(1000), P).all()
    assert still_asks(draw, np.full(1000, 2.0), P.with_changes(price_elasticity=0.0)).all()


def test_a_higher_price_turns_people_away_and_brings_drivers_out() -> None:
    w = world(1, shift_h=3.0, driver_response=2.0, trips_per_day=1000)
    w.surge.shown[:] = 2.4
    w.surge.smooth[:] = 2.4
    before = w.status()["counts"][0]
    come = w.fleet.answer_surge(w.now_s, np.full(60, 2.4), w.params, 300.0, 5400.0)
    assert len(come) == before > 0
    assert not len(w.fleet.answer_surge(w.now_s, np.ones(60), w.params, 300.0, 5400.0))


def test_cells_tile_the_town() -> None:
    grid = hexes(town())
    assert grid.cell.max() == len(grid.names) - 1
    for h in range(len(grid.names)):
        for n in grid.near[h][grid.near[h] >= 0].tolist():
            assert h in grid.near[n]
    x, y = town().network.x, town().network.y
    nearest = np.hypot(x[:, None] - grid.x, y[:, None] - grid.y).argmin(axis=1)
    assert (nearest == grid.cell).mean() > 0.95
    ones = np.ones(len(grid.names))
    assert grid.around(ones, 0.5).tolist() == (1 + 0.5 * (grid.near >= 0).sum(axis=1)).tolist()
    assert grid.highest_near(grid.x).max() == grid.x.max()
    assert (grid.highest_near(grid.x) >= grid.x).all()

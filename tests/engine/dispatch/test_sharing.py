from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.picture import riders_aboard
from engine.dispatch.riders import ABOARD
from tests.engine.dispatch.towns import check_laws, world


def test_shared_rides_keep_the_laws_their_detour_and_fill_cars() -> None:
    w = world(1, pooling=True, pool_consent_percent=100.0, drivers=20, pool_detour_percent=40.0)
    fullest = 0
    together = 0
    for _ in range(320):
        w.step()
        check_laws(w)
        aboard = riders_aboard(w)
        fullest = max(fullest, int(aboard.max()))
        together += int((aboard >= 2).sum())
        assert w.status()["counts"][7] == (aboard >= 2).sum()
    assert 2 <= fullest <= 4
    assert together > 100
    assert w.sharing.rounds > 20
    detour = next(p for p in w.drain_points() if p.name == "ride.detour_percent").value
    # 40 %, half a wait of 3 min on rides of 3 min, and kerbs that planning does not know of
    assert np.quantile(detour, 0.9) < 150.0
    assert np.median(detour) < 75.0


def test_only_those_who_agreed_share() -> None:
    w = world(2, pooling=True, pool_consent_percent=50.0, drivers=25)
    for _ in range(300):
        w.step()
        aboard = w.riders.state == ABOARD
        crowd = riders_aboard(w)[w.riders.driver[aboard]] >= 2
        assert w.riders.shares[aboard][crowd].all()
    assert 0 < w.riders.shares[w.riders.state > 0].mean() < 1


def test_who_agrees_pays_less() -> None:
    alone, shared = (world(3, pooling=p, surge=False, pool_consent_percent=100.0,
                           pool_discount_percent=20.0) for p in (False, True))
    fares = []
    for w in (alone, shared):
        for _ in range(30):
            w.step()
        used = w.riders.state > 0
        fares.append(dict(zip(w.riders.number[used].tolist(), w.riders.fare[used].tolist(),
                              strict=True)))
    assert len(fares[0]) > 5
    assert fares[1] == pytest.approx({n: 0.8 * f for n, f in fares[0].items()})


def test_switching_pooling_off_serves_the_waiting_alone() -> None:
    w = world(4, pooling=True, pool_consent_percent=100.0, drivers=10)
    for _ in range(200):
        w.step()
    w.apply(w.params.with_changes(pooling=False))
    for _ in range(200):
        w.step()
        check_laws(w)
    waiting = w.riders.state == 1
    assert not w.riders.shares[waiting].any()


def test_pooling_serves_more_when_cars_are_scarce() -> None:
    def served(pooling: bool) -> int:
        w = world(5, pooling=pooling, pool_consent_percent=100.0, drivers=20, surge=False,
                  patience_min=10.0)
        for _ in range(500):
            w.step()
        return w.counts()["completed"] + w.counts()["aboard"]

    assert served(True) > 1.2 * served(False)

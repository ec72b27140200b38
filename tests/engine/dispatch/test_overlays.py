from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.network import tails
from engine.dispatch.overlays import NEVER
from engine.dispatch.picture import city_segments
from engine.errors import InvalidInput
from tests.engine.dispatch.towns import BLOCK_M, SIDE, town, world


def test_traffic_is_the_speed_of_the_slower_way() -> None:
    w = world(1, start_h=17.0)
    told = w.overlays.traffic()
    pairs, _ = city_segments(w.city)
    network = w.city.network
    tail = tails(network)
    for s in range(0, len(pairs), 17):
        ways = np.flatnonzero(((tail == pairs[s, 0]) & (network.head == pairs[s, 1]))
                              | ((tail == pairs[s, 1]) & (network.head == pairs[s, 0])))
        share = 100.0 * network.free_s[ways] / w.streets.drive_s[ways]
        assert told[s] == pytest.approx(share.min(), abs=0.51)
    assert told.min() < 95
    assert w.overlays.traffic() is told


def test_rain_slows_every_street_and_a_closed_bridge_stands_still() -> None:
    w = world(1, congestion=0.0)
    assert (w.overlays.traffic() >= 99).all()
    w.command("rain", {})
    w.command("close_bridge", {})
    w.step()
    told = w.overlays.traffic()
    assert np.count_nonzero(told == 0) == len(w.city.bridges[0].arcs) // 2
    assert set(np.unique(told[told > 0]).tolist()) <= {82, 83, 84}


def test_rings_are_minutes_to_the_chosen_point() -> None:
    w = world(1)
    assert not len(w.overlays.reach())
    said = w.command("reach", {"x": 2 * BLOCK_M + 30.0, "y": 3 * BLOCK_M - 40.0})
    assert w.overlays.node == 3 * SIDE + 2
    assert "% of the streets are within 5 min of this point" in said
    told = w.overlays.reach()
    pairs, _ = city_segments(town())
    for s in range(0, len(pairs), 23):
        both = w.streets.router.times(pairs[s], np.array([w.overlays.node], np.int32))
        assert told[s] == np.ceil(both.max() / 60.0)
    assert told.min() == 1
    assert told.max() < NEVER
    assert set(w.layers()) >= {"traffic", "reach"}
    w.command("reach", {})
    assert not len(w.overlays.reach())


def test_rings_follow_the_traffic() -> None:
    w = world(1, congestion=0.0)
    w.command("reach", {"x": 0, "y": 0})
    before = w.overlays.reach()
    w.command("rain", {})
    w.step()
    assert (w.overlays.reach() >= before).all()
    assert (w.overlays.reach() > before).any()


@pytest.mark.parametrize(("arguments", "message"), [
    ({"x": 10.0}, "y is None; a point needs x and y in metres"),
    ({"x": -1.0, "y": 5.0}, "x is -1.0; .* from 0 to 3,000"),
    ({"x": 10.0, "y": float("nan")}, "y is nan"),
    ({"x": True, "y": 5.0}, "x is True"),
    ({"z": 1.0}, "reach takes x, y; it does not know z"),
])
def test_points_that_are_none_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        world().command("reach", arguments)

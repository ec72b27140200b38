from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from engine.perception.cameras import rig
from engine.perception.decode import Detections
from engine.perception.evidence import (
    Along,
    Lone,
    beside,
    braking,
    cut_in,
    disagreement,
    lone,
    lost,
)
from engine.perception.sensing import HINDSIGHT, NOTHING, Given, Sensing, Sight, Signals
from engine.perception.track import Track

ROUTE = np.stack([np.linspace(-5.0, 60.0, 131), np.zeros(131)], axis=1)
FAR = np.full((2, 48, 80), np.log(80.0), np.float32)


def boxes(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    """Detections from x0, y0, x1, y1, score, class."""
    q = np.array(rows, np.float32).reshape(-1, 6)
    n = len(q)
    return Detections(q[:, :4], q[:, 4], q[:, 5].astype(np.int64), np.ones(n, np.float32),
                      np.zeros((n, 4), np.float32), (q[:, :2] + q[:, 2:4]) / 2,
                      np.full(n, np.log(20.0), np.float32), np.ones((n, 3), np.float32),
                      np.zeros(n, np.float32), np.ones(n, np.float32))


def track(number: int, x: float, y: float, *, missed: int = 0, speed: float = 6.0) -> Track:
    votes = np.zeros(7)
    votes[0] = 1.0
    return Track(number, np.array([x, y, speed, 0.0]), np.eye(4), 0.7, 0.0,
                 np.array([4.5, 1.8, 1.5]), votes, np.eye(4)[0], 0.9 * 0.8**missed, 9, missed)


def test_braking_is_the_slope_of_the_speeds() -> None:
    assert braking([10.0, 9.6, 9.2, 8.8]) == pytest.approx(4.0)
    assert braking([10.0, 9.0]) == 0.0
    assert braking([]) == 0.0


def test_places_are_told_along_and_aside_of_a_bend() -> None:
    angle = np.linspace(-0.2, 1.5, 120)
    route = 40.0 * np.stack([np.sin(angle), 1.0 - np.cos(angle)], axis=1)
    at = beside(route, 38.0 * np.array([np.sin(0.5), -np.cos(0.5)]) + (0.0, 40.0))
    assert at.along == pytest.approx(20.0, abs=0.5)
    assert at.aside == pytest.approx(2.0, abs=0.1)
    assert at.ahead == pytest.approx([np.cos(0.5), np.sin(0.5)], abs=0.02)
    assert beside(route, np.zeros(2)).along == pytest.approx(0.0, abs=0.4)


def test_what_one_network_sees_alone() -> None:
    both, only = (10, 10, 30, 30, 0.9, 0), (100, 50, 130, 80, 0.8, 3)
    half = (100, 50, 130, 80, 0.3, 2)  # of the same family, and just sure enough
    assert lone([boxes(both, only)], [boxes(both)]) == pytest.approx((0.8, 0.8, 0.8))
    assert lone([boxes(both)], [boxes(both, only)]) == pytest.approx((0.8, 0.8, 0.8))
    assert lone([boxes(both, only)], [boxes(both, half)]) == Lone(0.0, 0.0, 0.0)
    # of another kind at the same place: told apart, but none of those that overlap nothing
    cone = (100, 50, 130, 80, 0.6, 4)
    assert lone([boxes(only)], [boxes(cone)]) == pytest.approx((0.0, 0.0, 1.4))
    assert lone([boxes((5, 5, 9, 9, 0.9, 0))], [boxes()]) == Lone(0.0, 0.0, 0.0)  # 16 px


def test_disagreement_that_lasts_is_told_from_a_glimpse() -> None:
    none, one = Lone(0.0, 0.0, 0.0), Lone(0.8, 0.8, 0.8)
    glimpse = disagreement([none, none, one, none, none], 2)
    lasting = disagreement([none, one, one, one, none], 2)
    assert glimpse is not None
    assert lasting is not None
    assert glimpse[5] == pytest.approx(0.8 / 5)
    assert lasting[5] == pytest.approx(0.8 * 3 / 5)
    begun = disagreement([one, one, one], 0)
    assert begun is not None
    assert begun[:5] == pytest.approx([0.8] * 5)
    assert disagreement([one, none], 1) is None


def test_a_track_is_lost_where_nothing_hides_it() -> None:
    gone = track(7, 20.0, 0.0, missed=3)
    found = lost([gone], {7}, FAR, rig()[0])
    assert found is not None
    assert found[0] == pytest.approx(0.9)
    assert found[1] == "track 7, 20 m away"
    wall = np.full_like(FAR, np.log(4.0))
    assert lost([gone], {7}, wall, rig()[0]) is None
    assert lost([gone, track(8, 21.0, 0.5)], {7}, FAR, rig()[0]) is None  # a new number
    assert lost([gone], set(), FAR, rig()[0]) is None  # told before
    assert lost([track(7, -9.0, 0.0, missed=3)], {7}, FAR, rig()[0]) is None  # behind


def lane_change(until: float, looks: int = 18) -> list[dict[int, Along]]:
    """From 3.5 m aside to `until`, 0.2 m a look, 12 m ahead."""
    return [{4: Along(max(until, 3.5 - 0.2 * k), 12.0, 6.0, 6.0, 0.9, True)}
            for k in range(looks)]


def test_who_comes_onto_the_own_lane_cuts_in() -> None:
    found = cut_in(lane_change(0.0), 13, 8.0)
    assert found is not None
    assert found[0] == pytest.approx(0.9)
    assert found[1] == 4
    assert cut_in(lane_change(2.2), 13, 8.0) is None  # stays on the next lane
    assert cut_in(lane_change(0.0), 13, 1.0) is None  # nobody is cut in on who stands
    assert cut_in(lane_change(0.0), 13, 3.0) is None  # 12 m are far at walking pace
    oncoming = [{4: q[4]._replace(forward=-6.0)} for q in lane_change(0.0)]
    assert cut_in(oncoming, 13, 8.0) is None
    ahead = [{4: Along(0.0, 12.0, 6.0, 6.0, 0.9, True)}] * 18
    assert cut_in(ahead, 13, 8.0) is None
    # a jump of one look to the side and back says less than a change that stays
    jump = [*lane_change(3.5, 13), {4: Along(0.5, 12.0, 6.0, 6.0, 0.9, True)},
            *lane_change(3.5, 4)]
    jumped = cut_in(jump, 13, 8.0)
    assert jumped is not None
    assert jumped[0] < 0.25 * found[0]


def given(k: int, *tracks: Track) -> Given:
    return Given(0.2 * k, [8.0, 8.0], [Sight([boxes()], tracks), Sight([boxes()], [])], FAR,
                 np.zeros(12), ROUTE)


def told(looks: Sequence[Sequence[Track]]) -> list[Signals]:
    sensing = Sensing(rig())
    moments = [s for k, tracks in enumerate(looks) for s in sensing.step(given(k, *tracks))]
    assert len(moments) == max(0, len(looks) - HINDSIGHT)
    return [*moments, *sensing.finish()]


def test_every_moment_is_told_once_and_in_order() -> None:
    for looks in (0, 1, HINDSIGHT, 30):
        moments = told([[]] * looks)
        assert [s.time for s in moments] == pytest.approx([0.2 * k for k in range(looks)])
        assert all(s.lost == s.cut_in == s.disagreement == NOTHING for s in moments)


def test_a_moment_knows_what_came_after_it() -> None:
    """A car comes onto the own lane: it has cut in if it stays, not if it is gone a look later."""
    looks = [[track(4, 12.0, max(0.0, 3.5 - 0.2 * k))] for k in range(24)]
    assert told(looks)[13].cut_in > 0.8
    assert told(looks)[13].words["cut-in"] == "track 4, 12 m ahead"
    assert told([*looks[:14], *[[]] * 10])[13].cut_in < 0.3


def test_a_lost_track_is_told_once() -> None:
    missed = (0, 1, 3, 5, 7)  # as where tracks are kept at twice the rate of looks
    moments = told([[track(4, 20.0, 0.0, missed=m)] for m in missed])
    assert [s.lost > 0.0 for s in moments] == [False, False, True, False, False]
    assert moments[2].words["track lost"] == "track 4, 20 m away"

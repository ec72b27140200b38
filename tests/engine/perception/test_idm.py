import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.perception import idm
from engine.perception.idm import Driver, acceleration, worth_changing

BY_HAND = Driver(headway_s=1.5, jam_m=2.0, accel=1.0, brake=1.0)


@pytest.mark.parametrize(("speed", "wish", "gap", "lead", "expected"), [
    (0.0, 10.0, math.inf, 0.0, 1.0),
    (10.0, 10.0, math.inf, 0.0, 0.0),
    (5.0, 10.0, math.inf, 0.0, 1.0 - 0.0625),
    # s* = 2 + 10 * 1.5 = 17; (17/34)^2 = 0.25
    (10.0, 20.0, 34.0, 10.0, 1.0 - 0.0625 - 0.25),
    # s* = 2 + 15 + 10 * 4 / 2 = 37; (37/37)^2 = 1
    (10.0, 20.0, 37.0, 6.0, 1.0 - 0.0625 - 1.0),
    # the leader draws away: the dynamic term is cut at zero, s* = 2
    (2.0, 20.0, 4.0, 12.0, 1.0 - 0.0001 - 0.25),
])
def test_acceleration_by_hand(speed, wish, gap, lead, expected):
    assert acceleration(speed, wish, gap, lead, BY_HAND) == pytest.approx(expected)


@given(st.lists(st.floats(-8.0, 2.0), min_size=20, max_size=80), st.floats(0, 16), st.floats(0, 1))
def test_a_follower_never_hits_its_leader(orders, speed, push):
    driver = idm.aggressive(push)
    dt = 0.1
    lead_x, lead_v = 0.0, speed
    # starts no nearer than it would follow
    x, v = -(driver.jam_m + speed * driver.headway_s + 1.0), speed
    for order in [o for o in orders for _ in range(5)]:
        lead_v = max(0.0, min(20.0, lead_v + order * dt))
        lead_x += lead_v * dt
        v = max(0.0, v + acceleration(v, 15.0, lead_x - x, lead_v, driver) * dt)
        x += v * dt
        assert x < lead_x


def test_braking_is_bounded_by_the_tyres():
    assert acceleration(20.0, 20.0, 0.01, 0.0) == idm.HARDEST_BRAKE


def test_a_change_that_makes_the_follower_brake_hard_is_not_worth_it():
    assert not worth_changing(-1.0, 1.0, 0.0, -4.0, 0.0, 0.0, 0.0)
    assert worth_changing(-1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_politeness_weighs_what_others_lose():
    polite, rude = Driver(politeness=1.0), Driver(politeness=0.0)
    facts = (0.0, 0.5, 0.0, -1.0, 0.0, 0.0, 0.0)
    assert not worth_changing(*facts, polite)
    assert worth_changing(*facts, rude)

import numpy as np
import pytest

from engine.dispatch.city import default_city
from engine.dispatch.network import tails
from engine.dispatch.traffic import DAY_S, QUANTUM_S, TrafficProfile
from engine.errors import InvalidInput

HOUR = 3_600.0


@pytest.fixture(scope="module")
def profile():
    return TrafficProfile(default_city())


def test_no_arc_is_ever_faster_than_free(profile):
    for hour in range(24):
        assert profile.factor(hour * HOUR).min() >= 1


def test_it_changes_every_quantum_and_not_within(profile):
    eight = 8 * HOUR
    assert profile.factor(eight) is profile.factor(eight + QUANTUM_S - 1)
    before = profile.factor(eight)
    assert not np.array_equal(before, profile.factor(eight + QUANTUM_S))


def test_every_day_is_like_the_first(profile):
    first = profile.factor(17 * HOUR).copy()
    assert np.array_equal(profile.factor(17 * HOUR + 3 * DAY_S), first)


def test_rush_hours_are_slow_and_nights_are_free(profile):
    mean = {hour: float(profile.factor(hour * HOUR).mean()) for hour in (3, 8, 13, 17)}
    assert mean[3] < 1.01
    assert mean[8] > 1.2 > mean[13]
    assert mean[17] > 1.2


def test_the_morning_runs_inwards_and_the_evening_outwards(profile):
    network = default_city().network
    x, y = network.x - np.median(network.x), network.y - np.median(network.y)
    far = np.hypot(x, y)
    inward = far[network.head] < far[tails(network)] - 50
    outward = far[network.head] > far[tails(network)] + 50
    morning, evening = profile.factor(8 * HOUR).copy(), profile.factor(17.5 * HOUR)
    assert morning[inward].mean() > morning[outward].mean()
    assert evening[inward].mean() < evening[outward].mean()


def test_a_weekend_has_no_morning_rush():
    weekend = TrafficProfile(default_city(), weekend=True)
    assert weekend.factor(8 * HOUR).mean() < weekend.factor(14 * HOUR).mean()


def test_factors_cannot_be_written_to(profile):
    with pytest.raises(ValueError, match="read-only"):
        profile.factor(0.0)[0] = 2.0


@pytest.mark.parametrize("time_s", [np.nan, np.inf])
def test_a_time_must_be_a_number(profile, time_s):
    with pytest.raises(InvalidInput, match="must be a number of seconds"):
        profile.factor(time_s)

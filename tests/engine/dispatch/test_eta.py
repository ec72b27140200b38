import numpy as np
import pytest

from engine.dispatch.eta import FEATURES, EtaMonitor, Trips, features, train
from engine.errors import Infeasible, InvalidInput
from tests.engine.dispatch.networks import scattered

NETWORK = scattered(1, 400)


def trips(count, seed, slow=0.0, first_s=0.0):
    """Trips that take 20 % longer in rain and 4 s an arc, with 8 % noise."""
    rng = np.random.default_rng(seed)
    origin, target = rng.integers(0, len(NETWORK.x), (2, count)).astype(np.int32)
    routed = rng.uniform(120, 900, count).astype(np.float32)
    arcs = rng.integers(5, 60, count).astype(np.int32)
    start = first_s + np.sort(rng.uniform(0, 6 * 3_600, count))
    rain = rng.random(count) < 0.3
    feature = features(NETWORK, origin, target, routed_s=routed, length_m=routed * 9, arcs=arcs,
                       start_s=start, rain=rain)
    actual = (routed * (1 + 0.2 * rain + slow) + 4 * arcs) * rng.lognormal(0, 0.08, count)
    return Trips(feature, routed, actual.astype(np.float32), start)


@pytest.fixture(scope="module")
def model():
    return train(trips(4_000, 0), 1)


def test_it_learns_what_routing_does_not_know(model):
    report = model.report
    assert report.mae_s < 0.5 * report.routed_mae_s
    assert {name for name, _ in report.importance[:4]} >= {"rain", "planned arcs"}
    assert sum(share for _, share in report.importance) == pytest.approx(1)


def test_the_interval_holds_four_trips_in_five(model):
    assert 0.76 <= model.report.coverage <= 0.84
    assert 0.76 <= model.report.fixed_coverage <= 0.84
    fresh = trips(4_000, 7)
    given = model.predict(fresh.feature, fresh.routed_s)
    inside = (fresh.actual_s >= given.low) & (fresh.actual_s <= given.high)
    assert 0.77 <= inside.mean() <= 0.83


def test_an_estimate_is_in_order(model):
    fresh = trips(500, 3)
    low, median, high = model.predict(fresh.feature, fresh.routed_s)
    assert ((low >= 0) & (low <= median) & (median <= high)).all()
    assert low.dtype == median.dtype == high.dtype == np.float32


def test_the_same_seed_trains_the_same_model(model):
    again = train(trips(4_000, 0), 1)
    fresh = trips(50, 3)
    assert np.array_equal(again.predict(fresh.feature, fresh.routed_s).median,
                          model.predict(fresh.feature, fresh.routed_s).median)
    assert again.report == model.report


def test_the_trees_do_not_see_the_future(model):
    known = trips(4_000, 0)
    end_s = known.start_s + known.actual_s
    late = end_s > np.quantile(end_s, 0.6)
    other = train(known._replace(actual_s=np.where(late, known.actual_s * 3, known.actual_s)), 1)
    fresh = trips(50, 3)
    assert np.array_equal(other.predict(fresh.feature, fresh.routed_s).median,
                          model.predict(fresh.feature, fresh.routed_s).median)


def test_the_report_does_not_miss_the_long_trips():
    known = trips(4_000, 2)
    hurried = known._replace(start_s=known.start_s / 12)
    now = 1_800.0
    ended = hurried.start_s + hurried.actual_s <= now
    seen = Trips(*(part[ended] for part in hurried))
    late = seen.start_s + seen.actual_s > np.quantile(seen.start_s + seen.actual_s, 0.8)
    report = train(seen, 1).report
    assert report.tested == late.sum()
    everybody = np.abs(known.actual_s - known.routed_s).mean()
    assert report.routed_mae_s == pytest.approx(everybody, rel=0.1)


def test_one_trip_is_estimated_as_in_a_batch_and_none_as_none(model):
    fresh = trips(20, 3)
    batch = model.predict(fresh.feature, fresh.routed_s)
    single = model.predict(fresh.feature[4:5], fresh.routed_s[4:5])
    assert single.high[0] == batch.high[4]
    assert len(model.predict(fresh.feature[:0], fresh.routed_s[:0]).median) == 0


def watch(monitor, seen):
    for k in range(0, len(seen.routed_s), 20):
        feature, routed = seen.feature[k:k + 20], seen.routed_s[k:k + 20]
        given = monitor.predict(feature, routed)
        monitor.observe(feature, routed, given, seen.actual_s[k:k + 20])


def test_a_world_that_stays_the_same_needs_no_new_model(model):
    monitor = EtaMonitor(model)
    assert np.isnan(monitor.mae_s)
    watch(monitor, trips(1_500, 11))
    assert monitor.mae_s == pytest.approx(model.report.mae_s, rel=0.15)
    assert 0.76 <= monitor.coverage <= 0.84
    assert not monitor.due


def test_a_slower_world_is_noticed_and_the_interval_follows(model):
    monitor = EtaMonitor(model)
    watch(monitor, trips(1_500, 12, slow=0.4))
    assert monitor.drifted
    assert monitor.due
    assert 0.74 <= monitor.coverage <= 0.86
    fixed = model.predict(*trips(1_500, 12, slow=0.4)[:2])
    actual = trips(1_500, 12, slow=0.4).actual_s
    assert ((actual >= fixed.low) & (actual <= fixed.high)).mean() < 0.3


def test_an_old_model_is_due(model):
    monitor = EtaMonitor(model, horizon=100)
    watch(monitor, trips(100, 13))
    assert monitor.seen == 100
    assert monitor.due


def test_features_are_what_their_names_say():
    found = features(NETWORK, np.array([0], np.int32), np.array([9], np.int32),
                     routed_s=np.array([60], np.float32), length_m=np.array([500], np.float32),
                     arcs=np.array([5], np.int32), start_s=np.array([30 * 3_600.0]),
                     rain=np.array([True]))
    row = dict(zip(FEATURES, found[0].tolist(), strict=True))
    assert (row["routed time"], row["planned length"], row["planned arcs"]) == (60, 500, 5)
    assert row["hour, sine"] == pytest.approx(1)
    assert row["hour, cosine"] == pytest.approx(0, abs=1e-6)
    assert row["rain"] == 1
    assert row["crow-flies length"] == pytest.approx(np.hypot(
        NETWORK.x[9] - NETWORK.x[0], NETWORK.y[9] - NETWORK.y[0]))


def test_too_few_trips_are_refused():
    with pytest.raises(Infeasible, match="there are 299 ended trips; an arrival model needs 300"):
        train(trips(299, 0), 1)


def test_trips_that_all_end_at_once_are_refused():
    known = trips(400, 0)
    one_moment = known._replace(start_s=-known.actual_s.astype(np.float64))
    with pytest.raises(Infeasible, match="each part needs 30"):
        train(one_moment, 1)


def test_a_trip_without_time_is_refused():
    known = trips(400, 0)
    known.actual_s[7] = 0
    with pytest.raises(InvalidInput, match="must be above 0 s"):
        train(known, 1)

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from engine.dispatch.dispatcher import STAY_S
from engine.dispatch.drivers import IDLE, PICKUP
from engine.dispatch.matching import NONE
from engine.dispatch.policies import decide
from engine.dispatch.riders import ASSIGNED, NOBODY, WAITING
from engine.dispatch.shortlist import Asking, Offering, shortlist
from engine.dispatch.simulation import DispatchSimulation
from tests.engine.dispatch.towns import check_laws, world


def asking(rng: np.random.Generator, riders: int, drivers: int, nodes: int) -> tuple[
        Asking, Offering, np.ndarray]:
    declined = np.full((riders, 4), -1, np.int32)
    declined[::3, 0] = rng.integers(0, drivers, len(declined[::3]))
    present = np.where(rng.random(riders) < 0.3, rng.permutation(max(riders, drivers))[:riders],
                       -1).astype(np.int32)
    return (
        Asking(*rng.uniform(0, 3000, (2, riders)).astype(np.float32),
               np.arange(riders, dtype=np.int32), declined, present),
        Offering(np.arange(drivers, dtype=np.int32),
                 *rng.uniform(0, 3000, (2, drivers)).astype(np.float32),
                 rng.integers(0, nodes, drivers).astype(np.int32),
                 rng.uniform(0, 60, drivers).astype(np.float32)),
        rng.uniform(0, 900, (riders, nodes)).astype(np.float32))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("keep", [1, 5, 40])
def test_shortlists_are_what_a_full_search_finds(seed: int, keep: int) -> None:
    rng = np.random.default_rng(seed)
    a, o, rows = asking(rng, 12, 30, 25)
    count, index, time_s, far_m = shortlist(a, o, rows, 1500.0, 600.0, keep)
    for r in range(12):
        far = np.hypot(o.x - a.x[r], o.y - a.y[r])
        time = o.rest_s + rows[r, o.head]
        ok = (far <= 1500.0) & (time <= 600.0) & ~np.isin(o.driver, a.declined[r])
        best = sorted(np.flatnonzero(ok).tolist(), key=lambda d: time[d])[:keep]
        mine = int(a.present[r])
        if mine >= 0 and mine < 30 and mine not in best:
            best = [*best[:keep - 1], mine]
        assert index[r, :count[r]].tolist() == best
        assert time_s[r, :count[r]] == pytest.approx(time[best])
        assert far_m[r, :count[r]] == pytest.approx(far[best], rel=1e-4)


def test_nobody_near_is_nobody_on_the_list() -> None:
    a, o, rows = asking(np.random.default_rng(1), 3, 4, 5)
    a = a._replace(present=np.full(3, -1, np.int32))
    count, *_ = shortlist(a, o, rows, 0.0, 600.0, 8)
    assert count.tolist() == [0, 0, 0]


def crowded(policy: str = "optimal batch", seed: int = 1, steps: int = 240) -> DispatchSimulation:
    w = world(seed, drivers=30, policy=policy, acceptance_percent=100.0, batch_window_s=4)
    for _ in range(steps):
        w.step()
    return w


def test_candidate_times_are_those_of_the_router() -> None:
    w = crowded()
    seen = w.dispatcher.snapshot(w.params, swap=True)
    assert seen is not None
    offering = w.dispatcher.offering(seen.driver)
    rider = np.repeat(np.arange(len(seen.slot)), np.diff(seen.problem.rider_first))
    k = seen.problem.driver
    routed = w.streets.router.pair_times(offering.head[k], w.riders.origin[seen.slot[rider]])
    expected = offering.rest_s[k] + routed
    kept = seen.present[rider] == k
    assert seen.problem.time_s[~kept] == pytest.approx(expected[~kept], abs=1e-3)
    assert seen.problem.time_s[kept] == pytest.approx(
        np.maximum(expected[kept] - STAY_S, 0.0), abs=1e-3)
    assert (np.diff(w.riders.number[seen.slot]) > 0).all()


def test_the_batch_never_matches_fewer_than_the_others_and_is_proven() -> None:
    w = world(2, drivers=12, reassign=False)
    rounds = 0
    for _ in range(300):
        w.step()
        seen = w.dispatcher.snapshot(w.params, swap=False)
        if seen is None:
            continue
        rounds += 1
        matched = {p: decide(seen.problem, p, w.params, seen.precedence)
                   for p in ("nearest", "greedy score", "optimal batch")}
        most = [np.count_nonzero(m.driver_of != NONE) for m in matched.values()]
        assert most[2] >= max(most)
        assert matched["optimal batch"].gap == 0.0
    assert rounds > 10


def test_re_assignment_never_takes_a_driver_without_giving_another() -> None:
    w = world(3, drivers=14, acceptance_percent=80.0, reassign_every_s=4, batch_window_s=4)
    swaps = 0
    for _ in range(600):
        had = {int(n): int(d) for n, d, s in zip(
            w.riders.number, w.riders.driver, w.riders.state, strict=True) if s == ASSIGNED}
        w.step()
        now = {int(n): (int(s), int(d)) for n, d, s in zip(
            w.riders.number, w.riders.driver, w.riders.state, strict=True) if s}
        for number, driver in had.items():
            if number in now:
                assert now[number][0] != WAITING
                swaps += now[number][0] == ASSIGNED and now[number][1] != driver
        check_laws(w)
    assert swaps == w.rides.swapped > 5


def test_nearest_and_greedy_never_swap() -> None:
    for policy in ("nearest", "greedy score"):
        w = crowded(policy)
        assert w.rides.swapped == 0
        assert w.counts()["completed"] > 10
        assert np.isnan(w.dispatcher.last.gap)
        assert w.status()["certified"] is False


def test_who_declines_is_not_asked_again_and_the_rider_waits_on() -> None:
    w = world(4, acceptance_percent=10.0)
    for _ in range(200):
        w.step()
        check_laws(w)
    assert w.rides.declined > 50
    refused = np.flatnonzero((w.riders.state == WAITING) & (w.riders.declined[:, 0] != NOBODY))
    assert len(refused)
    seen = w.dispatcher.snapshot(w.params, swap=False)
    assert seen is not None
    for r, slot in enumerate(seen.slot.tolist()):
        span = slice(seen.problem.rider_first[r], seen.problem.rider_first[r + 1])
        offered = seen.driver[seen.problem.driver[span]]
        assert not np.isin(offered, w.riders.declined[slot][w.riders.declined[slot] >= 0]).any()


def test_windows_set_the_rhythm() -> None:
    w = world(1, batch_window_s=10, policy="nearest")
    steps = []
    for _ in range(100):
        before = w.dispatcher.cycles
        w.step()
        if w.dispatcher.cycles > before:
            steps.append(w.step_count)
    assert steps
    assert all(s % 5 == 0 for s in steps)


def test_halves_of_a_split_are_matched_by_their_own_policy() -> None:
    w = world(5, policy="nearest")
    w.dispatcher.split_with(w.params.with_changes(policy="optimal batch"))
    policies: Counter[tuple[int, str]] = Counter()
    for _ in range(300):
        w.step()
        check_laws(w)
        for slot, why in w.dispatcher.why.items():
            arm = int(w.dispatcher.arm(np.array([slot], np.int32))[0])
            policies[arm, why.policy] += 1
    assert set(policies) == {(0, "nearest"), (1, "optimal batch")}


def test_a_match_says_who_else_could_have_come() -> None:
    w = crowded()
    slot = next(int(s) for s in np.flatnonzero(w.riders.state == ASSIGNED)
                if int(s) in w.dispatcher.why)
    why = w.dispatcher.why[slot]
    assert why.driver[why.chosen] == w.riders.driver[slot]
    assert len(why.driver) == len(why.time_s) == len(why.score) == len(why.others)
    facts = w.inspect(w.fleet.count + slot)["why"]
    assert sum(row["chosen"] for row in facts["rows"]) == 1
    assert [row["letter"] for row in facts["rows"]] == list("ABCD")[:len(facts["rows"])]
    assert all(len(row["cells"]) == len(facts["columns"]) for row in facts["rows"])
    assert facts["sentence"].endswith(".")


def test_free_drivers_are_offered_and_busy_ones_are_not() -> None:
    w = crowded()
    seen = w.dispatcher.snapshot(w.params, swap=False)
    if seen is not None:
        assert set(w.fleet.state[seen.driver].tolist()) <= {IDLE, 4}
    swap = w.dispatcher.snapshot(w.params, swap=True)
    assert swap is not None
    assert PICKUP in w.fleet.state[swap.driver]

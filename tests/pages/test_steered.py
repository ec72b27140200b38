from concurrent.futures import Future

import pytest

from engine.dispatch import DispatchParams, DispatchSimulation
from engine.errors import InvalidInput
from engine.live.run import Run
from pages.common.steered import Pair, when_both
from tests.waiting import until

SMALL = DispatchParams(drivers=20, trips_per_day=2000)


@pytest.fixture
def pair():
    runs = [Run(name, "dispatch", DispatchSimulation, SMALL, 3, rate=0.0).start()
            for name in ("main", "rival")]
    for run in runs:
        assert run.wait_started(60)
    yield Pair(runs[0], runs[1], {"policy": "nearest"})
    for run in runs:
        run.stop()


def test_both_obey_and_the_rival_keeps_its_own(pair):
    pair.set_params(SMALL.with_changes(radius_km=2.0))
    until(lambda: pair.rival.params.radius_km == pair.main.params.radius_km == 2.0)
    assert (pair.main.params.policy, pair.rival.params.policy) == ("optimal batch", "nearest")
    pair.set_running(False).result(10)
    assert {pair.main.state, pair.rival.state} == {"paused"}
    pair.set_rate(5.0).result(10)
    assert pair.main.rate == pair.rival.rate == 5.0
    steps = pair.main.step_count, pair.rival.step_count
    pair.single_step()
    until(lambda: (pair.main.step_count, pair.rival.step_count) == (steps[0] + 1, steps[1] + 1))
    assert "Rain" in pair.command("rain", {})
    for run in (pair.main, pair.rival):
        assert run.ask(lambda sim: sim.incidents.raining)


def test_both_begin_again_on_one_seed_in_step(pair):
    pair.reset(seed=9, make=DispatchSimulation, params=SMALL.with_changes(drivers=30)).result(30)
    assert pair.seed == pair.rival.seed == 9
    assert pair.rival.params == pair.params.with_changes(policy="nearest")
    until(lambda: pair.main.step_count > 300 and pair.rival.step_count > 300, 60)
    pair.set_running(False).result(10)
    assert abs(pair.main.step_count - pair.rival.step_count) <= 40


def test_both_meet_the_same_people(pair):
    pair.set_running(False).result(10)
    pair.reset(make=DispatchSimulation).result(30)
    pair.set_running(True).result(10)
    until(lambda: pair.main.step_count > 200 and pair.rival.step_count > 200, 60)
    pair.set_running(False).result(10)
    while (behind := pair.main.step_count - pair.rival.step_count) != 0:
        late = pair.rival if behind > 0 else pair.main
        before = late.step_count
        late.single_step()
        until(lambda late=late, before=before: late.step_count > before)
    opened = [run.ask(lambda sim: sim.counts()["opened"]) for run in (pair.main, pair.rival)]
    assert opened[0] == opened[1] > 0


def test_an_error_of_either_is_the_answer():
    first, second = Future(), Future()
    both = when_both(first, second)
    second.set_result(None)
    assert not both.done()
    first.set_exception(InvalidInput("no such city"))
    with pytest.raises(InvalidInput, match="no such city"):
        both.result(1)

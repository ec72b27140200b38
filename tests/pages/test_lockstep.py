import threading

import pytest

from pages.common.lockstep import LEAD_STEPS, Gate, in_step
from tests.waiting import until


class Counter:
    """The least of a simulation: it counts its steps."""

    def __init__(self, params, seed):
        self.params, self.seed = params, seed
        self.step_count = 0
        self.closed = False

    def step(self):
        self.step_count += 1

    def close(self):
        self.closed = True


@pytest.fixture
def pair():
    first, second = (make({"knob": 1}, 7) for make in in_step(Counter))
    return first, second


def run_until(world, steps):
    while world.step_count < steps:
        world.step()


def test_a_world_in_step_is_the_world_itself(pair):
    first, second = pair
    assert (first.params, second.seed) == ({"knob": 1}, 7)
    first.step()
    assert first.step_count == 1
    first.close()
    assert first.closed


def test_the_faster_waits_for_the_slower(pair):
    first, second = pair
    ahead = threading.Thread(target=run_until, args=(first, LEAD_STEPS + 40))
    ahead.start()
    until(lambda: first.step_count > LEAD_STEPS)
    # each further step of the first takes its whole patience while the second stands
    assert first.step_count <= LEAD_STEPS + 3
    run_until(second, LEAD_STEPS + 40)
    ahead.join(10)
    assert first.step_count == second.step_count == LEAD_STEPS + 40


def test_nobody_waits_for_a_world_that_has_ended(pair):
    first, second = pair
    second.close()
    run_until(first, 500)
    assert first.step_count == 500


def test_nobody_waits_for_a_world_that_stands(monkeypatch):
    monkeypatch.setattr("pages.common.lockstep.SILENT_S", 0.0)
    first, _ = (make({}, 1) for make in in_step(Counter))
    run_until(first, 500)
    assert first.step_count == 500


def test_a_world_that_begins_again_is_waited_for_from_its_start():
    gate = Gate()
    gate.begin(0)
    gate.begin(1)
    gate.arrive(1, 100)
    gate.begin(1)
    late = threading.Thread(target=gate.arrive, args=(0, LEAD_STEPS + 1))
    late.start()
    gate.arrive(1, 1)
    late.join(10)
    assert not late.is_alive()

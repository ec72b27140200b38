from itertools import pairwise

import numpy as np
import pytest

from engine.perception import signals
from engine.perception.signals import AMBER, CYCLE_S, GREEN, RED, state

TIMES = np.arange(0.0, 2 * CYCLE_S, 0.1)


def test_the_two_roads_never_go_at_the_same_time():
    for t in TIMES:
        main = {state(t, 0, 0.0), state(t, 1, 0.0)}
        cross = {state(t, 2, 0.0), state(t, 3, 0.0)}
        assert main == {RED} or cross == {RED}


@pytest.mark.parametrize("arm", range(4))
def test_green_turns_amber_turns_red(arm):
    seen = [state(t, arm, 3.0) for t in TIMES]
    order = [a for a, b in zip(seen, seen[1:] + seen[:1], strict=True) if a != b]
    pairs = set(pairwise(order))
    assert pairs == {(GREEN, AMBER), (AMBER, RED), (RED, GREEN)}
    assert np.mean([s == AMBER for s in seen]) == pytest.approx(signals.AMBER_S / CYCLE_S, abs=0.01)


def test_each_of_two_opposite_arms_has_time_alone():
    alone = [sum((state(t, a, 0.0) == GREEN) and state(t, 1 - a, 0.0) == RED for t in TIMES) * 0.1
             for a in (0, 1)]
    assert alone[0] == pytest.approx(2 * signals.LEAD_S, abs=0.3)
    # the second is alone once the first's amber is over
    assert alone[1] == pytest.approx(2 * (signals.LEAD_S - signals.AMBER_S), abs=0.3)


def test_the_offset_shifts_the_cycle():
    assert all(state(t, 2, 5.0) == state(t + 5.0, 2, 0.0) for t in TIMES)

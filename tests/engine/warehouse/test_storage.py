from __future__ import annotations

import numpy as np
import pytest

from engine.warehouse.storage import FREE, Storage

WIDTH = 10
SLOTS = np.arange(10, 20, dtype=np.int32)  # the second row
ALL = np.ones(30, np.bool_)


def make(pods: int = 6) -> Storage:
    return Storage(30, SLOTS, SLOTS[:pods].copy(), WIDTH)


def test_a_pod_keeps_its_slot_while_it_is_carried() -> None:
    storage = make()
    storage.lift(12)
    assert storage.stored[12] == FREE
    assert storage.owner[12] == 2
    assert storage.choose("own slot", 2, 0, 0.5, ALL) == 12
    storage.set_down(2, 12)
    assert storage.stored[12] == 2


@pytest.mark.parametrize(("desk", "slot"), [(9, 19), (0, 12), (5, 16)])
def test_nearest_free_slot_counts_the_pods_own(desk: int, slot: int) -> None:
    # pod 2 is up, so slots 12 (its own) and 16 to 19 are free; distances worked by hand
    storage = make()
    storage.lift(12)
    assert storage.choose("nearest free", 2, desk, 0.5, ALL) == slot


@pytest.mark.parametrize(("rank", "slot"), [(1.0, 12), (0.5, 17), (0.0, 19)])
def test_popular_pods_stand_nearest(rank: float, slot: int) -> None:
    storage = make()
    storage.lift(12)
    assert storage.choose("popular near stations", 2, 0, rank, ALL) == slot


def test_a_moved_pod_frees_its_old_slot() -> None:
    storage = make()
    storage.lift(12)
    storage.move(2, 18)
    assert storage.owner[12] == FREE
    assert storage.owner[18] == 2
    assert storage.slot[2] == 18


def test_a_slot_that_is_cut_off_is_not_chosen() -> None:
    storage = make()
    storage.lift(12)
    reachable = ALL.copy()
    reachable[12] = False
    assert storage.choose("own slot", 2, 0, 0.5, reachable) == 16
    reachable[16:20] = False
    assert storage.choose("own slot", 2, 0, 0.5, reachable) == 12

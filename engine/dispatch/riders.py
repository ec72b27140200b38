"""Riders who have asked and are not done, in slots; and the count of all who ever asked.

At every moment: asked = waiting + assigned + aboard + completed + abandoned.

Shape letters: S slots.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.streams import ALIGHTING, BOARDING, PATIENCE, UInt64, uniform

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

FREE, WAITING, ASSIGNED, ABOARD = range(4)
DRAWN: Final = 2000
"""Slots of the picture; riders beyond are served and counted, and not drawn."""
NOBODY: Final = -1
REMEMBERED: Final = 4
"""Drivers who declined that a rider is not offered again."""
_SPREAD: Final = 0.25
_BOARD_S: Final = (15.0, 40.0)
_ALIGHT_S: Final = (8.0, 20.0)


class Riders:
    """The open requests.

    A slot that becomes free stays so until the next step, so that a picture shows the change.

    Attributes:
        state: uint8 [S], FREE, WAITING, ASSIGNED or ABOARD.
        number: int64 [S], counts from 1 in order of asking.
        key: uint64 [S].
        origin, destination: int32 [S], nodes.
        asked_s: float64 [S].
        leaves_s: float64 [S], gives up then unless picked up.
        assigned_s: float64 [S], first assignment; NaN before.
        boarded_s: float64 [S], NaN before.
        driver: int32 [S], NOBODY before.
        row: int32 [S], row of the table of times to the origin; -1 once aboard.
        fare, surge: float64 [S].
        direct_s, direct_m: float64 [S], the way from origin to destination when it was asked for.
        quoted_s: float64 [S], promised time to pickup at the first assignment; NaN before.
        taken_m: float64 [S], metres the driver had driven when taking the rider; once aboard, the
            metres since.
        declined: int32 [S, REMEMBERED], drivers, NOBODY where none.
        kerb_s: float64 [S, 2], time the car stands to let the rider in and out.
        agreed_s: float64 [S, 2], latest pickup and latest arrival of a shared ride.
        shares: bool [S], agrees to ride with others.
        way: Arcs of the direct way, by slot.
        asked, completed, abandoned: Counts since the start.
    """

    def __init__(self, slots: int) -> None:
        self.state: UInt8 = np.zeros(slots, np.uint8)
        self.number: Int64 = np.zeros(slots, np.int64)
        self.key: UInt64 = np.zeros(slots, np.uint64)
        self.origin: Int32 = np.zeros(slots, np.int32)
        self.destination: Int32 = np.zeros(slots, np.int32)
        self.asked_s: Float64 = np.zeros(slots)
        self.leaves_s: Float64 = np.full(slots, np.inf)
        self.assigned_s: Float64 = np.full(slots, np.nan)
        self.boarded_s: Float64 = np.full(slots, np.nan)
        self.driver: Int32 = np.full(slots, NOBODY, np.int32)
        self.row: Int32 = np.full(slots, -1, np.int32)
        self.fare: Float64 = np.zeros(slots)
        self.surge: Float64 = np.ones(slots)
        self.direct_s: Float64 = np.zeros(slots)
        self.direct_m: Float64 = np.zeros(slots)
        self.quoted_s: Float64 = np.full(slots, np.nan)
        self.taken_m: Float64 = np.full(slots, np.nan)
        self.declined: Int32 = np.full((slots, REMEMBERED), NOBODY, np.int32)
        self.kerb_s: Float64 = np.zeros((slots, 2))
        self.agreed_s: Float64 = np.full((slots, 2), np.nan)
        self.shares: npt.NDArray[np.bool_] = np.zeros(slots, np.bool_)
        self.way: dict[int, Int32] = {}
        self.asked = self.completed = self.abandoned = 0
        self._free = list(range(slots - 1, -1, -1))
        self._resting: list[int] = []

    @property
    def slots(self) -> int:
        """S."""
        return len(self.state)

    def count(self, state: int) -> int:
        """Riders in a state."""
        return int(np.count_nonzero(self.state == state))

    def begin_step(self) -> None:
        """Let slots that became free in the last step be used again."""
        self._free += self._resting[::-1]
        self._resting.clear()

    def enter(self, key: np.uint64, origin: int, destination: int, time_s: float,
              patience: float) -> int:
        """Take in a rider who asks and waits `patience` seconds for a driver; returns the slot.

        Grows when every slot is taken.
        """
        if not self._free:
            self._grow()
        slot = self._free.pop()
        self.asked += 1
        self.state[slot] = WAITING
        self.number[slot] = self.asked
        self.key[slot] = key
        self.origin[slot], self.destination[slot] = origin, destination
        self.asked_s[slot] = time_s
        self.leaves_s[slot] = time_s + patience
        self.assigned_s[slot] = self.boarded_s[slot] = self.quoted_s[slot] = np.nan
        self.driver[slot] = NOBODY
        self.declined[slot] = NOBODY
        return slot

    def leave(self, slot: int, *, completed: bool) -> None:
        """Close a request: the ride is over, or the rider gave up."""
        assert self.state[slot] != FREE, "a slot is closed once"
        if completed:
            self.completed += 1
        else:
            self.abandoned += 1
        self.state[slot] = FREE
        self.driver[slot] = NOBODY
        self.leaves_s[slot] = np.inf
        self.way.pop(slot, None)
        self._resting.append(slot)

    def decline(self, slot: int, driver: int) -> None:
        """Remember a driver's refusal, the latest ones first."""
        self.declined[slot, 1:] = self.declined[slot, :-1]
        self.declined[slot, 0] = driver

    def _grow(self) -> None:
        old = self.slots
        more = Riders(old)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(self, name, np.concatenate([value, getattr(more, name)]))
        self._free = list(range(2 * old - 1, old - 1, -1))


def patience_s(key: UInt64, median_min: float) -> Float64:
    """Seconds each rider waits before giving up, float64 [K]: log-logistic with the given median.

    The tail is that of observed impatience: most leave around the median, some stay on.
    """
    u = np.clip(uniform(key, PATIENCE), 1e-6, 1.0 - 1e-6)
    return np.asarray(60.0 * median_min * (u / (1.0 - u)) ** _SPREAD, np.float64)


def kerb_s(key: UInt64) -> Float64:
    """Seconds the car stands while each rider gets in and out, float64 [K, 2]."""
    return np.stack([
        low + (high - low) * uniform(key, salt)
        for (low, high), salt in ((_BOARD_S, BOARDING), (_ALIGHT_S, ALIGHTING))], axis=1)

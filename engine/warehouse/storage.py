"""Which pod stands in which slot, and where a pod goes after its pick.

Shape letters: C cells, N pods, P slots.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.warehouse.params import Reslot

Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]

FREE: Final = -1


class Storage:
    """Pods and slots; every pod is stored in one slot or carried, every slot has one owner.

    Attributes:
        stored: int32 [C], pod that stands in a cell now, FREE for none.
        owner: int32 [C], pod that stands in a slot or is on its way to it, FREE for none.
        slot: int32 [N], slot that each pod owns, FREE while it has none.
    """

    def __init__(self, cells: int, slots: Int32, filled: Int32, width: int) -> None:
        """Put pod n into slot `filled[n]`.

        Args:
            cells: C.
            slots: int32 [P], all storage cells.
            filled: int32 [N], distinct slots.
            width: Columns of the floor.
        """
        self.stored: Int32 = np.full(cells, FREE, np.int32)
        self.stored[filled] = np.arange(len(filled), dtype=np.int32)
        self.owner = self.stored.copy()
        self.slot = filled.copy()
        self._slots = slots
        self._width = width

    def lift(self, cell: int) -> None:
        """The pod of a slot leaves the floor; the slot stays its own until `move`."""
        self.stored[cell] = FREE

    def set_down(self, pod: int, cell: int) -> None:
        """The pod stands in the slot that it owns."""
        self.stored[cell] = pod

    def move(self, pod: int, cell: int) -> None:
        """Give a pod that has been lifted another slot."""
        self.owner[self.slot[pod]] = FREE
        self.owner[cell] = pod
        self.slot[pod] = cell

    def choose(
        self, policy: Reslot, pod: int, desk: int, rank: float, reachable: Bool
    ) -> int:
        """Slot for a pod after its pick: its own or a free one.

        Args:
            policy: "own slot" keeps it where that is reachable; "nearest free" is nearest to the
                desk; "popular near stations" puts a pod of rank r at the (1 − r) quantile of the
                free slots by distance, so that what is asked for most stands nearest.
            pod: The pod; its own slot counts as free for it.
            desk: Cell at which it was picked.
            rank: Share of pods in less demand, in [0, 1].
            reachable: bool [C].

        Returns:
            A slot, or the pod's own slot if none is reachable.
        """
        own = int(self.slot[pod])
        if policy == "own slot" and reachable[own]:
            return own
        slots = self._slots
        free = slots[((self.owner[slots] == FREE) | (slots == own)) & reachable[slots]]
        if not len(free):
            return own
        far = self.distance(free, desk)
        order = np.lexsort((free, far))
        place = 0
        if policy == "popular near stations":
            place = round((1.0 - rank) * (len(free) - 1))
        return int(free[order[place]])

    def distance(self, cells: Int32, to: int) -> Int32:
        """Manhattan distance, steps."""
        rows, cols = np.divmod(cells, self._width)
        row, col = divmod(to, self._width)
        out: Int32 = np.abs(rows - row) + np.abs(cols - col)
        return out

"""Seconds from every node to where riders wait: computed once a rider, looked up every round.

A round with re-assignment asks for the time from hundreds of cars to hundreds of riders. Cars move,
riders do not: so one row a rider is kept until it is picked up, and a round only adds the rest of
the car's arc to `row[head of the arc]`.

Shape letters: N nodes, F rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.routing import Router

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

_FIRST_ROWS: Final = 64


class Fields:
    """Rows of times to targets.

    Attributes:
        rows: float32 [F, N]; grows when it is full.
        target: int32 [F], node a row leads to; -1 for a free row.
    """

    def __init__(self, router: Router, nodes: int) -> None:
        self._router = router
        self.rows: Float32 = np.empty((_FIRST_ROWS, nodes), np.float32)
        self.target: Int32 = np.full(_FIRST_ROWS, -1, np.int32)
        self._free = list(range(_FIRST_ROWS - 1, -1, -1))

    def take(self, targets: Int32) -> Int32:
        """Compute rows for new targets, int32 [K] -> int32 [K]."""
        while len(self._free) < len(targets):
            self._grow()
        taken = np.array([self._free.pop() for _ in targets], np.int32)
        if len(taken):
            self.target[taken] = targets
            self.rows[taken] = self._router.times_to(targets)
        return taken

    def give_back(self, row: int) -> None:
        """Free a row."""
        self.target[row] = -1
        self._free.append(row)

    def refresh(self) -> None:
        """Compute every row in use anew, after the router has got other weights."""
        used = np.flatnonzero(self.target >= 0)
        if len(used):
            self.rows[used] = self._router.times_to(self.target[used])

    def _grow(self) -> None:
        old = len(self.target)
        self.rows = np.concatenate([self.rows, np.empty_like(self.rows)])
        self.target = np.concatenate([self.target, np.full(old, -1, np.int32)])
        self._free = list(range(2 * old - 1, old - 1, -1)) + self._free

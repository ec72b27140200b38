"""Batteries and charging bays.

A robot is sent to a bay before its charge is needed for the way: a task is only given to a robot
whose charge covers the drive to the pod, to the desk, to a slot and on to a bay, with a margin
for detours and waiting. A robot that waits for a bay switches its drive off, so waiting costs
nothing.

Shape letters: A agents, B bays, C cells.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.warehouse import world_kernels as kernels
from engine.warehouse.params import WarehouseParams

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]

DETOUR: Final = 2.0
"""Cells driven with a pod over the Manhattan distance that a plan reckons with; measured over 20
minutes of the standard floor: mean 1.09, 99th percentile 1.39; without guidance 1.27 and 2.08."""
WAITING_MIN: Final = 10.0
"""Minutes of standing awake that a trip's reserve covers."""
NEVER_BELOW: Final = 3.0
"""Percent that no plan touches."""
_MEMORY: Final = 0.02


class Batteries:
    """Charge of every robot.

    Attributes:
        charge: float64 [A], percent in [0, 100].
        asleep: bool [A], drive off.
        charging: bool [A], standing in a bay.
        totals: float64 [4]: percent used, percent charged, cells driven empty, cells driven loaded.
    """

    def __init__(self, agents: int, params: WarehouseParams, rng: np.random.Generator) -> None:
        """Draw charges evenly between the two charging thresholds."""
        self.charge: Float64 = rng.uniform(params.charge_below + 5.0, 95.0, agents)
        self.asleep: Bool = np.zeros(agents, np.bool_)
        self.charging: Bool = np.zeros(agents, np.bool_)
        self.totals: Float64 = np.zeros(4)
        self._typical = 0.0

    def drain(
        self, before: Int32, after: Int32, loaded: Bool, params: WarehouseParams
    ) -> None:
        """Use and charge for one step."""
        kernels.drain(
            before, after, loaded, self.asleep, self.charging, params.drain_moving / 60.0,
            params.drain_loaded / 60.0, params.drain_idle / 60.0, params.charge_rate / 60.0,
            params.charge_until, self.charge, self.totals,
        )

    def lift(self, robot: int, params: WarehouseParams) -> None:
        """Take the energy of one lift: half a minute of carrying."""
        use = min(params.drain_loaded / 2.0, float(self.charge[robot]))
        self.charge[robot] -= use
        self.totals[0] += use

    def charge_steps(self, robot: int, params: WarehouseParams) -> int:
        """Steps in a bay until `charge_until`, >= 1."""
        missing = max(0.0, params.charge_until - float(self.charge[robot]))
        return max(1, int(np.ceil(missing / (params.charge_rate / 60.0))))

    def note_need(self, need: float) -> None:
        """Take in what one assigned trip was reckoned to need."""
        if self._typical == 0.0:
            self._typical = need
        self._typical += _MEMORY * (need - self._typical)

    def threshold(self, params: WarehouseParams) -> float:
        """Charge below which a robot goes to a bay: the knob, or what a typical trip needs."""
        return min(max(params.charge_below, 1.25 * self._typical), params.charge_until - 5.0)


def trip_need(empty_steps: float, loaded_steps: float, params: WarehouseParams) -> float:
    """Charge that a trip must not fall short of, percent.

    Args:
        empty_steps: Cells to drive without a pod, the way to a bay included.
        loaded_steps: Cells to drive with a pod.
        params: Drains.
    """
    moving = params.drain_moving / 60.0
    carrying = params.drain_loaded / 60.0
    drive = empty_steps * moving + loaded_steps * (moving + carrying)
    wait = WAITING_MIN * params.drain_idle + params.drain_loaded / 2.0
    return NEVER_BELOW + DETOUR * drive + wait


class Bays:
    """Which robot has reserved which bay.

    Attributes:
        cells: int32 [B].
        owner: int32 [B], robot, -1 for none.
    """

    def __init__(self, cells: Int32, width: int) -> None:
        self.cells = cells
        self.owner: Int32 = np.full(len(cells), -1, np.int32)
        self._width = width

    @property
    def free(self) -> int:
        """Bays without a robot."""
        return int((self.owner < 0).sum())

    def nearest(self, cell: int, open_cells: Bool) -> int:
        """Free bay nearest to a cell, -1 for none; bays that are not open do not count."""
        free = np.flatnonzero((self.owner < 0) & open_cells[self.cells])
        if not len(free):
            return -1
        rows, cols = np.divmod(self.cells[free], self._width)
        row, col = divmod(cell, self._width)
        return int(free[np.argmin(np.abs(rows - row) + np.abs(cols - col))])

    def reserve(self, bay: int, robot: int) -> int:
        """Give a bay to a robot; its cell."""
        self.owner[bay] = robot
        return int(self.cells[bay])

    def release(self, bay: int) -> None:
        """The bay is free again."""
        self.owner[bay] = -1

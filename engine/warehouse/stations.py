"""Pick stations: how long a pick takes, how many pods a desk may have under way, who is stopped.

A desk needs service_rate × travel_time pods under way to stay busy (Little 1961,
doi:10.1287/opre.9.3.383), and `queue_limit` more to ride out variation. Travel time, from the robot
to the pod, to the desk and back to a slot, is the free-flow estimate made at assignment, so that a
jam does not call for more pods: the work in process is bounded whatever the demand.

Shape letters: S stations.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.warehouse.layout import Station
from engine.warehouse.params import WarehouseParams

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

_MEMORY: Final = 0.05
_CHANGE_STEPS: Final = 2
"""Steps between the end of one pick and the next pod at the desk."""


class Stations:
    """State of the desks.

    Attributes:
        sites: The desks themselves.
        in_flight: Tasks assigned whose pods are not back yet, by desk.
        open_orders: Orders taken, by desk.
        stopped_until: Step until which each desk stands still, 0 for none.
        picking: Task number being picked, 0 for none.
        busy_steps: int64 [S], steps with a pod being picked.
        picked: int64 [S], pods picked.
        lines: int64 [S], lines picked.
    """

    def __init__(self, sites: tuple[Station, ...], cells: int, rng: np.random.Generator) -> None:
        count = len(sites)
        self.sites = sites
        self.in_flight = [0] * count
        self.open_orders = [0] * count
        self.stopped_until = [0] * count
        self.picking = [0] * count
        self.busy_steps: Int64 = np.zeros(count, np.int64)
        self.picked: Int64 = np.zeros(count, np.int64)
        self.lines: Int64 = np.zeros(count, np.int64)
        self._travel = [0.0] * count
        self._service = [0.0] * count
        self._rng = rng
        self._of_cell: Int32 = np.full(cells, count, np.int32)
        for s, site in enumerate(sites):
            self._of_cell[list(site.lane)] = s

    def pick_steps(self, station: int, lines: int, params: WarehouseParams) -> int:
        """Draw the time one pod stands at a desk, in steps, >= 1.

        Each line takes a gamma distributed time with mean `pick_s` and the given variation.
        """
        mean, variation = params.pick_s * lines, params.pick_variation
        if variation > 0.0 and lines:
            shape = lines / variation**2
            mean = float(self._rng.gamma(shape, params.pick_s * variation**2))
        steps = max(1, round(mean))
        self._service[station] = _average(self._service[station], steps + _CHANGE_STEPS)
        return steps

    def note_trip(self, station: int, steps: float) -> None:
        """Take in the free-flow estimate of one task, from assignment to return."""
        self._travel[station] = _average(self._travel[station], steps)

    def room(self, params: WarehouseParams) -> list[int]:
        """Tasks each desk may still have assigned, >= 0; 0 while it stands still."""
        out = []
        for s in range(len(self.sites)):
            if self.stopped_until[s]:
                out.append(0)
                continue
            service = self._service[s] or params.pick_s + _CHANGE_STEPS
            limit = params.queue_limit + int(self._travel[s] / service)
            out.append(max(0, limit - self.in_flight[s]))
        return out

    def lane_of(self, cells: Int32) -> Int32:
        """Desk in whose lane each cell lies, int32, S where it lies in none."""
        return self._of_cell[cells]

    def queues(self, pos: Int32) -> UInt8:
        """Robots in each lane, the desk included, uint8 [S]."""
        count = np.bincount(self._of_cell[pos], minlength=len(self.sites) + 1)[:-1]
        return np.minimum(count, 255).astype(np.uint8)


def _average(mean: float, value: float) -> float:
    """Exponential moving average that starts at its first value."""
    return value if mean == 0.0 else mean + _MEMORY * (value - mean)

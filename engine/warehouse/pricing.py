"""What each idle robot would cost each task, on the floor as it is now.

Shape letters: M tasks, N idle robots.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.warehouse.assignment import Weights, costs
from engine.warehouse.battery import Batteries, trip_need
from engine.warehouse.layout import Floor
from engine.warehouse.params import WarehouseParams
from engine.warehouse.storage import Storage
from engine.warehouse.tasks import Task
from engine.warehouse.traffic import Traffic
from engine.warehouse.world_kernels import pair_table

Int32 = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]

_SLACK: Final = 2.0
"""Percent below `charge_until` at which a robot counts as full."""


class Pricing:
    """Costs, distances and charge needed."""

    def __init__(
        self, floor: Floor, storage: Storage, batteries: Batteries, traffic: Traffic
    ) -> None:
        self._floor = floor
        self._storage = storage
        self._batteries = batteries
        self._traffic = traffic

    def price(
        self, tasks: list[Task], workers: Int32, pos: Int32, params: WarehouseParams
    ) -> tuple[Float64, Float64]:
        """Cost of every pair by the source's formula, and its distance in steps.

        Args:
            tasks: M tasks whose pods stand in their slots.
            workers: int32 [N], robots.
            pos: int32 [N], their cells.
            params: Weights and drains.

        Returns:
            Two float64 [M, N], infinite where a pair is impossible.
        """
        traffic = self._traffic
        traffic.mean_tiles()
        cells = self._storage.slot[np.array([t.pod for t in tasks])]
        ways = traffic.routes.approaches(cells)
        distance = np.empty((len(tasks), len(workers)))
        congestion = np.empty_like(distance)
        pair_table(ways.far, ways.near, ways.shared, ways.own, cells, pos, traffic.routes.table,
                   traffic.tile_heat, traffic.tiles_across, self._floor.grid.width, distance,
                   congestion)
        distance[~traffic.reachable[cells]] = np.inf
        charge = self._batteries.charge[workers]
        need = np.array([self.need(t, params) for t in tasks])
        approach = np.where(np.isfinite(distance), distance, 0.0) * params.drain_moving / 60.0
        # a trip that no charge covers must still be made by somebody: the fullest may try
        most = params.charge_until - _SLACK
        able = np.minimum(need[:, None] + approach, most) <= charge
        weights = Weights(params.weight_distance, params.weight_battery, params.weight_congestion)
        return costs(distance, charge / 100.0, congestion, able, weights), distance

    def need(self, task: Task, params: WarehouseParams) -> float:
        """Charge that a task needs once its robot is at the pod, the way to a bay included, %."""
        slot = int(self._storage.slot[task.pod])
        bay = float(self._storage.distance(self._floor.chargers, slot).min())
        return trip_need(bay, 2.0 * self.carry_steps(task), params)

    def carry_steps(self, task: Task) -> float:
        """Free-flow steps from a pod's slot to its desk."""
        desk = self._floor.stations[task.station].desk
        slot = self._storage.slot[task.pod:task.pod + 1]
        return float(self._storage.distance(slot, desk)[0])

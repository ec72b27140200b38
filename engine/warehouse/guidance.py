"""Soft one-way lanes: costs that make agents of one direction keep together.

Shape letters: C cells, A agents.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.graph import Graph
from engine.warehouse.grid import Grid

UInt8 = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]


def lane_costs(grid: Grid, *, along: int = 2, against: int = 4) -> UInt8:
    """Alternating soft one-way lanes for any floor.

    Args:
        grid: The floor.
        along: Cost of a move with its lane, 1 to 255.
        against: Cost of a move against it, along to 255.

    Returns:
        uint8 [C, 4], cost of leaving a cell in each direction.

    Raises:
        InvalidInput: If a cost is out of range.
    """
    if not 1 <= along <= against <= 255:
        raise InvalidInput(
            f"lane costs are {along} along and {against} against; they must be 1 <= along <= "
            "against <= 255"
        )
    cost = np.full((grid.height, grid.width, 4), along, np.uint8)
    cost[1::2, :, 0] = against
    cost[0::2, :, 2] = against
    cost[:, 1::2, 1] = against
    cost[:, 0::2, 3] = against
    return cost.reshape(-1, 4)


class Congestion:
    """Live congestion: costs that grow where agents have been waiting of late."""

    def __init__(self, graph: Graph, *, weight: float = 1.0, horizon: int = 100,
                 period: int = 20) -> None:
        """Start without congestion.

        Args:
            graph: Graph whose costs are the base.
            weight: Cost added by a cell where an agent waits in every step, >= 0.
            horizon: Steps over which waiting is averaged, >= 1.
            period: Steps between two updates of the costs, >= 1.

        Raises:
            InvalidInput: If a setting is out of range.
        """
        if weight < 0 or horizon < 1 or period < 1:
            raise InvalidInput(
                f"congestion weight {weight}, horizon {horizon}, period {period}; weight must be "
                "at least 0, horizon and period at least 1"
            )
        self.weight = weight
        self.horizon = horizon
        self.period = period
        self.graph = graph
        self._base = graph.cost
        self._step = 0
        self.heat = np.zeros(len(graph.nbr), np.float32)

    def observe(self, pos: Int32, following: Int32, pos_goal: Int32) -> bool:
        """Take in one step; True when `graph` changed.

        Args:
            pos: int32 [A], cells before the step.
            following: int32 [A], cells after it.
            pos_goal: int32 [A], goals; who stands on its goal does not wait.
        """
        self._step += 1
        decay = np.float32(1.0 - 1.0 / self.horizon)
        self.heat *= decay
        waits = pos[(pos == following) & (pos != pos_goal)]
        self.heat[waits] += np.float32(1.0) - decay
        if self.weight == 0 or self._step % self.period:
            return False
        extra = np.rint(self.heat * np.float32(self.weight)).astype(np.int32)
        entered = np.where(self.graph.nbr >= 0, extra[self.graph.nbr], 0)
        cost = np.minimum(self._base + entered, 255).astype(np.uint8)
        if np.array_equal(cost, self.graph.cost):
            return False
        self.graph = self.graph._replace(cost=cost)
        return True

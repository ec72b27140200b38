"""Customer orders: they arrive, wait for a desk, and are done when their last line is picked.

Arrivals are a Poisson process. Waiting orders stand in a queue, priority orders first, then by due
time. The queue is bounded: what arrives beyond the limit is refused and counted, so that created =
waiting + open + done holds at every step.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from engine.warehouse.catalog import Catalog
from engine.warehouse.params import WarehouseParams

_MAX_LINES = 12


@dataclass(slots=True, eq=False)
class Order:
    """One order and the steps of its life (-1: not yet).

    Attributes:
        number: Counts from 1.
        priority: 1 for a priority order, else 0.
        skus: One per line.
        created: Step of arrival.
        due: Step by which it should be done.
        released: Step at which a desk took it.
        done: Step at which its last line was picked.
        station: Desk that took it, -1 for none.
        left: Lines not picked yet.
    """

    number: int
    priority: int
    skus: list[int]
    created: int
    due: int
    released: int = -1
    done: int = -1
    station: int = -1
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = len(self.skus)

    @property
    def urgency(self) -> tuple[int, int, int]:
        """Sort key: priority orders first, then the earliest due, then the oldest."""
        return (-self.priority, self.due, self.number)


class OrderBook:
    """All orders that are not done, and the counts of those that are.

    Attributes:
        created: Orders taken in so far.
        refused: Arrivals turned away because the backlog was full.
        done: Orders finished.
        late: Of those, finished after they were due.
        open: Orders at desks.
    """

    def __init__(self, catalog: Catalog, rng: np.random.Generator) -> None:
        self.created = 0
        self.refused = 0
        self.done = 0
        self.late = 0
        self.open = 0
        self._catalog = catalog
        self._rng = rng
        self._waiting: list[tuple[tuple[int, int, int], Order]] = []

    @property
    def backlog(self) -> int:
        """Orders waiting for a desk."""
        return len(self._waiting)

    def arrive(self, step: int, params: WarehouseParams, factor: float = 1.0) -> int:
        """Let one step's orders arrive.

        Args:
            step: Now.
            params: Rate, lines, priorities, due times and backlog limit.
            factor: Multiplies the rate (a demand spike).

        Returns:
            Orders taken in.
        """
        count = int(self._rng.poisson(params.orders_per_h * factor / 3600.0))
        taken = 0
        for _ in range(count):
            # an order that is refused is drawn all the same: the stream of orders does not
            # depend on how fast the floor works
            lines = 1 + int(self._rng.poisson(params.lines_per_order - 1.0))
            skus = self._catalog.draw(min(lines, _MAX_LINES), self._rng)
            priority = int(self._rng.random() * 100.0 < params.priority_share_percent)
            if self.backlog >= params.backlog_limit:
                self.refused += 1
                continue
            due = step + round(params.due_min * 60.0 / (3.0 if priority else 1.0))
            self.created += 1
            taken += 1
            self.wait(Order(self.created, priority, skus, step, due))
        return taken

    def wait(self, order: Order) -> None:
        """Put an order into the queue (also one that a stopped desk gives back)."""
        if order.released >= 0:
            self.open -= 1
            order.released = -1
            order.station = -1
        heapq.heappush(self._waiting, (order.urgency, order))

    def release(self, step: int, station: int) -> Order:
        """Give the most urgent waiting order to a desk."""
        order = heapq.heappop(self._waiting)[1]
        order.released = step
        order.station = station
        self.open += 1
        return order

    def picked(self, order: Order, step: int) -> bool:
        """Count one picked line; True when it was the order's last."""
        order.left -= 1
        if order.left:
            return False
        order.done = step
        self.done += 1
        self.late += step > order.due
        self.open -= 1
        return True

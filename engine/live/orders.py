"""Orders from any thread, carried out by one thread between two steps."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

Order = Callable[[], Any]


class Orders:
    """A queue with futures for answers, and a wait that a new order ends early."""

    def __init__(self) -> None:
        self._queue: deque[tuple[Order, Future[Any]]] = deque()
        self._wake = threading.Condition()

    def give(self, order: Order) -> Future[Any]:
        """Queue an order; the future holds its result or its error."""
        answer: Future[Any] = Future()
        with self._wake:
            self._queue.append((order, answer))
            self._wake.notify()
        return answer

    def take(self, wait_s: float) -> list[tuple[Order, Future[Any]]]:
        """All queued orders; waits up to `wait_s` seconds for the first."""
        with self._wake:
            if wait_s > 0 and not self._queue:
                self._wake.wait(wait_s)
            orders = list(self._queue)
            self._queue.clear()
        return orders

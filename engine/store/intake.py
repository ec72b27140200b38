"""The bounded queue between whoever records and the one thread that writes.

Callers only enqueue. When the queue is full they wait up to `PATIENCE_S`, and are then refused
loudly: nothing is dropped in silence.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from engine.errors import InvalidInput, StoreError
from engine.store.encoding import Series
from engine.store.records import Health

Key = tuple[int, str]
"""Run and series name."""

PATIENCE_S: Final = 5.0
QUEUE_LIMIT: Final = 4_000_000
"""Points and events that may wait: about 64 MB."""
BATCH: Final = 262_144
"""Points that wake the writer early."""


class PointsItem(NamedTuple):
    """Points of one series."""

    key: Key
    points: Series


class EventItem(NamedTuple):
    """A row of the event table."""

    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """A statement to run in its own transaction, after everything enqueued before it."""

    work: Callable[[sa.Connection], Any]
    done: Future[Any]


Item = PointsItem | EventItem | Command


class Intake:
    """Queue, the runs it takes points for, and the account of what waits.

    Args:
        place: The database, for messages.
        limit: Points and events that may wait.
    """

    def __init__(self, place: str, limit: int = QUEUE_LIMIT) -> None:
        self._place = place
        self._limit = limit
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._queue: deque[Item] = deque()
        self._waiting = 0  # points and events not yet stored, taken by the writer or not
        self._written = 0
        self._since_taken = 0
        self._last_step: dict[int, dict[str, float]] = {}  # live runs, their series
        self._events: dict[int, int] = {}  # events so far, by run
        self._fault = ""
        self._shut = False
        self._work = threading.Event()    # something is queued
        self._urgent = threading.Event()  # do not gather any longer

    # For whoever records

    def put_points(self, key: Key, points: Series) -> None:
        """Enqueue points of a live run, at least one.

        Raises:
            InvalidInput: If the run is not live here or the steps go back.
            StoreError: If the queue stays full or is shut.
        """
        self._check_process()
        size = len(points.step)
        run, name = key
        first = float(points.step[0])
        with self._lock:
            self._make_room(size)
            steps = self._live(run)
            if first < steps.get(name, first):
                raise InvalidInput(f"{name} of run {run} went back from step {steps[name]:g} to "
                                   f"{first:g}; record a series in order, or begin a new run.")
            steps[name] = float(points.step[-1])
            self._enqueue(PointsItem(key, points), size)

    def put_event(self, row: dict[str, Any]) -> None:
        """Number an event of a live run and enqueue it; else like `put_points`."""
        self._check_process()
        run = row["run"]
        with self._lock:
            self._make_room(1)
            self._live(run)
            row["number"] = self._events.get(run, 0)
            self._events[run] = row["number"] + 1
            self._enqueue(EventItem(row), 1)

    def put_command(self, command: Command) -> None:
        """Enqueue a command, however full the queue is, and tell the writer to hurry."""
        self._check_process()
        with self._lock:
            self._check_open()
            self._queue.append(command)
        self._urgent.set()
        self._work.set()

    def admit(self, run: int, steps: dict[str, float] | None = None) -> None:
        """Take points for a run, from now on or again with the `steps` that `retire` gave."""
        with self._lock:
            self._last_step[run] = {} if steps is None else steps

    def retire(self, run: int) -> dict[str, float]:
        """Take no more points for a run; returns the last step of each of its series.

        Raises:
            InvalidInput: If it is not live here.
        """
        self._check_process()
        with self._lock:
            steps = self._live(run)
            del self._last_step[run]
            return steps

    def live(self) -> tuple[int, ...]:
        """Runs that points are taken for."""
        with self._lock:
            return tuple(self._last_step)

    def require_live(self, run: int) -> None:
        """Check that points are taken for a run.

        Raises:
            InvalidInput: If it is not live here.
        """
        with self._lock:
            self._live(run)

    def health(self) -> Health:
        """State, fault, queue and counts."""
        with self._lock:
            if self._shut:
                return Health("closed", "The store is closed.", self._waiting, self._written)
            return Health("failing" if self._fault else "ok", self._fault, self._waiting,
                          self._written)

    def shut(self) -> None:
        """Take nothing more and tell the writer to finish."""
        with self._lock:
            self._shut = True
            self._room.notify_all()
        self._urgent.set()
        self._work.set()

    # For the writer thread

    def take(self, gather_s: float, *, more: bool) -> tuple[deque[Item], bool]:
        """Everything queued, and whether the queue is shut for good.

        Args:
            gather_s: How long the first item may wait for company.
            more: Whether the writer still holds items, and so must not wait for new ones.
        """
        if not more:
            self._work.wait()
        if not self._shut:
            self._urgent.wait(gather_s)
        self._work.clear()
        self._urgent.clear()
        with self._lock:
            batch, self._queue = self._queue, deque()
            self._since_taken = 0
            return batch, self._shut

    def settle(self, count: int, *, written: bool) -> None:
        """Points and events that were taken are stored, or given up."""
        with self._lock:
            self._waiting -= count
            self._written += count if written else 0
            self._room.notify_all()

    def report(self, fault: str) -> bool:
        """Set what is wrong with the database, "" for nothing; returns whether that is news."""
        with self._lock:
            news = fault != self._fault
            self._fault = fault
            if fault:
                self._room.notify_all()
        return news

    def forget(self, run: int) -> None:
        """Drop what is known of a run that has ended or is gone."""
        with self._lock:
            self._last_step.pop(run, None)
            self._events.pop(run, None)

    # Holding the lock, the first excepted

    def _check_process(self) -> None:
        """Before the lock: in a forked child another thread may have held it for ever."""
        if os.getpid() != self._pid:
            raise StoreError(f"{self._place} was opened by process {self._pid}; a process made "
                             "from it cannot record. Hand its results back to that one.")

    def _check_open(self) -> None:
        if self._shut:
            raise StoreError(f"{self._place} is closed; open the store again.")

    def _live(self, run: int) -> dict[str, float]:
        """Last step by series name."""
        steps = self._last_step.get(run)
        if steps is None:
            self._check_open()
            raise InvalidInput(f"Run {run} is not being recorded by this process; begin a run "
                               "first, and record nothing after its end.")
        return steps

    def _make_room(self, size: int) -> None:
        """Back-pressure."""
        self._check_open()
        if self._waiting + size <= self._limit:
            return
        if size <= self._limit and not self._fault:
            self._urgent.set()
            self._room.wait_for(
                lambda: self._waiting + size <= self._limit or self._shut or self._fault,
                PATIENCE_S)
            self._check_open()
        if self._waiting + size > self._limit:
            reason = self._fault or "Record less at once, or less often."
            raise StoreError(f"{size:,} more points do not fit: {self._waiting:,} of at most "
                             f"{self._limit:,} wait to be written. {reason}")

    def _enqueue(self, item: Item, size: int) -> None:
        """Append; the writer is told only when it sleeps or should hurry."""
        idle = not self._queue
        self._queue.append(item)
        self._waiting += size
        self._since_taken += size
        if idle:
            self._work.set()
        if self._since_taken >= BATCH:
            self._urgent.set()

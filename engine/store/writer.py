"""The one thread that writes: it drains a bounded queue into transactions.

Callers only enqueue. The thread gathers what arrives within `GATHER_S`, appends it to the open
ends of the series, and commits all of it or nothing. What a failed transaction held stays
queued and is tried again, so a full disk or a lost server costs no point until the queue is
full; then callers wait, and after `PATIENCE_S` are refused loudly.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

import sqlalchemy as sa

from engine.errors import EngineError, InvalidInput, StoreError
from engine.store.backends import Backend
from engine.store.chunks import Chunk, Tail
from engine.store.encoding import Series
from engine.store.faults import explain
from engine.store.records import Health, Outcome
from engine.store.runs import finish_run
from engine.store.schema import chunk, event, series
from engine.store.schema import points as points_table
from engine.store.schema import run as run_table

T = TypeVar("T")
Key = tuple[int, str]

GATHER_S: Final = 0.2
"""How long a point may wait for company; with a commit's time well under 500 ms."""
RETRY_S: Final = 0.5
PATIENCE_S: Final = 5.0
QUEUE_LIMIT: Final = 4_000_000
"""Points and events that may wait: about 64 MB."""
BATCH: Final = 262_144
"""Points that wake the writer early."""
COMMAND_S: Final = 60.0

_log = logging.getLogger(__name__)


class _Points(NamedTuple):
    key: Key
    points: Series


class _Event(NamedTuple):
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Command(Generic[T]):
    """A statement to run in its own transaction, after everything enqueued before it."""

    work: Callable[[sa.Connection], T]
    done: Future[T]


class Writer:
    """Owner of the writing connection.

    Args:
        backend: An opened database.
        limit: Points and events that may wait.
    """

    def __init__(self, backend: Backend, limit: int = QUEUE_LIMIT) -> None:
        self._backend = backend
        self._limit = limit
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._queue: deque[_Points | _Event | _Command[Any]] = deque()
        self._waiting = 0      # points and events not yet stored, in queue or in hand
        self._since_wake = 0
        self._live: dict[int, dict[str, float]] = {}
        self._numbers: dict[int, int] = {}
        self._ended: list[int] = []
        self._closing = False
        self._closed = False
        self._work = threading.Event()    # something is queued
        self._urgent = threading.Event()  # do not gather any longer
        # the rest belongs to the thread
        self._tails: dict[Key, Tail] = {}
        self._points: dict[Key, list[Series]] = {}
        self._events: list[Mapping[str, Any]] = []
        self._in_hand = 0
        self._connection: sa.Connection | None = None
        self._fault = ""
        self._written = 0
        self._put_series = backend.upsert(series, ("run", "name"))
        self._put_chunk = backend.upsert(chunk, ("series", "ordinal"))
        self._put_encoded = backend.upsert(points_table, ("series", "ordinal"))
        self._put_event = backend.upsert(event, ("run", "number"))
        self._thread = threading.Thread(target=self._loop, name="store-writer", daemon=True)
        self._thread.start()

    def put_points(self, key: Key, points: Series) -> None:
        """Enqueue points of a live run; waits only while the queue is full.

        Raises:
            InvalidInput: If the run is not live here or the steps go back.
            StoreError: If the queue stays full or the store is closed.
        """
        self._check_process()
        size = len(points.step)
        with self._lock:
            self._make_room(size)
            run, name = key
            last = self._live_run(run)
            first = float(points.step[0])
            if first < last.get(name, first):
                raise InvalidInput(f"{name} of run {run} went back from step {last[name]:g} to "
                                   f"{first:g}; record a series in order, or begin a new run.")
            last[name] = float(points.step[-1])
            idle, hurry = self._enqueue(_Points(key, points), size)
        self._wake(idle, hurry)

    def put_event(self, row: dict[str, Any]) -> None:
        """Enqueue a row of the event table and number it; else like `put_points`."""
        self._check_process()
        with self._lock:
            self._make_room(1)
            run = row["run"]
            self._live_run(run)
            row["number"] = self._numbers.get(run, 0)
            self._numbers[run] = row["number"] + 1
            idle, hurry = self._enqueue(_Event(row), 1)
        self._wake(idle, hurry)

    def admit(self, run: int) -> None:
        """Take points for a run from now on."""
        with self._lock:
            self._live[run] = {}

    def end(self, run: int, outcome: Outcome, note: str) -> None:
        """Take no more points for a run and write how it ended, after all its points.

        With the outcome "running" it goes on, and only the note changes.

        Raises:
            InvalidInput: If it is not live here.
            StoreError: If it could not be written; the run goes on then.
        """
        def work(connection: sa.Connection) -> None:
            finish_run(connection, run, outcome, note)

        self._check_process()
        with self._lock:
            steps = self._live_run(run)
            if outcome != "running":
                # under the lock: a point enqueued behind the end would start the series anew
                del self._live[run]
        try:
            self.run(work)
        except StoreError:
            with self._lock:
                self._live[run] = steps
            raise
        if outcome != "running":
            with self._lock:
                self._numbers.pop(run, None)
                self._ended.append(run)

    def live(self) -> tuple[int, ...]:
        """Runs that points are taken for."""
        with self._lock:
            return tuple(self._live)

    def run(self, work: Callable[[sa.Connection], T], timeout_s: float = COMMAND_S) -> T:
        """Do `work` in a transaction, after everything enqueued before; wait for its commit.

        Raises:
            StoreError: If what came before, or the work, could not be written.
        """
        self._check_process()
        done: Future[T] = Future()
        with self._lock:
            self._check_open()
            self._queue.append(_Command(work, done))
        self._urgent.set()
        self._work.set()
        try:
            return done.result(timeout_s)
        except FutureTimeout:
            raise StoreError(f"{self._backend.place} did not answer within {timeout_s:g} s; what "
                             "was enqueued still waits. Check the disk or the server.") from None

    def health(self) -> Health:
        """State, fault, queue and counts, without touching the database."""
        with self._lock:
            state = self._fault
            if self._closed or self._closing:
                return Health("closed", "The store is closed.", self._waiting, self._written)
            return Health("failing" if state else "ok", state, self._waiting, self._written)

    def close(self) -> None:
        """Write what waits, as far as the database takes it, and end the thread."""
        with self._lock:
            self._closing = True
            self._room.notify_all()
        self._urgent.set()
        self._work.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _check_process(self) -> None:
        """Before the lock: in a forked child another thread may have held it for ever."""
        if os.getpid() != self._pid:
            raise StoreError(f"{self._backend.place} was opened by process {self._pid}; a process "
                             "made from it cannot record. Hand its results back to that one.")

    def _check_open(self) -> None:
        if self._closing:
            raise StoreError(f"{self._backend.place} is closed; open the store again.")

    def _live_run(self, run: int) -> dict[str, float]:
        """Last step by series name."""
        if run not in self._live:
            raise InvalidInput(f"Run {run} is not being recorded by this process; begin a run "
                               "first, and record nothing after its end.")
        return self._live[run]

    def _make_room(self, size: int) -> None:
        """Back-pressure; holds the lock."""
        self._check_open()
        if self._waiting + size <= self._limit:
            return
        if size <= self._limit and not self._fault:
            self._urgent.set()
            self._room.wait_for(
                lambda: self._waiting + size <= self._limit or self._closing or self._fault,
                PATIENCE_S)
            self._check_open()
        if self._waiting + size > self._limit:
            reason = self._fault or "Record less at once, or less often."
            raise StoreError(f"{size:,} more points do not fit: {self._waiting:,} of at most "
                             f"{self._limit:,} wait to be written. {reason}")

    def _enqueue(self, item: _Points | _Event, size: int) -> tuple[bool, bool]:
        """Whether the writer must be told of work, and whether it is urgent; holds the lock."""
        idle = not self._queue
        self._queue.append(item)
        self._waiting += size
        self._since_wake += size
        return idle, self._since_wake >= BATCH

    def _wake(self, idle: bool, hurry: bool) -> None:
        if idle:
            self._work.set()
        if hurry:
            self._urgent.set()

    # Below: the writer thread alone.

    def _loop(self) -> None:
        """Gather, write, repeat; a fault is remembered, never fatal."""
        while True:
            if not self._in_hand:
                self._work.wait()
            if not self._closing:
                self._urgent.wait(RETRY_S if self._fault else GATHER_S)
            self._work.clear()
            self._urgent.clear()
            with self._lock:
                for run in self._ended:
                    self._forget(run)
                self._ended.clear()
                batch, self._queue = self._queue, deque()
                self._since_wake = 0
                closing = self._closing
            for item in batch:
                self._take(item)
            self._write()
            if closing and not self._queue:
                break
        self._disconnect()
        with self._lock:
            self._closed = True

    def _take(self, item: _Points | _Event | _Command[Any]) -> None:
        """Sort one item into what the next transaction writes, or run a command."""
        if isinstance(item, _Points):
            self._points.setdefault(item.key, []).append(item.points)
            self._in_hand += len(item.points.step)
        elif isinstance(item, _Event):
            self._events.append(item.row)
            self._in_hand += 1
        else:
            self._obey(item)

    def _obey(self, command: _Command[Any]) -> None:
        """Write what came before, then run the command in its own transaction."""
        self._write()
        if self._in_hand:
            command.done.set_exception(StoreError(self._fault))
            return
        try:
            command.done.set_result(self._transact(command.work))
        except EngineError as error:
            command.done.set_exception(error)

    def _write(self) -> None:
        """One transaction for all in hand; on a fault it stays in hand."""
        if not self._in_hand:
            return
        try:
            tails = self._transact(self._store)
        except EngineError as error:
            if isinstance(error.__cause__, sa.exc.IntegrityError):
                self._drop_deleted()
            self._set_fault(str(error))
            return
        self._tails.update(tails)
        self._points = {}
        self._events = []
        self._let_go(self._in_hand, written=True)
        self._set_fault("")

    def _forget(self, run: int) -> None:
        """Drop the open ends of a run."""
        for key in [k for k in self._tails if k[0] == run]:
            del self._tails[key]

    def _let_go(self, count: int, *, written: bool) -> None:
        """Points leave the queue's account."""
        with self._lock:
            self._in_hand -= count
            self._waiting -= count
            self._written += count if written else 0
            self._room.notify_all()

    def _drop_deleted(self) -> None:
        """Give up points whose run somebody deleted: they would block all others for ever."""
        wanted = {run for run, _ in self._points} | {row["run"] for row in self._events}
        try:
            there = set(self._transact(lambda c: c.scalars(
                sa.select(run_table.c.id).where(run_table.c.id.in_(wanted))).all()))
        except EngineError:
            return  # tried again with the next write
        for run in wanted - there:
            kept = {k: parts for k, parts in self._points.items() if k[0] != run}
            lost = sum(len(p.step) for k in self._points.keys() - kept.keys()
                       for p in self._points[k])
            events = [row for row in self._events if row["run"] != run]
            lost += len(self._events) - len(events)
            self._points, self._events = kept, events
            self._forget(run)
            with self._lock:
                self._live.pop(run, None)
            self._let_go(lost, written=False)
            _log.error("run %d was deleted by somebody else; %d points and events of it are "
                       "dropped", run, lost)

    def _store(self, connection: sa.Connection) -> dict[Key, Tail]:
        """The statements of `_write`; returns the tails that hold once they are committed."""
        new = [{"run": run, "name": name} for run, name in self._points
               if (run, name) not in self._tails]
        known = dict(self._tails)
        if new:
            connection.execute(self._put_series, new)
            runs = {row["run"] for row in new}
            found = connection.execute(
                sa.select(series.c.run, series.c.name, series.c.id).where(series.c.run.in_(runs)))
            for run, name, number in found:
                known.setdefault((run, name), Tail(number))
        chunks: list[Chunk] = []
        tails = {}
        for key, parts in self._points.items():
            more, tails[key] = known[key].extend(parts)
            chunks += more
        if chunks:
            connection.execute(self._put_chunk, [c.header for c in chunks])
            connection.execute(self._put_encoded, [c.points for c in chunks])
        if self._events:
            connection.execute(self._put_event, self._events)
        return tails

    def _transact(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` and commit; a fault drops the connection, which may be the cause.

        Raises:
            EngineError: Whatever goes wrong, so that the thread outlives it.
        """
        try:
            if self._connection is None:
                self._connection = self._backend.connect()
            with self._connection.begin():
                return work(self._connection)
        except EngineError:
            raise
        except Exception as error:
            self._disconnect()
            raise explain(error, self._backend.url) from error

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (sa.exc.SQLAlchemyError, OSError) as error:
                _log.warning("closing a connection failed: %s", error)

    def _set_fault(self, message: str) -> None:
        """Remember and log a change of health once."""
        with self._lock:
            before, self._fault = self._fault, message
            if message:
                self._room.notify_all()
        if message and message != before:
            _log.error("%s", message)
        elif before and not message:
            _log.info("%s takes points again", self._backend.place)

"""The one thread that writes: it drains the intake into transactions.

It gathers what arrives within `GATHER_S`, appends it to the open ends of the series, and commits
all of it or nothing. What a failed transaction held stays in hand and is tried again, so a full
disk or a lost server costs no point as long as the queue has room.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from engine.errors import EngineError, StoreError
from engine.store.backends import Backend
from engine.store.chunks import Chunk, Tail
from engine.store.encoding import Series
from engine.store.faults import explain
from engine.store.intake import Command, EventItem, Intake, Item, Key, PointsItem
from engine.store.records import Outcome
from engine.store.runs import finish_run
from engine.store.schema import chunk, event, points, run, series

T = TypeVar("T")

GATHER_S: Final = 0.2
"""How long a point may wait for company; with a commit's time well under 500 ms."""
RETRY_S: Final = 0.5
RETRY_MOST_S: Final = 4.0
COMMAND_S: Final = 60.0

_log = logging.getLogger(__name__)


class Writer:
    """Owner of the writing connection.

    Args:
        backend: An opened database.
        intake: Where points, events and commands come from.
    """

    def __init__(self, backend: Backend, intake: Intake) -> None:
        self._backend = backend
        self._intake = intake
        self._tails: dict[Key, Tail] = {}
        self._points: dict[Key, list[Series]] = {}
        self._events: list[Mapping[str, Any]] = []
        self._in_hand = 0
        self._fault = ""
        self._retry_s = RETRY_S
        self._connection: sa.Connection | None = None
        # upserts: a write repeated after a lost acknowledgement changes nothing
        self._put_series = backend.upsert(series, ("run", "name"))
        self._put_chunk = backend.upsert(chunk, ("series", "ordinal"))
        self._put_points = backend.upsert(points, ("series", "ordinal"))
        self._put_event = backend.upsert(event, ("run", "number"))
        self._thread = threading.Thread(target=self._loop, name="store-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Do `work` in a transaction, after everything enqueued before; wait for its commit.

        Raises:
            StoreError: If what came before, or the work, could not be written.
            InvalidInput: What the work itself refuses.
        """
        return self._wait(self._submit(work))

    def end(self, number: int, outcome: Outcome, note: str) -> None:
        """Take no more points for a run and write how it ended, after all its points.

        With the outcome "running" it goes on, and only the note changes.

        Raises:
            InvalidInput: If it is not live here.
            StoreError: If it could not be written; the run goes on then.
        """
        def work(connection: sa.Connection) -> None:
            finish_run(connection, number, outcome, note)

        if outcome == "running":
            self._intake.require_live(number)
            self.run(work)
            return
        # first: a point enqueued behind the end would start the series anew
        steps = self._intake.retire(number)

        def settle(done: Future[None]) -> None:
            """In the writer thread, whether or not the caller still waits."""
            if done.exception() is None:
                self._forget(number)
            else:
                self._intake.admit(number, steps)

        self._wait(self._submit(work, settle))

    def close(self) -> None:
        """Write what waits, as far as the database takes it, and end the thread."""
        self._intake.shut()
        self._thread.join()

    def _submit(self, work: Callable[[sa.Connection], T],
                settle: Callable[[Future[T]], None] | None = None) -> Future[T]:
        done: Future[T] = Future()
        if settle is not None:
            done.add_done_callback(settle)
        self._intake.put_command(Command(work, done))
        return done

    def _wait(self, done: Future[T]) -> T:
        try:
            return done.result(COMMAND_S)
        except TimeoutError:
            raise StoreError(f"{self._backend.place} did not answer within {COMMAND_S:g} s; what "
                             "was enqueued still waits. Check the disk or the server.") from None

    # Below: the writer thread alone

    def _loop(self) -> None:
        """Gather, write, repeat; a fault is remembered, never fatal."""
        shut = False
        while not shut:
            batch, shut = self._intake.take(self._retry_s if self._fault else GATHER_S,
                                            more=self._in_hand > 0)
            for item in batch:
                self._accept(item)
            self._write()
        self._disconnect()

    def _accept(self, item: Item) -> None:
        """Sort one item into what the next transaction writes, or run a command."""
        if isinstance(item, PointsItem):
            self._points.setdefault(item.key, []).append(item.points)
            self._in_hand += len(item.points.step)
        elif isinstance(item, EventItem):
            self._events.append(item.row)
            self._in_hand += 1
        else:
            self._obey(item)

    def _obey(self, command: Command) -> None:
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
            self._report(str(error))
            if isinstance(error.__cause__, sa.exc.IntegrityError):
                self._give_up_deleted()
            return
        self._tails.update(tails)
        self._points, self._events = {}, []
        self._settle(self._in_hand, written=True)
        self._report("")

    def _store(self, connection: sa.Connection) -> dict[Key, Tail]:
        """The statements of `_write`; returns the tails that hold once they are committed."""
        known = dict(self._tails)
        new = [{"run": number, "name": name} for number, name in self._points.keys() - known.keys()]
        if new:
            connection.execute(self._put_series, new)
            query = sa.select(series.c.run, series.c.name, series.c.id)
            for number, name, row_id in connection.execute(
                    query.where(series.c.run.in_({row["run"] for row in new}))):
                known.setdefault((number, name), Tail(row_id))
        chunks: list[Chunk] = []
        tails = {}
        for key, parts in self._points.items():
            more, tails[key] = known[key].extend(parts)
            chunks += more
        if chunks:
            connection.execute(self._put_chunk, [c.header for c in chunks])
            connection.execute(self._put_points, [c.points for c in chunks])
        if self._events:
            connection.execute(self._put_event, self._events)
        return tails

    def _give_up_deleted(self) -> None:
        """Let go of points whose run somebody deleted: they would block all others for ever."""
        wanted = {number for number, _ in self._points} | {row["run"] for row in self._events}
        try:
            there = set(self._transact(
                lambda c: c.scalars(sa.select(run.c.id).where(run.c.id.in_(wanted))).all()))
        except EngineError:
            return  # tried again with the next write
        for number in wanted - there:
            lost = 0
            for key in [k for k in self._points if k[0] == number]:
                lost += sum(len(part.step) for part in self._points.pop(key))
            kept = [row for row in self._events if row["run"] != number]
            lost += len(self._events) - len(kept)
            self._events = kept
            self._forget(number)
            self._settle(lost, written=False)
            _log.error("run %d was deleted by somebody else; %d points and events of it are "
                       "dropped", number, lost)

    def _forget(self, number: int) -> None:
        """Drop the open ends of a run that has ended or is gone."""
        self._intake.forget(number)
        for key in [k for k in self._tails if k[0] == number]:
            del self._tails[key]

    def _settle(self, count: int, *, written: bool) -> None:
        self._in_hand -= count
        self._intake.settle(count, written=written)

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

    def _report(self, fault: str) -> None:
        """Remember a change of health and log it once."""
        self._retry_s = min(2 * self._retry_s, RETRY_MOST_S) if fault else RETRY_S
        self._fault = fault
        if self._intake.report(fault):
            if fault:
                _log.error("%s", fault)
            else:
                _log.info("%s takes points again", self._backend.place)

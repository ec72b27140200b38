"""The two databases a store runs on, and what differs between them.

SQLite: one process writes (a lock file), in WAL mode, through one connection; readers cannot
write, so they never checkpoint either. SQLite 3.7.0 to 3.51.2 can corrupt a file when two
connections write or checkpoint at the same instant (https://sqlite.org/wal.html, "the WAL-reset
bug"): one writer connection in one process cannot meet it.

PostgreSQL: any number of processes write, each its own runs. Each holds an advisory lock on its
`owner` number; whoever can take the lock of another knows that one is dead.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import NullPool

from engine.errors import StoreError
from engine.store.faults import explained, place
from engine.store.lock import ProcessLock, try_lock
from engine.store.migrate import migrate
from engine.store.schema import run

_READERS: Final = {"pool_size": 8, "max_overflow": 24, "pool_timeout": 10}
_MIGRATION_LOCK: Final = 0x617472_69756D  # "atrium"


class Backend(ABC):
    """One database, opened.

    Attributes:
        url: Where it is.
        place: The same for messages.
        owner: Number under which this process records its runs.
        readers: Engine with a pool of read-only connections.
    """

    readers: sa.Engine
    owner: int
    _writers: sa.Engine

    def __init__(self, url: sa.URL) -> None:
        self.url = url
        self.place = place(url)

    def prepare(self) -> None:
        """Make or migrate the database and settle the runs of dead processes.

        Raises:
            StoreError: If it cannot be reached, read or written, or is not ours.
        """
        with explained(self.url):
            connection = self.connect()
            try:
                with connection.begin():
                    self._migrate(connection)
                    self.settle(connection, opening=True)
            finally:
                connection.close()

    def connect(self) -> sa.Connection:
        """A connection that may write; one at a time."""
        return self._writers.connect()

    @abstractmethod
    def upsert(self, table: sa.Table, keys: tuple[str, ...]) -> sa.Executable:
        """INSERT that replaces the row with the same keys.

        A write repeated after a lost acknowledgement then changes nothing.
        """

    @abstractmethod
    def settle(self, connection: sa.Connection, *, opening: bool) -> None:
        """Mark what dead processes left running as interrupted.

        Args:
            connection: That of the writer.
            opening: Whether this process has begun no run yet.
        """

    def _migrate(self, connection: sa.Connection) -> None:
        migrate(connection, self.place)

    def close(self) -> None:
        """Let go of every connection and lock; no thread may be reading."""
        self.readers.dispose()
        self._writers.dispose()


class Sqlite(Backend):
    """A file in WAL mode, written by this process alone."""

    def __init__(self, url: sa.URL) -> None:
        super().__init__(url)
        self.owner = os.getpid()
        self._path = Path(str(url.database))
        self._lock: ProcessLock | None = None
        self._writers = _sqlite_engine(self._path, "rw", "BEGIN IMMEDIATE", (
            "PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
            "PRAGMA foreign_keys = ON", "PRAGMA journal_size_limit = 67108864"))
        self.readers = _sqlite_engine(self._path, "ro", "BEGIN", ("PRAGMA query_only = ON",))

    def prepare(self) -> None:
        """Take the lock file, make the database if there is none, then migrate."""
        with explained(self.url):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = try_lock(self._path)
        try:
            with explained(self.url):
                self._create_if_missing()
            super().prepare()
        except BaseException:
            self.close()
            raise

    def _create_if_missing(self) -> None:
        """Build a new database beside its place and move it there whole.

        A file found empty is therefore never ours in the making: opening it as new would hide
        that a recording is gone.
        """
        if self._path.exists():
            if self._path.stat().st_size == 0:
                raise StoreError(f"{self.place} is empty (0 bytes), which no store of this program "
                                 "ever is. Restore a backup, or remove the file to start anew.")
            return
        wal = self._path.with_name(self._path.name + "-wal")
        if wal.exists():
            raise StoreError(f"{self.place} is gone but {wal.name} is still there and may hold "
                             "recordings. Put the database back, or remove that file too to "
                             "start anew.")
        new = self._path.with_name(self._path.name + ".new")
        new.unlink(missing_ok=True)
        engine = _sqlite_engine(new, "rwc", "BEGIN IMMEDIATE", ())
        with engine.connect() as connection, connection.begin():
            migrate(connection, self.place)
        engine.dispose()
        new.replace(self._path)

    def upsert(self, table: sa.Table, keys: tuple[str, ...]) -> sa.Executable:
        """INSERT … ON CONFLICT DO UPDATE."""
        insert = sqlite.insert(table)
        return insert.on_conflict_do_update(keys, set_=_other_columns(insert, keys))

    def settle(self, connection: sa.Connection, *, opening: bool) -> None:
        """The lock is ours, so whoever left a run running before is dead."""
        if opening:
            connection.execute(_interrupted())

    def close(self) -> None:
        """Close readers before the writer, which checkpoints on its way out."""
        super().close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


class Postgres(Backend):
    """A PostgreSQL server, shared with other processes."""

    def __init__(self, url: sa.URL) -> None:
        super().__init__(url)
        self.owner = secrets.randbits(62)
        # a dead network is an error within seconds, not a hang
        options: dict[str, Any] = {
            "connect_timeout": 5, "application_name": "atrium", "keepalives_idle": 30,
            "tcp_user_timeout": 15000}
        options = {k: v for k, v in options.items() if k not in url.query}
        self.readers = sa.create_engine(
            url, connect_args=options, isolation_level="REPEATABLE READ", pool_pre_ping=True,
            execution_options={"postgresql_readonly": True}, **_READERS)
        self._writers = sa.create_engine(url, connect_args=options, poolclass=NullPool)

    def connect(self) -> sa.Connection:
        """A connection that holds this process's advisory lock."""
        connection = super().connect()
        with connection.begin():
            connection.execute(sa.select(sa.func.pg_advisory_lock(self.owner)))
            if sa.inspect(connection).has_table(run.name):
                # while the connection was lost, another process may have taken us for dead
                connection.execute(
                    sa.update(run)
                    .where(run.c.owner == self.owner, run.c.outcome == "interrupted")
                    .values(outcome="running", note=""))
        return connection

    def upsert(self, table: sa.Table, keys: tuple[str, ...]) -> sa.Executable:
        """INSERT … ON CONFLICT DO UPDATE."""
        insert = postgresql.insert(table)
        return insert.on_conflict_do_update(
            index_elements=keys, set_=_other_columns(insert, keys))

    def _migrate(self, connection: sa.Connection) -> None:
        """One process at a time."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        super()._migrate(connection)

    def settle(self, connection: sa.Connection, *, opening: bool) -> None:
        """Another owner whose lock can be had is dead."""
        owners = connection.scalars(
            sa.select(run.c.owner).distinct()
            .where(run.c.outcome == "running", run.c.owner != self.owner)).all()
        for owner in owners:
            if connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(owner))):
                connection.execute(_interrupted().where(run.c.owner == owner))


def _sqlite_engine(path: Path, mode: str, begin: str, pragmas: tuple[str, ...]) -> sa.Engine:
    """Engine whose transactions start as `begin` says; the driver's own rules are off."""
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True,
                                     isolation_level=None, check_same_thread=False, timeout=1)
        for pragma in pragmas:
            connection.execute(pragma)
        return connection

    pool: dict[str, Any] = {"poolclass": NullPool}
    if mode == "ro":
        pool = {"poolclass": sa.QueuePool, **_READERS}
    engine = sa.create_engine("sqlite://", creator=connect, **pool)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _other_columns(insert: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    """What an upsert overwrites."""
    return {c.name: c for c in insert.excluded if c.name not in keys}


def _interrupted() -> sa.Update:
    """The statement that marks runs whose process died; when it died nobody knows."""
    return sa.update(run).where(run.c.outcome == "running").values(
        outcome="interrupted", note="The process that recorded it ended without closing it.")

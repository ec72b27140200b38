"""The metrics store: what engines, pages and routes call."""

from __future__ import annotations

import atexit
import math
import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt
import sqlalchemy as sa

from engine.errors import InvalidInput, StoreError
from engine.store import export, read, runs, values
from engine.store.backends import Backend, Postgres, Sqlite
from engine.store.chunks import EMPTY
from engine.store.encoding import Series
from engine.store.export import Selection
from engine.store.faults import explained
from engine.store.intake import QUEUE_LIMIT, Intake
from engine.store.records import (
    ENDINGS,
    Health,
    Outcome,
    ParameterRow,
    RecordedEvent,
    Run,
    Summary,
)
from engine.store.writer import Writer

_DEFAULT_FOLDER: Final = Path(__file__).resolve().parents[2] / "var"

_open: dict[str, Store] = {}
_opening = threading.Lock()


def open_store(url: str | None = None) -> Store:
    """The store at a URL; the same object for the same URL, as long as it is open.

    Args:
        url: SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://…`. None: the environment
            variable ATRIUM_DB_URL, else the file atrium.db in the folder ATRIUM_DATA, else in
            `var/` beside app.py.

    Raises:
        StoreError: If the database cannot be reached, read, written or locked, is damaged, or is
            not this program's or of a newer one.
    """
    where = _resolve(url)
    key = where.render_as_string(hide_password=False)
    with _opening:
        store = _open.get(key)
        if store is None or store.health().state == "closed":
            store = _open[key] = Store(where)
        return store


class Store:
    """One open database. Every method may be called from any thread.

    Args:
        url: SQLite file or PostgreSQL.
        queue_limit: Points and events that may wait to be written.

    Raises:
        StoreError: As `open_store`, which callers use: two stores on one file do not get along.
    """

    def __init__(self, url: sa.URL, queue_limit: int = QUEUE_LIMIT) -> None:
        self.url = url
        self._backend: Backend = (Sqlite if url.get_backend_name() == "sqlite" else Postgres)(url)
        self._backend.prepare()
        self._intake = Intake(self._backend.place, queue_limit)
        self._writer = Writer(self._backend, self._intake)

    # Recording

    def begin_run(self, domain: str, params: Mapping[str, Any], seed: int, label: str = "",
                  step_s: float | None = None) -> int:
        """Start a recording; its start, commit and environment are noted.

        Args:
            domain: Which engine, at most 64 characters.
            params: Its knobs; JSON-able.
            seed: Seed of its generator; 64 bits.
            label: What the person calls it.
            step_s: Simulated seconds a step, > 0; None where steps are no time.

        Returns:
            The run's number, stored already.

        Raises:
            InvalidInput: If a value cannot be kept.
            StoreError: If it cannot be written.
        """
        domain = values.short("domain", domain)
        kept = values.json_able("The parameters", params)
        number = values.seed(seed)
        title = values.text(label)
        if step_s is not None and not (math.isfinite(step_s) and step_s > 0):
            raise InvalidInput(f"A step of {step_s:g} s is no time; it must be above 0.")
        run = self._writer.run(lambda connection: runs.insert_run(
            connection, self._backend.owner, domain, kept, number, title, step_s))
        self._intake.admit(run)
        return run

    def end_run(self, run: int, outcome: Outcome, note: str = "") -> None:
        """End a recording; all of it is stored when this returns.

        Args:
            run: A run begun by this process.
            outcome: "stopped", "finished" or "crashed"; "running" changes the note alone.
            note: One sentence for the person at the screen.

        Raises:
            InvalidInput: If the run is not live here, or the outcome unknown.
            StoreError: If it cannot be written; the run takes points again then.
        """
        if outcome not in ENDINGS:
            raise InvalidInput(f"{outcome!r} is no way to end a run; choose from "
                               f"{', '.join(ENDINGS)}.")
        words = values.text(note)
        self._writer.end(run, outcome, words)

    def append(self, run: int, name: str, step: npt.ArrayLike, value: npt.ArrayLike) -> None:
        """Take points of one series; copies and enqueues, and waits only for a full queue.

        Args:
            run: A live run of this process.
            name: Series name, "group.quantity_unit"; up to 200 printable characters, no comma.
            step: float64 [N], finite, non-decreasing, not below the last one.
            value: float64 [N]; NaN means "no value".

        Raises:
            InvalidInput: If the points are malformed, or the run is not live.
            StoreError: If the queue stays full or the store is closed.
        """
        points = values.points(name, step, value)
        if len(points.step):
            self._intake.put_points((run, values.series_name(name)), points)

    def event(self, run: int, step: float, kind: str, text: str,
              data: Mapping[str, Any] | None = None) -> None:
        """Take one event; copies and enqueues like `append`.

        Raises:
            InvalidInput: If a value cannot be kept, or the run is not live.
            StoreError: If the queue stays full or the store is closed.
        """
        if not math.isfinite(step):
            raise InvalidInput(f"An event's step is {step}; it must be finite.")
        self._intake.put_event({
            "run": run, "step": float(step), "kind": values.short("kind of event", kind),
            "text": values.text(text), "data": values.json_able("The event's data", data or {})})

    def flush(self) -> None:
        """Return when everything enqueued before is committed: acknowledged.

        What is acknowledged survives `kill -9`. On SQLite a loss of power may take the last
        commits (synchronous=NORMAL), never the file; on PostgreSQL nothing.

        Raises:
            StoreError: If it could not be written; it stays queued and is tried again.
        """
        self._writer.run(lambda _: None)

    def delete_runs(self, numbers: Collection[int]) -> int:
        """Remove runs and all they recorded; returns how many there were.

        Raises:
            InvalidInput: If one of them is running; nothing is removed then.
            StoreError: If it cannot be written.
        """
        wanted = list(numbers)

        def work(connection: sa.Connection) -> int:
            self._backend.settle(connection, opening=False)
            return runs.delete(connection, wanted)

        return self._writer.run(work)

    def health(self) -> Health:
        """How the writer is; cheap, never touches the database."""
        return self._intake.health()

    # Reading; points are seen once committed, within half a second of `append`

    def runs(self, domain: str | None = None, *, limit: int | None = None) -> list[Run]:
        """Runs of one domain or of all, the newest first."""
        with self._reading() as connection:
            return runs.select_runs(connection, domain=domain, numbers=None, limit=limit)

    def run(self, number: int) -> Run:
        """One run.

        Raises:
            InvalidInput: If there is no such run.
        """
        with self._reading() as connection:
            return runs.require(connection, [number])[0]

    def series_names(self, numbers: Collection[int]) -> list[str]:
        """Names of the series that any of these runs has, sorted."""
        with self._reading() as connection:
            return runs.select_names(connection, numbers)

    def series(self, run: int, name: str, lo: float | None = None, hi: float | None = None,
               points: int = 1000) -> Series:
        """A picture of a range: at most `points` of its points.

        The first and last point of the range and a point each of its least and greatest value
        are among them; NaN values are not, except at the ends. All points where they are few
        enough; none where nothing has been recorded under that name.

        Args:
            run: Run.
            name: Series.
            lo: First step, included; None from the start.
            hi: Last step, included; None to the end.
            points: At least 8.

        Raises:
            InvalidInput: If `points` is too small.
            StoreError: If the database cannot be read.
        """
        low, high = _range(lo, hi)
        with self._reading() as connection:
            number = read.find(connection, run, name)
            if number is None:
                return EMPTY
            return read.sampled(connection, number, low, high, points)

    def raw(self, run: int, name: str, lo: float | None = None,
            hi: float | None = None) -> Iterator[Series]:
        """Every point of a range bit for bit, in pieces of up to 1,024.

        Each 64 pieces are one short read, so a slow reader holds nothing open; points that
        arrive meanwhile in later pieces are not seen.
        """
        low, high = _range(lo, hi)
        with self._reading() as connection:
            number = read.find(connection, run, name)
            if number is None:
                return
            until = read.last_ordinal(connection, number)
        at = -1
        while at < until:
            with self._reading() as connection:
                parts, at = read.exact(connection, number, low, high, at, until)
            yield from parts

    def summary(self, run: int, name: str) -> Summary:
        """Count, extremes and mean of a whole series; exact, and cheap at any length."""
        with self._reading() as connection:
            number = read.find(connection, run, name)
            if number is None:
                return Summary(0, math.nan, math.nan, math.nan)
            return read.summarise(connection, number)

    def events(self, run: int, kinds: Collection[str] | None = None, lo: float | None = None,
               hi: float | None = None, *, limit: int | None = None) -> list[RecordedEvent]:
        """Events of a run, in order of recording; `limit` keeps the first so many."""
        with self._reading() as connection:
            return runs.select_events(connection, [run], kinds=kinds, lo=lo, hi=hi, limit=limit)

    def events_after(self, numbers: Collection[int], after: tuple[int, int] | None, limit: int,
                     lo: float | None = None, hi: float | None = None) -> list[RecordedEvent]:
        """A page of the events of several runs, behind the (run, number) seen last."""
        with self._reading() as connection:
            return runs.select_events(connection, numbers, lo=lo, hi=hi, after=after, limit=limit)

    def parameters(self, numbers: Sequence[int], *,
                   only_differing: bool = False) -> list[ParameterRow]:
        """Parameters of runs side by side, those that differ first.

        Raises:
            InvalidInput: If there is no such run.
        """
        with self._reading() as connection:
            return runs.compare(runs.require(connection, numbers), only_differing=only_differing)

    def export_csv(self, selection: Selection) -> Iterator[bytes]:
        """Points as CSV, see `export.metrics_csv`."""
        _range(selection.lo, selection.hi)
        return export.metrics_csv(self, selection)

    def export_parquet(self, selection: Selection) -> Iterator[bytes]:
        """Points as Parquet, see `export.metrics_parquet`."""
        _range(selection.lo, selection.hi)
        return export.metrics_parquet(self, selection)

    def export_events(self, selection: Selection) -> Iterator[bytes]:
        """Events as CSV, see `export.events_csv`."""
        return export.events_csv(self, selection)

    def close(self) -> None:
        """Mark live runs as interrupted, write what waits, let go of the database.

        Raises:
            StoreError: If points could not be written and are lost.
        """
        if self.health().state == "closed":
            return
        for run in self._intake.live():
            with suppress(StoreError, InvalidInput):
                self._writer.end(run, "interrupted", "The program was closed during the run.")
        self._writer.close()
        self._backend.close()
        health = self.health()
        if health.queued:
            raise StoreError(f"{self._backend.place}: {health.queued:,} points and events could "
                             f"not be written and are lost. {health.message}")

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """A connection with one consistent view; driver errors become StoreErrors."""
        if self.health().state == "closed":
            raise StoreError(f"{self._backend.place} is closed; open the store again.")
        with explained(self.url), self._backend.readers.connect() as connection:
            yield connection


def _range(lo: float | None, hi: float | None) -> tuple[float, float]:
    """Open ends as infinities; NaN is no end.

    Raises:
        InvalidInput: If the range runs backwards.
    """
    low = -math.inf if lo is None else float(lo)
    high = math.inf if hi is None else float(hi)
    if not low <= high:
        raise InvalidInput(f"The range from {low:g} to {high:g} is empty; give the lower step "
                           "first.")
    return low, high


def _resolve(url: str | None) -> sa.URL:
    """The URL meant, with an absolute path or the one driver for PostgreSQL.

    Raises:
        StoreError: If it is no URL of a supported database.
    """
    text = url or os.environ.get("ATRIUM_DB_URL", "").strip()
    if not text:
        folder = Path(os.environ.get("ATRIUM_DATA", "").strip() or _DEFAULT_FOLDER)
        return sa.URL.create("sqlite", database=str(folder.expanduser().resolve() / "atrium.db"))
    try:
        parsed = sa.make_url(text)
        backend = parsed.get_backend_name()
    except (sa.exc.ArgumentError, ValueError):
        # the text may hold a password: it is not repeated
        raise StoreError("ATRIUM_DB_URL is no database URL. Write sqlite:///path/atrium.db or "
                         "postgresql+psycopg://user:password@host/database.") from None
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"Databases of kind {backend!r} are not supported. Use "
                         "sqlite:///path/atrium.db or "
                         "postgresql+psycopg://user:password@host/database.")
    if not parsed.database or parsed.database == ":memory:" or parsed.query:
        raise StoreError("SQLite needs a plain file here, shared by several connections. Write "
                         "sqlite:///path/atrium.db.")
    path = Path(parsed.database).expanduser().resolve()
    return sa.URL.create("sqlite", database=str(path))


def _close_all() -> None:
    """At the end of the program: nothing that was recorded may stay in memory."""
    for store in list(_open.values()):
        with suppress(StoreError):
            store.close()


atexit.register(_close_all)

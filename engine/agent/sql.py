"""SQL over the metrics, on a copy: whatever a statement tries, the store cannot be touched.

The runs asked for are read through the store's own reading methods into a database in memory, so
that SQLite and PostgreSQL stores answer alike. On top of that the statement is held to one SELECT
by an authorizer, to a list of functions, and to a deadline.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from engine.errors import InvalidInput
from engine.store import Store
from engine.store.records import Run

MAX_SQL: Final = 5_000
MAX_ROWS: Final = 500
MAX_RUNS: Final = 20
MAX_POINTS: Final = 1_000
MAX_CELL: Final = 2_000
SECONDS: Final = 1.0

SCHEMA: Final = """
CREATE TABLE run (run INTEGER, domain TEXT, label TEXT, seed INTEGER, started_at TEXT,
                  ended_at TEXT, outcome TEXT, step_s REAL, parameters TEXT);
CREATE TABLE series (run INTEGER, name TEXT, n INTEGER, low REAL, high REAL, mean REAL);
CREATE TABLE point (run INTEGER, name TEXT, step REAL, value REAL);
CREATE TABLE event (run INTEGER, step REAL, kind TEXT, text TEXT);
"""

_ALLOWED: Final = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_FUNCTIONS: Final = frozenset((
    "abs", "avg", "ceil", "ceiling", "coalesce", "count", "cume_dist", "date", "datetime",
    "dense_rank", "exp", "first_value", "floor", "group_concat", "hex", "ifnull", "iif", "instr",
    "json_extract", "lag", "last_value", "lead", "length", "like", "glob", "ln", "log", "log10",
    "lower", "ltrim", "max", "mean", "min", "mod", "nth_value", "ntile", "nullif", "percent_rank",
    "power", "pow", "printf", "format", "rank", "replace", "round", "row_number", "rtrim", "sign",
    "sqrt", "strftime", "substr", "substring", "sum", "total", "trim", "trunc", "typeof", "upper",
    "->", "->>",
))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that a statement gave.

    Attributes:
        columns: Names.
        rows: Values, at most `MAX_ROWS`.
        more: There were more rows.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool


def query(store: Store, statement: str, runs: Sequence[int] | None = None,
          series: Sequence[str] | None = None) -> Table:
    """Run one SELECT over tables `run`, `series`, `point` and `event`.

    Args:
        store: Where the metrics are.
        statement: One SELECT.
        runs: Runs to copy, at most `MAX_RUNS`; the newest by default.
        series: Series whose points are copied (down-sampled to `MAX_POINTS` a series, exact in
            their extremes); none by default, for counts and means are in `series`.

    Raises:
        InvalidInput: If the statement is anything but one SELECT, wrong, or takes too long.
        StoreError: If the store cannot be read.
    """
    if len(statement) > MAX_SQL:
        raise InvalidInput(f"the SQL has {len(statement):,} characters, at most {MAX_SQL:,} are "
                           "run")
    wanted = list(runs or ())
    if len(wanted) > MAX_RUNS:
        raise InvalidInput(f"{len(wanted)} runs are asked for, at most {MAX_RUNS} are read at once")
    found = [store.run(n) for n in wanted] if wanted else store.runs(limit=MAX_RUNS)
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.executescript(SCHEMA)
        for run in found:
            _copy(copy, store, run, series or ())
        copy.commit()
        return _select(copy, statement)


def _copy(copy: sqlite3.Connection, store: Store, run: Run, series: Sequence[str]) -> None:
    """One run with its series' figures, events and the points asked for."""
    copy.execute("INSERT INTO run VALUES (?,?,?,?,?,?,?,?,?)", (
        run.id, run.domain, run.label, run.seed, run.started_at.isoformat(),
        run.ended_at.isoformat() if run.ended_at else None, run.outcome, run.step_s,
        json.dumps(run.parameters)))
    names = store.series_names([run.id])
    copy.executemany("INSERT INTO series VALUES (?,?,?,?,?,?)", (
        (run.id, name, *store.summary(run.id, name)) for name in names))
    for name in set(series) & set(names):
        points = store.series(run.id, name, points=MAX_POINTS)
        copy.executemany("INSERT INTO point VALUES (?,?,?,?)", (
            (run.id, name, step, value) for step, value in zip(
                points.step.tolist(), points.value.tolist(), strict=True)))
    copy.executemany("INSERT INTO event VALUES (?,?,?,?)", (
        (run.id, e.step, e.kind, e.text) for e in store.events(run.id, limit=5_000)))


def _select(copy: sqlite3.Connection, statement: str) -> Table:
    """Run the statement under guard."""
    refused: list[str] = []

    def authorise(action: int, first: str | None, second: str | None, *_: Any) -> int:
        ok = action in _ALLOWED or (
            action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FUNCTIONS)
        if ok and action == sqlite3.SQLITE_READ and (first or "").startswith("sqlite_"):
            ok = False
        if not ok:
            refused.append(second or first or "this statement")
        return sqlite3.SQLITE_OK if ok else sqlite3.SQLITE_DENY

    end = time.monotonic() + SECONDS
    copy.execute("PRAGMA query_only = ON")
    copy.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 10_000_000)
    copy.set_authorizer(authorise)
    copy.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
    try:
        cursor = copy.execute(statement)
        if cursor.description is None:
            raise InvalidInput("only one SELECT is run; the metrics can be read, not changed")
        columns = tuple(d[0] for d in cursor.description)
        rows = cursor.fetchmany(MAX_ROWS + 1)
    except sqlite3.Error as error:
        if refused:
            raise InvalidInput(f"{refused[0]} is not allowed: only one SELECT over run, series, "
                               "point and event is run") from error
        if "interrupt" in str(error):
            raise InvalidInput(f"the SQL took longer than {SECONDS:g} s; ask for fewer runs or "
                               "narrow it with WHERE") from error
        raise InvalidInput(f"the SQL is wrong: {error}") from error
    kept = tuple(tuple(_cell(v) for v in row) for row in rows[:MAX_ROWS])
    return Table(columns, kept, len(rows) > MAX_ROWS)


def _cell(value: Any) -> Any:
    """A value of bounded length; bytes as their count."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value[:MAX_CELL] if isinstance(value, str) else value

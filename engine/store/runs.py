"""Runs, parameters and events: the statements, each on a connection handed in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from engine.errors import InvalidInput
from engine.store import provenance
from engine.store.records import Outcome, ParameterRow, RecordedEvent, Run
from engine.store.schema import chunk, event, points, run, series


def insert_run(connection: sa.Connection, owner: int, domain: str, parameters: Mapping[str, Any],
               seed: int, label: str, step_s: float | None) -> int:
    """Add a running run; returns its number."""
    number = connection.execute(sa.insert(run).values(
        domain=domain, label=label, seed=seed, parameters=parameters, step_s=step_s,
        started_at=datetime.now(UTC), outcome="running", note="", code_commit=provenance.commit(),
        environment=provenance.environment(), owner=owner,
    ).returning(run.c.id)).scalar_one()
    return int(number)


def finish_run(connection: sa.Connection, number: int, outcome: Outcome, note: str) -> None:
    """Write how and when a run ended; "running" changes the note alone."""
    ended = None if outcome == "running" else datetime.now(UTC)
    connection.execute(sa.update(run).where(run.c.id == number).values(
        outcome=outcome, note=note, ended_at=ended))


def delete(connection: sa.Connection, numbers: Collection[int]) -> int:
    """Remove runs with all they recorded; returns how many there were.

    Raises:
        InvalidInput: If one of them is running; nothing is removed then.
    """
    live = connection.scalars(sa.select(run.c.id).where(
        run.c.id.in_(numbers), run.c.outcome == "running").order_by(run.c.id)).all()
    if live:
        raise InvalidInput(f"Run {', '.join(map(str, live))} is still running; stop it before "
                           "deleting it.")
    # said in full although the keys cascade: SQLite cascades row by row, which is slower
    theirs = sa.select(series.c.id).where(series.c.run.in_(numbers))
    connection.execute(sa.delete(points).where(points.c.series.in_(theirs)))
    connection.execute(sa.delete(chunk).where(chunk.c.series.in_(theirs)))
    connection.execute(sa.delete(series).where(series.c.run.in_(numbers)))
    connection.execute(sa.delete(event).where(event.c.run.in_(numbers)))
    return connection.execute(sa.delete(run).where(run.c.id.in_(numbers))).rowcount


def select_runs(connection: sa.Connection, *, domain: str | None, numbers: Collection[int] | None,
                limit: int | None) -> list[Run]:
    """Runs, the newest first."""
    query = sa.select(run).order_by(run.c.id.desc())
    if domain is not None:
        query = query.where(run.c.domain == domain)
    if numbers is not None:
        query = query.where(run.c.id.in_(numbers))
    if limit is not None:
        query = query.limit(limit)
    return [_run(row) for row in connection.execute(query)]


def require(connection: sa.Connection, numbers: Sequence[int]) -> list[Run]:
    """The runs, in the order asked.

    Raises:
        InvalidInput: If there is no such run.
    """
    found = {r.id: r for r in select_runs(connection, domain=None, numbers=numbers, limit=None)}
    missing = [n for n in numbers if n not in found]
    if missing:
        raise InvalidInput(f"There is no run {', '.join(map(str, missing))}; it may have been "
                           "deleted.")
    return [found[n] for n in numbers]


def compare(runs: Sequence[Run], *, only_differing: bool) -> list[ParameterRow]:
    """Parameters side by side, those that differ first, else in order of appearance."""
    names = dict.fromkeys(name for r in runs for name in r.parameters)
    rows = []
    for name in names:
        values = tuple(r.parameters.get(name) for r in runs)
        rows.append(ParameterRow(name, values, any(v != values[0] for v in values)))
    rows.sort(key=lambda row: not row.differs)
    return [row for row in rows if row.differs or not only_differing]


def select_names(connection: sa.Connection, numbers: Collection[int]) -> list[str]:
    """Names of the series that any of the runs has, sorted."""
    query = sa.select(series.c.name).where(series.c.run.in_(numbers)).distinct()
    return sorted(connection.scalars(query))


def select_events(connection: sa.Connection, numbers: Collection[int], *,
                  kinds: Collection[str] | None = None, lo: float | None = None,
                  hi: float | None = None, after: tuple[int, int] | None = None,
                  limit: int | None = None) -> list[RecordedEvent]:
    """Events by run and order of recording.

    Args:
        connection: Reading connection.
        numbers: Runs.
        kinds: Only these kinds.
        lo: First step.
        hi: Last step, included.
        after: (run, number) of the last event seen, to go on from there.
        limit: At most so many.
    """
    query = sa.select(event).where(event.c.run.in_(numbers))
    if kinds is not None:
        query = query.where(event.c.kind.in_(kinds))
    if lo is not None:
        query = query.where(event.c.step >= lo)
    if hi is not None:
        query = query.where(event.c.step <= hi)
    if after is not None:
        query = query.where(sa.tuple_(event.c.run, event.c.number) > sa.tuple_(*after))
    query = query.order_by(event.c.run, event.c.number)
    if limit is not None:
        query = query.limit(limit)
    return [RecordedEvent(row.run, row.number, row.step, row.kind, row.text, row.data)
            for row in connection.execute(query)]


def _run(row: sa.Row[Any]) -> Run:
    return Run(
        id=row.id, domain=row.domain, label=row.label, seed=row.seed, parameters=row.parameters,
        step_s=row.step_s, started_at=row.started_at, ended_at=row.ended_at, outcome=row.outcome,
        note=row.note, commit=row.code_commit, environment=row.environment,
    )

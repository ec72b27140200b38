"""Reading series: exact, down-sampled, or as figures; each function on a connection handed in.

Shape letters: C chunks, N points of the range, P points wanted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from engine.errors import InvalidInput
from engine.store.chunks import EMPTY
from engine.store.downsample import LEAST, downsample
from engine.store.encoding import Series, decode
from engine.store.records import Summary
from engine.store.schema import chunk, series

SCAN: Final = 64
"""Chunks of one exact read: 65,536 points, a transaction of a few milliseconds."""

_HEADER: Final = (
    chunk.c.ordinal, chunk.c.n, chunk.c.first_step, chunk.c.first_value, chunk.c.low_step,
    chunk.c.low, chunk.c.high_step, chunk.c.high, chunk.c.last_step, chunk.c.last_value)


def find(connection: sa.Connection, run: int, name: str) -> int | None:
    """Row id of a series, None when nothing has been recorded under that name."""
    return connection.scalar(
        sa.select(series.c.id).where(series.c.run == run, series.c.name == name))


def sampled(connection: sa.Connection, number: int, lo: float, hi: float, wanted: int) -> Series:
    """At most P points of a range, exact in their extremes.

    The result holds the first and last point of the range and a point each of its least and
    greatest value. Where a picture of P points has room for less than two points a chunk, the
    headers stand for the chunks inside the range and only its two end chunks are decoded.

    Args:
        connection: Reading connection.
        number: Row id of the series.
        lo: First step, included.
        hi: Last step, included.
        wanted: P >= LEAST.

    Raises:
        InvalidInput: If fewer points are asked for.
        StoreError: If a chunk is damaged.
    """
    if wanted < LEAST:
        raise InvalidInput(f"{wanted} points are too few; ask for at least {LEAST}.")
    headers = connection.execute(
        sa.select(*_HEADER).where(*_within(number, lo, hi)).order_by(chunk.c.ordinal)).all()
    if not headers:
        return EMPTY
    if len(headers) * 2 < wanted:
        everything = _decoded(connection, number, headers[0][0], headers[-1][0])
        return downsample(_clip(everything, lo, hi), wanted)
    # only the first and last chunk can stick out of the range
    ends = [_clip(_decoded(connection, number, row[0], row[0]), lo, hi)
            for row in (headers[0], headers[-1])]
    inside = _stand_ins(headers[1:-1])
    joined = Series(*(np.concatenate(column) for column in zip(ends[0], inside, ends[1],
                                                               strict=True)))
    return downsample(joined, wanted)


def exact(connection: sa.Connection, number: int, lo: float, hi: float, after: int,
          until: int) -> tuple[list[Series], int]:
    """Up to SCAN chunks of a range with ordinal in (after, until], and the last ordinal read.

    Raises:
        StoreError: If a chunk is damaged.
    """
    rows = connection.execute(
        sa.select(chunk.c.ordinal, chunk.c.points)
        .where(*_within(number, lo, hi), chunk.c.ordinal > after, chunk.c.ordinal <= until)
        .order_by(chunk.c.ordinal).limit(SCAN)).all()
    parts = [_clip(decode(row[1]), lo, hi) for row in rows]
    return [p for p in parts if len(p.step)], rows[-1][0] if rows else until


def last_ordinal(connection: sa.Connection, number: int) -> int:
    """Ordinal of the last chunk, -1 without any."""
    found = connection.scalar(
        sa.select(sa.func.max(chunk.c.ordinal)).where(chunk.c.series == number))
    return -1 if found is None else int(found)


def summarise(connection: sa.Connection, number: int) -> Summary:
    """Figures of a whole series, from its headers."""
    rows = connection.execute(
        sa.select(chunk.c.n, chunk.c.valid, chunk.c.low, chunk.c.high, chunk.c.total)
        .where(chunk.c.series == number)).all()
    real = [row for row in rows if row.valid]
    count = sum(row.n for row in rows)
    if not real:
        return Summary(count, math.nan, math.nan, math.nan)
    low, high = min(row.low for row in real), max(row.high for row in real)
    totals = [row.total for row in real]
    if None in totals or math.isinf(low) or math.isinf(high):
        # infinities: IEEE addition says what the mean is
        total = float(np.sum([math.nan if t is None else t for t in totals]))
    else:
        total = _sum(totals)
    return Summary(count, low, high, total / sum(row.valid for row in real))


def _sum(totals: Sequence[float]) -> float:
    """Correctly rounded sum; infinite where it leaves the range of float64."""
    try:
        return math.fsum(totals)
    except OverflowError:
        return float(np.sum(totals))


def _within(number: int, lo: float, hi: float) -> tuple[sa.ColumnElement[bool], ...]:
    """Chunks that touch [lo, hi]."""
    where = [chunk.c.series == number]
    if lo > -math.inf:
        where.append(chunk.c.last_step >= lo)
    if hi < math.inf:
        where.append(chunk.c.first_step <= hi)
    return tuple(where)


def _decoded(connection: sa.Connection, number: int, first: int, last: int) -> Series:
    """Every point of the chunks `first` to `last`."""
    blobs = connection.scalars(
        sa.select(chunk.c.points)
        .where(chunk.c.series == number, chunk.c.ordinal.between(first, last))
        .order_by(chunk.c.ordinal)).all()
    parts = [decode(blob) for blob in blobs]
    return Series(np.concatenate([p.step for p in parts]), np.concatenate([p.value for p in parts]))


def _clip(points: Series, lo: float, hi: float) -> Series:
    """The points of [lo, hi]; steps are ordered."""
    start = int(np.searchsorted(points.step, lo, "left"))
    end = int(np.searchsorted(points.step, hi, "right"))
    return Series(points.step[start:end], points.value[start:end])


def _stand_ins(headers: Sequence[sa.Row[*tuple[Any, ...]]]) -> Series:
    """First, least, greatest and last point of each chunk, in order of step; up to 4 C points."""
    if not headers:
        return EMPTY
    # None, which stands for NaN in the database, becomes NaN again
    table = np.array([tuple(row)[2:] for row in headers], np.float64)
    step, value = table[:, 0::2].copy(), table[:, 1::2]
    inner = step[:, 1:3]
    swap = inner[:, 0] > inner[:, 1]
    order = np.where(swap[:, None], [0, 2, 1, 3], [0, 1, 2, 3])
    step = np.take_along_axis(step, order, 1).ravel()
    value = np.take_along_axis(value, order, 1).ravel()
    there = ~np.isnan(step)  # a chunk of NaN values has no extremes
    there[1:] &= (step[1:] != step[:-1]) | (value[1:] != value[:-1])  # first may be least, too
    return Series(step[there], value[there])

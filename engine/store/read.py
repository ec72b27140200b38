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
from engine.store.encoding import Float64, Series, decode
from engine.store.records import Summary
from engine.store.schema import chunk, points, series

SCAN: Final = 64
"""Chunks of one exact read: 65,536 points, a transaction of a few milliseconds."""

_EXTREMES: Final = (chunk.c.ordinal, chunk.c.low_step, chunk.c.low, chunk.c.high_step,
                    chunk.c.high)


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
        sa.select(*_EXTREMES).where(*_within(number, lo, hi)).order_by(chunk.c.ordinal)).all()
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
    same = (points.c.series == chunk.c.series) & (points.c.ordinal == chunk.c.ordinal)
    rows = connection.execute(
        sa.select(chunk.c.ordinal, points.c.encoded).join_from(chunk, points, same)
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
    if not rows:
        return Summary(0, math.nan, math.nan, math.nan)
    table = _table(rows)
    count = int(table[:, 0].sum())
    _, valid, low, high, total = table[table[:, 1] > 0].T
    if not len(valid):
        return Summary(count, math.nan, math.nan, math.nan)
    with np.errstate(invalid="ignore", over="ignore"):
        # infinities, and None for a sum that had both, follow IEEE addition
        whole = _sum(total) if np.isfinite(total).all() else float(total.sum())
    return Summary(count, float(low.min()), float(high.max()), whole / float(valid.sum()))


def _sum(totals: Float64) -> float:
    """Correctly rounded sum; infinite where it leaves the range of float64."""
    try:
        return math.fsum(totals)
    except OverflowError:
        return float(totals.sum())


def _table(rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> Float64:
    """Rows of numbers as float64 [rows, columns]; None, which stands for NaN, becomes NaN."""
    return np.array([tuple(row) for row in rows], np.float64)


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
        sa.select(points.c.encoded)
        .where(points.c.series == number, points.c.ordinal.between(first, last))
        .order_by(points.c.ordinal)).all()
    parts = [decode(blob) for blob in blobs]
    return Series(np.concatenate([p.step for p in parts]), np.concatenate([p.value for p in parts]))


def _clip(given: Series, lo: float, hi: float) -> Series:
    """The points of [lo, hi]; steps are ordered."""
    start = int(np.searchsorted(given.step, lo, "left"))
    end = int(np.searchsorted(given.step, hi, "right"))
    return Series(given.step[start:end], given.value[start:end])


def _stand_ins(headers: Sequence[sa.Row[*tuple[Any, ...]]]) -> Series:
    """Least and greatest point of each chunk, in order of step; up to 2 C points.

    These are what MinMaxLTTB would preselect from buckets of a chunk each.
    """
    pairs = _table(headers)[:, 1:].reshape(-1, 2, 2)  # [C, (low, high), (step, value)]
    swapped = pairs[:, 0, 0] > pairs[:, 1, 0]
    pairs[swapped] = pairs[swapped, ::-1]
    there = ~np.isnan(pairs[:, :, 0])  # a chunk of NaN values has no extremes
    there[:, 1] &= (pairs[:, 0] != pairs[:, 1]).any(1)  # all equal: one point
    step, value = pairs[there].T
    return Series(step, value)

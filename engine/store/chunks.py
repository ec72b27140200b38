"""Cutting a growing series into chunks, each with a header that answers for its points.

Shape letters: N points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypedDict

import numpy as np

from engine.store.encoding import MAX_POINTS, Series, encode

EMPTY = Series(np.empty(0), np.empty(0))


class HeaderRow(TypedDict):
    """One row of the `chunk` table.

    `low`, `high` and `total` leave NaN out and are None when every value is NaN; `total` is
    also None when +inf and -inf meet. SQL has no NaN that every database keeps: None stands
    for it.
    """

    series: int
    ordinal: int
    n: int
    valid: int
    first_step: float
    last_step: float
    low: float | None
    low_step: float | None
    high: float | None
    high_step: float | None
    total: float | None


class PointsRow(TypedDict):
    """One row of the `points` table."""

    series: int
    ordinal: int
    encoded: bytes


class Chunk(NamedTuple):
    """What is written for up to MAX_POINTS points."""

    header: HeaderRow
    points: PointsRow


@dataclass(frozen=True, slots=True)
class Tail:
    """The open end of a series: what a next chunk will hold.

    Attributes:
        series: Row id of the series.
        ordinal: Number of the chunk these points belong to, 0 for the first.
        points: Fewer than MAX_POINTS points; they are stored already, in chunk `ordinal`.
    """

    series: int
    ordinal: int = 0
    points: Series = EMPTY

    def extend(self, parts: Sequence[Series]) -> tuple[list[Chunk], Tail]:
        """Add points without touching this tail, so that a failed write can be repeated.

        Args:
            parts: At least one point in all, steps not below those before.

        Returns:
            The chunks to insert or replace (full ones, then the open one if it has points),
            and the tail after them.
        """
        step = np.concatenate([self.points.step, *(p.step for p in parts)])
        value = np.concatenate([self.points.value, *(p.value for p in parts)])
        chunks = []
        for number, start in enumerate(range(0, len(step), MAX_POINTS)):
            end = start + MAX_POINTS
            chunks.append(make_chunk(self.series, self.ordinal + number,
                                     Series(step[start:end], value[start:end])))
        full, rest = divmod(len(step), MAX_POINTS)
        cut = len(step) - rest
        # copies, or a 1,000-point remainder would keep a million-point batch alive
        left = Series(step[cut:].copy(), value[cut:].copy())
        return chunks, Tail(self.series, self.ordinal + full, left)


def make_chunk(series: int, ordinal: int, points: Series) -> Chunk:
    """One chunk of 1 to MAX_POINTS points as its two rows."""
    step, value = points
    valid = len(value) - int(np.isnan(value).sum())
    low = high = total = low_step = high_step = None
    if valid:
        at_low, at_high = int(np.nanargmin(value)), int(np.nanargmax(value))
        low, low_step = float(value[at_low]), float(step[at_low])
        high, high_step = float(value[at_high]), float(step[at_high])
        with np.errstate(invalid="ignore", over="ignore"):
            total = or_none(float(value.sum() if valid == len(value) else np.nansum(value)))
    header = HeaderRow(
        series=series, ordinal=ordinal, n=len(step), valid=valid,
        first_step=float(step[0]), last_step=float(step[-1]),
        low=low, low_step=low_step, high=high, high_step=high_step, total=total)
    return Chunk(header, PointsRow(series=series, ordinal=ordinal, encoded=encode(step, value)))


def or_none(x: float) -> float | None:
    """The number for SQL, where None stands for NaN."""
    return None if math.isnan(x) else x

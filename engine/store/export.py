"""CSV and Parquet of any selection, streamed in bounded memory.

Metrics are in long form: run, domain, series, step, value. Floats are written in the shortest
form that reads back to the same float64 ("NaN", "inf" and "-inf" for what has no digits), so
what a page shows can be recomputed from the file. In CSV, text that a spreadsheet would take for
a formula gets a leading apostrophe; numbers are never touched.

Source: OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from engine.errors import StoreError
from engine.store.encoding import Series
from engine.store.records import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from engine.store.records import RecordedEvent

BLOCK: Final = 65_536
"""Rows in memory at a time, about 3 MB."""
PIECE: Final = 1 << 18
"""Bytes a step of a streamed file."""
_EVENTS: Final = 2_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_METRICS: Final = pl.Schema({"run": pl.Int64, "domain": pl.String, "series": pl.String,
                             "step": pl.Float64, "value": pl.Float64})


class Source(Protocol):
    """What an export reads; `Store` is one."""

    def run(self, number: int) -> Run:
        """One run."""

    def series_names(self, numbers: Collection[int]) -> list[str]:
        """Series of runs."""

    def raw(self, run: int, name: str, lo: float | None = None,
            hi: float | None = None) -> Iterator[Series]:
        """Exact points."""

    def events_after(self, numbers: Collection[int], after: tuple[int, int] | None, limit: int,
                     lo: float | None = None, hi: float | None = None) -> list[RecordedEvent]:
        """A page of events."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to export.

    Attributes:
        runs: Run numbers, in the order of the file.
        series: Series names; None for all.
        lo: First step, included; None from the start.
        hi: Last step, included; None to the end.
    """

    runs: tuple[int, ...]
    series: tuple[str, ...] | None = None
    lo: float | None = None
    hi: float | None = None


def formula_safe(text: str) -> str:
    """Text that no spreadsheet runs."""
    return "'" + text if text.startswith(_FORMULA) else text


def metrics_csv(source: Source, selection: Selection) -> Iterator[bytes]:
    """Points as CSV with a header line.

    Raises:
        InvalidInput: At once, if a run does not exist.
        StoreError: At once or while streaming, if the database cannot be read.
    """
    found = [source.run(number) for number in selection.runs]

    def stream() -> Iterator[bytes]:
        yield (",".join(_METRICS) + "\n").encode()
        for frame in _frames(source, found, selection, formula_safe):
            yield frame.write_csv(include_header=False).encode()

    return stream()


def metrics_parquet(source: Source, selection: Selection) -> Iterator[bytes]:
    """Points as Parquet (zstd), by way of a temporary file that nobody else can open.

    Raises:
        InvalidInput: At once, if a run does not exist.
        StoreError: If the database cannot be read or the temporary folder is full.
    """
    found = [source.run(number) for number in selection.runs]

    def frames(columns: list[str] | None, predicate: pl.Expr | None, rows: int | None,
               batch: int | None) -> Iterator[pl.DataFrame]:
        """Polars' reading protocol; the plan below asks for everything."""
        return _frames(source, found, selection, str)

    def stream() -> Iterator[bytes]:
        with tempfile.TemporaryFile() as file:
            try:
                register_io_source(frames, schema=_METRICS).sink_parquet(
                    file, row_group_size=BLOCK * 4, engine="streaming")
                file.seek(0)
            except (pl.exceptions.PolarsError, OSError) as error:
                raise StoreError(f"The Parquet file could not be made: {error}. Check the space "
                                 "of the temporary folder.") from error
            while piece := file.read(PIECE):
                yield piece

    return stream()


def events_csv(source: Source, selection: Selection) -> Iterator[bytes]:
    """Events as CSV: run, domain, number, step, kind, text, data (JSON); series play no part.

    Raises:
        InvalidInput: At once, if a run does not exist.
        StoreError: At once or while streaming, if the database cannot be read.
    """
    domains = {number: source.run(number).domain for number in selection.runs}

    def stream() -> Iterator[bytes]:
        yield b"run,domain,number,step,kind,text,data\n"
        after = None
        while page := source.events_after(selection.runs, after, _EVENTS, selection.lo,
                                          selection.hi):
            after = (page[-1].run, page[-1].number)
            frame = pl.DataFrame({
                "run": [e.run for e in page],
                "domain": [formula_safe(domains[e.run]) for e in page],
                "number": [e.number for e in page],
                "step": [e.step for e in page],
                "kind": [formula_safe(e.kind) for e in page],
                "text": [formula_safe(e.text) for e in page],
                "data": [json.dumps(e.data, ensure_ascii=False) for e in page],
            }, schema_overrides={"step": pl.Float64})
            yield frame.write_csv(include_header=False).encode()

    return stream()


def _frames(source: Source, runs: Sequence[Run], selection: Selection,
            text: Callable[[str], str]) -> Iterator[pl.DataFrame]:
    """The points in blocks of at least BLOCK rows, the last one excepted."""
    held: list[tuple[int, str, str, Series]] = []
    rows = 0
    for run in runs:
        names = source.series_names([run.id])
        if selection.series is not None:
            names = [name for name in selection.series if name in set(names)]
        for name in names:
            for points in source.raw(run.id, name, selection.lo, selection.hi):
                held.append((run.id, text(run.domain), text(name), points))
                rows += len(points.step)
                if rows >= BLOCK:
                    yield _frame(held)
                    held, rows = [], 0
    if held:
        yield _frame(held)


def _frame(held: Sequence[tuple[int, str, str, Series]]) -> pl.DataFrame:
    """Pieces under one another."""
    part = np.repeat(np.arange(len(held)), [len(points.step) for *_, points in held])
    return pl.DataFrame({
        "run": np.array([run for run, *_ in held], np.int64)[part],
        "domain": pl.Series([domain for _, domain, *_ in held]).gather(part),
        "series": pl.Series([name for _, _, name, _ in held]).gather(part),
        "step": np.concatenate([points.step for *_, points in held]),
        "value": np.concatenate([points.value for *_, points in held]),
    }, schema=_METRICS)

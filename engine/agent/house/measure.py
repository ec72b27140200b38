"""Tools that read what was measured: SQL, charts, comparisons, exports, code over figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final, Literal

import numpy as np
from pydantic import Field

from engine.agent.house.house import House
from engine.agent.house.outside import outside
from engine.agent.house.paired import compare
from engine.agent.house.steer import Nothing
from engine.agent.sandbox import SANDBOX
from engine.agent.sql import MAX_RUNS, Table, query
from engine.agent.tools import Answer, Arguments, Context, Tool
from engine.errors import InvalidInput
from engine.store.records import Run

MAX_SERIES: Final = 8
CHART_POINTS: Final = 400
LISTED: Final = 20


class Query(Arguments):
    """One SELECT."""

    sql: str = Field(description="One SELECT over run(run, domain, label, seed, started_at, "
                     "ended_at, outcome, step_s, parameters), series(run, name, n, low, high, "
                     "mean), point(run, name, step, value), event(run, step, kind, text).")
    runs: list[int] = Field([], max_length=MAX_RUNS, description="Runs; the newest by default.")
    series: list[str] = Field([], max_length=50,
                              description="Series whose points are in table point.")


class Chart(Arguments):
    """What to draw."""

    series: list[str] = Field(min_length=1, max_length=MAX_SERIES)
    runs: list[int] = Field(min_length=1, max_length=MAX_SERIES)
    kind: Literal["line", "histogram"] = "line"


class Export(Arguments):
    """What to export."""

    runs: list[int] = Field(min_length=1, max_length=100)
    series: list[str] = Field([], max_length=50)


class CompareRecorded(Arguments):
    """Two recorded runs."""

    a: int = Field(description="Number of the first run.")
    b: int = Field(description="Number of the second run.")


class CompareSettings(Arguments):
    """Two settings of one system."""

    engine: str = Field(description="System: warehouse, dispatch, …")
    scenario: str | None = Field(None, description="Named start.")
    a: dict[str, Any] = Field({}, description="Settings of the first arm.")
    b: dict[str, Any] = Field({}, description="Settings of the second arm.")
    steps: int = Field(1200, ge=2, le=20_000, description="Steps a run.")
    seeds: int = Field(4, ge=1, le=20, description="How many seeds, paired.")
    figures: list[str] = Field([], description="Names of figures; leave out for all.")


class Code(Arguments):
    """Python to run."""

    code: str = Field(description="Python; the value of the last expression is the result. "
                      "query(sql, runs, series) gives rows; stats(values) gives count, mean, sd, "
                      "min, median, p95, max; chart(title, x, y) draws a line.")


def measure_tools(house: House) -> list[Tool[Any]]:
    """The tools, bound to a house."""
    return [
        Tool("list_recorded", "The newest recorded runs with their series.", Nothing, "read",
             lambda _a, _c: _list(house)),
        Tool("query_metrics", "Read-only SQL over the recorded runs, series, points and events.",
             Query, "read", lambda a, _c: _query(house, a)),
        Tool("draw_chart", "A chart of recorded series of one or more runs.", Chart, "read",
             lambda a, _c: _chart(house, a)),
        Tool("export_csv", "A link that downloads recorded series as CSV.", Export, "read",
             lambda a, _c: _export(house, a)),
        Tool("compare_recorded", "Settings and mean figures of two recorded runs side by side.",
             CompareRecorded, "read", lambda a, _c: _compare_recorded(house, a)),
        Tool("compare_settings", "Run two settings on the same seeds and compare every figure, "
             "with intervals.", CompareSettings, "read", _compare_settings),
        Tool("run_code", "Run Python in a sandbox without files or network.", Code, "code",
             lambda a, c: _code(house, a, c)),
    ]


def _list(house: House) -> Answer:
    rows = [{"run": r.id, "engine": r.domain, "label": r.label, "outcome": r.outcome,
             "started": r.started_at.isoformat(timespec="seconds"), "seed": r.seed}
            for r in house.store.runs(limit=LISTED)]
    return Answer({"runs": rows}, {"kind": "table", "columns": list(rows[0]) if rows else [],
                                   "rows": rows}, untrusted=outside(rows))


def _query(house: House, a: Query) -> Answer:
    table = query(house.store, a.sql, a.runs or None, a.series)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return Answer({"columns": table.columns, "rows": table.rows, "more": table.more},
                  {"kind": "table", "columns": table.columns, "rows": rows},
                  untrusted=_foreign(house, table, a.runs), sources=("SQL",))


def _foreign(house: House, table: Table, runs: Sequence[int] | None) -> bool:
    """Whether rows hold text that is neither the house's own nor the name of a series."""
    if not outside(table.rows):
        return False
    store = house.store
    asked = runs or [r.id for r in store.runs(limit=MAX_RUNS)]
    return outside(table.rows, store.series_names(asked))


def _chart(house: House, a: Chart) -> Answer:
    lines: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for number in dict.fromkeys(a.runs):
        run = house.store.run(number)
        names = house.store.series_names([number])
        for name in dict.fromkeys(a.series):
            if name not in names:
                raise InvalidInput(_no_series(run, name, names))
            if len(lines) == MAX_SERIES:
                raise InvalidInput(f"{len(a.runs)} runs times {len(a.series)} series are more "
                                   f"than {MAX_SERIES} lines; choose fewer")
            points = house.store.series(number, name, points=CHART_POINTS)
            lines.append({"label": f"{name} · run {number}", "x": points.step.tolist(),
                          "y": [None if math.isnan(v) else v for v in points.value.tolist()]})
            n, low, high, mean = house.store.summary(number, name)
            told.append({"run": number, "series": name, "points": n, "low": _number(low),
                         "high": _number(high), "mean": _number(mean)})
    return Answer({"drawn": told}, {"kind": a.kind, "lines": lines},
                  sources=tuple(f"run {n}" for n in dict.fromkeys(a.runs)))


def _no_series(run: Run, name: str, names: list[str]) -> str:
    known = ", ".join(names[:40]) or "nothing yet"
    return f"run {run.id} has no series {name!r}; it has {known}"


def _export(house: House, a: Export) -> Answer:
    for number in a.runs:
        house.store.run(number)
    asked = "runs=" + ",".join(map(str, dict.fromkeys(a.runs)))
    asked += "".join(f"&series={name}" for name in a.series)
    return Answer({"csv": f"/export/metrics.csv?{asked}",
                   "parquet": f"/export/metrics.parquet?{asked}",
                   "events": f"/export/events.csv?{asked.split('&')[0]}"}, {"kind": "links"})


def _compare_recorded(house: House, a: CompareRecorded) -> Answer:
    store = house.store
    settings = [{"name": r.name, "a": r.values[0], "b": r.values[1]}
                for r in store.parameters([a.a, a.b], only_differing=True)]
    both = sorted(set(store.series_names([a.a])) & set(store.series_names([a.b])))
    rows = []
    for name in both:
        first, second = store.summary(a.a, name), store.summary(a.b, name)
        rows.append({"series": name, "a": _number(first.mean), "b": _number(second.mean)})
    return Answer({"differing_settings": settings, "means": rows},
                  {"kind": "table", "columns": ["series", "a", "b"], "rows": rows},
                  untrusted=outside(settings), sources=(f"run {a.a}", f"run {a.b}"))


def _compare_settings(a: CompareSettings, context: Context) -> Answer:
    found = compare(a.engine, a.scenario, a.a, a.b, a.steps, range(1, a.seeds + 1),
                    left_s=lambda: context.left_s, stopped=context.stop.is_set,
                    progress=context.progress)
    names = set(a.figures)
    if strange := names - {d.name for d in found}:
        raise InvalidInput(f"no figure {', '.join(sorted(strange))}; there is "
                           f"{', '.join(d.name for d in found)}")
    rows = [{**{k: _number(v) if isinstance(v, float) else v for k, v in asdict(d).items()},
             "sure": d.sure} for d in found if not names or d.name in names]
    return Answer({"engine": a.engine, "steps": a.steps, "seeds": a.seeds, "confidence": 0.95,
                   "figures": rows}, {"kind": "differences", "rows": rows},
                  sources=(f"{a.seeds} paired seeds",))


def _code(house: House, a: Code, context: Context) -> Answer:
    charts: list[dict[str, Any]] = []

    def ask(sql: str, runs: list[int] | None = None,
            series: list[str] | None = None) -> list[dict[str, Any]]:
        table: Table = query(house.store, sql, runs, series)
        if _foreign(house, table, runs):
            context.outside.set()  # whatever the code makes of it, an error too
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]

    def chart(title: str, x: list[float], y: list[float]) -> str:
        if len(x) != len(y) or len(charts) >= MAX_SERIES:
            raise InvalidInput("x and y need the same length, and at most "
                               f"{MAX_SERIES} lines are drawn")
        charts.append({"label": str(title)[:100], "x": [float(v) for v in x[:5000]],
                       "y": [float(v) for v in y[:5000]]})
        return "drawn"

    out = SANDBOX.run(a.code, {"query": ask, "stats": _stats, "chart": chart},
                      seconds=min(2.0, context.left_s))
    if out.error:
        raise InvalidInput(f"{out.error}" + (f"\nprinted: {out.printed}" if out.printed else ""))
    return Answer({"value": out.value, "printed": out.printed},
                  {"kind": "line", "lines": charts} if charts else
                  {"kind": "code", "code": a.code}, sources=("sandbox",))


def _stats(values: list[float]) -> dict[str, float]:
    """Figures of a list of numbers."""
    v = np.asarray(values, np.float64)
    v = v[np.isfinite(v)]
    if not len(v):
        raise InvalidInput("there are no numbers to describe")
    return {"count": len(v), "mean": float(v.mean()), "sd": float(v.std(ddof=1)) if len(v) > 1
            else 0.0, "min": float(v.min()), "median": float(np.median(v)),
            "p95": float(np.percentile(v, 95)), "max": float(v.max())}


def _number(value: float) -> float | None:
    """A figure as JSON has it, five digits."""
    return float(f"{value:.5g}") if math.isfinite(value) else None

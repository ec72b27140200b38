"""The tables of the metrics page: runs to choose from, parameters, and where runs come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import polars as pl
import streamlit as st

from engine.store import Run, Store

STATES: Final = {
    "running": "▶ running", "finished": "✓ finished", "stopped": "■ stopped",
    "crashed": "✕ crashed", "interrupted": "⚠ interrupted",
}
"""Shape before word, so that no colour is needed."""
MANY_ROWS: Final = 7
ROW_PX: Final = 32


def title_of(run: Run) -> str:
    """How a run is called wherever it is named."""
    return f"Run {run.id}" + (f" ({run.label})" if run.label else "")


def duration_of(run: Run, now: datetime) -> str:
    """Hours, minutes and seconds it took, "" where its process died without a word."""
    end = now if run.outcome == "running" else run.ended_at
    if end is None:
        return ""
    seconds = max(0, int((end - run.started_at).total_seconds()))
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def run_table(runs: Sequence[Run], ticked: Sequence[int]) -> list[int]:
    """The runs with a box each; returns the numbers of those ticked.

    Args:
        runs: In the order of the table.
        ticked: Numbers ticked at first.
    """
    now = datetime.now(UTC)
    zone = st.context.timezone
    frame = pl.DataFrame({
        "Run": [run.id for run in runs],
        "System": [run.domain.capitalize() for run in runs],
        "Label": [run.label for run in runs],
        "State": [STATES[run.outcome] for run in runs],
        "Started": [run.started_at for run in runs],
        "Duration": [duration_of(run, now) for run in runs],
        "Seed": [run.seed for run in runs],
        "Commit": [short_commit(run.commit) for run in runs],
        "Note": [run.note for run in runs],
    }, schema_overrides={"Started": pl.Datetime("ms", "UTC")})
    # a tick is kept by row: a new run moves the rows, so it gets a table of its own
    numbers = [run.id for run in runs]
    rows = [numbers.index(n) for n in ticked if n in numbers]
    shape = cast(Any, st.dataframe(
        frame, key=f"metrics.table.{numbers[0]}.{len(numbers)}", hide_index=True,
        on_select="rerun", selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
        row_height=ROW_PX,
        height=ROW_PX * (MANY_ROWS + 1) if len(runs) > MANY_ROWS else "auto",
        column_config={
            "Run": st.column_config.NumberColumn(width=60, format="%d"),
            "Started": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm:ss",
                                                       timezone=zone, width=170),
            "Seed": st.column_config.NumberColumn(format="%d", width=80),
            "Commit": st.column_config.TextColumn(
                help="Version of the code; + where files differed from it."),
        },
        alt=f"{len(runs)} recorded runs, the newest first"))
    return [numbers[row] for row in shape.selection.rows if row < len(numbers)]


def short_commit(commit: str) -> str:
    """The first ten characters, with + for changed files."""
    name, dirty, _ = commit.partition("-dirty")
    return name[:10] + ("+" if dirty else "")


def parameter_table(store: Store, runs: Sequence[Run]) -> None:
    """Parameters side by side, those that differ first and marked."""
    rows = [("seed", tuple(run.seed for run in runs), len({run.seed for run in runs}) > 1)]
    rows += store.parameters([run.id for run in runs])
    rows.sort(key=lambda row: not row[2])
    differing = sum(differs for _, _, differs in rows)
    head = "Parameters"
    if len(runs) > 1:
        head += f": {differing} of {len(rows)} differ" if differing else ": all the same"
    with st.expander(head, icon=":material/tune:", expanded=len(runs) > 1, key="metrics.params"):
        if len(runs) > 1 and differing and st.toggle("Only those that differ", value=True,
                                                     key="metrics.differing"):
            rows = [row for row in rows if row[2]]
        frame: dict[str, list[str]] = {"Parameter": [name for name, _, _ in rows]}
        for i, run in enumerate(runs):
            frame[title_of(run)] = [_said(values[i]) for _, values, _ in rows]
        if len(runs) > 1:
            frame["Differs"] = ["≠" if differs else "" for _, _, differs in rows]
        st.dataframe(pl.DataFrame(frame), hide_index=True, key="metrics.parameters",
                     column_config={"Differs": st.column_config.TextColumn(width=70)},
                     alt="Parameters of the chosen runs side by side")


def provenance_table(runs: Sequence[Run]) -> None:
    """Commit and environment of each run."""
    names = list(dict.fromkeys(name for run in runs for name in run.environment))
    frame: dict[str, list[str]] = {"": ["commit", *names]}
    for run in runs:
        frame[title_of(run)] = [run.commit, *(run.environment.get(n, "") for n in names)]
    with st.expander("Code and machine", icon=":material/fingerprint:"):
        st.dataframe(pl.DataFrame(frame), hide_index=True, key="metrics.provenance",
                     height="auto",
                     alt="Commit, versions and machine of the chosen runs")


def _said(value: Any) -> str:
    """A parameter's value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)

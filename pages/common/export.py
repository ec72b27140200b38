"""The export row of a live page: links that stream the run's figures from the store."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from engine.live import Run


def export_row(run: Run) -> None:
    """CSV, Parquet and events of the running run, up to this moment."""
    with st.container(horizontal=True, vertical_alignment="center", key="export", border=True):
        st.markdown("**Export**", width="content")
        number = run.record.number
        if number is None:
            st.caption(run.record.problem or "This run is not being recorded.")
            return
        query = urlencode({"runs": number})
        for name, path in (("CSV", "metrics.csv"), ("Parquet", "metrics.parquet"),
                           ("Events", "events.csv")):
            st.link_button(name, f"/export/{path}?{query}", icon=":material/download:",
                           help=f"Everything recorded of run {number} so far, streamed.")
        st.caption(f"Run {number}: every series and event, exactly as recorded. The link of this "
                   "page opens the same run in another window.")


def export_recordings(numbers: Sequence[int], said: str) -> None:
    """CSV and Parquet of what the store has of a learning run.

    Args:
        numbers: Its recordings.
        said: What is in them.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="export", border=True):
        st.markdown("**Export**", width="content")
        if not numbers:
            st.caption("What this run noted has not reached the store yet.")
            return
        query = urlencode({"runs": ",".join(map(str, numbers))})
        for label, path in (("CSV", "metrics.csv"), ("Parquet", "metrics.parquet")):
            st.link_button(label, f"/export/{path}?{query}", icon=":material/download:",
                           help="Every figure of this learning run, streamed.")
        st.caption(f"{said}; also on the Metrics page.")

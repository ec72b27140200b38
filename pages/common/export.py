"""The export row of a live page: links that stream the run's figures from the store."""

from __future__ import annotations

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

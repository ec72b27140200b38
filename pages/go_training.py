"""The training tab: what the learner does, live, and what became of its networks."""

from __future__ import annotations

import streamlit as st


def training() -> None:
    """Draw the tab."""
    st.caption("")

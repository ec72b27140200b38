"""The frame around every page: title, theme and top navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.common.components import live_count
from pages.common.theme import apply_style

HERE = Path(__file__).parent
ICONS = HERE.parent / "assets" / "icons"

st.set_page_config(page_title="Atrium", page_icon=str(ICONS / "logo.svg"), layout="wide")
apply_style()
st.logo(str(ICONS / "logo.svg"), size="large", icon_image=str(ICONS / "logo.svg"))

warehouse = st.Page(HERE / "warehouse.py", title="Warehouse", icon=":material/warehouse:")


def front_door() -> None:
    """The root address leads to the first page and keeps what the link says."""
    st.switch_page(warehouse, query_params=st.query_params.to_dict())


page = st.navigation(
    [
        st.Page(front_door, title="Atrium", default=True, visibility="hidden"),
        warehouse,
        st.Page(HERE / "dispatch.py", title="Dispatch", icon=":material/local_taxi:"),
        st.Page(HERE / "go.py", title="Go", icon=":material/contrast:"),
        st.Page(HERE / "perception.py", title="Perception", icon=":material/visibility:"),
        st.Page(HERE / "agent.py", title="Agent", icon=":material/chat_bubble:"),
        st.Page(HERE / "metrics.py", title="Metrics", icon=":material/monitoring:"),
    ],
    position="top",
)
page.run()
live_count()

"""Plotly figures in the house style: calm grid, tabular figures, colours from the tokens."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.common.theme import theme_name, tokens

# Plotly looks for pandas among the loaded modules and fails on one that another thread is still
# loading, so it is loaded here, before the first figure.
assert pd.__version__


def colours() -> dict[str, Any]:
    """Tokens of the theme on screen."""
    return tokens(theme_name())


def figure(*, height: int = 186, y_title: str = "", x_title: str = "") -> go.Figure:
    """An empty figure with the house layout.

    Args:
        height: Pixels.
        y_title: Unit of the vertical axis, shown above it.
        x_title: Unit of the horizontal axis.
    """
    c = colours()
    axis = {"gridcolor": c["border"], "zeroline": False, "linecolor": c["border"],
            "tickfont": {"size": 11.5, "color": c["muted"]}, "automargin": True,
            "title": {"font": {"size": 12, "color": c["muted"]}, "standoff": 4}}
    fig = go.Figure()
    fig.update_layout(
        template="none", height=height, margin={"l": 36, "r": 8, "t": 8, "b": 24},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", hovermode="x unified",
        font={"family": "Source Sans, sans-serif", "size": 12, "color": c["text"]},
        showlegend=False, uirevision="keep", dragmode=False,
        hoverlabel={"bgcolor": c["panel"], "bordercolor": c["border"],
                    "font": {"color": c["text"], "size": 12}},
        xaxis={**axis, "showgrid": False, "title_text": x_title, "fixedrange": True},
        yaxis={**axis, "rangemode": "tozero", "title_text": y_title, "fixedrange": True},
    )
    return fig


def show(fig: go.Figure, key: str, alt: str, *, zoom: bool = False) -> None:
    """Put a figure on the page without the tool bar.

    Args:
        fig: The figure.
        key: Stable key, so that an update does not flicker.
        alt: What the chart shows, for screen readers.
        zoom: Whether dragging zooms.
    """
    if zoom:
        fig.update_layout(dragmode="zoom", xaxis_fixedrange=False, yaxis_fixedrange=False)
    st.plotly_chart(fig, key=key, theme=None, alt=alt,
                    config={"displayModeBar": False, "scrollZoom": False})


def swatch(colour: str, name: str, *, dashed: bool = False) -> str:
    """One legend entry as HTML."""
    style = (f"border-top:2px dashed {colour};width:16px;height:0" if dashed
             else f"background:{colour};width:10px;height:10px;border-radius:2px")
    return (f'<span class="swatch"><i style="{style}"></i>{name}</span>')


def chart_head(title: str, *notes: str) -> None:
    """Title of a chart card with its unit and legend entries.

    Args:
        title: What is shown.
        notes: HTML made by `swatch`, or plain words.
    """
    st.html(f'<div class="chart-head"><b>{title}</b><p>{"".join(notes)}</p></div>')

"""Colours and densities: one file of tokens for Streamlit, the charts and the canvases.

`assets/tokens.json` holds the colours; `.streamlit/config.toml` repeats the six that Streamlit
itself needs, and a test holds the two together.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st

ASSETS = Path(__file__).parents[2] / "assets"
Theme = Literal["light", "dark"]


def theme_name() -> Theme:
    """The theme on the person's screen."""
    return "dark" if st.context.theme.type == "dark" else "light"


@cache
def tokens(theme: Theme) -> dict[str, str]:
    """Colour tokens of a theme, name to "#rrggbb"."""
    every: dict[Theme, dict[str, str]] = json.loads((ASSETS / "tokens.json").read_text("utf-8"))
    return every[theme]


@cache
def _style() -> str:
    return (ASSETS / "style.css").read_text("utf-8")


def apply_style() -> None:
    """Add the page densities that Streamlit's theme options do not cover."""
    c = tokens(theme_name())
    colours = f"--atrium-primary: {c['primary']}; --atrium-on-primary: {c['onPrimary']}"
    # with a mark beside it: a style alone goes where toasts go, and the first toast replaces it
    st.html(f"<i></i><style>:root {{ {colours} }}\n{_style()}</style>")

"""Prices of models: what applies just now, one's own lines to edit, and those that ship."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import pandas as pd
import streamlit as st

from engine.agent.models import named, price_line
from engine.agent.prices import Line, checked, own, save, shipped
from engine.errors import EngineError

_NUMBERS: Final = {"prompt": "Prompt", "cached": "Cached prompt", "answer": "Answer"}
_TEXTS: Final = {"server": "Server", "model": "Model", "as_of": "As of", "source": "Source"}
_HELP: Final = {
    "server": "Host name, as in api.openai.com; empty for any.",
    "model": "As its server knows it; * for every model there.",
    "cached": "Empty: as the rest of the prompt.",
    "as_of": "Day, as in 2026-10-24.", "source": "Where it is said."}
_TYPES: Final = {"server": "str", "model": "str", "prompt": "float64", "cached": "float64",
                 "answer": "float64", "as_of": "str", "source": "str"}


def price_told(model: str) -> str:
    """What a model costs, with date and source, as a sentence in Markdown.

    Args:
        model: As named on the page; "" for ATRIUM_MODEL.
    """
    if not named(model):
        return "Prices are looked up once a model is named."
    try:
        line = price_line(model)
    except EngineError as error:
        return f"The prices cannot be read: {error}"
    if line is None:
        return (f"{named(model)}: **unknown price**. Its cost is not counted, and the budgets of "
                "money do not stop it; name its price under Prices.")
    cached = "" if line.cached is None else f", from cache \\${line.cached:g}"
    said = f" As of {line.as_of}." if line.as_of else ""
    return (f"{named(model)}: \\${line.prompt:g} a million prompt tokens{cached}, "
            f"\\${line.answer:g} a million answer tokens.{said} {line.source}")


@st.dialog("Prices of models", width="large")
def price_table() -> None:
    """Show one's own lines to edit above those that ship."""
    try:
        mine = own()
    except EngineError as error:
        st.error(f"{error}. Saving below begins a new table.", icon=":material/error:")
        mine = []
    st.caption("Dollars a million tokens. Your lines go before those that ship; a model in neither "
               "has an unknown price, which is said and not counted.")
    edited = st.data_editor(_frame(mine), num_rows="dynamic", hide_index=True, height=180,
                            column_config=_columns(), key="agent.prices.own", width="stretch")
    if st.button("Save", type="primary", icon=":material/save:", key="agent.prices.save"):
        try:
            save(lines_of(edited.to_dict("records")))
        except EngineError as error:
            st.error(str(error), icon=":material/error:")
        else:
            st.session_state.pop("agent.prices.own", None)
            st.rerun()
    st.markdown("**Shipped**")
    st.dataframe(_frame(shipped()), hide_index=True, height=300, column_config=_columns(),
                 width="stretch")


def lines_of(rows: Sequence[Mapping[Any, Any]]) -> list[Line]:
    """Rows of the editor as lines; rows without a word are left out.

    Raises:
        InvalidInput: If a row cannot be a price; names it.
    """
    out = []
    for number, row in enumerate(rows, 1):
        known = {str(k): None if pd.isna(v) else v for k, v in row.items()}
        if any(v not in (None, "") for v in known.values()):
            out.append(checked(known, f"your line {number}"))
    return out


def _frame(lines: Sequence[Line]) -> pd.DataFrame:
    return pd.DataFrame([asdict(x) for x in lines], columns=list(_TYPES)).astype(_TYPES)


def _columns() -> dict[str, Any]:
    # without a step the editor drops the decimal point of what is typed
    numbers = {name: st.column_config.NumberColumn(
        label, min_value=0.0, max_value=1000.0, step=0.001, format="$%.3f", help=_HELP.get(name))
        for name, label in _NUMBERS.items()}
    texts = {name: st.column_config.TextColumn(label, help=_HELP.get(name))
             for name, label in _TEXTS.items()}
    return {**numbers, **texts}

"""What tabs share that start processes beside the app and show how they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import streamlit as st

from engine.errors import EngineError
from engine.params import Params, knobs

STANDS: Final = ("running", "starting")
"""Standings of a run whose process is at work."""

Asked = Mapping[type[Params], Sequence[str]]
"""Which knobs of which parameters a new run is asked for."""


class Work(Protocol):
    """A run of any tab: a folder with a process that may be at work in it."""

    @property
    def name(self) -> str:
        """Of the folder."""

    @property
    def standing(self) -> str:
        """What its process does."""

    @property
    def problem(self) -> str:
        """Why it failed, or ""."""


def free_name(prefix: str, names: Sequence[str]) -> str:
    """The first of prefix-1, prefix-2, … that is not taken."""
    number = 1
    while f"{prefix}-{number}" in names:
        number += 1
    return f"{prefix}-{number}"


def choose(names: Sequence[str], key: str, help: str | None = None) -> str | None:
    """Let one of the runs be chosen, the newest at first; None where there is none."""
    if not names:
        return None
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[0]
    return st.selectbox("Run", names, key=key, width=220, label_visibility="collapsed", help=help)


def ask(key: str, params: type[Params], names: Sequence[str] | None = None, *,
        formats: Mapping[str, str] | None = None) -> None:
    """One field for each knob, at its default.

    Args:
        key: Before each name; `answers` takes the same.
        params: Whose knobs are asked for.
        names: Which of them; None for all.
        formats: How some are written, by name; "%.2f" and "%d" otherwise.
    """
    for k in knobs(params):
        if names is None or k.name in names:
            whole = k.kind == "int"
            number = int if whole else float
            st.number_input(
                k.label + (f" ({k.unit})" if k.unit else ""), number(k.low or 0),
                number(k.high or 0), number(k.default), number(k.step or 1),
                key=f"{key}.{k.name}", help=k.help,
                format="%d" if whole else (formats or {}).get(k.name, "%.2f"))


def answers(key: str, params: type[Params], names: Sequence[str] | None = None) -> dict[str, Any]:
    """What the fields of `ask` hold, by knob."""
    return {k.name: st.session_state[f"{key}.{k.name}"] for k in knobs(params)
            if names is None or k.name in names}


def attempt(group: str, what: Callable[..., object], *given: object) -> None:
    """Do what a button asks; what it complains about stays on the tab until something succeeds.

    Args:
        group: Of the tab's state: `problem` shows it again.
        what: Raises EngineError where it cannot.
        given: Its arguments.
    """
    try:
        what(*given)
    except EngineError as error:
        st.session_state[f"{group}.problem"] = str(error)
        return
    st.session_state.pop(f"{group}.problem", None)


def complaint(group: str) -> None:
    """Show what the last attempt complained about."""
    if said := st.session_state.get(f"{group}.problem"):
        st.error(said, icon=":material/error:")


def follow(group: str, run: Work) -> None:
    """Draw the page anew when the run's process begins or ends, and say why it failed.

    Args:
        group: Of the tab's state.
        run: As it stands now; called in the fragment that looks at it every few seconds.
    """
    key = f"{group}.standing"
    before = st.session_state.get(key)
    now = st.session_state[key] = (run.name, run.standing)
    if before is not None and before != now and before[0] == run.name:
        st.rerun()  # the button above says Pause or Go on
    if run.problem:
        st.error(f"{run.name} stopped: {run.problem}", icon=":material/error:")

"""From one declaration of parameters to sliders that a running world answers at once."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.errors import EngineError
from engine.params import Knob, Params, knobs
from pages.common.steered import Steered


def _key(domain: str, name: str) -> str:
    return f"{domain}.param.{name}"


def sync_controls(run: Steered) -> None:
    """Set every control to the run's values if another tab or a reset has changed them.

    Streamlit forgets a control that a rerun does not draw (another page, another tab), and would
    draw it at its lowest value when it comes back: what is forgotten is set anew as well.
    """
    stamp = f"{run.domain}.settings"
    now = (run.token, run.settings)
    known = st.session_state.get(stamp) == now
    chosen = run.pending or run.params
    values = {_key(run.domain, k.name): getattr(chosen, k.name) for k in knobs(type(chosen))}
    values[f"{run.domain}.seed"] = run.seed
    for key, value in values.items():
        if not (known and key in st.session_state):
            st.session_state[key] = value
    st.session_state[stamp] = now


def push(run: Steered) -> None:
    """Hand the controls' values to the run; called before the page body reruns."""
    model = type(run.params)
    values = {k.name: st.session_state[_key(run.domain, k.name)] for k in knobs(model)
              if _key(run.domain, k.name) in st.session_state}
    base = (run.pending or run.params).model_dump()
    problem = f"{run.domain}.problem"
    try:
        run.set_params(model.parse({**base, **values}))
        st.session_state.pop(problem, None)
    except EngineError as error:
        st.session_state[problem] = str(error)
    st.session_state[f"{run.domain}.settings"] = (run.token, run.settings)


def control(run: Steered, k: Knob, **options: Any) -> None:
    """One knob as the control that fits it."""
    key = _key(run.domain, k.name)
    label = k.label + (f" ({k.unit})" if k.unit else "")
    note = k.help if k.live else f"{k.help} Takes effect at the next reset."
    common: dict[str, Any] = {"key": key, "help": note, "on_change": push, "args": (run,)}
    common |= options
    if k.kind == "bool":
        st.toggle(label, **common)
    elif k.kind == "choice" and len(k.choices) <= 3:
        st.segmented_control(label, k.choices, required=True, **common)
    elif k.kind == "choice":
        st.selectbox(label, k.choices, **common)
    else:
        number = int if k.kind == "int" else float
        assert k.low is not None
        assert k.high is not None
        st.slider(label, number(k.low), number(k.high), step=number(k.step or 1), **common)


def groups(model: type[Params]) -> dict[str, list[Knob]]:
    """Knobs by group, in order of declaration."""
    out: dict[str, list[Knob]] = {}
    for k in knobs(model):
        out.setdefault(k.group, []).append(k)
    return out


@st.fragment
def knob_group(run: Steered, members: list[Knob]) -> None:
    """The controls of one group, and which of its values wait for a reset.

    A fragment, for the same reason as the run bar.
    """
    for k in members:
        control(run, k)
    if run.pending is None:
        return
    waiting = [k.name for k in members if k.name in run.pending.changed_from(run.params)]
    if waiting:
        values = {n: getattr(run.pending, n) for n in waiting}
        what = run.params.with_changes(**values).describe_changes(run.params)
        st.info(f"**Reset to apply:** {what}", icon=":material/restart_alt:")


def problem_notice(run: Steered) -> None:
    """Say which wish was refused, and why."""
    problem = st.session_state.get(f"{run.domain}.problem")
    if problem:
        st.error(problem, icon=":material/error:")

"""The control row of a live page: run, step, reset, speed, seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import wait
from typing import Any, Final, TypeVar

import streamlit as st

from engine.errors import EngineError
from pages.common.components import PATIENCE_S
from pages.common.steered import Steered

SPEEDS: Final = {"1×": 1.0, "5×": 5.0, "10×": 10.0, "30×": 30.0, "Max": 0.0}
MAX_SEED: Final = 2**31 - 1

S = TypeVar("S", bound=Steered)


def _toggle(run: Steered) -> None:
    wait([run.set_running(run.state != "running")], PATIENCE_S)


def _whole_page(run: Steered) -> None:
    """Ask for a run of the whole page: more than the row has changed."""
    st.session_state[f"{run.domain}.refresh"] = True


def complain(run: Steered, sentence: str) -> None:
    """Show a sentence below the row until the next success."""
    st.session_state[f"{run.domain}.problem"] = sentence
    _whole_page(run)


def begin_again(run: Steered, **options: Any) -> None:
    """Reset a run with the options of `Run.reset`; say beside the controls why it could not be."""
    _whole_page(run)
    try:
        run.reset(**options).result(PATIENCE_S)
        st.session_state.pop(f"{run.domain}.problem", None)
    except EngineError as error:
        complain(run, str(error))
    except TimeoutError:
        complain(run, "The new world is still being built; it will appear by itself.")


def _speed(run: Steered, speeds: Mapping[str, float]) -> None:
    wait([run.set_rate(speeds[st.session_state[f"{run.domain}.speed"]])], PATIENCE_S)


def _seed(run: Steered) -> None:
    begin_again(run, seed=int(st.session_state[f"{run.domain}.seed"]))


@st.fragment
def run_bar(run: S, more: Callable[[S], None], *, paced: bool = True,
            speeds: Mapping[str, float] = SPEEDS) -> None:
    """Draw the row; shortcuts are Space, N and R.

    A fragment: a press runs this row again and not the page, so that the picture is not held up
    by a browser that redraws everything.

    Args:
        run: The run, or two under the same hand.
        more: Draws the domain's own controls at the end of the row.
        paced: Whether the person chooses the speed; a search simply thinks as fast as it can.
        speeds: Steps a second by name, 0 for as fast as it goes; a rate that has no name is
            shown as the middle one.
    """
    if st.session_state.pop(f"{run.domain}.refresh", False):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        _row(run, speeds if paced else {})
        more(run)


def _row(run: Steered, speeds: Mapping[str, float]) -> None:
    running = run.state in ("running", "starting")
    st.button("Pause" if running else "Run", key=f"{run.domain}.toggle", type="primary",
              icon=":material/pause:" if running else ":material/play_arrow:", shortcut="Space",
              on_click=_toggle, args=(run,), disabled=run.state in ("crashed", "ended"))
    st.button("Step", key=f"{run.domain}.step", shortcut="N", on_click=run.single_step,
              disabled=run.state in ("crashed", "ended"),
              help="Pause and make one step.")
    st.button("Reset :gray[R]", key=f"{run.domain}.reset", on_click=begin_again, args=(run,),
              help="Begin again from step 0 with the chosen settings and seed.")
    if speeds:
        speed = f"{run.domain}.speed"
        names = {v: k for k, v in speeds.items()}
        st.session_state[speed] = names.get(run.rate, list(speeds)[len(speeds) // 2])
        st.segmented_control("Speed", list(speeds), key=speed, required=True,
                             on_change=_speed, args=(run, speeds), label_visibility="collapsed",
                             help="Simulated seconds a second of your time.")
    st.number_input("Seed", 0, MAX_SEED, key=f"{run.domain}.seed", on_change=_seed, args=(run,),
                    label_visibility="collapsed", width=110, format="%d",
                    help="Seed of the run; a change begins again. The same seed and settings give "
                         "the same run.")

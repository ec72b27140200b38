"""Opening, pasting and saving game records."""

from __future__ import annotations

from typing import Final, cast

import streamlit as st

from engine.errors import EngineError
from engine.go.commands import MAX_SGF_BYTES
from engine.go.simulation import GoSimulation
from engine.live import Run, Simulation
from pages.common.runbar import complain

PATIENCE_S: Final = 20.0


def record_popover(run: Run) -> None:
    """SGF in and out."""
    with st.popover("Record", icon=":material/description:",
                    help="Open, paste or save a game with its variations."):
        if said := st.session_state.pop("go.said", ""):
            st.toast(said, icon=":material/description:")
        st.file_uploader("SGF file", type=["sgf", "txt"], key="go.sgf", on_change=_open_upload,
                         args=(run,), max_upload_size=MAX_SGF_BYTES // 1024**2,
                         help="The first game of the file is opened, variations included.")
        st.text_area("or paste it", key="go.paste", height=100, placeholder="(;GM[1]SZ[9]…)")
        st.button("Open what was pasted", on_click=_open_paste, args=(run,), width="stretch",
                  icon=":material/content_paste:")
        st.download_button("Save as SGF", lambda: _text(run), file_name="atrium-go.sgf",
                           mime="application/x-go-sgf", on_click="ignore", width="stretch",
                           icon=":material/download:",
                           help="The game with every variation that was tried.")


def _open_upload(run: Run) -> None:
    upload = st.session_state.get("go.sgf")
    if upload is not None:
        _open(run, upload.getvalue(), upload.name)


def _open_paste(run: Run) -> None:
    text = st.session_state.get("go.paste", "").strip()
    if text:
        _open(run, text, "The pasted text")
    else:
        complain(run, "Nothing was pasted; put an SGF into the field first.")


def _open(run: Run, data: bytes | str, name: str) -> None:
    """Hand a record to the game; what cannot be used leaves the game as it is."""
    try:
        st.session_state["go.said"] = run.give_command("load_sgf", {"text": data}).result(
            PATIENCE_S)
        st.session_state.pop("go.problem", None)
    except EngineError as error:
        complain(run, f"{name}: {error}")
    except TimeoutError:
        complain(run, f"{name}: the game is too busy to open it; try again.")


def _text(run: Run) -> bytes:
    return run.ask(_record, PATIENCE_S).encode()


def _record(sim: Simulation) -> str:
    return cast(GoSimulation, sim).sgf()

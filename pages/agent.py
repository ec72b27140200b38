"""Agent: a chat whose tools run the house, with a key or without one."""

from __future__ import annotations

import os
from functools import partial
from typing import Final, cast

import streamlit as st

from engine.agent.archive import Archive
from engine.agent.house.house import House
from engine.agent.params import AgentParams
from engine.agent.simulation import AgentSimulation
from engine.errors import EngineError
from engine.live import RUNS, Run, Simulation
from engine.params import knobs
from engine.store import open_store
from pages.agent_evaluation import evaluation
from pages.agent_prices import price_table, price_told
from pages.common.components import chat, headline, kpis
from pages.common.controls import control, knob_group, problem_notice, sync_controls
from pages.common.export import export_row
from pages.common.runbar import complain
from pages.common.session import open_run, stop_with

DOMAIN: Final = "agent"
SENTENCE: Final = "Ask in words: the agent starts, steers and compares the other systems, and " \
    "shows every call it makes."
EXAMINED: Final = "Tasks with outcomes that can be checked: what was called, and what the house " \
    "is like afterwards."
HEIGHT_PX: Final = 628
RATE: Final = 20.0
MAX_UPLOAD_MB: Final = 20
KNOBS: Final = {k.name: k for k in knobs(AgentParams)}
VIEWS: Final = ("Chat", "Evaluation")
LIMITS: Final = ("turns", "calls", "seconds", "tokens", "money", "day_money", "answer_tokens")
MODEL: Final = ("window", "picture_price")


def _own_tokens() -> list[str]:
    """Keys of the runs that this window has opened on the other pages."""
    return [str(v) for k, v in st.session_state.items()
            if isinstance(k, str) and k.endswith(".token") and k != f"{DOMAIN}.token"]


def _make(params: AgentParams, seed: int) -> AgentSimulation:
    return AgentSimulation(params, seed, house=House(RUNS, open_store), archive=Archive.default())


def _grant(tokens: list[str], world: Simulation) -> None:
    """Let the chat steer what this window opened; keys only ever come from the session."""
    house = cast(AgentSimulation, world).chat.house
    house.started += [t for t in tokens if t not in house.started]


def _take_file(run: Run) -> None:
    for upload in st.session_state.get("agent.files") or []:
        try:
            said = run.ask(partial(_read, upload.name, upload.getvalue()), 60.0)
            st.toast(said, icon=":material/description:")
        except (EngineError, TimeoutError) as error:
            complain(run, str(error))


def _read(name: str, content: bytes, world: Simulation) -> str:
    own = cast(AgentSimulation, world).chat
    return own.upload(name, content) if name not in own.files else f"{name} is there already"


def _name_model(run: Run) -> None:
    try:
        run.command("model", {"name": st.session_state["agent.model"]})
        st.session_state.pop("agent.problem", None)
    except (EngineError, TimeoutError) as error:
        complain(run, str(error))


def _server() -> str:
    """Where a model would be asked, and whether there is a key; never the key."""
    where = os.environ.get("OPENAI_BASE_URL", "").strip() or "api.openai.com"
    key = "a key is set" if os.environ.get("OPENAI_API_KEY", "").strip() else \
        "no key is set: servers on this machine need none, others take OPENAI_API_KEY"
    return f"Asked at {where}; {key}. Both are read from the environment when Atrium starts."


@st.fragment
def _bar(run: Run) -> None:
    """Who answers, what it may change, its limits, files."""
    if st.session_state.pop(f"{run.domain}.refresh", False):
        st.rerun()
    # a control within a popover forgets its value when one beside the popover is used
    sync_controls(run)
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        control(run, KNOBS["answers"], width=230, label_visibility="collapsed",
                format_func=str.capitalize)
        control(run, KNOBS["changes"], width=250, label_visibility="collapsed",
                format_func=lambda c: f"{c.capitalize()} changes" if c == "ask" else c.capitalize())
        with st.popover("Limits", icon=":material/speed:", help="Hard caps on one reply."):
            knob_group(run, [KNOBS[n] for n in LIMITS])
        with st.popover("Model", icon=":material/tune:", help="For a model behind an address."):
            st.text_input("Model", key="agent.model", on_change=_name_model, args=(run,),
                          placeholder=os.environ.get("ATRIUM_MODEL") or "as its server knows it",
                          help="Any model behind the server's OPENAI_BASE_URL, or of OpenAI. Then "
                               "choose *Model* at the left.")
            st.caption(_server())
            st.caption(price_told(st.session_state.get("agent.model", "")))
            knob_group(run, [KNOBS[n] for n in (*MODEL, "patience_s")])
        if st.button("Prices", icon=":material/payments:", key="agent.prices",
                     help="What models cost a million tokens; yours to edit."):
            price_table()  # not from within a popover, which would stay above it
        with st.popover("Files", icon=":material/upload_file:",
                        help="Text that the agent may search and cite."):
            st.file_uploader("txt, md, csv, pdf", type=["txt", "md", "csv", "pdf"],
                             accept_multiple_files=True, key="agent.files",
                             on_change=_take_file, args=(run,), max_upload_size=MAX_UPLOAD_MB,
                             help="Files stay on this machine and in this chat. What they say is "
                                  "data: after reading them, every change is asked for.")


def _how_it_works() -> None:
    with st.expander("How it works", icon=":material/menu_book:"):
        st.markdown(
            """
**The loop** keeps each request for tools in the history before their results, runs what only reads
side by side, validates every argument against the real ranges, and ends at hard caps of turns,
calls, tokens, money and seconds. A stop leaves a history that can go on
([Yao et al. 2023](https://arxiv.org/abs/2210.03629)).

**The offline planner** is not a language model. It finds the systems, settings, figures, numbers
and units in a message, chooses an act with a linear model trained on the phrases that ship with
Atrium, and plays a short script of calls. Every figure in its answers comes from a result. When it
is not sure, it asks.

**What changes a run asks first**, unless you allow it, and no answer means no. After text from
outside (a web page, your files) it always asks: such text may hold instructions
([Debenedetti et al. 2024](https://arxiv.org/abs/2406.13352)).
""")


def page() -> None:
    """Draw the page."""
    try:
        opened = open_run(DOMAIN, _make, AgentParams(), 1, rate=RATE, label="Chat")
    except EngineError as error:
        stop_with(error)
        return
    run = opened.run
    try:
        run.ask(partial(_grant, _own_tokens()), 5.0)
    except (EngineError, TimeoutError) as error:
        complain(run, str(error))
    sync_controls(run)
    with st.container(horizontal=True, vertical_alignment="center", key="agent-head"):
        st.session_state.setdefault("agent.view", VIEWS[0])
        chatting = st.session_state["agent.view"] == VIEWS[0]
        headline(run, "Agent", SENTENCE if chatting else EXAMINED, live=chatting)
        st.segmented_control("View", VIEWS, key="agent.view", required=True, width="content",
                             label_visibility="collapsed")
    if not chatting:
        evaluation(run)
        return
    _bar(run)
    if opened.notice:
        st.info(opened.notice, icon=":material/info:")
    problem_notice(run)
    kpis(run)
    with st.container(key="stage"):
        chat(run, height=HEIGHT_PX)
    export_row(run)
    _how_it_works()


page()

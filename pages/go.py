"""Go: a network and its search tree decide the next move, and show how."""

from __future__ import annotations

from functools import partial
from typing import Final, cast

import streamlit as st

from engine.errors import EngineError
from engine.go.players import NO_NETWORK, describe_network, network_names
from engine.go.scenarios import SCENARIOS
from engine.go.settings import GoParams
from engine.go.simulation import GoSimulation
from engine.live import Run, Simulation
from engine.params import knobs
from pages.common.components import desk, headline, kpis
from pages.common.controls import control, groups, knob_group, problem_notice, push, sync_controls
from pages.common.export import export_row
from pages.common.runbar import begin_again, complain, run_bar
from pages.common.session import open_run, stop_with
from pages.go_records import record_popover
from pages.go_training import training

DOMAIN: Final = "go"
SENTENCE: Final = ("A policy/value network and its search tree decide the next move; every number "
                   "on the board comes from the tree beside it.")
LEARNING: Final = ("The network plays itself, learns from the latest games, and must beat the one "
                   "before it.")
RATE: Final = 200.0
SEED: Final = 1
FIRST: Final = "black"
VIEWS: Final = ("Play", "Review", "Training")
YOU: Final = "You"
STRENGTHS: Final = (1, 8, 16, 50, 100, 200, 400, 800, 1600, 3200, 6400)
KNOBS: Final = {k.name: k for k in knobs(GoParams)}
IN_ROW: Final = {"size", "black", "white"}
IN_GAME: Final = ("komi", "handicap", "opening", "suicide")
IN_PLAYERS: Final = ("hold_s", "resign_below", "temperature")
IN_LESSONS: Final = ("teach", "teach_points", "teach_visits", "review_visits")


def _networks(sim: Simulation) -> dict[str, str]:
    return dict(cast(GoSimulation, sim).networks)


def _new_board(run: Run) -> None:
    """Begin a game on the board that was chosen."""
    chosen = cast(GoParams, run.pending or run.params)
    begin_again(run, params=chosen.with_changes(size=st.session_state["go.param.size"]))


def _choose_scenario(run: Run) -> None:
    scenario = SCENARIOS[st.session_state["go.begin_as"]]
    chosen = scenario.params.with_changes(size=cast(GoParams, run.params).size)
    begin_again(run, params=chosen, make=GoSimulation, label=scenario.label)


def _sit(run: Run, colour: str) -> None:
    """Give a colour to a person or a network."""
    who = st.session_state[f"go.seat.{colour}"]
    try:
        if who != YOU:
            run.command("set_players", {colour: who})
        seated = "you" if who == YOU else "engine"
        run.set_params((run.pending or run.params).with_changes(**{colour: seated}))
        st.session_state.pop("go.problem", None)
    except (EngineError, TimeoutError) as error:
        complain(run, str(error))


def _think_with(run: Run) -> None:
    try:
        run.command("set_players", {"analysis": st.session_state["go.network"]})
        st.session_state.pop("go.problem", None)
    except (EngineError, TimeoutError) as error:
        complain(run, str(error))


def _strength(run: Run, colour: str) -> None:
    """Simulations of an engine, on a scale of doublings."""
    name = f"{colour}_visits"
    key = f"go.param.{name}"
    now = getattr(run.params, name)
    options = sorted({*STRENGTHS, now})
    st.select_slider(KNOBS[name].label + " (visits)", options, key=key, on_change=push,
                     args=(run,), help=KNOBS[name].help)


def _seated(colour: str, who: str) -> str:
    return f"{colour}: {'no network' if who == NO_NETWORK else who}"


def _own_controls(run: Run) -> None:
    """Board, players, game, record and search, at the end of the control row."""
    try:
        networks = run.ask(_networks, 5.0)
    except (EngineError, TimeoutError):
        networks = {}
    names = network_names()
    p = cast(GoParams, run.pending or run.params)
    control(run, KNOBS["size"], on_change=_new_board, args=(run,), width=200,
            format_func=lambda n: f"{n}×{n}", label_visibility="collapsed")
    for colour, mark in (("black", "Black"), ("white", "White")):
        key = f"go.seat.{colour}"
        seated = YOU if getattr(p, colour) == "you" else networks.get(colour, names[0])
        st.session_state[key] = seated
        st.selectbox(mark, [YOU, *names], key=key, on_change=_sit, args=(run, colour),
                     label_visibility="collapsed", width=158,
                     format_func=partial(_seated, mark),
                     help=f"Who plays {mark}: you, or a network.")
    with st.popover("Strength", icon=":material/tune:", help="How hard each engine thinks."):
        for colour in ("black", "white"):
            _strength(run, colour)
        knob_group(run, [KNOBS[n] for n in IN_PLAYERS])
    with st.popover("Game", icon=":material/grid_on:", help="Rules, handicap, lessons."):
        st.selectbox("Begin as", list(SCENARIOS), key="go.begin_as",
                     format_func=lambda n: SCENARIOS[n].label, on_change=_choose_scenario,
                     args=(run,))
        knob_group(run, [KNOBS[n] for n in IN_LESSONS])
        st.caption("The next game")
        knob_group(run, [KNOBS[n] for n in IN_GAME])
        st.button("New game", on_click=begin_again, args=(run,), icon=":material/add:",
                  width="stretch", type="primary")
    record_popover(run)
    with st.popover("Search", icon=":material/account_tree:",
                    help="The network that explains, and how it searches."):
        if networks:
            st.session_state["go.network"] = networks["analysis"]
        st.selectbox("Network", names, key="go.network", on_change=_think_with, args=(run,),
                     format_func=lambda n: "no network" if n == NO_NETWORK else n,
                     help="Judges the position on the board while a person thinks, and in "
                          "reviews.")
        st.caption(describe_network(st.session_state["go.network"]))
        placed = {*IN_ROW, *IN_GAME, *IN_PLAYERS, *IN_LESSONS, "black_visits", "white_visits"}
        for group, members in groups(GoParams).items():
            left = [k for k in members if k.name not in placed]
            if not left:
                continue
            with st.expander(group, expanded=group == "Search"):
                knob_group(run, left)


def _how_it_works() -> None:
    with st.expander("How it works", icon=":material/menu_book:"):
        st.markdown(
            """
**The network** sees the stones, the last moves and what is illegal, and says for every point how
likely a strong player moves there (the prior), who wins, by how much, and who will own each point.
It is small and fully convolutional with global pooling
([Wu 2019](https://arxiv.org/abs/1902.10565)), so one network plays every board size.

**The search** grows a tree from the position. Each simulation walks down by PUCT: the value found
so far plus the prior over the visits ([Silver et al.
2017](https://doi.org/10.1038/nature24270)), asks the network about the leaf, and carries the answer
back up. The move with the most visits is played. Ribbons in the tree are as wide as their visits;
their colour says whom the branch favours against the root.

**Points lost** is the difference between two searches, before and after the move. A review makes
both searches for every move; a lesson makes them when you have moved and stops you from
*Warn from* points on.

**Keys** on the board: arrows and Enter play, P passes, Backspace takes back, comma and full stop
walk the game, Home and End go to its ends, Delete removes the position and all after it.
""")


def page() -> None:
    """Draw the page."""
    try:
        first = st.query_params.get("scenario", FIRST)
        first = first if first in SCENARIOS else FIRST
        st.session_state.setdefault("go.begin_as", first)
        opened = open_run(DOMAIN, GoSimulation, SCENARIOS[first].params, SEED,
                          rate=RATE, label=SCENARIOS[first].label)
    except EngineError as error:
        stop_with(error)
        return
    run = opened.run
    sync_controls(run)
    with st.container(horizontal=True, vertical_alignment="center", key="go-head"):
        st.session_state.setdefault("go.view", _wanted_view())
        playing = st.session_state["go.view"] != "Training"
        headline(run, "Go", SENTENCE if playing else LEARNING, live=playing)
        st.segmented_control("View", VIEWS, key="go.view", required=True, width="content",
                             label_visibility="collapsed", on_change=_remember_view)
    view = st.session_state["go.view"]
    if view == "Training":
        training(run)
        return
    run_bar(run, _own_controls, paced=False)
    if opened.notice:
        st.info(opened.notice, icon=":material/info:")
    problem_notice(run)
    kpis(run)
    desk(run, "review" if view == "Review" else "play")
    export_row(run)
    _how_it_works()


def _wanted_view() -> str:
    wanted = st.query_params.get("view", VIEWS[0]).title()
    return wanted if wanted in VIEWS else VIEWS[0]


def _remember_view() -> None:
    st.query_params["view"] = st.session_state["go.view"].lower()


page()

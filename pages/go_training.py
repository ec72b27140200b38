"""The training tab: what the learner does, live, and what became of its networks."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
import streamlit as st

from engine.go import checkpoint, learner
from engine.go.learner import LearningRun, Recipe
from engine.go.learning_params import LoopParams, SelfPlayParams, TrainingParams
from engine.go.players import NO_NETWORK, network_names
from engine.go.showcase import some_games
from engine.live import RUNS, Run
from engine.params import Params
from pages.common.components import boards, cards
from pages.common.export import export_recordings
from pages.common.training import (
    STANDS,
    Asked,
    answers,
    ask,
    attempt,
    choose,
    complaint,
    follow,
    free_name,
)
from pages.go_feed import feed, recordings
from pages.go_training_charts import draw_charts
from pages.go_training_data import figures_of, kpi_items, measured_strength

GROUP: Final = "go.training"
EVERY_S: Final = 5.0
GAMES_SHOWN: Final = 8
GAMES_KEPT_TURNS: Final = 12
"""Redraws for which the same games stay: about a minute."""
SIZES: Final = ("4x32", "6x64", "6x96")
ASKED: Final[Asked] = {
    SelfPlayParams: ("full_visits", "fast_visits"),
    LoopParams: ("games", "window", "gate_games"),
    TrainingParams: ("learning_rate",),
}
RANDOM: Final = "random weights"
P = TypeVar("P", bound=Params)


def training(game: Run) -> None:
    """Draw the tab.

    Args:
        game: The page's own run, which is kept alive while its board is not shown.
    """
    feed()
    runs = learner.learning_runs()
    names = [run.name for run in runs]
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        chosen = _controls(runs, names)
    complaint(GROUP)
    if said := st.session_state.pop("go.training.said", ""):
        st.toast(said, icon=":material/school:")
    if chosen is None:
        st.info("No network has been trained here yet. **New run** starts self-play: games by the "
                "network against itself, retraining, and a match of each new network against the "
                "best. Losses, Elo and games appear here while it learns.",
                icon=":material/school:")
    else:
        st.fragment(_live, run_every=EVERY_S)(chosen, game.token)
    _measured()


def _measured() -> None:
    """What was measured of each network that can be chosen, as its card says."""
    rows = measured_strength()
    if not rows:
        return
    with st.container(border=True, key="go-measured"):
        st.markdown("**Measured strength** :gray[of the networks that can be chosen, from their "
                    "model cards; 95 % Wilson intervals]")
        st.dataframe(rows, hide_index=True, height="content", key="go.training.measured")


def _controls(runs: list[LearningRun], names: list[str]) -> str | None:
    """Choose, start, pause, promote; returns the run that is shown."""
    chosen = choose(names, "go.training.run",
                    "A learning run; each is a folder of games, networks and figures.")
    if chosen is not None:
        run = runs[names.index(chosen)]
        if run.standing in STANDS:
            st.button("Pause", key="go.training.pause", type="primary", icon=":material/pause:",
                      on_click=attempt, args=(GROUP, learner.pause, chosen),
                      disabled=run.standing == "starting",
                      help="It keeps a checkpoint and ends within seconds; Go on continues there.")
        else:
            st.button("Go on", key="go.training.start", type="primary",
                      icon=":material/play_arrow:", on_click=attempt,
                      args=(GROUP, learner.go_on, chosen), disabled=not run.known,
                      help="Continue from the last checkpoint." if run.known else
                      "This run was started in a shell; start it there again.")
        with st.popover("Promote", icon=":material/military_tech:",
                        help="Give a network a name, under which the board can choose it."):
            st.text_input("Name", key="go.training.name", max_chars=40, value=chosen,
                          help="Letters, digits, - and _.")
            st.button("Promote the best network", on_click=_promote, args=(chosen,),
                      icon=":material/military_tech:", width="stretch")
    with st.popover("New run", icon=":material/add:", help="Start learning from self-play."):
        _new_run(names)
    return chosen


def _new_run(names: list[str]) -> None:
    st.text_input("Name of the run", free_name("night", names), key="go.new.name", max_chars=40)
    st.segmented_control("Network", SIZES, default=SIZES[1], key="go.new.network", required=True,
                         help="Residual blocks × channels; 6x64 has 472,000 weights.")
    starts = [RANDOM, *(n for n in network_names() if n != NO_NETWORK)]
    st.selectbox("Begin from", starts, key="go.new.start",
                 help="A network of the same size, or nothing at all.")
    for params, wanted in ASKED.items():
        ask("go.new", params, wanted, formats={"learning_rate": "%.5f"})
    st.number_input("Actors (processes)", 1, learner.MOST_ACTORS, 1, key="go.new.actors",
                    help="Processes that play at once; as many as there are cores to spare.")
    st.number_input("Seed", 0, 2**31 - 1, 1, key="go.new.draw", format="%d")
    st.button("Start", key="go.new.begin", type="primary", icon=":material/play_arrow:",
              width="stretch", on_click=_begin)


def _begin() -> None:
    state = st.session_state

    def begin() -> None:
        recipe = Recipe(
            network=state["go.new.network"],
            start="" if state["go.new.start"] == RANDOM else state["go.new.start"],
            actors=int(state["go.new.actors"]), seed=int(state["go.new.draw"]),
            selfplay=_chosen(SelfPlayParams), loop=_chosen(LoopParams),
            training=_chosen(TrainingParams))
        state["go.training.run"] = learner.start(state["go.new.name"].strip(), recipe).name

    attempt(GROUP, begin)


def _chosen(params: type[P]) -> P:
    return params.parse(answers("go.new", params, ASKED[params]))


def _promote(name: str) -> None:
    wanted = st.session_state["go.training.name"].strip()

    def promote() -> None:
        checkpoint.promote(learner.best_of(learner.look(name)), wanted)
        st.session_state["go.training.said"] = f"{wanted} can now be chosen at the board"

    attempt(GROUP, promote)


def _live(name: str, game: str) -> None:
    """Everything that changes while a run learns."""
    RUNS.find(game)  # asking for it renews its lease
    run = learner.look(name)
    follow(GROUP, run)
    figures = figures_of(name)
    cards(kpi_items(run, figures), key="go-training-cards")
    draw_charts(run, figures)
    _games(run)
    export_recordings(recordings(name), "Losses, games, gates and speed as the run noted them")


def _games(run: LearningRun) -> None:
    """Some of its latest games, played again."""
    key = "go.training.games"
    kept = st.session_state.get(key)
    if kept is None or kept[0] != run.name or kept[1] >= GAMES_KEPT_TURNS or not kept[2]:
        turn = st.session_state.get("go.training.turn", 0) + 1
        st.session_state["go.training.turn"] = turn
        played = some_games(run.folder, GAMES_SHOWN, np.random.default_rng(turn))
        items = [{"size": g.size, "frames": list(g.frames), "last": list(g.last),
                  "title": f"game {i + 1}", "note": _outcome(g.score, len(g.frames) - 1)}
                 for i, g in enumerate(played)]
        kept = (run.name, 0, items)
    st.session_state[key] = (kept[0], kept[1] + 1, kept[2])
    with st.container(border=True, key="go-games"):
        if kept[2]:
            st.markdown("**Games of the latest network** :gray[drawn from the last files, played "
                        "again move by move]")
            boards(kept[2], key="go-training-boards")
        else:
            st.caption("Games that the network plays against itself appear here; a run that only "
                       "learns from a teacher has none.")


def _outcome(score: float, moves: int) -> str:
    if score == 0:
        return f"draw, {moves} moves"
    return f"{'B' if score > 0 else 'W'}+{abs(score):g}, {moves} moves"

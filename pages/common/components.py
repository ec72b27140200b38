"""The live components of a page, loaded as ES modules from `assets/player`.

Streamlit sends inline JavaScript again with every update, so each component is a loader of a few
lines that imports the real module once.
"""

from __future__ import annotations

from concurrent.futures import wait
from functools import cache
from typing import Any, Final

import streamlit as st

from engine.live import Run
from pages.common.assets import BASE

PATIENCE_S: Final = 20.0
"""How long a page waits for a run to obey."""

_LOADER: Final = """
let module;
const load = (tries) => import(location.origin + "%s/player/%s.js").catch((error) => {
  if (tries === 0) throw error;
  return new Promise((again) => setTimeout(again, 1000)).then(() => load(tries - 1));
});
export default (component) => {
  let cleanup = () => {}, gone = false;
  (module ??= load(60)).then((m) => { if (!gone) cleanup = m.default(component) || cleanup; });
  return () => { gone = true; cleanup(); };
};
"""
# a server that restarts while a page loads is waited for, a second at a time


@cache
def _component(name: str) -> Any:
    return st.components.v2.component(
        f"atrium_{name.replace('/', '_')}", js=_LOADER % (BASE, name))


def _act(run: Run, key: str) -> None:
    """Answer the button of a crashed, ended or empty picture."""
    wanted = st.session_state[key].action
    if wanted == "restart":
        wait([run.reset()], PATIENCE_S)
    elif wanted == "run":
        wait([run.set_running(True)], PATIENCE_S)


def player(run: Run, *, height: int, title: str = "", beside: bool = False) -> None:
    """Canvas, layer chips, legend and timeline of a run.

    Args:
        run: The run to show.
        height: Pixels of the whole component.
        title: What tells this picture from another beside it.
        beside: Whether it stands beside the page's own player, which hears the shortcuts.
    """
    key = f"player-{run.domain}{'-beside' if beside else ''}"
    _component("player")(
        key=key, height=height, on_action_change=lambda: _act(run, key),
        data={"run": run.token, "ws": f"/live/ws?run={run.token}", "height": height,
              "title": title, "shortcuts": not beside},
    )


def feed(run: Run) -> None:
    """Let the page's figures hear a run in a view that has no player."""
    _component("feed")(key=f"feed-{run.domain}", height=1,
                       data={"run": run.token, "ws": f"/live/ws?run={run.token}"})


def versus(first: Run, second: Run, names: tuple[str, str], *, height: int) -> None:
    """The key figures of two runs side by side, kept up to date by both.

    Args:
        first: The run that is compared against.
        second: The run whose difference is shown.
        names: What to call them.
        height: Pixels of the card.
    """
    _component("versus")(
        key=f"versus-{first.domain}", height=height,
        data={"runs": [first.token, second.token], "names": list(names), "height": height})


def desk(run: Run, view: str) -> None:
    """The Go board with what its search thinks; its own module lays the cards out.

    Args:
        run: The game to show.
        view: "play" puts the search beside the board, "review" what the moves cost.
    """
    key = f"desk-{run.domain}"
    _component("go/desk")(key=key, data={"run": run.token, "view": view},
                          on_action_change=lambda: _act(run, key))


def drive_desk(run: Run) -> None:
    """Eight cameras with what is made of them; its own module lays the cards out.

    Args:
        run: The drive to show.
    """
    key = f"desk-{run.domain}"
    _component("perception/desk")(key=key, data={"run": run.token},
                                  on_action_change=lambda: _act(run, key))


def chat(run: Run, *, height: int) -> None:
    """A chat with its history, trace and tools.

    Args:
        run: The chat to show.
        height: Pixels of the whole where there is room for its columns.
    """
    # as high as its content: in a narrow window what stands at the right goes below
    _component("agent/chat")(key=f"chat-{run.domain}", data={"run": run.token, "height": height})


def boards(items: list[dict[str, Any]], key: str) -> None:
    """A row of small boards on which finished games are played again.

    Args:
        items: For each: size, frames (stones as text after each move), last (point of each
            frame's move or -1), title, and a note for the end.
        key: Stable key of the row.
    """
    _component("go/boards")(key=key, data={"items": items})


def inspector(run: Run, *, height: int) -> None:
    """Facts about the agent selected in the player.

    Args:
        run: The run whose player is on the page.
        height: Pixels of the card.
    """
    _component("inspector")(
        key=f"inspector-{run.domain}", height=height, data={"run": run.token, "height": height})


def kpis(run: Run, *, height: int = 96) -> None:
    """The row of KPI cards, fed by the run itself.

    Args:
        run: The run whose figures are shown.
        height: Pixels of a card.
    """
    _component("kpis")(key=f"kpis-{run.domain}", data={"run": run.token, "height": height})


def cards(items: list[dict[str, Any]], key: str, *, height: int = 96) -> None:
    """A row of KPI cards that the page itself fills.

    Args:
        items: As a run's summary has them: label, value, unit, note, delta, tone, series, help.
        key: Stable key of the row.
        height: Pixels of a card.
    """
    _component("kpis")(key=key, data={"items": items, "height": height})


def headline(run: Run, title: str, sentence: str, *, live: bool = True) -> None:
    """Page title, one sentence, and the run's state at the right, kept up to date by the run.

    Args:
        run: The run of the page.
        title: Of the page.
        sentence: What the page is about.
        live: Whether the run is on the page; its state is not told where it is not.
    """
    _component("headline")(
        key=f"headline-{run.domain}", height=32,
        data={"run": run.token, "title": title, "sentence": sentence, "live": live})


def readout(run: Run) -> None:
    """Simulated time and step, kept up to date by the run."""
    _component("readout")(
        key=f"readout-{run.domain}", height=36, width=190, data={"run": run.token})


def live_count() -> None:
    """How many runs the server keeps alive, at the right of the navigation."""
    with st.container(key="live"):
        _component("livecount")(key="livecount", width="content", height=30)


def in_sight(key: str) -> bool:
    """Whether the container in force is on the screen; False until the browser has said so.

    Args:
        key: Key of the component; the container's own key must contain "charts".
    """
    told = _component("visible")(key=key, height=1, default={"visible": False},
                                 on_visible_change=lambda: None)
    return bool(told.visible)

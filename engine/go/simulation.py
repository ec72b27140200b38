"""A game of Go as a simulation: one step is one slice of search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from engine.errors import InvalidInput
from engine.go import picture, record
from engine.go.board import colour_name
from engine.go.commands import COMMANDS
from engine.go.players import Seat
from engine.go.ribbons import packed
from engine.go.settings import GoParams
from engine.go.summary import cards
from engine.go.table import ANALYST, STEPS_PER_S, Table
from engine.live.simulation import Array, Event, Frame, Points, Scene, Snapshot
from engine.params import Params

POSITIONS: Final = 30_000


class GoSimulation(Table):
    """A `Table` as the runner drives it; implements `Simulation` and `SnapshotSource`.

    Attributes:
        step_s: Seconds a step is given.
    """

    step_s: float = 1.0 / STEPS_PER_S

    def __init__(self, params: GoParams | None = None, seed: int = 0) -> None:
        """See `Table`."""
        super().__init__(params, seed)
        self._shown: tuple[tuple[int, int], Snapshot] | None = None
        self._place: tuple[int, int, int] = (-1, -1, -1)
        self._position = 0

    def snapshot(self) -> Snapshot:
        """The present picture; unchanged while nothing happens."""
        key = (self.step_count, self.revision)
        if self._shown is None or self._shown[0] != key:
            self._shown = (key, Snapshot(self._facts()))
        return self._shown[1]

    def _facts(self) -> dict[str, Any]:
        game, watched = self.game, self.watched()
        facts = picture.board_facts(game)
        facts |= picture.no_search(self.networks[ANALYST])
        if watched is not None:
            facts |= picture.search_facts(watched, game.to_play)
        elif game.ended:
            owner = self.final_score(game.node).owner
            facts["ownership"] = (100 * owner.astype(int)).tolist()
        seats = self.seats
        facts |= {
            "version": f"{self.step_count}.{self.revision}",
            "position": self.position(), "over": self.over, "result": self.result,
            "mode": "what_if" if self.what_if else "play", "live": self.live.index,
            "phase": self.phase(), "problem": self.problem, "networks": dict(self.networks),
            "players": {"black": _seat(seats.black), "white": _seat(seats.white)},
            "line": picture.line_facts(game), "mistakes": picture.mistake_facts(game),
            "review": None if self.review is None else self.review.facts(),
            "teach": {"on": self.params.teach, "warning": self.lesson.facts()},
        }
        return facts

    def position(self) -> int:
        """Number of the search at hand, so that pictures of two searches can be told apart."""
        watched = self.watched()
        place = (self.game.node.index, id(watched), watched.serial if watched is not None else 0)
        if place != self._place:
            self._place = place
            self._position = (self._position + 1) % POSITIONS
        return self._position

    def phase(self) -> dict[str, Any]:
        """What is going on, as a kind and a sentence."""
        game = self.game
        mover = colour_name(game.to_play)
        if self.review is not None:
            done = self.review.facts()
            return {"kind": "review", "text": f"Review: move {done['done']} of {done['of']}"}
        if self.lesson.warning is not None:
            return {"kind": "warned", "text": "Take it back?"}
        if self.over:
            return {"kind": "over", "text": _said(self.result)}
        if self.lesson.due is not None:
            return {"kind": "judging", "text": "Looking at your move"}
        if self.what_if:
            return {"kind": "what_if", "text": f"What if: {mover} to move"}
        if game.node is not self.live:
            return {"kind": "looking", "text": f"Looking back: {mover} to move"}
        seat = self.seats.of(game.to_play)
        if seat.person:
            return {"kind": "yours", "text": f"Your move ({mover})"}
        return {"kind": "thinking", "text": f"{mover} thinks"}

    def sgf(self) -> str:
        """The game with its variations as SGF."""
        seats = self.seats
        names = {"PB": _name(seats.black), "PW": _name(seats.white)}
        game, here = self.game, self.game.node
        game.go(self.live.index)
        result = self.result
        game.go(here.index)
        return record.write(game, names, result)

    def frame(self) -> Frame:
        """No agents: the picture is a snapshot."""
        return Frame(np.zeros((0, 2), np.int16), np.zeros(0, np.uint8))

    def scene(self) -> Scene:
        """What the page must know before the first snapshot."""
        return Scene({"domain": "go", "width": 1, "height": 1, "agents": 0,
                      "step_s": self.step_s})

    @property
    def scene_version(self) -> int:
        """Nothing static ever changes."""
        return 0

    def layers(self) -> Mapping[str, Array]:
        """How the tree grew so far, see `ribbons.packed`."""
        watched = self.watched()
        pictures = [] if watched is None else watched.pictures
        return {"growth": packed(self.position(), pictures)}

    def status(self) -> Mapping[str, Any]:
        """What is going on, for the headline."""
        watched = self.watched()
        visits = watched.visits if watched is not None else 0
        doing = self.phase()["text"]
        return {"doing": f"{doing} · {visits:,} simulations" if visits else doing,
                "move": self.game.node.number}

    def summary(self) -> Mapping[str, Any]:
        """The cards."""
        return {"kpis": cards(self)}

    def apply(self, params: Params) -> None:
        """Take new values for live knobs.

        Raises:
            InvalidInput: If a knob that needs a reset differs.
        """
        assert isinstance(params, GoParams)
        waiting = params.needs_reset(self.params)
        if waiting:
            raise InvalidInput(f"{', '.join(waiting)} cannot change in a game; begin a new one")
        self.params = params
        for thinker in self._thinkers.values():
            thinker.set_params(params)
        if not params.teach:
            self.lesson.forget()
        self.changed()

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Do something to the game; see `engine.go.commands.COMMANDS`.

        Raises:
            InvalidInput: If the command, an argument or the rules forbid it; the game stays.
        """
        if name not in COMMANDS:
            raise InvalidInput(f"there is no command {name[:40]!r}; choose from "
                               f"{', '.join(COMMANDS)}")
        said = COMMANDS[name].run(self, arguments)
        self.changed()
        return said

    def inspect(self, agent: int) -> Mapping[str, Any]:
        """A board has no agents.

        Raises:
            InvalidInput: Always.
        """
        raise InvalidInput(f"there is no agent {agent}: a board has points; look at the snapshot")

    def drain_points(self) -> Sequence[Points]:
        """Samples since the last call."""
        return self.telemetry.drain()

    def drain_events(self) -> Sequence[Event]:
        """Events since the last call."""
        out, self.events = self.events, []
        return out

    def close(self) -> None:
        """Release the trees and networks."""
        self._thinkers.clear()
        self._minds.clear()


def _name(seat: Seat) -> str:
    return "You" if seat.person else f"{seat.network}, {seat.visits} visits"


def _seat(seat: Seat) -> dict[str, Any]:
    return {"person": seat.person, "network": seat.network, "visits": seat.visits}


def _said(result: str) -> str:
    """A result as a sentence."""
    winner = {"B": "Black", "W": "White"}.get(result[:1], "")
    if not winner:
        return "A draw"
    margin = result[2:]
    return f"{winner} wins by resignation" if margin == "R" else f"{winner} wins by {margin}"

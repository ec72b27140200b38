"""Tools for the board: play a move of Go, and hear what the engine thinks of the position."""

from __future__ import annotations

from concurrent.futures import wait
from typing import Any, Final

from pydantic import Field

from engine.agent.house.house import House
from engine.agent.tools import Answer, Arguments, Tool
from engine.errors import InvalidInput
from engine.go import vertices
from engine.live.run import Run
from engine.live.simulation import Simulation, SnapshotSource

GO: Final = "go"
ORDER_S: Final = 30.0
SHOWN: Final = 5
LINE: Final = 6


class PlayMove(Arguments):
    """A move of the side to move."""

    run: int | None = Field(None, description="Number of the Go run; leave out for the newest.")
    move: str = Field(description='Point as in D4, or "pass".', min_length=2, max_length=4)


class View(Arguments):
    """Which game, and of which move besides the best."""

    run: int | None = Field(None, description="Number of the Go run; leave out for the newest.")
    move: str = Field("", description="A point to judge, as in D4; leave out for the best moves.",
                      max_length=4)


def board_tools(house: House) -> list[Tool[Any]]:
    """The tools, bound to a house."""
    return [
        Tool("play_move", "Play a move of Go for the side to move, or pass.", PlayMove, "change",
             lambda a, _c: _play(house, a),
             preview=lambda a: f"{a.move.upper()} in go run {_run(house, a.run).record.number}"),
        Tool("engine_view", "What the Go engine thinks of the position: win rate, lead, best moves "
             "with their lines.", View, "read", lambda a, _c: _view(house, a)),
    ]


def _run(house: House, number: int | None) -> Run:
    run = house.find(number, None if number is not None else GO)
    if run.domain != GO:
        raise InvalidInput(f"run {run.record.number} is a {run.domain} run; moves are played on a "
                           "go run")
    return run


def _play(house: House, a: PlayMove) -> Answer:
    run = _run(house, a.run)
    answer = run.give_command("play", {"vertex": a.move})
    wait([answer], ORDER_S)
    return Answer({**_say(run), "done": answer.result(0)}, _show(run), sources=(_name(run),))


def _view(house: House, a: View) -> Answer:
    run = _run(house, a.run)
    return Answer({**_say(run), **run.ask(lambda world: view(world, a.move))}, _show(run),
                  sources=(_name(run),))


def view(world: Simulation, move: str = "") -> dict[str, Any]:
    """What the search thinks of the position on the board.

    Args:
        world: A game.
        move: A point that is asked about, or "".

    Raises:
        InvalidInput: If the move has not been looked at.
    """
    assert isinstance(world, SnapshotSource)
    facts = world.snapshot().facts
    size = facts["size"]
    rows = [{"move": vertices.vertex_of(c["point"], size), "visits": c["visits"], "win": c["win"],
             "lead": c["score"], "lost": c["lost"],
             "line": [vertices.vertex_of(p, size) for p in c["line"][:LINE]]}
            for c in facts["candidates"]]
    asked = [r for r in rows if r["move"] == move.upper()]
    if move and rows and not asked:
        raise InvalidInput(f"the search has not looked at {move.upper()} in this position; its "
                           f"first choice is {rows[0]['move']}")
    return {"to_play": "Black" if facts["to_play"] > 0 else "White", "number": facts["number"],
            "position": facts["root"], "asked": asked[0] if asked else None,
            "candidates": rows[:SHOWN], "visits": facts["search"]["visits"],
            "result": facts["result"]}


def _say(run: Run) -> dict[str, Any]:
    return {"run": run.record.number, "engine": run.domain, "state": run.state,
            "step": run.step_count}


def _show(run: Run) -> dict[str, Any]:
    return {"kind": "run", "engine": run.domain, "token": run.token, "number": run.record.number}


def _name(run: Run) -> str:
    return f"go run {run.record.number}"

"""What can be asked of a game while it runs, one function a command.

Each raises InvalidInput with a sentence and leaves the game as it was, or does its work and
returns a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput
from engine.go import record
from engine.go.board import TO_PLAY, colour_name
from engine.go.coaching import Review
from engine.go.game import path
from engine.go.players import known_network
from engine.go.vertices import point_of, vertex_of
from engine.live.commands import Arguments, Command, integer, only, switch

if TYPE_CHECKING:
    from engine.go.table import Table

MAX_SGF_BYTES: Final = 4 * 1024 * 1024
MAX_EXPLORED: Final = 60
MAX_OPENING: Final = 40


def _play(sim: Table, given: Arguments) -> str:
    move = _move(sim, given)
    game = sim.game
    mover = colour_name(game.to_play)
    name = vertex_of(move, game.size)
    if sim.what_if or sim.review is not None:
        sim.review = None
        sim.what_if = True
        game.play(move)
        return f"Tried {mover} {name}"
    if sim.over:
        raise InvalidInput("the game is over; take a move back, try moves with What if, or begin "
                           "a new game")
    if sim.lesson.warning is not None:
        raise InvalidInput("the lesson waits for you: take the move back or play on")
    if not sim.seats.of(game.to_play).person:
        raise InvalidInput(f"{mover} is played by an engine; wait for its move, or press What if "
                           "to try moves for both sides")
    node = sim.made(move)
    if sim.params.teach:
        sim.lesson.watch(node)
    return f"{mover} {name}"


def _pass(sim: Table, given: Arguments) -> str:
    return _play(sim, {**given, "point": sim.game.pass_move})


def _resign(sim: Table, given: Arguments) -> str:
    only(given)
    if sim.over:
        raise InvalidInput("the game is over already; begin a new one, or take a move back")
    if sim.what_if or sim.game.node is not sim.live:
        raise InvalidInput("this is not where the game stands; return to its last position and "
                           "resign there")
    sim.lesson.forget()
    return sim.resign()


def _undo(sim: Table, given: Arguments) -> str:
    only(given)
    sim.review = None
    if sim.resigned is not None and sim.resigned[0] is sim.game.node:
        sim.resigned = None
        return "The resignation is taken back"
    node = sim.game.node
    if node.parent is None:
        raise InvalidInput("there is no move to take back: this is the beginning of the game")
    target = node.parent
    seats = sim.seats
    playing = not sim.what_if and node is sim.live and not seats.engines
    if playing:
        # back to where a person is to move: an engine would only repeat itself
        while (target.parent is not None
               and not seats.of(int(sim.game.board_at(target).state[TO_PLAY])).person):
            target = target.parent
    sim.game.go(target.index)
    sim.lesson.forget()
    if not sim.what_if:
        sim.live = target
    return f"Back at move {target.number}"


def _goto(sim: Table, given: Arguments) -> str:
    only(given, "node")
    node = sim.game.go(integer(given, "node"))
    sim.lesson.forget()
    if sim.review is not None:
        sim.review.follows = False
    return f"Looking at move {node.number}"


def _delete(sim: Table, given: Arguments) -> str:
    only(given, "node")
    index = integer(given, "node") if "node" in given else sim.game.node.index
    node = sim.game.delete(index)
    sim.review = None
    sim.lesson.forget()
    if sim.game.nodes[sim.live.index] is None:
        sim.live = node
    if sim.resigned is not None and sim.game.nodes[sim.resigned[0].index] is None:
        sim.resigned = None
    return f"Deleted; back at move {node.number}"


def _explore(sim: Table, given: Arguments) -> str:
    only(given, "moves")
    moves = given.get("moves")
    if not isinstance(moves, list) or not 0 < len(moves) <= MAX_EXPLORED:
        raise InvalidInput(f"moves must be a list of 1 to {MAX_EXPLORED} points")
    game, here = sim.game, sim.game.node
    known, chosen = len(game.nodes), here.chosen
    try:
        for move in moves:
            game.play(_point(sim, move))
    except InvalidInput:
        added = next((n.index for n in path(game.node) if n.index >= known), None)
        game.go(here.index)
        if added is not None:
            game.delete(added)
        here.chosen = chosen
        raise
    sim.review = None
    sim.lesson.forget()
    sim.what_if = True
    return f"Tried {len(moves)} moves from here"


def _what_if(sim: Table, given: Arguments) -> str:
    only(given, "on")
    on = switch(given, "on")
    sim.review = None
    sim.lesson.forget()
    sim.what_if = on
    if on:
        return "Trying moves: the players wait"
    sim.game.go(sim.live.index)
    return f"Back in the game at move {sim.live.number}"


def _new_game(sim: Table, given: Arguments) -> str:
    only(given, "size", "komi", "handicap", "opening")
    p = sim.params
    komi = given.get("komi", p.komi)
    if not isinstance(komi, int | float) or isinstance(komi, bool):
        raise InvalidInput(f"komi is {komi!r}; it must be a number")
    opening = integer(given, "opening", p.opening)
    if not 0 <= opening <= MAX_OPENING:
        raise InvalidInput(f"an opening of {opening} drawn moves; choose 0 to {MAX_OPENING}")
    sim.begin(integer(given, "size", int(p.size)), float(komi),
              integer(given, "handicap", p.handicap), opening)
    return f"A new game on {sim.game.size}×{sim.game.size}"


def _set_players(sim: Table, given: Arguments) -> str:
    only(given, *sim.networks)
    chosen = {role: known_network(name) for role, name in given.items()}
    if not chosen:
        raise InvalidInput("name a network for black, white or analysis")
    for name in chosen.values():
        sim.mind(name)  # a file that cannot be used is refused, and the players stay
    sim.networks.update(chosen)
    sim.problem = ""
    return ", ".join(f"{role}: {name}" for role, name in chosen.items())


def _load_sgf(sim: Table, given: Arguments) -> str:
    only(given, "text")
    text = given.get("text")
    if not isinstance(text, str | bytes):
        raise InvalidInput("text must hold the SGF")
    if len(text) > MAX_SGF_BYTES:
        raise InvalidInput(f"the SGF has {len(text):,} bytes; {MAX_SGF_BYTES:,} are allowed")
    opened = record.read(text, suicide=sim.params.suicide)
    sim.take_over(opened.game)
    sim.what_if = True  # a record is looked at; engines must not play on by themselves
    said = f"Opened a game of {opened.game.node.number} moves"
    if opened.left_out:
        said += f"; {opened.left_out} variations with illegal moves were left out"
    return said


def _review(sim: Table, given: Arguments) -> str:
    only(given)
    line = sim.game.line()
    if len(line) < 2:
        raise InvalidInput("there is no move to review; play a game or open one")
    sim.lesson.forget()
    sim.review = Review(line, sim.game.node)
    return f"Reviewing {len(line) - 1} moves"


def _stop_review(sim: Table, given: Arguments) -> str:
    only(given)
    if sim.review is None:
        raise InvalidInput("no review is under way")
    done = sim.review.facts()["done"]
    sim.game.go(sim.review.home.index)
    sim.review = None
    return f"Stopped at move {done}"


def _play_on(sim: Table, given: Arguments) -> str:
    only(given)
    if sim.lesson.warning is None:
        raise InvalidInput("there is no warning to answer")
    sim.lesson.forget()
    return "Playing on"


COMMANDS: Final[Mapping[str, Command[Table]]] = {
    "play": Command(_play, "Play a move for the side to move: point (row-major index) or vertex "
                           "(as in D4)."),
    "pass": Command(_pass, "Pass."),
    "resign": Command(_resign, "The side to move resigns."),
    "undo": Command(_undo, "Take back: to the last position at which a person was to move."),
    "goto": Command(_goto, "Look at a position: node (index in the game tree)."),
    "delete": Command(_delete, "Delete a position and all after it: node, else the one looked "
                               "at."),
    "explore": Command(_explore, "Try moves from here for both sides: moves (list of points)."),
    "what_if": Command(_what_if, "Let the players wait and try moves: on (true or false)."),
    "new_game": Command(_new_game, "Begin again: size, komi, handicap, opening (drawn moves)."),
    "set_players": Command(_set_players, "Choose networks by name: black, white, analysis."),
    "load_sgf": Command(_load_sgf, "Open a game record: text (SGF)."),
    "review": Command(_review, "Look at every position of the game and find the mistakes."),
    "stop_review": Command(_stop_review, "End the review."),
    "play_on": Command(_play_on, "Answer a lesson's warning: keep the move."),
}


def _move(sim: Table, given: Arguments) -> int:
    only(given, "point", "vertex")
    if "vertex" in given:
        return point_of(str(given["vertex"]), sim.game.size)
    return _point(sim, given.get("point"))


def _point(sim: Table, value: object) -> int:
    area = sim.game.size * sim.game.size
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= area:
        raise InvalidInput(f"point is {value!r}; it must be 0 to {area}, where {area} is a pass")
    return value

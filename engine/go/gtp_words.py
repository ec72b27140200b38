"""Arguments of GTP commands; whatever is wrong with them is a "syntax error"."""

from __future__ import annotations

from typing import Final

from engine.go.board import BLACK, WHITE
from engine.go.gtp import Failure

PLAYERS: Final = {"b": BLACK, "black": BLACK, "w": WHITE, "white": WHITE}


def player(word: str) -> int:
    """1 or −1 for the name of a colour."""
    colour = PLAYERS.get(word.lower())
    if colour is None:
        raise Failure("syntax error")
    return colour


def player_alone(words: list[str]) -> int:
    """The colour that is a command's only argument."""
    if len(words) != 1:
        raise Failure("syntax error")
    return player(words[0])


def integer(words: list[str], count: int) -> int:
    """The first of `count` arguments, a whole number."""
    if len(words) != count or not (words[0].isascii() and words[0].isdigit()
                                   and len(words[0]) < 10):
        raise Failure("syntax error")
    return int(words[0])


def number(word: str) -> float:
    """An argument that is a number, 0 or more."""
    try:
        value = float(word)
    except ValueError:
        raise Failure("syntax error") from None
    if not 0 <= value < 1e9:
        raise Failure("syntax error")
    return value

"""What can be set on a game: board and rules, who plays, how engines think, how lessons go.

The search's own knobs are those of `engine.go.params.SearchParams`.
"""

from __future__ import annotations

from typing import Literal

from engine.go.params import SearchParams
from engine.params import knob

Who = Literal["you", "engine"]


class GoParams(SearchParams):
    """Knobs of one run of the Go page."""

    visits: int = knob(
        1600, "Simulations", "Analysis: simulations for the position on the board while a person "
        "thinks; 1,600 as AlphaGo Zero took for a move.", low=50, high=20_000, step=50,
        group="Search")
    size: Literal["9", "13", "19"] = knob(
        "9", "Board", "Rows and columns. A small board is decided in minutes.",
        group="Game", live=False)
    komi: float = knob(
        7.0, "Komi", "Points that White gets for moving second; 7 is fair on 9×9.",
        low=-50.0, high=50.0, step=0.5, unit="points", group="Game", live=False)
    handicap: int = knob(
        0, "Handicap", "Black stones on the star points before White's first move; 1 is none.",
        low=0, high=9, step=1, unit="stones", group="Game", live=False)
    opening: int = knob(
        0, "Drawn opening", "Moves drawn by the seed before the players begin, so that engines "
        "do not repeat one game.", low=0, high=8, step=1, unit="moves", group="Game", live=False)
    suicide: bool = knob(
        False, "Suicide", "Whether a move may take its own chain of two stones or more off the "
        "board (Tromp–Taylor and New Zealand rules).", group="Game", live=False)
    black: Who = knob("you", "Black", "Who plays the black stones.", group="Players")
    black_visits: int = knob(
        400, "Black's strength", "Simulations that an engine with Black takes for a move; 1 plays "
        "the network's own choice.", low=1, high=6400, step=1, unit="visits", group="Players")
    white: Who = knob("engine", "White", "Who plays the white stones.", group="Players")
    white_visits: int = knob(
        400, "White's strength", "Simulations that an engine with White takes for a move.",
        low=1, high=6400, step=1, unit="visits", group="Players")
    hold_s: float = knob(
        0.5, "Pause between moves", "How long a move stays before the next one when two engines "
        "play, so that it can be seen.", low=0.0, high=5.0, step=0.1, unit="s", group="Players")
    teach: bool = knob(
        False, "Teach me", "Warn after a move that loses too much, and let me take it back.",
        group="Lessons")
    teach_points: float = knob(
        2.0, "Warn from", "Points a move may lose before the lesson stops it.",
        low=0.5, high=20.0, step=0.5, unit="points", group="Lessons")
    teach_visits: int = knob(
        200, "Look before judging", "Simulations before and after a move that its verdict rests "
        "on.", low=50, high=2000, step=50, unit="visits", group="Lessons")
    review_visits: int = knob(
        200, "Review", "Simulations for each position of a game under review.",
        low=50, high=5000, step=50, unit="visits", group="Lessons")

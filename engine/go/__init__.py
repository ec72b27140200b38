"""Go: rules, search, networks, learning, and the game a page shows.

Names load when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.go.board import Board, new_board
    from engine.go.commands import COMMANDS
    from engine.go.evaluator import Evaluation, Evaluator, UniformEvaluator
    from engine.go.game import Game
    from engine.go.params import SearchParams
    from engine.go.scenarios import SCENARIOS
    from engine.go.search import Search
    from engine.go.settings import GoParams
    from engine.go.simulation import GoSimulation

__all__ = [
    "COMMANDS", "SCENARIOS", "Board", "Evaluation", "Evaluator", "Game", "GoParams",
    "GoSimulation", "Search", "SearchParams", "UniformEvaluator", "new_board",
]

_HOME = {
    "COMMANDS": "commands", "SCENARIOS": "scenarios", "Board": "board", "Evaluation": "evaluator",
    "Evaluator": "evaluator", "Game": "game",
    "GoParams": "settings", "GoSimulation": "simulation", "Search": "search",
    "SearchParams": "params", "UniformEvaluator": "evaluator", "new_board": "board",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

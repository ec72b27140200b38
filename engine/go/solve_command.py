"""`python -m engine.go solve`: prove what a small board is worth."""

from __future__ import annotations

import argparse
from typing import Any


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser("solve", help="prove what a small board is worth to Black")
    parser.add_argument("--size", type=int, required=True, help="board size, 2 to 5")
    parser.add_argument("--target", type=int, help="only try to prove that the player forces so "
                        "many points more than the other (default: find the value)")
    parser.add_argument("--player", choices=("black", "white"), default="black",
                        help="whose target it is (default black)")
    parser.add_argument("--nodes", type=int, default=100_000_000,
                        help="positions for each question (default 100,000,000)")
    parser.set_defaults(command=_solve)


def _solve(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.go.board import BLACK, WHITE
    from engine.go.solve import force, value

    if options.target is None:
        return value(options.size, options.nodes), 0
    player = BLACK if options.player == "black" else WHITE
    facts = force(options.size, player, options.target, options.nodes)
    return {"size": options.size, "player": options.player, "target": options.target, **facts}, 0

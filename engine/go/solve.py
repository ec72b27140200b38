"""Exact values of small boards under area scoring and positional superko, Black first.

Iterative deepening over a one-sided proof search (`solve_kernels`): a value v is exact when Black
is shown to force v and White is shown to hold Black to v. Known: 1 on 2×2, 9 on 3×3, 2 on 4×4
(Tromp), 25 on 5×5 (van der Werf, van den Herik & Uiterwijk 2003, "Solving Go on small boards").
"""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np

from engine.errors import InvalidInput
from engine.go.board import BLACK, TO_PLAY, WHITE, Board, move_limit, new_board
from engine.go.solve_kernels import ALONE, HALF, NEEDS, Int64, Solver, prove, stones_of
from engine.go.solve_kernels import NODES as VISITED

LARGEST: Final = 5
DEEPEST: Final = 60
ENTRIES: Final = {2: 1 << 12, 3: 1 << 16, 4: 1 << 20, 5: 1 << 23}
NODES: Final = 1 << 62
FIRST_BUDGET: Final = 20_000


def force(size: int, player: int, target: int, nodes: int = NODES) -> dict[str, Any]:
    """Try to prove that a player forces a margin in their own favour.

    Args:
        size: Rows and columns, 2 to 5.
        player: 1 black, −1 white.
        target: Points more than the other side.
        nodes: Positions to look at before giving up.

    Returns:
        `proved`, `plies` (depth of the proof or the last depth searched), `nodes`, `seconds`.

    Raises:
        InvalidInput: For a size that the solver does not hold or a target beyond the board.
    """
    if not 2 <= size <= LARGEST:
        raise InvalidInput(f"board size is {size}; the solver takes 2 to {LARGEST}")
    area = size * size
    if abs(target) > area:
        raise InvalidInput(f"target is {target}; on {size}×{size} choose −{area} to {area}")
    board = new_board(size, 0.0)
    solver = _solver(board, size, player, target, nodes)
    began = time.process_time()
    # A proof ends after a move of the other side, so every other depth is enough.
    shown, depth = False, int(player != board.state[TO_PLAY])
    while not shown and depth < DEEPEST and solver.goal[VISITED] <= nodes:
        depth += 2
        solver.proof[0] = 0
        solver.proof[0, NEEDS] = ALONE
        shown = bool(prove(solver, 0, stones_of(board), depth))
    return {"proved": shown, "plies": depth, "nodes": int(solver.goal[VISITED]),
            "seconds": round(time.process_time() - began, 2)}


def value(size: int, nodes: int = NODES) -> dict[str, Any]:
    """Black's exact margin, or the proved bounds where the nodes do not suffice.

    The margins that each side forces are raised in turn until they meet, with eight times the
    nodes whenever neither can be raised: one beyond the value can never be shown.

    Args:
        size: Rows and columns, 2 to 5.
        nodes: Positions for each question.

    Returns:
        `lower`, `upper`, `value` (None unless they meet), `nodes`, `seconds`.
    """
    area = size * size
    bounds = {BLACK: -area, WHITE: -area}
    spent, seconds = 0, 0.0
    budget = min(nodes, FIRST_BUDGET)
    while True:
        for player in (BLACK, WHITE):
            while bounds[BLACK] < -bounds[WHITE]:
                facts = force(size, player, bounds[player] + 1, budget)
                spent += facts["nodes"]
                seconds += facts["seconds"]
                if not facts["proved"]:
                    break
                bounds[player] += 1
        if budget == nodes or bounds[BLACK] == -bounds[WHITE]:
            break
        budget = min(nodes, 8 * budget)
    lower, upper = bounds[BLACK], -bounds[WHITE]
    return {"size": size, "value": lower if lower == upper else None, "lower": lower,
            "upper": upper, "nodes": spent, "seconds": round(seconds, 2)}


def column_edges(size: int) -> Int64:
    """Board size and the points outside its first and its last column, int64 [3]."""
    area = size * size
    columns = np.arange(area) % size
    points = np.int64(1) << np.arange(area, dtype=np.int64)
    return np.array([size, points[columns > 0].sum(), points[columns < size - 1].sum()], np.int64)


def _solver(board: Board, size: int, player: int, target: int, nodes: int) -> Solver:
    area, plies = size * size, DEEPEST + 2
    boards = Board._make(
        [*(np.repeat(array[None], plies, axis=0) for array in board[:-2]), *board[-2:]])
    path = np.zeros(move_limit(size) + 1, np.int64)
    grid = np.arange(area, dtype=np.int32).reshape(size, size)
    turned = [np.rot90(g, k).ravel() for g in (grid, grid.T) for k in range(4)]
    mirror = np.stack(turned).astype(np.int32)
    halves = np.zeros((8, 2, 1 << HALF), np.int32)
    value_of = np.arange(1 << HALF, dtype=np.int32)
    for p in range(area):
        bit = (value_of >> (p % HALF)) & 1
        halves[:, p // HALF] |= bit << mirror[:, p, None]
    # That something was not shown on one way may hide its proof on another, never make one up. On
    # 2×2, where superko decides everything, it would hide them all.
    trust = size > 2
    return Solver(
        boards, path, np.zeros((plies, 4), np.int64), np.zeros((ENTRIES[size], 3), np.int64),
        mirror, halves, np.zeros((2, area + 1), np.int64),
        np.full(plies, -1, np.int64),
        np.array([player, target, 0, nodes, trust], np.int64), column_edges(size),
        np.zeros(area, np.int8))

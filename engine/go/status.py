"""Dead, alive or in seki: what a counted position makes of each chain.

Stones and the area that is theirs alone make groups; a group without any empty point of its own
lives by what both sides leave open. Groups that hold together across neutral points alone are told
apart here, which can call the eyeless part of a living group a seki; the score is the same.
"""

from __future__ import annotations

from engine.go.board import AREA, EMPTY, Board
from engine.go.scoring import Score, chains


def in_seki(board: Board, final: Score) -> set[int]:
    """Points of the stones that live in seki.

    Args:
        board: The position, dead stones still on it.
        final: How it was counted.
    """
    area = int(board.state[AREA])
    dead = set(final.dead)
    left = {p for p in range(area) if final.owner[p] != 0}
    found: set[int] = set()
    while left:
        start = min(left)
        colour = final.owner[start]
        group, queue = {start}, [start]
        while queue:
            for q in board.neighbours[queue.pop()].tolist():
                if q in left and q not in group and final.owner[q] == colour:
                    group.add(q)
                    queue.append(q)
        left -= group
        if not any(board.stones[p] == EMPTY or p in dead for p in group):
            found |= group
    return found


def statuses(board: Board, final: Score) -> dict[str, list[tuple[int, ...]]]:
    """Chains by status, under "dead", "seki" and "alive"; see `in_seki`."""
    dead, seki = set(final.dead), in_seki(board, final)
    found: dict[str, list[tuple[int, ...]]] = {"dead": [], "seki": [], "alive": []}
    for chain in chains(board):
        first = chain[0]
        found["dead" if first in dead else "seki" if first in seki else "alive"].append(chain)
    return found

"""What a search thought of each position, and what each move cost.

A move's cost is the difference between two looks: at the position before it, where the search
assumes the best continuation, and at the position after it. Both are in points of Black's lead, so
that a cost does not shrink in a decided game as a win-rate does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.go.game import Node

MIN_VISITS: Final = 50
"""Fewer visits are no opinion: a graph of them would be noise."""
MIN_LOSS: Final = 0.5
"""Points below which a difference between two searches is within their scatter."""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one search of one position.

    Attributes:
        visits: Simulations behind it.
        win: Black's chance to win, draws counted half, in [0, 1].
        score: Black's expected lead in points, komi included.
        best: The move with the most visits, or −1 where there was none.
        line: Principal variation, `best` first.
    """

    visits: int
    win: float
    score: float
    best: int = -1
    line: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What one played move lost.

    Attributes:
        node: Index of the position after the move.
        number: Its move number.
        colour: Who played it.
        played: The move.
        best: What the search would have played, −1 if unknown.
        points: Points lost against the best move; below 0 when the move was better than thought.
        win: Change of the mover's chance to win, in [−1, 1].
    """

    node: int
    number: int
    colour: int
    played: int
    best: int
    points: float
    win: float


def cost(node: Node) -> Cost | None:
    """What the move that led to a node lost; None before both looks have enough visits."""
    before = node.parent.report if node.parent is not None else None
    after = node.report
    if node.move is None or before is None or after is None:
        return None
    if min(before.visits, after.visits) < MIN_VISITS:
        return None
    points = node.colour * (before.score - after.score)
    win = node.colour * (after.win - before.win)
    return Cost(node.index, node.number, node.colour, node.move, before.best, points, win)


def costs(line: Sequence[Node]) -> list[Cost]:
    """The known costs along a line."""
    return [c for node in line if (c := cost(node)) is not None]


def mistakes(line: Sequence[Node], count: int = 12, least: float = MIN_LOSS) -> list[Cost]:
    """The moves that lost most, worst first; at most `count`, each of `least` points or more.

    A move that the search itself would have played is left out: its cost says how far the search
    saw, and there is nothing better to show for it.
    """
    bad = [c for c in costs(line) if c.points >= least and c.played != c.best]
    return sorted(bad, key=lambda c: (-c.points, c.number))[:count]


def better(report: Report | None, other: Report) -> Report:
    """The report with more visits behind it; the newer one on a tie."""
    return report if report is not None and report.visits > other.visits else other

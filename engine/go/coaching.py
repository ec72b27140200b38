"""Verdicts on moves: one at a time in a lesson, all of them in a review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.go.game import Node
from engine.go.review import cost
from engine.go.vertices import vertex_of


@dataclass(frozen=True, slots=True)
class Caution:
    """A move that a lesson stopped.

    Attributes:
        node: The position after it.
        points: What it loses.
        best: The better move, −1 if unknown.
        text: A sentence for the player.
    """

    node: Node
    points: float
    best: int
    text: str


class Lesson:
    """Judges a person's moves as they are made.

    Attributes:
        due: Position after the move that waits for its verdict, or None.
        warning: The verdict that waits for the player's answer, or None.
    """

    def __init__(self) -> None:
        self.due: Node | None = None
        self.warning: Caution | None = None

    def watch(self, node: Node) -> None:
        """Ask for the verdict on a move that was just made."""
        self.due = node
        self.warning = None

    def forget(self) -> None:
        """Drop what waits."""
        self.due = None
        self.warning = None

    def judge(self, node: Node, limit: float, size: int) -> None:
        """Give the verdict, once both positions around the move were searched.

        Args:
            node: The position after the move.
            limit: Points from which a warning is given.
            size: Rows and columns, for names.
        """
        self.due = None
        found = cost(node)
        if found is None or found.points < limit or found.best in (-1, found.played):
            return
        played, best = vertex_of(found.played, size), vertex_of(found.best, size)
        text = f"{played} loses about {found.points:.1f} points; {best} was better."
        self.warning = Caution(node, found.points, found.best, text)

    def facts(self) -> dict[str, Any] | None:
        """The warning for the page."""
        if self.warning is None:
            return None
        return {"points": round(self.warning.points, 2), "best": self.warning.best,
                "text": self.warning.text}


class Review:
    """A walk through a game that looks at every position.

    Attributes:
        nodes: Positions in order.
        home: Where to return to.
        at: Which is looked at.
        follows: Whether the board shows the position that is looked at.
    """

    def __init__(self, nodes: Sequence[Node], home: Node) -> None:
        self.nodes = list(nodes)
        self.home = home
        self.at = 0
        self.follows = True

    @property
    def node(self) -> Node | None:
        """The position that is due, or None when all are done."""
        return self.nodes[self.at] if self.at < len(self.nodes) else None

    def facts(self) -> dict[str, int]:
        """How far it has come, in moves."""
        return {"done": min(self.at, len(self.nodes) - 1), "of": len(self.nodes) - 1}

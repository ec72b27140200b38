"""A game of Go with every variation that was tried: the record behind the page and SGF.

Nodes are never renumbered, so a page may hold on to an index. Rules are asked of
`engine.go.kernels`; this file keeps who played what where, and in which order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.errors import InvalidInput
from engine.go import kernels
from engine.go.board import (
    BLACK,
    CAPTURED_BLACK,
    CAPTURED_WHITE,
    EMPTY,
    MOVES,
    SUICIDE,
    TO_PLAY,
    Board,
    colour_name,
    new_board,
    size_of,
)
from engine.go.review import Report
from engine.go.vertices import vertex_of

MAX_NODES: Final = 100_000
_PRISONERS: Final = (CAPTURED_BLACK, CAPTURED_WHITE)


@dataclass(frozen=True, slots=True)
class Setup:
    """Stones put down without being played (SGF AB, AW, AE) and who moves next (PL).

    Attributes:
        stones: (point, colour) pairs; colour 0 clears the point.
        to_play: 1 black, −1 white, or 0 to leave the turn as it is.
    """

    stones: tuple[tuple[int, int], ...] = ()
    to_play: int = 0


@dataclass(slots=True, eq=False)
class Node:
    """One position of the game tree.

    Attributes:
        index: Its number in `Game.nodes`.
        parent: The position before, or None at the root.
        move: The point that was played, `size * size` for a pass, or None where none was.
        colour: Who played it; 0 where nothing was played.
        number: Moves from the root to here.
        children: What was tried from here; the first is the main line.
        chosen: The child last walked into, which "forward" follows.
        setup: Stones put down here.
        report: The deepest look that was taken at this position, or None.
        properties: SGF properties that are kept but not understood.
    """

    index: int
    parent: Node | None
    move: int | None = None
    colour: int = 0
    number: int = 0
    children: list[Node] = field(default_factory=list)
    chosen: Node | None = None
    setup: Setup | None = None
    report: Report | None = None
    properties: dict[str, list[str]] = field(default_factory=dict)


class Game:
    """The tree of one game and the place in it that is looked at.

    Attributes:
        size: Rows and columns.
        komi: Points White gets.
        suicide: Whether multi-stone suicide is allowed.
        handicap: Stones Black was given.
        nodes: By index; None where a branch was deleted.
        node: The position looked at.
        board: Its board; read only for callers.
        info: Root facts such as names and result, SGF property to text.
    """

    def __init__(self, size: int, komi: float = 7.0, suicide: bool = False,
                 setup: Setup | None = None, handicap: int = 0) -> None:
        """Begin a game.

        Args:
            size: Rows and columns, 2 to 19.
            komi: Points added to White's score.
            suicide: Whether a move may remove its own chain of two stones or more.
            setup: Stones on the board before the first move.
            handicap: Stones Black was given, for the record.

        Raises:
            InvalidInput: For a size, komi or setup out of range.
        """
        self.size, self.komi, self.suicide, self.handicap = size, komi, suicide, handicap
        self._empty = new_board(size, komi, suicide)
        self.info: dict[str, str] = {}
        self.nodes: list[Node | None] = []
        self.root = self._new(None, None, 0)
        self.node = self.root
        self.board = kernels.copy_board(self._empty)
        if setup is not None:
            self.put_down(setup)

    @property
    def pass_move(self) -> int:
        """The move that is a pass."""
        return self.size * self.size

    @property
    def to_play(self) -> int:
        """1 if Black is to move, −1 if White is."""
        return int(self.board.state[TO_PLAY])

    @property
    def ended(self) -> bool:
        """Whether two passes, or the limit of moves, have ended the game here."""
        return bool(kernels.ended(self.board))

    def put_down(self, setup: Setup) -> None:
        """Put stones on the present position, as an SGF node does.

        Raises:
            InvalidInput: If the position has moves after it already, a point is off the board, or
                stones would stand without liberties.
        """
        if self.node.children:
            raise InvalidInput(f"move {self.node.number} has moves after it; stones are put down "
                               "only where the game ends so far")
        area = self.size * self.size
        wrong = [p for p, _ in setup.stones if not 0 <= p < area]
        if wrong:
            raise InvalidInput(f"point {wrong[0]} is off a {self.size}×{self.size} board")
        self.node.setup = setup
        try:
            self.board = self._replay(self.node)
        except InvalidInput:
            self.node.setup = None
            raise

    def play(self, move: int, colour: int = 0, *, resume: bool = False) -> Node:
        """Play a move from here: a new variation, or the one that has it already.

        Args:
            move: Point in [0, size * size]; size * size passes.
            colour: Who plays; 0 is whose turn it is. The other colour may play too, as handicap
                and problem records do.
            resume: Whether a game that two passes have ended may go on, as after a dispute.

        Returns:
            The node after the move, which is now looked at.

        Raises:
            InvalidInput: With the rule that forbids the move; the game stays as it is.
        """
        colour = colour or self.to_play
        for child in self.node.children:
            if child.move == move and child.colour == colour:
                self._enter(child)
                return child
        board = kernels.copy_board(self.board)
        board.state[TO_PLAY] = colour
        if kernels.ended(board) and not resume:
            raise InvalidInput("the game has ended here; take a move back, or begin a new game")
        if not kernels.is_legal(board, move):
            raise InvalidInput(self.why_not(move, colour))
        kernels.play(board, move)
        child = self._new(self.node, move, colour)
        self.node.children.append(child)
        self.node.chosen = child
        self.node, self.board = child, board
        return child

    def why_not(self, move: int, colour: int) -> str:
        """The rule that forbids a move, as a sentence."""
        area = self.size * self.size
        if not 0 <= move <= area:
            return f"point {move} is off the board; choose 0 to {area} ({area} passes)"
        name = vertex_of(move, self.size)
        stone = int(self.board.stones[move])
        if stone != EMPTY:
            return (f"{name} has a {colour_name(stone).lower()} stone on it; choose an empty "
                    "point")
        trial = kernels.copy_board(self.board)
        if kernels.put(trial, move, colour) <= 0 and trial.stones[move] == EMPTY:
            if not self.suicide:
                return f"{name} is suicide: the stone would have no liberty; play elsewhere"
            return f"{name} would put the same position on the board again; play elsewhere"
        return (f"{name} would repeat an earlier position (positional superko); play elsewhere "
                "first")

    def go(self, index: int) -> Node:
        """Look at another position.

        Raises:
            InvalidInput: If there is no such node.
        """
        node = self.find(index)
        if node is not self.node:
            self.board = self._replay(node)
            self.node = node
            while node.parent is not None:
                node.parent.chosen = node
                node = node.parent
        return self.node

    def find(self, index: int) -> Node:
        """The node of an index.

        Raises:
            InvalidInput: If there is none.
        """
        node = self.nodes[index] if 0 <= index < len(self.nodes) else None
        if node is None:
            raise InvalidInput(f"position {index} is not in this game, which has 0 to "
                               f"{len(self.nodes) - 1}; it may have been deleted")
        return node

    def delete(self, index: int) -> Node:
        """Remove a position and all after it; if looked at, the one before it is looked at then.

        Raises:
            InvalidInput: If there is no such node, or it is the beginning of the game.
        """
        node = self.find(index)
        if node.parent is None:
            raise InvalidInput("the beginning of a game cannot be deleted; begin a new game")
        if any(step is node for step in path(self.node)):
            self.go(node.parent.index)
        node.parent.children.remove(node)
        if node.parent.chosen is node:
            node.parent.chosen = None
        for gone in walk(node):
            self.nodes[gone.index] = None
        return self.node

    def line(self) -> list[Node]:
        """The root, the way to the present position, and on along what was last walked."""
        nodes = path(self.node)
        while (onward := follow(nodes[-1])) is not None:
            nodes.append(onward)
        return nodes

    def board_at(self, node: Node) -> Board:
        """A board of its own for any position of the tree."""
        return self._replay(node)

    def legal(self) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        """Legal moves here, uint8 [size * size + 1]; all 0 once the game has ended."""
        out = np.zeros(self.size * self.size + 1, np.uint8)
        if not self.ended:
            kernels.legal_mask(self.board, out)
        return out

    def _enter(self, child: Node) -> None:
        """Step into a child that exists."""
        assert child.move is not None
        assert child.parent is not None
        child.parent.chosen = child
        if child.setup is not None:
            self.board = self._replay(child)
        else:
            board = kernels.copy_board(self.board)
            board.state[TO_PLAY] = child.colour
            kernels.play(board, child.move)
            self.board = board
        self.node = child

    def _new(self, parent: Node | None, move: int | None, colour: int) -> Node:
        if len(self.nodes) >= MAX_NODES:
            raise InvalidInput(f"this game has {MAX_NODES:,} positions, which is the limit; "
                               "delete branches or begin a new game")
        number = 0 if parent is None else parent.number + (move is not None)
        node = Node(len(self.nodes), parent, move, colour, number)
        self.nodes.append(node)
        return node

    def add_empty(self) -> Node:
        """Add a position without a move, as SGF nodes that only put stones down or comment."""
        child = self._new(self.node, None, 0)
        self.node.children.append(child)
        self.node.chosen = child
        self.node = child
        self.board = kernels.copy_board(self.board)
        return child

    def _replay(self, node: Node) -> Board:
        board = kernels.copy_board(self._empty)
        for step in path(node):
            if step.move is not None:
                board.state[TO_PLAY] = step.colour
                kernels.play(board, step.move)
            if step.setup is not None:
                board = with_stones(board, step.setup)
        return board


def with_stones(board: Board, setup: Setup) -> Board:
    """A position with stones added and taken off; superko begins anew from it.

    Raises:
        InvalidInput: If a chain would stand without liberties.
    """
    size = size_of(board)
    stones = board.stones.copy()
    for p, colour in setup.stones:
        stones[p] = colour
    fresh = new_board(size, float(board.komi[0]), bool(board.state[SUICIDE]))
    for p in np.flatnonzero(stones[:-1]).tolist():
        if kernels.put(fresh, p, int(stones[p])) != 0:
            raise InvalidInput(f"the stones put down leave a chain at {vertex_of(p, size)} without "
                               "a liberty; such a position cannot stand")
    kernels.remember(fresh, fresh.hash[0])
    fresh.state[TO_PLAY] = setup.to_play or board.state[TO_PLAY]
    fresh.state[MOVES] = board.state[MOVES]
    for which in _PRISONERS:
        fresh.state[which] = board.state[which]
    return fresh


def path(node: Node) -> list[Node]:
    """From the root to a node."""
    out = [node]
    while (parent := out[-1].parent) is not None:
        out.append(parent)
    return out[::-1]


def follow(node: Node) -> Node | None:
    """The child that comes next: the one last walked into, else the main line."""
    return node.chosen or (node.children[0] if node.children else None)


def walk(node: Node) -> Iterator[Node]:
    """A node and everything after it, parents first; deep games do not exhaust the stack."""
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(node.children))


def handicap_setup(points: Sequence[int]) -> Setup:
    """Black stones on handicap points, and White to move."""
    return Setup(tuple((p, BLACK) for p in points), -BLACK)

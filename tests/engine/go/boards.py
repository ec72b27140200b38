"""Boards drawn as text, and the rules once more, slowly."""

import numpy as np

from engine.go.board import BLACK, TO_PLAY, WHITE, new_board
from engine.go.kernels import is_legal, legal_mask, play, put, remember
from engine.go.vertices import point_of

COLOUR = {"X": BLACK, "O": WHITE}


def drawn(picture, *, to_play=BLACK, komi=0.0, suicide=False):
    """A board from rows of X, O and dots; its history begins there."""
    rows = picture.split()
    board = new_board(len(rows), komi, suicide)
    for row, line in enumerate(rows):
        for col, c in enumerate(line):
            if c != ".":
                assert put(board, row * len(rows) + col, COLOUR[c]) == 0
    remember(board, board.hash[0])
    board.state[TO_PLAY] = to_play
    return board


def picture(board):
    """The stones of a board, as `drawn` takes them."""
    size = round(len(board.stones) ** 0.5)
    return "\n".join("".join(".XO"[v] for v in row)
                     for row in board.stones[:-1].reshape(size, size).tolist())


def moves(board, *vertices):
    """Play vertices in turn; each must be legal."""
    size = round(len(board.stones) ** 0.5)
    for name in vertices:
        move = point_of(name, size)
        assert is_legal(board, move), f"{name} is illegal on\n{picture(board)}"
        play(board, move)
    return board


def may(board, vertex):
    """Whether a vertex is legal, asked both ways."""
    size = round(len(board.stones) ** 0.5)
    mask = np.empty(size * size + 1, np.uint8)
    legal_mask(board, mask)
    move = point_of(vertex, size)
    assert bool(mask[move]) == bool(is_legal(board, move))
    return bool(mask[move])


class SlowBoard:
    """Tromp–Taylor's rules from their text, on tuples; shares no code with the board."""

    def __init__(self, size, suicide):
        self.size, self.suicide = size, suicide
        self.cells = (0,) * (size * size)
        self.seen = {self.cells}
        self.colour = 1
        self.passes = 0

    def around(self, p):
        row, col = divmod(p, self.size)
        steps = ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1))
        return [r * self.size + c for r, c in steps if 0 <= r < self.size and 0 <= c < self.size]

    def region(self, cells, start):
        """Connected points of one colour, and the colours around them."""
        found, todo, edge = {start}, [start], set()
        while todo:
            for q in self.around(todo.pop()):
                if cells[q] == cells[start]:
                    if q not in found:
                        found.add(q)
                        todo.append(q)
                else:
                    edge.add(cells[q])
        return found, edge

    def without(self, cells, colour):
        """Clear the chains of a colour that reach no empty point."""
        out = list(cells)
        for p, v in enumerate(cells):
            if v == colour and 0 not in self.region(cells, p)[1]:
                out[p] = 0
        return tuple(out)

    def after(self, p):
        """The position after a stone, None where the rules forbid it."""
        if self.cells[p]:
            return None
        cells = (*self.cells[:p], self.colour, *self.cells[p + 1:])
        cells = self.without(cells, -self.colour)
        own = self.without(cells, self.colour)
        if own != cells and not self.suicide:
            return None
        return None if own in self.seen else own

    def legal(self):
        return [self.after(p) is not None for p in range(len(self.cells))] + [True]

    def play(self, move):
        if move == len(self.cells):
            self.passes += 1
        else:
            self.cells = self.after(move)
            self.seen.add(self.cells)
            self.passes = 0
        self.colour = -self.colour

    def margin(self):
        total = 0
        for p, v in enumerate(self.cells):
            edge = self.region(self.cells, p)[1]
            total += v if v else (edge == {1}) - (edge == {-1})
        return total

    def liberties(self, p):
        chain = self.region(self.cells, p)[0]
        return len({q for s in chain for q in self.around(s) if self.cells[q] == 0})

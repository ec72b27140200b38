"""The Go board as a tuple of arrays.

Points are row-major, `p = row * size + col`, row 0 at the top; `size * size` is a pass.

Chains are circular lists with pseudo-liberties (every contact of a stone with an empty point
counts), because a chain is captured exactly when it has none left, and one stone changes at most
four counts. Chain hashes make the position after a capture known without playing it.

Shape letters: A points (size * size); index A is a border that every edge point touches.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
UInt64 = npt.NDArray[np.uint64]
Float64 = npt.NDArray[np.float64]

BLACK: Final = 1
WHITE: Final = -1
EMPTY: Final = 0
BORDER: Final = 2
NONE: Final = -1  # no move yet, in `recent`

SMALLEST: Final = 2
LARGEST: Final = 19
RECENT: Final = 5
BLOOM_WORDS: Final = 128

# Indices into Board.state.
SIZE: Final = 0
AREA: Final = 1
TO_PLAY: Final = 2
PASSES: Final = 3    # in a row
MOVES: Final = 4     # passes counted
KEPT: Final = 5      # positions in `history`
SUICIDE: Final = 6   # 1 where multi-stone suicide is allowed
CAPTURED_BLACK: Final = 7   # black stones off the board
CAPTURED_WHITE: Final = 8
LIMIT: Final = 9     # moves after which the game counts as ended
STATE: Final = 10

_ZOBRIST_SEED: Final = 0x60B0A2D


class Board(NamedTuple):
    """One position with everything the rules need; arrays change in place under `play`.

    Attributes:
        stones: int8 [A + 1]; 1 black, −1 white, 0 empty, and 2 at the border.
        head: int32 [A + 1]; the stone that names each stone's chain.
        after: int32 [A + 1]; next stone of the chain, in a circle.
        liberties: int32 [A + 1]; pseudo-liberties of the chain, valid at its head.
        length: int32 [A + 1]; stones of the chain, valid at its head.
        chain_hash: uint64 [A + 1]; exclusive or of the chain's stones, valid at its head.
        hash: uint64 [1]; Zobrist hash of the stones alone, as positional superko wants it.
        history: uint64 [LIMIT + 1]; hashes of every position so far, the current one included.
        bloom: uint64 [BLOOM_WORDS]; a Bloom filter over `history`.
        recent: int32 [RECENT]; the last moves, latest first, −1 for none.
        state: int32 [STATE]; see the index constants.
        komi: float64 [1]; points White gets.
        scratch: int32 [2, A + 1]; work space of the kernels.
        neighbours: int32 [A + 1, 4]; shared, A for off the board.
        zobrist: uint64 [2, A + 1]; shared, row 0 black, row 1 white.
    """

    stones: Int8
    head: Int32
    after: Int32
    liberties: Int32
    length: Int32
    chain_hash: UInt64
    hash: UInt64
    history: UInt64
    bloom: UInt64
    recent: Int32
    state: Int32
    komi: Float64
    scratch: Int32
    neighbours: Int32
    zobrist: UInt64


def new_board(size: int, komi: float = 7.0, suicide: bool = False) -> Board:
    """An empty board with Black to play.

    Args:
        size: Rows and columns, 2 to 19.
        komi: Points added to White's score.
        suicide: Whether a move may remove its own chain of two stones or more; one stone never
            may, since that repeats the position.

    Raises:
        InvalidInput: For a size or komi out of range.
    """
    if not SMALLEST <= size <= LARGEST:
        raise InvalidInput(f"board size is {size}; choose {SMALLEST} to {LARGEST}")
    area = size * size
    if not abs(komi) <= 2 * area:  # refuses NaN too
        raise InvalidInput(f"komi is {komi}; on {size}×{size} choose −{2 * area} to {2 * area}")
    limit = move_limit(size)
    board = Board(
        stones=np.zeros(area + 1, np.int8), head=np.zeros(area + 1, np.int32),
        after=np.zeros(area + 1, np.int32), liberties=np.zeros(area + 1, np.int32),
        length=np.zeros(area + 1, np.int32), chain_hash=np.zeros(area + 1, np.uint64),
        hash=np.zeros(1, np.uint64), history=np.zeros(limit + 1, np.uint64),
        bloom=np.zeros(BLOOM_WORDS, np.uint64), recent=np.full(RECENT, NONE, np.int32),
        state=np.zeros(STATE, np.int32), komi=np.array([komi], np.float64),
        scratch=np.zeros((2, area + 1), np.int32),
        neighbours=neighbour_table(size), zobrist=zobrist_table(size))
    board.stones[area] = BORDER
    board.state[SIZE] = size
    board.state[AREA] = area
    board.state[TO_PLAY] = BLACK
    board.state[SUICIDE] = suicide
    board.state[LIMIT] = limit
    board.state[KEPT] = 1       # the empty board, hash 0
    board.bloom[0] = 1          # what `kernels.remember` sets for hash 0
    return board


def move_limit(size: int) -> int:
    """Moves after which a game counts as ended; superko alone allows astronomically more."""
    return 4 * size * size + 64


@cache
def neighbour_table(size: int) -> Int32:
    """The four neighbours of each point, int32 [A + 1, 4]; A for those off the board."""
    area = size * size
    table = np.full((area + 1, 4), area, np.int32)
    for p in range(area):
        row, col = divmod(p, size)
        table[p] = (p - size if row > 0 else area, p + size if row < size - 1 else area,
                    p - 1 if col > 0 else area, p + 1 if col < size - 1 else area)
    return table


@cache
def zobrist_table(size: int) -> UInt64:
    """A random word for each colour and point, uint64 [2, A + 1]; the same on every machine."""
    rng = np.random.default_rng(_ZOBRIST_SEED + size)
    return rng.integers(1, 2**64, size=(2, size * size + 1), dtype=np.uint64)


def size_of(board: Board) -> int:
    """Rows and columns."""
    return int(board.state[SIZE])


def to_play(board: Board) -> int:
    """1 if Black is to move, −1 if White is."""
    return int(board.state[TO_PLAY])


def colour_name(colour: int) -> str:
    """"Black" or "White"."""
    return "Black" if colour == BLACK else "White"


def diagram(board: Board) -> str:
    """The stones as text, one row a line: X black, O white, . empty."""
    size = size_of(board)
    cells = board.stones[:-1].reshape(size, size)
    return "\n".join(" ".join(".XO"[v] for v in row) for row in cells.tolist())

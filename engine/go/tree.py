"""The search trees of many games in one set of arrays.

A node is a position, an edge a legal move. A node's edges lie side by side; those that have been
tried come first, and the next one is always the untried move with the highest prior. Selection
therefore reads the tried edges and one more, not all of them, and gives the same answer: untried
edges differ in their prior alone.

Node 0 is the root. A child's index is higher than its parent's, and its edges lie behind its
parent's, so that a subtree can be moved to the front in one pass.

Values are from the view of the player to move at the node; an edge's from the player who makes
the move.

Shape letters: G games, M nodes, E edges, A points, B slots of a batch, K cached evaluations.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.go.board import Board, new_board
from engine.go.features import PLANES, symmetry_table

Int8 = npt.NDArray[np.int8]
UInt8 = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

# Columns of Forest.nodes.
PARENT: Final = 0      # −1 at the root
PLACE: Final = 1       # place among the parent's edges
FIRST: Final = 2       # index of the first edge
EDGES: Final = 3       # legal moves; 0 at an ended game
OPENED: Final = 4      # edges tried so far; they come first
VISITS: Final = 5      # simulations through the node, its own evaluation included
IN_FLIGHT: Final = 6   # simulations that wait for the network below
STATUS: Final = 7
LOW: Final = 8         # proven bounds of the result: −1 loss, 0 draw, 1 win
HIGH: Final = 9
NODE: Final = 10

PENDING_NODE: Final = 0
EXPANDED: Final = 1
TERMINAL: Final = 2

# Columns of Forest.sums, totals over a node's visits, and what the network said of the node.
SUM_UTILITY: Final = 0
SUM_VALUE: Final = 1   # win minus loss
SUM_DRAW: Final = 2
SUM_SCORE: Final = 3
OPEN_MASS: Final = 4   # summed prior of the opened edges
OWN_VALUE: Final = 5
OWN_SCORE: Final = 6
SUM_SQUARE: Final = 7  # of the utility
SUMS: Final = 8

# Columns of Forest.edges.
MOVE: Final = 0
CHILD: Final = 1       # −1 while untried
TRIES: Final = 2       # visits of the edge
WAITING: Final = 3     # simulations in flight: the virtual losses
EDGE: Final = 4

# Columns of Forest.weights.
PRIOR: Final = 0
EDGE_UTILITY: Final = 1  # summed over the visits
WEIGHT: Final = 2

# Columns of Forest.counts.
NODES_USED: Final = 0
EDGES_USED: Final = 1
TARGET: Final = 2      # root visits to reach
FULL: Final = 3        # 1 once a simulation found no room
SIMULATIONS: Final = 4
LOOKUPS: Final = 5     # of the cache
HITS: Final = 6
LAST_LEAF: Final = 7
PLAN: Final = 8        # simulations that `schedule` holds; 0 for PUCT at the root
ENDED_LEAVES: Final = 9
COLLISIONS: Final = 10
READY: Final = 11      # 1 once the root has its noise; before, only the root is evaluated
EXPLORE: Final = 12    # 1 where the root gets noise and forced playouts
COUNT: Final = 13

# Rows of Forest.root.
GUMBEL: Final = 0      # the noise of sequential halving
ROOT_PRIOR: Final = 1  # priors before noise and temperature
BARRED: Final = 2      # 1 for moves not to be tried
ROOT: Final = 3


class Cache(NamedTuple):
    """Evaluations by position, each slot overwritten by the next position that falls on it.

    The key covers stones, player to move, illegal points, passes and komi, not the order of the
    last moves, so that transpositions share (as KataGo's does).

    Attributes:
        keys: uint64 [K], 0 for free; K is a power of two.
        logits: float32 [K, A + 1], as the board lies.
        values: float32 [K, 4]; win, draw, loss, score.
        owned: int8 [K, A], ownership × 127.
    """

    keys: UInt64
    logits: Float32
    values: Float32
    owned: Int8


class Tree(NamedTuple):
    """One game's part of a `Forest`, without the axis G; the fields are described there."""

    nodes: Int32
    sums: Float64
    edges: Int32
    weights: Float32
    owned: Int8
    counts: Int64
    root: Float32
    schedule: Int32


class Forest(NamedTuple):
    """The trees of G games of one size.

    Attributes:
        boards: Positions at the roots, each array with a leading axis G.
        scratch: One board on which simulations are played out.
        nodes: int32 [G, M, NODE].
        sums: float64 [G, M, SUMS].
        edges: int32 [G, E, EDGE].
        weights: float32 [G, E, WEIGHT].
        owned: int8 [G, M, A], ownership × 127 from the mover's view; [G, M, 0] where not kept.
        counts: int64 [G, COUNT].
        root: float32 [G, ROOT, A + 1]; what the root alone needs, by move.
        schedule: int32 [G, T], visits that the candidate of each simulation must have.
        random: uint64 [G, 1], each game's generator.
        slot: int32 [B, 3]; game, node and symmetry of each leaf in the batch.
        slot_key: uint64 [B], each leaf's name in the cache.
        planes: float32 [B, C, S, S], the batch.
        legal: uint8 [A + 1], work space.
        where: int32 [8, A + 1], see `features.symmetry_table`.
        cache: Evaluations seen lately, shared by all games.
    """

    boards: Board
    scratch: Board
    nodes: Int32
    sums: Float64
    edges: Int32
    weights: Float32
    owned: Int8
    counts: Int64
    root: Float32
    schedule: Int32
    random: UInt64
    slot: Int32
    slot_key: UInt64
    planes: Float32
    legal: UInt8
    where: Int32
    cache: Cache


class Knobs(NamedTuple):
    """The numbers of `SearchParams` that the kernels read, all float64."""

    c_puct: float
    c_growth: float
    c_base: float
    fpu_reduction: float
    root_fpu_reduction: float
    virtual_loss: float
    score_weight: float
    forced: float
    c_visit: float
    c_scale: float
    symmetry: float
    solve: float


def new_forest(
    games: int, size: int, *, nodes: int, batch: int, cache: int, seeds: UInt64,
    keep_ownership: bool = True, schedule: int = 0, edges: int | None = None,
) -> Forest:
    """Room for some trees; memory is touched as the trees grow.

    Args:
        games: G, > 0.
        size: Board size.
        nodes: M, nodes a tree.
        batch: B, leaves of all games that one evaluation takes.
        cache: Cached evaluations, rounded up to a power of two; 0 for none.
        seeds: uint64 [G], starts of the games' generators.
        keep_ownership: Whether nodes keep the network's ownership.
        schedule: Longest plan of sequential halving, in simulations; 0 without Gumbel roots.
        edges: E, edges a tree; room for every move of every node if left out.

    Raises:
        InvalidInput: If a count is out of range.
    """
    if min(games, nodes, batch) < 1 or seeds.shape != (games,):
        raise InvalidInput(f"{games} games of {nodes} nodes, batch {batch} and {seeds.size} seeds: "
                           "each must be at least 1, with one seed a game")
    area = size * size
    board = new_board(size, 0.0)
    stacked = Board._make(
        [*(np.repeat(array[None], games, axis=0) for array in board[:-2]), *board[-2:]])
    entries = 1
    while entries < cache:
        entries *= 2
    room = nodes * (area + 1) if edges is None else max(edges, area + 1)
    empty: Any = np.empty
    return Forest(
        boards=stacked, scratch=board,
        nodes=empty((games, nodes, NODE), np.int32), sums=empty((games, nodes, SUMS)),
        edges=empty((games, room, EDGE), np.int32),
        weights=empty((games, room, WEIGHT), np.float32),
        owned=empty((games, nodes, area if keep_ownership else 0), np.int8),
        counts=np.zeros((games, COUNT), np.int64),
        root=np.zeros((games, ROOT, area + 1), np.float32),
        schedule=np.zeros((games, schedule), np.int32), random=seeds.reshape(games, 1).copy(),
        slot=np.zeros((batch, 3), np.int32), slot_key=np.zeros(batch, np.uint64),
        planes=np.zeros((batch, PLANES, size, size), np.float32),
        legal=np.zeros(area + 1, np.uint8), where=symmetry_table(size),
        cache=new_cache(size, entries if cache else 0))


def new_cache(size: int, entries: int) -> Cache:
    """An empty cache; `entries` is 0 or a power of two."""
    area = size * size
    return Cache(np.zeros(entries, np.uint64), np.empty((entries, area + 1), np.float32),
                 np.empty((entries, 4), np.float32), np.empty((entries, area), np.int8))

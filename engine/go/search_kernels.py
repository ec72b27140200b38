"""Monte-Carlo tree search over many games at once: choose leaves, take in what a network says.

Leaves are gathered in batches under virtual losses (Chaslot et al. 2008,
doi:10.1007/978-3-540-87608-3_6); `selection` says which way a simulation goes.

Shape letters: G games, A points, B slots of a batch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.go.board import AREA, PASSES, SIZE, TO_PLAY, Board
from engine.go.features import write_planes
from engine.go.kernels import area_score, copy_into, ended, legal_mask, play
from engine.go.playouts import below, mixed
from engine.go.selection import select_candidate, select_child
from engine.go.tree import (
    CHILD,
    COLLISIONS,
    EDGES,
    EDGES_USED,
    ENDED_LEAVES,
    EXPANDED,
    FIRST,
    FULL,
    HIGH,
    HITS,
    IN_FLIGHT,
    LOOKUPS,
    LOW,
    MOVE,
    NODES_USED,
    OPEN_MASS,
    OPENED,
    OWN_SCORE,
    OWN_VALUE,
    PENDING_NODE,
    PLAN,
    PRIOR,
    READY,
    SIMULATIONS,
    STATUS,
    SUM_SCORE,
    TARGET,
    TERMINAL,
    VISITS,
    WAITING,
    Cache,
    Forest,
    Knobs,
    Tree,
)
from engine.go.tree_kernels import (
    back_up,
    board_at,
    expand,
    lift_best,
    list_moves,
    new_node,
    prove,
    tree_at,
    utility,
    withdraw,
)

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]
_FREE = np.uint64(1)
_KOMI = np.uint64(0x6A09E667F3BCC909)
_ASKS = 0
_EXACT = 1
_COLLIDED = 2
_STUCK = 3
_MOST_COLLISIONS = 4  # in a row, before a batch goes as it is
_MOST_EXACT = 512     # simulations without the network in one call, so that a stop is heard


@njit(cache=True, nogil=True)
def position_key(board: Board, legal: UInt8) -> np.uint64:
    """Name what the network sees but for the order of moves; never 0."""
    key = board.hash[0] ^ mixed(np.uint64(board.state[TO_PLAY] + 5 + 16 * board.state[PASSES]))
    for p in range(board.state[AREA]):
        if board.stones[p] == 0 and not legal[p]:
            key ^= mixed(board.zobrist[0, p])
    key ^= mixed(_KOMI + np.uint64(np.int64(board.komi[0] * 1024.0 + 1048576.0)))
    return np.uint64(key | _FREE)


@njit(cache=True, nogil=True)
def _take_in(
    tree: Tree, node: int, win: float, draw: float, loss: float, score: float, size: int,
    knobs: Knobs,
) -> None:
    """Back up the network's word on a node that has just been expanded."""
    value = win - loss
    tree.sums[node, OWN_VALUE] = value
    tree.sums[node, OWN_SCORE] = score
    gain = utility(value, score, size, knobs.score_weight)
    back_up(tree, node, gain, value, draw, score)


@njit(cache=True, nogil=True)
def _finish(tree: Tree, node: int, board: Board, knobs: Knobs) -> None:
    """Make a node of an ended game final and back up its exact result."""
    margin = area_score(board) * board.state[TO_PLAY]
    result = 1 if margin > 0 else -1 if margin < 0 else 0
    row = tree.nodes[node]
    row[STATUS] = TERMINAL
    row[LOW] = result
    row[HIGH] = result
    for p in range(tree.owned.shape[1]):
        tree.owned[node, p] = 0
    tree.sums[node, OWN_VALUE] = result
    tree.sums[node, OWN_SCORE] = margin
    _repeat(tree, node, board.state[SIZE], knobs)
    if knobs.solve > 0:
        prove(tree.nodes, tree.edges, node)


@njit(cache=True, nogil=True)
def _repeat(tree: Tree, node: int, size: int, knobs: Knobs) -> None:
    """Back up what is known for certain of a proven node."""
    value = tree.nodes[node, LOW]
    visits = tree.nodes[node, VISITS]
    score = (tree.sums[node, OWN_SCORE] if tree.nodes[node, STATUS] == TERMINAL or visits == 0
             else tree.sums[node, SUM_SCORE] / visits)
    gain = utility(value, score, size, knobs.score_weight)
    back_up(tree, node, gain, value, 1.0 if value == 0 else 0.0, score)


@njit(cache=True, nogil=True)
def _descend(tree: Tree, board: Board, knobs: Knobs) -> int:
    """Follow the best edges to a node that is new, in flight, ended or proven.

    The board, at first the root's, ends up on that node's position; virtual losses lie on the way.

    Returns:
        The node, or −1 when a new one finds no room.
    """
    nodes, edges = tree.nodes, tree.edges
    room = (tree.counts[NODES_USED] < nodes.shape[0]
            and tree.counts[EDGES_USED] + board.state[AREA] < edges.shape[0])
    if tree.counts[NODES_USED] == 0:
        return new_node(tree, -1, 0) if room else -1
    node = 0
    while nodes[node, STATUS] == EXPANDED and (
            node == 0 or nodes[node, LOW] < nodes[node, HIGH]):
        if node == 0 and tree.counts[PLAN] > 0:
            e = select_candidate(tree, knobs)
        else:
            e = select_child(tree, node, knobs)
        child = edges[e, CHILD]
        if child < 0 and not room:
            withdraw(nodes, edges, node)
            return -1
        play(board, edges[e, MOVE])
        edges[e, WAITING] += 1
        nodes[node, IN_FLIGHT] += 1
        if child < 0:
            place = nodes[node, OPENED]
            child = new_node(tree, node, place)
            edges[e, CHILD] = child
            nodes[node, OPENED] = place + 1
            tree.sums[node, OPEN_MASS] += tree.weights[e, PRIOR]
            front = nodes[node, FIRST] + place + 1
            lift_best(edges, tree.weights, front, front - place - 1 + nodes[node, EDGES])
            return child
        node = child
    return node


@njit(cache=True, nogil=True)
def _from_cache(
    tree: Tree, node: int, key: np.uint64, cache: Cache, straight: Int32, size: int,
    knobs: Knobs,
) -> bool:
    """Expand a node from the cache, if the cache has its position."""
    if cache.keys.size == 0:
        return False
    tree.counts[LOOKUPS] += 1
    k = np.int64(mixed(key) & np.uint64(cache.keys.size - 1))
    if cache.keys[k] != key:
        return False
    tree.counts[HITS] += 1
    expand(tree, node, cache.logits[k], straight)
    for p in range(tree.owned.shape[1]):
        tree.owned[node, p] = cache.owned[k, p]
    v = cache.values[k]
    _take_in(tree, node, v[0], v[1], v[2], v[3], size, knobs)
    return True


@njit(cache=True, nogil=True)
def _simulate(
    tree: Tree, board: Board, legal: UInt8, cache: Cache, straight: Int32, knobs: Knobs
) -> tuple[int, int, np.uint64]:
    """Run one simulation to a leaf; the board, at first the root's, is played on.

    Returns:
        What happened (see the constants), the leaf, and its name in the cache.
    """
    nodes, counts = tree.nodes, tree.counts
    before = counts[NODES_USED]
    size = board.state[SIZE]
    node = _descend(tree, board, knobs)
    if node < 0:
        counts[FULL] = 1
        return _STUCK, node, _FREE
    if node < before and nodes[node, STATUS] == PENDING_NODE:
        withdraw(nodes, tree.edges, node)
        counts[COLLISIONS] += 1
        return _STUCK if node == 0 else _COLLIDED, node, _FREE
    counts[SIMULATIONS] += 1
    if node < before:
        counts[ENDED_LEAVES] += 1
        _repeat(tree, node, size, knobs)
        return _EXACT, node, _FREE
    if ended(board):
        counts[ENDED_LEAVES] += 1
        _finish(tree, node, board, knobs)
        return _EXACT, node, _FREE
    legal_mask(board, legal)
    list_moves(tree, node, legal)
    key = position_key(board, legal) if cache.keys.size > 0 else _FREE
    if _from_cache(tree, node, key, cache, straight, size, knobs):
        return _EXACT, node, key
    return _ASKS, node, key


@njit(cache=True, nogil=True)
def collect(forest: Forest, games: Int32, per_game: int, knobs: Knobs) -> int:
    """Gather leaves for the network; ended and cached positions are backed up at once.

    A game gives leaves until its root has `TARGET` visits or its tree is full.

    Args:
        forest: Changed in place: the leaves lie in `planes` and `slot`.
        games: int32, the games to go on with, served in turn until the batch is full.
        per_game: Most leaves of one game in one batch, > 0.
        knobs: The search's numbers.

    Returns:
        Leaves in the batch, from slot 0 on; 0 when no game has anything to ask.
    """
    filled = 0
    board, legal = forest.scratch, forest.legal
    for g in games:
        tree = tree_at(forest, g)
        root = board_at(forest.boards, g)
        counts, nodes = tree.counts, tree.nodes
        end = min(filled + per_game, forest.slot.shape[0])
        collisions = 0
        exact = 0
        while filled < end and exact < _MOST_EXACT and collisions < _MOST_COLLISIONS:
            if counts[NODES_USED] > 0 and (
                    counts[READY] == 0
                    or nodes[0, VISITS] + nodes[0, IN_FLIGHT] >= counts[TARGET]):
                break
            copy_into(root, board)
            what, node, key = _simulate(tree, board, legal, forest.cache, forest.where[0], knobs)
            if what == _STUCK:
                break
            collisions = collisions + 1 if what == _COLLIDED else 0
            exact += what == _EXACT
            if what != _ASKS:
                continue
            symmetry = below(forest.random[g], 8) if knobs.symmetry > 0 else 0
            forest.slot[filled, 0] = g
            forest.slot[filled, 1] = node
            forest.slot[filled, 2] = symmetry
            forest.slot_key[filled] = key
            write_planes(board, legal, forest.where[symmetry], forest.planes[filled])
            filled += 1
    return filled


@njit(cache=True, nogil=True)
def absorb(
    forest: Forest, count: int, logits: Float32, win_draw_loss: Float32, score: Float32,
    ownership: Float32, knobs: Knobs,
) -> None:
    """Expand the leaves of a batch with the network's outputs and back them up.

    Args:
        forest: Changed in place.
        count: Leaves, as `collect` returned.
        logits: float32 [B, A + 1], of the turned boards, like the rest.
        win_draw_loss: float32 [B, 3].
        score: float32 [B].
        ownership: float32 [B, A].
        knobs: The search's numbers.
    """
    cache = forest.cache
    for b in range(count):
        tree = tree_at(forest, forest.slot[b, 0])
        node = forest.slot[b, 1]
        where = forest.where[forest.slot[b, 2]]
        expand(tree, node, logits[b], where)
        for p in range(tree.owned.shape[1]):
            tree.owned[node, p] = np.int8(np.rint(127.0 * ownership[b, where[p]]))
        if cache.keys.size > 0:
            key = forest.slot_key[b]
            k = np.int64(mixed(key) & np.uint64(cache.keys.size - 1))
            cache.keys[k] = key
            for move in range(where.size):
                cache.logits[k, move] = logits[b, where[move]]
            for p in range(where.size - 1):
                cache.owned[k, p] = np.int8(np.rint(127.0 * ownership[b, where[p]]))
            for i in range(3):
                cache.values[k, i] = win_draw_loss[b, i]
            cache.values[k, 3] = score[b]
        _take_in(tree, node, win_draw_loss[b, 0], win_draw_loss[b, 1], win_draw_loss[b, 2],
                 score[b], forest.planes.shape[2], knobs)

"""What happens to a search tree between selections: growing, backing up, proving, moving on.

Proven bounds follow MCTS-Solver (Winands, Björnsson & Saito 2008, doi:10.1007/978-3-540-87608-3_3)
with the draw as a third value: a node's result is the best of its children's, seen from the other
side.

Shape letters: A points, E edges.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.go.board import Board
from engine.go.tree import (
    BARRED,
    CHILD,
    EDGE,
    EDGE_UTILITY,
    EDGES,
    EDGES_USED,
    EXPANDED,
    EXPLORE,
    FIRST,
    HIGH,
    HITS,
    IN_FLIGHT,
    LAST_LEAF,
    LOOKUPS,
    LOW,
    MOVE,
    NODE,
    NODES_USED,
    OPEN_MASS,
    OPENED,
    PARENT,
    PENDING_NODE,
    PLACE,
    PRIOR,
    ROOT_PRIOR,
    STATUS,
    SUM_DRAW,
    SUM_SCORE,
    SUM_SQUARE,
    SUM_UTILITY,
    SUM_VALUE,
    SUMS,
    TARGET,
    TRIES,
    VISITS,
    WAITING,
    WEIGHT,
    Forest,
    Tree,
)

Int32 = npt.NDArray[np.int32]
Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]


@njit(cache=True, nogil=True)
def board_at(boards: Board, game: int) -> Board:
    """The board of one game as views."""
    return Board(
        boards.stones[game], boards.head[game], boards.after[game], boards.liberties[game],
        boards.length[game], boards.chain_hash[game], boards.hash[game], boards.history[game],
        boards.bloom[game], boards.recent[game], boards.state[game], boards.komi[game],
        boards.scratch[game], boards.neighbours, boards.zobrist)


@njit(cache=True, nogil=True)
def tree_at(forest: Forest, game: int) -> Tree:
    """The tree of one game as views."""
    return Tree(forest.nodes[game], forest.sums[game], forest.edges[game], forest.weights[game],
                forest.owned[game], forest.counts[game], forest.root[game],
                forest.schedule[game])


@njit(cache=True, nogil=True)
def clear(tree: Tree) -> None:
    """Forget the tree; its target and whether to explore stay."""
    counts = tree.counts
    target, explore = counts[TARGET], counts[EXPLORE]
    counts[:] = 0
    counts[TARGET], counts[EXPLORE] = target, explore
    counts[LAST_LEAF] = -1
    tree.root[BARRED] = 0


@njit(cache=True, nogil=True)
def new_node(tree: Tree, parent: int, place: int) -> int:
    """Add an unexpanded node; the caller has checked that there is room."""
    node = tree.counts[NODES_USED]
    tree.counts[NODES_USED] = node + 1
    row = tree.nodes[node]
    row[:] = 0
    row[PARENT] = parent
    row[PLACE] = place
    row[FIRST] = tree.counts[EDGES_USED]
    row[STATUS] = PENDING_NODE
    row[LOW] = -1
    row[HIGH] = 1
    tree.sums[node] = 0
    return int(node)


@njit(cache=True, nogil=True)
def list_moves(tree: Tree, node: int, legal: UInt8) -> None:
    """Give a new node one edge a legal move."""
    edges = tree.edges
    e = tree.counts[EDGES_USED]
    for move in range(legal.size):
        if legal[move]:
            edges[e, MOVE] = move
            edges[e, CHILD] = -1
            edges[e, TRIES] = 0
            edges[e, WAITING] = 0
            e += 1
    tree.nodes[node, EDGES] = e - tree.counts[EDGES_USED]
    tree.counts[EDGES_USED] = e


@njit(cache=True, nogil=True)
def lift_best(edges: Int32, weights: Float32, front: int, end: int) -> None:
    """Bring the untried edge with the highest prior, on a tie the lowest move, to the front."""
    if front >= end:
        return
    best = front
    highest = weights[front, PRIOR]
    for e in range(front + 1, end):
        prior = weights[e, PRIOR]
        if prior > highest or (prior == highest and edges[e, MOVE] < edges[best, MOVE]):
            highest = prior
            best = e
    swap_untried(edges, weights, front, best)


@njit(cache=True, nogil=True)
def swap_untried(edges: Int32, weights: Float32, a: int, b: int) -> None:
    """Exchange two untried edges."""
    edges[a, MOVE], edges[b, MOVE] = edges[b, MOVE], edges[a, MOVE]
    weights[a, PRIOR], weights[b, PRIOR] = weights[b, PRIOR], weights[a, PRIOR]


@njit(cache=True, nogil=True)
def expand(tree: Tree, node: int, logits: Float32, where: npt.NDArray[np.int32]) -> None:
    """Turn logits into priors over the node's legal moves.

    Args:
        tree: Changed in place.
        node: A node that has its edges.
        logits: float32 [A + 1], of the turned board.
        where: int32 [A + 1]; where each move lies in `logits`.
    """
    edges, weights = tree.edges, tree.weights
    first = tree.nodes[node, FIRST]
    end = first + tree.nodes[node, EDGES]
    top = np.float32(-np.inf)
    for e in range(first, end):
        logit = logits[where[edges[e, MOVE]]]
        weights[e, PRIOR] = logit
        top = max(top, logit)
    total = np.float32(0.0)
    for e in range(first, end):
        p = np.float32(math.exp(weights[e, PRIOR] - top))
        weights[e, PRIOR] = p
        weights[e, EDGE_UTILITY] = 0
        total += p
    for e in range(first, end):
        weights[e, PRIOR] /= total
    if node == 0:
        tree.root[ROOT_PRIOR] = 0
        for e in range(first, end):
            tree.root[ROOT_PRIOR, edges[e, MOVE]] = weights[e, PRIOR]
    tree.nodes[node, STATUS] = EXPANDED
    lift_best(edges, weights, first, end)


@njit(cache=True, nogil=True, inline="always")
def utility(value: float, score: float, size: int, weight: float) -> float:
    """What the search maximises: win minus loss and a little for points.

    Points count with weight · (2/π) · atan(score / (2 · size)).

    Source: Wu 2019, arXiv:1902.10565, appendix F, with KataGo's static centre 0 and scale 2.
    """
    return value + weight * (2.0 / math.pi) * math.atan(score / (2.0 * size))


@njit(cache=True, nogil=True)
def back_up(tree: Tree, node: int, gain: float, value: float, draw: float, score: float) -> None:
    """Add one evaluation, from the view of the player to move at `node`, up to the root."""
    nodes, sums, edges, weights = tree.nodes, tree.sums, tree.edges, tree.weights
    tree.counts[LAST_LEAF] = node
    while True:
        nodes[node, VISITS] += 1
        sums[node, SUM_UTILITY] += gain
        sums[node, SUM_SQUARE] += gain * gain
        sums[node, SUM_VALUE] += value
        sums[node, SUM_DRAW] += draw
        sums[node, SUM_SCORE] += score
        parent = nodes[node, PARENT]
        if parent < 0:
            break
        e = nodes[parent, FIRST] + nodes[node, PLACE]
        gain, value, score = -gain, -value, -score
        edges[e, TRIES] += 1
        edges[e, WAITING] -= 1
        weights[e, EDGE_UTILITY] += np.float32(gain)
        node = parent
        nodes[node, IN_FLIGHT] -= 1


@njit(cache=True, nogil=True)
def withdraw(nodes: Int32, edges: Int32, node: int) -> None:
    """Take back the virtual losses of a simulation that reached `node` and found nothing to do."""
    while nodes[node, PARENT] >= 0:
        parent = nodes[node, PARENT]
        edges[nodes[parent, FIRST] + nodes[node, PLACE], WAITING] -= 1
        nodes[parent, IN_FLIGHT] -= 1
        node = parent


@njit(cache=True, nogil=True)
def prove(nodes: Int32, edges: Int32, node: int) -> None:
    """Carry a node's new bounds up as far as they change anything."""
    while nodes[node, PARENT] >= 0:
        parent = nodes[node, PARENT]
        first = nodes[parent, FIRST]
        low = -1
        high = -1
        for e in range(first, first + nodes[parent, OPENED]):
            child = edges[e, CHILD]
            low = max(low, -nodes[child, HIGH])
            high = max(high, -nodes[child, LOW])
        if nodes[parent, OPENED] < nodes[parent, EDGES]:
            high = 1
        if low == nodes[parent, LOW] and high == nodes[parent, HIGH]:
            return
        nodes[parent, LOW] = low
        nodes[parent, HIGH] = high
        node = parent


@njit(cache=True, nogil=True)
def keep_below(tree: Tree, move: int) -> bool:
    """Make the position after a move the root and keep what was searched below it.

    No simulation may be in flight; the board is the caller's to play on.

    Returns:
        Whether there was something to keep.
    """
    nodes, edges, weights, counts = tree.nodes, tree.edges, tree.weights, tree.counts
    used = counts[NODES_USED]
    root = -1
    if used > 0:
        first = nodes[0, FIRST]
        for e in range(first, first + nodes[0, OPENED]):
            if edges[e, MOVE] == move:
                root = edges[e, CHILD]
    lookups, hits = counts[LOOKUPS], counts[HITS]
    clear(tree)
    counts[LOOKUPS], counts[HITS] = lookups, hits
    if root < 0 or nodes[root, STATUS] == PENDING_NODE:
        return False
    moved = np.full(used, -1, np.int32)
    kept = 0
    edge_end = 0
    for old in range(root, used):
        parent = nodes[old, PARENT]
        if old == root:
            parent = -1
        else:
            if parent < root or moved[parent] < 0:
                continue
            parent = moved[parent]
        moved[old] = kept
        for i in range(NODE):
            nodes[kept, i] = nodes[old, i]
        for i in range(SUMS):
            tree.sums[kept, i] = tree.sums[old, i]
        for i in range(tree.owned.shape[1]):
            tree.owned[kept, i] = tree.owned[old, i]
        first = nodes[old, FIRST]
        for i in range(nodes[kept, EDGES]):
            for k in range(EDGE):
                edges[edge_end + i, k] = edges[first + i, k]
            for k in range(WEIGHT):
                weights[edge_end + i, k] = weights[first + i, k]
        nodes[kept, FIRST] = edge_end
        edge_end += nodes[kept, EDGES]
        nodes[kept, PARENT] = parent
        if parent >= 0:
            edges[nodes[parent, FIRST] + nodes[kept, PLACE], CHILD] = kept
        kept += 1
    counts[NODES_USED] = kept
    counts[EDGES_USED] = edge_end
    tree.root[ROOT_PRIOR] = 0
    for e in range(nodes[0, EDGES]):
        tree.root[ROOT_PRIOR, edges[e, MOVE]] = weights[e, PRIOR]
    return True


@njit(cache=True, nogil=True)
def reshape_root(tree: Tree, noise: Float32, share: float, temperature: float) -> None:
    """Mix noise into the root's priors, after flattening them with a temperature.

    P = (1 − share) · P^(1/T) / Σ P^(1/T) + share · noise.

    Args:
        tree: Changed in place; its root is expanded.
        noise: float32 [A + 1], sums to 1 over the legal moves.
        share: Weight of the noise in [0, 1].
        temperature: T > 0.

    Source: Silver et al. 2017, doi:10.1038/nature24270 (noise); Wu 2019, arXiv:1902.10565
    (temperature).
    """
    edges, weights = tree.edges, tree.weights
    end = tree.nodes[0, EDGES]
    total = 0.0
    for e in range(end):
        total += tree.root[ROOT_PRIOR, edges[e, MOVE]] ** (1.0 / temperature)
    mass = np.float32(0.0)
    for e in range(end):
        move = edges[e, MOVE]
        flat = tree.root[ROOT_PRIOR, move] ** (1.0 / temperature) / total
        prior = np.float32((1.0 - share) * flat + share * noise[move])
        weights[e, PRIOR] = prior
        if e < tree.nodes[0, OPENED]:
            mass += prior
    tree.sums[0, OPEN_MASS] = mass
    lift_best(edges, weights, tree.nodes[0, OPENED], end)


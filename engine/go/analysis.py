"""Reading a tree: candidates, variations, ownership, depth, the move to play, the policy to learn.

Everything is from the view of the player to move at the root unless it says otherwise.

Shape letters: K moves tried or possible at the root, A points.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.go.params import SearchParams
from engine.go.tree import (
    CHILD,
    EDGES,
    EXPANDED,
    EXPLORE,
    FIRST,
    GUMBEL,
    HIGH,
    LOW,
    MOVE,
    NODES_USED,
    OPENED,
    OWN_VALUE,
    PARENT,
    PENDING_NODE,
    PLAN,
    PRIOR,
    ROOT_PRIOR,
    STATUS,
    SUM_DRAW,
    SUM_SCORE,
    SUM_SQUARE,
    SUM_UTILITY,
    SUM_VALUE,
    TRIES,
    VISITS,
    Tree,
)

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
_HOPELESS = -0.9   # win minus loss below which an open move is no better than a proven loss
_CERTAINTY = 1.96  # standard errors below the mean for the lower confidence bound


class Candidates(NamedTuple):
    """The moves tried at a node, the most visited first.

    Attributes:
        move: int64 [K].
        visits: int64 [K].
        value: float64 [K], win minus loss in [−1, 1] after the move.
        draw: float64 [K], probability of a draw.
        score: float64 [K], points ahead, komi counted.
        utility: float64 [K], what the search maximises.
        bound: float64 [K], lower confidence bound of the utility; −inf below two visits.
        prior: float64 [K], without noise.
        node: int64 [K], the child in the tree.
        proven: int64 [K]; 1 won, 0 drawn, −1 lost, 2 for open.
    """

    move: Int64
    visits: Int64
    value: Float64
    draw: Float64
    score: Float64
    utility: Float64
    bound: Float64
    prior: Float64
    node: Int64
    proven: Int64

    @property
    def win_rate(self) -> Float64:
        """Win plus half the draws, float64 [K] in [0, 1]."""
        return (self.value + 1.0) / 2.0


class Opinion(NamedTuple):
    """What the search makes of a position.

    Attributes:
        visits: Simulations through it.
        value: Win minus loss in [−1, 1].
        draw: Probability of a draw.
        score: Points ahead, komi counted.
        utility: What the search maximises.
        proven: 1 won, 0 drawn, −1 lost, 2 for open.
    """

    visits: int
    value: float
    draw: float
    score: float
    utility: float
    proven: int

    @property
    def win_rate(self) -> float:
        """Win plus half the draws, in [0, 1]."""
        return (self.value + 1.0) / 2.0


def opinion(tree: Tree, node: int = 0) -> Opinion:
    """Means over a node's visits, from the view of the player to move there."""
    visits = int(tree.nodes[node, VISITS]) if tree.counts[NODES_USED] > node else 0
    if visits == 0:
        return Opinion(0, 0.0, 0.0, 0.0, 0.0, 2)
    row = tree.sums[node]
    low, high = int(tree.nodes[node, LOW]), int(tree.nodes[node, HIGH])
    return Opinion(visits, float(row[SUM_VALUE]) / visits, float(row[SUM_DRAW]) / visits,
                   float(row[SUM_SCORE]) / visits, float(row[SUM_UTILITY]) / visits,
                   low if low == high else 2)


def candidates(tree: Tree, node: int = 0) -> Candidates:
    """The tried moves of a node; moves whose first evaluation is still out are left out."""
    if tree.counts[NODES_USED] <= node or tree.nodes[node, STATUS] != EXPANDED:
        none, nothing = np.zeros(0, np.int64), np.zeros(0)
        return Candidates(none, none, nothing, nothing, nothing, nothing, nothing, nothing, none,
                          none)
    first = int(tree.nodes[node, FIRST])
    tried = np.arange(first, first + int(tree.nodes[node, OPENED]))
    tried = tried[tree.edges[tried, TRIES] > 0]
    visits = tree.edges[tried, TRIES].astype(np.int64)
    child = tree.edges[tried, CHILD].astype(np.int64)
    move = tree.edges[tried, MOVE].astype(np.int64)
    prior = tree.root[ROOT_PRIOR, move] if node == 0 else tree.weights[tried, PRIOR]
    through = tree.nodes[child, VISITS]
    mean = tree.sums[child] / through[:, None]
    spread = np.maximum(mean[:, SUM_SQUARE] - mean[:, SUM_UTILITY] ** 2, 0.0)
    error = np.sqrt(spread / np.maximum(through - 1, 1))
    low, high = tree.nodes[child, LOW], tree.nodes[child, HIGH]
    order = np.lexsort((move, mean[:, SUM_UTILITY], -visits))
    bound = np.where(through > 1, -mean[:, SUM_UTILITY] - _CERTAINTY * error, -np.inf)
    rows = Candidates(
        move, visits, -mean[:, SUM_VALUE], mean[:, SUM_DRAW], -mean[:, SUM_SCORE],
        -mean[:, SUM_UTILITY], bound, prior.astype(np.float64), child,
        np.where(low == high, -low, 2).astype(np.int64))
    return Candidates._make(column[order] for column in rows)


def variation(tree: Tree, node: int, longest: int = 30) -> list[int]:
    """Moves of the most visited line below a node."""
    line: list[int] = []
    while len(line) < longest and tree.counts[NODES_USED] > node:
        if tree.nodes[node, STATUS] != EXPANDED or tree.nodes[node, OPENED] == 0:
            break
        first = int(tree.nodes[node, FIRST])
        tries = tree.edges[first:first + int(tree.nodes[node, OPENED]), TRIES]
        e = first + int(tries.argmax())
        if tree.edges[e, TRIES] == 0:
            break
        line.append(int(tree.edges[e, MOVE]))
        node = int(tree.edges[e, CHILD])
    return line


def path_to(tree: Tree, node: int) -> list[int]:
    """Moves from the root to a node."""
    moves: list[int] = []
    while node >= 0 and tree.nodes[node, PARENT] >= 0:
        parent = int(tree.nodes[node, PARENT])
        first = int(tree.nodes[parent, FIRST])
        children = tree.edges[first:first + int(tree.nodes[parent, OPENED]), CHILD]
        moves.append(int(tree.edges[first + int((children == node).argmax()), MOVE]))
        node = parent
    return moves[::-1]


@njit(cache=True, nogil=True)
def depth_below(nodes: Int32, used: int, root: int, out: Int32) -> None:
    """Write each node's depth below one of them, −1 for nodes elsewhere, int32 [M]."""
    out[:used] = -1
    out[root] = 0
    for node in range(root + 1, used):
        parent = nodes[node, PARENT]
        if parent >= root and out[parent] >= 0:
            out[node] = out[parent] + 1


def depths(tree: Tree, node: int = 0) -> Int32:
    """Depth of each node below one of them, int32 [nodes used]; −1 for nodes elsewhere."""
    used = int(tree.counts[NODES_USED])
    out = np.full(used, -1, np.int32)
    if used > node:
        depth_below(tree.nodes, used, node, out)
    return out


def depth_histogram(tree: Tree) -> Int64:
    """Nodes at each depth, int64 [deepest + 1]; each was the leaf of one simulation."""
    return np.bincount(depths(tree)).astype(np.int64)


def ownership(tree: Tree, node: int = 0) -> Float32:
    """Mean of what the network said of the positions below a node, float32 [A] in [−1, 1].

    1 belongs to the player to move at the node. Zeros where ownership is not kept.
    """
    area = tree.root.shape[1] - 1
    deep = depths(tree, node)
    judged = np.flatnonzero((deep >= 0) & (tree.nodes[:deep.size, STATUS] == EXPANDED))
    if tree.owned.shape[1] == 0 or judged.size == 0:
        return np.zeros(area, np.float32)
    sign = 1.0 - 2.0 * (deep[judged] & 1)
    mean = sign.astype(np.float32) @ tree.owned[judged].astype(np.float32)
    return np.asarray(mean / np.float32(127.0 * judged.size), np.float32)


def choose(tree: Tree, params: SearchParams, temperature: float, rng: np.random.Generator) -> int:
    """The move to play.

    A proven win is taken, and a proven loss avoided as long as another move has a chance; without
    one, the pass that ends a lost game is as good as filling one's own eyes. Otherwise the most
    visited move, ties by utility; with a temperature T it is drawn with probability visits^(1/T).
    After a Gumbel plan it is the best by g + logit + σ(Q) among the most visited.

    Args:
        tree: Searched by one simulation at least.
        params: The search's knobs.
        temperature: T >= 0.
        rng: Used where the temperature is not 0.

    Returns:
        A move; the one with the highest prior if none has been visited, a pass at an ended game.
    """
    rows = candidates(tree)
    if rows.move.size == 0:
        edges = int(tree.nodes[0, EDGES]) if tree.counts[NODES_USED] else 0
        if edges == 0 or tree.nodes[0, STATUS] == PENDING_NODE:
            return int(tree.root.shape[1] - 1)
        return int(tree.edges[int(tree.weights[:edges, PRIOR].argmax()), MOVE])
    keep = rows.proven == 1
    if not keep.any():
        keep = rows.proven != -1
        if not (rows.value[keep] > _HOPELESS).any():
            keep = np.ones_like(keep)
    if tree.counts[PLAN]:
        keep &= rows.visits == rows.visits[keep].max()
        worth = tree.root[GUMBEL, rows.move] + _improved_logits(tree, rows, params)
        return int(rows.move[np.flatnonzero(keep)[worth[keep].argmax()]])
    moves, visits = rows.move[keep], rows.visits[keep].astype(np.float64)
    if temperature > 0:
        share = (visits / visits.max()) ** (1.0 / temperature)
        return int(rng.choice(moves, p=share / share.sum()))
    return int(moves[0])


def _improved_logits(tree: Tree, rows: Candidates, params: SearchParams) -> Float64:
    """Logit plus σ(Q) of each row, see `selection.select_candidate`."""
    scale = (params.c_visit + float(rows.visits.max())) * params.c_scale
    logits: Float64 = np.log(np.maximum(rows.prior, 1e-30)) + scale * (rows.utility + 1.0) / 2.0
    return logits


def policy_target(tree: Tree, params: SearchParams) -> Float32:
    """What a policy should learn from the search, float32 [A + 1], sums to 1.

    Visits, less the forced playouts that PUCT would not have spent: from every move but the most
    visited one, visits are taken as long as its PUCT value stays below that move's; a move left
    with one visit loses it. After a Gumbel plan: softmax(logit + σ(Q)) over all legal moves with
    untried ones at the mixed value.

    Source: Wu 2019, arXiv:1902.10565, section 3.2; Danihelka et al. 2022, section 4 and appendix D.
    """
    if tree.counts[PLAN]:
        return _gumbel_target(tree, params)
    rows = candidates(tree)
    out = np.zeros(tree.root.shape[1], np.float32)
    if rows.move.size == 0:
        out[:] = tree.root[ROOT_PRIOR]
        return out / max(float(out.sum()), 1e-30)
    visits = rows.visits.astype(np.float64)
    if params.forced > 0 and tree.counts[EXPLORE]:
        _prune(tree, rows, visits, params)
    out[rows.move] = visits / visits.sum()
    return out


def _prune(tree: Tree, rows: Candidates, visits: Float64, params: SearchParams) -> None:
    """Take forced playouts off `visits` in place; rows are sorted by visits."""
    total = float(tree.nodes[0, VISITS])
    c = params.c_puct + params.c_growth * math.log((total + params.c_base) / params.c_base)
    explore = c * math.sqrt(total)
    prior = _used_prior(tree, rows)
    bar = rows.utility[0] + explore * prior[0] / (1.0 + visits[0])
    for i in range(1, visits.size):
        forced = math.sqrt(params.forced * prior[i] * total)
        gap = bar - rows.utility[i]
        enough = explore * prior[i] / gap - 1.0 if gap > 0 else visits[i]
        visits[i] = min(visits[i], max(visits[i] - forced, math.ceil(enough), 0.0))
        if visits[i] <= 1:
            visits[i] = 0


def _used_prior(tree: Tree, rows: Candidates) -> Float64:
    """The priors that selection used, noise included, by row."""
    prior = np.zeros(tree.root.shape[1])
    edges = int(tree.nodes[0, EDGES])
    prior[tree.edges[:edges, MOVE]] = tree.weights[:edges, PRIOR]
    return prior[rows.move]


def _gumbel_target(tree: Tree, params: SearchParams) -> Float32:
    """Softmax over completed values; untried moves take v_mix of the paper's appendix D."""
    rows = candidates(tree)
    edges = int(tree.nodes[0, EDGES])
    legal = tree.edges[:edges, MOVE]
    prior = tree.root[ROOT_PRIOR, legal].astype(np.float64)
    own = float(tree.sums[0, OWN_VALUE])
    most = 0.0
    q = np.full(tree.root.shape[1], own)
    if rows.move.size:
        most = float(rows.visits.max())
        tried = rows.prior.sum()
        weighted = float((rows.prior * rows.utility).sum() / max(tried, 1e-30))
        n = float(rows.visits.sum())
        q[:] = (own + n * weighted) / (1.0 + n)
        q[rows.move] = rows.utility
    logits = np.log(np.maximum(prior, 1e-30))
    logits += (params.c_visit + most) * params.c_scale * (q[legal] + 1.0) / 2.0
    share = np.exp(logits - logits.max())
    out = np.zeros(tree.root.shape[1], np.float32)
    out[legal] = share / share.sum()
    return out

"""Which edge a simulation follows: PUCT at every node, a plan at the root.

PUCT is Silver et al. 2017, doi:10.1038/nature24270, with the growing constant of Silver et al.
2018, doi:10.1126/science.aar6404; first-play urgency and forced playouts are KataGo's (Wu 2019,
arXiv:1902.10565); the plan is sequential halving over Gumbel-perturbed priors (Danihelka et al.
2022, "Policy improvement by planning with Gumbel").
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from engine.go.tree import (
    BARRED,
    EDGE_UTILITY,
    EDGES,
    EXPLORE,
    FIRST,
    GUMBEL,
    IN_FLIGHT,
    MOVE,
    OPEN_MASS,
    OPENED,
    PLAN,
    PRIOR,
    SUM_UTILITY,
    TRIES,
    VISITS,
    WAITING,
    Knobs,
    Tree,
)
from engine.go.tree_kernels import swap_untried


@njit(cache=True, nogil=True)
def select_child(tree: Tree, node: int, knobs: Knobs) -> int:
    """Pick the edge that maximises Q + U at an expanded node; ties go to the lowest move.

    U = c · P · √N / (1 + n) with c = c_puct + c_growth · ln((N + c_base) / c_base). An untried
    move's Q is the node's mean less fpu_reduction · √(prior mass tried). A simulation in flight
    counts as `virtual_loss` lost visits.

    Returns:
        Index of the edge; the first untried one where that is the best.
    """
    nodes, edges, weights = tree.nodes, tree.edges, tree.weights
    first = nodes[node, FIRST]
    opened = nodes[node, OPENED]
    visits = nodes[node, VISITS] + nodes[node, IN_FLIGHT]
    root = node == 0
    c = knobs.c_puct + knobs.c_growth * math.log((visits + knobs.c_base) / knobs.c_base)
    explore = c * math.sqrt(visits)
    forced = knobs.forced if root and tree.counts[EXPLORE] > 0 else 0.0
    urgency = (tree.sums[node, SUM_UTILITY] / nodes[node, VISITS]
               - (knobs.root_fpu_reduction if root else knobs.fpu_reduction)
               * math.sqrt(tree.sums[node, OPEN_MASS]))
    best = -1
    top = -np.inf
    for e in range(first, first + opened):
        if root and tree.root[BARRED, edges[e, MOVE]] > 0:
            continue
        prior = weights[e, PRIOR]
        waiting = edges[e, WAITING]
        n = edges[e, TRIES] + knobs.virtual_loss * waiting
        q = (weights[e, EDGE_UTILITY] - knobs.virtual_loss * waiting) / n if n > 0 else urgency
        s = q + explore * prior / (1.0 + n)
        if n > 0 and n * n < forced * prior * visits:
            s = 1e6 - n
        if s > top or (s == top and edges[e, MOVE] < edges[best, MOVE]):
            top = s
            best = e
    if opened < nodes[node, EDGES]:
        e = first + opened
        if root:
            e = first_allowed(tree, e, first + nodes[node, EDGES])
        if e >= 0:
            s = urgency + explore * weights[e, PRIOR]
            if s > top or (s == top and edges[e, MOVE] < edges[best, MOVE]):
                best = e
    return best


@njit(cache=True, nogil=True)
def first_allowed(tree: Tree, front: int, end: int) -> int:
    """The untried edge with the highest prior that is not barred, brought to the front, or −1."""
    if tree.root[BARRED, tree.edges[front, MOVE]] == 0:
        return front
    best = -1
    for e in range(front, end):
        if tree.root[BARRED, tree.edges[e, MOVE]] == 0 and (
                best < 0 or tree.weights[e, PRIOR] > tree.weights[best, PRIOR]):
            best = e
    if best >= 0:
        swap_untried(tree.edges, tree.weights, front, best)
    return front if best >= 0 else -1


@njit(cache=True, nogil=True)
def select_candidate(tree: Tree, knobs: Knobs) -> int:
    """Pick the root's edge by plan: of those with the planned visits the best g + logit + σ(Q).

    σ(Q) = (c_visit + max visits) · c_scale · Q with Q scaled to [0, 1]. Untried moves and moves
    in flight take the root's own value.
    """
    nodes, edges, weights = tree.nodes, tree.edges, tree.weights
    end = nodes[0, EDGES]
    done = nodes[0, VISITS] + nodes[0, IN_FLIGHT] - 1
    planned = tree.schedule[min(done, tree.counts[PLAN] - 1)]
    most = 0
    for e in range(nodes[0, OPENED]):
        most = max(most, edges[e, TRIES])
    own = tree.sums[0, SUM_UTILITY] / nodes[0, VISITS]
    best = -1
    nearest = 1 << 30
    top = -np.inf
    for e in range(end):
        if tree.root[BARRED, edges[e, MOVE]] > 0:
            continue
        tried = e < nodes[0, OPENED]
        n = edges[e, TRIES] + edges[e, WAITING] if tried else 0
        gap = abs(n - planned)
        q = weights[e, EDGE_UTILITY] / edges[e, TRIES] if tried and edges[e, TRIES] > 0 else own
        s = (tree.root[GUMBEL, edges[e, MOVE]] + math.log(weights[e, PRIOR] + 1e-30)
             + (knobs.c_visit + most) * knobs.c_scale * (q + 1.0) / 2.0)
        if gap < nearest or (gap == nearest and s > top):
            nearest = gap
            top = s
            best = e
    front = nodes[0, OPENED]
    if best > front:
        swap_untried(tree.edges, tree.weights, front, best)
        best = front
    return best

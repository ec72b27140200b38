"""The explored tree, pruned to what can be drawn: layers of ribbons as wide as their visits.

Shape letters: B slots of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.go.tree import (
    CHILD,
    FIRST,
    LAST_LEAF,
    MOVE,
    NODES_USED,
    OPENED,
    PARENT,
    SUM_VALUE,
    TRIES,
    VISITS,
    Tree,
)

Int16 = npt.NDArray[np.int16]

PLIES: Final = 7
FULL_SEARCH: Final = 1600
"""Simulations for which a branch of 10 + 2 · depth visits is worth a ribbon."""
MAX_NODES: Final = 400


class Ribbons(NamedTuple):
    """Drawn nodes; parents come before children.

    Attributes:
        parent: Index of each node's parent, −1 for the root.
        move: Move that leads to it, −1 for the root.
        visits: Simulations through it.
        win: Black's chance to win, in 1/1000.
        node: Its index in the tree.
    """

    parent: list[int]
    move: list[int]
    visits: list[int]
    win: list[int]
    node: list[int]


def ribbons(tree: Tree, to_play: int, plies: int = PLIES, most: int = MAX_NODES) -> Ribbons:
    """Prune the tree to what can be drawn.

    A node at depth d stays with 10 + 2 d visits, in proportion fewer while the search is young.

    Args:
        tree: Searched by one simulation at least; read only.
        to_play: Who moves at the root, 1 black, −1 white.
        plies: Layers below the root.
        most: Nodes at which it is cut off.
    """
    total = int(tree.nodes[0, VISITS])
    young = min(1.0, total / FULL_SEARCH)
    out = Ribbons([-1], [-1], [total], [_black(tree, 0, to_play)], [0])
    layer = [0]
    for depth in range(plies):
        least = max(1.0, (10 + 2 * depth) * young)
        colour = -to_play if depth % 2 == 0 else to_play  # who moves at the children
        below: list[int] = []
        for at in layer:
            node = out.node[at]
            first, opened = int(tree.nodes[node, FIRST]), int(tree.nodes[node, OPENED])
            edges = tree.edges[first:first + opened]
            shown = edges[edges[:, TRIES] >= least]
            for move, child, tries in shown[:, (MOVE, CHILD, TRIES)].tolist():
                if len(out.node) >= most:
                    return out
                below.append(len(out.node))
                out.parent.append(at)
                out.move.append(move)
                out.visits.append(tries)
                out.win.append(_black(tree, child, colour))
                out.node.append(child)
        layer = below
    return out


def packed(position: int, history: Sequence[Ribbons]) -> Int16:
    """Pictures of a growing tree in one array, int16.

    The position comes first, then for each picture the number of its nodes N and N parents, moves,
    visits (cut at 32,767) and chances to win.
    """
    words: list[int] = [position]
    for drawn in history:
        words.append(len(drawn.node))
        for column in (drawn.parent, drawn.move, drawn.visits, drawn.win):
            words.extend(column)
    return np.minimum(np.array(words, np.int64), np.iinfo(np.int16).max).astype(np.int16)


def newest(tree: Tree, drawn: Ribbons) -> list[int]:
    """Drawn nodes that the newest simulation went through, the root first."""
    place = {node: i for i, node in enumerate(drawn.node)}
    way: list[int] = []
    node = int(tree.counts[LAST_LEAF])
    while 0 <= node < int(tree.counts[NODES_USED]):
        if node in place:
            way.append(place[node])
        node = int(tree.nodes[node, PARENT])
    return way[::-1]


def leaves(tree: Tree, drawn: Ribbons, batch: npt.NDArray[np.int32]) -> list[int]:
    """Drawn nodes nearest to the leaves of a batch, each once.

    Args:
        tree: Read only.
        drawn: What is drawn of it.
        batch: int32 [B], nodes of the leaves.
    """
    place = {node: i for i, node in enumerate(drawn.node)}
    out: set[int] = set()
    for node in batch.tolist():
        while node > 0 and node not in place:
            node = int(tree.nodes[node, PARENT])
        if node > 0:
            out.add(place[node])
    return sorted(out)


def _black(tree: Tree, node: int, to_play: int) -> int:
    """Black's chance to win at a node, in 1/1000."""
    value = float(tree.sums[node, SUM_VALUE]) / max(1, int(tree.nodes[node, VISITS]))
    return round(500 * (1 + to_play * value))

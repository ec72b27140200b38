"""The compiled loops of shared distances.

Shape letters: A agents, C cells, T shared tables.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]


@njit(cache=True, nogil=True)
def predecessors(nbr: Int32) -> Int32:
    """Cells from which an edge enters each cell, int32 [C, 4], -1 for none."""
    back = np.full_like(nbr, -1)
    for u in range(nbr.shape[0]):
        for k in range(4):
            if nbr[u, k] >= 0:
                back[nbr[u, k], k] = u
    return back


@njit(cache=True, nogil=True)
def nearest(
    back: Int32, bars: UInt8, targets: Int32, klass: int, unit: int, out: UInt16, own: Int32
) -> None:
    """Distance to the nearest target, and the target if every shortest way leads to that one.

    A cell barred for the class is left and not passed; targets may be entered.

    Args:
        back: int32 [C, 4], see `predecessors`.
        bars: uint8 [C].
        targets: int32, cells.
        klass: Class bit of the walker.
        unit: Distance of a step.
        out: uint16 [C], filled; 65535 where no target is reached.
        own: int32 [C], filled; -1 where shortest ways lead to different targets.
    """
    queue = np.empty(back.shape[0], np.int32)
    out[:] = 65535
    own[:] = -1
    tail = 0
    for t in targets:
        out[t] = 0
        own[t] = t
        queue[tail] = t
        tail += 1
    head = 0
    while head < tail:
        u = queue[head]
        head += 1
        if out[u] > 0 and (bars[u] & klass) != 0:
            continue
        far = np.int64(out[u]) + unit
        if far >= 65535:
            continue
        for k in range(4):
            v = back[u, k]
            if v < 0:
                continue
            if out[v] == 65535:
                out[v] = far
                own[v] = own[u]
                queue[tail] = v
                tail += 1
            elif out[v] == far and own[v] != own[u]:
                own[v] = -1


@njit(cache=True, nogil=True)
def share(
    goals: Int32, classes: UInt8, pos: Int32, block: Int32, aisle: Int32, place: Int32,
    places: int, own: Int32, empty: int, homebound: int, shared: int, cells: Int32, keys: UInt8,
) -> None:
    """Name the table that leads each robot on.

    Args:
        goals: int32 [A], -1 for idle.
        classes: uint8 [A].
        pos: int32 [A].
        block: int32 [C], see `layout.Clusters`.
        aisle: int32 [C].
        place: int32 [C].
        places: Number of places.
        own: int32 [T, C], see `nearest`.
        empty: Class of robots that follow blocks.
        homebound: Class of robots that follow aisles.
        shared: Key of the shared tables.
        cells: int32 [A], filled: goal of the table, or number of the shared table.
        keys: uint8 [A], filled: class of the table, or `shared`.
    """
    for a in range(goals.size):
        goal = goals[a]
        cells[a] = goal
        keys[a] = classes[a]
        if goal < 0:
            cells[a] = 0
            keys[a] = shared
        elif place[goal] >= 0 and (classes[a] == empty or classes[a] == homebound):
            t = place[goal] + (0 if classes[a] == empty else places)
            if own[t, pos[a]] == goal:
                cells[a] = 1 + t
                keys[a] = shared
            else:
                cells[a] = block[goal] if classes[a] == empty else aisle[goal]

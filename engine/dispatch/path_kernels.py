"""Compiled point-to-point queries: times and road arcs of single pairs.

Shape letters: N nodes (named by rank), U upward arcs, Q pairs, L arcs of all paths.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.dispatch.cch_kernels import INF

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]


@njit(cache=True, nogil=True)
def _climb(
    first: Int32, head: Int32, parent: Int32, weight: Float32, start: int, seconds: Float32,
    entered: Int32,
) -> None:
    """Fill seconds and the upward arc last taken for all ancestors of a node."""
    v = start
    while v >= 0:
        seconds[v] = INF
        entered[v] = -1
        v = parent[v]
    seconds[start] = np.float32(0)
    v = start
    while v >= 0:
        here = seconds[v]
        if here < INF:
            for k in range(first[v], first[v + 1]):
                there = here + weight[k]
                if there < seconds[head[k]]:
                    seconds[head[k]] = there
                    entered[head[k]] = k
        v = parent[v]


@njit(cache=True, nogil=True)
def pair_times(
    first: Int32, head: Int32, parent: Int32, up: Float32, down: Float32, source: Int32,
    target: Int32,
) -> Any:
    """Seconds from source[q] to target[q], float32 [Q]; infinite where no way leads."""
    nodes = parent.size
    out = np.empty(source.size, np.float32)
    ahead = np.full(nodes, INF, np.float32)
    behind = np.full(nodes, INF, np.float32)
    entered = np.empty(nodes, np.int32)
    for q in range(source.size):
        _climb(first, head, parent, up, source[q], ahead, entered)
        _climb(first, head, parent, down, target[q], behind, entered)
        out[q] = _meet(parent, source[q], target[q], ahead, behind)[0]
    return out


@njit(cache=True, nogil=True)
def _meet(parent: Int32, source: int, target: int, ahead: Float32, behind: Float32) -> Any:
    """Least sum over common ancestors and the lowest node that has it, (seconds, node or −1)."""
    s = source
    t = target
    while s != t and s >= 0 and t >= 0:
        if s < t:
            s = parent[s]
        else:
            t = parent[t]
    best = INF
    node = -1
    v = s if s == t else -1
    while v >= 0:
        total = ahead[v] + behind[v]
        if total < best:
            best = total
            node = v
        v = parent[v]
    return best, node


@njit(cache=True, nogil=True)
def unpack_paths(
    first: Int32, head: Int32, parent: Int32, low: Int32, up: Float32, down: Float32, via: Int32,
    source: Int32, target: Int32,
) -> Any:
    """Road arcs of the fastest paths.

    Returns:
        arcs int32 [L] and offsets int64 [Q + 1]; empty where there is no way or nothing to drive.
    """
    nodes = parent.size
    ahead = np.full(nodes, INF, np.float32)
    behind = np.full(nodes, INF, np.float32)
    came = np.empty(nodes, np.int32)
    goes = np.empty(nodes, np.int32)
    out = np.empty(64 * source.size + 64, np.int32)
    offset = np.zeros(source.size + 1, np.int64)
    stack = np.empty(2 * nodes + 64, np.int32)
    climbed = np.empty(nodes, np.int32)
    size = 0
    for q in range(source.size):
        _climb(first, head, parent, up, source[q], ahead, came)
        _climb(first, head, parent, down, target[q], behind, goes)
        node = _meet(parent, source[q], target[q], ahead, behind)[1]
        count = 0
        v = node
        while v >= 0 and v != source[q]:
            climbed[count] = 2 * came[v]
            count += 1
            v = low[came[v]]
        # Last to be driven goes to the bottom of the stack.
        top = 0
        v = node
        while v >= 0 and v != target[q]:
            stack[top] = 2 * goes[v] + 1
            top += 1
            v = low[goes[v]]
        half = top // 2
        for i in range(half):
            stack[i], stack[top - 1 - i] = stack[top - 1 - i], stack[i]
        for i in range(count):
            stack[top] = climbed[i]
            top += 1
        while top > 0:
            top -= 1
            k = stack[top] >> 1
            way = stack[top] & 1
            middle = via[k, way]
            if middle <= -2:
                if size == out.size:
                    wider = np.empty(2 * size, np.int32)
                    wider[:size] = out
                    out = wider
                out[size] = -2 - middle
                size += 1
                continue
            # A way from one end to the other over a lower node: down to it, then up from it.
            begin = low[k] if way == 0 else head[k]
            end = head[k] if way == 0 else low[k]
            stack[top] = 2 * _find(first, head, middle, end)
            stack[top + 1] = 2 * _find(first, head, middle, begin) + 1
            top += 2
        offset[q + 1] = size
    return out[:size].copy(), offset


@njit(cache=True, nogil=True)
def _find(first: Int32, head: Int32, v: int, to: int) -> Any:
    """The upward arc from v to a higher node, which exists."""
    i = first[v]
    j = first[v + 1]
    while i < j:
        middle = (i + j) // 2
        if head[middle] < to:
            i = middle + 1
        else:
            j = middle
    return i

"""Compiled one-to-all queries: seconds from every node to a few targets.

Shape letters: N nodes (named by rank), U upward arcs, T targets.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.dispatch.cch_kernels import INF, LANES

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

_WORTH_LANES: Final = 4
"""Targets from which a sweep in lanes beats one sweep each."""


@njit(cache=True, nogil=True)
def sweep_all(
    first: Int32, head: Int32, parent: Int32, node: Int32, up: Float32, down: Float32,
    target: Int32,
) -> Any:
    """Seconds from every node to each target: a climb from the target, then one sweep downwards.

    Source: Delling, Goldberg, Nowatzyk and Werneck 2011 (PHAST), doi:10.1109/IPDPS.2011.89.

    Args:
        first: int32 [N + 1]; this and the next three as in `Hierarchy`.
        head: int32 [U].
        parent: int32 [N].
        node: int32 [N].
        up: float32 [U], seconds upwards.
        down: float32 [U], seconds downwards.
        target: int32 [T], places in the order.

    Returns:
        float32 [T, N], columns are nodes.
    """
    nodes = parent.size
    out = np.empty((target.size, nodes), np.float32)
    one = np.empty(nodes, np.float32)
    lane = np.empty((nodes if target.size >= _WORTH_LANES else 0, LANES), np.float32)
    best = np.empty(LANES, np.float32)
    base = 0
    while base < target.size:
        width = min(LANES, target.size - base)
        if width < _WORTH_LANES:
            one[:] = INF
            _climb_to(first, head, parent, down, target[base], one)
            for v in range(nodes - 1, -1, -1):
                seconds = one[v]
                for k in range(first[v], first[v + 1]):
                    seconds = min(seconds, up[k] + one[head[k]])
                one[v] = seconds
            for v in range(nodes):
                out[base, node[v]] = one[v]
            base += 1
            continue
        lane[:] = INF
        for c in range(width):
            one[:] = INF
            _climb_to(first, head, parent, down, target[base + c], one)
            v = target[base + c]
            while v >= 0:
                lane[v, c] = one[v]
                v = parent[v]
        for v in range(nodes - 1, -1, -1):
            for c in range(LANES):
                best[c] = lane[v, c]
            for k in range(first[v], first[v + 1]):
                h = head[k]
                w = up[k]
                for c in range(LANES):
                    through = lane[h, c] + w
                    best[c] = through if through < best[c] else best[c]
            for c in range(LANES):
                lane[v, c] = best[c]
        for c in range(width):
            for v in range(nodes):
                out[base + c, node[v]] = lane[v, c]
        base += width
    return out


@njit(cache=True, nogil=True)
def _climb_to(
    first: Int32, head: Int32, parent: Int32, down: Float32, target: int, seconds: Float32
) -> None:
    """Seconds from the target's ancestors down to it; the array is infinite elsewhere."""
    seconds[target] = np.float32(0)
    v = target
    while v >= 0:
        here = seconds[v]
        if here < INF:
            for k in range(first[v], first[v + 1]):
                there = here + down[k]
                if there < seconds[head[k]]:
                    seconds[head[k]] = there
        v = parent[v]

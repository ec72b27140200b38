"""The compiled loops of the planner: PIBT, distance fields, graph checks.

All kernels are pure functions of their arguments and release the GIL. They never allocate what
the caller can keep.

Shape letters: A agents, C cells, R table rows, B buckets.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]

UNREACHABLE: Final = 65535
# The largest distance that is told apart; what lies farther away keeps it.
FARTHEST: Final = 65534

# indices into the counters of `resolve`
VERTEX: Final = 0
SWAP: Final = 1
INHERIT: Final = 2
BACKTRACK: Final = 3
WAIT: Final = 4
REROUTE: Final = 5
COUNTERS: Final = 6

# why an agent waits
FREE: Final = 0
TRAFFIC: Final = 1
YIELDED: Final = 2
PINNED: Final = 3


@njit(cache=True, nogil=True)
def rank(
    pos: Int32, row: Int32, table: UInt16, age: Int32, age_cap: int, order: Int32, count: Int32
) -> None:
    """Priority order: starving agents (oldest first), then the nearest, then those at goal.

    Args:
        pos: int32 [A], cell of each agent.
        row: int32 [A], table row of each agent's goal.
        table: uint16 [R, C].
        age: int32 [A], steps since the agent got its goal.
        age_cap: An agent older than this starves.
        order: int32 [A], filled: agents, most important first.
        count: int32 [65536 * 2 + 1], work space.
    """
    agents = pos.size
    count[:] = 0
    for a in range(agents):
        count[_bucket(table[row[a], pos[a]], age[a], age_cap) + 1] += 1
    for b in range(1, count.size):
        count[b] += count[b - 1]
    for a in range(agents):
        b = _bucket(table[row[a], pos[a]], age[a], age_cap)
        order[count[b]] = a
        count[b] += 1


@njit(cache=True, nogil=True)
def _bucket(distance: int, age: int, age_cap: int) -> int:
    if distance == 0:
        return 131071
    if age > age_cap:
        return 65535 - min(age - age_cap, 65535)
    return 65535 + distance


@njit(cache=True, nogil=True)
def prefer(
    pos: Int32, goal: Int32, row: Int32, table: UInt16, classes: UInt8, nbr: Int32, bars: UInt8,
    here: Int32, seed: np.uint64, choice: Int32, choices: UInt8,
) -> None:
    """List each agent's next cells, best first.

    Nearer cells come first; between equals the empty one; between those a coin decides.

    Args:
        pos: int32 [A].
        goal: int32 [A].
        row: int32 [A].
        table: uint16 [R, C].
        classes: uint8 [A].
        nbr: int32 [C, 4].
        bars: uint8 [C].
        here: int32 [C], agent now in each cell, -1 for none.
        seed: uint64, of this step's coins.
        choice: int32 [A, 5], filled.
        choices: uint8 [A], filled: how many of the five are used.
    """
    keys = np.empty(5, np.int64)
    for a in range(pos.size):
        x = seed + np.uint64(a) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x ^= x >> np.uint64(27)
        used = 0
        for k in range(5):
            v = pos[a] if k == 4 else nbr[pos[a], k]
            if v < 0 or (k < 4 and (bars[v] & classes[a]) != 0 and v != goal[a]):
                continue
            taken = 8 if k < 4 and here[v] >= 0 else 0
            coin = np.int64((x >> np.uint64(8 * k)) & np.uint64(7))
            key = np.int64(table[row[a], v]) * 16 + taken + coin
            i = used
            while i > 0 and keys[i - 1] > key:
                keys[i] = keys[i - 1]
                choice[a, i] = choice[a, i - 1]
                i -= 1
            keys[i] = key
            choice[a, i] = v
            used += 1
        choices[a] = used


@njit(cache=True, nogil=True)
def resolve(
    pos: Int32, order: Int32, choice: Int32, choices: UInt8, pinned: Bool, here: Int32,
    there: Int32, nxt: Int32, pusher: Int32, stack: Int32, tried: UInt8, counters: Int64,
) -> None:
    """One PIBT step: give every agent a next cell without a vertex or swap conflict.

    Priority inheritance is a stack of agents, each waiting for the one above to make room. An
    agent that finds no cell stays, for good, and the one below tries its next choice
    (backtracking); as soon as one finds a cell the whole chain stands. So every agent is decided
    once and the step is linear in A.

    Args:
        pos: int32 [A].
        order: int32 [A], agents by falling priority.
        choice: int32 [A, 5], cells by falling preference.
        choices: uint8 [A].
        pinned: bool [A], agents that keep their cell whatever happens.
        here: int32 [C], agent now in each cell.
        there: int32 [C], all -1; filled: agent in each cell after the step.
        nxt: int32 [A], filled.
        pusher: int32 [A], filled: who made this agent move first, -1 for none.
        stack: int32 [A], work space.
        tried: uint8 [A], work space.
        counters: int64 [COUNTERS], filled.

    Source: Okumura et al. 2022, doi:10.1016/j.artint.2022.103752, Algorithm 1.
    """
    counters[:] = 0
    for a in range(pos.size):
        pusher[a] = -1
        tried[a] = 0
        if pinned[a]:
            nxt[a] = pos[a]
            there[pos[a]] = a
        else:
            nxt[a] = -1
    for first in order:
        if nxt[first] >= 0:
            continue
        top = 0
        stack[0] = first
        while top >= 0:
            a = stack[top]
            pushed = False
            decided = False
            while tried[a] < choices[a]:
                v = choice[a, tried[a]]
                tried[a] += 1
                if there[v] >= 0:
                    counters[VERTEX] += 1
                    continue
                b = here[v]
                if b >= 0 and b != a and nxt[b] == pos[a]:
                    counters[SWAP] += 1
                    continue
                nxt[a] = v
                there[v] = a
                if b >= 0 and nxt[b] < 0:
                    counters[INHERIT] += 1
                    pusher[b] = a
                    top += 1
                    stack[top] = b
                    pushed = True
                else:
                    decided = True
                break
            if decided:
                break
            if pushed:
                continue
            # out of choices: the cell goes back from whoever pushed, who tries elsewhere
            nxt[a] = pos[a]
            there[pos[a]] = a
            if top > 0:
                counters[BACKTRACK] += 1
            top -= 1


@njit(cache=True, nogil=True)
def explain(
    pos: Int32, nxt: Int32, row: Int32, table: UInt16, choice: Int32, pinned: Bool,
    there: Int32, pusher: Int32, cause: UInt8, counters: Int64,
) -> None:
    """Say why agents wait and count waits and reroutes.

    Args:
        pos: int32 [A].
        nxt: int32 [A].
        row: int32 [A].
        table: uint16 [R, C].
        choice: int32 [A, 5].
        pinned: bool [A].
        there: int32 [C], agent in each cell after the step.
        pusher: int32 [A].
        cause: uint8 [A], filled: FREE, TRAFFIC, YIELDED or PINNED.
        counters: int64 [COUNTERS], WAIT and REROUTE filled.
    """
    for a in range(pos.size):
        cause[a] = FREE
        distance = table[row[a], pos[a]]
        if nxt[a] != pos[a]:
            if table[row[a], nxt[a]] >= distance:
                counters[REROUTE] += 1
            continue
        if distance == 0 or pinned[a]:
            continue
        counters[WAIT] += 1
        wanted = choice[a, 0]
        b = there[wanted]
        if b >= 0 and b != a and pinned[b]:
            cause[a] = PINNED
        elif (b >= 0 and b != a and pos[b] != wanted) or pusher[a] >= 0:
            cause[a] = YIELDED
        else:
            cause[a] = TRAFFIC


@njit(cache=True, nogil=True)
def occupy(pos: Int32, here: Int32, there: Int32) -> int:
    """Enter agents into `here` and clear `there`; -1, or an agent that shares its cell."""
    here[:] = -1
    there[:] = -1
    clash = -1
    for a in range(pos.size):
        if here[pos[a]] >= 0:
            clash = a
        here[pos[a]] = a
    return clash


@njit(cache=True, nogil=True)
def dial(
    into: Int32, cost_into: UInt8, bars: UInt8, goals: Int32, klass: UInt8, slots: Int32,
    table: UInt16, start: int, stop: int,
) -> None:
    """Weighted distances to goals by Dial's bucket queue.

    A cell barred for the agent's class gets a distance (an agent may stand there) but no way
    leads through it, unless it is the goal.

    Args:
        into: int32 [C, 4], cell from which an edge in direction k enters, -1 for none.
        cost_into: uint8 [C, 4], cost of that edge.
        bars: uint8 [C].
        goals: int32 [N].
        klass: uint8 [N], class of the agents that will use the row.
        slots: int32 [N], rows of `table` to fill.
        table: uint16 [R, C], rows `slots[start:stop]` filled, UNREACHABLE where no way leads.
        start: First entry to compute.
        stop: One past the last.

    Source: Dial 1969, doi:10.1145/363269.363610.
    """
    cells = into.shape[0]
    buckets = 256
    queue = np.empty((buckets, cells), np.int32)
    length = np.zeros(buckets, np.int64)
    for i in range(start, stop):
        out = table[slots[i]]
        out[:] = UNREACHABLE
        goal = goals[i]
        out[goal] = 0
        queue[0, 0] = goal
        length[0] = 1
        d = 0
        waiting = 1
        while waiting > 0:
            b = d & 255
            j = 0
            while j < length[b]:
                u = queue[b, j]
                j += 1
                waiting -= 1
                if out[u] != d or ((bars[u] & klass[i]) != 0 and u != goal):
                    continue
                for k in range(4):
                    v = into[u, k]
                    if v < 0:
                        continue
                    far = d + np.int64(cost_into[u, k])
                    if far > FARTHEST:
                        continue
                    if far < out[v]:
                        out[v] = far
                        t = far & 255
                        queue[t, length[t]] = v
                        length[t] += 1
                        waiting += 1
            length[b] = 0
            d += 1


@njit(cache=True, nogil=True)
def component_sizes(nbr: Int32, free: Bool) -> Any:
    """Connected parts of the free cells: (int64 [parts] sizes, int32 [parts] first cells)."""
    seen = np.zeros(free.size, np.bool_)
    queue = np.empty(free.size, np.int32)
    sizes = np.zeros(free.size, np.int64)
    first = np.zeros(free.size, np.int32)
    parts = 0
    for start in range(free.size):
        if not free[start] or seen[start]:
            continue
        queue[0] = start
        seen[start] = True
        head = 0
        tail = 1
        while head < tail:
            u = queue[head]
            head += 1
            for k in range(4):
                v = nbr[u, k]
                if v >= 0 and not seen[v]:
                    seen[v] = True
                    queue[tail] = v
                    tail += 1
        sizes[parts] = tail
        first[parts] = start
        parts += 1
    return sizes[:parts].copy(), first[:parts].copy()


@njit(cache=True, nogil=True)
def bridge_ends(nbr: Int32, free: Bool) -> Any:
    """Edges on no cycle, int32 [K, 2], by lowest reachable entry time.

    Source: Tarjan 1974, doi:10.1016/0020-0190(74)90003-9, with an explicit stack.
    """
    cells = free.size
    entry = np.full(cells, -1, np.int64)
    low = np.zeros(cells, np.int64)
    parent = np.full(cells, -1, np.int32)
    way = np.zeros(cells, np.int8)
    stack = np.empty(cells, np.int32)
    found = np.empty((cells, 2), np.int32)
    bridges = 0
    clock = 0
    for start in range(cells):
        if not free[start] or entry[start] >= 0:
            continue
        top = 0
        stack[0] = start
        entry[start] = low[start] = clock
        clock += 1
        while top >= 0:
            u = stack[top]
            if way[u] < 4:
                v = nbr[u, way[u]]
                way[u] += 1
                if v < 0 or v == parent[u]:
                    continue
                if entry[v] >= 0:
                    low[u] = min(low[u], entry[v])
                    continue
                parent[v] = u
                entry[v] = low[v] = clock
                clock += 1
                top += 1
                stack[top] = v
                continue
            top -= 1
            p = parent[u]
            if p >= 0:
                low[p] = min(low[p], low[u])
                if low[u] > entry[p]:
                    found[bridges, 0] = p
                    found[bridges, 1] = u
                    bridges += 1
    return found[:bridges].copy()

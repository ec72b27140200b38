"""The compiled loops of the planner: one PIBT step in five passes, and distance fields.

All release the GIL and keep nothing between calls.

Shape letters: A agents, C cells, R table rows, N asked rows. Directions k: 0 east, 1 south,
2 west, 3 north, 4 stay.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]

UNREACHABLE: Final = 65535
FARTHEST: Final = 65534
# Starving agents are told apart by age up to this many steps past the cap.
STARVING_RANKS: Final = 65536

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
def look(
    pos: Int32, goal: Int32, row: Int32, table: UInt16, classes: UInt8, nbr: Int32, bars: UInt8,
    near: Int32, wanted: UInt8,
) -> None:
    """Read the distances around every agent and count who wants which cell.

    The only loop that touches the table: its reads are far apart, and with nothing else between
    them the processor keeps many in flight.

    Args:
        pos: int32 [A].
        goal: int32 [A].
        row: int32 [A], table row of each agent's goal.
        table: uint16 [R, C].
        classes: uint8 [A].
        nbr: int32 [C, 4].
        bars: uint8 [C].
        near: int32 [A, 5], filled: distance from the cell in direction k, here for k = 4; -1
            where the agent may not go.
        wanted: uint8 [C], filled: agents that the cell would bring nearer, at most 4.
    """
    wanted[:] = 0
    for a in range(pos.size):
        p = pos[a]
        own = np.int32(table[row[a], p])
        near[a, 4] = own
        for k in range(4):
            v = nbr[p, k]
            if v < 0 or ((bars[v] & classes[a]) != 0 and v != goal[a]):
                near[a, k] = -1
                continue
            far = np.int32(table[row[a], v])
            near[a, k] = far
            if far < own:
                wanted[v] += 1


@njit(cache=True, nogil=True)
def rank(near: Int32, age: Int32, age_cap: int, order: Int32) -> None:
    """Priority order by counting sort: starving agents, then the nearest, at goal last.

    Among starving agents the oldest leads, so the eldest of all has nobody above it and arrives.

    Args:
        near: int32 [A, 5], see `look`.
        age: int32 [A], steps since the agent got its goal.
        age_cap: An agent older than this starves.
        order: int32 [A], filled: agents, most important first.
    """
    agents = age.size
    farthest = 0
    oldest = age_cap
    for a in range(agents):
        farthest = max(farthest, near[a, 4])
        oldest = max(oldest, age[a])
    starving = min(oldest - age_cap, STARVING_RANKS)
    place = np.zeros(starving + farthest + 3, np.int32)
    for a in range(agents):
        place[_bucket(near[a, 4], age[a] - age_cap, starving, farthest) + 1] += 1
    for b in range(1, place.size):
        place[b] += place[b - 1]
    for a in range(agents):
        b = _bucket(near[a, 4], age[a] - age_cap, starving, farthest)
        order[place[b]] = a
        place[b] += 1


@njit(cache=True, nogil=True, inline="always")
def _bucket(distance: int, excess: int, starving: int, farthest: int) -> int:
    """Place of an agent in the order, 0 first."""
    if distance == 0:
        return starving + farthest + 1
    if excess > 0:
        return starving - min(excess, starving)
    return starving + distance


@njit(cache=True, nogil=True)
def prefer(
    pos: Int32, near: Int32, wanted: UInt8, nbr: Int32, here: Int32, seed: np.uint64,
    choice: Int32, choices: UInt8,
) -> None:
    """List each agent's next cells, best first.

    Nearer cells come first. Between equals: the cell that fewer others want (a count in place of
    the hindrance of Okumura and Nagai 2025, arXiv 2505.12623), then the empty one, then a coin.

    Args:
        pos: int32 [A].
        near: int32 [A, 5], see `look`.
        wanted: uint8 [C], see `look`.
        nbr: int32 [C, 4].
        here: int32 [C], agent now in each cell, -1 for none.
        seed: Of this step's coins.
        choice: int32 [A, 5], filled.
        choices: uint8 [A], filled: how many of the five are used.
    """
    keys = np.empty(5, np.int64)
    for a in range(pos.size):
        # SplitMix64 (Steele et al. 2014, doi:10.1145/2660193.2660195): coins by agent, not by turn
        x = seed + np.uint64(a + 1) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
        used = 0
        for k in range(5):
            far = near[a, k]
            if far < 0:
                continue
            v = pos[a] if k == 4 else nbr[pos[a], k]
            # the agent itself is counted in all cells of one distance or in none
            rivals = np.int64(wanted[v])
            taken = 1 if k < 4 and here[v] >= 0 else 0
            coin = np.int64((x >> np.uint64(8 * k)) & np.uint64(255))
            # at most four rivals: three bits
            key = (((np.int64(far) << 3 | rivals) << 1 | taken) << 8) | coin
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
    pos: Int32, nxt: Int32, near: Int32, nbr: Int32, choice: Int32, pinned: Bool, there: Int32,
    pusher: Int32, cause: UInt8, counters: Int64,
) -> None:
    """Say why agents wait and count waits and reroutes.

    Args:
        pos: int32 [A].
        nxt: int32 [A].
        near: int32 [A, 5], see `look`.
        nbr: int32 [C, 4].
        choice: int32 [A, 5].
        pinned: bool [A].
        there: int32 [C], agent in each cell after the step.
        pusher: int32 [A].
        cause: uint8 [A], filled: FREE, TRAFFIC, YIELDED or PINNED.
        counters: int64 [COUNTERS], WAIT and REROUTE filled.
    """
    for a in range(pos.size):
        cause[a] = FREE
        if nxt[a] != pos[a]:
            for k in range(4):
                if nbr[pos[a], k] == nxt[a] and near[a, k] >= near[a, 4]:
                    counters[REROUTE] += 1
            continue
        if near[a, 4] == 0 or pinned[a]:
            continue
        counters[WAIT] += 1
        best = choice[a, 0]
        b = there[best]
        if b >= 0 and b != a and pinned[b]:
            cause[a] = PINNED
        elif (b >= 0 and b != a and pos[b] != best) or pusher[a] >= 0:
            cause[a] = YIELDED
        else:
            cause[a] = TRAFFIC


@njit(cache=True, nogil=True)
def dial(
    edges: Int32, bars: UInt8, goals: Int32, classes: UInt8, slots: Int32, table: UInt16,
    start: int, stop: int, dearest: int,
) -> int:
    """Weighted distances to goals by Dial's bucket queue.

    A cell barred for the agent's class gets a distance, since an agent may stand there, but no
    way leads through it unless it is the goal. Where a distance would pass FARTHEST the row is
    computed again with every cost 1: hops still lead to the goal.

    Args:
        edges: int32 [C, 4], entering edges as (cell they leave << 8) + cost, -1 for none.
        bars: uint8 [C].
        goals: int32 [N].
        classes: uint8 [N], class of the agents that will use the row.
        slots: int32 [N], rows of `table`; [start, stop) are filled, UNREACHABLE where no way
            leads.
        table: uint16 [R, C].
        start: First entry to compute.
        stop: One past the last.
        dearest: Largest cost of an edge.

    Returns:
        -1, or an entry whose distances do not fit even in hops.

    Source: Dial 1969, doi:10.1145/363269.363610.
    """
    buckets = 2
    while buckets <= dearest:
        buckets *= 2
    mask = buckets - 1
    # a cell enters a bucket at most once a row: it is only entered when it came strictly nearer
    queue = np.empty((buckets, edges.shape[0]), np.int32)
    length = np.zeros(buckets, np.int64)
    failed = -1
    for i in range(start, stop):
        far = _spread(edges, bars, goals[i], classes[i], table[slots[i]], queue, length, mask, 255)
        if far > FARTHEST:
            far = _spread(edges, bars, goals[i], classes[i], table[slots[i]], queue, length, mask,
                          1)
            if far > FARTHEST:
                failed = i
    return failed


@njit(cache=True, nogil=True)
def _spread(
    edges: Int32, bars: UInt8, goal: int, klass: int, out: UInt16, queue: Int32, length: Int64,
    mask: int, ceiling: int,
) -> int:
    """Fill one row with costs up to `ceiling`; the largest distance met, > FARTHEST if cut."""
    out[:] = UNREACHABLE
    out[goal] = 0
    queue[0, 0] = goal
    length[:] = 0
    length[0] = 1
    waiting = 1
    d = 0
    last: int = 0
    while waiting > 0:
        bucket = queue[d & mask]
        count = length[d & mask]
        for j in range(count):
            u = bucket[j]
            if out[u] != d or ((bars[u] & klass) != 0 and u != goal):
                continue
            last = d
            for k in range(4):
                edge = edges[u, k]
                if edge < 0:
                    continue
                v = edge >> 8
                far = d + min(edge & 255, ceiling)
                if far >= out[v]:
                    if far > FARTHEST and out[v] == UNREACHABLE:
                        return FARTHEST + 1
                    continue
                out[v] = far
                b = far & mask
                queue[b, length[b]] = v
                length[b] += 1
                waiting += 1
        waiting -= count
        length[d & mask] = 0
        d += 1
    return last

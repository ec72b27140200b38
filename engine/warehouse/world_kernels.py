"""The compiled loops of the world: legs at the horizon, drain, the independent conflict check.

Shape letters: A agents, C cells, L legs kept a robot.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]

NOTHING: Final = 0
ARRIVED: Final = 1
FINISHED: Final = 2

FIRST: Final = 1_000_000
"""Age of a robot that ranks before all others."""
FAR: Final = 65536
"""Farther than any distance."""

# what `audit` counts
VERTEX: Final = 0
SWAP: Final = 1
JUMP: Final = 2
TRESPASS: Final = 3
AUDITS: Final = 4

TILE: Final = 8
"""Side of the tiles over which waiting is averaged for the assignment."""
SAMPLES: Final = 5
"""Points on the line from robot to pod at which it is read."""


@njit(cache=True, nogil=True)
def read_legs(
    pos: Int32, leg: Int32, end: Int32, hold: Int32, age: Int32, broken: Bool, leg_goal: Int32,
    leg_class: UInt8, leg_urgent: Bool, urgent_age: int, bars: UInt8, idle_class: int,
    goal: Int32, klass: UInt8, pinned: Bool, rank_age: Int32,
) -> None:
    """What the planner needs to know of every robot at the horizon.

    A robot that has lifted its pod can leave the slot through the aisle alone: for it the slot is
    a dead end, which breaks the condition under which PIBT lets everybody arrive. A robot that
    waits in the aisle to pass under that very slot would block it for good. So whoever is to leave
    a cell that is barred for it ranks before all others.

    Args:
        pos: int32 [A], cells.
        leg: int32 [A], current leg, counted from the start of the run.
        end: int32 [A], one past the last leg; a robot with leg == end is idle.
        hold: int32 [A], steps still to stand.
        age: int32 [A], steps without progress.
        broken: bool [A].
        leg_goal: int32 [A, L], ring.
        leg_class: uint8 [A, L], ring.
        leg_urgent: bool [A, L], ring: legs that serve a priority order.
        urgent_age: Least age by which such a robot ranks.
        bars: uint8 [C].
        idle_class: Class of an idle robot.
        goal: int32 [A], filled, -1 for idle.
        klass: uint8 [A], filled.
        pinned: bool [A], filled.
        rank_age: int32 [A], filled: age by which the planner ranks.
    """
    ring = leg_goal.shape[1]
    for a in range(leg.size):
        pinned[a] = broken[a] or hold[a] > 0
        if leg[a] < end[a]:
            goal[a] = leg_goal[a, leg[a] % ring]
            klass[a] = leg_class[a, leg[a] % ring]
        else:
            goal[a] = -1
            klass[a] = idle_class
        leaving = (bars[pos[a]] & klass[a]) != 0 and pos[a] != goal[a]
        urgent = leg[a] < end[a] and leg_urgent[a, leg[a] % ring]
        rank_age[a] = FIRST if leaving else max(age[a], urgent_age) if urgent else age[a]


@njit(cache=True, nogil=True)
def walk_legs(
    nxt: Int32, goal: Int32, end: Int32, broken: Bool, row: Int32, table: UInt16, lane: Bool,
    leg: Int32, hold: Int32, nearest: Int32, age: Int32, news: UInt8,
) -> int:
    """Move the horizon's bookkeeping one step on.

    Age counts steps without progress: it starts anew whenever a robot is nearer to its goal than
    ever before on this leg. So a starving robot goes first just until it has got on, and a jam
    does not become an order by age.

    Args:
        nxt: int32 [A], cells after the step.
        goal: int32 [A], goals during it.
        end: int32 [A].
        broken: bool [A].
        row: int32 [A], row of `table` that the step was planned with.
        table: uint16 [R, C], distances.
        lane: bool [C], station lanes; who queues there does not age.
        leg: int32 [A], updated: a finished leg gives way to the next.
        hold: int32 [A], updated: one step less to stand.
        nearest: int32 [A], updated: smallest distance on this leg so far.
        age: int32 [A], updated: steps since then.
        news: uint8 [A], filled: ARRIVED at the goal of the leg, FINISHED standing there.

    Returns:
        Number of robots with news.
    """
    told = 0
    for a in range(nxt.size):
        news[a] = NOTHING
        if broken[a]:
            continue
        if leg[a] == end[a]:
            age[a] = 0
            nearest[a] = FAR
            continue
        if hold[a] > 0:
            age[a] = 0
            nearest[a] = FAR
            hold[a] -= 1
            if hold[a] == 0:
                leg[a] += 1
                news[a] = FINISHED
                told += 1
        elif nxt[a] == goal[a]:
            age[a] = 0
            news[a] = ARRIVED
            told += 1
        else:
            far = np.int32(table[row[a], nxt[a]])
            if far < nearest[a]:
                nearest[a] = far
                age[a] = 0
            elif not lane[nxt[a]]:
                age[a] += 1
    return told


@njit(cache=True, nogil=True)
def audit(
    before: Int32, after: Int32, loaded: Bool, source: Int32, goal: Int32, keep_out: UInt8,
    free: Bool, width: int, occupied: Int32, arrived: Int32, found: Int64,
) -> None:
    """Check one executed step from scratch: nothing here is shared with the planner.

    Args:
        before: int32 [A], cells before the step.
        after: int32 [A], cells after it.
        loaded: bool [A], carries a pod.
        source: int32 [A], slot a loaded robot has lifted its pod from, -1 for none.
        goal: int32 [A], goal of its leg, -1 for none.
        keep_out: uint8 [C], non-zero where loaded robots do not go unless it is their goal.
        free: bool [C].
        width: Columns.
        occupied: int32 [C], work space.
        arrived: int32 [C], work space.
        found: int64 [AUDITS], counts added: two robots in one cell, two that swapped, moves that
            are not one step on free cells, loaded robots in storage that is not theirs.
    """
    occupied[:] = -1
    arrived[:] = -1
    for a in range(before.size):
        occupied[before[a]] = a
    for a in range(before.size):
        old, new = before[a], after[a]
        if arrived[new] >= 0:
            found[VERTEX] += 1
        arrived[new] = a
        b = occupied[new]
        if old != new and b > a and after[b] == old:
            found[SWAP] += 1
        rows = abs(new // width - old // width)
        cols = abs(new % width - old % width)
        if rows + cols > 1 or not free[new]:
            found[JUMP] += 1
        if loaded[a] and keep_out[new] != 0 and new != goal[a] and new != source[a]:
            found[TRESPASS] += 1


@njit(cache=True, nogil=True)
def drain(
    before: Int32, after: Int32, loaded: Bool, asleep: Bool, charging: Bool, moving: float,
    carrying: float, standing: float, gain: float, limit: float, charge: Float64, totals: Float64,
) -> None:
    """Take one step's energy from the batteries, in percent of a charge.

    Args:
        before: int32 [A].
        after: int32 [A].
        loaded: bool [A].
        asleep: bool [A], drive off: nothing is used while standing.
        charging: bool [A], stands in a bay.
        moving: Percent a step driving.
        carrying: Percent a step on top of that with a pod.
        standing: Percent a step standing.
        gain: Percent a step in a bay.
        limit: Charge at which a bay stops charging.
        charge: float64 [A], updated, stays in [0, 100].
        totals: float64 [4], added to: percent used, percent charged, cells driven empty, loaded.
    """
    for a in range(before.size):
        if charging[a]:
            if charge[a] < limit:
                more = min(gain, limit - charge[a])
                charge[a] += more
                totals[1] += more
            continue
        use = 0.0
        if before[a] != after[a]:
            use = moving
            if loaded[a]:
                use += carrying
                totals[3] += 1.0
            else:
                totals[2] += 1.0
        elif not asleep[a]:
            use = standing
        use = min(use, charge[a])
        charge[a] -= use
        totals[0] += use


@njit(cache=True, nogil=True)
def pair_table(
    row: Int32, near_row: Int32, shared: Int32, own: Int32, pod_cell: Int32, robot_cell: Int32,
    table: UInt16, tile_heat: Float32, tiles_across: int, width: int, distance: Float64,
    congestion: Float64,
) -> None:
    """Distance and congestion between every task's pod and every idle robot.

    Args:
        row: int32 [M], row of `table` that leads to each task's pod from afar.
        near_row: int32 [M], row that leads there from close by.
        shared: int32 [M], number of the near row's table, -1 where there is none.
        own: int32 [T, C], cell to which each shared table leads.
        pod_cell: int32 [M].
        robot_cell: int32 [N].
        table: uint16 [R, C], in half steps.
        tile_heat: float32, share of time a cell of each tile holds a waiting robot; read at
            SAMPLES points of the straight line between the two tiles.
        tiles_across: Tiles in a row of tiles.
        width: Columns of the floor.
        distance: float64 [M, N], filled: steps, infinite where no way leads.
        congestion: float64 [M, N], filled.
    """
    tile = (robot_cell // width // TILE) * tiles_across + (robot_cell % width) // TILE
    line = np.empty(tile_heat.size)
    last = SAMPLES - 1
    for i in range(pod_cell.size):
        y1 = pod_cell[i] // width // TILE
        x1 = pod_cell[i] % width // TILE
        for t in range(line.size):
            y0 = t // tiles_across
            x0 = t - y0 * tiles_across
            heat = 0.0
            for s in range(SAMPLES):
                y = (y0 * (last - s) + y1 * s + last // 2) // last
                x = (x0 * (last - s) + x1 * s + last // 2) // last
                heat += tile_heat[y * tiles_across + x]
            line[t] = heat / SAMPLES
        for j in range(robot_cell.size):
            cell = robot_cell[j]
            far = table[row[i], cell]
            if shared[i] >= 0 and own[shared[i], cell] == pod_cell[i]:
                far = table[near_row[i], cell]
            if far == 65535:
                distance[i, j] = np.inf
                congestion[i, j] = np.inf
                continue
            distance[i, j] = far * 0.5
            congestion[i, j] = far * 0.5 * line[tile[j]]


@njit(cache=True, nogil=True)
def reach(nbr: Int32, bars: UInt8, sources: Int32, klass: int, seen: Bool) -> None:
    """Cells that a walker can get to from any source; a barred cell is entered but not passed.

    Args:
        nbr: int32 [C, 4].
        bars: uint8 [C].
        sources: int32.
        klass: Class bit of the walker.
        seen: bool [C], filled.
    """
    queue = np.empty(nbr.shape[0], np.int32)
    seen[:] = False
    tail = 0
    for s in sources:
        if not seen[s]:
            seen[s] = True
            queue[tail] = s
            tail += 1
    starts = tail
    head = 0
    while head < tail:
        u = queue[head]
        head += 1
        if head > starts and (bars[u] & klass) != 0:
            continue
        for k in range(4):
            v = nbr[u, k]
            if v >= 0 and not seen[v]:
                seen[v] = True
                queue[tail] = v
                tail += 1


@njit(cache=True, nogil=True)
def tile_means(
    heat: Float32, free: Bool, width: int, tiles_across: int, out: Float32
) -> None:
    """Mean of `heat` over the free cells of square tiles.

    Args:
        heat: float32 [C].
        free: bool [C].
        width: Columns.
        tiles_across: Tiles in a row of tiles.
        out: float32 [tiles], filled; 0 for a tile without a free cell.
    """
    count = np.zeros(out.size, np.int32)
    out[:] = 0.0
    for c in range(heat.size):
        if free[c]:
            t = (c // width // TILE) * tiles_across + (c % width) // TILE
            out[t] += heat[c]
            count[t] += 1
    for t in range(out.size):
        if count[t]:
            out[t] /= count[t]

"""Which idle robot takes which task: the source's rule and the cheapest batch.

Both rules use one cost, that of the source:

    cost(r, t) = w_d · distance(r, t) + w_b · (1 − battery(r)) · 100 + w_c · congestion(r, t)

Distance is in steps. Congestion is the number of waiting robots to expect on the way: distance
times the share of the last minute in which a cell of the neighbourhood held a waiting robot, meant
over points on the straight line. A robot whose charge does not cover the trip costs infinity.

Shape letters: M tasks by falling priority, N idle robots.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]

NONE: Final = -1
_DENSE: Final = 250_000
"""Pairs up to which the dense solver is the faster one."""


class Weights(NamedTuple):
    """Weights of the cost's three terms."""

    distance: float
    battery: float
    congestion: float


def costs(
    distance: Float64, battery: Float64, congestion: Float64, able: Bool, weights: Weights
) -> Float64:
    """The cost of every pair.

    Args:
        distance: float64 [M, N], steps; infinite where no way leads.
        battery: float64 [N], in [0, 1].
        congestion: float64 [M, N], waiting robots to expect on the way.
        able: bool [M, N], the charge covers the trip.
        weights: Of the three terms.

    Returns:
        float64 [M, N], infinite where a pair is impossible.
    """
    total = weights.distance * np.where(np.isfinite(distance), distance, 0.0)
    total += weights.battery * (1.0 - battery) * 100.0
    total += weights.congestion * np.where(np.isfinite(congestion), congestion, 0.0)
    total[~able | ~np.isfinite(distance)] = np.inf
    return total


def source_rule(cost: Float64) -> Int32:
    """Each task in turn takes the cheapest robot that is left; ties go to the lowest robot.

    Returns:
        int32 [M], robot, NONE where no robot can.
    """
    left = cost.copy()
    choice = np.full(len(cost), NONE, np.int32)
    if not cost.shape[1]:
        return choice
    for task in range(len(cost)):
        robot = int(np.argmin(left[task]))
        if np.isfinite(left[task, robot]):
            choice[task] = robot
            left[:, robot] = np.inf
    return choice


def optimal_batch(cost: Float64) -> Int32:
    """Serve the most urgent tasks that can be served together, at the least total cost.

    Lexicographic: a more urgent task is never left out for a less urgent one; among all ways to
    serve the chosen tasks the sum of costs is the smallest.

    Returns:
        int32 [M], robot, NONE where no robot can.

    Source: Crouse 2016, doi:10.1109/TAES.2016.140952 (dense); Karp 1980,
    doi:10.1002/net.3230100205 (sparse), both in SciPy.
    """
    choice = np.full(len(cost), NONE, np.int32)
    served = _servable(np.isfinite(cost))
    if not len(served):
        return choice
    wanted = cost[served]
    # M tasks never need more than the M cheapest robots of each: of those at most M - 1 are
    # taken by the others, so a better one is always left
    keep = len(served)
    if wanted.shape[1] > keep:
        near = np.argpartition(wanted, keep - 1, axis=1)[:, :keep]
        robots = np.unique(near)
    else:
        near = np.broadcast_to(np.arange(wanted.shape[1]), wanted.shape)
        robots = np.arange(wanted.shape[1])
    if len(served) * len(robots) <= _DENSE:
        rows, cols = linear_sum_assignment(wanted[:, robots])
        choice[served[rows]] = robots[cols]
        return choice
    rows = np.repeat(np.arange(len(served)), near.shape[1])
    cols = near.ravel()
    price = wanted[rows, cols]
    possible = np.isfinite(price)
    # every task is served, so one more on each price changes no choice; a stored zero would
    price = price[possible] - wanted[np.isfinite(wanted)].min() + 1.0
    graph = csr_array((price, (rows[possible], cols[possible])), shape=wanted.shape)
    rows, cols = min_weight_full_bipartite_matching(graph)
    choice[served[rows]] = cols
    return choice


def total_cost(cost: Float64, choice: Int32) -> float:
    """Sum over the served tasks."""
    served = np.flatnonzero(choice >= 0)
    return float(cost[served, choice[served]].sum())


def _servable(possible: Bool) -> npt.NDArray[np.int64]:
    """The lexicographically first tasks that can all have a robot of their own (Kuhn's search)."""
    if not possible.size:
        return np.empty(0, np.int64)
    if possible.all():
        return np.arange(min(possible.shape))
    robot_of_task: dict[int, int] = {}
    task_of_robot: dict[int, int] = {}
    options = [np.flatnonzero(row).tolist() for row in possible]
    for start in range(len(possible)):
        came: dict[int, int] = {}
        queue = [start]
        end = -1
        for task in queue:
            for robot in options[task]:
                if robot in came:
                    continue
                came[robot] = task
                if robot not in task_of_robot:
                    end = robot
                    break
                queue.append(task_of_robot[robot])
            if end >= 0:
                break
        while end >= 0:
            task = came[end]
            task_of_robot[end] = task
            freed = robot_of_task.get(task, -1)
            robot_of_task[task] = end
            end = freed if task != start else -1
    return np.array(sorted(robot_of_task), np.int64)

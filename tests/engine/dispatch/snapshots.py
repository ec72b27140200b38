"""Matching problems for tests, and the slow way to solve them."""

from functools import cache

import numpy as np

from engine.dispatch.matching import Problem


def problem_of(rows, drivers, limit=100.0):
    """`rows[r]` maps drivers to seconds; the eta term is seconds / limit, the others are 0."""
    first = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int32)
    driver = np.array([d for row in rows for d in row], np.int32)
    time = np.array([s for row in rows for s in row.values()], np.float32)
    term = np.zeros((len(driver), 4), np.float32)
    term[:, 1] = time / limit
    return Problem(drivers, first, driver, time, 10 * time, term)


def drawn(seed, riders=None, drivers=None, ties=False):
    """A random problem of up to seven riders and drivers, some without any candidate."""
    rng = np.random.default_rng(seed)
    riders = int(rng.integers(0, 8)) if riders is None else riders
    drivers = int(rng.integers(0, 8)) if drivers is None else drivers
    rows = []
    for _ in range(riders):
        chosen = np.flatnonzero(rng.random(drivers) < rng.uniform(0.1, 1))
        seconds = rng.integers(1, 5, len(chosen)) * 20.0 if ties else rng.uniform(1, 99,
                                                                                  len(chosen))
        rows.append(dict(zip(chosen.tolist(), seconds.tolist(), strict=True)))
    problem = problem_of(rows, drivers)
    problem.terms[:, (0, 2, 3)] = rng.random((len(problem.driver), 3))
    return problem


def cheapest(problem, cost, opt_out):
    """Cost of the best matching by trying all."""
    riders = len(problem.rider_first) - 1

    @cache
    def best(r, taken):
        if r == riders:
            return 0
        found = int(opt_out[r]) + best(r + 1, taken)
        for k in range(problem.rider_first[r], problem.rider_first[r + 1]):
            bit = 1 << int(problem.driver[k])
            if not taken & bit:
                found = min(found, int(cost[k]) + best(r + 1, taken | bit))
        return found

    return best(0, 0)

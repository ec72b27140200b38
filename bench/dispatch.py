"""Speed and exactness of dispatch: routing, matching, and what is built on them.

    python -m bench.dispatch                     the table
    python -m bench.dispatch --data FOLDER       with FleetPy's Munich network in FOLDER
    python -m bench.dispatch --instances 1000    fewer random matching instances than 10,000

FOLDER (or the environment variable ATRIUM_DATASETS) holds `dispatch/munich` (nodes.csv, edges.csv
and crs.info of github.com/TUM-VT/FleetPy). What is absent is left out.

All times are process CPU, medians of repeats where not said otherwise; scipy's Dijkstra is timed on
a part of the sources and counted up. It prints figures and never fails on a time; a wrong result
fails it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from engine.dispatch.candidates import Drivers, find_candidates
from engine.dispatch.city import default_city
from engine.dispatch.fleet_bound import minimum_fleet
from engine.dispatch.imports import city_from_upload
from engine.dispatch.matching import Problem, batch, batch_costs, opt_out_costs
from engine.dispatch.network import Arcs, Network, assemble
from engine.dispatch.pooling import Riders, Vehicles, pool
from engine.dispatch.rebalance import rebalance
from engine.dispatch.routing import Router
from engine.dispatch.score import PICKUP, SOURCE, Weights, terms

SIDE = 224
PAIRS = 2_000
SCIPY_SOURCES = 60
RADIUS_M = 5_000.0
LIMIT_S = 900.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("ATRIUM_DATASETS"))
    parser.add_argument("--instances", type=int, default=10_000)
    options = parser.parse_args(arguments)
    wrong = 0
    print("must / goal: 2,000 × 2,000 2 s / 0.8 s and 8 / 19 × scipy; traffic 400 / 150 ms; cycle "
          "p95 400 / 150 ms; assignment 150 / 80 ms; wrong 0")
    print(f"{'network':<16}{'nodes':>8}{'arcs':>9}{'build s':>9}{'traffic ms':>11}"
          f"{'2,000² s':>9}{'scipy s':>9}{'ratio':>7}{'paths/s':>9}{'cycle p95 ms':>13}"
          f"{'wrong':>6}")
    for name, network in networks(options.data):
        wrong += routing(name, network)
    wrong += assignment()
    wrong += instances(options.instances)
    wrong += planning()
    return 1 if wrong else 0


def networks(data: str | Path | None) -> list[tuple[str, Network]]:
    """Named networks that are there."""
    found = [("generated grid", grid()), ("shipped city", default_city().network)]
    munich = Path(data or ".") / "dispatch" / "munich"
    if (munich / "nodes.csv").exists():
        files = {f.name: f.read_bytes() for f in munich.iterdir()}
        found.append(("FleetPy Munich", city_from_upload(files).network))
    return found


def grid() -> Network:
    """Fifty thousand nodes: jittered, a fifth of the streets missing, arterials, one-ways."""
    rng = np.random.default_rng(0)
    row, col = np.divmod(np.arange(SIDE * SIDE), SIDE)
    x, y = (120.0 * place + rng.normal(0, 20, SIDE * SIDE) for place in (col, row))
    index = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    across = np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], axis=1)
    along = np.stack([index[:-1].ravel(), index[1:].ravel()], axis=1)
    main_road = np.concatenate([row[across[:, 0]] % 8 == 0, col[along[:, 0]] % 8 == 0])
    pair = np.concatenate([across, along])
    keep = main_road | (rng.random(len(pair)) > 0.2)
    pair, main_road = pair[keep], main_road[keep]
    two_way = main_road | (rng.random(len(pair)) > 0.25)
    length = np.hypot(x[pair[:, 0]] - x[pair[:, 1]], y[pair[:, 0]] - y[pair[:, 1]])
    seconds = length / (np.where(main_road, 13.0, 7.0) * rng.uniform(0.8, 1.2, len(pair)))
    rank = np.where(main_road, 2, 0).astype(np.uint8)
    return assemble(x, y, Arcs(
        np.concatenate([pair[:, 0], pair[two_way, 1]]),
        np.concatenate([pair[:, 1], pair[two_way, 0]]),
        np.concatenate([length, length[two_way]]), np.concatenate([seconds, seconds[two_way]]),
        np.concatenate([rank, rank[two_way]]))).network


def cpu(work: Callable[[], object], repeats: int = 5) -> float:
    """Median process CPU seconds."""
    return float(np.median(spent(work, repeats)))


def spent(work: Callable[[], object], repeats: int) -> list[float]:
    out = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        out.append(time.process_time() - begin)
    return out


def routing(name: str, network: Network) -> int:
    """One row: tables against scipy, paths, a dispatch cycle; returns what was wrong."""
    begin = time.process_time()
    router = Router(network)
    build = time.process_time() - begin
    rng = np.random.default_rng(1)
    nodes = len(network.x)
    traffic = (network.free_s * rng.uniform(1, 2, len(network.free_s))).astype(np.float32)
    router.times(np.zeros(1, np.int32), np.zeros(1, np.int32))
    router.paths(np.zeros(1, np.int32), np.zeros(1, np.int32))
    customise = cpu(lambda: router.customise(traffic))
    source, target = (rng.choice(nodes, PAIRS, replace=False).astype(np.int32) for _ in range(2))
    table = router.times(source, target)
    whole = cpu(lambda: router.times(source, target), 3)
    graph = csr_array((router.weights_s.astype(np.float64), network.head, network.first),
                      shape=(nodes, nodes))
    begin = time.process_time()
    truth = dijkstra(graph, indices=source[:SCIPY_SOURCES])[:, target]
    scipy_s = (time.process_time() - begin) * PAIRS / SCIPY_SOURCES
    arcs, offsets = router.paths(source, target)
    paths = PAIRS / cpu(lambda: router.paths(source, target), 3)
    driven = np.add.reduceat(router.weights_s[arcs].astype(np.float64), offsets[:-1])
    wrong = int((truth.astype(np.float32) != table[:SCIPY_SOURCES]).sum())
    wrong += int((driven != np.diag(table)).sum())
    cycle = np.percentile(spent(lambda: one_cycle(router, rng, 200, 500), 60), 95)
    print(f"{name:<16}{nodes:>8,}{len(network.head):>9,}{build:>9.2f}{1e3 * customise:>11.1f}"
          f"{whole:>9.3f}{scipy_s:>9.2f}{scipy_s / whole:>7.1f}{paths:>9,.0f}{1e3 * cycle:>13.1f}"
          f"{wrong:>6}", flush=True)
    return wrong


def one_cycle(router: Router, rng: np.random.Generator, riders: int, drivers: int) -> None:
    """Candidates, terms and the optimal batch with its proof, as a round does it."""
    network = router.network
    head = rng.integers(0, len(network.x), drivers).astype(np.int32)
    pickup = rng.integers(0, len(network.x), riders).astype(np.int32)
    found = find_candidates(
        router, pickup,
        Drivers(head, rng.uniform(0, 20, drivers).astype(np.float32), network.x[head],
                network.y[head]), radius_m=RADIUS_M, limit_s=LIMIT_S, most=30)
    stars = rng.uniform(4, 5, drivers).astype(np.float32)
    heading = rng.uniform(0, 2 * np.pi, drivers).astype(np.float32)
    bearing = np.repeat(rng.uniform(0, 2 * np.pi, riders), np.diff(found.rider_first))
    term = terms(found.distance_m, found.time_s, stars[found.driver], heading[found.driver],
                 bearing.astype(np.float32), radius_m=RADIUS_M, limit_s=LIMIT_S)
    batch(Problem(drivers, found.rider_first, found.driver, found.time_s, found.distance_m, term),
          SOURCE)


def scattered_problem(seed: int, riders: int, drivers: int, candidates: int) -> Problem:
    """Riders and drivers on a plane, each rider with its nearest drivers."""
    rng = np.random.default_rng(seed)
    far, driver = cKDTree(rng.random((drivers, 2)) * 20_000).query(
        rng.random((riders, 2)) * 20_000, k=candidates, p=1)
    seconds = (far / 8).astype(np.float32).ravel()
    term = rng.random((seconds.size, 4)).astype(np.float32)
    term[:, 0] = term[:, 1] = seconds / 3_000
    first = np.arange(0, seconds.size + 1, candidates, dtype=np.int32)
    return Problem(drivers, first, driver.astype(np.int32).ravel(), seconds, 8 * seconds, term)


def assignment() -> int:
    """Optimal batches beside scipy's solver; returns how many differ in cost."""
    print(f"\n{'riders × drivers × candidates':<34}{'weights':<9}{'ms':>7}{'scipy ms':>10}"
          f"{'matched':>9}{'gap':>6}{'wrong':>7}")
    wrong = 0
    batch(scattered_problem(0, 5, 5, 2), PICKUP)
    for riders, drivers in ((2_000, 2_000), (2_000, 1_900), (2_000, 500), (500, 2_000)):
        for name, weights in (("pickup", PICKUP), ("source", SOURCE)):
            problem = scattered_problem(1, riders, drivers, 30)
            found = batch(problem, weights)
            taken = cpu(lambda p=problem, w=weights: batch(p, w))
            cost = batch_costs(problem, weights)
            opt_out = opt_out_costs(problem, cost)
            mine = int(cost[found.pair[found.pair >= 0]].sum() + opt_out[found.pair < 0].sum())
            theirs, their_s = by_scipy(problem, cost, opt_out)
            wrong += int(mine != theirs or found.gap != 0)
            print(f"{f'{riders:,} × {drivers:,} × 30':<34}{name:<9}{1e3 * taken:>7.1f}"
                  f"{1e3 * their_s:>10.1f}{int((found.pair >= 0).sum()):>9,}{found.gap:>6g}"
                  f"{int(mine != theirs):>7}", flush=True)
    return wrong


def by_scipy(problem: Problem, cost: np.ndarray, opt_out: np.ndarray) -> tuple[int, float]:
    """Least cost and CPU seconds of scipy's sparse solver on the same matrix."""
    riders = len(opt_out)
    row = np.repeat(np.arange(riders), np.diff(problem.rider_first))
    # an explicit zero would be no edge, so every edge costs one more
    graph = csr_array((np.concatenate([cost, opt_out]) + 1.0,
                       (np.concatenate([row, np.arange(riders)]),
                        np.concatenate([problem.driver, problem.drivers + np.arange(riders)]))),
                      shape=(riders, problem.drivers + riders))
    begin = time.process_time()
    chosen = min_weight_full_bipartite_matching(graph)
    taken = time.process_time() - begin
    return int(graph[chosen].sum()) - riders, taken


def instances(count: int) -> int:
    """Random instances of up to seven riders and drivers against trying everything."""
    if not count:
        return 0
    gaps = differing = 0
    for seed in range(count):
        rng = np.random.default_rng(seed)
        riders, drivers = rng.integers(1, 8, 2)
        near = rng.random((riders, drivers)) < rng.uniform(0.2, 1)
        first = np.concatenate([[0], near.sum(1).cumsum()]).astype(np.int32)
        driver = np.nonzero(near)[1].astype(np.int32)
        term = rng.random((len(driver), 4)).astype(np.float32)
        if seed % 2:
            term = np.round(term * 4) / 4
        problem = Problem(int(drivers), first, driver, term[:, 1], term[:, 0], term)
        weights = Weights(*rng.random(4))
        found = batch(problem, weights)
        cost = batch_costs(problem, weights)
        opt_out = opt_out_costs(problem, cost)
        mine = int(cost[found.pair[found.pair >= 0]].sum() + opt_out[found.pair < 0].sum())
        gaps += found.gap != 0
        differing += mine != cheapest(problem, cost, opt_out)
    print(f"\n{count:,} random instances: {gaps} with a gap, {differing} unlike trying everything",
          flush=True)
    return gaps + differing


def cheapest(problem: Problem, cost: np.ndarray, opt_out: np.ndarray) -> int:
    """Least cost by trying everything."""
    rows = [[(1 << int(problem.driver[k]), int(cost[k]))
             for k in range(problem.rider_first[r], problem.rider_first[r + 1])]
            for r in range(len(opt_out))]

    @cache
    def best(r: int, taken: int) -> int:
        if r == len(rows):
            return 0
        return min([int(opt_out[r]) + best(r + 1, taken),
                    *(c + best(r + 1, taken | bit) for bit, c in rows[r] if not taken & bit)])

    return best(0, 0)


def planning() -> int:
    """What plans ahead, on the shipped city; returns how many results are not proven optimal."""
    network = default_city().network
    router = Router(network)
    rng = np.random.default_rng(3)
    nodes = len(network.x)
    print("\nplanning on the shipped city (CPU)")
    zones = rng.choice(nodes, 150, replace=False).astype(np.int32)
    between = router.times(zones, zones)
    free = rng.integers(0, 8, 150).astype(np.int32)
    need = rng.uniform(0, 8, 150)
    moves = rebalance(free, need, between, worth_s=900.0, limit_s=1_200.0)
    taken = cpu(lambda: rebalance(free, need, between, worth_s=900.0, limit_s=1_200.0))
    print(f"  rebalancing, 150 zones, {int(moves.drivers.sum())} drivers sent: "
          f"{1e3 * taken:.1f} ms, gap {moves.gap_s:g} s")
    origin, target = rng.integers(0, nodes, (2, 100)).astype(np.int32)
    direct = router.pair_times(origin, target)
    people = Riders(origin, target, np.full(100, 420, np.float32),
                    (420 + 1.4 * direct).astype(np.float32), np.full(100, 3_600, np.float32))
    fleet = Vehicles(rng.integers(0, nodes, 150).astype(np.int32), np.zeros(150, np.float32),
                     np.zeros(151, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    plans = pool(router, people, fleet)
    taken = cpu(lambda: pool(router, people, fleet))
    unproven = plans.cost_s - plans.bound_s
    print(f"  pooling, 100 riders × 150 cars, {plans.trips:,} trips found: {1e3 * taken:.0f} ms, "
          f"{int((plans.vehicle_of >= 0).sum())} served, gap {max(unproven, 0):.3g} s")
    origin, target = rng.integers(0, nodes, (2, 20_000)).astype(np.int32)
    start = np.sort(rng.uniform(0, 4 * 3_600, 20_000))
    end = start + router.pair_times(origin, target)
    begin = time.process_time()
    bound = minimum_fleet(router, start, end, origin, target)
    print(f"  smallest fleet of 20,000 trips in 4 h: {bound.fleet:,} vehicles in "
          f"{time.process_time() - begin:.1f} s")
    return int(moves.gap_s != 0) + int(unproven > 0.01)


if __name__ == "__main__":
    sys.exit(main())

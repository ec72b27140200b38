"""Speed and throughput of the warehouse planner.

    python -m bench.planning                     the table
    python -m bench.planning --data FOLDER       with the public instances in FOLDER

FOLDER (or the environment variable ATRIUM_DATASETS) holds `warehouse/epibt` (map.txt, agents_0.csv,
agents_4.csv, agents_9.csv, tasks_one.csv of github.com/lunjohnzhang/EPIBT) and `warehouse/lorr2023`
(League of Robot Runners 2023 example instances). What is absent is left out; without the EPIBT
files a warehouse of the same size is generated in their place.

One row an instance and number of robots, no rotation. `bound`: tasks a step if every robot were
alone on the floor and drove shortest ways, which no planner can pass. `cpu`: process CPU of a
planning step. `tables`: process CPU of all distance tables, which are computed on first use and
are not part of the step. It prints figures and never fails on a time; a conflict fails it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from engine.warehouse.fields import Fields
from engine.warehouse.graph import build_graph
from engine.warehouse.grid import Grid
from engine.warehouse.instances import Instance, Tasks, make_instance, read_instance
from engine.warehouse.octile import format_map
from engine.warehouse.plans import plan_facts
from engine.warehouse.solve import solve
from engine.warehouse.validate import validate

HEIGHT, WIDTH = 140, 500
MARGIN = 8
EPIBT = {1_000: "agents_0.csv", 5_000: "agents_4.csv", 10_000: "agents_9.csv"}
LORR = {"warehouse_small": (50, 200, 800), "warehouse_large": (1_000, 5_000, 8_000)}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("ATRIUM_DATASETS"))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    options = parser.parse_args(arguments)
    print(f"{options.steps} steps, seed {options.seed}; must and goal at 10,000 robots: 28 and "
          "31.5 tasks a step, 7 and 4 ms; at 1,000: 0.7 and 0.4 ms")
    print(f"{'instance':<26}{'robots':>7}{'tasks/step':>11}{'bound':>7}{'cpu ms p50':>11}"
          f"{'p95':>7}{'tables s':>9}{'MB':>6}{'conflicts':>10}")
    warm_up()
    conflicts = 0
    for name, instance in instances(options.data):
        if options.only not in name:
            continue
        plan, measured = solve(instance, options.steps, options.seed)
        facts = measured.summary()
        wrong = validate(plan_facts(plan), format_map(instance.grid)).conflicts
        conflicts += wrong
        print(f"{name:<26}{facts['agents']:>7,}{facts['tasks_per_step']:>11.2f}"
              f"{bound(instance, options.steps):>7.2f}{facts['plan_cpu_ms_p50']:>11.2f}"
              f"{facts['plan_cpu_ms_p95']:>7.2f}{facts['table_cpu_s']:>9.1f}"
              f"{facts['table_bytes'] / 1e6:>6.0f}{wrong:>10}", flush=True)
    return 1 if conflicts else 0


def warm_up() -> None:
    """Load the compiled kernels, so that no row pays for it."""
    solve(generated(60), 3, 1)


def instances(data: str | Path | None) -> Iterator[tuple[str, Instance]]:
    """Named instances that are there."""
    epibt = Path(data or ".") / "warehouse" / "epibt"
    lorr = Path(data or ".") / "warehouse" / "lorr2023"
    if (epibt / "map.txt").exists():
        for agents in EPIBT.values():
            yield "EPIBT", read_instance(epibt / "map.txt", epibt / agents,
                                         epibt / "tasks_one.csv")
    else:
        for robots in EPIBT:
            yield "generated 140×500", generated(robots)
    for name, teams in LORR.items():
        for robots in teams:
            agents = lorr / f"{name}_{robots}.agents"
            if agents.exists():
                yield name, read_instance(lorr / f"{name}.map", agents, lorr / f"{name}.tasks")


def generated(robots: int) -> Instance:
    """A warehouse like EPIBT's: 3×2 shelves, aisles of one cell, stations above and below."""
    free = np.ones((HEIGHT, WIDTH), np.bool_)
    rows = np.arange(MARGIN, HEIGHT - MARGIN)
    cols = np.arange(MARGIN, WIDTH - MARGIN)
    inside = free[MARGIN:HEIGHT - MARGIN, MARGIN:WIDTH - MARGIN]
    inside[((rows - MARGIN) % 3 < 2)[:, None] & ((cols - MARGIN) % 4 < 3)] = False
    grid = Grid(HEIGHT, WIDTH, free.ravel(), np.where(free, 46, 64).astype(np.uint8).ravel())
    beside = np.zeros_like(free)
    beside[1:-1, 1:-1] = free[1:-1, 1:-1] & ~(free[2:, 1:-1] & free[:-2, 1:-1])
    access = np.flatnonzero(beside)
    stations = np.concatenate([r * WIDTH + np.arange(MARGIN, WIDTH - MARGIN, 4)
                               for r in (1, HEIGHT - 2)])
    rng = np.random.default_rng(0)
    count = 10 * robots
    goals = np.where(np.arange(count) // robots % 2 == 0, rng.choice(access, count),
                     rng.choice(stations, count)).astype(np.int32)
    starts = rng.permutation(np.flatnonzero(grid.free))[:robots].astype(np.int32)
    return make_instance(grid, starts, Tasks(goals, np.arange(count + 1, dtype=np.int32),
                                             "roundrobin", True))


def bound(instance: Instance, steps: int) -> float:
    """Tasks a step if nobody were in anybody's way; for one-errand tasks handed out round robin.

    A task whose goal is the robot's own cell takes no step where it is passed over, else one.
    """
    tasks = instance.tasks
    agents = len(instance.starts)
    fields = Fields(build_graph(instance.grid), 2 * instance.grid.cells * (agents + 1))
    pos = instance.starts
    clock = np.zeros(agents, np.int64)
    task = np.arange(agents)
    finished = 0
    while len(pos):
        goal = tasks.errand[task % len(tasks)]
        row = fields.rows(goal, np.zeros(len(goal), np.uint8))
        far = fields.table[row, pos].astype(np.int64)
        clock += far if tasks.skip_own_cell else np.maximum(far, 1)
        on = clock <= steps
        finished += int((on & (far > 0)).sum() if tasks.skip_own_cell else on.sum())
        pos, clock, task = goal[on], clock[on], task[on] + agents
    fields.close()
    return finished / steps


if __name__ == "__main__":
    sys.exit(main())

"""Speed of the driving loop: rendering, network, and all from pictures to pedals.

    python -m bench perception                 the table (a minute)
    python bench/perception.py --weights FILE  another network than the shipped one

Must and goal: the full loop with eight cameras of 320 × 192 on two cores, 8 and 20 Hz. Figures are
medians; CPU time is the process's own, wall time needs a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.perception.calibration import ground_plane  # noqa: E402 - needs the path above
from engine.perception.cameras import rig  # noqa: E402
from engine.perception.cli_net import DEFAULT, FORECAST  # noqa: E402
from engine.perception.params import PerceptionParams  # noqa: E402
from engine.perception.perceive import open_eyes  # noqa: E402
from engine.perception.pipeline import STAGES  # noqa: E402
from engine.perception.planner import Planner  # noqa: E402
from engine.perception.render import Renderer  # noqa: E402
from engine.perception.runtime import load_runtime  # noqa: E402
from engine.perception.world import World  # noqa: E402

SEED = 5
WARM = 5
TICKS = 40
REPEATS = 15


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=DEFAULT, help="network")
    options = parser.parse_args(arguments)
    print(f"{'measure':<58}{'wall':>10}{'CPU':>10}  must, goal")
    world = World(PerceptionParams(), SEED)
    renderer = Renderer(world)
    row("render eight cameras, 1 thread", *timed(partial(renderer.render, world.snapshot())))
    runtime = load_runtime(options.weights)
    images = Renderer(World(PerceptionParams(), SEED)).render(world.snapshot()).images
    planes = np.stack([ground_plane(c) for c in rig()])
    row("network, eight pictures, 1 thread", *timed(lambda: runtime.run(images, planes)))
    for threads in (1, 2):
        loop(options.weights, threads)


def loop(weights: Path, threads: int) -> None:
    """Drive by the network: render, network, fusion, tracks, forecast, plan, world."""
    eyes, planner = open_eyes(weights, FORECAST.with_suffix(".onnx"), threads), Planner()
    world = World(PerceptionParams(), SEED)
    world.take_wheel()
    stages: dict[str, list[float]] = {name: [] for name in STAGES}

    def tick() -> None:
        world.step(planner.plan(eyes(world)).command)
        assert eyes.seen is not None
        for name, ms in eyes.seen.times_ms.items():
            stages[name].append(ms)

    wall, cpu = timed(tick, TICKS)
    row(f"full loop, {threads} thread(s): {1e3 / wall:.1f} Hz", wall, cpu, "8 and 20 Hz")
    print("    " + ", ".join(f"{name} {statistics.median(ms):.1f}"
                             for name, ms in stages.items()) + " ms wall")


def timed(call: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    """Median wall and CPU time of a call after a warm-up, ms."""
    for _ in range(WARM):
        call()
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls) * 1e3, statistics.median(cpus) * 1e3


def row(measure: str, wall_ms: float, cpu_ms: float, goal: str = "") -> None:
    print(f"{measure:<58}{wall_ms:>7.1f} ms{cpu_ms:>7.1f} ms  {goal}", flush=True)


if __name__ == "__main__":
    main()

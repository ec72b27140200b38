"""Run a floor without a browser."""

from __future__ import annotations

from time import perf_counter, process_time
from typing import Any, Final

import numpy as np

from engine.errors import InvalidInput
from engine.warehouse import metrics
from engine.warehouse.params import WarehouseParams
from engine.warehouse.simulation import WarehouseSimulation

_DRAIN_STEPS: Final = 600


def run(params: WarehouseParams, seed: int, minutes: float) -> dict[str, Any]:
    """Run the generated floor and sum it up.

    Args:
        params: Knobs.
        seed: Of everything that is drawn.
        minutes: Simulated time, > 0; figures are over the last half of it,
            at most two hours.

    Returns:
        A JSON-able summary: run, key figures, conflicts, conservation and times.

    Raises:
        InvalidInput: If `minutes` is not positive or the floor does not work out.
    """
    steps = round(minutes * 60.0)
    if steps < 1:
        raise InvalidInput(f"minutes is {minutes}; it must be more than 0")
    begun = perf_counter()
    world = WarehouseSimulation(params, seed)
    start_s = perf_counter() - begun
    cpu_ms = np.empty(steps)
    try:
        for i in range(steps):
            t0 = process_time()
            world.step()
            if world.step_count % _DRAIN_STEPS == 0:
                world.drain_points()
            cpu_ms[i] = (process_time() - t0) * 1e3
        window = min(max(metrics.SAMPLE_STEPS, steps // 2), metrics.KEPT_STEPS)
        figures = {k["name"]: k["value"] for k in world.kpis(window)}
        book, board = world.book, world.board
        return {
            "robots": params.robots, "steps": steps, "seed": seed,
            "floor": [world.floor.grid.height, world.floor.grid.width],
            "pods": len(world.storage.slot), "stations": len(world.floor.stations),
            "window_steps": window, "figures": figures, "conflicts": world.conflicts,
            "robot_steps": world.robot_steps, "stranded": world.stranded,
            "orders": {"created": book.created, "waiting": book.backlog, "open": book.open,
                       "done": book.done, "refused": book.refused, "late": book.late},
            "tasks": {"created": board.created, "open": board.open, "returned": board.returned,
                      "dissolved": board.dissolved},
            "step_cpu_ms": {"p50": round(float(np.median(cpu_ms)), 3),
                            "p95": round(float(np.percentile(cpu_ms, 95)), 3)},
            "start_s": round(start_s, 3), "wall_s": round(perf_counter() - begun, 2),
            "table_bytes": world.traffic.routes.used_bytes,
            "tables_computed": world.traffic.routes.computed,
        }
    finally:
        world.close()

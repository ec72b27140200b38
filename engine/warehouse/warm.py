"""Run a small floor for a moment, so that every kernel is compiled, cached and loaded."""

from __future__ import annotations

from typing import Final

STEPS: Final = 12


def warm() -> None:
    """Load every kernel of the floor; compiles those that are not cached yet."""
    from engine.warehouse.scenarios import SCENARIOS
    from engine.warehouse.simulation import WarehouseSimulation

    sim = WarehouseSimulation(SCENARIOS["small"].params, seed=1)
    for _ in range(STEPS):
        sim.step()
    sim.frame()
    sim.layers()
    sim.summary()
    sim.inspect(0)
    sim.close()

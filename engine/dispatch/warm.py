"""Run a small fleet for a moment, so that every kernel is compiled, cached and loaded."""

from __future__ import annotations

from typing import Final

STEPS: Final = 150


def warm() -> None:
    """Load every kernel of the city; compiles those that are not cached yet."""
    from engine.dispatch.params import DispatchParams
    from engine.dispatch.simulation import DispatchSimulation

    params = DispatchParams(
        drivers=300, shadow="greedy score", pooling=True, repositioning="min-cost flow",
        reposition_every_min=1.0)
    world = DispatchSimulation(params, seed=1)
    for _ in range(STEPS):
        world.step()
    world.frame()
    world.layers()
    world.summary()
    world.inspect(0)
    world.close()

"""Drive for a moment, so that every kernel and network of a live drive is loaded."""

from __future__ import annotations

from typing import Final

TICKS: Final = 4


def warm() -> None:
    """Load what a live drive needs; compiles kernels that are not cached yet."""
    from engine.perception import models
    from engine.perception.live_params import DriveParams
    from engine.perception.simulation import PerceptionSimulation

    if not models.networks():
        return
    sim = PerceptionSimulation(DriveParams(weather="rain", noise_percent=1.0), seed=1)
    for _ in range(TICKS):
        sim.step()
    assert sim.shown is not None
    sim.quality.sample(sim.shown)
    sim.layers()
    sim.summary()
    sim.snapshot()
    sim.close()

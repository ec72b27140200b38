"""Dispatch: riders, drivers, matching, surge and repositioning on a city's streets.

Names load when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.dispatch.headless import run
    from engine.dispatch.incidents import COMMANDS
    from engine.dispatch.metrics import KPIS, kpi_values
    from engine.dispatch.params import DispatchParams
    from engine.dispatch.scenarios import SCENARIOS
    from engine.dispatch.simulation import DispatchSimulation
    from engine.dispatch.trips import trips_from_upload

__all__ = [
    "COMMANDS", "KPIS", "SCENARIOS", "DispatchParams", "DispatchSimulation", "kpi_values", "run",
    "trips_from_upload",
]

_HOME = {
    "COMMANDS": "incidents", "KPIS": "metrics", "SCENARIOS": "scenarios",
    "DispatchParams": "params", "DispatchSimulation": "simulation", "kpi_values": "metrics",
    "run": "headless", "trips_from_upload": "trips",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

"""The warehouse: a floor of robots, orders, assignment, paths, batteries and faults.

Names load when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.warehouse.faults import COMMANDS
    from engine.warehouse.headless import run
    from engine.warehouse.imports import floor_from_map
    from engine.warehouse.metrics import KPIS, kpi_values
    from engine.warehouse.params import WarehouseParams
    from engine.warehouse.scenarios import SCENARIOS
    from engine.warehouse.simulation import WarehouseSimulation

__all__ = [
    "COMMANDS", "KPIS", "SCENARIOS", "WarehouseParams", "WarehouseSimulation", "floor_from_map",
    "kpi_values", "run",
]

_HOME = {
    "COMMANDS": "faults", "KPIS": "metrics", "SCENARIOS": "scenarios",
    "WarehouseParams": "params", "WarehouseSimulation": "simulation",
    "floor_from_map": "imports", "kpi_values": "metrics", "run": "headless",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

"""Perception: eight cameras, one network with many heads, a planner and a car in a closed loop.

Names load when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.perception.cameras import VIEWS, Camera, rig
    from engine.perception.params import PerceptionParams
    from engine.perception.scenarios import SCENARIOS
    from engine.perception.styles import STYLES
    from engine.perception.truth import Sample, generate

__all__ = [
    "SCENARIOS", "STYLES", "VIEWS", "Camera", "PerceptionParams", "Sample", "generate", "rig",
]

_HOME = {
    "SCENARIOS": "scenarios", "STYLES": "styles", "VIEWS": "cameras", "Camera": "cameras",
    "PerceptionParams": "params", "Sample": "truth", "generate": "truth", "rig": "cameras",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

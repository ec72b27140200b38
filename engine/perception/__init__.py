"""Perception: eight cameras, one network with many heads, a planner and a car in a closed loop.

Names load when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.perception.cameras import VIEWS, Camera, rig
    from engine.perception.checkpoint import read_card
    from engine.perception.detect import describe
    from engine.perception.drive import drive_once
    from engine.perception.live_commands import COMMANDS
    from engine.perception.live_params import DriveParams
    from engine.perception.params import PerceptionParams
    from engine.perception.perceive import Eyes, open_eyes
    from engine.perception.pictures import CameraParams, read_picture
    from engine.perception.pipeline import Pipeline, open_pipeline
    from engine.perception.planner import Plan, Planner
    from engine.perception.render import Renderer
    from engine.perception.runtime import load_runtime
    from engine.perception.scenarios import SCENARIOS
    from engine.perception.scene import Scene, from_world
    from engine.perception.score import Scorer
    from engine.perception.simulation import PerceptionSimulation
    from engine.perception.styles import STYLES
    from engine.perception.train_params import TrainingParams
    from engine.perception.truth import Sample, generate
    from engine.perception.world import World

__all__ = [
    "COMMANDS", "SCENARIOS", "STYLES", "VIEWS", "Camera", "CameraParams", "DriveParams", "Eyes",
    "PerceptionParams", "PerceptionSimulation", "Pipeline", "Plan", "Planner", "Renderer",
    "Sample", "Scene", "Scorer", "TrainingParams", "World", "describe", "drive_once", "from_world",
    "generate", "load_runtime", "open_eyes", "open_pipeline", "read_card", "read_picture", "rig",
]

_HOME = {
    "COMMANDS": "live_commands", "DriveParams": "live_params",
    "PerceptionSimulation": "simulation",
    "SCENARIOS": "scenarios", "STYLES": "styles", "VIEWS": "cameras", "Camera": "cameras",
    "CameraParams": "pictures", "Eyes": "perceive", "PerceptionParams": "params",
    "Pipeline": "pipeline", "Plan": "planner", "Planner": "planner", "Renderer": "render",
    "Sample": "truth", "Scene": "scene", "Scorer": "score", "TrainingParams": "train_params",
    "World": "world", "describe": "detect", "drive_once": "drive", "from_world": "scene",
    "generate": "truth", "load_runtime": "runtime", "open_eyes": "perceive",
    "open_pipeline": "pipeline", "read_card": "checkpoint", "read_picture": "pictures",
    "rig": "cameras",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

"""Runs that live between two requests of the browser, and how their frames reach it."""

from engine.live.record import Recorder
from engine.live.registry import RUNS, Registry
from engine.live.run import Run
from engine.live.simulation import Event, Frame, Points, Scene, Simulation

__all__ = ["RUNS", "Event", "Frame", "Points", "Recorder", "Registry", "Run", "Scene", "Simulation"]

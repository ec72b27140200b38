"""Runs worlds in a process of their own: `python -m engine.agent.house.worker`, a job a line.

Standard input brings JSON jobs (engine, params, seed, steps), standard output takes their figures.
A process of its own, and not a fork or a pool: the server has threads and an own idea of what its
main module is, and a job that nobody waits for any more is ended by ending its process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from engine.agent.house.domains import domain
from engine.errors import EngineError, InvalidInput
from engine.live.simulation import Simulation

ROOT: Final = Path(__file__).resolve().parents[3]
NICE: Final = 10
DRAIN_STEPS: Final = 600


def run_job(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One run's figures over its second half.

    Raises:
        EngineError: If the world cannot be built.
    """
    of = domain(job["engine"])
    world: Simulation = of.make(of.params.parse(job["params"]), job["seed"])
    try:
        for _ in range(job["steps"]):
            world.step()
            if world.step_count % DRAIN_STEPS == 0:
                world.drain_points()
        kpis = getattr(world, "kpis", None)
        if kpis is None:
            raise InvalidInput(f"a {of.name} run keeps no figures to compare")
        return [{k: f[k] for k in ("name", "label", "unit", "value")}
                for f in kpis(max(1, job["steps"] // 2))]
    finally:
        world.close()


def serve() -> None:
    """Work off jobs until the input ends."""
    os.nice(NICE)
    for line in sys.stdin:
        try:
            answer: dict[str, Any] = {"figures": run_job(json.loads(line))}
        except EngineError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


class Worker:
    """A process that runs one job at a time; `stop` ends it, whatever it is doing."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine.agent.house.worker"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._lock = threading.Lock()

    def run(self, job: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Have a job done; blocks.

        Raises:
            InvalidInput: If the job was refused, or the process ended.
        """
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with self._lock:
            try:
                process.stdin.write(json.dumps(job) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except (OSError, ValueError) as error:
                raise InvalidInput("the comparison was ended") from error
        if not line:
            raise InvalidInput("the comparison was ended")
        answer = json.loads(line)
        if "error" in answer:
            raise InvalidInput(answer["error"])
        figures: list[dict[str, Any]] = answer["figures"]
        return figures

    def stop(self) -> None:
        """End the process and wait for it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what was still in the pipe has nobody to read it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


if __name__ == "__main__":
    serve()

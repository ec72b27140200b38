"""Learning from a teacher's games, while the teacher is still writing them.

Source: Silver et al. 2016, doi:10.1038/nature16961, supervised learning of policy networks.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Any, Final

from engine.go.architecture import Architecture
from engine.go.checkpoint import read, write
from engine.go.journal import Journal
from engine.go.learning_params import TrainingParams
from engine.go.library import Library
from engine.go.replay import Sampler
from engine.go.training import Losses, Trainer

_REFRESH: Final = 500  # steps between looks for new games
_REPORT: Final = 50  # steps
_JUDGED: Final = 2048  # held-out positions
_SAVE_S: Final = 60.0
STATE: Final = "training.safetensors"


def train(folder: Path, games: Sequence[Path], architecture: Architecture, params: TrainingParams,
          seed: int, stop: Event, steps: int | None = None, *, start: Path | None = None,
          device: str = "cpu") -> dict[str, Any]:
    """Learn until told to stop or so many steps are done; go on where an earlier run stopped.

    Args:
        folder: The run's: state, journal and networks.
        games: Folders of games of one board size; may grow meanwhile.
        architecture: Size of the network; a resumed run keeps its own.
        params: How to train; likewise.
        seed: Of weights and batches; likewise.
        stop: Ends the run after the step at hand, with a checkpoint.
        steps: Steps altogether, earlier runs included; None for those of `params`.
        start: Network to begin from, of any board size; None for random weights.
        device: "cpu" or "cuda".

    Returns:
        JSON-able facts of the end: step, samples, losses, network.

    Raises:
        InvalidInput: If there are no games, the state is damaged, another process runs here, or
            the network to start from is of another size.
        ModelUnavailable: If there is no such network.
    """
    with Journal(folder) as journal:
        run = _Run(folder, games, journal)
        trainer = run.begin(architecture, params, seed, start, device)
        return run.go(trainer, stop, trainer.params.steps if steps is None else steps)


class _Run:
    """One stretch of work between a start and a stop."""

    def __init__(self, folder: Path, games: Sequence[Path], journal: Journal) -> None:
        self._folder = folder
        self._journal = journal
        self._library = Library(*games)
        self._facts: dict[str, Any] = {"phase": "supervised", "pid_file": str(folder / "pid")}

    def go(self, trainer: Trainer, stop: Event, until: int) -> dict[str, Any]:
        """Learn; returns the facts of the end."""
        mix = trainer.params.value_mix
        sampler = Sampler(self._library.learnt(), mix)
        held = self._library.held_out()
        judged = None if held is None else Sampler(held)
        saved = reported = time.monotonic()
        while trainer.step < until and not stop.is_set():
            losses = trainer.learn(sampler)
            if trainer.step % _REPORT == 0:
                now = time.monotonic()
                self._report(trainer, losses, _REPORT * trainer.params.batch / (now - reported))
                reported = now
            if trainer.step % _REFRESH == 0:
                self._judge(trainer, judged)
                self._library.take()
                sampler = Sampler(self._library.learnt(), mix)
                held = self._library.held_out()
                judged = None if held is None else Sampler(held)
                self._save(trainer)
                saved = time.monotonic()
            elif time.monotonic() - saved > _SAVE_S:
                self._save(trainer)
                saved = time.monotonic()
        self._save(trainer)
        return self._facts

    def begin(self, architecture: Architecture, params: TrainingParams, seed: int,
              start: Path | None, device: str) -> Trainer:
        """The trainer as an earlier run left it, or a new one."""
        state = self._folder / STATE
        if not state.exists():
            self._library.take()
            trainer = Trainer(architecture, params, seed, device)
            if start is not None:
                trainer.begin_from(read(start))
            return trainer
        trainer, facts = Trainer.load(state, device)
        self._library.take(facts["games"])
        self._journal.rewind(trainer.step)
        return trainer

    def _report(self, trainer: Trainer, losses: Losses, rate: float) -> None:
        values = {f"loss.{n}": v for n, v in asdict(losses).items()}
        self._journal.note(trainer.step, {**values, "train.learning_rate": trainer.rate(),
                                          "train.samples_per_s": rate})
        self._facts.update(step=trainer.step, samples=trainer.step * trainer.params.batch,
                           samples_per_s=round(rate), **asdict(losses),
                           games=sum(self._library.counts.values()))
        self._journal.state(self._facts)

    def _judge(self, trainer: Trainer, held: Sampler | None) -> None:
        if held is not None:
            losses = asdict(trainer.judge(held, _JUDGED))
            self._facts["held_out"] = losses
            self._journal.note(trainer.step, {f"held_out.{n}": v for n, v in losses.items()})

    def _save(self, trainer: Trainer) -> None:
        """Network first: a state without its network would be found too new."""
        card = {"name": self._folder.name, "made_by": "supervised", "steps": trainer.step,
                "samples": trainer.step * trainer.params.batch, "seed": trainer.seed,
                "games": sum(self._library.counts.values()),
                "held_out": self._facts.get("held_out", {})}
        network = self._folder / "latest.safetensors"
        write(network, trainer.checkpoint(Sampler(self._library.learnt()), card))
        trainer.save(self._folder / STATE, {"games": self._library.counts})
        self._facts["network"] = str(network)
        self._journal.state(self._facts)

"""The loop: play games with the best network, learn from the latest, and let the two play.

Each generation is a folder's worth of files, so that a run that was killed goes on where it was:
games by job, the training state, the gate's games, and `loop.json`, which names the generation and
the best network.

Source: Silver et al. 2017 (doi:10.1038/nature24270): self-play, a replay window, a gate.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final

import numpy as np

from engine.errors import InvalidInput
from engine.go.architecture import Architecture
from engine.go.checkpoint import Checkpoint, read, write
from engine.go.elo import Result, ratings, table
from engine.go.executors import Executor
from engine.go.journal import Journal
from engine.go.learning_params import LoopParams, SelfPlayParams, TrainingParams
from engine.go.library import Library
from engine.go.match import Conditions, read_played, run_match, tally
from engine.go.match_players import SearchPlayer
from engine.go.params import SearchParams
from engine.go.replay import Sampler, write_games
from engine.go.runtime import open_evaluator
from engine.go.selfplay import Harvest, Job, play_job
from engine.go.training import Trainer
from engine.live.files import replace

_log = logging.getLogger(__name__)

_LOOP: Final = "loop.json"
_STATE: Final = "training.safetensors"
_SAVE_S: Final = 60.0
_REPORT: Final = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a run is made of; kept in its folder at the first start.

    Attributes:
        loop: Generations.
        selfplay: Games.
        training: Learning.
        architecture: Size of the network.
        seed: Of everything.
        start: Network to begin from; None for random weights.
        library: Games to begin from besides, such as a teacher's; None for none.
        device: Where it is trained, "cpu" or "cuda".
    """

    loop: LoopParams
    selfplay: SelfPlayParams
    training: TrainingParams
    architecture: Architecture
    seed: int
    start: Path | None = None
    library: Path | None = None
    device: str = "cpu"


def reinforce(folder: Path, plan: Plan, executor: Executor, stop: Event,
              generations: int | None = None) -> dict[str, Any]:
    """Run generations until told to stop; go on where an earlier run stopped.

    Args:
        folder: The run's: games/, nets/, gates/, training state, journal.
        plan: What to do; a resumed run keeps architecture, seed and training of its state.
        executor: Plays the jobs.
        stop: Ends the run at the next job, step or move, with a checkpoint.
        generations: Generations altogether, earlier runs included; None for no end.

    Returns:
        JSON-able facts of the end.

    Raises:
        InvalidInput: If the folder is damaged or another process runs in it.
        ModelUnavailable: If the network to start from is not there, or a worker dies.
    """
    with Journal(folder) as journal:
        run = _Run(folder, plan, executor, stop, journal)
        while not stop.is_set() and (generations is None or run.generation < generations):
            run.step()
        return run.facts


class _Run:
    """A stretch of work on one folder."""

    def __init__(self, folder: Path, plan: Plan, executor: Executor, stop: Event,
                 journal: Journal) -> None:
        self._folder, self._plan, self._executor = folder, plan, executor
        self._stop, self._journal = stop, journal
        self.facts: dict[str, Any] = {}
        self._trainer, taken = self._load_trainer()
        self._loop = self._load_loop()
        self._library = Library(folder / "games")
        self._library.take(taken)
        self._taught: Library | None = None
        if plan.library is not None:
            self._taught = Library(plan.library)
            self._taught.take(self._loop["taught"] or None)
            self._loop["taught"] = self._taught.counts
        journal.rewind(self._trainer.step)
        self._report("ready")

    @property
    def generation(self) -> int:
        """Generations finished."""
        return int(self._loop["generation"])

    def step(self) -> None:
        """One generation, or what is left of it."""
        for work in (self._play, self._learn, self._gate):
            work()
            if self._stop.is_set():
                self._save()
                return
        self._loop["generation"] += 1
        self._loop.pop("until", None)
        self._save()

    def _play(self) -> None:
        p, g = self._plan.loop, self.generation
        sizes = [min(p.job, p.games - at) for at in range(0, p.games, p.job)]
        files = [self._folder / "games" / f"games-{g:05d}-{n:04d}.npz" for n in range(len(sizes))]
        left = [n for n, path in enumerate(files) if not path.exists()]
        jobs = (Job(self._best, self._plan.selfplay, sizes[n], self._plan.seed,
                    g * len(sizes) + n) for n in left if not self._stop.is_set())
        begun, played = time.monotonic(), 0
        for n, harvest in zip(left, self._executor.run(play_job, jobs), strict=False):
            write_games(files[n], harvest.games)
            played += sizes[n]
            rate = 3600.0 * played / (time.monotonic() - begun)
            self._note_games(harvest, sizes[n], rate)

    def _note_games(self, harvest: Harvest, games: int, rate: float) -> None:
        moves = len(harvest.games.move) / games
        self._loop["games"] += games
        self._journal.note(self._trainer.step, {
            "selfplay.games": self._loop["games"], "selfplay.games_per_h": rate,
            "selfplay.game_moves": moves, "selfplay.black_share": harvest.black_points / games})
        self._report("self-play", games_per_h=round(rate), game_moves=round(moves, 1))
        self._write_loop()

    def _learn(self) -> None:
        p = self._plan.loop
        if "until" not in self._loop:
            self._library.take()
            fresh = self._library.positions(f"games-{self.generation:05d}-")
            steps = max(1, round(fresh * p.reuse / self._trainer.params.batch))
            self._loop["until"] = self._trainer.step + steps
            self._save()
        sampler = self._sampler()
        saved = reported = time.monotonic()
        while self._trainer.step < self._loop["until"] and not self._stop.is_set():
            losses = self._trainer.learn(sampler)
            now = time.monotonic()
            if self._trainer.step % _REPORT == 0:
                rate = _REPORT * self._trainer.params.batch / max(1e-6, now - reported)
                reported = now
                self._journal.note(self._trainer.step, {
                    **{f"loss.{n}": v for n, v in asdict(losses).items()},
                    "train.learning_rate": self._trainer.rate(), "train.samples_per_s": rate})
                self._report("training", samples_per_s=round(rate), **asdict(losses))
            if now - saved > _SAVE_S:
                self._save()
                saved = now
        self._save()
        if not self._stop.is_set():
            card = {"made_by": "self-play", "generation": self.generation + 1,
                    "steps": self._trainer.step, "games": self._loop["games"],
                    "seed": self._plan.seed}
            write(self._candidate, self._trainer.checkpoint(sampler, card))

    def _gate(self) -> None:
        p = self._plan.loop
        share = 1.0
        if p.gate_games:
            record = self._folder / "gates" / f"{self.generation + 1:05d}.jsonl"
            search = SearchParams(visits=p.gate_visits, temperature=0.0,
                                  max_nodes=max(64, 3 * p.gate_visits), resign_below=0.02)
            s = self._plan.selfplay
            at_once = min(p.gate_games, s.at_once)
            conditions = Conditions(s.size, s.komi, p.gate_games, 3, self._plan.seed)
            new, old = (
                SearchPlayer(path.stem, open_evaluator(str(path)), at_once, s.size, search,
                             np.random.default_rng((self._plan.seed, self.generation, n)))
                for n, path in enumerate((self._candidate, self._best)))
            self._report("gate")
            run_match(new, old, conditions, at_once, self._stop, record)
            if self._stop.is_set():
                return
            share = tally(read_played(record)).points / p.gate_games
            self._rate(self._candidate.stem, self._best.stem, record)
        if share >= p.gate_share:
            self._loop["best"] = self._candidate.name
        self._journal.note(self._trainer.step, {
            "gate.win_rate": share, "gate.elo": self._elo(), "gate.taken": share >= p.gate_share})
        self._report("gate", gate_share=round(share, 3), elo=round(self._elo()))

    def _rate(self, new: str, old: str, record: Path) -> None:
        """Remember a gate's result and rate all networks by all of them."""
        counts = tally(read_played(record))
        results = [r for r in self._loop["results"] if r["first"] != new]
        results.append({"first": new, "second": old, "wins": counts.wins, "draws": counts.draws,
                        "losses": counts.losses})
        self._loop["results"] = results
        rated = ratings([Result(**r) for r in results], anchor=results[0]["second"])
        self._loop["ratings"] = table(rated)

    def _elo(self) -> float:
        rated = {r["player"]: float(r["elo"]) for r in self._loop["ratings"]}
        return rated.get(self._best.stem, 0.0)

    def _sampler(self) -> Sampler:
        """The window: the latest games, and a teacher's as long as own ones are few.

        There are never more of the teacher's than own ones, and each own game takes the place of
        one, so that the teacher's habits fade.
        """
        window = self._plan.loop.window
        mix = self._trainer.params.value_mix
        own = self._library.learnt(window)
        if self._taught is None:
            return Sampler(own, mix)
        count, taught = len(own.komi), len(self._taught.learnt().komi)
        room = min(window - count, count, taught - count)
        return Sampler(self._taught.before(own, room) if room > 0 else own, mix)

    @property
    def _best(self) -> Path:
        return self._folder / "nets" / str(self._loop["best"])

    @property
    def _candidate(self) -> Path:
        return self._folder / "nets" / f"{self.generation + 1:05d}.safetensors"

    def _load_trainer(self) -> tuple[Trainer, dict[str, int]]:
        state = self._folder / _STATE
        if state.exists():
            trainer, facts = Trainer.load(state, self._plan.device)
            return trainer, facts["games"]
        plan = self._plan
        trainer = Trainer(plan.architecture, plan.training, plan.seed, plan.device)
        if plan.start is not None:
            trainer.begin_from(read(plan.start))
        return trainer, {}

    def _load_loop(self) -> dict[str, Any]:
        path = self._folder / _LOOP
        if path.exists():
            try:
                facts = json.loads(path.read_text("utf-8"))
                return {**facts, "generation": int(facts["generation"])}
            except (ValueError, KeyError, TypeError) as error:
                raise InvalidInput(f"{path} is damaged; remove it to begin with the first "
                                   "generation.") from error
        first = self._folder / "nets" / "00000.safetensors"
        if not first.exists():
            ranges = read(self._plan.start).ranges if self._plan.start is not None else {}
            write(first, Checkpoint(self._trainer.architecture, self._trainer.weights(),
                                    {"made_by": "start", "generation": 0}, ranges))
        return {"generation": 0, "best": first.name, "games": 0, "results": [], "ratings": [],
                "taught": {}}

    def _save(self) -> None:
        self._trainer.save(self._folder / _STATE, {"games": self._library.counts})
        self._write_loop()

    def _write_loop(self) -> None:
        replace(self._folder / _LOOP, json.dumps(self._loop, indent=1).encode())

    def _report(self, phase: str, **more: Any) -> None:
        self.facts.update(phase=phase, generation=self.generation, games=self._loop["games"],
                          step=self._trainer.step, network=str(self._best),
                          ratings=self._loop["ratings"], **more)
        self._journal.state(self.facts)

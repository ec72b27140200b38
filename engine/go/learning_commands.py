"""Commands of learning: teach and train."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from engine.params import add_arguments, from_arguments

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def register(commands: Commands) -> None:
    """Add the commands to a parser."""
    from engine.go.teacher import TEACHER
    from engine.go.training import TrainingParams

    teach = commands.add_parser("teach", help="let a GTP engine play games to learn from")
    teach.add_argument("--engine", default=TEACHER, help=f"command line (default {TEACHER!r})")
    teach.add_argument("--games", type=int, required=True, help="games in the folder at the end")
    teach.add_argument("--size", type=int, default=9, help="board size (default 9)")
    teach.add_argument("--komi", type=float, default=7.0, help="komi (default 7)")
    teach.add_argument("--out", type=Path, required=True, help="folder of the games")
    teach.add_argument("--seed", type=int, default=1, help="seed of the variety (default 1)")
    teach.set_defaults(command=_teach)

    train = commands.add_parser("train", help="learn from a folder of games; resumes by itself")
    train.add_argument("--folder", type=Path, required=True, help="folder of the run")
    train.add_argument("--library", type=Path, required=True, help="folder of the games")
    train.add_argument("--network", default="6x64", help="blocks x channels (default 6x64)")
    train.add_argument("--seed", type=int, default=1, help="seed of the run (default 1)")
    train.add_argument("--threads", type=int, default=1, help="processor threads (default 1)")
    add_arguments(train, TrainingParams)
    train.set_defaults(command=_train)


def _teach(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.go.opponent import Opponent
    from engine.go.teacher import Curriculum, Shelf, teach

    shelf = Shelf(options.out)
    curriculum = Curriculum(size=options.size, komi=options.komi)
    with until_told() as stop, Opponent(options.engine) as engine:
        for _ in teach(engine, curriculum, shelf, options.games, options.seed):
            if stop.is_set():
                break
    return {"games": shelf.count(), "folder": str(options.out)}, 0


def _train(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import torch

    from engine.go.architecture import Architecture
    from engine.go.supervised import train
    from engine.go.training import TrainingParams

    torch.set_num_threads(max(1, options.threads))
    with until_told() as stop:
        return train(options.folder, options.library, Architecture.parse(options.network),
                     from_arguments(TrainingParams, options), options.seed, stop), 0


@contextmanager
def until_told() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set, so that a run can end with a checkpoint."""
    stop = Event()
    before = {number: signal.signal(number, lambda *_: stop.set())
              for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Commands of learning: teach, spar, train, selfplay, match and ladder."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from engine.errors import InvalidInput
from engine.params import add_arguments, from_arguments

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def register(commands: Commands) -> None:
    """Add the commands to a parser."""
    from engine.go.learning_params import LoopParams, SelfPlayParams, TrainingParams
    from engine.go.teacher import SPARRER, TEACHER

    teach = commands.add_parser("teach", help="let a GTP engine play games to learn from")
    teach.add_argument("--engine", default=TEACHER, help=f"command line (default {TEACHER!r})")
    teach.add_argument("--games", type=int, required=True, help="games in the folder at the end")
    teach.add_argument("--size", type=int, default=9, help="board size (default 9)")
    teach.add_argument("--komi", type=float, default=7.0, help="komi (default 7)")
    teach.add_argument("--levels", default="", metavar="LEVEL:SHARE,…",
                       help="levels of the engine and their shares (default: a mix of 1 to 10)")
    teach.add_argument("--out", type=Path, required=True, help="folder of the games")
    teach.add_argument("--seed", type=int, default=1, help="seed of the variety (default 1)")
    teach.set_defaults(command=_teach)

    spar = commands.add_parser("spar", help="let a network play a GTP engine to learn from")
    spar.add_argument("--network", required=True, help="network, by name or file")
    spar.add_argument("--engine", default=SPARRER, help=f"command line (default {SPARRER!r})")
    spar.add_argument("--games", type=int, required=True, help="games in the folder at the end")
    spar.add_argument("--visits", type=int, default=200, help="simulations a move (default 200)")
    spar.add_argument("--size", type=int, default=9, help="board size (default 9)")
    spar.add_argument("--komi", type=float, default=7.0, help="komi (default 7)")
    spar.add_argument("--levels", default="", metavar="LEVEL:SHARE,…",
                      help="levels of the engine and their shares (default: a mix of 1 to 10)")
    spar.add_argument("--out", type=Path, required=True, help="folder of the games")
    spar.add_argument("--seed", type=int, default=1, help="seed of the variety (default 1)")
    spar.set_defaults(command=_spar)

    train = commands.add_parser("train", help="learn from a folder of games; resumes by itself")
    train.add_argument("--folder", type=Path, required=True, help="folder of the run")
    train.add_argument("--library", type=Path, nargs="+", required=True,
                       help="folders of the games, all of one board size")
    train.add_argument("--network", default="6x64", help="blocks x channels (default 6x64)")
    train.add_argument("--start", help="network to begin from, by name or file (default: none)")
    train.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto",
                       help="where to train (default auto: a GPU where there is one)")
    train.add_argument("--seed", type=int, default=1, help="seed of the run (default 1)")
    train.add_argument("--threads", type=int, default=1, help="processor threads (default 1)")
    add_arguments(train, TrainingParams)
    train.set_defaults(command=_train)

    loop = commands.add_parser("selfplay", help="play, learn, compare, again; resumes by itself")
    loop.add_argument("--folder", type=Path, required=True, help="folder of the run")
    loop.add_argument("--network", default="6x64", help="blocks x channels (default 6x64)")
    loop.add_argument("--start", help="network to begin from, by name or file (default: none)")
    loop.add_argument("--library", type=Path, help="folder of a teacher's games to learn from too")
    loop.add_argument("--generations", type=int, help="generations altogether (default: no end)")
    loop.add_argument("--actors", type=int, default=1, help="processes that play (default 1)")
    loop.add_argument("--executor", choices=("local", "ray"), default="local",
                      help="where they run (default local)")
    loop.add_argument("--threads", type=int, default=1, help="threads of training (default 1)")
    loop.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto",
                      help="where to train (default auto: a GPU where there is one)")
    loop.add_argument("--seed", type=int, default=1, help="seed of the run (default 1)")
    for model in (LoopParams, SelfPlayParams, TrainingParams):
        add_arguments(loop, model)
    loop.set_defaults(command=_selfplay)

    match = commands.add_parser("match", help="play paired games against an engine or a network")
    match.add_argument("--network", required=True, help="network, by name or file")
    match.add_argument("--opponent", required=True,
                       help="command line of a GTP engine, or a network by name or file")
    match.add_argument("--games", type=int, default=100, help="even number (default 100)")
    match.add_argument("--visits", type=int, default=1600,
                       help="simulations a move; 0 for the raw policy (default 1600)")
    match.add_argument("--opponent-visits", type=int, default=1600,
                       help="the same for an opponent that is a network (default 1600)")
    match.add_argument("--size", type=int, default=9, help="board size (default 9)")
    match.add_argument("--komi", type=float, default=7.0, help="komi (default 7)")
    match.add_argument("--opening-moves", type=int, default=2,
                       help="random moves at the start of each pair (default 2)")
    match.add_argument("--at-once", type=int, default=4, help="games side by side (default 4)")
    match.add_argument("--threads", type=int, default=1, help="processor threads (default 1)")
    match.add_argument("--seed", type=int, default=1, help="seed of the openings (default 1)")
    match.add_argument("--name", help="name of the network's side in the result")
    match.add_argument("--opponent-name", help="name of the other side in the result")
    match.add_argument("--record", type=Path, help="file of the games; a stopped match goes on")
    match.set_defaults(command=_match)

    ladder = commands.add_parser("ladder", help="rate players by results that match has printed")
    ladder.add_argument("results", type=Path, nargs="+", help="files of such lines")
    ladder.add_argument("--anchor", required=True, help="player whose rating is given")
    ladder.add_argument("--at", type=float, default=0.0, help="that rating (default 0)")
    ladder.set_defaults(command=_ladder)


def _teach(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.go.opponent import Opponent
    from engine.go.teacher import Curriculum, Shelf, teach

    shelf = Shelf(options.out)
    curriculum = Curriculum(size=options.size, komi=options.komi)
    if options.levels:
        curriculum = replace(curriculum, levels=_levels(options.levels))
    with until_told() as stop, Opponent(options.engine) as engine:
        for _ in teach(engine, curriculum, shelf, options.games, options.seed):
            if stop.is_set():
                break
    return {"games": shelf.count(), "folder": str(options.out)}, 0


def _spar(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.go.opponent import Opponent
    from engine.go.runtime import open_evaluator
    from engine.go.sparring import Sparring, count, spar
    from engine.go.teacher import Curriculum

    curriculum = Curriculum(size=options.size, komi=options.komi)
    if options.levels:
        curriculum = replace(curriculum, levels=_levels(options.levels))
    plan = Sparring(curriculum, visits=options.visits)
    with until_told() as stop, Opponent(options.engine) as engine:
        for _ in spar(engine, open_evaluator(options.network), plan, options.out, options.games,
                      options.seed):
            if stop.is_set():
                break
    return {"games": count(options.out), "folder": str(options.out)}, 0


def _levels(text: str) -> tuple[tuple[int, float], ...]:
    """Read "1:0.5,10:0.5"."""
    try:
        pairs = (part.split(":") for part in text.split(","))
        return tuple((int(level), float(share)) for level, share in pairs)
    except ValueError:
        raise InvalidInput(f"The levels {text!r} cannot be read; write level:share, as in "
                           "1:0.5,10:0.5.") from None


def _train(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import torch

    from engine.go.architecture import Architecture
    from engine.go.checkpoint import find
    from engine.go.learning_params import TrainingParams
    from engine.go.runtime import training_device
    from engine.go.supervised import train

    torch.set_num_threads(max(1, options.threads))
    with until_told() as stop:
        return train(options.folder, options.library, Architecture.parse(options.network),
                     from_arguments(TrainingParams, options), options.seed, stop,
                     start=None if options.start is None else find(options.start),
                     device=training_device(options.device)), 0


def _selfplay(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import torch

    from engine.go.architecture import Architecture
    from engine.go.checkpoint import find
    from engine.go.executors import open_executor
    from engine.go.learning_params import LoopParams, SelfPlayParams, TrainingParams
    from engine.go.reinforcement import Plan, reinforce
    from engine.go.runtime import training_device

    torch.set_num_threads(max(1, options.threads))
    plan = Plan(from_arguments(LoopParams, options), from_arguments(SelfPlayParams, options),
                from_arguments(TrainingParams, options), Architecture.parse(options.network),
                options.seed, None if options.start is None else find(options.start),
                options.library, training_device(options.device))
    executor = open_executor(options.executor, options.actors)
    try:
        with until_told() as stop:
            return reinforce(options.folder, plan, executor, stop, options.generations), 0
    finally:
        executor.close()


def _match(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import numpy as np

    from engine.go.match import Conditions, run_match
    from engine.go.match_players import GtpPlayer, Player, PolicyPlayer, SearchPlayer
    from engine.go.params import SearchParams
    from engine.go.runtime import open_evaluator

    conditions = Conditions(options.size, options.komi, options.games, options.opening_moves,
                            options.seed)
    at_once = max(1, min(options.at_once, options.games))

    def network(name: str, visits: int, number: int) -> Player:
        evaluator = open_evaluator(name, options.threads)
        title = f"{Path(name).stem}@{visits or 'policy'}"
        if visits == 0:
            return PolicyPlayer(title, evaluator, at_once, options.size)
        params = SearchParams(visits=visits, max_nodes=max(4096, 3 * visits))
        return SearchPlayer(title, evaluator, at_once, options.size, params,
                            np.random.default_rng((options.seed, number)))

    first = network(options.network, options.visits, 0)
    first.name = options.name or first.name
    engine = " " in options.opponent.strip() or not _is_network(options.opponent)
    second = (GtpPlayer(options.opponent, at_once) if engine
              else network(options.opponent, options.opponent_visits, 1))
    second.name = options.opponent_name or second.name
    try:
        with until_told() as stop:
            return run_match(first, second, conditions, at_once, stop, options.record), 0
    finally:
        second.close()


def _ladder(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.go.elo import ratings, read_results, table

    results = [r for path in options.results for r in read_results(path)]
    return {"anchor": options.anchor,
            "ratings": table(ratings(results, options.anchor, options.at))}, 0


def _is_network(name: str) -> bool:
    from engine.go.checkpoint import networks

    return name.endswith(".safetensors") or name in networks()


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

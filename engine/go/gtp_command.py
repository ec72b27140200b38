"""`python -m engine.go gtp`: play with any program that speaks GTP."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import Any

_LOG = logging.getLogger(__name__)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser("gtp", help="speak GTP on standard input and output")
    parser.add_argument("--visits", type=int, default=1600,
                        help="simulations a move (default 1600)")
    parser.add_argument("--network", help="name or file (default: the first shipped; \"none\" "
                        "searches without one)")
    parser.add_argument("--size", type=int, default=19, help="board size to begin with")
    parser.add_argument("--komi", type=float, default=7.0, help="komi to begin with (default 7)")
    parser.add_argument("--threads", type=int, default=1, help="threads of an evaluation")
    parser.add_argument("--seed", type=int, default=1, help="seed of the search (default 1)")
    parser.set_defaults(command=_gtp)


def _gtp(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import numpy as np

    from engine.go.checkpoint import networks
    from engine.go.evaluator import Evaluator, UniformEvaluator
    from engine.go.gtp import Lines, raw_lines, serve
    from engine.go.gtp_engine import GtpEngine
    from engine.go.params import SearchParams
    from engine.go.runtime import open_evaluator

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    params = SearchParams.parse({"visits": options.visits,
                                 "max_nodes": max(50_000, 2 * options.visits)})
    name = options.network or next(iter(networks()), "none")
    evaluator: Evaluator
    if name == "none":
        _LOG.info("no network: the search learns from ended games alone and plays weakly")
        evaluator = UniformEvaluator()
    else:
        evaluator = open_evaluator(name, options.threads)
        _LOG.info("network %s, %d simulations a move", name, options.visits)
    lines = Lines(raw_lines(sys.stdin.fileno()))
    engine = GtpEngine(evaluator, params, np.random.default_rng(options.seed), lines,
                       size=options.size, komi=options.komi)
    serve(engine, lines, sys.stdout)
    return {}, 0

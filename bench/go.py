"""Speed of the rules and the search of Go, on one core, by process time.

    python -m bench go                     the table (two minutes)
    python bench/go.py --network NAME      another network than the strongest

Must and goal: legal mask with superko 2 and 1 µs; simulations a second with the null network 75k
and 150k; a 1,600-simulation move 1.5 and 0.5 s; first candidates 150 and 60 ms; self-play of a
6×64 1,000 and 2,000 games/h a core.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numba import njit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.go_selfplay import self_play  # noqa: E402 - needs the path above
from engine.go import features, kernels, playouts  # noqa: E402
from engine.go.board import Board, new_board  # noqa: E402
from engine.go.evaluator import Evaluator, UniformEvaluator  # noqa: E402
from engine.go.params import SearchParams  # noqa: E402
from engine.go.search import Search  # noqa: E402
from engine.go.searches import Searches  # noqa: E402

REPEATS = 7
CALLS = 20_000
VISITS = 1600


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", help="name or file; the strongest if left out")
    options = parser.parse_args(arguments)
    print(f"{'measure':<58}{'figure':>16}  must, goal")
    for size, moves in ((9, 30), (9, 60), (19, 150)):
        rules(size, moves)
    search_alone()
    many_games()
    with_network(options.network)
    self_play(row)


def row(measure: str, figure: str, goal: str = "") -> None:
    print(f"{measure:<58}{figure:>16}  {goal}", flush=True)


@njit(nogil=True)
def masks(board: Board, legal: np.ndarray, calls: int) -> int:
    total = 0
    for _ in range(calls):
        total += kernels.legal_mask(board, legal)
    return total


@njit(nogil=True)
def planes(board: Board, legal: np.ndarray, where: np.ndarray, out: np.ndarray,
           calls: int) -> None:
    for _ in range(calls):
        features.write_planes(board, legal, where, out)


def cpu(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median process time in seconds, after one call that compiles."""
    work()
    took = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return statistics.median(took)


def after_random_moves(size: int, moves: int, seed: int = 3) -> Board:
    rng = np.random.default_rng(seed)
    board = new_board(size)
    legal = np.empty(size * size + 1, np.uint8)
    for _ in range(moves):
        kernels.legal_mask(board, legal)
        kernels.play(board, int(rng.choice(np.flatnonzero(legal[:-1]))))
    return board


def rules(size: int, moves: int) -> None:
    board = after_random_moves(size, moves)
    legal = np.empty(size * size + 1, np.uint8)
    took = cpu(lambda: masks(board, legal, CALLS))
    row(f"{size}×{size} after {moves} moves: full legal mask with superko",
        f"{took / CALLS * 1e6:.2f} µs", "2, 1" if size == 9 else "")
    out = np.empty((features.PLANES, size, size), np.float32)
    where = features.symmetry_table(size)[5]
    took = cpu(lambda: planes(board, legal, where, out, CALLS))
    row("  22 planes", f"{took / CALLS * 1e6:.2f} µs")
    state = playouts.random_state(np.random.default_rng(1))
    owned = np.empty(size * size, np.float32)
    games = 1000 if size == 9 else 100
    took = cpu(lambda: playouts.playout_ownership(board, games, state, owned), 3)
    row("  random games to the end", f"{games / took:,.0f} /s")


def search_alone() -> None:
    for size, batch, visits in ((9, 8, VISITS), (9, 32, VISITS), (9, 32, 20_000),
                                (19, 32, VISITS)):
        params = SearchParams(visits=visits, batch=batch, cache=0, max_nodes=visits + 64)
        search = Search(UniformEvaluator(), size, params, np.random.default_rng(1))
        board = new_board(size)

        def think(search: Search = search, board: Board = board) -> None:
            search.begin(board)
            search.run()

        took = cpu(think)
        row(f"{size}×{size}, null network, {visits:,} simulations, batch {batch}",
            f"{visits / took / 1e3:.0f} k sims/s", "75, 150" if size == 9 else "")


def many_games() -> None:
    """Self-play's way: many roots, few leaves of each in a batch."""
    games, visits = 64, 200
    params = SearchParams(visits=visits, cache=0, max_nodes=visits + 64, batch=4)
    searches = Searches(UniformEvaluator(), games, 9, params, np.random.default_rng(1), batch=256)
    board = new_board(9)

    def think() -> None:
        for g in range(games):
            searches.begin(g, board)
            searches.think(g, visits)
        searches.run()

    took = cpu(think, 3)
    row(f"{games} games at once, {visits} simulations each, batch 256",
        f"{games * visits / took / 1e3:.0f} k sims/s")


def with_network(name: str | None) -> None:
    from engine.go.players import default_network
    from engine.go.runtime import open_evaluator

    name = name or default_network()
    evaluator: Evaluator = open_evaluator(name)
    for batch in (8, 16):
        params = SearchParams(visits=VISITS, batch=batch)
        search = Search(evaluator, 9, params, np.random.default_rng(1))
        board = after_random_moves(9, 6)

        def think(search: Search = search, board: Board = board) -> None:
            search.searches.forget_evaluations()
            search.begin(board)
            search.run()

        row(f"{name}, a {VISITS:,}-simulation move, one thread, batch {batch}",
            f"{cpu(think, 3):.2f} s CPU", "1.5, 0.5")

        def first(search: Search = search, board: Board = board) -> None:
            search.searches.forget_evaluations()
            search.begin(board)
            while not search.candidates().move.size:
                search.run(visits=VISITS, pause_visits=1)

        row("  first candidates", f"{cpu(first) * 1e3:.1f} ms CPU", "150, 60")


if __name__ == "__main__":
    main()

"""A network plays a teacher, so that the teacher's eye finds what the network does not see.

Supervised games show what a teacher does, not where a network goes wrong: those positions come up
only when the network plays. Here it does, and learns the result as the teacher counts it, dead
stones taken off: a group that cannot live is worth most as a lesson to the one who thought it
could. The network's own moves teach its policy what its search found, the teacher's what the
teacher chose.

Games come in files of `JOB`, each written when it is whole; the n-th game depends on the seed, n
and the network alone, as far as the teacher does.

Source: Ross, Gordon & Bagnell 2011, "A reduction of imitation learning and structured prediction
to no-regret online learning" (DAgger): learn on the states that the learner reaches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.go.board import AREA, BLACK, SIZE, WHITE, Board, new_board, to_play
from engine.go.evaluator import Evaluator
from engine.go.kernels import area_owner, area_score, ended, is_legal, play
from engine.go.lessons import OWNER, level_weight
from engine.go.openings import random_opening
from engine.go.opponent import Opponent
from engine.go.params import SearchParams
from engine.go.replay import Games, Position, join, one_game, write_games
from engine.go.search import Search
from engine.go.teacher import HIGHEST, Curriculum, abilities, owners

JOB: Final = 16  # games a file; the unit that a kill loses
_FILES: Final = "games-spar-*.npz"


@dataclass(frozen=True, slots=True)
class Sparring:
    """How the games are played.

    Attributes:
        curriculum: Board, komi, the teacher's levels and the random opening.
        visits: Simulations of each of the network's moves.
        temperature: Of its first moves; it falls by half every `size` moves.
    """

    curriculum: Curriculum
    visits: int = 200
    temperature: float = 0.5

    def __post_init__(self) -> None:
        if not 2 <= self.visits <= 10_000:
            raise InvalidInput(f"{self.visits} simulations a move; choose 2 to 10,000.")
        if not 0 <= self.temperature <= 2:
            raise InvalidInput(f"The temperature is {self.temperature:g}; choose 0 to 2.")


def spar(engine: Opponent, evaluator: Evaluator, plan: Sparring, folder: Path, games: int,
         seed: int) -> Iterator[Games]:
    """Play until the folder holds so many games, yielding each new file's.

    Args:
        engine: Any GTP engine; one that knows `final_status_list` says what is dead.
        evaluator: The network.
        plan: How games are played.
        folder: Made when missing; files that it holds already count.
        games: Games that the folder shall hold in the end; rounded up to whole files.
        seed: Of openings, levels, symmetries and temperature.

    Raises:
        ModelUnavailable: If the engine dies or hangs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    able = abilities(engine)
    for number in range(-(-games // JOB)):
        path = folder / _FILES.replace("*", f"{number:05d}")
        if not path.exists():
            played = join(
                play_game(engine, evaluator, plan, np.random.default_rng((seed, n)), n, able)
                for n in range(number * JOB, (number + 1) * JOB))
            write_games(path, played)
            yield played


def count(folder: Path) -> int:
    """Games that a folder of sparring holds."""
    return JOB * sum(1 for _ in folder.glob(_FILES))


def play_game(engine: Opponent, evaluator: Evaluator, plan: Sparring, rng: np.random.Generator,
              number: int, able: frozenset[str]) -> Games:
    """One game; the network has Black in even ones."""
    curriculum = plan.curriculum
    size, level = curriculum.size, _level(curriculum, rng)
    board = new_board(size, curriculum.komi)
    engine.begin(size, curriculum.komi)
    if "level" in able:
        engine.ask(f"level {level}")
    if "set_random_seed" in able:
        engine.ask(f"set_random_seed {int(rng.integers(1, 2**31 - 1))}")
    search = Search(evaluator, size, SearchParams(
        visits=plan.visits, max_nodes=max(64, 3 * plan.visits), cache=4096), rng)
    positions: list[Position] = []
    for move in random_opening(board, int(rng.integers(0, curriculum.opening_moves + 1)), rng):
        engine.play(to_play(board), move, size)
        play(board, move)
        positions.append(Position(move, value_weight=1.0))
    search.begin(board)
    mine = BLACK if number % 2 == 0 else WHITE
    weight = level_weight(level if "level" in able else HIGHEST)
    while not ended(board):
        if to_play(board) == mine:
            position = _think(search, plan, len(positions))
            engine.play(mine, position.move, size)
        else:
            answer = engine.genmove(-mine, size)
            if answer is None or not is_legal(board, answer):
                break  # resigned, or by other rules: what stands is counted
            position = Position(answer, ((answer, 1.0),), weight, 1.0)
        search.advance(position.move)
        play(board, position.move)
        positions.append(position)
    score, owner = _count(engine, board, able)
    return one_game(positions, komi=curriculum.komi, score=score, owner=owner)


def _level(curriculum: Curriculum, rng: np.random.Generator) -> int:
    """A level by its share."""
    weights = np.array([w for _, w in curriculum.levels], np.float64)
    return int(rng.choice([n for n, _ in curriculum.levels], p=weights / weights.sum()))


def _think(search: Search, plan: Sparring, played: int) -> Position:
    """The network's move and what its search teaches.

    The search's own value is left out: these games are played to correct it.
    """
    search.run(visits=plan.visits)
    move = search.choose(plan.temperature * 0.5 ** (played / plan.curriculum.size))
    target = search.policy_target()
    points = np.flatnonzero(target)
    return Position(move, tuple((int(p), float(target[p])) for p in points), 1.0, 1.0)


def _count(engine: Opponent, board: Board,
           able: frozenset[str]) -> tuple[float, npt.NDArray[np.int8]]:
    """Score and owners as the teacher counts, or by area where it does not know how."""
    if able >= {"final_score", "final_status_list"}:
        letters = owners(engine, int(board.state[SIZE]))
        return engine.final_score(), np.array([OWNER[c] for c in letters], np.int8)
    owner = np.empty(int(board.state[AREA]), np.int8)
    area_owner(board, owner)
    return float(area_score(board)), owner

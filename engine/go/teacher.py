"""A GTP engine plays itself, so that a network has somebody to learn from first.

Games are appended to text shards, one JSON object a line, each with what a learner needs: moves,
who chose each (the engine's level, 0 for a random move), the score, and the owner of every point.
The n-th game depends on the seed and n alone, so a teacher that was killed goes on where it was.

GNU Go is told to capture all dead stones before it passes, so that plain area counting of the last
position agrees with its score. Any other GTP engine can teach too; what it cannot do is done here:
one without levels counts as the highest, one that cannot name owners is counted by area.

Source: Silver et al. 2016, doi:10.1038/nature16961, supervised learning of policy networks; games
of a program stand in for games of people.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.errors import InvalidInput, ModelUnavailable
from engine.go.board import BLACK, new_board
from engine.go.kernels import area_owner, area_score, is_legal, play
from engine.go.opponent import Opponent, Refusal

_log = logging.getLogger(__name__)

TEACHER: Final = ("gnugo --mode gtp --chinese-rules --positional-superko --capture-all-dead "
                  "--never-resign")
SPARRER: Final = "gnugo --mode gtp --chinese-rules --positional-superko --never-resign"
_SHARD_GAMES: Final = 1000
_MOVE_LIMIT: Final = 4  # moves a point; a game that is longer is thrown away
_RANDOM: Final = "0"
HIGHEST: Final = 10
_COMMANDS: Final = ("level", "set_random_seed", "final_score", "final_status_list")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One game.

    Attributes:
        size: Board size.
        komi: Points that White gets.
        moves: Points in order, Black first; size * size is a pass.
        levels: One hexadecimal digit a move: the level that chose it, 0 for a random move.
        score: Black's points less White's and komi.
        owner: One letter a point: x Black, o White, . nobody.
    """

    size: int
    komi: float
    moves: tuple[int, ...]
    levels: str
    score: float
    owner: str


@dataclass(frozen=True, slots=True)
class Curriculum:
    """How the teacher's games vary.

    Attributes:
        size: Board size, 5 to 19.
        komi: Komi.
        levels: Share of games a level (1 to 10); any positive weights.
        opening_moves: Most random moves at the start; each number up to it is equally likely.
        slip: Chance of a random move later on, so that blunders get punished in the records.
        uneven: Share of games in which each side draws a level of its own.
    """

    size: int = 9
    komi: float = 7.0
    levels: tuple[tuple[int, float], ...] = ((1, 0.3), (2, 0.2), (4, 0.2), (6, 0.1), (8, 0.1),
                                             (10, 0.1))
    opening_moves: int = 6
    slip: float = 0.03
    uneven: float = 0.5

    def __post_init__(self) -> None:
        if not 5 <= self.size <= 19:
            raise InvalidInput(f"The board size is {self.size}; it must be 5 to 19.")
        if not self.levels or any(not 1 <= n <= 10 or w <= 0 for n, w in self.levels):
            raise InvalidInput(f"The levels are {self.levels}; give levels from 1 to 10 with "
                               "weights above 0.")
        if not (0 <= self.slip < 1 and 0 <= self.uneven <= 1 and self.opening_moves >= 0):
            raise InvalidInput(f"slip {self.slip:g} must lie in [0, 1), uneven {self.uneven:g} in "
                               f"[0, 1], opening moves {self.opening_moves} be 0 or more.")


class Shelf:
    """Shards of lessons in one folder, appended to and read back.

    Args:
        folder: Made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def shards(self) -> list[Path]:
        """Files in order of writing."""
        return sorted(self.folder.glob("lessons-*.jsonl"))

    def count(self) -> int:
        """Complete games on the shelf."""
        return sum(shard.read_bytes().count(b"\n") for shard in self.shards())

    def append(self, lesson: Lesson, number: int) -> None:
        """Write the game with this number behind the others; a torn last line is removed."""
        shard = self.folder / f"lessons-{number // _SHARD_GAMES:05d}.jsonl"
        line = json.dumps(asdict(lesson), separators=(",", ":")).encode() + b"\n"
        with shard.open("a+b") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
            file.write(line)

    def lessons(self) -> Iterator[Lesson]:
        """Every complete game, in order."""
        for shard in self.shards():
            yield from read_lessons(shard)


def read_lessons(shard: Path) -> Iterator[Lesson]:
    """Complete games of one shard; a last line that is still being written is left out.

    Raises:
        InvalidInput: If a line is no lesson.
    """
    with shard.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                yield _read(line, shard, number)


def teach(engine: Opponent, curriculum: Curriculum, shelf: Shelf, games: int,
          seed: int) -> Iterator[Lesson]:
    """Let an engine play until the shelf holds so many games, yielding each new one.

    Args:
        engine: Any GTP engine; with `level`, `set_random_seed`, `final_score` and
            `final_status_list`, as GNU Go has them, it can do all that a curriculum asks.
        curriculum: How games vary.
        shelf: Grows by one game a step; what it holds already counts.
        games: Games that the shelf shall hold in the end.
        seed: With the number of a game it decides every random choice, the engine's too.

    Raises:
        ModelUnavailable: If the engine dies or hangs.
    """
    number = shelf.count()
    attempt = 0
    able = abilities(engine)
    while number < games:
        rng = np.random.default_rng((seed, number, attempt))
        lesson = play_lesson(engine, curriculum, rng, able)
        if lesson is None:
            attempt += 1
            _log.warning("lesson %d did not end; it is played anew", number)
            if attempt > 20:
                raise ModelUnavailable(f"{engine.name} did not end a game {attempt} times in a "
                                       "row; use rules with superko, such as GNU Go's "
                                       "--positional-superko.")
            continue
        shelf.append(lesson, number)
        number, attempt = number + 1, 0
        yield lesson


def abilities(engine: Opponent) -> frozenset[str]:
    """Which of the commands that teaching can use an engine knows."""
    return frozenset(c for c in _COMMANDS if engine.knows(c))


def play_lesson(engine: Opponent, curriculum: Curriculum, rng: np.random.Generator,
                able: frozenset[str]) -> Lesson | None:
    """One game by an engine of these abilities; None when it does not end or is resigned."""
    size = curriculum.size
    levels = _draw_levels(curriculum, rng)
    engine.begin(size, curriculum.komi)
    seed = int(rng.integers(1, 2**31 - 1))
    if "set_random_seed" in able:
        engine.ask(f"set_random_seed {seed}")
    moves: list[int] = []
    chosen: list[str] = []
    opening = int(rng.integers(0, curriculum.opening_moves + 1))
    colour, passes, current = BLACK, 0, 0
    while passes < 2:
        if len(moves) >= _MOVE_LIMIT * size * size:
            return None
        point = None
        if len(moves) < opening or rng.random() < curriculum.slip:
            point = _slip(engine, colour, size, rng)
        by = _RANDOM
        if point is None:
            if current != levels[colour]:
                current = levels[colour] if "level" in able else HIGHEST
                if "level" in able:
                    engine.ask(f"level {current}")
            point = engine.genmove(colour, size)
            by = f"{current:x}"
            if point is None:
                return None
        moves.append(point)
        chosen.append(by)
        passes = passes + 1 if point == size * size else 0
        colour = -colour
    if able >= {"final_score", "final_status_list"}:
        score, owner = engine.final_score(), owners(engine, size)
    else:
        score, owner = _counted(size, curriculum.komi, moves)
    return Lesson(size, curriculum.komi, tuple(moves), "".join(chosen), score, owner)


def _draw_levels(curriculum: Curriculum, rng: np.random.Generator) -> Mapping[int, int]:
    levels = np.array([n for n, _ in curriculum.levels])
    weights = np.array([w for _, w in curriculum.levels], np.float64)
    black, white = (int(n) for n in rng.choice(levels, 2, p=weights / weights.sum()))
    return {BLACK: black, -BLACK: white if rng.random() < curriculum.uneven else black}


def _slip(engine: Opponent, colour: int, size: int, rng: np.random.Generator) -> int | None:
    """A random legal move away from the edge, on which openings are not worth a look."""
    for _ in range(8):
        row, col = (int(v) for v in rng.integers(1, size - 1, 2))
        try:
            engine.play(colour, row * size + col, size)
        except Refusal:
            continue
        return row * size + col
    return None


def owners(engine: Opponent, size: int) -> str:
    """Who owns each point of the position at hand as the engine says, in `Lesson.owner` form."""
    owner = ["."] * (size * size)
    dead = set(engine.points("final_status_list dead", size))
    for letter, other, name in (("x", "o", "black"), ("o", "x", "white")):
        for point in engine.points(f"list_stones {name}", size):
            owner[point] = other if point in dead else letter
        for point in engine.points(f"final_status_list {name}_territory", size):
            owner[point] = letter
    return "".join(owner)


def _counted(size: int, komi: float, moves: Sequence[int]) -> tuple[float, str]:
    """Score and owners by area, every stone alive."""
    board = new_board(size, komi)
    for move in moves:
        if not is_legal(board, move):
            raise ModelUnavailable(f"The teacher played {move} in {list(moves)}, which positional "
                                   "superko forbids; choose those rules for it.")
        play(board, move)
    owner = np.empty(size * size, np.int8)
    area_owner(board, owner)
    return float(area_score(board)), "".join(".xo"[v] for v in owner.tolist())


def _read(line: bytes, shard: Path, number: int) -> Lesson:
    try:
        facts = json.loads(line)
        lesson = Lesson(**{**facts, "moves": tuple(facts["moves"])})
        points = lesson.size * lesson.size
        good = (len(lesson.levels) == len(lesson.moves) and len(lesson.owner) == points
                and all(0 <= m <= points for m in lesson.moves))
    except (ValueError, TypeError, KeyError, AttributeError):
        good = False
    if not good:
        raise InvalidInput(f"{shard}, line {number} is no lesson; remove that line.")
    return lesson

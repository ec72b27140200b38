"""Games of self-play an hour a core, for the shipped size and for 6×64, by process time.

The shipped network plays. To price a 6×64 without having trained one, a network of that size is
evaluated on the same batches beside it, its answers are dropped, and the small one's own time is
taken off again: games are of the same length and the batches of the same size.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.go.architecture import Architecture
from engine.go.checkpoint import Checkpoint
from engine.go.evaluator import Evaluation, Evaluator
from engine.go.learning_params import SelfPlayParams
from engine.go.players import default_network
from engine.go.quantise import calibrate
from engine.go.runtime import OnnxEvaluator, open_evaluator
from engine.go.selfplay import Job, play_games

GAMES = 32


class Priced:
    """One network's answers at another one's price.

    Attributes:
        small_s: Processor seconds that the answers took.
        large_s: Processor seconds that the other one took.
        positions: Positions judged.
    """

    def __init__(self, small: Evaluator, large: Evaluator) -> None:
        self._small, self._large = small, large
        self.small_s = self.large_s = 0.0
        self.positions = 0

    def evaluate(self, planes: npt.NDArray[np.float32]) -> Evaluation:
        """See `Evaluator`."""
        start = time.process_time()
        self._large.evaluate(planes)
        between = time.process_time()
        said = self._small.evaluate(planes)
        self.small_s += time.process_time() - between
        self.large_s += between - start
        self.positions += len(planes)
        return said


def untrained(name: str) -> Evaluator:
    """A network of random weights with measured ranges, so that it runs as a trained one would."""
    architecture = Architecture.parse(name)
    rng = np.random.default_rng(1)
    weights = {part: (tensor.gain / np.sqrt(np.prod(tensor.shape[1:]))
                      * rng.standard_normal(tensor.shape)).astype(np.float32)
               for part, tensor in architecture.tensors().items()}
    planes = (rng.random((64, 22, 9, 9)) < 0.2).astype(np.float32)
    return OnnxEvaluator(Checkpoint(architecture, weights, {},
                                    calibrate(architecture, weights, planes)))


def self_play(row: Callable[..., None]) -> None:
    """Print the two rates."""
    shipped = default_network()
    params = SelfPlayParams(full_visits=300, fast_visits=50, full_share=0.25)
    small, large = open_evaluator(shipped), untrained("6x64")
    # whoever has compiled and opened everything before is not slower the first time
    play_games(small, Job(Path(shipped), params.with_changes(at_once=2), 2, 1, 0))
    priced = Priced(small, large)
    start = time.process_time()
    harvest = play_games(priced, Job(Path(shipped), params, GAMES, 1, 1))
    took = time.process_time() - start
    moves = len(harvest.games.move) / GAMES
    row(f"self-play, {shipped}, 25 % at 300 and 75 % at 50 visits",
        f"{3600 * GAMES / (took - priced.large_s):,.0f} games/h")
    row("  with a 6×64's inference",
        f"{3600 * GAMES / (took - priced.small_s):,.0f} games/h", "1,000, 2,000 a core")
    row("  moves a game, evaluations a move",
        f"{moves:.0f}, {priced.positions / GAMES / moves:.0f}")

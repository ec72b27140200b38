"""Evaluators that know a little, for tests of the search: each judges by what it sees."""

import numpy as np

from engine.go import features
from engine.go.board import BLACK, WHITE, new_board
from engine.go.evaluator import Evaluation
from engine.go.kernels import put
from engine.go.playouts import playout_ownership, random_state


class Counter:
    """Judges by stones and empty points next to stones of one colour; every move alike.

    It is the same in any batch and under any symmetry, so that searches can be compared.
    """

    def __init__(self):
        self.batches = []

    def evaluate(self, planes):
        batch, size = planes.shape[0], planes.shape[2]
        self.batches.append(batch)
        own, theirs = planes[:, features.OWN], planes[:, features.THEIRS]
        influence = self.spread(own) - self.spread(theirs)
        owner = np.clip(own - theirs + 0.5 * np.sign(influence) * (1 - own - theirs), -1, 1)
        score = owner.sum(axis=(1, 2)) + 20 * planes[:, features.KOMI, 0, 0]
        win = 1 / (1 + np.exp(-score / 3))
        wdl = np.stack([win, np.zeros_like(win), 1 - win], axis=1)
        return Evaluation(np.zeros((batch, size * size + 1), np.float32),
                          wdl.astype(np.float32), score.astype(np.float32),
                          owner.reshape(batch, -1).astype(np.float32))

    def spread(self, stones):
        padded = np.pad(stones, ((0, 0), (1, 1), (1, 1)))
        return (padded[:, 2:, 1:-1] + padded[:, :-2, 1:-1] + padded[:, 1:-1, 2:]
                + padded[:, 1:-1, :-2])


class Leaning(Counter):
    """The same, with logits that differ by move: a fixed draw for each point of the board."""

    def __init__(self, seed=0, spread=2.0):
        super().__init__()
        self.seed, self.width = seed, spread

    def evaluate(self, planes):
        said = super().evaluate(planes)
        rng = np.random.default_rng(self.seed)
        logits = rng.normal(0, self.width, said.policy_logits.shape[1]).astype(np.float32)
        return said._replace(policy_logits=np.repeat(logits[None], planes.shape[0], axis=0))


class Stubborn(Counter):
    """Wants one move above all; its values are the counter's."""

    def __init__(self, move, logit=6.0):
        super().__init__()
        self.move, self.logit = move, logit

    def evaluate(self, planes):
        said = super().evaluate(planes)
        logits = np.zeros_like(said.policy_logits)
        logits[:, self.move] = self.logit
        return said._replace(policy_logits=logits)


class Rollouts(Stubborn):
    """Judges by random games; the player to move is Black on its boards."""

    def __init__(self, move, logit, games=4):
        super().__init__(move, logit)
        self.games = games
        self.random = random_state(np.random.default_rng(0))

    def evaluate(self, planes):
        said = super().evaluate(planes)
        size = planes.shape[2]
        for b, x in enumerate(planes):
            board = new_board(size, float(-20 * x[features.KOMI, 0, 0]))
            for colour, stones in ((BLACK, x[features.OWN]), (WHITE, x[features.THEIRS])):
                for p in np.flatnonzero(stones):
                    put(board, int(p), colour)
            win = playout_ownership(board, self.games, self.random, said.ownership[b])
            said.win_draw_loss[b] = (win, 0, 1 - win)
            said.score[b] = said.ownership[b].sum() - board.komi[0]
        return said

"""Small networks and games that the tests of learning share."""

import numpy as np

from engine.go import kernels
from engine.go.architecture import Architecture
from engine.go.board import new_board, to_play
from engine.go.checkpoint import Checkpoint
from engine.go.replay import Position, join, one_game

TINY = Architecture(3, 16)  # has a block with and blocks without pooling


def random_weights(architecture, seed=1, scale=0.1):
    """Weights of which none is zero, so that no part of a network can be left out unseen."""
    rng = np.random.default_rng(seed)
    return {name: (scale * rng.standard_normal(tensor.shape)).astype(np.float32)
            for name, tensor in architecture.tensors().items()}


def random_checkpoint(architecture=TINY, seed=1, **facts):
    return Checkpoint(architecture, random_weights(architecture, seed), **facts)


def random_game(size, seed, *, komi=7.0, moves=40):
    """A game of random legal moves, whose policy target is the move played."""
    rng = np.random.default_rng(seed)
    board = new_board(size, komi)
    area = size * size
    legal = np.empty(area + 1, np.uint8)
    positions = []
    while len(positions) < moves and not kernels.ended(board):
        kernels.legal_mask(board, legal)
        points = np.flatnonzero(legal[:area])
        move = int(rng.choice(points)) if len(points) else area
        positions.append(Position(move, ((move, 1.0),), 1.0, 1.0, float(to_play(board)) / 4))
        kernels.play(board, move)
    owner = np.empty(area, np.int8)
    kernels.area_owner(board, owner)
    return one_game(positions, komi=komi, score=kernels.area_score(board), owner=owner)


def random_games(size, count, seed=0, **facts):
    return join(random_game(size, seed + n, **facts) for n in range(count))


def random_planes(size, count, seed=0):
    """Planes of positions of random games, float32 [count, C, S, S]."""
    from engine.go.replay import Sampler

    return Sampler(random_games(size, 3, seed)).draw(count, np.random.default_rng(seed)).planes

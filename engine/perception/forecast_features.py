"""What the forecast sees of each actor: its past, the lines around it, its neighbours.

Everything is told in the actor's own frame, so that a left turn is a left turn wherever the car
stands (vectors in place of pictures: Gao et al. 2020, arXiv:2005.04259).

Frames: ego; then an actor's, x along its heading. Shape letters: A actors, H past times, L lines
near an actor, Q points of a line, N neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

PAST: Final = 10
DT_S: Final = 0.1
LINES: Final = 10
LINE_POINTS: Final = 8
STEP_M: Final = 5.0
"""Distance between the points of a piece of line."""
NEIGHBOURS: Final = 8
REACH_M: Final = 60.0
OWN: Final = PAST * 5 + 7 + 3
LINE: Final = LINE_POINTS * 2 + 3 + 1
NEIGHBOUR: Final = 9


class Features(NamedTuple):
    """Network input.

    own: float32 [A, OWN], past (x, y, vx, vy, known) of each time, class, length, width, speed.
    lines: float32 [A, LINES, LINE], points, kind, whether there is one.
    neighbours: float32 [A, NEIGHBOURS, NEIGHBOUR], x, y, vx, vy, cos, sin, length, width, one.
    """

    own: Float32
    lines: Float32
    neighbours: Float32


class Actors(NamedTuple):
    """What is known of the actors now.

    past: float64 [A, H, 2], places in the ego frame, m, the last now; NaN where unknown.
    heading: float64 [A], radians. velocity: float64 [A, 2], m/s, over ground.
    size: float64 [A, 2], length and width, m. kind: int [A], class.
    """

    past: Float64
    heading: Float64
    velocity: Float64
    size: Float64
    kind: npt.NDArray[np.integer]


def features(actors: Actors, lines: Sequence[npt.NDArray[np.floating]],
             kinds: Sequence[int] | npt.NDArray[np.integer], first: int | None = None) -> Features:
    """Describe each actor, or the first of them.

    Args:
        actors: A actors, the car itself among them if it should be seen by the others.
        lines: [Q, 2 or more] each, ego frame, m.
        kinds: Of each line, 1 lane line, 2 centre line, 3 road edge.
        first: How many to describe, the others being neighbours alone; None for all.
    """
    everybody = actors
    if first is not None:
        actors = Actors(actors.past[:first], actors.heading[:first], actors.velocity[:first],
                        actors.size[:first], actors.kind[:first])
    count = len(actors.heading)
    c, s = np.cos(actors.heading), np.sin(actors.heading)
    turn = np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], -2)
    now = actors.past[:, -1]
    past = np.einsum("aij,ahj->ahi", turn, actors.past - now[:, None])
    known = np.isfinite(past[..., 0])
    step = np.diff(past, axis=1, prepend=past[:, :1]) / DT_S
    step[:, 0] = step[:, 1] if past.shape[1] > 1 else 0.0
    own = np.concatenate([np.nan_to_num(past) / 10.0, np.nan_to_num(step) / 10.0,
                          known[..., None]], axis=2).reshape(count, -1)
    speed = np.linalg.norm(actors.velocity, axis=1, keepdims=True)
    kind = np.eye(7)[np.clip(actors.kind, 0, 6)]
    own = np.concatenate([own, kind, actors.size / 5.0, speed / 10.0], axis=1)
    return Features(own.astype(np.float32), _lines(now, turn, lines, kinds),
                    _neighbours(everybody, now, turn))


def _lines(now: Float64, turn: Float64, lines: Sequence[npt.NDArray[np.floating]],
           kinds: Sequence[int] | npt.NDArray[np.integer]) -> Float32:
    """The nearest pieces of line; float32 [A, LINES, LINE]."""
    out = np.zeros((len(now), LINES, LINE), np.float32)
    pieces, piece_kinds = [], []
    for line, kind in zip(lines, kinds, strict=True):
        points = np.asarray(line, np.float64)[:, :2]
        points = points[np.isfinite(points[:, 0])]
        if len(points) < 2:
            continue
        way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        even = np.arange(0.0, way[-1], STEP_M)
        dense = np.stack([np.interp(even, way, points[:, k]) for k in (0, 1)], axis=1)
        for begin in range(0, len(dense) - 1, LINE_POINTS // 2):
            piece = dense[begin:begin + LINE_POINTS]
            if len(piece) >= 2:
                short = LINE_POINTS - len(piece)
                pieces.append(np.concatenate([piece, np.repeat(piece[-1:], short, axis=0)]))
                piece_kinds.append(int(kind))
    if not pieces or not len(now):
        return out
    every = np.array(pieces)
    hot = np.eye(4)[np.array(piece_kinds)][:, 1:]
    for a in range(len(now)):
        local = (every - now[a]) @ turn[a].T
        away = np.linalg.norm(local, axis=2).min(axis=1)
        near = np.argsort(away, kind="stable")[:LINES]
        near = near[away[near] < REACH_M]
        # lines run whichever way they were drawn: let them run with the actor
        flip = local[near, -1, 0] < local[near, 0, 0]
        shown = np.where(flip[:, None, None], local[near, ::-1], local[near])
        out[a, :len(near)] = np.concatenate(
            [shown.reshape(len(near), 2 * LINE_POINTS) / 20.0, hot[near],
             np.ones((len(near), 1))], axis=1)
    return out


def _neighbours(actors: Actors, now: Float64, turn: Float64) -> Float32:
    """The nearest of all actors to the first A, which stand at `now`.

    Returns:
        float32 [A, NEIGHBOURS, NEIGHBOUR].
    """
    count = len(now)
    places = actors.past[:, -1]
    out = np.zeros((count, NEIGHBOURS, NEIGHBOUR), np.float32)
    for a in range(count):
        away = np.linalg.norm(places - now[a], axis=1)
        away[a] = np.inf
        near = np.argsort(away, kind="stable")[:NEIGHBOURS]
        near = near[away[near] < REACH_M]
        place = (places[near] - now[a]) @ turn[a].T / 20.0
        velocity = actors.velocity[near] @ turn[a].T / 10.0
        angle = actors.heading[near] - actors.heading[a]
        out[a, :len(near)] = np.concatenate(
            [place, velocity, np.cos(angle)[:, None], np.sin(angle)[:, None],
             actors.size[near] / 5.0, np.ones((len(near), 1))], axis=1)
    return out

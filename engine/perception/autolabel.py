"""Labels made afterwards, better than what the car knew while driving.

What was seen of one thing over the whole drive, by a second look at each picture (`second_look`),
is put together in the frame of the odometry, and the future labels the past. A thing is taken to
stand or to move at nearly constant velocity, whichever explains its sightings better (Schwarz 1978,
doi:10.1214/aos/1176344136: BIC), and its places are smoothed over all of them (Rauch, Tung and
Striebel 1965, doi:10.2514/3.3166). A sighting from nearby is surer and so corrects those from far
off; one that fits badly counts less (Huber 1964, doi:10.1214/aoms/1177703732).

Shape letters: T looks of a drive, N objects, S sightings of one thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.perception.bev import FAMILY, Objects
from engine.perception.pipeline import Motion
from engine.perception.track import CONFIRM, MOVING, Tracker

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

PUSH: Final = np.array([1.2, 1.0, 0.9, 0.6])
"""Standard deviation of acceleration of those that move, m/s²: less than the tracker's, which has
to answer at once."""
HUBER: Final = 2.0
"""Standard deviations beyond which a sighting counts less."""
PASSES: Final = 3
SHARED: Final = 0.5
"""Share of a sighting's variance that is new: errors of one distance in successive pictures are
alike, so S sightings are worth fewer."""


class Labels(NamedTuple):
    """What is where at one look, in the ego frame of that look. N things.

    thing: int64 [N], the same number through the drive. place: float64 [N, 2], middle, m.
    velocity: float64 [N, 2], over ground, ego axes, m/s. kind: int64 [N]. size: float64 [N, 3],
    length, width, height, m. heading: float64 [N], rad.
    """

    thing: Int64
    place: Float64
    velocity: Float64
    kind: Int64
    size: Float64
    heading: Float64


class _Sightings(NamedTuple):
    """All sightings of one thing in the frame of the first look. S sightings."""

    look: Int64
    place: Float64
    covariance: Float64
    heading: Float64
    size: Float64
    kind: Int64
    score: Float64


def label_drive(objects: Sequence[Objects], motions: Sequence[Motion]) -> list[Labels]:
    """Label a whole drive.

    Args:
        objects: At each of T looks, ego frame.
        motions: The car's own since the look before; the first is of no matter.

    Returns:
        T labels.
    """
    poses = _poses(motions)
    times = np.cumsum([0.0] + [m.dt_s for m in motions[1:]])
    rows: list[list[tuple[int, Float64, Float64, int, Float64, float]]] = [[] for _ in objects]
    for number, chain in enumerate(_chains(objects, motions, poses)):
        first, last = int(chain.look[0]), int(chain.look[-1])
        span = np.arange(first, last + 1)
        place, velocity = _smoothed(chain, times, span)
        kind = int(np.bincount(chain.kind, chain.score).argmax())
        size = _median(chain.size, chain.score)
        still = _mean_angle(chain.heading, 1.0 / np.trace(chain.covariance, axis1=1, axis2=2))
        for k, look in enumerate(span):
            x, y, yaw = poses[look]
            back = _turn(-yaw)
            speed = float(np.hypot(*velocity[k]))
            heading = float(np.arctan2(velocity[k, 1], velocity[k, 0])) if speed > 1.0 else still
            rows[look].append((number, back @ (place[k] - (x, y)), back @ velocity[k], kind, size,
                               float(np.arctan2(np.sin(heading - yaw), np.cos(heading - yaw)))))
    return [_labels(r) for r in rows]


def _poses(motions: Sequence[Motion]) -> Float64:
    """x, y, yaw of each look in the frame of the first; float64 [T, 3]."""
    poses = np.zeros((len(motions), 3))
    for k, m in enumerate(motions[1:], 1):
        x, y, yaw = poses[k - 1]
        dx, dy = _turn(yaw) @ (m.forward, m.left)
        poses[k] = (x + dx, y + dy, yaw + m.turn)
    return poses


def _chains(objects: Sequence[Objects], motions: Sequence[Motion], poses: Float64,
            ) -> list[_Sightings]:
    """Sightings of each thing, by the tracker's assignments; from its first one on."""
    tracker = Tracker()
    found: dict[int, list[tuple[int, int]]] = {}
    for k, (seen, motion) in enumerate(zip(objects, motions, strict=True)):
        tracker.step(seen, motion[:3], motion.dt_s)
        free = np.ones(len(seen.score), np.bool_)
        for track in sorted((t for t in tracker.tracks if t.missed == 0),
                            key=lambda t: -t.sightings):
            away = seen.place[:, :2] - track.state[:2]
            miss = np.einsum("ni,nij,nj->n", away, np.linalg.inv(seen.covariance), away)
            miss[~free | (FAMILY[seen.kind] != FAMILY[track.kind])] = np.inf
            if len(miss) and np.isfinite(miss.min()):
                n = int(miss.argmin())
                free[n] = False
                found.setdefault(track.number, []).append((k, n))
    return [_gathered(rows, objects, poses) for rows in found.values() if len(rows) >= CONFIRM]


def _gathered(rows: Sequence[tuple[int, int]], objects: Sequence[Objects], poses: Float64,
              ) -> _Sightings:
    place, covariance, heading = [], [], []
    for k, n in rows:
        x, y, yaw = poses[k]
        turn = _turn(yaw)
        place.append(turn @ objects[k].place[n, :2] + (x, y))
        covariance.append(turn @ objects[k].covariance[n] @ turn.T)
        heading.append(objects[k].heading[n] + yaw)
    pick = [(objects[k], n) for k, n in rows]
    return _Sightings(
        np.array([k for k, _ in rows]), np.array(place), np.array(covariance), np.array(heading),
        np.array([o.size[n] for o, n in pick]), np.array([o.kind[n] for o, n in pick]),
        np.array([o.score[n] for o, n in pick]))


def _smoothed(chain: _Sightings, times: Float64, span: Int64) -> tuple[Float64, Float64]:
    """Places and velocities at every look of a span, float64 [span, 2] each."""
    kind = int(np.bincount(chain.kind, chain.score).argmax())
    place, cost = _standing(chain)
    stands = (np.tile(place, (len(span), 1)), np.zeros((len(span), 2)))
    if kind not in MOVING:
        return stands
    moves, other = _moving(chain, times, span, float(PUSH[kind]))
    return stands if cost + 2.0 * np.log(len(chain.look)) <= other + 4.0 * np.log(
        len(chain.look)) else moves


def _standing(chain: _Sightings) -> tuple[Float64, float]:
    """The one place of a thing that stands, and −2 ln of its likelihood."""
    covariance = chain.covariance / SHARED
    weight = np.ones(len(chain.look))
    for _ in range(PASSES):
        inverse = np.linalg.inv(covariance) * weight[:, None, None]
        place = np.linalg.solve(inverse.sum(axis=0), np.einsum("sij,sj->i", inverse, chain.place))
        away = chain.place - place
        miss = np.einsum("si,sij,sj->s", away, np.linalg.inv(covariance), away)
        weight = _huber(miss)
    return place, float((weight * miss + np.log(np.linalg.det(covariance))).sum())


def _moving(chain: _Sightings, times: Float64, span: Int64, push: float,
            ) -> tuple[tuple[Float64, Float64], float]:
    """Smoothed places and velocities of a thing that moves, and −2 ln of its likelihood."""
    at = {int(k): s for s, k in enumerate(chain.look)}
    covariance = chain.covariance / SHARED
    weight = np.ones(len(chain.look))
    for _ in range(PASSES):
        x = np.array([*chain.place[0], 0.0, 0.0])
        p = np.diag([25.0, 25.0, 150.0, 150.0])
        kept: list[tuple[Float64, Float64, Float64, Float64, Float64]] = []
        cost = 0.0
        for n, k in enumerate(span):
            a = np.eye(4)
            if n:
                dt = times[k] - times[k - 1]
                a[0, 2] = a[1, 3] = dt
                g = np.array([[dt * dt / 2, 0], [0, dt * dt / 2], [dt, 0], [0, dt]])
                x, p = a @ x, a @ p @ a.T + push**2 * (g @ g.T)
            before = (x, p)
            if int(k) in at:
                s = at[int(k)]
                r = covariance[s] / weight[s]
                whole = p[:2, :2] + r
                away = chain.place[s] - x[:2]
                gain = p[:, :2] @ np.linalg.inv(whole)
                cost += float(away @ np.linalg.solve(whole, away) + np.log(np.linalg.det(whole)))
                x = x + gain @ away
                p = p - gain @ p[:2]
            kept.append((a, *before, x, p))
        state = np.empty((len(span), 4))
        state[-1] = kept[-1][3]
        for n in range(len(span) - 2, -1, -1):
            a, x_next, p_next = kept[n + 1][:3]
            x, p = kept[n][3:]
            gain = p @ a.T @ np.linalg.inv(p_next)
            state[n] = x + gain @ (state[n + 1] - x_next)
        away = chain.place - state[chain.look - span[0], :2]
        weight = _huber(np.einsum("si,sij,sj->s", away, np.linalg.inv(covariance), away))
    return (state[:, :2], state[:, 2:]), cost


def _huber(miss: Float64) -> Float64:
    """Weights of squared distances in standard deviations."""
    return np.minimum(1.0, HUBER / np.sqrt(np.maximum(miss, 1e-12)))


def _median(values: Float64, weight: Float64) -> Float64:
    """Weighted median of each column."""
    order = np.argsort(values, axis=0)
    share = np.cumsum(weight[order], axis=0) / weight.sum()
    row = (share < 0.5).sum(axis=0)
    return np.asarray(np.take_along_axis(np.take_along_axis(values, order, 0), row[None], 0)[0])


def _mean_angle(angles: Float64, weight: Float64) -> float:
    return float(np.arctan2(weight @ np.sin(angles), weight @ np.cos(angles)))


def _turn(yaw: float) -> Float64:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s], [s, c]])


def _labels(rows: Sequence[tuple[int, Float64, Float64, int, Float64, float]]) -> Labels:
    if not rows:
        return Labels(np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros((0, 2)),
                      np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros(0))
    return Labels(*(np.array(column) for column in zip(*rows, strict=True)))

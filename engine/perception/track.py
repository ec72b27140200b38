"""Tracks of things over time: Kalman filters on the ground, gated assignment.

Constant velocity over ground in the ego frame of the current time, moved with the car's own
motion (Bar-Shalom, Li and Kirubarajan 2001, doi:10.1002/0471221279, chapter 6); global nearest
neighbour by the Hungarian method (Kuhn 1955, doi:10.1002/nav.3800020109) within the gate. What has
wheels moves along its heading: it may be fast that way from the first sighting on, and is hardly
ever to the side. Without that, the error of a distance is taken for a speed across the road, and
every parked car sets out to cross it.

Shape letters: N objects, T tracks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from engine.errors import InvalidInput
from engine.perception.bev import FAMILY, GATE, Objects

Float64 = npt.NDArray[np.float64]

PAST: Final = 10
"""Places kept of a track, one a tick."""
CONFIRM: Final = 3
"""Sightings that make a track real."""
LOSE_TENTATIVE: Final = 2
LOSE: Final = 8
"""Ticks without a sighting after which a track ends."""
FADE: Final = 0.8
"""What a tick without a sighting leaves of a track's score."""
MOVING: Final = (0, 1, 2, 3)
"""Classes that move: car, truck, cyclist, pedestrian."""
_PUSH: Final = np.array([[3.0, 1.2], [3.0, 1.2], [2.0, 1.2], [1.5, 1.5], [0.05, 0.05],
                         [0.05, 0.05], [0.05, 0.05]])
"""Standard deviation of acceleration by class, along the heading and across it, m/s²."""
_FIRST_SPEED: Final = np.array([[7.0, 1.0], [7.0, 1.0], [5.0, 1.0], [1.5, 1.5], [0.3, 0.3],
                                [0.3, 0.3], [0.3, 0.3]])
"""Standard deviation of a new track's speed by class, along the heading and across it, m/s."""
_LAMP_SHARE: Final = 0.4
"""How much the last sighting counts for the colour of a light."""
_STANDS: Final = np.array([3.0, 3.0, 2.0, 1.0, np.inf, np.inf, np.inf])
"""A speed of fewer standard deviations than this, by class, is that of a thing that stands."""
_SLOW_MPS: Final = 0.4


@dataclass(slots=True)
class Track:
    """One thing followed.

    Attributes:
        number: Never used twice.
        state: float64 [4], x, y, vx, vy over ground in the current ego frame; m, m/s.
        covariance: float64 [4, 4].
        z: Height of the centre, m.
        heading: Radians.
        size: float64 [3], length, width, height, m.
        votes: float64 [7], summed score by class.
        lamp: float64 [4], share of the last sightings by lamp, 0 none, red, amber, green.
        score: Of the last sightings, falling without.
        sightings: How many.
        missed: Ticks since the last.
        past: float64 [PAST, 2], places in the current ego frame, the last now; NaN before birth.
    """

    number: int
    state: Float64
    covariance: Float64
    z: float
    heading: float
    size: Float64
    votes: Float64
    lamp: Float64
    score: float
    sightings: int = 1
    missed: int = 0
    past: Float64 = field(default_factory=lambda: np.full((PAST, 2), np.nan))

    @property
    def kind(self) -> int:
        """Class with most votes."""
        return int(self.votes.argmax())

    @property
    def light(self) -> int:
        """Lamp seen most of late, 0 where it is no traffic light or shows nothing."""
        return int(self.lamp.argmax())

    @property
    def moves(self) -> bool:
        """Whether it is sure enough to move: its speed stands out from the filter's error."""
        vx, vy = self.state[2:]
        speed = float(np.hypot(vx, vy))
        if speed < _SLOW_MPS or self.kind not in MOVING:
            return False
        along = np.array([vx, vy]) / speed
        sigma = float(np.sqrt(along @ self.covariance[2:, 2:] @ along))
        return bool(speed > _STANDS[self.kind] * sigma)

    @property
    def confirmed(self) -> bool:
        """Whether it was seen often enough to be real."""
        return self.sightings >= CONFIRM


class Tracker:
    """All tracks of one drive."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._next = 1

    def step(self, seen: Objects, moved: tuple[float, float, float], dt_s: float) -> list[Track]:
        """Advance to a new frame and take its objects.

        Args:
            seen: Objects in the new ego frame.
            moved: The car's own motion since the last frame: forward and left in m, turn to the
                left in radians, in the old ego frame.
            dt_s: Time since the last frame, s, > 0.

        Returns:
            The confirmed tracks.

        Raises:
            InvalidInput: If time or motion is not finite, or no time has passed.
        """
        if not (np.isfinite([*moved, dt_s]).all() and dt_s > 0):
            raise InvalidInput(f"motion {moved} in {dt_s} s; give finite motion and a time above "
                               "0 s")
        _predict(self.tracks, moved, dt_s)
        pairs = self._assign(seen)
        for k, n in pairs:
            _update(self.tracks[k], seen, n)
        hit = {k for k, _ in pairs}
        for k, track in enumerate(self.tracks):
            if k not in hit:
                track.missed += 1
                track.score *= FADE
        self.tracks = [t for t in self.tracks
                       if t.missed <= (LOSE if t.confirmed else LOSE_TENTATIVE)]
        taken = {n for _, n in pairs}
        for n in range(len(seen.score)):
            if n not in taken:
                self.tracks.append(self._born(seen, n))
        for track in self.tracks:
            track.past = np.concatenate([track.past[1:], track.state[None, :2]])
        return [t for t in self.tracks if t.confirmed]

    def _assign(self, seen: Objects) -> list[tuple[int, int]]:
        """Pairs of track and object within the gate, of least total distance."""
        if not self.tracks or not len(seen.score):
            return []
        place = np.array([t.state[:2] for t in self.tracks])
        own = np.array([t.covariance[:2, :2] for t in self.tracks])
        away = seen.place[None, :, :2] - place[:, None]
        both = own[:, None] + seen.covariance[None]
        miss = np.einsum("tni,tnij,tnj->tn", away, np.linalg.inv(both), away)
        family = np.array([FAMILY[t.kind] for t in self.tracks])
        miss[family[:, None] != FAMILY[seen.kind][None]] = np.inf
        # beyond the gate a pair costs more than leaving both alone, so none is forced
        cost = np.where(miss < GATE, miss + np.log(np.linalg.det(both)), 1e6)
        rows, columns = linear_sum_assignment(cost)
        return [(int(k), int(n)) for k, n in zip(rows, columns, strict=True)
                if miss[k, n] < GATE]

    def _born(self, seen: Objects, n: int) -> Track:
        covariance = np.zeros((4, 4))
        covariance[:2, :2] = seen.covariance[n]
        kind = int(seen.kind[n])
        heading = float(seen.heading[n])
        covariance[2:, 2:] = _oriented(np.array([heading]), _FIRST_SPEED[[kind]])[0]
        votes = np.zeros(len(FAMILY))
        votes[kind] = seen.score[n]
        track = Track(self._next, np.array([*seen.place[n, :2], 0.0, 0.0]), covariance,
                      float(seen.place[n, 2]), heading, seen.size[n].copy(), votes,
                      np.eye(4)[int(seen.light[n])], float(seen.score[n]))
        self._next += 1
        return track


def _oriented(heading: Float64, sigma: Float64) -> Float64:
    """Covariances [T, 2, 2] with deviations `sigma` [T, 2] along and across headings [T]."""
    c, s = np.cos(heading), np.sin(heading)
    axes = np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)
    return np.asarray((axes * sigma[:, None] ** 2) @ axes.transpose(0, 2, 1))


def _predict(tracks: list[Track], moved: tuple[float, float, float], dt_s: float) -> None:
    """Move tracks by their velocity, then see them from where the car now is."""
    if not tracks:
        return
    forward, left, turn = moved
    a = np.eye(4)
    a[0, 2] = a[1, 3] = dt_s
    g = np.array([[dt_s**2 / 2, 0], [0, dt_s**2 / 2], [dt_s, 0], [0, dt_s]])
    c, s = np.cos(turn), np.sin(turn)
    back = np.array([[c, s], [-s, c]])
    whole = np.kron(np.eye(2), back)
    heading = np.array([t.heading for t in tracks])
    push = _oriented(heading, _PUSH[[t.kind for t in tracks]])
    state = np.stack([t.state for t in tracks]) @ a.T
    state[:, :2] -= (forward, left)
    state = state @ whole.T
    covariance = a @ np.stack([t.covariance for t in tracks]) @ a.T + g @ push @ g.T
    covariance = whole @ covariance @ whole.T
    past = (np.stack([t.past for t in tracks]) - (forward, left)) @ back.T
    heading = np.arctan2(np.sin(heading - turn), np.cos(heading - turn))
    for k, track in enumerate(tracks):
        track.state, track.covariance, track.past = state[k], covariance[k], past[k]
        track.heading = float(heading[k])


def _update(track: Track, seen: Objects, n: int) -> None:
    """Take a sighting: Kalman update of place, running means of the rest."""
    h = np.eye(2, 4)
    gain = track.covariance @ h.T @ np.linalg.inv(track.covariance[:2, :2] + seen.covariance[n])
    track.state = track.state + gain @ (seen.place[n, :2] - track.state[:2])
    keep = np.eye(4) - gain @ h
    # Joseph's form stays symmetric and positive
    track.covariance = (keep @ track.covariance @ keep.T
                        + gain @ seen.covariance[n] @ gain.T)
    share = max(0.1, 1.0 / (track.sightings + 1))
    track.size = track.size + share * (seen.size[n] - track.size)
    track.z += share * (float(seen.place[n, 2]) - track.z)
    # what is seen is an axis; which way along it, the motion tells
    turn = (float(seen.heading[n]) - track.heading + np.pi / 2.0) % np.pi - np.pi / 2.0
    if track.moves:
        vx, vy = track.state[2:]
        if vx * np.cos(track.heading) + vy * np.sin(track.heading) < 0.0:
            track.heading += np.pi
        if np.hypot(vx, vy) > 2.0:
            away = np.arctan2(vy, vx) - track.heading
            turn = np.arctan2(np.sin(away), np.cos(away))
    track.heading = float(track.heading + 0.3 * turn)
    track.votes[seen.kind[n]] += seen.score[n]
    track.lamp = (1.0 - _LAMP_SHARE) * track.lamp
    track.lamp[int(seen.light[n])] += _LAMP_SHARE
    track.score = 0.7 * track.score + 0.3 * float(seen.score[n])
    track.sightings += 1
    track.missed = 0

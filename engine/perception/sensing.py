"""What a vehicle knows of itself at each look that may make the moment worth keeping.

Each trigger reads one number of `Signals`. All of them come from what the car has aboard: wheel
odometry, the map's route, and what its networks made of the pictures.

Shape letters: P points of the route.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.perception.bev import FAMILY
from engine.perception.bodies import CONE, CYCLIST
from engine.perception.calibration import to_camera
from engine.perception.cameras import Camera
from engine.perception.decode import Detections
from engine.perception.metrics import pairwise_iou
from engine.perception.ood import Familiar, statistics
from engine.perception.perceive import LEAST_SCORE
from engine.perception.track import Track

UInt8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

SAME: Final = 0.3
"""IoU from which two models' boxes are of one thing."""
SLOPE_TICKS: Final = 4
"""Speeds over which the deceleration is fitted: 0.3 s."""
SMOOTH_LOOKS: Final = 3
NEAR_M: Final = 40.0
LOST_LOOKS: Final = 3
SWITCH_M: Final = 3.0
"""A track that another, seen one is so near to has only changed its number."""
SAME_WAY: Final = 0.8
"""Cosine to the route from which somebody drives the same way."""
INSIDE_M: Final = 1.3
"""Nearer than this to the middle of the way, somebody is on it."""
PLAIN_PX: Final = 60
"""Pixels from which a thing counts between two models."""
HALF_SEEN: Final = 0.25
"""A model with a box of this score does not contradict one that is sure."""
WIDE_M: Final = 1.9
"""Farther than this from the middle of the way, somebody drives in another lane."""
AHEAD_M: Final = 30.0
HEADWAY_S: Final = 3.0
RECENT_S: Final = 3.0
SOON_S: Final = 1.0
MARGIN_PX: Final = 8.0
DEPTH_FAR_M: Final = 80.0
NOTHING: Final = -9.0
"""A signal without anything to tell; below every threshold."""


@dataclass(frozen=True, slots=True)
class Signals:
    """One look's numbers; higher is more worth keeping.

    Attributes:
        time: s.
        braking: Deceleration by odometry, m/s².
        disagreement: Scores of what one of two models sees and the other does not, least of the
            last looks; `NOTHING` without a second model.
        uncertainty: Mean deviation of ln z that the network gives its depth below the horizon.
        strangeness: Distance to known pictures; `NOTHING` where none are known.
        lost: Confidence in a track that vanished in plain view.
        cut_in: Speed at which somebody from another lane comes onto the own one, m/s.
        words: Of each of the above, what it is about; empty where nothing is to tell.
    """

    time: float
    braking: float
    disagreement: float
    uncertainty: float
    strangeness: float
    lost: float
    cut_in: float
    words: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """What `Sensing.step` is given at one look.

    Attributes:
        time: s.
        speeds: Odometry since the last look, one a tick of 0.1 s, m/s, the last now.
        image: uint8 [H, W, 3], of the front camera.
        found: Detections of each view of the network that drives, scores descending.
        tracks: Its confirmed tracks, also those missed lately.
        depth: float32 [2, H/4, W/4], of the front camera: mean and deviation of ln z, z in m.
        road: float32, of the front camera: probability of drivable.
        route: float64 [P, 2], the way ahead, ego frame, m.
        other: Detections of a second network, in the same views; None without.
    """

    time: float
    speeds: Sequence[float]
    image: UInt8
    found: Sequence[Detections]
    tracks: Sequence[Track]
    depth: Float32
    road: Float32
    route: Float64
    other: Sequence[Detections] | None = None


class Sensing:
    """Turns looks into signals; remembers the last seconds of one drive.

    Args:
        front: Camera whose pictures are given.
        familiar: Known pictures, or None.
    """

    def __init__(self, front: Camera, familiar: Familiar | None = None) -> None:
        self._front = front
        self._familiar = familiar
        self._speeds: deque[float] = deque(maxlen=SLOPE_TICKS)
        self._apart: deque[float] = deque(maxlen=SMOOTH_LOOKS)
        self._strange: deque[float] = deque(maxlen=SMOOTH_LOOKS)
        self._doubt: deque[float] = deque(maxlen=SMOOTH_LOOKS)

    def step(self, given: Given) -> Signals:
        """Signals of the next look."""
        words: dict[str, str] = {}
        self._speeds.extend(given.speeds)
        self._doubt.append(_doubt(given.depth))
        strange = NOTHING
        if self._familiar is not None:
            one, most = self._familiar.strangeness(
                statistics(given.image, given.depth[1], given.road))
            self._strange.append(one)
            strange = float(np.median(self._strange))
            words["out of distribution"] = f"{most} unlike any known picture"
        apart = NOTHING
        if given.other is not None:
            self._apart.append(_apart(given.found, given.other))
            apart = float(min(self._apart)) if len(self._apart) == SMOOTH_LOOKS else 0.0
            words["disagreement"] = "one network sees what the other does not"
        slow = braking(self._speeds)
        words["hard braking"] = f"{slow:.1f} m/s²"
        words["uncertainty"] = f"depth uncertain by {100.0 * float(np.mean(self._doubt)):.0f} %"
        lost, gone = self._lost(given)
        cut, who = self._cut_in(given)
        words |= {"track lost": gone, "cut-in": who}
        return Signals(given.time, slow, apart, float(np.mean(self._doubt)), strange, lost, cut,
                       words)

    def _lost(self, given: Given) -> tuple[float, str]:
        """The surest track that is no longer seen at all though nothing stands before it."""
        best, words = NOTHING, ""
        for t in given.tracks:
            x, y = float(t.state[0]), float(t.state[1])
            if t.missed < LOST_LOOKS or t.kind > CONE or np.hypot(x, y) > NEAR_M:
                continue
            uv, z = to_camera(self._front, np.array([[x, y, max(0.4, t.z)]]))
            u, v = float(uv[0, 0]), float(uv[0, 1])
            if z[0] < 2.0 or not (MARGIN_PX < u < self._front.width - MARGIN_PX
                                  and 0.0 < v < self._front.height):
                continue
            row = min(int(v / 4), given.depth.shape[1] - 1)
            column = min(int(u / 4), given.depth.shape[2] - 1)
            if np.exp(given.depth[0, row, column]) < 0.8 * z[0]:
                continue  # something stands before it
            boxes = given.found[0].boxes
            if ((boxes[:, 0] < u + 2) & (boxes[:, 2] > u - 2) & (boxes[:, 1] < v + 2)
                    & (boxes[:, 3] > v - 2)).any():
                continue  # half seen, or by another track
            if any(o.missed == 0 and np.hypot(*(o.state[:2] - t.state[:2])) < SWITCH_M
                   for o in given.tracks):
                continue
            sureness = t.score / 0.8 ** t.missed * min(1.0, t.sightings / 8.0)
            if sureness > best:
                best, words = sureness, f"track {t.number}, {np.hypot(x, y):.0f} m away"
        return best, words

    def _cut_in(self, given: Given) -> tuple[float, str]:
        """Who comes from another lane onto the own one, ahead, near and driving the same way."""
        best, words = NOTHING, ""
        speed = float(given.speeds[-1])
        for t in given.tracks:
            if t.kind > CYCLIST or t.missed > 1:
                continue
            at = beside(given.route, t.state[:2])
            forward = float(t.state[2:] @ at.ahead)
            inward = -float(np.sign(at.aside)) * float(
                at.ahead[0] * t.state[3] - at.ahead[1] * t.state[2])
            soon = abs(at.aside) - SOON_S * inward
            if (2.5 < at.along < min(AHEAD_M, HEADWAY_S * max(speed, 2.0)) and speed >= 2.0
                    and forward >= 1.0
                    and forward >= SAME_WAY * float(np.hypot(*t.state[2:]))
                    and INSIDE_M - 0.7 < abs(at.aside) < WIDE_M + 0.3 and soon < INSIDE_M
                    and inward > best):
                best, words = inward, f"track {t.number}, {at.along:.0f} m ahead"
        return best, words


def braking(speeds: Sequence[float]) -> float:
    """Deceleration by a straight line through speeds 0.1 s apart, m/s²; 0 for fewer than three."""
    v = np.asarray(speeds, np.float64)
    if len(v) < 3:
        return 0.0
    t = 0.1 * (np.arange(len(v)) - (len(v) - 1) / 2.0)
    return float(-(t * v).sum() / (t * t).sum())


class Beside(NamedTuple):
    """A place along a route.

    along: m from the ego's own station. aside: m, left above 0. ahead: float64 [2], the route's
    direction there.
    """

    along: float
    aside: float
    ahead: Float64


def beside(route: Float64, place: npt.NDArray[np.floating]) -> Beside:
    """Where a place is along a route and aside of it.

    Args:
        route: float64 [P, 2], ego frame, m.
        place: [2], likewise.
    """
    step = np.diff(route, axis=0)
    station = np.concatenate([[0.0], np.cumsum(np.hypot(step[:, 0], step[:, 1]))])
    own = int((route * route).sum(axis=1).argmin())
    away = route - np.asarray(place, np.float64)
    k = min(int((away * away).sum(axis=1).argmin()), len(step) - 1)
    ahead = step[k] / max(float(np.hypot(*step[k])), 1e-9)
    dx, dy = -away[k]
    return Beside(float(station[k] + ahead[0] * dx + ahead[1] * dy - station[own]),
                  float(ahead[0] * dy - ahead[1] * dx), ahead)


def _doubt(depth: Float32) -> float:
    """Mean deviation of ln z below the middle of the picture, where z is within `DEPTH_FAR_M`."""
    half = depth.shape[1] // 2
    mean, deviation = depth[0, half:], depth[1, half:]
    near = mean < np.log(DEPTH_FAR_M)
    return float(deviation[near].mean()) if near.any() else float(deviation.mean())


def _apart(ours: Sequence[Detections], theirs: Sequence[Detections]) -> float:
    """Summed scores of what one model is sure of and the other has no box for."""
    total = 0.0
    for a, b in ((ours, theirs), (theirs, ours)):
        for mine, other in zip(a, b, strict=True):
            count = int((mine.scores >= LEAST_SCORE).sum())
            half = int((other.scores >= HALF_SEEN).sum())
            overlap = pairwise_iou(mine.boxes[:count], other.boxes[:half])
            overlap[FAMILY[mine.classes[:count, None]] != FAMILY[other.classes[:half]][None]] = 0.0
            size = np.prod(mine.boxes[:count, 2:] - mine.boxes[:count, :2], axis=1)
            alone = (overlap.max(axis=1, initial=0.0) < SAME) & (mine.classes[:count] <= CONE) & (
                size >= PLAIN_PX)
            total += float(mine.scores[:count][alone].sum())
    return total

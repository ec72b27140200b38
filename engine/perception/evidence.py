"""What the looks around a moment hold that may make it worth keeping.

All comes from what the car has aboard: its networks' detections, tracks and depth, and the map's
route. A clip is cut some time after the event, so that the looks behind a moment count as well as
those before it.

Shape letters: P points of the route, K looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.perception.bev import FAMILY
from engine.perception.bodies import CONE, CYCLIST
from engine.perception.calibration import to_camera
from engine.perception.cameras import Camera
from engine.perception.decode import Detections
from engine.perception.metrics import pairwise_iou
from engine.perception.perceive import LEAST_SCORE
from engine.perception.track import FADE, Track

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

SAME: Final = 0.3
"""IoU from which two models' boxes are of one thing."""
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
MARGIN_PX: Final = 8.0
HIDDEN: Final = 0.3
"""A surface nearer than this share of a track's distance stands before it."""
LASTS: Final = 3
"""Looks of 0.2 s that two networks see different things."""
CROSSED: Final = 8
"""Looks within which the edge of the own lane was crossed."""
KNOWN_LOOKS: Final = 8
"""A track in so many looks is no passing error."""
UNSURE_M: Final = 0.3
"""How far off a track's place aside may be."""


class Lone(NamedTuple):
    """What one of two networks is sure of and the other has no box for, at one look.

    near: Summed scores of those that overlap no box of another kind either, to a canonical depth of
    `NEAR_M`. best: Highest of these. all: Summed scores of everything.
    """

    near: float
    best: float
    all: float


class Beside(NamedTuple):
    """A place along a route.

    along: m from the ego's own station. aside: m, left above 0. ahead: float64 [2], the route's
    direction there.
    """

    along: float
    aside: float
    ahead: Float64


class Along(NamedTuple):
    """A track at one look, seen from the route.

    aside, along: As in `Beside`. forward: Speed along the route, m/s. speed: m/s. score: Of the
    track. seen: Whether it was sighted at this look.
    """

    aside: float
    along: float
    forward: float
    speed: float
    score: float
    seen: bool


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


def in_front(camera: Camera, place: npt.NDArray[np.floating]) -> bool:
    """Whether a place on the ground plane shows in a camera, not at its very edge."""
    uv, z = to_camera(camera, np.array([[place[0], place[1], 0.8]]))
    return bool(z[0] >= 2.0 and MARGIN_PX < uv[0, 0] < camera.width - MARGIN_PX)


def lone(ours: Sequence[Detections], theirs: Sequence[Detections]) -> Lone:
    """What one of two networks sees alone.

    Args:
        ours: Detections of each view, scores descending.
        theirs: Those of the other network.
    """
    near = best = whole = 0.0
    for a, b in ((ours, theirs), (theirs, ours)):
        for mine, other in zip(a, b, strict=True):
            count = int((mine.scores >= LEAST_SCORE).sum())
            half = int((other.scores >= HALF_SEEN).sum())
            boxes, kinds = mine.boxes[:count], mine.classes[:count]
            overlap = pairwise_iou(boxes, other.boxes[:half])
            alike = np.where(FAMILY[kinds[:, None]] == FAMILY[other.classes[:half]][None],
                             overlap, 0.0)
            alone = ((alike.max(axis=1, initial=0.0) < SAME) & (kinds <= CONE)
                     & (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) >= PLAIN_PX))
            # a second box of the same thing, and one of another kind, contradict nobody
            twice = np.tril(pairwise_iou(boxes, boxes), -1).max(axis=1, initial=0.0) >= SAME
            clear = alone & ~twice & (overlap.max(axis=1, initial=0.0) < SAME) & (
                mine.log_z[:count] < np.log(NEAR_M))
            scores = mine.scores[:count]
            near += float(scores[clear].sum())
            best = max(best, float(scores[clear].max(initial=0.0)))
            whole += float(scores[alone].sum())
    return Lone(near, best, whole)


def disagreement(looks: Sequence[Lone], now: int) -> Float64 | None:
    """Evidence that two networks see different things for a while, for a judge to weigh.

    Args:
        looks: [K], in order.
        now: The moment's index.

    Returns:
        float64 [10]: least of `Lone` up to the moment, least near and best from it on, mean of
        both, near and best now; None where the networks agree.
    """
    if looks[now].all == 0.0:
        return None
    rows = np.array(looks)
    first = max(0, now - LASTS + 1)
    return np.concatenate([rows[first:now + 1].min(axis=0), rows[now:now + LASTS, :2].min(axis=0),
                           rows[first:now + LASTS].mean(axis=0), rows[now, :2]])


def lost(tracks: Sequence[Track], ended: AbstractSet[int], depth: Float32, front: Camera,
         ) -> tuple[float, str] | None:
    """How sure a track near before the car was that ended now though nothing hides it.

    Args:
        tracks: Confirmed tracks, also those missed lately.
        ended: Numbers of those that now count as gone.
        depth: float32 [2, H/4, W/4], of the front camera: mean and deviation of ln z.
        front: The camera.

    Returns:
        Score before it was missed, and which one in words; None where none was lost.
    """
    found: tuple[float, str] | None = None
    for t in tracks:
        place = t.state[:2]
        if (t.number not in ended or t.kind > CONE or np.hypot(*place) > NEAR_M
                or not in_front(front, place)
                or any(o.missed == 0 and np.hypot(*(o.state[:2] - place)) < SWITCH_M
                       for o in tracks)):
            continue
        uv, z = to_camera(front, np.array([[*place, max(0.4, t.z)]]))
        row = min(max(int(uv[0, 1] / 4), 0), depth.shape[1] - 1)
        column = min(max(int(uv[0, 0] / 4), 0), depth.shape[2] - 1)
        sure = t.score / FADE ** t.missed
        if depth[0, row, column] > np.log(HIDDEN * z[0]) and (found is None or sure > found[0]):
            found = (sure, f"track {t.number}, {np.hypot(*place):.0f} m away")
    return found


def along(tracks: Sequence[Track], route: Float64) -> dict[int, Along]:
    """Tracks of vehicles as seen from the route, by number."""
    rows = {}
    for t in tracks:
        if t.kind <= CYCLIST:
            at = beside(route, t.state[:2])
            rows[t.number] = Along(at.aside, at.along, float(t.state[2:] @ at.ahead),
                                   float(np.hypot(*t.state[2:])), t.score, t.missed == 0)
    return rows


def cut_in(looks: Sequence[Mapping[int, Along]], now: int, speed: float,
           ) -> tuple[float, int] | None:
    """How sure it is that somebody came from another lane into the own one.

    Args:
        looks: [K], from some seconds before the moment to a little after it.
        now: The moment's index.
        speed: The car's own, m/s.

    Returns:
        In [0, 1]: the track's score, times the shares of looks that sighted it, that it stays, and
        of a second and a half that it is known; and its number. None where nobody did.
    """
    if speed < 2.0:
        return None
    found: tuple[float, int] | None = None
    for number, a in looks[now].items():
        if not (2.0 < a.along < min(AHEAD_M, HEADWAY_S * speed) and a.forward >= 0.8
                and a.forward >= SAME_WAY * a.speed and abs(a.aside) < INSIDE_M + UNSURE_M):
            continue
        steps = [(k, look[number]) for k, look in enumerate(looks) if number in look]
        came = [abs(s.aside) for k, s in steps if k <= now]
        if (max(came) < WIDE_M - UNSURE_M or not any(
                abs(s.aside) > INSIDE_M for k, s in steps if now - CROSSED <= k <= now)):
            continue
        stays = sum(abs(s.aside) < INSIDE_M + UNSURE_M for k, s in steps if k >= now) / (
            len(looks) - now)
        hits = float(np.mean([s.seen for _, s in steps]))
        sure = (float(np.mean([s.score for _, s in steps])) * hits * stays
                * min(len(steps), KNOWN_LOOKS) / KNOWN_LOOKS)
        if found is None or sure > found[0]:
            found = (sure, number)
    return found


def doubt(depth: Float32, far_m: float) -> float:
    """Mean deviation of ln z below the middle of the picture, where z is within `far_m`."""
    half = depth.shape[1] // 2
    mean, deviation = depth[0, half:], depth[1, half:]
    near = mean < np.log(far_m)
    return float(deviation[near].mean()) if near.any() else float(deviation.mean())


def braking(speeds: Sequence[float]) -> float:
    """Deceleration by a straight line through speeds 0.1 s apart, m/s²; 0 for fewer than three."""
    v = np.asarray(speeds, np.float64)
    if len(v) < 3:
        return 0.0
    t = 0.1 * (np.arange(len(v)) - (len(v) - 1) / 2.0)
    return float(-(t * v).sum() / (t * t).sum())

"""What a snapshot of a drive holds: facts ready for JSON, and parts as bytes.

Names are the ones `assets/player/perception` reads. Lengths are whole centimetres in the ego frame
(x forward, y left), pixels are tenths of a pixel, shares are per cent, unless said.

Blobs: eight JPEGs in the order of `cameras.VIEWS` (empty for a lost camera), then the depth of all
views (deflated uint8 [8, h, w], `depth_bytes`; a browser opens it only to show it), the drivable
masks of all views (`run_lengths`: a deflated part costs a browser more to open than to draw), and
the heat of an explanation (deflated int8 [H, W]; empty when there is none).
"""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.perception import bodies
from engine.perception.bev import FAMILY, lift
from engine.perception.cameras import VIEWS, Camera
from engine.perception.decision import Decision
from engine.perception.live_eyes import Look
from engine.perception.live_quality import true_boxes
from engine.perception.pipeline import Bool
from engine.perception.planner import Plan
from engine.perception.stage import road_lines
from engine.perception.track import Track
from engine.perception.world import World

UInt8 = npt.NDArray[np.uint8]
UInt16 = npt.NDArray[np.uint16]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

JPEG_QUALITY: Final = 78
DEPTH_M: Final = (1.0, 100.0)
"""Depths of byte 0 and 254; 255 is unknown."""
DRIVABLE: Final = 0.5
LINE_POINTS: Final = 14
PATH_EVERY: Final = 3
"""Of a forecast's steps of 0.1 s, every how many is sent."""
LEAST_PROBABILITY: Final = 0.06
MOST_PATHS: Final = 4
TRACK_REACH_M: Final = 75.0
STILL_MPS: Final = 0.8
"""What is slower is shown to stay."""
SAME_M: Final = 2.5
"""A detection this near to a track, and a twentieth of its distance, is that track's."""


def camera_facts(cameras: Sequence[Camera]) -> list[dict[str, Any]]:
    """Calibration of each view."""
    return [{"name": name, "fx": c.fx, "fy": c.fy, "cx": c.cx, "cy": c.cy, "width": c.width,
             "height": c.height, "R": np.asarray(c.R).ravel().tolist(),
             "t": np.asarray(c.t).tolist()} for name, c in zip(VIEWS, cameras, strict=True)]


def view_facts(look: Look, cameras: Sequence[Camera], working: Bool) -> list[dict[str, Any]]:
    """Boxes of each view: x0, y0, x1, y1, class, score, distance (dm), track or −1, light."""
    at = np.array([t.state[:2] for t in look.seen.tracks]).reshape(-1, 2)
    family = np.array([FAMILY[t.kind] for t in look.seen.tracks], np.int64)
    number = [t.number for t in look.seen.tracks]
    out = []
    for v, found in enumerate(look.seen.found):
        boxes: list[list[int]] = []
        if found is not None and len(found.scores):
            objects = lift(found, cameras[v], v)
            places = objects.place[:, :2]
            away = np.hypot(*(places - np.asarray(cameras[v].t)[:2]).T)
            apart = np.linalg.norm(places[:, None] - at[None], axis=2)
            apart[FAMILY[found.classes][:, None] != family[None]] = np.inf
            for d in range(len(found.scores)):
                nearest = int(apart[d].argmin()) if len(at) else -1
                near = nearest >= 0 and apart[d, nearest] < SAME_M + 0.05 * away[d]
                boxes.append([*(round(10.0 * float(b)) for b in found.boxes[d]),
                              int(found.classes[d]), round(100.0 * float(found.scores[d])),
                              round(10.0 * float(away[d])), number[nearest] if near else -1,
                              int(objects.light[d])])
        out.append({"on": bool(working[v]), "boxes": boxes})
    return out


def track_facts(look: Look, least_score: float) -> list[dict[str, Any]]:
    """Tracks with where they may go."""
    forecasts = look.seen.forecasts
    rows = {} if forecasts is None else {int(n): k for k, n in enumerate(forecasts.track)}
    out = []
    for t in look.seen.tracks:
        x, y, vx, vy = (float(s) for s in t.state)
        if t.score < least_score or math.hypot(x, y) > TRACK_REACH_M:
            continue
        row, speed = rows.get(t.number), math.hypot(vx, vy)
        paths = []
        if forecasts is not None and row is not None and speed > STILL_MPS:
            for p, path in zip(forecasts.probability[row], forecasts.paths[row], strict=True):
                if p >= LEAST_PROBABILITY:
                    paths.append([round(100.0 * float(p)),
                                  *_cm(path[PATH_EVERY - 1::PATH_EVERY])])
        paths = sorted(paths, key=lambda path: -path[0])[:MOST_PATHS]
        out.append({"id": t.number, "cls": t.kind, "at": _cm(t.state[None, :2]),
                    "z": round(100.0 * t.z), "yaw": round(math.degrees(t.heading)),
                    "size": [round(100.0 * float(s)) for s in t.size], "speed": round(speed, 1),
                    "score": round(100.0 * t.score), "seen": t.sightings, "missed": t.missed,
                    "sigma": round(_sigma(t), 2), "light": t.light, "paths": paths})
    return out


def line_facts(look: Look) -> list[dict[str, Any]]:
    """Lines on the ground: kind (1 lane line, 2 centre line, 3 road edge), score, points."""
    out = []
    for line in look.seen.lines:
        pick = np.unique(np.linspace(0, len(line.points) - 1, LINE_POINTS).astype(np.int64))
        out.append({"kind": int(line.kind), "score": round(100.0 * line.score),
                    "at": _cm(line.points[pick])})
    return out


def plan_facts(plan: Plan) -> dict[str, Any]:
    """The chosen path, and the candidates that were rejected: their way, cost, and collision."""
    c = plan.candidates
    rejected = [{"at": _cm(np.stack([c.x[q, ::5], c.y[q, ::5]], axis=1)),
                 "cost": round(float(c.cost[q]), 2), "hit": bool(c.hit[q] < c.x.shape[1])}
                for q in range(len(c.cost)) if q != plan.chosen]
    return {"at": _cm(plan.path), "speed": [round(float(v), 1) for v in plan.speed],
            "others": rejected}


def decision_facts(said: Decision, plan: Plan, since_s: float) -> dict[str, Any]:
    """What the car means to do as it is said, with the options of this tick and their cost."""
    return {"state": said.state, "why": said.why, "side": said.side, "track": said.track,
            "since": round(since_s, 1), "target": round(plan.target, 2),
            "options": [{"name": o.name, "cost": round(o.cost, 2), "collides": o.collides}
                        for o in plan.decision.options]}


def truth_facts(look: Look, world: World, shapes: Mapping[int, tuple[int, float, float, float]],
                ) -> dict[str, Any]:
    """What is really there: actors (number, class, x, y, yaw°, length, width), boxes, the pose.

    Boxes are x0, y0, x1, y1, class in whole pixels, of things with 25 visible pixels or more.
    """
    now = look.now
    place = (now.state[:, :3] - now.origin) @ now.axes.T
    yaw = math.atan2(now.axes[0, 1], now.axes[0, 0])
    actors = []
    for i in np.flatnonzero(np.hypot(place[:, 0], place[:, 1]) < TRACK_REACH_M):
        if int(now.id[i]) not in shapes:
            continue
        kind, length, width, _ = shapes[int(now.id[i])]
        turn = math.degrees(math.remainder(float(now.state[i, 3]) - yaw, 2.0 * math.pi))
        actors.append([int(now.id[i]), kind, *_cm(place[i:i + 1, :2]), round(turn),
                       round(100.0 * length), round(100.0 * width)])
    boxes = []
    for v in range(len(look.images)):
        box, kinds, pixels = true_boxes(look.rendered, v, world, dict(shapes), look)
        boxes.append([[*map(int, b), int(k)] for b, k, p in zip(box, kinds, pixels, strict=True)
                      if p >= 25])
    return {"actors": actors, "boxes": boxes,
            "pose": [round(float(now.origin[0]), 3), round(float(now.origin[1]), 3),
                     round(yaw, 4)]}


def blobs(look: Look, working: Bool, heat: bytes) -> tuple[bytes, ...]:
    """The parts of a snapshot that are not facts."""
    parts = [jpeg(image) if on else b"" for image, on in zip(look.images, working, strict=True)]
    parts.append(zlib.compress(depth_bytes(look.seen.depth[:, 0]).tobytes(), 1))
    parts.append(run_lengths(look.seen.masks[:, 0] > DRIVABLE).tobytes())
    parts.append(heat)
    return tuple(parts)


def jpeg(image: UInt8) -> bytes:
    """One picture, uint8 [H, W, 3]."""
    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def depth_bytes(log_z: Float32) -> UInt8:
    """Bytes of ln z (z in m), evenly spaced in the logarithm over `DEPTH_M`; 255 where unknown."""
    near, far = (math.log(m) for m in DEPTH_M)
    scaled = np.clip((log_z - near) / (far - near), 0.0, 1.0) * 254.0
    known = np.isfinite(scaled)
    return np.where(known, np.rint(np.where(known, scaled, 0.0)), 255).astype(np.uint8)


def run_lengths(masks: Bool) -> UInt16:
    """Masks as lengths of runs, row by row.

    Args:
        masks: bool [V, h, w], h · w below 65,536.

    Returns:
        uint16 little-endian: for each view the lengths of its runs of False and True by turns,
        False first (0 long where the view begins with True); they add up to h · w.
    """
    lengths = []
    for mask in masks:
        flat = mask.ravel()
        turns = np.flatnonzero(np.diff(flat, prepend=False))
        lengths.append(np.diff(turns, prepend=0, append=flat.size))
    return np.concatenate(lengths).astype("<u2")


def road_layer(world: World) -> Float32:
    """Every painted or kerb line of the town, world frame: per line kind, N, then N of x, y.

    Returns:
        float32, flat; kinds as in `line_facts`.
    """
    out: list[Float64] = []
    for road in world.network.roads:
        stations = np.arange(0.0, road.length + 0.1, 2.0)
        inside = np.zeros(len(stations), np.bool_)
        for low, high in road.gaps:
            inside |= (stations > low) & (stations < high)
        for offset, _, _, kind in road_lines(road, world.style):
            x, y, _ = road.at(stations, offset)
            edge = np.flatnonzero(np.diff(np.concatenate([[True], inside, [True]]).astype(int)))
            for begin, end in zip(edge[::2], edge[1::2], strict=True):
                if end - begin > 1:
                    xy = np.stack([x[begin:end], y[begin:end]], axis=1)
                    out.append(np.concatenate([[kind, end - begin], xy.ravel()]))
    return np.concatenate(out).astype(np.float32) if out else np.zeros(0, np.float32)


def class_names() -> tuple[str, ...]:
    """Names of the classes by number."""
    return bodies.CLASSES


def _cm(points: npt.NDArray[np.floating]) -> list[int]:
    """Points [N, 2] in m as x0, y0, x1, y1, … in whole centimetres."""
    return [round(v) for v in (100.0 * np.asarray(points, np.float64)).ravel().tolist()]


def _sigma(track: Track) -> float:
    """Standard deviation of a track's place, m, the two directions' mean."""
    return math.sqrt(max(0.0, 0.5 * float(track.covariance[0, 0] + track.covariance[1, 1])))

"""One vehicle's labels to look at: what it knew while driving, what is known afterwards, the truth.

Left the front camera, right the ground from above, in the same colours. The pictures are of the
drives that `label_errors` measures.

Shape letters: N labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from engine.perception.autolabel import Labels, label_drive
from engine.perception.bodies import CONE
from engine.perception.calibration import to_camera
from engine.perception.fleet import Drive, Instant
from engine.perception.label_errors import FARTHEST_M, Everyone, Task, everyone, matched
from engine.perception.runtime import Runtime
from engine.perception.second_look import look_twice
from engine.perception.track import Track

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

    from engine.perception.cameras import Camera

Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]

ENLARGED: Final = 3
GROUND_PX: Final = 420
PX_A_METRE: Final = 9.0
CAR_AT: Final = 0.88
"""Where the car stands on the ground panel, share of its height."""
RINGS_M: Final = (20, 40)
NEAR_M: Final = 0.5
COLOURS: Final = {"truth": (255, 255, 255), "online": (240, 112, 42), "offline": (77, 163, 255)}
_GROUND: Final = (13, 19, 26)
_RING: Final = (70, 84, 100)
_WORDS: Final = (147, 165, 184)
_EDGES: Final = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5),
                 (2, 6), (3, 7))


@dataclass(frozen=True, slots=True)
class Body:
    """A label as a body: middle x, y and yaw in the ego frame, length, width, height; m, rad."""

    x: float
    y: float
    yaw: float
    length: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Labelled:
    """One look.

    Attributes:
        time: s.
        picture: uint8 [H, W, 3], the front camera beside the ground.
        pairs: Things that both labelled.
        online_m: Mean error of the labels made while driving, of these; None without any.
        offline_m: The same of those made afterwards.
    """

    time: float
    picture: UInt8
    pairs: int
    online_m: float | None
    offline_m: float | None


def look_at(task: Task, runtime: Runtime) -> list[Labelled]:
    """Drive one vehicle by a human, label it both ways, and draw every look.

    Args:
        task: What to drive, as `label_errors.run` has it.
        runtime: The network that labels.
    """
    drive = Drive(task.job, (runtime,), task.seconds, human=True)
    instants: list[Instant] = []
    objects, tracks = [], []
    for instant in drive:
        objects.append(look_twice(runtime, drive.cameras, instant.images))
        # the tracker goes on with the same tracks: what they are now is read now
        tracks.append([(_body_of(t), t.kind) for t in instant.looks[0].tracks])
        instants.append(instant)
    afterwards = label_drive(objects, [i.motion for i in instants])
    shapes = drive.world.shapes()
    out = []
    for instant, online, labels in zip(instants, tracks, afterwards, strict=True):
        there = everyone(instant, drive.world)
        offline = _bodies(labels)
        ours, theirs = _errors(online, there), _errors(offline, there)
        both = ours.keys() & theirs.keys()
        out.append(Labelled(
            instant.time, _drawn(instant, drive.cameras[0], {
                "truth": _true(instant, shapes), "online": _near(online),
                "offline": _near(offline)}),
            len(both), _mean([ours[n] for n in both]), _mean([theirs[n] for n in both])))
    return out


def _body_of(t: Track) -> Body:
    length, width, height = (float(s) for s in t.size)
    return Body(float(t.state[0]), float(t.state[1]), t.heading, length, width, height)


def _bodies(labels: Labels) -> list[tuple[Body, int]]:
    return [(Body(float(p[0]), float(p[1]), float(h), *(float(v) for v in s)), int(k))
            for p, h, s, k in zip(labels.place, labels.heading, labels.size, labels.kind,
                                  strict=True)]


def _near(bodies: Sequence[tuple[Body, int]]) -> list[Body]:
    return [b for b, kind in bodies if kind <= CONE and np.hypot(b.x, b.y) <= FARTHEST_M]


def _errors(bodies: Sequence[tuple[Body, int]], there: Everyone) -> dict[int, float]:
    near = [(b, k) for b, k in bodies if k <= CONE and np.hypot(b.x, b.y) <= FARTHEST_M]
    return matched(np.array([(b.x, b.y) for b, _ in near]).reshape(-1, 2),
                   np.array([k for _, k in near], np.int64), there)


def _true(instant: Instant, shapes: dict[int, tuple[int, float, float, float]]) -> list[Body]:
    """Road users and cones, in sight or not."""
    now = instant.now
    place = (now.state[:, :3] - now.origin) @ now.axes.T
    turn = float(np.arctan2(now.axes[0, 1], now.axes[0, 0]))
    out = []
    for row in np.flatnonzero(np.hypot(place[:, 0], place[:, 1]) <= FARTHEST_M):
        kind, length, width, height = shapes[int(now.id[row])]
        if kind <= CONE:
            out.append(Body(float(place[row, 0]), float(place[row, 1]),
                            float(now.state[row, 3]) - turn, length, width, height))
    return out


def _drawn(instant: Instant, camera: Camera, layers: dict[str, list[Body]]) -> UInt8:
    """The front picture with every body, and the ground beside it."""
    from PIL import Image, ImageDraw

    image = instant.images[0]
    h, w = image.shape[0] * ENLARGED, image.shape[1] * ENLARGED
    front = Image.fromarray(image).resize((w, h), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(front)
    for name, bodies in layers.items():
        for body in bodies:
            _cuboid(draw, body, camera, COLOURS[name], w)
    ground = Image.new("RGB", (GROUND_PX, h), _GROUND)
    draw = ImageDraw.Draw(ground)
    middle, foot = GROUND_PX / 2, h * CAR_AT
    for ring in RINGS_M:
        r = ring * PX_A_METRE
        draw.ellipse((middle - r, foot - r, middle + r, foot + r), outline=_RING)
        draw.text((middle + 4, foot - r + 2), f"{ring} m", fill=_WORDS)
    draw.polygon([(middle, foot - 12), (middle - 7, foot + 8), (middle + 7, foot + 8)],
                 fill=(255, 255, 255))
    for name, bodies in layers.items():
        for body in bodies:
            corners = [(middle - y * PX_A_METRE, foot - x * PX_A_METRE)
                       for x, y, _ in _corners(body)[:4]]
            draw.line([*corners, corners[0]], fill=COLOURS[name], width=2)
    whole = Image.new("RGB", (w + GROUND_PX, h))
    whole.paste(front)
    whole.paste(ground, (w, 0))
    return np.asarray(whole, np.uint8)


def _corners(body: Body) -> Float64:
    """Corners of a body, the four on the ground first; float64 [8, 3]."""
    c, s = np.cos(body.yaw), np.sin(body.yaw)
    half = 0.5 * np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]]) * (body.length, body.width)
    foot = half @ np.array([[c, s], [-s, c]]) + (body.x, body.y)
    return np.concatenate([np.column_stack([foot, np.full(4, z)]) for z in (0.0, body.height)])


def _cuboid(draw: ImageDraw, body: Body, camera: Camera, colour: tuple[int, int, int],
            width: int) -> None:
    """The edges of a body in the enlarged front picture; none where it reaches behind the lens."""
    uv, z = to_camera(camera, _corners(body))
    if (z < NEAR_M).any() or not ((uv[:, 0] > 0) & (uv[:, 0] * ENLARGED < width)).any():
        return
    for a, b in _EDGES:
        draw.line([tuple(uv[a] * ENLARGED), tuple(uv[b] * ENLARGED)], fill=colour, width=1)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None

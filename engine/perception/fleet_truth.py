"""What the pictures of a vehicle really show, and where a model is wrong about it.

Road users and cones alone, which a car must not hit; lights and signs are left out. What has fewer
than 25 visible pixels or is swallowed by haze need not be found, and finding it is no mistake.

Shape letters: N labelled things, D detections, V views.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.perception.bev import FAMILY
from engine.perception.bodies import CONE
from engine.perception.decode import Detections
from engine.perception.labels import FOG_SHARE
from engine.perception.metrics import pairwise_iou
from engine.perception.render import Rendered
from engine.perception.world import Snapshot, World

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

LEAST_PX: Final = 25
SAME: Final = 0.3
"""IoU from which a detection is of a thing; boxes of distant things are a few pixels wide."""


class Things(NamedTuple):
    """What is labelled in the pictures of one instant.

    view: int64 [N], index among the vehicle's cameras. box: float32 [N, 4], x0, y0, x1, y1, px.
    kind: int64 [N], class. pixels: int64 [N], visible. actor: int64 [N], number of the actor.
    place: float64 [N, 2], middle in the ego frame, m. must: bool [N], whether it must be found.
    """

    view: Int64
    box: Float32
    kind: Int64
    pixels: Int64
    actor: Int64
    place: Float64
    must: Bool


class Wrong(NamedTuple):
    """Where a model errs at one instant.

    phantoms: (view, row among its detections) of what is not there.
    missed: Numbers of actors that no view found.
    found: Numbers of actors found.
    """

    phantoms: tuple[tuple[int, int], ...]
    missed: frozenset[int]
    found: frozenset[int]


def labelled(seen: Rendered, now: Snapshot, world: World) -> Things:
    """Everything of classes car to cone that shows in the pictures."""
    assert seen.placed is not None
    shapes = world.shapes()
    limit = FOG_SHARE * world.weather.visibility_m
    rows = [(v, int(k), int(seen.placed.actor[k - 1]))
            for v in range(len(seen.images)) for k in np.flatnonzero(seen.visible[v])
            if k > 0 and seen.placed.actor[k - 1] >= 0]
    view = np.array([r[0] for r in rows], np.int64)
    label = np.array([r[1] for r in rows], np.int64)
    row = np.array([r[2] for r in rows], np.int64)
    actor = now.id[row].astype(np.int64) if len(rows) else np.zeros(0, np.int64)
    kind = np.array([shapes[int(a)][0] for a in actor], np.int64)
    away = (now.state[row, :3] - now.origin) @ now.axes.T if len(rows) else np.zeros((0, 3))
    pixels = seen.visible[view, label].astype(np.int64)
    keep = kind <= CONE
    things = Things(view, seen.extent[view, label].astype(np.float32), kind, pixels, actor,
                    away[:, :2], (pixels >= LEAST_PX) & (np.hypot(*away[:, :2].T) <= limit))
    return Things._make(column[keep] for column in things)


def mistakes(found: Sequence[Detections], things: Things, least: float) -> Wrong:
    """Compare a model's detections with what is there.

    Args:
        found: Of each view.
        things: The truth.
        least: Score from which a detection counts.
    """
    phantoms: list[tuple[int, int]] = []
    hit: set[int] = set()
    for v, f in enumerate(found):
        count = int((f.scores >= least).sum())
        here = things.view == v
        overlap = pairwise_iou(f.boxes[:count], things.box[here])
        overlap[FAMILY[f.classes[:count, None]] != FAMILY[things.kind[here]][None]] = 0.0
        actors = things.actor[here]
        free = np.ones(len(actors), np.bool_)
        for d in range(count):
            if f.classes[d] > CONE:
                continue
            best = int(np.argmax(overlap[d] * free)) if len(actors) else -1
            if best >= 0 and free[best] and overlap[d, best] >= SAME:
                free[best] = False
                hit.add(int(actors[best]))
            elif _size(f.boxes[d]) >= LEAST_PX and not (overlap[d] >= SAME).any():
                phantoms.append((v, d))
    must = {int(a) for a in things.actor[things.must]}
    return Wrong(tuple(phantoms), frozenset(must - hit), frozenset(hit))


def _size(box: Float32) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))

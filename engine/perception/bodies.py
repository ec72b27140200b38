"""Bodies of what moves: cars, trucks, buses, cyclists, pedestrians, cones and barriers.

A body stands at its own origin: x forward from the middle of its length, z up from the ground.
Colours marked as paint are replaced by an actor's own.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from engine.perception import meshes
from engine.perception.meshes import Colour, Mesh, box, frustum, join, quads, tube, wheel

PAINTED: Final[Colour] = (-1.0, -1.0, -1.0)
SECOND: Final[Colour] = (-2.0, -2.0, -2.0)
"""Stand for the actor's first and second colour."""
_TYRE: Final[Colour] = (0.022, 0.022, 0.024)
_RIM: Final[Colour] = (0.34, 0.35, 0.36)
_GLASS: Final[Colour] = (0.030, 0.036, 0.042)
_DARK: Final[Colour] = (0.035, 0.036, 0.040)
_CHROME: Final[Colour] = (0.50, 0.50, 0.50)
_WHITE: Final[Colour] = (0.80, 0.80, 0.78)
_ORANGE: Final[Colour] = (0.82, 0.16, 0.02)
_SKIN: Final[Colour] = (0.42, 0.26, 0.18)

CAR, TRUCK, CYCLIST, PEDESTRIAN, CONE, LIGHT, SIGN = range(7)
CLASSES: Final = ("car", "truck", "cyclist", "pedestrian", "cone", "traffic light", "sign")

SHAPES: Final[dict[str, tuple[int, float, float, float]]] = {
    "hatchback": (CAR, 4.0, 1.76, 1.48),
    "saloon": (CAR, 4.7, 1.83, 1.44),
    "suv": (CAR, 4.6, 1.90, 1.70),
    "van": (CAR, 5.2, 1.98, 2.05),
    "truck": (TRUCK, 8.6, 2.45, 3.35),
    "bus": (TRUCK, 11.4, 2.52, 3.05),
    "cyclist": (CYCLIST, 1.8, 0.60, 1.72),
    "walker": (PEDESTRIAN, 0.55, 0.56, 1.74),
    "cone": (CONE, 0.46, 0.46, 0.80),
    "barrier": (CONE, 0.40, 2.20, 1.05),
}
"""Class, length, width and height in m of each shape."""


@cache
def body(shape: str) -> Mesh:
    """The mesh of a shape; shared, never written to."""
    _, length, width, height = SHAPES[shape]
    if shape in ("hatchback", "saloon", "suv", "van"):
        return _car(shape, length, width, height)
    if shape == "truck":
        return _truck(length, width, height)
    if shape == "bus":
        return _bus(length, width, height)
    if shape == "cyclist":
        return _cyclist(height)
    if shape == "walker":
        return _walker(height)
    if shape == "cone":
        return _cone(height)
    return _barrier(width, height)


def _lamp(x: float, y0: float, y1: float, z0: float, z1: float, colour: Colour, part: int) -> Mesh:
    """A lamp on the front (x > 0) or the back of a body."""
    corners = [[x, y0, z0], [x, y1, z0], [x, y1, z1], [x, y0, z1]]
    return quads([corners if x > 0 else corners[::-1]], colour, meshes.LAMP, part)


def _face(x: float, half: float, z0: float, z1: float, colour: Colour) -> Mesh:
    corners = [[x, -half, z0], [x, half, z0], [x, half, z1], [x, -half, z1]]
    return quads([corners if x > 0 else corners[::-1]], colour)


def _wheels(xs: tuple[float, ...], half: float, radius: float, width: float) -> list[Mesh]:
    return [wheel(x, side * (half - 0.5 * width + 0.02), radius, width, side, _TYRE, _RIM)
            for x in xs for side in (1.0, -1.0)]


def _car(shape: str, length: float, width: float, height: float) -> Mesh:
    a, w = 0.5 * length, 0.5 * width
    waist = height * (0.62 if shape != "van" else 0.55)
    rear, front = {"hatchback": (-0.99, 0.34), "saloon": (-0.66, 0.30), "suv": (-0.98, 0.38),
                   "van": (-0.995, 0.62)}[shape]
    roof_rear, roof_front = {"hatchback": (-0.80, 0.05), "saloon": (-0.42, 0.04),
                             "suv": (-0.88, 0.08), "van": (-0.97, 0.30)}[shape]
    bonnet = waist - (0.06 if shape in ("hatchback", "van") else 0.09)
    sill = 0.20
    parts = [
        # lower body, tucked in at the sills; shoulders; bonnet and boot a little lower
        frustum((-a * 0.985, a * 0.985, -w * 0.94, w * 0.94), (-a, a, -w, w), sill, 0.50, PAINTED,
                meshes.BODY),
        frustum((-a, a, -w, w), (-a * 0.985, a * 0.955, -w * 0.965, w * 0.965), 0.50, bonnet,
                PAINTED, meshes.BODY, floor=False),
        frustum((a * rear, a * front, -w * 0.955, w * 0.955),
                (a * (rear + 0.01), a * (front - 0.05), -w * 0.93, w * 0.93), bonnet, waist,
                PAINTED, meshes.BODY, floor=False),
        frustum((a * (rear + 0.01), a * (front - 0.05), -w * 0.92, w * 0.92),
                (a * roof_rear, a * roof_front, -w * 0.72, w * 0.72), waist, height - 0.05,
                _GLASS, meshes.GLASS, floor=False),
        frustum((a * roof_rear - 0.03, a * roof_front + 0.04, -w * 0.75, w * 0.75),
                (a * roof_rear + 0.05, a * roof_front - 0.08, -w * 0.66, w * 0.66), height - 0.06,
                height, PAINTED, meshes.BODY, floor=False),
    ]
    # pillars between the side windows
    for at in (0.5 * (roof_rear + roof_front) + 0.02, roof_rear + 0.03):
        for side in (1.0, -1.0):
            p = np.array([[a * at - 0.05, side * w * 0.93, waist], [a * at + 0.05, side * w * 0.93,
                                                                   waist],
                          [a * at + 0.05, side * (w * 0.73), height - 0.05],
                          [a * at - 0.05, side * (w * 0.73), height - 0.05]])
            parts.append(quads([p[::-1] if side > 0 else p], PAINTED, meshes.BODY))
    lamp_z0, lamp_z1 = 0.60, 0.60 + 0.14
    for side in (1.0, -1.0):
        y0, y1 = sorted((side * w * 0.56, side * w * 0.94))
        parts.append(_lamp(a + 0.012, y0, y1, lamp_z0 - 0.02, lamp_z1, (0.85, 0.84, 0.78),
                           meshes.HEAD))
        parts.append(_lamp(-a - 0.012, y0, y1, lamp_z0 + 0.08, lamp_z1 + 0.10, (0.62, 0.02, 0.015),
                           meshes.TAIL))
        part = meshes.LEFT if side > 0 else meshes.RIGHT
        z0, z1 = sorted((side * w * 0.86, side * w * 0.97))
        parts.append(_lamp(a + 0.016, z0, z1, 0.52, 0.59, (0.75, 0.30, 0.02), part))
        parts.append(_lamp(-a - 0.016, z0, z1, 0.60, 0.67, (0.75, 0.30, 0.02), part))
        # mirror
        m0, m1 = sorted((side * w * 0.97, side * (w + 0.14)))
        parts.append(box(a * front - 0.28, a * front - 0.12, m0, m1, waist + 0.02, waist + 0.15,
                         PAINTED, meshes.BODY))
    parts += [_face(a + 0.012, 0.46 * w, 0.34, 0.54, _DARK), _face(-a - 0.014, 0.28, 0.46, 0.57,
                                                                 _WHITE),
              _face(a + 0.020, 0.24, 0.36, 0.46, _WHITE),
              box(-a * 0.99 - 0.02, -a * 0.9, -w * 0.9, w * 0.9, 0.24, 0.38, _DARK)]
    parts += _wheels((0.61 * a, -0.59 * a), w, 0.32 if shape != "suv" else 0.36, 0.21)
    return join(parts)


def _truck(length: float, width: float, height: float) -> Mesh:
    a, w = 0.5 * length, 0.5 * width
    cab = a - 2.0
    parts = [
        box(-a, cab - 0.25, -w * 0.36, w * 0.36, 0.45, 0.85, _DARK),
        box(-a, cab - 0.15, -w, w, 0.95, height, SECOND, meshes.LOGO),
        box(cab, a, -w * 0.96, w * 0.96, 0.42, 1.35, PAINTED, meshes.BODY),
        frustum((cab, a, -w * 0.96, w * 0.96), (cab + 0.05, a - 0.22, -w * 0.92, w * 0.92), 1.35,
                2.25, _GLASS, meshes.GLASS, floor=False),
        frustum((cab, a - 0.2, -w * 0.94, w * 0.94), (cab + 0.1, a - 0.7, -w * 0.85, w * 0.85),
                2.25, 2.75, PAINTED, meshes.BODY, floor=False),
        box(cab, cab + 0.55, -w * 0.965, w * 0.965, 1.35, 2.26, PAINTED, meshes.BODY),
        _face(a + 0.012, 0.7 * w, 0.75, 1.15, _DARK),
        box(-a - 0.04, -a + 0.05, -w * 0.95, w * 0.95, 0.42, 0.56, _CHROME),
    ]
    for side in (1.0, -1.0):
        y0, y1 = sorted((side * w * 0.62, side * w * 0.93))
        m0, m1 = sorted((side * w, side * (w + 0.2)))
        t0, t1 = sorted((side * w * 0.88, side * w * 0.94))
        parts += [_lamp(a + 0.014, y0, y1, 0.55, 0.75, (0.85, 0.84, 0.78), meshes.HEAD),
                  _lamp(-a - 0.05, y0, y1, 0.60, 0.80, (0.62, 0.02, 0.015), meshes.TAIL),
                  box(a - 0.35, a - 0.2, m0, m1, 1.5, 2.05, _DARK),
                  box(-a * 0.72, cab - 1.6, t0, t1, 0.45, 0.9, _CHROME)]
    return join(parts + _wheels((a - 1.1, -0.38 * a, -0.68 * a), w, 0.50, 0.30))


def _bus(length: float, width: float, height: float) -> Mesh:
    a, w = 0.5 * length, 0.5 * width
    parts = [
        box(-a, a, -w, w, 0.32, 1.22, PAINTED, meshes.BODY),
        frustum((-a, a, -w, w), (-a + 0.03, a - 0.12, -w + 0.04, w - 0.04), 1.22, 2.42, _GLASS,
                meshes.GLASS, floor=False),
        frustum((-a, a - 0.1, -w, w), (-a + 0.1, a - 0.25, -w + 0.12, w - 0.12), 2.42, height,
                PAINTED, meshes.BODY),
        box(-a - 0.01, a + 0.01, -w - 0.01, w + 0.01, 0.70, 0.82, SECOND),
        box(-a - 0.01, -a + 0.3, -w * 0.99, w * 0.99, 1.22, 2.42, PAINTED, meshes.BODY),
    ]
    for at in np.linspace(-0.75, 0.8, 7) * a:
        for side in (1.0, -1.0):
            y0, y1 = sorted((side * (w - 0.05), side * (w + 0.004)))
            parts.append(box(at - 0.06, at + 0.06, y0, y1, 1.22, 2.42, PAINTED))
    for side in (1.0, -1.0):
        y0, y1 = sorted((side * w * 0.66, side * w * 0.95))
        parts += [_lamp(a + 0.014, y0, y1, 0.50, 0.70, (0.85, 0.84, 0.78), meshes.HEAD),
                  _lamp(-a - 0.014, y0, y1, 0.86, 1.10, (0.62, 0.02, 0.015), meshes.TAIL)]
    parts.append(_lamp(a + 0.0, -0.8, 0.8, 2.50, 2.80, (0.75, 0.36, 0.05), meshes.HEAD))
    return join(parts + _wheels((0.62 * a, -0.52 * a), w, 0.48, 0.28))


def _limb(x: float, y: float, z0: float, z1: float, half: float, colour: Colour, part: int) -> Mesh:
    return frustum((x - half, x + half, y - half, y + half),
                   (x - 1.1 * half, x + 1.1 * half, y - 1.1 * half, y + 1.1 * half), z0, z1, colour,
                   part=part)


def _head(z: float, x: float = 0.0) -> list[Mesh]:
    ones = np.ones((4, 6))
    return [meshes.blob(x, 0.0, z, 0.105, 0.135, _SKIN, ones, 3, meshes.PLAIN),
            meshes.blob(x - 0.018, 0.0, z + 0.045, 0.112, 0.105, (0.05, 0.035, 0.025), ones, 3,
                        meshes.PLAIN)]


def _walker(height: float) -> Mesh:
    k = height / 1.74
    parts = [
        frustum((-0.12, 0.12, -0.17, 0.17), (-0.14, 0.14, -0.23, 0.23), 0.80 * k, 1.44 * k,
                PAINTED, part=0),
        frustum((-0.12, 0.12, -0.20, 0.20), (-0.07, 0.07, -0.08, 0.08), 1.44 * k, 1.52 * k,
                PAINTED, floor=False),
        frustum((-0.115, 0.115, -0.165, 0.165), (-0.12, 0.12, -0.17, 0.17), 0.70 * k, 0.82 * k,
                SECOND),
    ]
    for side, part in ((1.0, meshes.LIMB_FORTH), (-1.0, meshes.LIMB_BACK)):
        parts += [_limb(0.0, side * 0.095, 0.07 * k, 0.78 * k, 0.075, SECOND, part),
                  box(-0.09, 0.17, side * 0.095 - 0.055, side * 0.095 + 0.055, 0.0, 0.08 * k, _DARK,
                      part=part)]
        other = meshes.LIMB_BACK if part == meshes.LIMB_FORTH else meshes.LIMB_FORTH
        parts.append(_limb(0.0, side * 0.265, 0.80 * k, 1.42 * k, 0.050, PAINTED, other))
    return join(parts + _head(1.62 * k))


def _cyclist(height: float) -> Mesh:
    k = height / 1.72
    parts = [wheel(0.55, 0.0, 0.33, 0.05, 1.0, _TYRE, _CHROME, 10),
             wheel(-0.55, 0.0, 0.33, 0.05, 1.0, _TYRE, _CHROME, 10),
             wheel(0.55, -0.01, 0.33, 0.05, -1.0, _TYRE, _CHROME, 10),
             wheel(-0.55, -0.01, 0.33, 0.05, -1.0, _TYRE, _CHROME, 10),
             box(-0.52, 0.50, -0.025, 0.025, 0.52, 0.60, SECOND),
             box(0.42, 0.48, -0.27, 0.27, 0.98, 1.03, _DARK),
             box(0.43, 0.50, -0.03, 0.03, 0.35, 1.0, SECOND),
             box(-0.30, -0.06, -0.09, 0.09, 0.88, 0.95, _DARK),
             frustum((-0.28, -0.02, -0.15, 0.15), (-0.02, 0.24, -0.20, 0.20), 0.92, 1.40 * k,
                     PAINTED),
             _lamp(-0.62, -0.05, 0.05, 0.66, 0.74, (0.62, 0.02, 0.015), meshes.TAIL),
             _lamp(0.62, -0.05, 0.05, 0.86, 0.94, (0.85, 0.84, 0.78), meshes.HEAD)]
    for side, part in ((1.0, meshes.LIMB_FORTH), (-1.0, meshes.LIMB_BACK)):
        parts += [_limb(-0.02, side * 0.10, 0.26, 0.94, 0.07, (0.05, 0.055, 0.075), part),
                  frustum((0.36, 0.46, side * 0.22 - 0.04, side * 0.22 + 0.04),
                          (0.08, 0.20, side * 0.22 - 0.05, side * 0.22 + 0.05), 1.0, 1.36 * k,
                          PAINTED)]
    return join(parts + _head(1.56 * k, 0.17))


def _cone(height: float) -> Mesh:
    edges = ((0.04, 0.185), (0.30, 0.125), (0.52, 0.080), (height, 0.028))
    parts = [box(-0.23, 0.23, -0.23, 0.23, 0.0, 0.04, _DARK)]
    for (z0, r0), (z1, r1), colour in zip(edges[:-1], edges[1:], (_ORANGE, _WHITE, _ORANGE),
                                          strict=True):
        parts.append(tube(0.0, 0.0, z0, z1, r0, r1, colour, 8))
    return join(parts)


def _barrier(width: float, height: float) -> Mesh:
    w = 0.5 * width
    return join([box(-0.04, 0.04, -w, w, height - 0.42, height, _WHITE, meshes.STRIPES),
                 box(-0.03, 0.03, -w, w, 0.30, 0.48, _WHITE, meshes.STRIPES),
                 *(box(-0.20, 0.20, y - 0.04, y + 0.04, 0.0, 0.10, _DARK) for y in (-0.8 * w,
                                                                                  0.8 * w)),
                 *(box(-0.03, 0.03, y - 0.04, y + 0.04, 0.10, height, _DARK) for y in (-0.8 * w,
                                                                                     0.8 * w))])

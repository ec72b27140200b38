"""Triangle soups and the solids they are made of.

Every solid is closed and wound counter-clockwise seen from outside, so that its back can be
culled. Shape letters: T triangles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int16 = npt.NDArray[np.int16]
UInt8 = npt.NDArray[np.uint8]
Colour = tuple[float, float, float]

# materials; the shader gives each its pattern
PLAIN: Final = 0
ROAD: Final = 1
PAVEMENT: Final = 2
GRASS: Final = 3
FACADE: Final = 4
FOLIAGE: Final = 5
GLASS: Final = 6
LAMP: Final = 7
PAINT: Final = 8
"""Marking on the road that is not a lane line: crossing, stop line, arrow."""
BODY: Final = 9
"""Lacquer: reflects the sky."""
STRIPES: Final = 10
"""Red and white, slanted."""
PANEL: Final = 11
"""A sign's face: border and symbol."""
LOGO: Final = 12
"""A truck's side: ribs and a band."""

# what a lamp of a moving thing tells; its `part`
TAIL: Final = 1
HEAD: Final = 2
LEFT: Final = 3
RIGHT: Final = 4
LIMB_FORTH: Final = 5
LIMB_BACK: Final = 6


class Mesh(NamedTuple):
    """A triangle soup.

    xyz: float32 [T, 3, 3], m. uv: float32 [T, 3, 2], m or the material's own.
    colour: float32 [T, 3], linear reflectance in [0, 1]. material: uint8 [T].
    part: int16 [T], the material's parameter, or what a lamp or limb is.
    """

    xyz: Float32
    uv: Float32
    colour: Float32
    material: UInt8
    part: Int16


def soup(xyz: npt.ArrayLike, colour: npt.ArrayLike, material: int = PLAIN, part: int = 0,
         uv: npt.ArrayLike | None = None) -> Mesh:
    """Mesh of one colour (or one a triangle), material and part."""
    points = np.asarray(xyz, np.float32).reshape(-1, 3, 3)
    n = len(points)
    return Mesh(
        points,
        np.zeros((n, 3, 2), np.float32) if uv is None
        else np.asarray(uv, np.float32).reshape(-1, 3, 2),
        np.broadcast_to(np.asarray(colour, np.float32), (n, 3)).copy(),
        np.full(n, material, np.uint8), np.full(n, part, np.int16))


def join(meshes: Sequence[Mesh]) -> Mesh:
    """All triangles of some meshes, in order."""
    return Mesh(*(np.concatenate(column) for column in zip(*meshes, strict=True)))


def moved(mesh: Mesh, x: float = 0.0, y: float = 0.0, z: float = 0.0, yaw: float = 0.0,
          scale: float = 1.0) -> Mesh:
    """A copy turned by `yaw` about z, scaled and shifted."""
    c, s = np.cos(yaw) * scale, np.sin(yaw) * scale
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, scale]], np.float32)
    return mesh._replace(xyz=mesh.xyz @ turn + np.array([x, y, z], np.float32))


def quads(corners: npt.ArrayLike, colour: npt.ArrayLike, material: int = PLAIN, part: int = 0,
          uv: npt.ArrayLike | None = None) -> Mesh:
    """Two triangles for each of the quadrangles [Q, 4, 3], counter-clockwise."""
    c = np.asarray(corners, np.float32).reshape(-1, 4, 3)
    order = (0, 1, 2, 0, 2, 3)
    t = None if uv is None else np.asarray(uv, np.float32).reshape(-1, 4, 2)[:, order]
    shade = np.asarray(colour, np.float32)
    if shade.ndim == 2:
        shade = np.repeat(shade, 2, axis=0)
    return soup(c[:, order], shade, material, part, t)


def frustum(base: tuple[float, float, float, float], top: tuple[float, float, float, float],
            z0: float, z1: float, colour: Colour, material: int = PLAIN, part: int = 0,
            cap: Colour | None = None, cap_material: int = PLAIN, floor: bool = True) -> Mesh:
    """A box whose base and top are rectangles (x0, x1, y0, y1) at heights z0 and z1.

    Sides carry uv in metres: along the wall, and height above z0.
    """
    a0, a1, b0, b1 = base
    c0, c1, d0, d1 = top
    low = np.array([[a0, b0, z0], [a1, b0, z0], [a1, b1, z0], [a0, b1, z0]])
    high = np.array([[c0, d0, z1], [c1, d0, z1], [c1, d1, z1], [c0, d1, z1]])
    corners, uv = [], []
    at = 0.0
    for i in range(4):
        j = (i + 1) % 4
        length = float(np.hypot(*(low[j] - low[i])[:2]))
        corners.append([low[i], low[j], high[j], high[i]])
        uv.append([[at, 0.0], [at + length, 0.0], [at + length, z1 - z0], [at, z1 - z0]])
        at += length
    sides = quads(corners, colour, material, part, uv)
    flat_uv = [[[c0, d0], [c1, d0], [c1, d1], [c0, d1]]]
    lid = quads([high], cap or colour, cap_material if cap else material, part, flat_uv)
    if not floor:
        return join((sides, lid))
    return join((sides, lid, quads([low[::-1]], colour, PLAIN, part)))


def box(x0: float, x1: float, y0: float, y1: float, z0: float, z1: float, colour: Colour,
        material: int = PLAIN, part: int = 0, floor: bool = True) -> Mesh:
    """An upright box."""
    return frustum((x0, x1, y0, y1), (x0, x1, y0, y1), z0, z1, colour, material, part, floor=floor)


def tube(x: float, y: float, z0: float, z1: float, r0: float, r1: float, colour: Colour,
         sides: int = 6, material: int = PLAIN, part: int = 0) -> Mesh:
    """An upright cone frustum with a lid."""
    a = np.arange(sides + 1) * (2.0 * np.pi / sides)
    ring = np.stack([np.cos(a), np.sin(a)], axis=1)
    low = np.column_stack([x + r0 * ring[:, 0], y + r0 * ring[:, 1], np.full(sides + 1, z0)])
    high = np.column_stack([x + r1 * ring[:, 0], y + r1 * ring[:, 1], np.full(sides + 1, z1)])
    walls = np.stack([low[:-1], low[1:], high[1:], high[:-1]], axis=1)
    lid = np.stack([np.broadcast_to([x, y, z1], (sides, 3)), high[:-1], high[1:]], axis=1)
    return join((quads(walls, colour, material, part), soup(lid, colour, material, part)))


def wheel(x: float, y: float, radius: float, width: float, outward: float, tyre: Colour,
          rim: Colour, sides: int = 8) -> Mesh:
    """A wheel with its axle along y at height `radius`; `outward` is +1 on the left side."""
    a = np.arange(sides + 1) * (2.0 * np.pi / sides)
    cx, cz = x + radius * np.cos(a), radius + radius * np.sin(a)
    y0, y1 = y - 0.5 * width, y + 0.5 * width
    inner = np.column_stack([cx, np.full(sides + 1, y0), cz])
    outer = np.column_stack([cx, np.full(sides + 1, y1), cz])
    tread = np.stack([inner[1:], inner[:-1], outer[:-1], outer[1:]], axis=1)
    face_y = y1 if outward > 0 else y0
    rings = []
    for r, colour, lift in ((radius, tyre, 0.0), (0.6 * radius, rim, 0.012)):
        hub = np.broadcast_to([x, face_y + lift * outward, radius], (sides, 3))
        edge = np.column_stack([x + r * np.cos(a), np.full(sides + 1, face_y + lift * outward),
                                radius + r * np.sin(a)])
        fan = np.stack([hub, edge[:-1], edge[1:]], axis=1)
        rings.append(soup(fan[:, ::-1] if outward > 0 else fan, colour))
    return join((quads(tread, tyre), *rings))


def blob(x: float, y: float, z: float, r: float, rz: float, colour: Colour, lumps: Float64,
         rings: int = 4, material: int = FOLIAGE, part: int = 0) -> Mesh:
    """A lumpy ball: a sphere of `rings` bands whose radius is scaled by `lumps` [rings+1, n]."""
    n = lumps.shape[1]
    theta = np.linspace(-0.5 * np.pi, 0.5 * np.pi, rings + 1)[:, None]
    phi = (np.arange(n + 1) * (2.0 * np.pi / n))[None, :]
    k = np.concatenate([lumps, lumps[:, :1]], axis=1)
    k[0], k[-1] = k[0, 0], k[-1, 0]
    p = np.stack([x + r * k * np.cos(theta) * np.cos(phi), y + r * k * np.cos(theta) * np.sin(phi),
                  z + rz * k * np.sin(theta) + 0.0 * phi], axis=2)
    corner = np.stack([p[:-1, :-1], p[:-1, 1:], p[1:, 1:], p[1:, :-1]], axis=2).reshape(-1, 4, 3)
    uv = (np.stack([corner[..., 0] + corner[..., 1], corner[..., 2]], axis=2))
    return quads(corner, colour, material, part, uv)

"""The compiled shader: colour, depth, instance and surface labels of each pixel, each once.

Deferred shading (Deering et al. 1988, doi:10.1145/378456.378468): `raster_kernels.draw` has
settled what each pixel sees, so patterns, light, fog and sky are computed once a pixel. Markings
are anti-aliased by the pixel's footprint, the derivative of the road's coordinates on the screen.

Shape letters: H by W pixels.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.perception.pattern_kernels import (
    ASPHALT_GRAIN,
    CLOUD,
    GLARE,
    GRAIN,
    SATURATION,
    SLAB,
    TEXTURE,
    TILE_BITS,
    VIGNETTE,
    WEAR,
    WET,
    Light,
    Marks,
    asphalt,
    clouds,
    facade,
    halo,
    marking,
    noise,
)
from engine.perception.raster_kernels import Frame, Soup, View

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]
Int16 = npt.NDArray[np.int16]

FOG_STEP_M: Final = 0.5
TONES: Final = 4096
BRIGHTEST: Final = 2.0
"""Radiance that the tone table ends at."""
LIGHT_CELL_M: Final = 1.5
"""Side of a cell of the map of artificial light."""
LAMP_WARMTH: Final = (1.0, 0.88, 0.66)


@njit(cache=True, nogil=True, inline="always")
def _normal(xyz: Float32, t: int) -> tuple[float, float, float]:
    """Unit normal of a triangle, outwards."""
    ax = xyz[t, 1, 0] - xyz[t, 0, 0]
    ay = xyz[t, 1, 1] - xyz[t, 0, 1]
    az = xyz[t, 1, 2] - xyz[t, 0, 2]
    bx = xyz[t, 2, 0] - xyz[t, 0, 0]
    by = xyz[t, 2, 1] - xyz[t, 0, 1]
    bz = xyz[t, 2, 2] - xyz[t, 0, 2]
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-20
    return nx / size, ny / size, nz / size


@njit(cache=True, nogil=True, inline="always")
def _lamp_light(lamps: Float32, ego: Float64, x: float, y: float) -> float:
    """Artificial light at a place of the world, from the map around the ego."""
    cells = lamps.shape[0]
    px, py = x - ego[0], y - ego[1]
    gx = (ego[2] * px + ego[3] * py) / LIGHT_CELL_M + 0.5 * cells
    gy = (ego[2] * py - ego[3] * px) / LIGHT_CELL_M + 0.5 * cells
    i, j = math.floor(gx), math.floor(gy)
    if i < 0 or j < 0 or i >= cells - 1 or j >= cells - 1:
        return 0.0
    a, b = gx - i, gy - j
    low = lamps[i, j] + (lamps[i + 1, j] - lamps[i, j]) * a
    high = lamps[i, j + 1] + (lamps[i + 1, j + 1] - lamps[i, j + 1]) * a
    return float(low + (high - low) * b)


@njit(cache=True, nogil=True)
def shade(view: View, soup: Soup, marks: Marks, light: Light, frame: Frame, ego: Float64,
          salt: int, rgb: UInt8, depth: Float32, owner: Int16, drivable: UInt8,
          line: UInt8) -> None:
    """Colour and label every pixel of a drawn view.

    Args:
        view: Camera in the world.
        soup: Scene that was drawn.
        marks: Markings of the roads.
        light: Light, air and response.
        frame: After `draw` and `cast`.
        ego: float64 [4]: x, y, cos and sin of the yaw of the ego, for the map of lamps.
        salt: Of the noise; another one each frame.
        rgb: uint8 [H, W, 3]. Written.
        depth: float32 [H, W], z-depth in m; 0 nothing within reach. Written.
        owner: int16 [H, W], label or 0. Written.
        drivable: uint8 [H, W], 1 on the carriageway. Written.
        line: uint8 [H, W], 0 none, 1 lane line, 2 centre line, 3 road edge. Written.
    """
    H, W = frame.seen.shape
    # Arrays and numbers come out of their tuples here, once: see `pattern_kernels`.
    seen, inverse_z, dark_at, edges = frame.seen, frame.inverse_z, frame.dark, frame.edges
    record, label = frame.record, frame.owner
    xyz, uv, colour, shine = soup.xyz, soup.uv, soup.colour, soup.glow
    materials, parts = soup.material, soup.part
    lines, inks, gaps, nearest = marks.line, marks.colour, marks.gaps, marks.nearest
    tile, tones, haze, lamps = light.noise, light.tone, light.haze, light.lamps
    pattern, dials = light.pattern, light.dials
    sun0, sun1, sun2 = light.sun
    beam0, beam1, beam2 = light.beam
    ambient0, ambient1, ambient2 = light.ambient
    zenith0, zenith1, zenith2 = light.zenith
    horizon0, horizon1, horizon2 = light.horizon
    fog0, fog1, fog2 = light.fog
    land0, land1, land2 = light.ground_far
    eye0, eye1 = view.eye[0], view.eye[1]
    fx, fy, cx, cy = view.lens
    R = view.R
    far_m = view.far
    wet, texture, cover = dials[WET], dials[TEXTURE], dials[CLOUD]
    glare, grain_size = dials[GLARE], dials[GRAIN] * TONES
    vignette, saturation = 0.35 * dials[VIGNETTE], dials[SATURATION]
    slab, wear, coarse = pattern[SLAB], pattern[WEAR], pattern[ASPHALT_GRAIN]
    night = lamps.shape[0] > 1
    scale = TONES / BRIGHTEST
    last = -1
    t = 0
    lit = rise = nx = ny = nz = 0.0
    ua = ub = uc = va = vb = vc = qa = qb = qc = 0.0
    for y in range(H):
        Y = (y + 0.5 - cy) / fy
        for x in range(W):
            X = (x + 0.5 - cx) / fx
            length = math.sqrt(X * X + Y * Y + 1.0)
            inv = 1.0 / length
            rx = (R[0, 0] * X + R[1, 0] * Y + R[2, 0]) * inv
            ry = (R[0, 1] * X + R[1, 1] * Y + R[2, 1]) * inv
            rz = (R[0, 2] * X + R[1, 2] * Y + R[2, 2]) * inv
            k = seen[y, x]
            on_road = 0
            mark = 0
            if k < 0:
                owner[y, x] = 0
                depth[y, x] = 0.0
                if rz >= 0.0:
                    blend = math.sqrt(min(1.0, 1.5 * rz))
                    c0 = horizon0 + (zenith0 - horizon0) * blend
                    c1 = horizon1 + (zenith1 - horizon1) * blend
                    c2 = horizon2 + (zenith2 - horizon2) * blend
                    if cover > 0.0 and rz > 0.01:
                        share = clouds(tile, cover, rx, ry, rz)
                        c0 += (0.45 * (ambient0 + horizon0) + 0.1 * beam0 - c0) * share
                        c1 += (0.45 * (ambient1 + horizon1) + 0.1 * beam1 - c1) * share
                        c2 += (0.45 * (ambient2 + horizon2) + 0.1 * beam2 - c2) * share
                    ring = halo(glare, rx * sun0 + ry * sun1 + rz * sun2)
                    c0, c1, c2 = c0 + ring * beam0, c1 + ring * beam1, c2 + ring * beam2
                else:
                    # Past the edge of the modelled ground: land that dissolves in the haze.
                    far = 0.4 * min(1.0, -rz * 40.0)
                    c0 = fog0 + (land0 - fog0) * far
                    c1 = fog1 + (land1 - fog1) * far
                    c2 = fog2 + (land2 - fog2) * far
            else:
                if k != last:
                    last = k
                    t = record[k]
                    nx, ny, nz = _normal(xyz, t)
                    lit = max(0.0, nx * sun0 + ny * sun1 + nz * sun2)
                    rise = nz
                    # u, v over z are linear on the screen, like 1/z: sums of edge functions
                    ua = ub = uc = va = vb = vc = qa = qb = qc = 0.0
                    for i in range(3):
                        a, b, c = edges[k, 3 * i], edges[k, 3 * i + 1], edges[
                            k, 3 * i + 2]
                        u_i, v_i = uv[t, i, 0], uv[t, i, 1]
                        qa, qb, qc = qa + a, qb + b, qc + c
                        ua, ub, uc = ua + a * u_i, ub + b * u_i, uc + c * u_i
                        va, vb, vc = va + a * v_i, vb + b * v_i, vc + c * v_i
                z = 1.0 / inverse_z[y, x]
                u, v = (ua * x + ub * y + uc) * z, (va * x + vb * y + vc) * z
                material, part = materials[t], parts[t]
                owner[y, x] = label[k]
                depth[y, x] = z if z < far_m else 0.0
                c0, c1, c2 = colour[t, 0], colour[t, 1], colour[t, 2]
                mirror = 0.0
                glow = shine[t]
                dist = z * length
                damp = 1.0
                if material == 1:
                    on_road = 1
                    across = max(0.01, (abs(va - v * qa) + abs(vb - v * qb)) * z)
                    along = max(0.01, (abs(ua - u * qa) + abs(ub - u * qb)) * z)
                    tar = asphalt(tile, texture, coarse, u, v, along)
                    c0, c1, c2 = c0 * tar, c1 * tar, c2 * tar
                    mark, m, ink = marking(lines, gaps, nearest, tile, wear, part, u, v, along,
                                           across)
                    if m >= 0:
                        c0 += (inks[part, m, 0] - c0) * ink
                        c1 += (inks[part, m, 1] - c1) * ink
                        c2 += (inks[part, m, 2] - c2) * ink
                    mirror = 0.5 * wet
                    damp = 1.0 - 0.45 * wet
                elif material == 2:
                    tone = 1.0 + texture * 0.3 * (noise(tile, 0.9 * u, 0.9 * v) - 0.5)
                    if z < 22.0:
                        a, b = u / slab - math.floor(u / slab), v / slab - math.floor(v / slab)
                        if a < 0.05 or b < 0.05:
                            tone *= 1.0 - 0.28 * (1.0 - z / 22.0)
                    c0, c1, c2 = c0 * tone, c1 * tone, c2 * tone
                    mirror = 0.25 * wet
                elif material == 3:
                    tone = 1.0 + texture * 0.8 * (noise(tile, 0.25 * u, 0.25 * v) - 0.5)
                    if z < 45.0:
                        tone += texture * 0.7 * (1.0 - z / 45.0) * (
                            noise(tile, 2.3 * u, 2.3 * v) - 0.5)
                    c0, c1, c2 = c0 * tone, c1 * tone, c2 * tone
                elif material == 4:
                    brick, glass, inside = facade(tile, pattern, dials, u, v, z / fx, part)
                    glow = glass * inside
                    pane = 0.055
                    c0 = c0 * brick * (1.0 - glass) + glass * (0.9 if inside > 0.0 else pane)
                    c1 = c1 * brick * (1.0 - glass) + glass * (0.70 if inside > 0.0 else pane)
                    c2 = c2 * brick * (1.0 - glass) + glass * (0.40 if inside > 0.0 else pane)
                    mirror = 0.45 * glass
                elif material == 5:
                    tone = 0.66 + 0.68 * noise(tile, 3.0 * u, 3.0 * v)
                    c0, c1, c2 = c0 * tone, c1 * tone, c2 * tone
                elif material == 6:
                    mirror = 0.40
                elif material == 8:
                    on_road = 1
                    tone = 1.0 - wear * noise(tile, 3.0 * u, 3.0 * v)
                    c0, c1, c2 = c0 * tone, c1 * tone, c2 * tone
                    mirror = 0.5 * wet
                    damp = 1.0 - 0.45 * wet
                elif material == 9:
                    mirror = 0.14
                elif material == 10:
                    a = (u + v) * 2.2
                    if a - math.floor(a) < 0.5:
                        c0, c1, c2 = 0.55, 0.03, 0.02
                elif material == 12:
                    a = u * 1.1
                    if a - math.floor(a) < 0.06 and z < 40.0:
                        c0, c1, c2 = 0.8 * c0, 0.8 * c1, 0.8 * c2
                    if 0.9 < v < 1.3:
                        c0, c1, c2 = 0.3 * c0, 0.45 * c1, 0.65 * c2
                facing = -(nx * rx + ny * ry + nz * rz)
                extra = 0.0
                if night:
                    extra = _lamp_light(lamps, ego, eye0 + rx * dist, eye1 + ry * dist)
                    # a beam lights what faces the car more than the ground it grazes
                    extra *= 0.55 + 0.9 * max(0.0, facing)
                dark = dark_at[y, x]
                direct = lit * (1.0 - dark) * damp
                hemisphere = (0.62 + 0.38 * rise) * (1.0 - 0.35 * dark) * damp
                extra *= damp
                e0 = ambient0 * hemisphere + beam0 * direct + extra
                e1 = ambient1 * hemisphere + beam1 * direct + extra * LAMP_WARMTH[1]
                e2 = ambient2 * hemisphere + beam2 * direct + extra * LAMP_WARMTH[2]
                g0, g1, g2 = c0 * glow, c1 * glow, c2 * glow
                c0, c1, c2 = c0 * e0, c1 * e1, c2 * e2
                if mirror > 0.0:
                    # Schlick 1994, with the reflected sky taken from the horizon's colour
                    tilt = 1.0 - min(1.0, max(0.0, facing))
                    share = mirror * (0.12 + 0.88 * tilt * tilt * tilt)
                    bright = 0.6 + 0.4 * max(0.0, rise)
                    c0 += share * (horizon0 * bright - c0)
                    c1 += share * (horizon1 * bright - c1)
                    c2 += share * (horizon2 * bright - c2)
                c0, c1, c2 = c0 + g0, c1 + g1, c2 + g2
                share = haze[min(haze.size - 1, int(dist * (1.0 / FOG_STEP_M)))]
                share *= 1.0 - 0.3 * min(1.0, glow)
                c0 += (fog0 - c0) * share
                c1 += (fog1 - c1) * share
                c2 += (fog2 - c2) * share
            drivable[y, x] = on_road
            line[y, x] = mark
            # the lens and the sensor: veiling glare, vignette, noise, response
            veil = 0.0
            if glare > 0.0:
                d = rx * sun0 + ry * sun1 + rz * sun2
                if d > 0.0:
                    d = d * d
                    d = d * d
                    veil = 0.10 * glare * d * d
            fall = (1.0 - vignette * (X * X + Y * Y)) * scale
            grey = 0.30 * c0 + 0.59 * c1 + 0.11 * c2
            c0 = (grey + (c0 - grey) * saturation + veil * beam0) * fall
            c1 = (grey + (c1 - grey) * saturation + veil * beam1) * fall
            c2 = (grey + (c2 - grey) * saturation + veil * beam2) * fall
            at = (y * 131 + salt * 17) & TILE_BITS
            n0 = tile[at, (x + salt * 5) & TILE_BITS] - 0.5
            n1 = tile[(at + 53) & TILE_BITS, (x * 3 + salt) & TILE_BITS] - 0.5
            # half the noise is common to the channels, as after demosaicing
            c0 += grain_size * n0
            c1 += grain_size * (0.5 * n0 + 0.5 * n1)
            c2 += grain_size * n1
            rgb[y, x, 0] = tones[0, min(TONES - 1, max(0, int(c0)))]
            rgb[y, x, 1] = tones[1, min(TONES - 1, max(0, int(c1)))]
            rgb[y, x, 2] = tones[2, min(TONES - 1, max(0, int(c2)))]

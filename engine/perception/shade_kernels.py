"""The compiled shader: colour, depth, instance and surface labels of each pixel, each once.

Deferred shading (Deering et al. 1988, doi:10.1145/378456.378468): `raster_kernels.draw` has
settled what each pixel sees, so patterns, light, fog and sky are computed once a pixel. Markings
are anti-aliased by the pixel's footprint across them.

Shape letters: H by W pixels, R roads, M markings of a road, G gaps of a road.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

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
LINE_PIXELS: Final = 0.75
"""Least half width of a line's label, in pixels."""


class Marks(NamedTuple):
    """Markings along the roads.

    line: float32 [R, M, 5]: offset to the left of the reference line (m), width (m), dash (m, 0 for
    a solid line), period (m), label (1 lane line, 2 centre line, 3 road edge; 0 unused).
    colour: float32 [R, M, 3]. gaps: float32 [R, G, 2], stretches without markings.
    """

    line: Float32
    colour: Float32
    gaps: Float32


class Light(NamedTuple):
    """Light, air and the camera's response.

    sun: float64 [3], towards the sun. beam, ambient, zenith, horizon, fog, ground_far: float64 [3],
    linear radiance. haze: float32 [D], share of fog at each half metre.
    tone: uint8 [3, 4096], the response. lamps: float32 [N, N], artificial light on the ground of
    the ego frame, cell (i, j) at x = (i - N/2) 1.5 m, y likewise.
    dials: float64 [9]: cloud cover, glare, wetness, window light, noise, texture contrast,
    vignette, rain, saturation.
    pattern: float64 [8]: window pitch along and up, share of glass along and up, floor height of
    shops, pavement slab side, grain of the asphalt, marking wear.
    """

    sun: Float64
    beam: Float64
    ambient: Float64
    zenith: Float64
    horizon: Float64
    fog: Float64
    ground_far: Float64
    haze: Float32
    tone: UInt8
    lamps: Float32
    dials: Float64
    pattern: Float64


@njit(cache=True, nogil=True)
def _hash(i: int, j: int, k: int) -> float:
    """A number in [0, 1) that looks random (xxHash finaliser)."""
    h = (np.uint32(i) * np.uint32(374761393) + np.uint32(j) * np.uint32(668265263)
         + np.uint32(k) * np.uint32(2246822519))
    h = np.uint32(h ^ (h >> np.uint32(13))) * np.uint32(1274126177)
    h = np.uint32(h ^ (h >> np.uint32(16)))
    return float(h) * (1.0 / 4294967296.0)


@njit(cache=True, nogil=True)
def _noise(x: float, y: float, k: int) -> float:
    """Value noise in [0, 1] (Perlin 1985, on a lattice of side 1)."""
    i, j = math.floor(x), math.floor(y)
    a, b = x - i, y - j
    a, b = a * a * (3.0 - 2.0 * a), b * b * (3.0 - 2.0 * b)
    low = _hash(i, j, k) * (1.0 - a) + _hash(i + 1, j, k) * a
    high = _hash(i, j + 1, k) * (1.0 - a) + _hash(i + 1, j + 1, k) * a
    return low * (1.0 - b) + high * b


@njit(cache=True, nogil=True)
def _band(value: float, low: float, high: float, blur: float) -> float:
    """Share of a footprint of width `blur` at `value` that lies in [low, high]."""
    a = min(1.0, max(0.0, (value - low) / blur + 0.5))
    b = min(1.0, max(0.0, (high - value) / blur + 0.5))
    return a * b


@njit(cache=True, nogil=True)
def _sky(ray: Float64, light: Light, out: Float64) -> None:
    """Radiance of the sky along a world ray of unit length."""
    up = max(0.0, ray[2])
    t = min(1.0, 1.6 * up) ** 0.6
    for c in range(3):
        out[c] = light.horizon[c] + (light.zenith[c] - light.horizon[c]) * t
    cover = light.dials[0]
    if cover > 0.0 and up > 0.01:
        a, b = ray[0] / (up + 0.12), ray[1] / (up + 0.12)
        n = 0.62 * _noise(1.3 * a, 1.3 * b, 11) + 0.38 * _noise(3.1 * a, 3.1 * b, 12)
        k = min(1.0, max(0.0, (n - 1.0 + cover) * 2.2)) * min(1.0, 6.0 * up)
        for c in range(3):
            cloud = 0.55 * light.ambient[c] + 0.45 * light.horizon[c] + 0.10 * light.beam[c]
            out[c] += (cloud - out[c]) * k
    d = ray[0] * light.sun[0] + ray[1] * light.sun[1] + ray[2] * light.sun[2]
    if d > 0.0:
        d2 = d * d
        d8 = d2 * d2 * d2 * d2
        d64 = d8 * d8
        d64 = d64 * d64 * d64 * d64
        halo = light.dials[1] * (0.25 * d8 + 0.9 * d64)
        if d > 0.9996:
            halo += 2.0 * light.dials[1]
        for c in range(3):
            out[c] += halo * light.beam[c]


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
    fx, fy, cx, cy = view.lens[0], view.lens[1], view.lens[2], view.lens[3]
    R = view.R
    ray = np.empty(3)
    sky = np.empty(3)
    base = np.empty(3)
    cells = light.lamps.shape[0]
    wet, contrast = light.dials[2], light.dials[5]
    last_record = -1
    lit = rise = facing = 0.0
    t = 0
    for y in range(H):
        Y = (y + 0.5 - cy) / fy
        for x in range(W):
            X = (x + 0.5 - cx) / fx
            length = math.sqrt(X * X + Y * Y + 1.0)
            for c in range(3):
                ray[c] = (R[0, c] * X + R[1, c] * Y + R[2, c]) / length
            k = frame.seen[y, x]
            drivable[y, x] = 0
            line[y, x] = 0
            owner[y, x] = 0
            depth[y, x] = 0.0
            if k < 0:
                _sky(ray, light, sky)
                if ray[2] < 0.0:
                    # Past the edge of the modelled ground: land that dissolves in the haze.
                    far = min(1.0, -ray[2] * 40.0)
                    for c in range(3):
                        sky[c] = light.fog[c] + (light.ground_far[c] - light.fog[c]) * 0.4 * far
                z = view.far * 2.0
                for c in range(3):
                    base[c] = sky[c]
            else:
                z = 1.0 / frame.inverse_z[y, x]
                w0 = frame.edges[k, 0] * x + frame.edges[k, 1] * y + frame.edges[k, 2]
                w1 = frame.edges[k, 3] * x + frame.edges[k, 4] * y + frame.edges[k, 5]
                w2 = frame.edges[k, 6] * x + frame.edges[k, 7] * y + frame.edges[k, 8]
                if k != last_record:
                    last_record = k
                    t = frame.record[k]
                    ax = soup.xyz[t, 1, 0] - soup.xyz[t, 0, 0]
                    ay = soup.xyz[t, 1, 1] - soup.xyz[t, 0, 1]
                    az = soup.xyz[t, 1, 2] - soup.xyz[t, 0, 2]
                    bx = soup.xyz[t, 2, 0] - soup.xyz[t, 0, 0]
                    by = soup.xyz[t, 2, 1] - soup.xyz[t, 0, 1]
                    bz = soup.xyz[t, 2, 2] - soup.xyz[t, 0, 2]
                    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
                    size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-20
                    nx, ny, nz = nx / size, ny / size, nz / size
                    lit = max(0.0, nx * light.sun[0] + ny * light.sun[1] + nz * light.sun[2])
                    rise = nz
                    facing = -(nx * ray[0] + ny * ray[1] + nz * ray[2])
                total = w0 + w1 + w2
                u = (w0 * soup.uv[t, 0, 0] + w1 * soup.uv[t, 1, 0] + w2 * soup.uv[t, 2, 0]) / total
                v = (w0 * soup.uv[t, 0, 1] + w1 * soup.uv[t, 1, 1] + w2 * soup.uv[t, 2, 1]) / total
                material = soup.material[t]
                part = soup.part[t]
                owner[y, x] = frame.owner[k]
                if z < view.far:
                    depth[y, x] = z
                for c in range(3):
                    base[c] = soup.colour[t, c]
                mirror = 0.0
                glow = soup.glow[t]
                near = max(0.0, 1.0 - z * 0.02)
                if material == 1:
                    # Road: u along the reference line, v to its left.
                    drivable[y, x] = 1
                    ddx = 0.0
                    ddy = 0.0
                    for i in range(3):
                        gap = soup.uv[t, i, 1] - v
                        ddx += frame.edges[k, 3 * i] * gap
                        ddy += frame.edges[k, 3 * i + 1] * gap
                    across = max(0.01, (abs(ddx) + abs(ddy)) / total)
                    ddx = 0.0
                    ddy = 0.0
                    for i in range(3):
                        gap = soup.uv[t, i, 0] - u
                        ddx += frame.edges[k, 3 * i] * gap
                        ddy += frame.edges[k, 3 * i + 1] * gap
                    along = max(0.01, (abs(ddx) + abs(ddy)) / total)
                    grain = 0.0
                    if z < 45.0:
                        grain = (_hash(math.floor(u * 9.0), math.floor(v * 9.0), 1) - 0.5) * near
                    tar = _noise(0.22 * u, 0.6 * v, 2 + part) - 0.5
                    shift = 1.0 + contrast * (light.pattern[6] * grain + 0.35 * tar)
                    for c in range(3):
                        base[c] *= shift
                    open_road = True
                    for g in range(marks.gaps.shape[1]):
                        if marks.gaps[part, g, 0] < u < marks.gaps[part, g, 1]:
                            open_road = False
                    if open_road:
                        for m in range(marks.line.shape[1]):
                            kind = marks.line[part, m, 4]
                            if kind == 0.0:
                                break
                            off = v - marks.line[part, m, 0]
                            half = 0.5 * marks.line[part, m, 1]
                            if abs(off) > half + across:
                                continue
                            if abs(off) <= max(half, LINE_PIXELS * across):
                                line[y, x] = np.uint8(kind)
                            ink = _band(off, -half, half, across)
                            ink *= min(1.0, 2.0 * half / across + 0.25)
                            dash = marks.line[part, m, 2]
                            if dash > 0.0:
                                period = marks.line[part, m, 3]
                                phase = u - period * math.floor(u / period)
                                ink *= _band(phase, 0.0, dash, min(along, 0.5 * dash))
                            ink *= 1.0 - light.pattern[7] * _noise(3.0 * u, 5.0 * v, 5)
                            for c in range(3):
                                base[c] += (marks.colour[part, m, c] - base[c]) * ink
                    mirror = 0.5 * wet
                elif material == 2:
                    slab = light.pattern[5]
                    shift = 1.0 + contrast * 0.3 * (_noise(0.9 * u, 0.9 * v, 6) - 0.5)
                    if z < 22.0:
                        a = u / slab - math.floor(u / slab)
                        b = v / slab - math.floor(v / slab)
                        if a < 0.05 or b < 0.05:
                            shift *= 1.0 - 0.28 * (1.0 - z / 22.0)
                    for c in range(3):
                        base[c] *= shift
                    mirror = 0.25 * wet
                elif material == 3:
                    shift = 1.0 + contrast * (0.8 * (_noise(0.25 * u, 0.25 * v, 7) - 0.5)
                                              + near * 0.7 * (_noise(2.3 * u, 2.3 * v, 8) - 0.5))
                    for c in range(3):
                        base[c] *= shift
                elif material == 4:
                    glow += _facade(u, v, z / fx, part, light, base)
                    if base[0] < 0.0:
                        # Glass: a little of the sky, a little of the room.
                        for c in range(3):
                            base[c] = -base[c]
                        mirror = 0.30
                elif material == 5:
                    shift = 0.72 + 0.56 * _noise(3.0 * u, 3.0 * v, 9 + part)
                    for c in range(3):
                        base[c] *= shift
                elif material == 6:
                    mirror = 0.35
                elif material == 8:
                    drivable[y, x] = 1
                    shift = 1.0 - light.pattern[7] * _noise(3.0 * u, 3.0 * v, 5)
                    for c in range(3):
                        base[c] *= shift
                    mirror = 0.5 * wet
                elif material == 9:
                    mirror = 0.10
                elif material == 10:
                    s = (u + v) * 2.2
                    if s - math.floor(s) < 0.5:
                        base[0], base[1], base[2] = 0.55, 0.03, 0.02
                elif material == 12:
                    r = u * 1.1 - math.floor(u * 1.1)
                    if r < 0.06 and z < 40.0:
                        for c in range(3):
                            base[c] *= 0.8
                    if 0.9 < v < 1.3:
                        h = _hash(part, 3, 4)
                        base[0] *= 0.25 + 0.5 * h
                        base[1] *= 0.35 + 0.3 * _hash(part, 5, 4)
                        base[2] *= 0.75 - 0.5 * h
                # Artificial light from the map around the ego.
                dist = z * length
                px = view.eye[0] + ray[0] * dist - ego[0]
                py = view.eye[1] + ray[1] * dist - ego[1]
                extra = 0.0
                if cells > 1:
                    gx = (ego[2] * px + ego[3] * py) / LIGHT_CELL_M + 0.5 * cells
                    gy = (ego[2] * py - ego[3] * px) / LIGHT_CELL_M + 0.5 * cells
                    i, j = math.floor(gx), math.floor(gy)
                    if 0 <= i < cells - 1 and 0 <= j < cells - 1:
                        a, b = gx - i, gy - j
                        extra = ((light.lamps[i, j] * (1.0 - a) + light.lamps[i + 1, j] * a)
                                 * (1.0 - b) + (light.lamps[i, j + 1] * (1.0 - a)
                                                + light.lamps[i + 1, j + 1] * a) * b)
                        # A lamp lights what faces the car more than the ground it grazes.
                        extra *= 0.55 + 0.9 * max(0.0, facing)
                direct = lit * (1.0 - frame.dark[y, x])
                hemisphere = 0.62 + 0.38 * rise
                hemisphere *= 1.0 - 0.35 * frame.dark[y, x]
                for c in range(3):
                    warm = 1.0 if c == 0 else (0.88 if c == 1 else 0.66)
                    radiance = base[c] * (light.ambient[c] * hemisphere + light.beam[c] * direct
                                          + extra * warm)
                    if wet > 0.0 and (material == 1 or material == 8):
                        radiance *= 1.0 - 0.45 * wet
                    if mirror > 0.0:
                        tilt = 1.0 - min(1.0, max(0.0, facing))
                        fresnel = mirror * (0.12 + 0.88 * tilt * tilt * tilt)
                        radiance += fresnel * (light.horizon[c] * (0.6 + 0.4 * rise) - radiance)
                    base[c] = radiance + glow * base[c]
                share = light.haze[min(light.haze.size - 1, int(dist / FOG_STEP_M))]
                if share > 0.0:
                    for c in range(3):
                        base[c] += (light.fog[c] - base[c]) * share * (1.0 - 0.3 * min(1.0, glow))
            # Veiling glare of a low sun, vignette, noise and response.
            d = ray[0] * light.sun[0] + ray[1] * light.sun[1] + ray[2] * light.sun[2]
            veil = 0.0
            if d > 0.0 and light.dials[1] > 0.0:
                d4 = d * d * d * d
                veil = 0.10 * light.dials[1] * d4 * d4
            fall = 1.0 - light.dials[6] * (X * X + Y * Y) * 0.35
            grey = 0.30 * base[0] + 0.59 * base[1] + 0.11 * base[2]
            for c in range(3):
                level = grey + (base[c] - grey) * light.dials[8]
                level = (level + veil * light.beam[c]) * fall
                grain = (_hash(x * 3 + c, y, salt) - 0.5) * light.dials[4]
                at = int((level / BRIGHTEST + grain) * TONES)
                rgb[y, x, c] = light.tone[c, min(TONES - 1, max(0, at))]


@njit(cache=True, nogil=True)
def _facade(u: float, v: float, pixel: float, part: int, light: Light, base: Float64) -> float:
    """Windows of a wall; u along it, v up, m. Glass is left negative; returns the light inside."""
    pitch, storey = light.pattern[0], light.pattern[1]
    shop = light.pattern[4]
    ground_floor = v < shop
    if ground_floor:
        b = v / shop
        floor = 0
    else:
        b = (v - shop) / storey
        floor = 1 + math.floor(b)
        b -= math.floor(b)
    a = u / pitch
    column = math.floor(a)
    a -= column
    wide, tall = light.pattern[2], light.pattern[3]
    if ground_floor:
        wide = 0.86
        tall = 0.62
    blur = min(1.0, pixel / pitch)
    a0, b0 = 0.5 - 0.5 * wide, (0.16 if ground_floor else 0.30)
    glass = _band(a, a0, a0 + wide, max(0.02, blur)) * _band(b, b0, b0 + tall, max(0.02, blur))
    grime = 1.0 + light.dials[5] * 0.22 * (_noise(0.35 * u, 0.35 * v, 20 + part) - 0.5)
    if not ground_floor and b < 0.07:
        grime *= 0.88
    if glass < 0.5:
        edge = 1.0 - 0.5 * glass
        for c in range(3):
            base[c] *= grime * edge
        return 0.0
    room = _hash(column, floor, part)
    level = 0.03 + 0.07 * room
    base[0], base[1], base[2] = -level, -1.08 * level, -1.2 * level
    if _hash(column + 91, floor, part) < light.dials[3]:
        base[0], base[1], base[2] = -0.9, -0.72, -0.42
        return 0.35 * light.dials[3] + 0.25 * room * light.dials[3]
    return 0.0

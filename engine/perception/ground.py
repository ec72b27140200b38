"""The ground as triangles: carriageway, kerbs, pavements, corners, crossings and grass.

Road triangles carry (s, d) of their road, so that the shader can draw the markings exactly;
everything is cut into pieces about 20 m long, the objects that a view accepts or rejects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception import meshes
from engine.perception.meshes import Mesh
from engine.perception.road import (
    CROSSING_DEEP_M,
    CROSSING_NEAR_M,
    STOP_LINE_M,
    Junction,
    Network,
    Road,
)
from engine.perception.styles import Style

Float64 = npt.NDArray[np.float64]

KERB_M: Final = 0.13
PIECE_M: Final = 20.0
STEP_M: Final = 5.0
DECAL_M: Final = 0.012
UNDER_M: Final = 0.10
"""How far grass lies below the road where the two overlap."""
CORNER_SIDES: Final = 6
GRASS_M: Final = 24.0
REACH_M: Final = 190.0


def ground(network: Network, style: Style) -> list[Mesh]:
    """All pieces of the ground of a town."""
    pieces = _land(network, style)
    height = network.terrain.height
    for r, road in enumerate(network.roads):
        cuts = [] if r else [(0.0, road.length)]
        if r:
            main_half = network.roads[0].half
            middle = network.junctions[r - 1].cross_station
            cuts = [(0.0, middle - main_half), (middle + main_half, road.length)]
        for s0, s1 in cuts:
            pieces += _strip(road, height, s0, s1, -road.half, road.half, 0.0, style.asphalt,
                             meshes.ROAD, r)
        pieces += _pavements(road, height, style)
    for junction in network.junctions:
        pieces += _corners(network, junction, style)
        pieces += _crossings(network, junction, style)
    return pieces


def _grid(road: Road, height: Callable[..., Float64], s: Float64, d: Float64, z: Float64,
          ) -> Float64:
    """Points float64 [S, D, 3] at stations s, offsets d and heights z above the ground."""
    x, y, _ = road.at(s[:, None], d[None, :])
    return np.stack([x, y, height(x, y) + z], axis=2)


def _cells(points: Float64, uv: Float64, colour: npt.ArrayLike, material: int, part: int) -> Mesh:
    """Quads between neighbouring points of a grid whose second axis runs to the left."""
    order = ((0, 0), (1, 0), (1, 1), (0, 1))
    n, m = points.shape[:2]
    corner = np.stack([points[i:n - 1 + i, j:m - 1 + j] for i, j in order], axis=2)
    tex = np.stack([uv[i:n - 1 + i, j:m - 1 + j] for i, j in order], axis=2)
    return meshes.quads(corner, colour, material, part, tex)


def _strip(road: Road, height: Callable[..., Float64], s0: float, s1: float, d0: float, d1: float,
           z: float, colour: npt.ArrayLike, material: int, part: int) -> list[Mesh]:
    """A band of a road from offset d0 to d1 > d0, in pieces."""
    pieces = []
    for a in np.arange(s0, s1 - 1e-6, PIECE_M):
        b = min(s1, a + PIECE_M)
        s = np.linspace(a, b, max(2, int(np.ceil((b - a) / STEP_M)) + 1))
        d = np.array([d0, d1]) if d1 - d0 < 8.0 else np.array([d0, 0.5 * (d0 + d1), d1])
        points = _grid(road, height, s, d, np.full((1, len(d)), z))
        uv = np.stack(np.broadcast_arrays(s[:, None], d[None, :]), axis=2)
        pieces.append(_cells(points, uv, colour, material, part))
    return pieces


def _pavements(road: Road, height: Callable[..., Float64], style: Style) -> list[Mesh]:
    """Pavement and kerb on both sides, interrupted at junctions."""
    pieces = []
    edges = [0.0, *np.ravel(road.corners).tolist(), road.length]
    for s0, s1 in zip(edges[::2], edges[1::2], strict=True):
        if s1 - s0 < 1.0:
            continue
        for side in (-1.0, 1.0):
            for a in np.arange(s0, s1 - 1e-6, PIECE_M):
                b = min(s1, a + PIECE_M)
                s = np.linspace(a, b, max(2, int(np.ceil((b - a) / STEP_M)) + 1))
                inner, outer = road.half, road.half + road.pavement
                # kerb face, kerb stone, slabs, and a face down to the grass
                d = np.array([inner, inner + 0.01, inner + 0.16, outer, outer + 0.01]) * side
                z = np.array([-0.02, KERB_M, KERB_M, KERB_M, -0.2])
                if side < 0:
                    d, z = d[::-1], z[::-1]
                points = _grid(road, height, s, d, z[None, :])
                uv = np.stack(np.broadcast_arrays(s[:, None], d[None, :]), axis=2)
                shades = [style.kerb, style.kerb, style.pavement, style.kerb]
                kinds = [meshes.PLAIN, meshes.PLAIN, meshes.PAVEMENT, meshes.PLAIN]
                if side < 0:
                    shades, kinds = shades[::-1], kinds[::-1]
                pieces.append(meshes.join([
                    _cells(points[:, i:i + 2], uv[:, i:i + 2], shades[i], kinds[i], 0)
                    for i in range(4)]))
    return pieces


def _corners(network: Network, junction: Junction, style: Style) -> list[Mesh]:
    """The four corners: a square of asphalt with a quarter disc of pavement in it."""
    main, cross = network.roads[0], network.roads[junction.cross]
    height = network.terrain.height
    w, p, half = cross.half, main.pavement, main.half
    pieces = []
    for along in (-1.0, 1.0):
        for side in (-1.0, 1.0):
            s = junction.station + along * np.array([w, w + 0.5 * p, w + p])
            d = side * np.array([half, half + 0.5 * p, half + p])
            s, d = np.sort(s), np.sort(d)
            grid = _grid(main, height, s, d, np.zeros((1, 3)))
            # stations without markings: the main road's gap covers them
            uv = np.stack(np.broadcast_arrays(s[:, None], d[None, :]), axis=2)
            square = _cells(grid, uv, style.asphalt, meshes.ROAD, 0)
            a = np.linspace(0.0, 0.5 * np.pi, CORNER_SIDES + 1)
            ring_s = junction.station + along * (w + p - p * np.sin(a))
            ring_d = side * (half + p - p * np.cos(a))
            hub_s, hub_d = junction.station + along * (w + p), side * (half + p)
            disc = _disc(main, height, ring_s, ring_d, hub_s, hub_d, style)
            pieces.append(meshes.join((square, disc)))
    return pieces


def _disc(main: Road, height: Callable[..., Float64], ring_s: Float64, ring_d: Float64,
          hub_s: float, hub_d: float, style: Style) -> Mesh:
    """Quarter disc of pavement round a hub, with its kerb."""
    x, y, _ = main.at(ring_s, ring_d)
    z = height(x, y)
    top = np.stack([x, y, z + KERB_M], axis=1)
    foot = np.stack([x, y, z - 0.02], axis=1)
    hx, hy, _ = main.at(hub_s, hub_d)
    hub = np.array([float(hx), float(hy), float(height(hx, hy)) + KERB_M])
    fan = np.stack([np.broadcast_to(hub, (len(x) - 1, 3)), top[:-1], top[1:]], axis=1)
    edge = np.stack([foot[:-1], foot[1:], top[1:], top[:-1]], axis=1)
    first = np.cross(fan[0, 1] - fan[0, 0], fan[0, 2] - fan[0, 0])
    if first[2] < 0.0:
        fan = fan[:, ::-1]
        edge = edge[:, ::-1]
    return meshes.join((meshes.soup(fan, style.pavement, meshes.PAVEMENT, uv=fan[..., :2]),
                        meshes.quads(edge, style.kerb)))


def _crossings(network: Network, junction: Junction, style: Style) -> list[Mesh]:
    """Zebra crossings and stop lines on all four arms."""
    main, cross = network.roads[0], network.roads[junction.cross]
    height = network.terrain.height
    pieces = []
    for road, station, clear in ((main, junction.station, cross.half + main.pavement),
                                 (cross, junction.cross_station, main.half + main.pavement)):
        for arm in (-1.0, 1.0):
            near = station + arm * (clear + CROSSING_NEAR_M)
            far = near + arm * CROSSING_DEEP_M
            stop = far + arm * (STOP_LINE_M - 0.4)
            s = np.sort(np.array([near, far]))
            bars = []
            for d in np.arange(-road.half + 0.5, road.half - 0.4, style.zebra_m):
                bars.append(_bar(road, height, s, d, d + 0.5 * style.zebra_m))
            # traffic towards the junction keeps right of the reference line
            line = np.sort(np.array([stop, stop + arm * 0.4]))
            carriage = road.lanes * road.lane_width
            bars.append(_bar(road, height, line, *((-carriage, -0.1) if arm < 0
                                                   else (0.1, carriage))))
            pieces.append(meshes.quads(np.array(bars), style.marking, meshes.PAINT,
                                       uv=np.array(bars)[..., :2]))
    return pieces


def _bar(road: Road, height: Callable[..., Float64], s: Float64, d0: float, d1: float) -> Float64:
    """A painted rectangle, corners counter-clockwise from above."""
    x, y, _ = road.at(np.array([s[0], s[1], s[1], s[0]]), np.array([d0, d0, d1, d1]))
    return np.stack([x, y, height(x, y) + DECAL_M], axis=1)


def _land(network: Network, style: Style) -> list[Mesh]:
    """Grass (or paving) under and around everything, in squares."""
    lows = np.min([r.xy.min(0) for r in network.roads], axis=0) - REACH_M
    highs = np.max([r.xy.max(0) for r in network.roads], axis=0) + REACH_M
    gx = np.arange(lows[0], highs[0] + GRASS_M, GRASS_M)
    gy = np.arange(lows[1], highs[1] + GRASS_M, GRASS_M)
    x, y = np.meshgrid(gx, gy, indexing="ij")
    points = np.stack([x, y, network.terrain.height(x, y) - UNDER_M], axis=2)
    pieces = []
    near = np.concatenate([r.xy[::10] for r in network.roads])
    for i in range(0, len(gx) - 1, 3):
        for j in range(0, len(gy) - 1, 3):
            block = points[i:i + 4, j:j + 4]
            middle = block[:, :, :2].reshape(-1, 2).mean(0)
            if np.hypot(*(near - middle).T).min() > REACH_M + 2.0 * GRASS_M:
                continue
            pieces.append(_cells(block, block[..., :2], style.land, meshes.GRASS, 0))
    return pieces

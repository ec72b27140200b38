"""What stands beside the roads: buildings, trees, lamps, signal heads and signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception import bodies, meshes, signals
from engine.perception.meshes import Colour, Mesh, box, frustum, join, moved, tube
from engine.perception.road import Network, Road
from engine.perception.styles import Style

Float64 = npt.NDArray[np.float64]

LAMP_EVERY_M: Final = 28.0
LAMP_HEIGHT_M: Final = 7.2
_BARK: Final[Colour] = (0.10, 0.075, 0.055)
_METAL: Final[Colour] = (0.20, 0.21, 0.22)


@dataclass(frozen=True, slots=True)
class Prop:
    """Something that stands.

    Attributes:
        mesh: In world coordinates.
        cls: LIGHT or SIGN when it is labelled, else -1.
        centre: float64 [3] of its labelled part.
        size: Length, width and height of that part, m.
        yaw: Direction that its x axis points to.
        junction: Of a signal head, else -1.
        arm: Likewise.
        shadow: float64 [N, 2] footprint that casts a shadow, and its height; None for none.
        height: Of the shadow's caster, m.
    """

    mesh: Mesh
    cls: int = -1
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    size: tuple[float, float, float] = (0.0, 0.0, 0.0)
    yaw: float = 0.0
    junction: int = -1
    arm: int = -1
    shadow: Float64 | None = None
    height: float = 0.0


def scenery(network: Network, style: Style, rng: np.random.Generator) -> list[Prop]:
    """Everything that stands beside the roads of a town."""
    props: list[Prop] = []
    for r, road in enumerate(network.roads):
        for side in (-1.0, 1.0):
            props += _buildings(network, r, road, side, style, rng)
            props += _trees(network, road, side, style, rng)
            props += _lamps(network, road, side, style)
    props += _heads(network, style)
    props += _signs(network, rng)
    return props


def lamp_positions(road: Road, side: float) -> list[tuple[float, float]]:
    """(s, d) of the lamps of one side, clear of junctions."""
    first = 8.0 if side < 0 else 8.0 + 0.5 * LAMP_EVERY_M
    return [(float(s), side * (road.half + 0.5))
            for s in np.arange(first, road.length, LAMP_EVERY_M) if road.open(float(s), 1.0)]


def _clear(network: Network, xy: Float64, own: int) -> bool:
    """Whether points [N, 2] lie off every other road's pavement."""
    for r, road in enumerate(network.roads):
        if r == own:
            continue
        apart = xy[:, None] - road.xy[None, ::5]
        if (apart**2).sum(2).min() < (road.half + road.pavement + 3.5) ** 2:
            return False
    return True


def _rise(network: Network, road: Road, s: float, d: float) -> tuple[float, float, float, float]:
    x, y, h = (float(v) for v in road.at(s, d))
    return x, y, float(network.terrain.height(x, y)), h


def _buildings(network: Network, r: int, road: Road, side: float, style: Style,
               rng: np.random.Generator) -> list[Prop]:
    props = []
    s = float(rng.uniform(0.0, 6.0))
    while s < road.length - 6.0:
        length = float(rng.uniform(9.0, 24.0))
        depth = float(rng.uniform(9.0, 15.0))
        floors = int(rng.integers(style.storeys[0], style.storeys[1] + 1))
        wall = style.walls[int(rng.integers(len(style.walls)))]
        variety = int(rng.integers(0, 200))
        empty = rng.random() < style.gap
        front = road.half + road.pavement + style.setback_m + float(rng.uniform(0.0, 1.2))
        middle = s + 0.5 * length
        s += length + (float(rng.uniform(2.0, 7.0)) if style.gap > 0.2 else 0.15)
        if empty:
            continue
        x, y, z, h = _rise(network, road, middle, side * (front + 0.5 * depth))
        c, q = np.cos(h), np.sin(h)
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 0.5 * np.array([length, depth])
        world = np.array([x, y]) + corners @ np.array([[c, q], [-q, c]])
        dense = np.concatenate([world, 0.5 * (world + np.roll(world, 1, 0)), [[x, y]]])
        if not _clear(network, dense, r):
            continue
        # on the inside of a bend the wall must not reach into the own road either
        if np.hypot(*(dense[:, None] - road.xy[None, ::3]).transpose(2, 0, 1)).min() < (
                road.half + road.pavement + 0.3):
            continue
        high = 3.8 + (floors - 1) * style.window[1] + 0.5
        mesh = _house(length, depth, high, wall, style, variety, rng)
        props.append(Prop(moved(mesh, x, y, z - 0.4, h), shadow=world, height=high))
    return props


def _house(length: float, depth: float, high: float, wall: Colour, style: Style, variety: int,
           rng: np.random.Generator) -> Mesh:
    a, b = 0.5 * length, 0.5 * depth
    parts = [frustum((-a, a, -b, b), (-a, a, -b, b), 0.0, high + 0.4, wall, meshes.FACADE, variety,
                     cap=style.roof, floor=False)]
    if style.storeys[1] <= 5 and rng.random() < 0.7:
        # hipped roof with eaves
        parts.append(frustum((-a - 0.4, a + 0.4, -b - 0.4, b + 0.4),
                             (-a * 0.72, a * 0.72, -0.3, 0.3), high + 0.4, high + 0.4 + 0.42 * b,
                             style.roof))
    else:
        k = 0.25
        parts.append(box(-a - k, a + k, -b - k, b + k, high + 0.1, high + 0.55,
                         (wall[0] * 0.8, wall[1] * 0.8, wall[2] * 0.8)))
        if rng.random() < 0.5:
            x = float(rng.uniform(-0.5, 0.5)) * a
            parts.append(box(x - 1.4, x + 1.4, -1.2, 1.2, high + 0.5, high + 2.6, _METAL))
    if rng.random() < 0.35 and high > 8.0:
        # a bay or stair tower breaks the front
        x = float(rng.uniform(-0.6, 0.6)) * a
        parts.append(box(x - 1.3, x + 1.3, -b - 0.7, b + 0.7, 3.9, high, wall, meshes.FACADE,
                         variety + 1))
    return join(parts)


def _trees(network: Network, road: Road, side: float, style: Style, rng: np.random.Generator,
           ) -> list[Prop]:
    props = []
    s = float(rng.uniform(2.0, 9.0))
    while s < road.length:
        keep = rng.random() < style.trees
        at = s + float(rng.uniform(-1.5, 1.5))
        shape = rng.random(4)
        leaf = style.foliage[int(rng.integers(len(style.foliage)))]
        lumps = rng.uniform(0.80, 1.15, (5, 7))
        s += 10.0
        if not keep or not road.open(at, 2.0) or not 0.0 < at < road.length:
            continue
        off = road.half + (1.2 if road.pavement > 3.2 else road.pavement + 0.8)
        x, y, z, _ = _rise(network, road, at, side * off)
        k = 0.75 + 0.6 * float(shape[0])
        if shape[1] < style.conifer:
            mesh = join((tube(0, 0, 0, 1.2 * k, 0.16, 0.14, _BARK, 5),
                         *(tube(0, 0, (1.0 + 1.5 * i) * k, (3.4 + 1.5 * i) * k,
                                (1.55 - 0.38 * i) * k, 0.05, leaf, 7, meshes.FOLIAGE)
                           for i in range(3))))
            radius, high = 1.4 * k, 6.0 * k
        else:
            trunk = (2.0 + float(shape[2])) * k
            mesh = join((tube(0, 0, 0, trunk + 0.6, 0.17 * k, 0.12 * k, _BARK, 6),
                         meshes.blob(0, 0, trunk + 1.5 * k, 1.75 * k, 1.6 * k, leaf, lumps),
                         meshes.blob(0.9 * k, 0.5 * k, trunk + 0.9 * k, 1.15 * k, 1.05 * k,
                                     (leaf[0] * 0.85, leaf[1] * 0.85, leaf[2] * 0.85),
                                     lumps[:, ::-1])))
            radius, high = 1.8 * k, trunk + 2.6 * k
        ring = np.arange(6) * (np.pi / 3.0)
        foot = np.stack([x + radius * np.cos(ring), y + radius * np.sin(ring)], axis=1)
        props.append(Prop(moved(mesh, x, y, z, float(shape[3]) * 6.28), shadow=foot, height=high))
    return props


def _lamps(network: Network, road: Road, side: float, style: Style) -> list[Prop]:
    props = []
    reach = style.lamp_arm_m
    mesh = join((
        tube(0, 0, 0, LAMP_HEIGHT_M, 0.085, 0.055, _METAL, 5),
        box(-0.05, 0.05, 0.0, reach, LAMP_HEIGHT_M - 0.1, LAMP_HEIGHT_M, _METAL),
        box(-0.14, 0.14, reach - 0.3, reach + 0.4, LAMP_HEIGHT_M - 0.10, LAMP_HEIGHT_M + 0.05,
            _METAL),
        meshes.quads([[[-0.12, reach + 0.36, LAMP_HEIGHT_M - 0.11],
                       [0.12, reach + 0.36, LAMP_HEIGHT_M - 0.11],
                       [0.12, reach - 0.26, LAMP_HEIGHT_M - 0.11],
                       [-0.12, reach - 0.26, LAMP_HEIGHT_M - 0.11]]], (1.0, 0.86, 0.62),
                     meshes.LAMP)))
    for s, d in lamp_positions(road, side):
        x, y, z, h = _rise(network, road, s, d)
        props.append(Prop(moved(mesh, x, y, z, h if side < 0 else h + np.pi)))
    return props


def arm_frame(network: Network, junction: int, arm: int) -> tuple[Road, float, float]:
    """The road of an arm, the station of its stop line and its traffic's direction (+1, -1)."""
    j = network.junctions[junction]
    road = network.roads[0 if arm < 2 else j.cross]
    way = 1.0 if arm % 2 == 0 else -1.0
    station = j.station if arm < 2 else j.cross_station
    gap = road.gaps[np.argmin(np.abs(road.gaps.mean(1) - station))]
    return road, float(gap[0] if way > 0 else gap[1]), way


def _heads(network: Network, style: Style) -> list[Prop]:
    """A head at each stop line, and a second one over the lanes of a wide road."""
    props = []
    for k, junction in enumerate(network.junctions):
        if not junction.signals:
            continue
        for arm in range(4):
            road, s, way = arm_frame(network, k, arm)
            if not 6.0 < s < road.length - 6.0:
                continue
            x, y, z, h = _rise(network, road, s + 0.6 * way, -way * (road.half + 0.55))
            yaw = h if way > 0 else h + np.pi
            wide = road.lanes > 1
            reach = road.shoulder + road.bay + 0.5 * road.lane_width if wide else 0.0
            props.append(Prop(moved(signals.post(2.5, reach), x, y, z, yaw)))
            spots = [(2.45, 0.0)] + ([(4.75, reach)] if wide else [])
            for up, left in spots:
                cx, cy = x - np.sin(yaw) * left, y + np.cos(yaw) * left
                props.append(Prop(
                    moved(signals.head(style.signal_yellow, up, left), x, y, z, yaw), bodies.LIGHT,
                    (cx, cy, z + up + 0.51), (0.24, 0.38, 1.02), yaw, k, arm))
    return props


def _signs(network: Network, rng: np.random.Generator) -> list[Prop]:
    """Speed limits along the roads; stop or yield where a junction has no lights."""
    props = []
    for k, junction in enumerate(network.junctions):
        if junction.signals:
            continue
        for arm in (2, 3):
            road, s, way = arm_frame(network, k, arm)
            props += _sign(network, road, s + 0.6 * way, way, "stop")
    for road in network.roads:
        for way in (1.0, -1.0):
            for s in np.arange(25.0, road.length - 10.0, 90.0) + rng.uniform(0.0, 40.0):
                if s < road.length - 5.0 and road.open(float(s), 3.0):
                    props += _sign(network, road, float(s), way, "limit")
    return props


def _sign(network: Network, road: Road, s: float, way: float, kind: str) -> list[Prop]:
    """Post and plate; the plate alone is what a driver reads, and what is labelled."""
    x, y, z, h = _rise(network, road, s, -way * (road.half + 0.7))
    yaw = h if way > 0 else h + np.pi
    return [Prop(moved(signals.sign_post(), x, y, z, yaw)),
            Prop(moved(signals.sign(kind), x, y, z, yaw), bodies.SIGN,
                 (x, y, z + signals.SIGN_UP_M), (0.1, 0.72, 0.72), yaw)]

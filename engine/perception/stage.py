"""The scene as triangles: what stands is laid out once, what moves is placed each frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception import bodies, meshes, signals
from engine.perception.actors import STAND, WALK
from engine.perception.ground import ground
from engine.perception.meshes import Mesh
from engine.perception.pattern_kernels import OFFSETS, OFFSETS_PER_M, Marks
from engine.perception.place_kernels import put
from engine.perception.raster_kernels import Soup
from engine.perception.road import Network, Road
from engine.perception.scenery import Prop
from engine.perception.shadows import body_shadows, prop_shadows
from engine.perception.styles import Style
from engine.perception.weather import Weather
from engine.perception.world import Snapshot, World

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

ROOM: Final = 60_000
"""Triangles kept free for what moves."""
ACTOR_REACH_M: Final = 170.0
LABEL_REACH_M: Final = 120.0


@dataclass(frozen=True, slots=True)
class Placed:
    """What a frame shows, ready to draw.

    Attributes:
        soup: Triangles and objects.
        labels: Number of labels in use; label k is row k - 1 of `things`.
        actor: Row in the snapshot of each label, -1 for a light or sign.
        prop: Index of the prop of each label, -1 for an actor.
        shadow: float32 [S, 3, 3].
        strength: float32 [S].
    """

    soup: Soup
    labels: int
    actor: list[int]
    prop: list[int]
    shadow: Float32
    strength: Float32


class Stage:
    """Arrays of a world's scene."""

    def __init__(self, world: World) -> None:
        """Lay out what stands."""
        self._network: Network = world.network
        self._weather: Weather = world.weather
        self._meshes = world.meshes()
        self._shapes = world.shapes()
        self.marks = _marks(world.network, world.style)
        pieces: list[Mesh] = ground(world.network, world.style)
        base = len(pieces)
        self.props: list[Prop] = world.props
        pieces += [p.mesh for p in world.props]
        self._labelled = [i for i, p in enumerate(world.props) if p.cls >= 0]
        counts = np.array([len(p.xyz) for p in pieces])
        total = int(counts.sum())
        whole = meshes.join(pieces)
        size = total + ROOM
        self._still = total
        objects = len(pieces)
        self._still_objects = objects
        room = objects + len(self._meshes) + 8
        self._soup = Soup(
            xyz=np.zeros((size, 3, 3), np.float32), uv=np.zeros((size, 3, 2), np.float32),
            colour=np.zeros((size, 3), np.float32), glow=np.zeros(size, np.float32),
            material=np.zeros(size, np.uint8), part=np.zeros(size, np.int16),
            first=np.zeros(room, np.int32), size=np.zeros(room, np.int32),
            centre=np.zeros((room, 3), np.float32), radius=np.zeros(room, np.float32),
            label=np.zeros(room, np.int16))
        for name in ("xyz", "uv", "colour", "material", "part"):
            getattr(self._soup, name)[:total] = getattr(whole, name)
        self._soup.first[:objects] = np.concatenate([[0], np.cumsum(counts)[:-1]])
        self._soup.size[:objects] = counts
        for o, piece in enumerate(pieces):
            flat = piece.xyz.reshape(-1, 3)
            middle = 0.5 * (flat.min(0) + flat.max(0))
            self._soup.centre[o] = middle
            self._soup.radius[o] = float(np.sqrt(((flat - middle) ** 2).sum(1).max())) + 0.01
        self._prop_object = base
        self._night = world.weather.night
        lamp = self._soup.material[:total] == meshes.LAMP
        self._soup.glow[:total][lamp & (self._soup.part[:total] == 0)] = 4.0 if self._night else 0.0
        self._heads = [(i, p.junction, p.arm, *self._lenses(base + i)) for i, p in
                       enumerate(world.props) if p.cls == bodies.LIGHT]
        self._shadows, self._shadow_at = prop_shadows(world.props, world.network, world.weather)

    def _lenses(self, o: int) -> tuple[npt.NDArray[np.int64], Float32]:
        """Lamp triangles of a signal head and their colours when lit."""
        first, count = self._soup.first[o], self._soup.size[o]
        rows = np.arange(first, first + count)
        rows = rows[self._soup.material[rows] == meshes.LAMP]
        return rows, self._soup.colour[rows].copy()

    def place(self, now: Snapshot) -> Placed:
        """Everything as it stands at an instant. The arrays are reused by the next call."""
        soup = self._soup
        for _, junction, arm, rows, colour in self._heads:
            lit = soup.part[rows] == now.lights[junction][arm]
            soup.colour[rows] = np.where(lit[:, None], colour, colour * signals.UNLIT)
            soup.glow[rows] = np.where(lit, signals.LIT * (1.6 if self._night else 1.0), 0.0)
        apart = np.hypot(now.state[:, 0] - now.origin[0], now.state[:, 1] - now.origin[1])
        shown = np.flatnonzero(apart < ACTOR_REACH_M)
        at, o = self._still, self._still_objects
        actor, prop = [], []
        casters: list[tuple[float, ...]] = []
        for row in shown:
            mesh = self._meshes[int(now.id[row])]
            n = len(mesh.xyz)
            if at + n > len(soup.glow) or o >= len(soup.first):
                break
            self._actor(mesh, now.state[row], now.time, at)
            soup.first[o], soup.size[o] = at, n
            _, length, width, height = self._shapes[int(now.id[row])]
            x, y, z, yaw = now.state[row, :4]
            soup.centre[o] = (x, y, z + 0.5 * height)
            soup.radius[o] = 0.5 * math.sqrt(length**2 + width**2 + height**2) + 0.35
            actor.append(int(row))
            prop.append(-1)
            soup.label[o] = len(actor)
            at += n
            o += 1
            if apart[row] < 90.0:
                casters.append((x, y, z, yaw, length, width, height))
        soup.label[self._prop_object:self._still_objects] = 0
        for i in self._labelled:
            p = self.props[i]
            if math.hypot(p.centre[0] - now.origin[0], p.centre[1] - now.origin[1]) < LABEL_REACH_M:
                actor.append(-1)
                prop.append(i)
                soup.label[self._prop_object + i] = len(actor)
        view = Soup(
            soup.xyz[:at], soup.uv[:at], soup.colour[:at], soup.glow[:at], soup.material[:at],
            soup.part[:at], soup.first[:o], soup.size[:o], soup.centre[:o], soup.radius[:o],
            soup.label[:o])
        near = np.hypot(*(self._shadow_at - now.origin[:2]).T) < 110.0
        moving, taken = body_shadows(np.array(casters).reshape(-1, 7), self._weather)
        return Placed(view, len(actor), actor, prop, np.concatenate([self._shadows[near], moving]),
                      np.concatenate([np.ones(int(near.sum()), np.float32), taken]))

    def _actor(self, mesh: Mesh, state: Float64, time: float, at: int) -> None:
        """Write a body's triangles at its pose, with the lamps that are lit."""
        x, y, _, _, speed, accel, indicator, _, mode = (float(v) for v in state)
        gx, gy = (float(v) for v in self._network.terrain.slope(x, y))
        if mode == WALK:
            gx = gy = 0.0
        parked = mode == STAND and indicator == 0.0
        lamp = np.zeros(5)
        if not parked:
            blink = 1.6 if (time * 1.5) % 1.0 < 0.5 else 0.0
            braking = accel < -0.6 or speed < 0.3
            lamp[meshes.TAIL] = 1.4 if braking else 0.7 if self._night else 0.0
            lamp[meshes.HEAD] = 5.0 if self._night else 0.35
            lamp[meshes.LEFT] = blink if indicator > 0.0 else 0.0
            lamp[meshes.RIGHT] = blink if indicator < 0.0 else 0.0
        put(mesh, self._soup, at, state, gx, gy, lamp)


def _marks(network: Network, style: Style) -> Marks:
    """Markings of every road, for the shader."""
    R = len(network.roads)
    line = np.zeros((R, 12, 5), np.float32)
    colour = np.zeros((R, 12, 3), np.float32)
    nearest = np.full((R, OFFSETS), -1, np.int8)
    gaps = np.full((R, max(1, *(len(r.gaps) for r in network.roads)), 2), -1e9, np.float32)
    at = (np.arange(OFFSETS) + 0.5 - 0.5 * OFFSETS) / OFFSETS_PER_M
    for r, road in enumerate(network.roads):
        gaps[r, :len(road.gaps)] = road.gaps
        rows = road_lines(road, style)
        for m, (off, dash, period, label) in enumerate(rows):
            line[r, m] = (off, style.line_m, dash, period, label)
            colour[r, m] = style.centre if label == 2 else style.marking
        offsets = np.array([off for off, *_ in rows])
        nearest[r] = np.abs(at[:, None] - offsets).argmin(1)
    return Marks(line, colour, gaps, nearest)


def road_lines(road: Road, style: Style) -> list[tuple[float, float, float, int]]:
    """Offset, dash, period and label of each line on a road."""
    w, n = road.lane_width, road.lanes
    edge = n * w
    lines = [(-edge, 0.0, 1.0, 3), (edge, 0.0, 1.0, 3)]
    for i in range(1, n):
        lines += [(side * i * w, style.dash_m, style.period_m, 1) for side in (-1, 1)]
    if style.centre_double and n > 1:
        lines += [(-0.16, 0.0, 1.0, 2), (0.16, 0.0, 1.0, 2)]
    elif n > 1:
        lines.append((0.0, 0.0, 1.0, 2))
    else:
        lines.append((0.0, style.dash_m, style.period_m, 2))
    return lines

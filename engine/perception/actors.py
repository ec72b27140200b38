"""What moves and what stands in the way: state and poses of cars, cyclists, pedestrians, cones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.perception import bodies, idm
from engine.perception.meshes import Colour, Mesh

DRIVE, WALK, STAND, EGO = 0, 1, 2, 3

_LACQUERS: Final[tuple[tuple[Colour, float], ...]] = (
    ((0.62, 0.63, 0.63), 0.20), ((0.020, 0.021, 0.023), 0.18), ((0.16, 0.17, 0.18), 0.17),
    ((0.36, 0.37, 0.38), 0.12), ((0.035, 0.075, 0.20), 0.10), ((0.34, 0.025, 0.022), 0.08),
    ((0.06, 0.11, 0.09), 0.04), ((0.46, 0.38, 0.24), 0.04), ((0.52, 0.20, 0.03), 0.03),
    ((0.05, 0.20, 0.30), 0.04))
"""Colours of cars with their share on the road."""
_CLOTHES: Final[tuple[Colour, ...]] = (
    (0.42, 0.06, 0.05), (0.50, 0.36, 0.07), (0.06, 0.16, 0.30), (0.08, 0.20, 0.07),
    (0.03, 0.03, 0.035), (0.55, 0.54, 0.52), (0.20, 0.10, 0.22), (0.24, 0.20, 0.16),
    (0.05, 0.24, 0.26))
_TROUSERS: Final[tuple[Colour, ...]] = (
    (0.030, 0.040, 0.075), (0.045, 0.045, 0.050), (0.16, 0.13, 0.09), (0.10, 0.12, 0.16))


@dataclass(slots=True)
class Actor:
    """Something with a body.

    Lane coordinates hold for DRIVE: lane, s along it, d to its left. A pedestrian's road, station
    and offset are in `road`, `s`, `d`, with `way` the direction along the road.

    Attributes:
        id: Stable number, > 0; the ego is 0.
        shape: Name in `bodies.SHAPES`.
        mesh: Its body in its own colours.
        mode: DRIVE, WALK, STAND or EGO.
        x, y, z: Middle of its footprint, on the ground, m.
        yaw: rad.
        speed, accel: Along its heading, m/s and m/s².
    """

    id: int
    shape: str
    mesh: Mesh
    mode: int
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    yaw: float = 0.0
    speed: float = 0.0
    accel: float = 0.0
    lane: int = -1
    s: float = 0.0
    d: float = 0.0
    path: list[int] = field(default_factory=list)
    shift_from: int = -1
    shift: float = 0.0
    rest_d: float = 0.0
    wish: float = 1.0
    driver: idm.Driver = idm.CALM
    waited_s: float = 0.0
    since_change_s: float = 99.0
    indicator: int = 0
    road: int = -1
    way: float = 1.0
    crossing: float = 0.0
    phase: float = 0.0
    script: str = ""

    @property
    def cls(self) -> int:
        """Class of its label."""
        return bodies.SHAPES[self.shape][0]

    @property
    def length(self) -> float:
        """Of its box, m."""
        return bodies.SHAPES[self.shape][1]

    @property
    def width(self) -> float:
        """Of its box, m."""
        return bodies.SHAPES[self.shape][2]

    @property
    def height(self) -> float:
        """Of its box, m."""
        return bodies.SHAPES[self.shape][3]


def dressed(shape: str, rng: np.random.Generator) -> Mesh:
    """A body in colours drawn for it."""
    mesh = bodies.body(shape)
    if bodies.SHAPES[shape][0] in (bodies.CAR, bodies.TRUCK):
        share = np.array([p for _, p in _LACQUERS])
        first = _LACQUERS[int(rng.choice(len(_LACQUERS), p=share / share.sum()))][0]
        second: Colour = (0.66, 0.67, 0.67) if rng.random() < 0.6 else _LACQUERS[
            int(rng.integers(len(_LACQUERS)))][0]
        if shape == "bus":
            first = ((0.50, 0.30, 0.03), (0.40, 0.03, 0.03), (0.55, 0.56, 0.56),
                     (0.04, 0.18, 0.34))[int(rng.integers(4))]
            second = (0.60, 0.60, 0.58)
    else:
        first = _CLOTHES[int(rng.integers(len(_CLOTHES)))]
        second = _TROUSERS[int(rng.integers(len(_TROUSERS)))]
    colour = mesh.colour.copy()
    colour[mesh.colour[:, 0] == bodies.PAINTED[0]] = first
    colour[mesh.colour[:, 0] == bodies.SECOND[0]] = second
    return mesh._replace(colour=colour)

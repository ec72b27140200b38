"""Traffic lights and signs: phases of a junction, and the heads and posts that show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.perception import meshes
from engine.perception.meshes import Colour, Mesh, box, join, quads, soup, tube

NONE, RED, AMBER, GREEN = 0, 1, 2, 3
GREEN_MAIN_S: Final = 15.0
GREEN_CROSS_S: Final = 10.0
LEAD_S: Final = 4.5
"""By how much the first of two opposite arms is ahead of the other: it turns left before the other
starts, and the other after it has stopped."""
AMBER_S: Final = 3.0
ALL_RED_S: Final = 2.0
CYCLE_S: Final = GREEN_MAIN_S + GREEN_CROSS_S + 2.0 * (LEAD_S + AMBER_S + ALL_RED_S)

_POST: Final[Colour] = (0.16, 0.17, 0.18)
_HOUSING: Final[Colour] = (0.025, 0.027, 0.030)
_YELLOW: Final[Colour] = (0.60, 0.34, 0.02)
_LENS: Final[dict[int, Colour]] = {
    RED: (0.95, 0.045, 0.03), AMBER: (0.95, 0.42, 0.02), GREEN: (0.05, 0.85, 0.38)}
UNLIT: Final = 0.10
"""Brightness of a lens that is off."""
LIT: Final = 1.5


def state(time_s: float, arm: int, offset_s: float) -> int:
    """Light shown to an arm of a junction.

    Args:
        time_s: Time of the world.
        arm: 0 and 1 on the main road, 2 and 3 on the cross street.
        offset_s: Start of the junction's cycle.

    Returns:
        RED, AMBER or GREEN.
    """
    begin = LEAD_S if arm % 2 else 0.0
    green = GREEN_MAIN_S
    if arm >= 2:
        begin += GREEN_MAIN_S + LEAD_S + AMBER_S + ALL_RED_S
        green = GREEN_CROSS_S
    t = (time_s + offset_s - begin) % CYCLE_S
    if t < green:
        return GREEN
    return AMBER if t < green + AMBER_S else RED


@dataclass(frozen=True, slots=True)
class Head:
    """A signal head.

    Attributes:
        junction: Its junction.
        arm: The arm it shows its light to.
        mesh: In its own frame: x along the traffic it faces, z up from the ground.
    """

    junction: int
    arm: int
    mesh: Mesh


def post(height: float = 2.6, reach: float = 0.0) -> Mesh:
    """The post of a signal, with an arm over the road when `reach` > 0 (to the left)."""
    if reach <= 0.0:
        return tube(0.0, 0.0, 0.0, height, 0.07, 0.06, _POST, 6)
    return join((tube(0.0, 0.0, 0.0, 5.6, 0.11, 0.09, _POST, 6),
                 box(-0.06, 0.06, 0.0, reach + 0.1, 5.42, 5.56, _POST)))


def head(yellow: bool, z: float, left: float = 0.0) -> Mesh:
    """Housing and three lenses, with its foot at height z; lens parts are their states."""
    y = left
    parts = [box(-0.14, 0.10, y - 0.19, y + 0.19, z, z + 1.02, _YELLOW if yellow else _HOUSING),
             quads([[[-0.145, y + 0.17, z + 0.02], [-0.145, y - 0.17, z + 0.02],
                     [-0.145, y - 0.17, z + 1.0], [-0.145, y + 0.17, z + 1.0]]], _HOUSING)]
    a = np.arange(9) * (np.pi / 4.0)
    for k, light in enumerate((GREEN, AMBER, RED)):
        centre = z + 0.19 + 0.32 * k
        ring = np.column_stack([np.full(9, -0.155), y - 0.13 * np.cos(a),
                                centre + 0.13 * np.sin(a)])
        hub = np.broadcast_to([-0.155, y, centre], (8, 3))
        parts.append(soup(np.stack([hub, ring[:-1], ring[1:]], axis=1), _LENS[light],
                          meshes.LAMP, light))
        # visor
        parts.append(box(-0.30, -0.14, y - 0.15, y + 0.15, centre + 0.135, centre + 0.155,
                         _HOUSING))
    return join(parts)


SIGN_UP_M: Final = 2.3
"""Height of the middle of a sign's plate."""


def sign_post() -> Mesh:
    """What a sign stands on."""
    return tube(0.0, 0.0, 0.0, SIGN_UP_M - 0.2, 0.035, 0.035, _POST, 5)


def sign(kind: str) -> Mesh:
    """The plate of a sign, facing the traffic that comes along x.

    Args:
        kind: "stop", "limit", "yield" or "works".
    """
    z = SIGN_UP_M
    rim: Colour = (0.62, 0.02, 0.02)
    white: Colour = (0.78, 0.78, 0.76)
    sides = {"stop": 8, "limit": 12, "yield": 3, "works": 3}[kind]
    turn = {"stop": np.pi / 8.0, "limit": 0.0, "yield": -np.pi / 2.0, "works": np.pi / 2.0}[kind]
    r = 0.36 if sides > 3 else 0.46
    a = np.arange(sides + 1) * (2.0 * np.pi / sides) + turn

    def plate(x: float, radius: float, colour: Colour) -> Mesh:
        ring = np.column_stack([np.full(sides + 1, x), -radius * np.cos(a), z + radius * np.sin(a)])
        hub = np.broadcast_to([x, 0.0, z], (sides, 3))
        fan = np.stack([hub, ring[:-1], ring[1:]], axis=1)
        return soup(fan if x < 0.0 else fan[:, ::-1], colour)

    parts = [plate(-0.05, r, rim), plate(0.03, r, (0.30, 0.30, 0.31))]
    if kind == "stop":
        parts.append(quads([[[-0.06, 0.24, z - 0.08], [-0.06, -0.24, z - 0.08],
                             [-0.06, -0.24, z + 0.08], [-0.06, 0.24, z + 0.08]]], white))
    else:
        parts.append(plate(-0.06, 0.74 * r, white if kind != "works" else (0.80, 0.55, 0.05)))
        mark = (0.03, 0.03, 0.03)
        if kind == "limit":
            for y in (-0.09, 0.09):
                parts.append(quads([[[-0.07, y + 0.06, z - 0.12], [-0.07, y - 0.06, z - 0.12],
                                     [-0.07, y - 0.06, z + 0.12], [-0.07, y + 0.06, z + 0.12]]],
                                   mark))
        if kind == "works":
            parts.append(quads([[[-0.07, 0.12, z - 0.14], [-0.07, -0.12, z - 0.14],
                                 [-0.07, -0.04, z + 0.14], [-0.07, 0.04, z + 0.14]]], mark))
    return join(parts)

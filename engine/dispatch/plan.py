"""The plan of a generated city: river, parks, districts and main roads, drawn from a seed.

A core beside a river, radial arterials and two ring roads cut by it at bridges, an orbital
motorway, an airport in a corner: the concentric and sectoral pattern of European cities. Everything
is laid out on a plain rectangle; `warp` then bends it, so that no street is perfectly straight.

Shape letters: K points, P points of an outline, V points of a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.network import ARTERIAL, COLLECTOR

Float64 = npt.NDArray[np.float64]

WIDTH_M: Final = 16_000.0
HEIGHT_M: Final = 12_000.0


class Quarter(NamedTuple):
    """A district of the plan: place as a share of the rectangle, and its blocks in metres."""

    name: str
    kind: str
    u: float
    v: float
    block_m: float
    depth_m: float
    oneway: float


QUARTERS: Final = (
    Quarter("Old Town", "centre", 0.47, 0.51, 92, 118, 0.8),
    Quarter("Exchange", "business", 0.37, 0.50, 100, 136, 0.75),
    Quarter("Station", "transit", 0.575, 0.56, 105, 140, 0.6),
    Quarter("Museum", "culture", 0.46, 0.66, 120, 150, 0.5),
    Quarter("Docks", "docks", 0.66, 0.36, 130, 180, 0.3),
    Quarter("Mill Bank", "nightlife", 0.47, 0.28, 108, 145, 0.5),
    Quarter("Stadium", "leisure", 0.20, 0.57, 130, 185, 0.25),
    Quarter("Hillside", "residential", 0.24, 0.83, 142, 205, 0.15),
    Quarter("Northgate", "residential", 0.50, 0.87, 138, 195, 0.15),
    Quarter("Eastmoor", "residential", 0.76, 0.64, 138, 190, 0.15),
    Quarter("Westfield", "residential", 0.14, 0.26, 142, 200, 0.15),
    Quarter("Vale", "residential", 0.31, 0.12, 142, 205, 0.15),
    Quarter("Fairmead", "residential", 0.68, 0.12, 142, 200, 0.15),
    Quarter("Airport", "airport", 0.88, 0.87, 175, 230, 0.1),
)
PARK_NAMES: Final = ("Royal Park", "Canal Gardens", "Long Meadow")
BRIDGE_NAMES: Final = (
    "West Bridge", "Mill Bridge", "Royal Bridge", "Old Bridge", "Market Bridge", "Station Bridge",
    "Harbour Bridge", "East Bridge", "Ferry Bridge", "Tide Bridge",
)


class Road(NamedTuple):
    """A main road: float64 [V, 2] points and its rank."""

    points: Float64
    rank: int


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the streets are fitted to, before `warp`.

    Attributes:
        width_m: Extent east.
        height_m: Extent north.
        seeds: float64 [K, 2], middles of the districts, in order of QUARTERS.
        centre: float64 [2].
        course: float64 [V, 2], middle of the river from west to east.
        river: float64 [P, 2], outline.
        polygons: Outlines by kind, river included.
        roads: Arterials and collectors; motorways apart.
        motorway: float64 [V, 2] points of each motorway; the first is the closed orbital.
        spots: Middle of each place by kind.
        bend: float64 [2, 3, 4]: for each axis three waves of amplitude, x and y number, phase.
    """

    width_m: float
    height_m: float
    seeds: Float64
    centre: Float64
    course: Float64
    river: Float64
    polygons: dict[str, list[Float64]]
    roads: tuple[Road, ...]
    motorway: tuple[Float64, ...]
    spots: dict[str, Float64]
    bend: Float64


def draw_plan(rng: np.random.Generator) -> Plan:
    """Draw a plan of `WIDTH_M` × `HEIGHT_M`."""
    width, height = WIDTH_M, HEIGHT_M
    size = np.array([width, height])
    seeds = np.array([[q.u, q.v] for q in QUARTERS]) * size
    seeds += rng.uniform(-0.012, 0.012, seeds.shape) * size
    course = _course(rng)
    half = np.interp(course[:, 0], [0, width], [105, 175])
    river = np.concatenate([course + np.stack([0 * half, half], 1),
                            (course - np.stack([0 * half, half], 1))[::-1]])
    centre = np.array([seeds[0, 0], _river_y(course, seeds[0, 0]) + 900])
    spots = {"stadium": seeds[6] + _at(-250, 150), "airport": np.array([0.922, 0.914]) * size,
             "station": seeds[2] + _at(120, -60), "museum": seeds[3] + _at(60, 40),
             "docks": np.array([seeds[4, 0], _river_y(course, seeds[4, 0]) - 420])}
    polygons = {"river": [river], "park": _parks(rng, seeds, course), "water": [],
                "airfield": [_box(np.array([0.922, 0.953]) * size, 2_200, 640, 0.0)],
                "stadium": [_oval(spots["stadium"], 190, 150, 20)]}
    royal = polygons["park"][0].mean(axis=0)
    polygons["water"].append(_blob(rng, royal + _at(-420, 40), 260, 150))
    for k in range(3):
        dock = np.array([seeds[4, 0] - 450 + 420 * k, 0])
        dock[1] = _river_y(course, dock[0]) - 330
        polygons["water"].append(_box(dock, 170, 260, 0.12))
    orbit = _ring(rng, np.array([0.485, 0.50]) * size, 0.335 * width, 0.345 * height, 72, 0.02)
    spur_from = orbit[int(np.argmin(np.hypot(*(orbit - spots["airport"]).T)))]
    spur = np.linspace(spur_from, spots["airport"] + _at(-80, -90), 9)
    roads = (*_radials(rng, centre, spots), *_rings(rng, centre))
    bend = np.stack([np.stack([rng.uniform(18, 55, 3), rng.uniform(-2.2, 2.2, 3),
                               rng.uniform(-2.2, 2.2, 3), rng.uniform(0, 2 * np.pi, 3)], axis=1)
                     for _ in (0, 1)])
    return Plan(width, height, seeds, centre, course, river, polygons, roads, (orbit, spur),
                spots, bend)


def warp(plan: Plan, points: Float64) -> Float64:
    """Bend the plane by low waves, too long and flat to fold it; float64 [K, 2]."""
    share = points / [plan.width_m, plan.height_m]
    out = points.copy()
    for axis, waves in enumerate(plan.bend):
        for high, nx, ny, phase in waves:
            out[:, axis] += high * np.sin(
                2 * np.pi * (nx * share[:, 0] + ny * share[:, 1]) + phase)
    return out


def _at(x: float, y: float) -> Float64:
    return np.array([x, y])


def _course(rng: np.random.Generator) -> Float64:
    """Middle of the river: two waves from the west edge to the east edge and beyond."""
    x = np.arange(-1_000.0, WIDTH_M + 1_001.0, 100.0)
    share = x / WIDTH_M
    a, b = rng.uniform(0, 0.5, 2)
    y = HEIGHT_M * (0.405 + 0.045 * np.sin(2 * np.pi * (1.1 * share + a))
                    + 0.018 * np.sin(2 * np.pi * (2.6 * share + b)))
    return np.stack([x, y], axis=1)


def _river_y(course: Float64, x: float) -> float:
    return float(np.interp(x, course[:, 0], course[:, 1]))


def _radials(
    rng: np.random.Generator, centre: Float64, spots: dict[str, Float64]
) -> list[Road]:
    """Arterials from the core to the edge of the plan, swaying a little."""
    roads = []
    turns = np.arange(9) / 9 * 2 * np.pi + 0.16 + rng.uniform(-0.12, 0.12, 9)
    for i, turn in enumerate(turns):
        along = np.array([np.cos(turn), np.sin(turn)])
        far = np.arange(700.0 if i % 3 else 0.0, 1.2 * WIDTH_M, 220.0)
        sway = sum((rng.uniform(90, 190) * np.sin(2 * np.pi * far / rng.uniform(3_500, 9_000) + p)
                    for p in rng.uniform(0, 2 * np.pi, 3)), np.zeros(len(far)))
        sway = sway * np.minimum(far / 2_500, 1)
        points = centre + far[:, None] * along + sway[:, None] * [-along[1], along[0]]
        roads.append(Road(_within(points), ARTERIAL))
    terminal = spots["airport"] + _at(-80, -90)
    gate = np.array([0.70, 0.86]) * [WIDTH_M, HEIGHT_M]
    roads.append(Road(np.linspace(gate, terminal, 9), ARTERIAL))
    roads.append(Road(np.linspace(terminal, terminal + _at(700, -2_200), 7), COLLECTOR))
    return roads


def _rings(rng: np.random.Generator, centre: Float64) -> list[Road]:
    """Inner and middle ring about the core."""
    inner = _ring(rng, centre + _at(0, 400), 1_350, 1_000, 36, 0.02)
    middle = _ring(rng, centre + _at(80, -350), 3_250, 2_650, 60, 0.02)
    return [Road(inner, ARTERIAL), Road(middle, ARTERIAL)]


def _within(points: Float64) -> Float64:
    """The points up to the first that leaves the plan, clipped to it."""
    out = ((points < 0) | (points > [WIDTH_M, HEIGHT_M])).any(axis=1)
    stop = int(np.argmax(out)) if out.any() else len(points)
    return np.clip(points[:stop + 1], 0, [WIDTH_M, HEIGHT_M])


def _ring(
    rng: np.random.Generator, middle: Float64, a: float, b: float, count: int, rough: float
) -> Float64:
    """A closed, slightly uneven ellipse; the last point is the first."""
    turn = np.linspace(0, 2 * np.pi, count + 1)
    waves = sum((rng.normal(0, rough) * np.cos(k * turn + rng.uniform(0, 2 * np.pi))
                 for k in (2, 3, 4)), np.zeros(count + 1))
    ring = middle + np.stack([a * np.cos(turn), b * np.sin(turn)], 1) * (1 + waves)[:, None]
    ring[-1] = ring[0]
    return np.asarray(ring)


def _parks(rng: np.random.Generator, seeds: Float64, course: Float64) -> list[Float64]:
    """A large park north-east of the core, gardens and a meadow by the river."""
    royal = (seeds[3] + seeds[9]) / 2 + _at(-350, 420)
    gardens = np.array([seeds[1, 0] - 1_250, _river_y(course, seeds[1, 0] - 1_250) + 640])
    meadow = np.array([seeds[12, 0] + 2_300, seeds[12, 1] + 500])
    return [_blob(rng, royal, 1_150, 820), _blob(rng, gardens, 620, 330),
            _blob(rng, meadow, 780, 560)]


def _blob(rng: np.random.Generator, middle: Float64, a: float, b: float) -> Float64:
    """A rounded outline."""
    return _ring(rng, middle, a, b, 32, 0.05)[:-1]


def _oval(middle: Float64, a: float, b: float, count: int) -> Float64:
    turn = np.arange(count) / count * 2 * np.pi
    return np.asarray(middle + np.stack([a * np.cos(turn), b * np.sin(turn)], axis=1))


def _box(middle: Float64, width: float, height: float, turn: float) -> Float64:
    """A turned rectangle with points along its sides, so that it bends with the plan."""
    w, h = width / 2, height / 2
    corner = np.array([[-w, -h], [w, -h], [w, h], [-w, h], [-w, -h]])
    side = np.concatenate([np.linspace(corner[i], corner[i + 1], 6)[:-1] for i in range(4)])
    c, s = np.cos(turn), np.sin(turn)
    return np.asarray(middle + side @ np.array([[c, s], [-s, c]]))

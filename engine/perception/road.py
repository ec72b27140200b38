"""Roads, junctions and lanes of a generated town.

One main road winds through it: straights and clothoid-eased bends along a reference line, with
lanes at offsets to its left and right. Cross streets meet it at right angles where it is straight.
Lanes break at junctions, where connectors (cubic Hermite curves) lead on.

Offsets d are to the left of the reference line, stations s along it, metres. Traffic keeps right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

CROSSING_NEAR_M: Final = 0.4
CROSSING_DEEP_M: Final = 3.0
STOP_LINE_M: Final = 1.2
"""Between the pavement's corner and the crossing, the crossing's depth, and crossing to stop
line."""
STRAIGHT, LEFT_TURN, RIGHT_TURN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class RoadPlan:
    """What a town's roads look like.

    Attributes:
        length_m: Length of the main road.
        lanes: Lanes a direction of the main road, 1 to 3.
        lane_width_m: Width of a lane.
        bend: 0 straight, 1 winding (least radius about 60 m).
        slope: Greatest slope, 0 to 0.08.
        junctions: Wanted number of junctions.
        signals: Whether junctions have lights.
        parking: Whether there are parking bays.
        first_junction_m: Station of the first junction.
    """

    length_m: float = 420.0
    lanes: int = 2
    lane_width_m: float = 3.5
    bend: float = 0.5
    slope: float = 0.03
    junctions: int = 2
    signals: bool = True
    parking: bool = True
    first_junction_m: float = 110.0


@dataclass(frozen=True, slots=True)
class Terrain:
    """Gentle hills: z = Σ a sin(kx x + ky y + φ).

    waves: float64 [W, 4], amplitude (m), kx, ky (1/m), phase.
    """

    waves: Float64
    _rows: list[list[float]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", self.waves.tolist())

    def height(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Float64:
        """Height of the ground, m, at positions of any one shape."""
        x, y = np.asarray(x, np.float64)[..., None], np.asarray(y, np.float64)[..., None]
        a, kx, ky, phase = self.waves.T
        z: Float64 = (a * np.sin(kx * x + ky * y + phase)).sum(-1)
        return z

    def height_at(self, x: float, y: float) -> float:
        """Height of the ground at one place, m; quicker than `height` for a single one."""
        return sum(a * math.sin(kx * x + ky * y + phase) for a, kx, ky, phase in self._rows)

    def slope(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Float64, Float64]:
        """Derivatives of the height by x and by y."""
        x, y = np.asarray(x, np.float64)[..., None], np.asarray(y, np.float64)[..., None]
        a, kx, ky, phase = self.waves.T
        rate = a * np.cos(kx * x + ky * y + phase)
        return (rate * kx).sum(-1), (rate * ky).sum(-1)


@dataclass(frozen=True, slots=True)
class Road:
    """A road: its reference line each metre and its cross-section, alike on both sides.

    Attributes:
        xy: float64 [P, 2], the reference line.
        heading: float64 [P], its direction.
        lanes: Lanes a direction.
        lane_width: m.
        shoulder: Cycle strip beyond the edge line, m.
        bay: Parking bays beyond it, m; 0 none.
        pavement: m.
        gaps: float64 [G, 2], stretches that belong to junctions, stop line to stop line.
        corners: float64 [G, 2], stretches of the junctions without pavement.
        limit_mps: Speed limit.
    """

    xy: Float64
    heading: Float64
    lanes: int
    lane_width: float
    shoulder: float
    bay: float
    pavement: float
    gaps: Float64
    corners: Float64
    limit_mps: float

    @property
    def length(self) -> float:
        """Length of the reference line, m."""
        return float(len(self.xy) - 1)

    @property
    def half(self) -> float:
        """From the reference line to the kerb, m."""
        return self.lanes * self.lane_width + self.shoulder + self.bay

    def at(self, s: npt.ArrayLike, d: npt.ArrayLike = 0.0) -> tuple[Float64, Float64, Float64]:
        """Positions x, y and heading at stations s and offsets d (broadcast together)."""
        s, d = np.broadcast_arrays(np.asarray(s, np.float64), np.asarray(d, np.float64))
        i = np.clip(s.astype(np.int64), 0, len(self.xy) - 2)
        a = s - i
        x = self.xy[i, 0] * (1 - a) + self.xy[i + 1, 0] * a
        y = self.xy[i, 1] * (1 - a) + self.xy[i + 1, 1] * a
        h = self.heading[i] * (1 - a) + self.heading[i + 1] * a
        return x - d * np.sin(h), y + d * np.cos(h), h

    def spot(self, s: float, d: float) -> tuple[float, float, float]:
        """Like `at`, for one place; quicker."""
        i = min(max(0, int(s)), len(self.xy) - 2)
        a = s - i
        (x0, y0), (x1, y1) = self.xy[i].tolist(), self.xy[i + 1].tolist()
        h = float(self.heading[i]) * (1.0 - a) + float(self.heading[i + 1]) * a
        x, y = x0 * (1.0 - a) + x1 * a, y0 * (1.0 - a) + y1 * a
        return x - d * math.sin(h), y + d * math.cos(h), h

    def open(self, s: float, margin: float = 0.0) -> bool:
        """Whether no junction is at station s or within `margin` of it."""
        return not bool(((self.gaps[:, 0] - margin < s) & (s < self.gaps[:, 1] + margin)).any())


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane's centre line, in the direction of travel.

    Attributes:
        xy: float64 [P, 2], points about a metre apart.
        heading: float64 [P].
        s: float64 [P], length along it.
        road: Its road; -1 for a connector.
        d: Offset on its road, 0 for a connector.
        junction: Junction a connector belongs to, or the one that a lane leads into; -1 none.
        turn: STRAIGHT, LEFT_TURN or RIGHT_TURN; connectors only.
        arm: Of the arms of the junction, the one a connector comes from: 0 main road forwards,
            1 main road backwards, 2 cross street forwards, 3 backwards; -1 else.
        limit_mps: Speed limit.
        next: Lanes that follow.
        left: Neighbour in the same direction, or -1.
        right: Likewise.
    """

    xy: Float64
    heading: Float64
    s: Float64
    road: int
    d: float
    junction: int
    turn: int
    arm: int
    limit_mps: float
    next: list[int] = field(default_factory=list)
    left: int = -1
    right: int = -1

    @property
    def length(self) -> float:
        """Length, m."""
        return float(self.s[-1])

    @property
    def connector(self) -> bool:
        """Whether it lies within a junction."""
        return self.road < 0


@dataclass(frozen=True, slots=True)
class Junction:
    """Where a cross street meets the main road at a right angle.

    Attributes:
        station: On the main road, m.
        cross: Index of the cross street; the junction lies in its middle.
        cross_station: On the cross street, m.
        signals: Whether it has lights.
        xy: float64 [2].
    """

    station: float
    cross: int
    cross_station: float
    signals: bool
    xy: Float64


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that traffic drives on. Road 0 is the main road."""

    roads: tuple[Road, ...]
    lanes: tuple[Lane, ...]
    junctions: tuple[Junction, ...]
    terrain: Terrain


def build_network(plan: RoadPlan, rng: np.random.Generator) -> Network:
    """Lay out a town.

    Args:
        plan: What it looks like.
        rng: Draws bends, hills and stations.

    Raises:
        InvalidInput: If the plan is out of range.
    """
    if not 1 <= plan.lanes <= 3:
        raise InvalidInput(f"{plan.lanes} lanes a direction; the main road takes 1 to 3")
    if not plan.length_m >= 120.0:
        raise InvalidInput(f"the main road is {plan.length_m:g} m long; it must be 120 m or more")
    terrain = _terrain(plan.slope, rng)
    stations = _stations(plan, rng)
    xy, heading = _main_line(plan, stations, rng)
    shoulder, bay = 1.3, 2.2 if plan.parking else 0.0
    pavement = float(rng.uniform(2.8, 4.2))
    main_half = plan.lanes * plan.lane_width_m + shoulder + bay
    cross_lanes = [int(rng.integers(1, 3)) if plan.lanes > 1 else 1 for _ in stations]
    widths = [n * 3.3 + 1.2 for n in cross_lanes]
    reach = pavement + CROSSING_NEAR_M + CROSSING_DEEP_M + STOP_LINE_M
    roads = [Road(
        xy, heading, plan.lanes, plan.lane_width_m, shoulder, bay, pavement,
        np.array([[s - w - reach, s + w + reach] for s, w in zip(stations, widths, strict=True)])
        .reshape(-1, 2),
        np.array([[s - w - pavement, s + w + pavement]
                  for s, w in zip(stations, widths, strict=True)]).reshape(-1, 2),
        13.9 if plan.lanes > 1 else 11.1)]
    junctions = []
    for k, (s, n) in enumerate(zip(stations, cross_lanes, strict=True)):
        cross, middle = _cross_street(roads[0], s, n, pavement, reach, main_half, rng)
        roads.append(cross)
        x, y, _ = roads[0].at(s)
        junctions.append(Junction(s, k + 1, middle, plan.signals, np.array([x, y])))
    return Network(tuple(roads), tuple(_lanes(roads, junctions)), tuple(junctions), terrain)


def _terrain(slope: float, rng: np.random.Generator) -> Terrain:
    waves = []
    for _ in range(3):
        wavelength = rng.uniform(220.0, 420.0)
        angle, phase = rng.uniform(0.0, 2.0 * np.pi, 2)
        k = 2.0 * np.pi / wavelength
        waves.append([slope / k / 2.0, k * np.cos(angle), k * np.sin(angle), phase])
    return Terrain(np.array(waves))


def _stations(plan: RoadPlan, rng: np.random.Generator) -> list[float]:
    stations = []
    s = plan.first_junction_m
    for _ in range(plan.junctions):
        if s > plan.length_m - 60.0:
            break
        stations.append(float(round(s)))
        s += rng.uniform(120.0, 170.0)
    return stations


def _main_line(plan: RoadPlan, stations: list[float], rng: np.random.Generator,
               ) -> tuple[Float64, Float64]:
    """Reference line each metre: curvature blended to zero near junctions, then integrated."""
    n = int(plan.length_m) + 1
    s = np.arange(n, dtype=np.float64)
    curvature = np.zeros(n)
    at = rng.uniform(0.0, 30.0)
    while at < plan.length_m:
        span = rng.uniform(50.0, 120.0)
        # a whole sine lobe: curvature eases in and out like a clothoid pair
        lobe = np.clip((s - at) / span, 0.0, 1.0)
        curvature += plan.bend * rng.uniform(-1.0, 1.0) / 70.0 * np.sin(np.pi * lobe)
        at += span + rng.uniform(0.0, 30.0)
    for station in stations:
        curvature *= np.clip((np.abs(s - station) - 38.0) / 25.0, 0.0, 1.0)
    heading = np.cumsum(curvature) - curvature
    # keep the road from turning back on itself
    heading *= min(1.0, 1.15 / max(1e-9, float(np.abs(heading).max())))
    step = 0.5 * (heading[1:] + heading[:-1])
    x = np.concatenate([[0.0], np.cumsum(np.cos(step))])
    y = np.concatenate([[0.0], np.cumsum(np.sin(step))])
    return np.stack([x, y], axis=1), heading


def _cross_street(main: Road, station: float, lanes: int, pavement: float, reach: float,
                  main_half: float, rng: np.random.Generator) -> tuple[Road, float]:
    """A straight street through the main road at a right angle, as long as nothing is in its way.

    Returns:
        The street and the station of the junction on it.
    """
    x, y, h = (float(v) for v in main.at(station))
    along = np.array([-np.sin(h), np.cos(h)])
    arms = []
    for side in (-1.0, 1.0):
        arm = float(round(rng.uniform(85.0, 130.0)))
        reach_xy = np.array([x, y]) + side * np.arange(0.0, arm + 40.0)[:, None] * along
        apart = np.hypot(*(reach_xy[:, None] - main.xy[None, ::4]).transpose(2, 0, 1)).min(1)
        steps = np.arange(len(apart), dtype=np.float64)
        blocked = steps[(steps > 50.0) & (apart < main_half + 30.0)]
        arms.append(min(arm, float(blocked[0]) - 30.0) if len(blocked) else arm)
    n = int(arms[0] + arms[1])
    xy = np.array([x, y]) + (np.arange(n + 1.0) - arms[0])[:, None] * along
    middle = arms[0]
    gap = main_half + reach
    road = Road(
        xy, np.full(n + 1, h + 0.5 * np.pi), lanes, 3.3, 1.2, 0.0, pavement,
        np.array([[middle - gap, middle + gap]]),
        np.array([[middle - main_half - pavement, middle + main_half + pavement]]), 11.1)
    return road, middle


def _lanes(roads: list[Road], junctions: list[Junction]) -> list[Lane]:
    lanes: list[Lane] = []
    # (junction, arm) -> lanes that lead in, lanes that lead out, from the middle outwards
    leads_in: dict[tuple[int, int], list[int]] = {}
    leads_out: dict[tuple[int, int], list[int]] = {}
    for r, road in enumerate(roads):
        own = [k for k, j in enumerate(junctions) if r in (0, j.cross)]
        cuts = [(0.0, -1)]
        for k, (lo, hi) in zip(own, road.gaps, strict=True):
            cuts += [(float(lo), k), (float(hi), k)]
        cuts.append((road.length, -1))
        for (s0, j0), (s1, j1) in zip(cuts[::2], cuts[1::2], strict=True):
            if s1 - s0 < 5.0:
                continue
            for forwards in (True, False):
                row = _segment(lanes, r, road, s0, s1, forwards, j1 if forwards else j0)
                base = 0 if r == 0 else 2
                into, out = (j1, j0) if forwards else (j0, j1)
                leads_in[into, base + (not forwards)] = row
                leads_out[out, base + (not forwards)] = row
    ahead = {0: (0, 2, 3), 1: (1, 3, 2), 2: (2, 1, 0), 3: (3, 0, 1)}  # arm: straight, left, right
    for (k, arm), row in list(leads_in.items()):
        if k < 0:
            continue
        for turn, exit_arm in enumerate(ahead[arm]):
            targets = leads_out.get((k, exit_arm), [])
            if not targets:
                continue
            if turn == STRAIGHT:
                pairs = [(row[i], targets[min(i, len(targets) - 1)]) for i in range(len(row))]
            elif turn == LEFT_TURN:
                pairs = [(row[0], targets[0])]
            else:
                pairs = [(row[-1], targets[-1])]
            for a, b in pairs:
                _connect(lanes, a, b, k, arm, turn)
    return lanes


def _segment(lanes: list[Lane], r: int, road: Road, s0: float, s1: float, forwards: bool,
             junction: int) -> list[int]:
    """Append the lanes of one direction between two junctions; from the middle outwards."""
    row = list(range(len(lanes), len(lanes) + road.lanes))
    for i in range(road.lanes):
        d = (i + 0.5) * road.lane_width * (-1.0 if forwards else 1.0)
        s = np.linspace(s0, s1, max(2, int(s1 - s0) + 1))
        x, y, h = road.at(s if forwards else s[::-1], d)
        xy = np.stack([x, y], axis=1)
        lanes.append(Lane(xy, h if forwards else h + np.pi, _lengths(xy), r, d, junction, STRAIGHT,
                          -1, road.limit_mps, left=row[i - 1] if i else -1,
                          right=row[i + 1] if i + 1 < road.lanes else -1))
    return row


def _connect(lanes: list[Lane], a: int, b: int, junction: int, arm: int, turn: int) -> None:
    """Append a connector from the end of lane a to the start of lane b."""
    p, q = lanes[a].xy[-1], lanes[b].xy[0]
    h0, h1 = float(lanes[a].heading[-1]), float(lanes[b].heading[0])
    gap = float(np.hypot(*(q - p)))
    # tangents of this length make a quarter turn nearly a circle
    reach = gap * (1.0 if turn == STRAIGHT else 1.17)
    t = np.linspace(0.0, 1.0, max(4, int(gap) + 1))[:, None]
    u0, u1 = (np.array([np.cos(h), np.sin(h)]) * reach for h in (h0, h1))
    xy = ((2 * t**3 - 3 * t**2 + 1) * p + (t**3 - 2 * t**2 + t) * u0
          + (3 * t**2 - 2 * t**3) * q + (t**3 - t**2) * u1)
    rate = ((6 * t**2 - 6 * t) * p + (3 * t**2 - 4 * t + 1) * u0 + (6 * t - 6 * t**2) * q
            + (3 * t**2 - 2 * t) * u1)
    heading = np.unwrap(np.arctan2(rate[:, 1], rate[:, 0]))
    speed = lanes[a].limit_mps if turn == STRAIGHT else (6.5 if turn == LEFT_TURN else 5.0)
    lanes[a].next.append(len(lanes))
    lanes.append(Lane(xy, heading, _lengths(xy), -1, 0.0, junction, turn, arm, speed, [b]))


def _lengths(xy: Float64) -> Float64:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])

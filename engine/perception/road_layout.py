"""How the roads, junctions and lanes of a generated town are laid out.

One main road winds through it: straights and clothoid-eased bends along a reference line, with
lanes at offsets to its left and right. Cross streets meet it at right angles where it is straight.
Lanes break at junctions, where connectors (cubic Hermite curves) lead on.
"""

from __future__ import annotations

import numpy as np

from engine.errors import InvalidInput
from engine.perception.road import (
    CROSSING_DEEP_M,
    CROSSING_NEAR_M,
    LEFT_TURN,
    STOP_LINE_M,
    STRAIGHT,
    Float64,
    Junction,
    Lane,
    Network,
    Road,
    RoadPlan,
    Terrain,
)


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

"""Candidate trajectories along the route, rolled out among the predicted others, and their cost.

A lattice in the Frenet frame of the route (Werling et al. 2010, doi:10.1109/ROBOT.2010.5509799):
quintic shifts to lateral targets, over arc length so that they hold at a standstill too. Each is
driven by IDM at several shares of the wanted speed, and the roll-outs are scored, as in PDM-Closed
(Dauner et al. 2023, Parting with misconceptions about learning-based vehicle motion planning,
arXiv:2306.07962).

Shape letters: Q candidates, T steps of 0.2 s, J tracks, P points of the route.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.perception.bodies import CAR, CONE, CYCLIST, PEDESTRIAN, TRUCK
from engine.perception.rollout_kernels import Follow, onto_route, roll, strike
from engine.perception.scene import ROUTE_BACK_M, STEP_S, STEPS, Scene
from engine.perception.world import AXLE_M, EGO_LENGTH_M

Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]

NOSE_M: Final = AXLE_M + 0.5 * EGO_LENGTH_M
WIDTH_M: Final = 1.84
SHARES: Final = (1.0, 0.7, 0.4, 0.0)
NUDGES_M: Final = (0.7, -0.7, 1.4, -1.4)
HEADWAY_S: Final = 1.2
JAM_M: Final = 2.5
ACCEL: Final = 1.7
BRAKE: Final = 2.0
LATERAL_ACCEL: Final = 2.2
JERK_UP: Final = 3.0
JERK_DOWN: Final = 7.5
COLLISION_STEPS: Final = 22
AHEAD_STEPS: Final = np.array([0, 5, 10])
"""Others are leaders where they are now, in one second and in two."""
TTC_S: Final = 0.95
NO_GATE: Final = 1e9
FOLLOW: Final = Follow(HEADWAY_S, JAM_M, ACCEL, BRAKE, JERK_UP, JERK_DOWN, STEP_S, NOSE_M, AXLE_M,
                       WIDTH_M, ROUTE_BACK_M)
END_SEEN_M: Final = 70.0
"""The end of the route counts from here on."""
SWING_M: Final = 6.0
STUCK_M: Final = 3.5
"""Room to swing out that is kept behind a vehicle which stands far from any stop line."""
QUEUE_M: Final = 60.0
"""Nearer to a stop line than this, who stands ahead may be queueing for it."""
BEHIND_M: Final = 2.2
FLANK_M: Final = 0.8
"""Beside the car is what lies this far from its middle line, and overlaps it by this much of its
length."""
GONE_M: Final = 1000.0
WIDE_M: Final = 1.5
"""A shift wider than this leads to another lane."""


class Weights(NamedTuple):
    """How much each part of the cost counts; 1 as tuned. A collision's part is not weighed.

    progress: Way made. comfort: jerk, hard braking, lateral acceleration. lane: leaving the
    route's lane, its middle, or the last choice. caution: time to collision, and cutting off who
    comes from behind.
    """

    progress: float = 1.0
    comfort: float = 1.0
    lane: float = 1.0
    caution: float = 1.0


TUNED: Final = Weights()


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Tracks in the route's frame. Their most probable future counts.

    Attributes:
        s, d: float64 [J, T + 1], station from the ego's axle and offset of their middles.
        x, y: float64 [J, T + 1], ego frame.
        speed: float64 [J], along the route, ≥ 0.
        half: float64 [J], half extent along the route. side: half extent across it.
        length, width, yaw: float64 [J].
        cls: int64 [J].
    """

    s: Float64
    d: Float64
    x: Float64
    y: Float64
    speed: Float64
    half: Float64
    side: Float64
    length: Float64
    width: Float64
    yaw: Float64
    cls: Int64


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rolled-out candidates.

    Attributes:
        target: float64 [Q], lateral target, m. share: float64 [Q], of the wanted speed.
        s, d, v, a: float64 [Q, T + 1]; index 0 is now.
        x, y, yaw: float64 [Q, T + 1] of the rear axle, ego frame.
        leader: int64 [Q], track that limits the first step, -1 none, -2 the gate.
        gap: float64 [Q], to it, m.
        ttc: float64 [Q], least time to collision with a leader, s.
        hit: int64 [Q], step of the first collision, T + 1 for none.
        victim: int64 [Q], its track or -1.
        cost: float64 [Q].
    """

    target: Float64
    share: Float64
    s: Float64
    d: Float64
    v: Float64
    a: Float64
    x: Float64
    y: Float64
    yaw: Float64
    leader: Int64
    gap: Float64
    ttc: Float64
    hit: Int64
    victim: Int64
    cost: Float64


def obstacles(scene: Scene) -> Obstacles:
    """The scene's tracks in the route's frame.

    Bodies do not overlap: whoever is said to stand within the car's flank stands beside it. And
    whoever comes from behind in the car's own lane keeps its distance itself, however it is
    measured; it is put out of the way.
    """
    J = len(scene.tracks)
    xy = np.zeros((J, STEPS + 1, 2))
    for j, t in enumerate(scene.tracks):
        xy[j, 0] = t.x, t.y
        future = t.futures[int(np.argmax(t.probability))]
        n = min(STEPS, len(future))
        xy[j, 1:n + 1] = future[:n]
        xy[j, n + 1:] = future[n - 1] if n else xy[j, 0]
    s, d, beside = np.empty((J, STEPS + 1)), np.empty((J, STEPS + 1)), np.empty(J)
    onto_route(xy, scene.route, route_heading(scene), ROUTE_BACK_M, beside, s, d)
    yaw = np.array([t.yaw for t in scene.tracks])
    length = np.array([t.length for t in scene.tracks])
    width = np.array([t.width for t in scene.tracks])
    turn = yaw - beside
    along, across = np.abs(np.cos(turn)), np.abs(np.sin(turn))
    speed = np.array([t.speed for t in scene.tracks])
    cls = np.array([t.cls for t in scene.tracks], np.int64)
    half = 0.5 * (length * along + width * across)
    side = 0.5 * (length * across + width * along)
    own, _ = start(scene)
    lateral = d[:, 0] - own
    behind = (s[:, 0] < -half) & (np.abs(lateral) < BEHIND_M) & (np.cos(turn) > 0.5)
    for column, away in ((s, GONE_M), (xy[..., 0], GONE_M)):
        column[behind] -= away
    flank = (np.abs(s[:, 0] - AXLE_M) < half + 0.5 * EGO_LENGTH_M - FLANK_M) & (
        np.abs(lateral) > FLANK_M)
    short = np.where(flank, side + 0.5 * WIDTH_M + _margin(cls) + 0.05 - np.abs(lateral), 0.0)
    push = np.sign(lateral) * np.maximum(0.0, short)
    d += push[:, None]
    xy[..., 0] -= (push * np.sin(beside))[:, None]
    xy[..., 1] += (push * np.cos(beside))[:, None]
    return Obstacles(s, d, xy[..., 0], xy[..., 1], np.maximum(0.0, speed * np.cos(turn)), half,
                     side, length, width, yaw, cls)


def _margin(cls: Int64) -> Float64:
    """Room kept to the side of a class, m."""
    return np.where(cls == PEDESTRIAN, 0.8, np.where(cls == CYCLIST, 0.5, 0.3))


def route_heading(scene: Scene) -> Float64:
    """Direction of the route at its points, float64 [P]."""
    rate = np.gradient(scene.route, axis=0)
    heading: Float64 = np.unwrap(np.arctan2(rate[:, 1], rate[:, 0]))
    return heading


def start(scene: Scene) -> tuple[float, float]:
    """The ego's offset from the route and its slope against it."""
    i = int((scene.route**2).sum(1).argmin())
    h = float(route_heading(scene)[i])
    x, y = scene.route[i]
    return float(x * np.sin(h) - y * np.cos(h)), float(np.tan(np.clip(-h, -1.0, 1.0)))


def speed_caps(scene: Scene) -> Float64:
    """Greatest speed at each route point: bends ahead, reached by comfortable braking."""
    caps = np.sqrt(LATERAL_ACCEL / np.maximum(np.abs(scene.curvature), 1e-4))
    for i in range(len(caps) - 2, -1, -1):
        caps[i] = min(caps[i], np.sqrt(caps[i + 1] ** 2 + 2.0 * 1.5))
    return caps


def roll_out(scene: Scene, others: Obstacles, stop_at: float, previous: float,
             weights: Weights = TUNED) -> Candidates:
    """Drive every candidate through the predicted scene; the end of the route is a stop line.

    Args:
        scene: What is known.
        others: Its tracks in the route's frame.
        stop_at: Distance from the rear axle to a closed stop line, m; `NO_GATE` for none.
        previous: Lateral target chosen last time, m.
        weights: Of the parts of the cost.
    """
    target, share = _targets(scene)
    Q = len(target)
    d0, slope = start(scene)
    wide = np.abs(target - d0) > WIDE_M
    shift = np.full(Q, shift_length(scene.speed, False))
    shift[wide] = shift_length(scene.speed, True)
    caps = speed_caps(scene)
    s, v, a, d = (np.zeros((Q, STEPS + 1)) for _ in range(4))
    v[:, 0], a[:, 0], d[:, 0] = scene.speed, scene.accel, d0
    leader, gap0, ttc = np.empty(Q, np.int64), np.empty(Q), np.empty(Q)
    if scene.left_m < END_SEEN_M:
        stop_at = min(stop_at, scene.left_m)
    # room to swing out is kept before what will not drive on, or hardly: who stands far from any
    # stop line does not wait for a light
    waits = scene.gate is not None and scene.gate.distance < QUEUE_M
    stuck = (others.speed < 0.3) & ((others.cls == CAR) | (others.cls == TRUCK)) & (not waits)
    half = others.half + SWING_M * (others.cls == CONE) + STUCK_M * stuck
    roll(others.s, others.d, others.speed, half, others.side + 0.5 * WIDTH_M + _margin(others.cls),
         AHEAD_STEPS, target, np.maximum(share, 0.02) * scene.limit_mps, shift, caps, d0, slope,
         stop_at, FOLLOW, s, d, v, a, leader, gap0, ttc)
    x, y, yaw = to_plane(scene, s, d)
    hit, victim = _collisions(others, x, y, yaw)
    cost = _cost(scene, others, target, s, v, a, ttc, hit, d0, previous, weights)
    return Candidates(target, share, s, d, v, a, x, y, yaw, leader, gap0, ttc, hit, victim, cost)


def shift_length(speed: float, wide: bool) -> float:
    """Way that a shift takes: to another lane, or within one, m."""
    return max(9.5, 3.6 * speed) if wide else max(7.0, 2.4 * speed)


def lateral(s: Float64, target: Float64, d0: float, slope: float, shift: Float64) -> Float64:
    """Quintic from (d0, slope, 0) at 0 to (target, 0, 0) at `shift`, constant after it."""
    u = np.clip(s / shift, 0.0, 1.0)
    u3 = u * u * u
    rise = u3 * (10.0 - 15.0 * u + 6.0 * u * u)
    lean = u - u3 * (6.0 - 8.0 * u + 3.0 * u * u)
    result: Float64 = d0 + (target - d0) * rise + slope * shift * lean
    return result


def _targets(scene: Scene) -> tuple[Float64, Float64]:
    """Lateral targets and shares of the wanted speed of all candidates."""
    d0, _ = start(scene)
    home = min(scene.offsets, key=lambda o: abs(o - d0))
    targets = list(scene.offsets) + [home + n for n in NUDGES_M]
    pairs = [(t, p) for t in targets for p in SHARES]
    target, share = np.array(pairs).T
    return target, share


def to_plane(scene: Scene, s: Float64, d: Float64) -> tuple[Float64, Float64, Float64]:
    """Ego-frame poses of route coordinates."""
    at = np.clip(s + ROUTE_BACK_M + _start_station(scene), 0.0, len(scene.route) - 1.001)
    i = at.astype(np.int64)
    f = at - i
    heading = route_heading(scene)
    h = heading[i] * (1 - f) + heading[i + 1] * f
    x = scene.route[i, 0] * (1 - f) + scene.route[i + 1, 0] * f - d * np.sin(h)
    y = scene.route[i, 1] * (1 - f) + scene.route[i + 1, 1] * f + d * np.cos(h)
    ds = np.maximum(1e-3, np.diff(s, axis=1))
    slope = np.diff(d, axis=1) / ds
    slope = np.where(np.diff(s, axis=1) < 0.02, 0.0, slope)
    yaw = h.copy()
    yaw[:, 1:] += np.arctan(np.clip(slope, -1.0, 1.0))
    yaw[:, 0] = 0.0
    return x, y, yaw


def _start_station(scene: Scene) -> float:
    """Station of the rear axle relative to where the route says it is (within a metre)."""
    i = int((scene.route**2).sum(1).argmin())
    h = float(route_heading(scene)[i])
    return float(i - ROUTE_BACK_M - scene.route[i, 0] * np.cos(h) - scene.route[i, 1] * np.sin(h))


def _collisions(others: Obstacles, x: Float64, y: Float64, yaw: Float64) -> tuple[Int64, Int64]:
    """First step at which circles along both bodies overlap, and with whom."""
    hit, victim = np.empty(len(x), np.int64), np.empty(len(x), np.int64)
    dx = np.diff(others.x, axis=1, append=others.x[:, -1:])
    dy = np.diff(others.y, axis=1, append=others.y[:, -1:])
    turn = np.where(np.hypot(dx, dy) > 0.05, np.arctan2(dy, dx), others.yaw[:, None])
    # Who comes from behind the same way keeps its distance itself; `_cuts_off` guards the rest.
    counts = ~((others.s[:, 0] < -1.0) & (np.cos(others.yaw) > 0.5))
    room = 0.5 * WIDTH_M + 0.12 + 0.5 * others.width + np.where(others.cls == PEDESTRIAN, 0.35, 0.0)
    strike(x, y, yaw, others.x, others.y, turn,
           np.maximum(0.0, 0.5 * (others.length - others.width)), room, counts, COLLISION_STEPS,
           AXLE_M, hit, victim)
    return hit, victim


def _cost(scene: Scene, others: Obstacles, target: Float64, s: Float64, v: Float64, a: Float64,
          ttc: Float64, hit: Int64, d0: float, previous: float, weights: Weights) -> Float64:
    """Lower is better. A collision outweighs all else, the later the less."""
    far = max(1.0, scene.limit_mps * STEP_S * STEPS)
    cost = weights.progress * (1.0 - s[:, -1] / far)
    cost += np.where(hit <= STEPS, 10.0 * (1.0 - 0.6 * hit / (STEPS + 1.0)), 0.0)
    cost += weights.caution * np.where(ttc < TTC_S, 1.0, 0.0)
    jerk = np.abs(np.diff(a, axis=1)).max(1) / STEP_S
    bend = np.interp(s, np.arange(len(scene.curvature)) - ROUTE_BACK_M, scene.curvature)
    sideways = np.abs(v * v * bend).max(1)
    cost += weights.comfort * (
        0.02 * np.maximum(0.0, jerk - 4.0) + 0.05 * np.maximum(0.0, -a.min(1) - 2.5)
        + 0.2 * np.maximum(0.0, sideways - 3.0))
    # lanes: leaving the route's own costs, nudging within it costs by the metre
    lane = np.array(scene.offsets)[np.abs(target[:, None] - np.array(scene.offsets)).argmin(1)]
    cost += weights.lane * (0.10 * (np.abs(lane) > 1.0) + 0.07 * np.abs(target - lane)
                            + 0.06 * (np.abs(target - previous) > 0.4))
    cost += weights.caution * 3.0 * _cuts_off(scene, others, target, d0)
    return cost


def _cuts_off(scene: Scene, others: Obstacles, target: Float64, d0: float) -> Bool:
    """Whether changing to a target's lane takes the way of a vehicle coming from behind."""
    change = np.abs(target - d0) > 1.2
    if len(others.speed) == 0:
        return np.zeros(len(target), bool)
    vehicle = (others.cls == CAR) | (others.cls == TRUCK) | (others.cls == CYCLIST)
    beside = np.abs(others.d[:, 0][None, :] - target[:, None]) < 1.3 + others.side[None, :]
    room = -others.s[:, 0] - others.half + (AXLE_M - 0.5 * EGO_LENGTH_M)
    need = 2.5 + np.maximum(0.0, others.speed - scene.speed) * 2.6 + 0.3 * others.speed
    rear = (others.s[:, 0] < NOSE_M) & (room < need) & (others.s[:, 0] > -45.0)
    # what stands or comes the other way does not come from behind
    rear &= vehicle & ((others.speed > 0.5) | (others.s[:, 0] > -6.0))
    blocked: Bool = np.logical_and(beside, rear[None, :])
    cut: Bool = np.logical_and(change, np.logical_or.reduce(blocked, axis=1))
    return cut

"""Labelled samples of a drive: pictures, boxes, depth, lanes, futures.

Boxes come from visible pixels alone. Futures are what happened: the drive runs three seconds ahead
of the pictures. Shape letters: V views, H by W pixels, N boxes, A actors, L lines, P points.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.perception import bodies, lines
from engine.perception import weather as skies
from engine.perception.cameras import Camera, rig
from engine.perception.params import PerceptionParams
from engine.perception.render import Rendered, Renderer, unseen
from engine.perception.scenarios import SCENARIOS
from engine.perception.styles import STYLE
from engine.perception.world import Snapshot, World

Float16 = npt.NDArray[np.float16]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]
Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]

PASTS: Final = 10
FUTURES: Final = 30
LEAST_PIXELS: Final = 4
REACH_M: Final = 110.0
SPLITS: Final = ("train", "val", "held-out")


@dataclass(frozen=True, slots=True)
class Sample:
    """One instant with its labels, in the ego frame of that instant.

    Attributes:
        images: uint8 [V, H, W, 3].
        depth: float16 [V, H, W], z-depth in m, 0 for sky and beyond reach.
        instance: int16 [V, H, W], 0 none; k is row k - 1 of what is labelled in this frame.
        drivable: uint8 [V, H, W], 1 where carriageway is seen.
        lane: uint8 [V, H, W], 0 none, 1 lane line, 2 centre line, 3 road edge.
        boxes: float32 [N, 4], x0, y0, x1, y1 in pixels, x1 and y1 exclusive.
        box_view: int8 [N], index in the rig of eight.
        box_class: int8 [N], see `bodies.CLASSES`.
        box_actor: int16 [N], row in `actors`, -1 for lights and signs.
        box_visible: float32 [N], visible share of its pixels in the image.
        box_pixels: int32 [N], visible pixels.
        box_light: int8 [N], 0 not a light, 1 red, 2 amber, 3 green.
        actors: float32 [A, 9]: x, y, z of the middle, yaw, length, width, height, speed, class.
        actor_id: int32 [A], stable over time.
        futures: float32 [A, 30, 2], x, y at 0.1 s steps after now; NaN where unknown.
        pasts: float32 [A, 10, 2], the last row is now.
        lanes: float32 [L, P, 3], lines on the road, NaN-padded.
        lane_type: int8 [L], as in `lane`.
        lane_centres: float32 [L2, P, 3], centre lines of lanes, in the direction of travel.
        light_state: int8 [J, 4], light of each arm of each junction; 0 without lights.
        ego: float32 [4], speed (m/s), yaw rate (rad/s), acceleration (m/s²), steering (rad).
        route: float32 [32, 2], points every 2 m ahead.
        stop_line: Distance from the front bumper to the next stop line on the route, m, or inf.
        cameras: Of the rendered views.
        views: Their indices in the rig of eight.
        meta: seed, scenario, style, weather, visibility_m (5 % contrast), time.
    """

    images: UInt8
    depth: Float16
    instance: Int16
    drivable: UInt8
    lane: UInt8
    boxes: Float32
    box_view: Int8
    box_class: Int8
    box_actor: Int16
    box_visible: Float32
    box_pixels: Int32
    box_light: Int8
    actors: Float32
    actor_id: Int32
    futures: Float32
    pasts: Float32
    lanes: Float32
    lane_type: Int8
    lane_centres: Float32
    light_state: Int8
    ego: Float32
    route: Float32
    stop_line: float
    cameras: tuple[Camera, ...]
    views: tuple[int, ...]
    meta: dict[str, Any]


def world_seed(split: str, seed: int, k: int) -> int:
    """Seed of world number k of a split; the splits never share one.

    Raises:
        InvalidInput: If the split is unknown.
    """
    if split not in SPLITS:
        raise InvalidInput(f"split is {split!r}; choose from {', '.join(SPLITS)}")
    entropy = np.random.SeedSequence([SPLITS.index(split), seed, k])
    return int(entropy.generate_state(1, np.uint64)[0] >> np.uint64(2)) * 4 + SPLITS.index(split)


def generate(seed: int, *, scenario: str, style: str, weather: str | None = None, n_frames: int,
             every: int = 1, views: Sequence[int] | None = None) -> Iterator[Sample]:
    """Drive through a new world and label what is seen.

    Args:
        seed: Of the world, ≥ 0.
        scenario: A name in `SCENARIOS`.
        style: A name in `STYLE`.
        weather: A name in `WEATHERS`; drawn from the scenario's when None.
        n_frames: Samples, ≥ 1.
        every: Ticks of 0.1 s from sample to sample, ≥ 1.
        views: Indices of the rig that are rendered; all when None, an empty one renders none.

    Yields:
        Samples in the order of time.

    Raises:
        InvalidInput: If a name is unknown or a number out of range.
    """
    _check(seed, scenario, style, weather, n_frames, every)
    rng = np.random.default_rng([seed, 77])
    plan = SCENARIOS[scenario]
    name = weather or plan.weather[int(rng.integers(len(plan.weather)))]
    sky = skies.drawn(name, rng)
    params = varied(scenario, rng).with_changes(style=style, weather=name)
    world = World(params, seed, sky)
    chosen = tuple(range(8)) if views is None else tuple(int(v) for v in views)
    cameras = tuple(rig()[v] for v in chosen)
    renderer = Renderer(world, cameras, numbers=chosen) if cameras else None
    meta = {"seed": seed, "scenario": scenario, "style": style, "weather": name,
            "visibility_m": sky.visibility_m}
    for _ in range(PASTS + 1):
        world.step()
    window: deque[Snapshot] = deque(maxlen=PASTS + FUTURES)
    shapes = world.shapes()
    window.append(world.snapshot())
    for _ in range(PASTS + FUTURES - 1):
        world.step()
        window.append(world.snapshot())
    for frame in range(n_frames):
        now = window[PASTS - 1]
        seen = renderer.render(now) if renderer is not None else unseen()
        yield label(world, seen, list(window), shapes, cameras, chosen,
                    {**meta, "time": now.time})
        if frame + 1 < n_frames:
            for _ in range(every):
                world.step()
                window.append(world.snapshot())


def varied(scenario: str, rng: np.random.Generator) -> PerceptionParams:
    """A scenario's knobs, drawn around their values so that no two towns are alike."""
    p = SCENARIOS[scenario].params
    return p.with_changes(
        lanes=int(rng.integers(2, 4)) if SCENARIOS[scenario].events and scenario != "jaywalker"
        else int(rng.integers(1, 4)),
        bend=float(rng.uniform(0.0, 1.0)), slope_percent=float(rng.uniform(0.0, 6.0)),
        junctions=int(np.clip(p.junctions, 1, 2)),
        traffic_per_km=min(60.0, p.traffic_per_km * float(rng.uniform(0.3, 1.8))),
        pedestrians_per_km=min(160.0, p.pedestrians_per_km * float(rng.uniform(0.4, 2.2))),
        cyclists_per_km=min(30.0, p.cyclists_per_km * float(rng.uniform(0.3, 3.0))),
        parked_percent=float(rng.uniform(0.0, 80.0)) if scenario != "jaywalker" else 70.0,
        trucks_percent=float(rng.uniform(5.0, 30.0)))


def label(world: World, seen: Rendered, window: list[Snapshot], shapes: dict[int, tuple[
        int, float, float, float]], cameras: tuple[Camera, ...], views: tuple[int, ...],
        meta: dict[str, Any]) -> Sample:
    """Labels of the instant in the middle of a window.

    Args:
        world: For its roads.
        seen: What was rendered of that instant.
        window: PASTS snapshots up to that instant, then FUTURES after it.
        shapes: Class and size of each actor.
        cameras: Of the views.
        views: Their indices in the rig.
        meta: Passed on.
    """
    now = window[PASTS - 1]
    rows = _near(now, shapes)
    order = {int(r): i for i, r in enumerate(rows)}
    actors, ids = _actors(now, rows, shapes)
    tracks = _tracks(window, ids, now, shapes)
    near = lines.around(world.network, world.style, now)
    return Sample(
        images=seen.images, depth=seen.depth.astype(np.float16), instance=seen.owner,
        drivable=seen.drivable, lane=seen.lane, **_boxes(seen, now, order, shapes, views, world),
        actors=actors, actor_id=ids, futures=tracks[:, PASTS:], pasts=tracks[:, :PASTS],
        lanes=near.lines, lane_type=near.kind, lane_centres=near.centres,
        light_state=np.array(now.lights, np.int8).reshape(-1, 4),
        ego=np.array(now.ego, np.float32), route=lines.route_ahead(world, now),
        stop_line=lines.stop_line_ahead(world, now), cameras=cameras, views=views, meta=meta)


def _near(now: Snapshot, shapes: dict[int, tuple[int, float, float, float]]) -> Int32:
    apart = np.hypot(now.state[:, 0] - now.origin[0], now.state[:, 1] - now.origin[1])
    return np.flatnonzero(apart < REACH_M).astype(np.int32)


def _actors(now: Snapshot, rows: Int32, shapes: dict[int, tuple[int, float, float, float]],
            ) -> tuple[Float32, Int32]:
    table = np.empty((len(rows), 9), np.float32)
    ids = now.id[rows]
    yaw = math.atan2(now.axes[0, 1], now.axes[0, 0])
    for i, r in enumerate(rows):
        cls, length, width, height = shapes[int(now.id[r])]
        x, y, z = now.state[r, :3]
        middle = now.axes @ (np.array([x, y, z + 0.5 * height]) - now.origin)
        turn = math.remainder(float(now.state[r, 3]) - yaw, 2.0 * math.pi)
        table[i] = (*middle, turn, length, width, height, now.state[r, 4], cls)
    return table, ids


def _tracks(window: list[Snapshot], ids: Int32, now: Snapshot, shapes: dict[int, tuple[
        int, float, float, float]]) -> Float32:
    """float32 [A, PASTS + FUTURES, 2] in the ego frame of `now`; NaN where an actor jumped."""
    out = np.full((len(ids), len(window), 2), np.nan, np.float32)
    half = np.array([0.5 * shapes[int(n)][3] for n in ids])
    for k, other in enumerate(window):
        row = {int(n): i for i, n in enumerate(other.id)}
        found = [(i, row[int(n)]) for i, n in enumerate(ids) if int(n) in row]
        if not found:
            continue
        mine, theirs = (list(t) for t in zip(*found, strict=True))
        middle = other.state[theirs, :3] - now.origin
        middle[:, 2] += half[mine]
        out[mine, k] = (middle @ now.axes.T)[:, :2]
    # who left the town came in again elsewhere: what lies beyond the jump is unknown
    step = np.hypot(*np.diff(out, axis=1).transpose(2, 0, 1))
    for i, k in np.argwhere(step > 4.0):
        if k >= PASTS - 1:
            out[i, k + 1:] = np.nan
        else:
            out[i, :k + 1] = np.nan
    return out


def _boxes(seen: Rendered, now: Snapshot, order: dict[int, int], shapes: dict[int, tuple[
        int, float, float, float]], views: tuple[int, ...], world: World) -> dict[str, Any]:
    placed = seen.placed
    rows: list[tuple[Any, ...]] = []
    for v, view in enumerate(views if placed is not None else ()):
        assert placed is not None
        for k in np.flatnonzero(seen.visible[v] >= LEAST_PIXELS):
            if k == 0:
                continue
            prop = placed.prop[k - 1]
            light = 0
            if prop >= 0:
                p = world.props[prop]
                cls, actor = p.cls, -1
                if cls == bodies.LIGHT:
                    # a head seen from behind or the side tells nothing
                    light = now.lights[p.junction][p.arm] if _faces(now, p.centre, p.yaw) else 0
                elif cls == bodies.SIGN and not _faces(now, p.centre, p.yaw):
                    # the grey back of a sign is none, and its edge a line: as in Mapillary Vistas
                    # (Neuhold et al. 2017, doi:10.1109/ICCV.2017.534), only fronts are signs
                    continue
            else:
                row = placed.actor[k - 1]
                cls, actor = shapes[int(now.id[row])][0], order.get(row, -1)
            rows.append((seen.extent[v, k], view, cls, actor,
                         seen.visible[v, k] / max(1, seen.covered[v, k]), seen.visible[v, k],
                         light))
    if not rows:
        return {"boxes": np.zeros((0, 4), np.float32), "box_view": np.zeros(0, np.int8),
                "box_class": np.zeros(0, np.int8), "box_actor": np.zeros(0, np.int16),
                "box_visible": np.zeros(0, np.float32), "box_pixels": np.zeros(0, np.int32),
                "box_light": np.zeros(0, np.int8)}
    box, view_of, cls_of, actor_of, share, pixels, lit = zip(*rows, strict=True)
    return {"boxes": np.array(box, np.float32), "box_view": np.array(view_of, np.int8),
            "box_class": np.array(cls_of, np.int8), "box_actor": np.array(actor_of, np.int16),
            "box_visible": np.array(share, np.float32), "box_pixels": np.array(pixels, np.int32),
            "box_light": np.array(lit, np.int8)}


def _faces(now: Snapshot, centre: tuple[float, float, float], yaw: float) -> bool:
    """Whether a signal head's lenses or a sign's face can be seen: less than 75° off their axis."""
    dx, dy = now.origin[0] - centre[0], now.origin[1] - centre[1]
    return bool(-(dx * math.cos(yaw) + dy * math.sin(yaw)) > 0.26 * math.hypot(dx, dy))


def _check(seed: int, scenario: str, style: str, name: str | None, n_frames: int, every: int,
           ) -> None:
    if scenario not in SCENARIOS:
        raise InvalidInput(f"scenario is {scenario!r}; choose from {', '.join(SCENARIOS)}")
    if style not in STYLE:
        raise InvalidInput(f"style is {style!r}; choose from {', '.join(STYLE)}")
    if name is not None and name not in skies.WEATHERS:
        raise InvalidInput(f"weather is {name!r}; choose from {', '.join(skies.WEATHERS)}")
    if seed < 0 or n_frames < 1 or every < 1:
        raise InvalidInput(f"seed {seed}, n_frames {n_frames}, every {every}: the seed must be 0 "
                           "or more, the others 1 or more")

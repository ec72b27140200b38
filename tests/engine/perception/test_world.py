import math
from dataclasses import replace

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.params import knobs
from engine.perception import lamps
from engine.perception.params import PerceptionParams
from engine.perception.scenarios import SCENARIOS
from engine.perception.scene import ROUTE_BACK_M, from_world
from engine.perception.styles import STYLE
from engine.perception.vehicle import Command
from engine.perception.weather import WEATHERS
from engine.perception.world import AXLE_M, START_M, World

EMPTY = {"traffic_per_km": 0.0, "pedestrians_per_km": 0.0, "cyclists_per_km": 0.0,
         "parked_percent": 0.0, "junctions": 1}


def test_the_ego_frame_lies_on_the_ground_under_the_rear_axle():
    world = World(PerceptionParams(slope_percent=8.0, **EMPTY), 3)
    now = world.snapshot()
    assert now.axes @ now.axes.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(now.axes) == pytest.approx(1.0)
    x, y, z = now.origin
    assert z == pytest.approx(float(world.network.terrain.height(x, y)))
    # points of the ground a little ahead and aside have no height in the ego frame
    for step in ([1.0, 0.0], [0.0, 1.0]):
        px, py = x + step[0], y + step[1]
        p = np.array([px, py, float(world.network.terrain.height(px, py))]) - now.origin
        assert abs(now.axes[2] @ p) < 0.01
    assert math.hypot(world.ego.x - x, world.ego.y - y) == pytest.approx(AXLE_M)


def test_the_wheel_is_taken_once_and_then_wants_commands():
    world = World(PerceptionParams(**EMPTY), 3)
    with pytest.raises(InvalidInput, match="take_wheel"):
        world.step(Command(0.0, 0.0))
    world.step()
    car = world.take_wheel()
    with pytest.raises(InvalidInput, match="command"):
        world.step()
    before = world.snapshot().route_s
    world.step(Command(1.0, 0.0))
    assert world.car is not None
    assert world.car.speed > car.speed
    assert world.snapshot().route_s > before


def test_the_route_goes_from_the_start_to_the_end_of_a_road():
    for seed in range(5):
        world = World(PerceptionParams(**{**EMPTY, "junctions": 2}), seed)
        lanes = world.network.lanes
        assert all(b in lanes[a].next for a, b in zip(world.route, world.route[1:], strict=False))
        assert not lanes[world.route[-1]].next
        assert world.path.project(*world.snapshot().origin[:2])[0] == pytest.approx(
            START_M - AXLE_M, abs=0.3)


def test_a_scene_is_the_world_in_the_ego_frame():
    world = World(PerceptionParams(), 5)
    world.take_wheel()
    scene = from_world(world)
    zero = int(ROUTE_BACK_M)
    assert np.hypot(*scene.route[zero]) < 0.3
    assert scene.route[zero + 20, 0] > 15.0
    assert scene.speed == world.ego.speed
    by_id = {a.id: a for a in world.traffic.actors}
    now = world.snapshot()
    for t in scene.tracks:
        a = by_id[t.id]
        assert math.hypot(t.x, t.y) == pytest.approx(
            math.hypot(a.x - now.origin[0], a.y - now.origin[1]))
        assert t.probability.sum() == pytest.approx(1.0)
        reach = np.hypot(*(t.futures[0, -1] - [t.x, t.y]))
        assert reach <= t.speed * 6.0 + 3.0


def test_what_is_perceived_takes_the_place_of_the_truth():
    world = World(PerceptionParams(), 5)
    world.take_wheel()
    assert from_world(world, tracks=()).tracks == ()
    gate = world.path.gates[0]
    while world.path.gates[0].s - world.snapshot().route_s > 60.0:
        world.step(Command(1.0, 0.0))
    for light in range(4):
        seen = from_world(world, light=light).gate
        assert seen is not None
        assert seen.light == light
        assert seen.distance == pytest.approx(gate.s - world.snapshot().route_s)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_names_itself(name):
    scenario = SCENARIOS[name]
    assert scenario.name == scenario.params.scenario == name
    assert set(scenario.weather) <= set(WEATHERS)


def test_every_choice_of_a_knob_exists():
    choices = {k.name: k.choices for k in knobs(PerceptionParams) if k.kind == "choice"}
    assert set(choices["scenario"]) == set(SCENARIOS)
    assert set(choices["style"]) == set(STYLE)
    assert set(choices["weather"]) == set(WEATHERS)


def test_styles_differ_in_what_a_network_could_learn_by_heart():
    looks = {(s.asphalt, s.walls, s.window, s.foliage, s.dash_m) for s in STYLE.values()}
    assert len(looks) == len(STYLE)


def test_lamps_light_the_ground_under_them_and_headlights_the_road_ahead():
    world = World(PerceptionParams(weather="night", **EMPTY), 3)
    now = world.snapshot()
    dark = lamps.light_map(now, np.zeros((0, 2)), world.shapes())
    middle = lamps.CELLS // 2
    assert dark[middle + 8, middle] > 0.3
    assert dark[middle - 8, middle] == 0.0
    yaw = math.atan2(now.axes[0, 1], now.axes[0, 0])
    behind = now.origin[:2] - 15.0 * np.array([math.cos(yaw), math.sin(yaw)])
    lit = lamps.light_map(now, behind[None], world.shapes())
    assert lit[middle - 10, middle] > 0.3
    assert np.array_equal(lit[middle + 2:], dark[middle + 2:])
    assert len(lamps.street_lamps(world.network, world.style)) > 10


def test_the_route_follows_the_car_to_its_new_lane_without_a_jump_of_the_station():
    for seed in range(20):
        world = World(PerceptionParams(**{**EMPTY, "bend": 0.0}), seed)
        lane = world.network.lanes[world.route[0]]
        beside = max(lane.left, lane.right)
        if world.ways(beside) is not None:
            break
    world.take_wheel()
    car = world.car
    shift = world.network.roads[0].lane_width * (1.0 if beside == lane.left else -1.0)
    h = car.yaw
    before = world.snapshot().route_s
    world.car = replace(car, x=car.x - shift * math.sin(h), y=car.y + shift * math.cos(h))
    world.step(Command(0.0, 0.0))
    assert world.route[0] == beside
    now = world.snapshot()
    assert now.route_s - before == pytest.approx(car.speed * 0.1, abs=0.2)
    assert abs(world.path.project(*now.origin[:2], now.route_s)[1]) < 0.2

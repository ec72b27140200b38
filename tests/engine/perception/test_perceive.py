from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.perception import scene
from engine.perception.bodies import CONE
from engine.perception.forecast_run import Forecasts
from engine.perception.hydranet import HydraNet
from engine.perception.params import PerceptionParams
from engine.perception.perceive import (
    DOUBT_S,
    PATIENCE_S,
    REMEMBER_S,
    SURE,
    UNSURE_M,
    Doubt,
    Eyes,
    Signal,
    light_of,
    motion_between,
    stretched,
    told_tracks,
)
from engine.perception.planner import Planner
from engine.perception.runtime import TorchRuntime
from engine.perception.score import Scorer, goal_of
from engine.perception.signals import AMBER, GREEN, NONE, RED
from engine.perception.track import Track
from engine.perception.world import World


def track(kind: int, x: float, y: float, vx: float = 0.0, light: int = 0,
          score: float = 0.8) -> Track:
    votes = np.zeros(7)
    votes[kind] = 1.0
    return Track(3, np.array([x, y, vx, 0.0]), np.eye(4), 0.8, 0.0, np.array([4.5, 1.8, 1.5]),
                 votes, np.eye(4)[light], score)


def test_a_drive_is_perceived_from_its_pictures() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        eyes = Eyes(TorchRuntime(HydraNet("tiny")))
    world = World(PerceptionParams(), 5)
    for _ in range(2):
        told = eyes(world)
        world.step()
    truth = scene.from_world(world)
    assert eyes.seen is not None
    assert eyes.seen.depth.shape[0] == 8
    assert told.route.shape == truth.route.shape
    # an untrained network is sure of nothing
    assert told.tracks == ()


def test_a_missing_camera_leaves_the_rest_to_be_told() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        eyes = Eyes(TorchRuntime(HydraNet("tiny")))
    world = World(PerceptionParams(), 5)
    working = np.ones(8, np.bool_)
    working[0] = False
    told = eyes.see(world, np.zeros((8, 192, 320, 3), np.uint8), working)
    assert eyes.seen is not None
    assert eyes.seen.found[0] is None
    assert told.route.shape == scene.from_world(world).route.shape


def test_odometry_is_the_motion_in_the_old_frame() -> None:
    world = World(PerceptionParams(), 5)
    for _ in range(30):
        world.step()
    before = world.snapshot()
    world.step()
    now = world.snapshot()
    motion = motion_between(before, now)
    assert motion.dt_s == pytest.approx(0.1)
    assert motion.forward == pytest.approx(now.ego[0] * 0.1, abs=0.15)
    assert abs(motion.left) < 0.05
    assert motion_between(None, now).forward == 0.0


def test_paths_go_on_as_they_end() -> None:
    t = 0.1 * np.arange(1, 31)
    path = np.stack([5.0 * t, 0.0 * t], axis=1)[None]
    longer = stretched(path)
    assert longer.shape == (1, scene.STEPS, 2)
    assert longer[0, :, 0] == pytest.approx(5.0 * 0.2 * np.arange(1, scene.STEPS + 1))


def test_lights_and_signs_are_no_obstacles_and_standing_things_stay() -> None:
    paths = np.zeros((1, 6, 30, 2), np.float32)
    paths[..., 0] = 99.0
    told = told_tracks([track(0, 20, 0), track(5, 30, 4), track(6, 30, 4), track(4, 9, 1)],
                       Forecasts(np.array([3]), paths, np.full((1, 6), 1 / 6, np.float32)))
    assert [t.cls for t in told] == [0, 4]
    assert told[0].futures[0, -1].tolist() == [20.0, 0.0]
    moving = told_tracks([track(0, 20, 0, 5.0)],
                         Forecasts(np.array([3]), paths, np.full((1, 6), 1 / 6, np.float32)))
    assert moving[0].futures.shape == (6, scene.STEPS, 2)
    assert moving[0].speed == 5.0
    alone = told_tracks([track(0, 20, 0, 5.0)], None)
    assert alone[0].futures[0, 4].tolist() == [25.0, 0.0]


def test_the_surest_light_beyond_the_line_counts() -> None:
    lights = [track(5, 32, 3, light=1), track(5, 32, -3, light=3, score=0.5),
              track(5, 32, 20, light=2), track(5, 90, 0, light=2), track(5, 31, 0, light=0)]
    assert light_of(lights, 20.0) == 1
    assert light_of(lights, 80.0) == 2
    assert light_of([], 20.0) == 0


def test_the_next_junctions_light_gives_way_to_this_ones() -> None:
    this, following = track(5, 21, -5, light=1, score=0.5), track(5, 60, -1, light=3, score=0.9)
    assert light_of([this, following], 20.0) == 1


def gate(distance: float, *, lights: bool = True) -> scene.GateAhead:
    return scene.GateAhead(distance, distance + 20.0, 0, False, lights)


def test_a_light_is_remembered_and_an_unread_one_is_come_to_as_red() -> None:
    signal = Signal()
    assert signal.step(NONE, gate(UNSURE_M + 1.0), 10.0, 0.0) == NONE
    assert signal.step(NONE, gate(UNSURE_M - 1.0), 10.0, 0.1) == RED
    assert signal.step(GREEN, gate(25.0), 10.0, 0.2) == GREEN
    assert signal.step(NONE, gate(20.0), 10.0, 0.1 + REMEMBER_S) == GREEN
    assert signal.step(NONE, gate(18.0), 10.0, 0.3 + REMEMBER_S) == RED
    assert signal.step(AMBER, gate(18.0), 10.0, 5.0) == AMBER


def test_nobody_waits_for_ever_at_lights_that_cannot_be_made_out() -> None:
    signal = Signal()
    told = [signal.step(NONE, gate(5.0), 0.0, 0.1 * k) for k in range(round(PATIENCE_S * 10) + 2)]
    assert told[0] == told[-2] == RED
    assert told[-1] == NONE
    # where the map has none there is nothing to wait for
    assert Signal().step(NONE, gate(5.0, lights=False), 10.0, 0.0) == NONE


def test_a_standing_car_doubts_cones_it_hardly_sees_and_nothing_else() -> None:
    faint, person = track(CONE, 4, 0, score=SURE - 0.1), track(3, 5, 0, score=SURE - 0.1)
    clear = track(CONE, 4, 0, score=SURE)
    doubt = Doubt()
    assert doubt.step([faint, person], 0.0, 0.0) == [faint, person]
    assert doubt.step([faint], 0.0, DOUBT_S) == [faint]
    assert doubt.step([faint], 0.0, DOUBT_S + 0.1) == []
    # moving on, it is still not believed, unless it is made out after all
    assert doubt.step([faint], 2.0, DOUBT_S + 0.2) == []
    assert doubt.step([clear], 2.0, DOUBT_S + 0.3) == [clear]
    assert doubt.step([faint], 2.0, DOUBT_S + 0.4) == [faint]
    standing = Doubt()
    for k in range(100):
        assert standing.step([person, clear], 0.0, 0.1 * k) == [person, clear]


def test_with_blank_cameras_the_car_comes_to_a_halt_and_hits_nobody() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        eyes = Eyes(TorchRuntime(HydraNet("tiny")))
    world = World(PerceptionParams(), 5)
    world.take_wheel()
    assert world.snapshot().ego[0] > 3.0
    planner, begun = Planner(), world.snapshot().route_s
    scorer = Scorer(world, goal_of(world, begun, 200.0), begun)
    blank = np.full((8, 192, 320, 3), 17, np.uint8)
    for _ in range(80):
        told = eyes.see(world, blank)
        assert told.blind
        assert told.tracks == ()
        plan = planner.plan(told)
        world.step(plan.command)
        scorer.watch(world.snapshot().route_s, np.inf)
    assert plan.decision.state == "stop"
    assert "No camera" in plan.decision.why
    assert world.snapshot().ego[0] < 0.1
    assert scorer.infractions == []
    assert scorer.completion < 0.5

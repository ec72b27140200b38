from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.perception import scene
from engine.perception.forecast_run import Forecasts
from engine.perception.hydranet import HydraNet
from engine.perception.params import PerceptionParams
from engine.perception.perceive import Eyes, light_of, motion_between, stretched, told_tracks
from engine.perception.runtime import TorchRuntime
from engine.perception.track import Track
from engine.perception.world import World


def track(kind: int, x: float, y: float, vx: float = 0.0, light: int = 0,
          score: float = 0.8) -> Track:
    votes = np.zeros(7)
    votes[kind] = 1.0
    return Track(3, np.array([x, y, vx, 0.0]), np.eye(4), 0.8, 0.0, np.array([4.5, 1.8, 1.5]),
                 votes, light, score)


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

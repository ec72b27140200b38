import math

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception.drive import drive_once, summary
from engine.perception.params import PerceptionParams
from engine.perception.score import PENALTY, Scorer, off_road, overlap, true_ttc
from engine.perception.vehicle import Command
from engine.perception.world import World


@pytest.fixture
def town():
    world = World(PerceptionParams(traffic_per_km=0.0, pedestrians_per_km=0.0, cyclists_per_km=0.0,
                                   parked_percent=0.0, junctions=1), 4)
    world.take_wheel()
    return world


def scorer(world):
    at = world.snapshot().route_s
    return Scorer(world, at + 100.0, at)


def put(world, ahead, left=0.0, shape="saloon", turn=0.0, speed=0.0):
    """Somebody ahead of the ego's middle."""
    e = world.ego
    c, s = math.cos(e.yaw), math.sin(e.yaw)
    a = world.crowd.standing(shape, e.x + c * ahead - s * left, e.y + s * ahead + c * left,
                             e.yaw + turn)
    a.speed = speed
    return a


@pytest.mark.parametrize("seed", range(5))
def test_overlap_equals_sampled_points(town, seed):
    rng = np.random.default_rng(seed)
    e = town.ego
    for _ in range(20):
        a = put(town, rng.uniform(-6, 6), rng.uniform(-3, 3), turn=rng.uniform(-3, 3))
        u, v = np.meshgrid(np.linspace(-0.5, 0.5, 60), np.linspace(-0.5, 0.5, 40))
        c, s = math.cos(a.yaw), math.sin(a.yaw)
        px = a.x + c * u * a.length - s * v * a.width - e.x
        py = a.y + s * u * a.length + c * v * a.width - e.y
        c, s = math.cos(e.yaw), math.sin(e.yaw)
        inside = (np.abs(c * px + s * py) < 2.35) & (np.abs(c * py - s * px) < 0.92)
        if inside.any():
            assert overlap(e, a)
        elif overlap(e, a):
            # grid points may miss a corner that barely touches
            assert (np.maximum(np.abs(c * px + s * py) - 2.35, np.abs(c * py - s * px) - 0.92)
                    .min()) < 0.15
        town.traffic.actors.remove(a)


def test_running_into_somebody_costs_once(town):
    watch = scorer(town)
    town.ego.speed = 5.0
    put(town, 3.0)
    for _ in range(5):
        watch.watch(town.snapshot().route_s, math.inf)
    assert [what for _, what in watch.infractions] == ["vehicle"]
    assert len(watch.interventions) == 1


def test_being_run_into_from_behind_or_standing_is_nobody_elses_fault(town):
    watch = scorer(town)
    town.ego.speed = 5.0
    put(town, -4.0)
    watch.watch(town.snapshot().route_s, math.inf)
    town.ego.speed = 0.0
    put(town, 3.0)
    watch.watch(town.snapshot().route_s, math.inf)
    assert watch.infractions == []


@pytest.mark.parametrize(("shape", "kind"), [("walker", "pedestrian"), ("cone", "static")])
def test_what_was_hit_sets_the_penalty(town, shape, kind):
    watch = scorer(town)
    town.ego.speed = 5.0
    put(town, 2.0, shape=shape)
    watch.watch(watch.start_m + 50.0, math.inf)
    result = watch.result()
    assert result["infractions"][0]["what"] == kind
    assert result["driving_score"] == pytest.approx(100 * watch.completion * PENALTY[kind])
    assert not result["success"]


def test_a_whole_route_without_a_fault_is_a_hundred(town):
    watch = scorer(town)
    watch.watch(watch.start_m, math.inf)
    watch.watch(watch.goal_m + 1.0, math.inf)
    assert watch.done
    assert watch.result()["driving_score"] == 100.0
    assert watch.result()["success"]


def test_time_to_collision_by_hand(town):
    town.ego.speed = 10.0
    put(town, 30.0, speed=4.0)
    # (30 - 4.7) / (10 - 4)
    assert true_ttc(town) == pytest.approx(25.3 / 6.0, rel=1e-3)
    town.traffic.actors[-1].speed = 10.0
    assert true_ttc(town) == math.inf


def test_the_field_is_off_the_road(town):
    assert not off_road(town)
    e = town.ego
    left = town.network.roads[0].half + 8.0
    e.x, e.y = e.x - left * math.sin(e.yaw), e.y + left * math.cos(e.yaw)
    assert off_road(town)


def test_a_light_run_at_red_is_noted(town):
    gate = town.path.gates[0]
    watch = scorer(town)
    while town.traffic.light(gate.junction, gate.arm) != 1:
        town.step(Command(-3.0, 0.0))
    watch.watch(gate.s - 6.0, math.inf)
    watch.watch(gate.s - 3.0, math.inf)
    assert [what for _, what in watch.infractions] == ["red light"]


def test_a_car_that_never_moves_gets_nowhere(town):
    watch = scorer(town)
    town.ego.speed = 0.0
    while not watch.done:
        watch.watch(watch.start_m, math.inf)
    assert watch.result()["driving_score"] == 0.0


def test_harsh_driving_is_not_comfortable(town):
    watch = scorer(town)
    town.step(Command(0.0, 0.0))
    for accel in [-8.0, 3.0] * 12:
        town.step(Command(accel, 0.0))
        watch.watch(town.snapshot().route_s, math.inf)
    assert watch.result()["comfort"] < 0.7


def test_the_truth_drives_past_a_standing_truck_without_a_fault():
    result = drive_once("stopped truck", 9001, route_m=75.0)
    assert result["success"], result
    assert result["driving_score"] == 100.0
    assert sum(result["states"].values()) == pytest.approx(1.0, abs=0.01)


def test_what_cannot_be_driven_is_refused():
    with pytest.raises(InvalidInput, match="moon"):
        drive_once("moon", 1)
    with pytest.raises(InvalidInput, match="-3"):
        drive_once("debris", -3)
    with pytest.raises(InvalidInput, match="route_m"):
        drive_once("debris", 3, route_m=0.0)
    with pytest.raises(InvalidInput, match="one seed"):
        summary([])


def test_a_summary_by_hand():
    base = {"success": True, "completion": 1.0, "comfort": 0.9, "distance_m": 500.0}
    facts = summary([{**base, "driving_score": 100.0, "interventions": 0},
                     {**base, "driving_score": 60.0, "interventions": 2, "success": False}])
    assert facts["driving_score"] == 80.0
    # 1.96 * sd / sqrt(2) with sd = 28.284
    assert facts["interval"] == [pytest.approx(40.8), pytest.approx(119.2)]
    assert facts["success"] == 0.5
    assert facts["interventions_per_km"] == 2.0

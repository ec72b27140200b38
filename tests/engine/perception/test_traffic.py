import math

import pytest

from engine.perception import signals
from engine.perception.actors import DRIVE, WALK
from engine.perception.bodies import CYCLIST, PEDESTRIAN
from engine.perception.params import PerceptionParams
from engine.perception.scenarios import SCENARIOS
from engine.perception.score import overlap
from engine.perception.world import World


def world(seed=1, **changes):
    return World(PerceptionParams(**changes), seed)


@pytest.mark.parametrize("seed", [2, 5])
def test_no_two_vehicles_ever_overlap(seed):
    town = world(seed, traffic_per_km=45.0, pedestrians_per_km=20.0, parked_percent=0.0)
    clashes = set()
    for _ in range(300):
        town.step()
        # cyclists share the edge of the lane with whoever passes them
        vehicles = [a for a in town.traffic.actors if a.mode == DRIVE and a.cls != CYCLIST]
        clashes |= {(a.id, b.id) for i, a in enumerate(vehicles) for b in vehicles[i + 1:]
                    if abs(a.x - b.x) < 12 and abs(a.y - b.y) < 12 and overlap(a, b)}
    assert clashes == set()


def test_nobody_starts_into_a_junction_on_red():
    town = world(3, traffic_per_km=40.0, pedestrians_per_km=10.0, parked_percent=0.0)
    entered = 0
    before = {}
    for _ in range(500):
        town.step()
        for a in town.traffic.actors:
            if a.mode != DRIVE:
                continue
            lane = town.network.lanes[a.lane]
            old = before.get(a.id)
            if lane.connector and old is not None and old != a.lane and (
                    not town.network.lanes[old].connector):
                entered += 1
                assert town.traffic.light(lane.junction, lane.arm) != signals.RED
            before[a.id] = a.lane
    assert entered > 15


def test_pedestrians_cross_while_the_road_has_red():
    town = world(4, pedestrians_per_km=90.0, traffic_per_km=20.0, parked_percent=0.0)
    crossing = {}
    begun = 0
    for _ in range(500):
        town.step()
        for a in town.traffic.actors:
            if a.mode != WALK:
                continue
            if a.crossing != 0.0 and crossing.get(a.id, 0.0) == 0.0:
                begun += 1
                road = town.network.roads[a.road]
                k = min(range(len(road.corners)), key=lambda i: abs(road.corners[i].mean() - a.s))
                junction = k if a.road == 0 else a.road - 1
                if town.network.junctions[junction].signals:
                    arm = 0 if a.road == 0 else 2
                    assert town.traffic.light(junction, arm) == signals.RED
                    assert town.traffic.light(junction, arm + 1) == signals.RED
            crossing[a.id] = a.crossing
    assert begun > 10


def test_pedestrians_stay_on_pavements_unless_they_cross():
    town = world(6, pedestrians_per_km=120.0)
    for _ in range(150):
        town.step()
    for a in town.traffic.actors:
        if a.mode == WALK and a.crossing == 0.0:
            assert abs(a.d) > town.network.roads[a.road].half


def test_left_turners_get_through():
    town = world(8, traffic_per_km=40.0, pedestrians_per_km=10.0, parked_percent=0.0)
    turned = set()
    for _ in range(600):
        town.step()
        turned |= {a.id for a in town.traffic.actors if a.mode == DRIVE and a.lane >= 0
                   and town.network.lanes[a.lane].turn == 1}
    assert len(turned) >= 3


def test_the_same_seed_drives_the_same_way():
    a, b = world(9), world(9)
    for _ in range(100):
        a.step()
        b.step()
    assert (a.snapshot().state == b.snapshot().state).all()
    assert a.snapshot().lights == b.snapshot().lights


def test_who_leaves_the_town_comes_in_again():
    town = world(10, junctions=0, traffic_per_km=12.0)
    many = len(town.traffic.actors)
    for _ in range(500):
        town.step()
    assert len(town.traffic.actors) == many
    for a in town.traffic.actors:
        if a.mode == DRIVE:
            assert 0.0 <= a.s <= town.network.lanes[a.lane].length + 1e-6
            assert math.isfinite(a.x + a.y + a.yaw)


def test_cut_in_brings_somebody_into_the_ego_lane():
    town = World(SCENARIOS["cut-in"].params, 11)
    seen = False
    for _ in range(400):
        town.step()
        seen |= any(a.lane == town.ego.lane and a.shift_from >= 0 and 0 < a.s - town.ego.s < 25
                    for a in town.traffic.actors if a.id)
    assert seen


def test_a_jaywalker_runs_across_ahead_of_the_ego():
    town = World(SCENARIOS["jaywalker"].params, 3)
    runner = None
    for _ in range(300):
        town.step()
        runner = runner or next((a for a in town.traffic.actors if a.script == "run"), None)
    assert runner is not None
    assert runner.cls == PEDESTRIAN
    assert any(a.script == "run" for a in town.traffic.actors)


@pytest.mark.parametrize(("name", "shape"), [("construction zone", "barrier"), ("debris", "cone"),
                                             ("stopped truck", "truck")])
def test_what_stands_on_the_lane_stands_on_the_route(name, shape):
    town = World(SCENARIOS[name].params, 12)
    standing = [a for a in town.traffic.actors if a.mode == 2 and a.lane >= 0]
    assert any(a.shape == shape for a in standing)
    assert all(town.network.lanes[a.lane].road == 0 for a in standing)
    assert not any(overlap(a, b) for a in standing for b in town.traffic.actors
                   if b.mode == DRIVE)

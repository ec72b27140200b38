from dataclasses import replace

import numpy as np
import pytest

from engine.perception.bodies import CAR, PEDESTRIAN
from engine.perception.decision import closed_at
from engine.perception.planner import Planner
from engine.perception.scene import GateAhead
from engine.perception.signals import AMBER, GREEN, NONE, RED
from engine.perception.trajectory import NO_GATE, Weights, obstacles
from tests.engine.perception.plans import scene, track


def plan(s):
    return Planner().plan(s)


def gate(distance=40.0, light=GREEN, must_yield=False):
    return GateAhead(distance, distance + 22.0, light, must_yield)


def closed(s):
    return closed_at(s, obstacles(s))


def test_a_free_road_is_cruised_straight_on():
    p = plan(scene(speed=8.0))
    assert p.decision.state == "cruise"
    assert p.command.accel > 0.5
    assert p.command.steering == pytest.approx(0.0, abs=1e-3)
    assert "45 km/h" in p.decision.why


def test_a_slower_car_ahead_is_followed():
    p = plan(scene(speed=10.0, tracks=[track(22.0, 0.0, speed=6.0, number=7)]))
    assert p.decision.state == "follow"
    assert p.decision.track == 7
    assert p.command.accel < -0.5
    assert "22 km/h" in p.decision.why


def test_a_red_light_is_stopped_at_and_said_so():
    p = plan(scene(speed=9.0, gate=gate(30.0, RED)))
    assert p.decision.state == "stop"
    assert "red" in p.decision.why
    assert p.command.accel < -0.5
    assert p.speed[-1] < 0.5


@pytest.mark.parametrize(("speed", "distance", "shut"), [(10.0, 40.0, True), (10.0, 14.0, False),
                                                         (0.0, 5.0, True)])
def test_amber_is_obeyed_when_braking_in_comfort_does_it(speed, distance, shut):
    # 10 m/s needs 10^2 / (2 * 3) = 16.7 m before the line
    at, why = closed(scene(speed=speed, gate=gate(distance, AMBER)))
    assert (at < NO_GATE, why) == ((True, "amber") if shut else (False, ""))


def test_a_car_that_sees_nothing_stops_in_comfort():
    p = plan(replace(scene(speed=10.0), blind=True))
    assert p.decision.state == "stop"
    assert "No camera" in p.decision.why
    assert -5.0 < p.command.accel < -0.5
    assert p.speed[-1] < 1.0


def test_green_is_open_and_a_passed_line_binds_nobody():
    assert closed(scene(gate=gate(30.0, GREEN)))[0] == NO_GATE
    assert closed(scene(speed=5.0, gate=gate(1.0, RED)))[0] == NO_GATE


@pytest.mark.parametrize(("speed", "shut"), [(11.0, True), (0.0, False)])
def test_priority_is_given_to_who_comes_and_not_to_who_stands(speed, shut):
    oncoming = track(62.0, 0.0, yaw=np.pi, speed=speed)
    s = scene(speed=5.0, tracks=[oncoming], gate=gate(20.0, GREEN, must_yield=True))
    at, why = closed(s)
    assert (why == "yield", at < NO_GATE) == (shut, shut)


def test_a_junction_without_lights_and_without_anybody_is_free():
    assert closed(scene(gate=gate(20.0, NONE, must_yield=True)))[0] == NO_GATE


def test_a_pedestrian_who_walks_onto_the_road_is_yielded_to():
    walker = track(24.0, -3.2, yaw=np.pi / 2, speed=1.4, cls=PEDESTRIAN, length=0.5, width=0.5)
    p = plan(scene(speed=9.0, tracks=[walker]))
    assert p.decision.state == "yield"
    assert p.command.accel < 0.0


def test_a_pedestrian_who_stands_on_the_pavement_is_passed():
    walker = track(24.0, -5.0, cls=PEDESTRIAN, length=0.5, width=0.5)
    p = plan(scene(speed=9.0, tracks=[walker]))
    assert p.decision.state == "cruise"


def test_a_standing_truck_is_overtaken_on_the_free_lane():
    p = plan(scene(speed=8.0, tracks=[track(30.0, 0.0, length=8.6, width=2.45)],
                   offsets=(0.0, 3.5)))
    assert p.decision.state == "change lane"
    assert p.decision.side == 1
    assert p.command.steering > 0.01
    assert p.path[-1, 1] > 2.0
    names = [o.name for o in p.decision.options]
    assert names[0] == "Lane to the left"
    assert {"Keep lane", "Stop"} <= set(names)


def test_what_appears_right_ahead_is_braked_for_with_all_there_is():
    p = plan(scene(speed=13.0, tracks=[track(11.0, 0.0)]))
    assert p.command.accel < -5.0


def test_the_best_option_comes_first():
    p = plan(scene(speed=8.0, tracks=[track(30.0, 0.0)], offsets=(0.0, 3.5, -3.5)))
    costs = [o.cost for o in p.decision.options]
    assert costs == sorted(costs)
    assert len(costs) == 4


def test_it_returns_to_the_middle_of_its_lane():
    p = plan(scene(speed=9.0, aside=0.9))
    assert p.command.steering < -0.005
    assert abs(p.path[-1, 1] + 0.9) < 0.3


def test_the_weights_decide_between_lane_and_progress():
    # a slow truck ahead and a free lane beside it
    s = scene(speed=8.0, tracks=[track(30.0, 0.0, length=8.6, width=2.45)], offsets=(0.0, 3.5))
    planner = Planner()
    assert planner.plan(s).target > 2.0
    planner = Planner(Weights(lane=40.0))
    assert planner.plan(s).target < 2.0
    # one may be changed between two ticks
    planner.weights = Weights()
    assert planner.plan(s).target > 2.0


def test_a_plan_holds_all_candidates_and_which_was_chosen():
    p = plan(scene(speed=8.0, tracks=[track(30.0, 0.0)], offsets=(0.0, 3.5)))
    assert p.candidates.cost[p.chosen] == p.candidates.cost.min() == p.cost
    assert np.array_equal(p.path[:, 0], p.candidates.x[p.chosen])


def test_planning_has_no_memory_of_anything_but_the_lane():
    s = scene(speed=9.0, tracks=[track(26.0, 0.3, speed=5.0)])
    one = Planner()
    first = one.plan(s)
    again = one.plan(s)
    assert first.decision == again.decision
    assert np.array_equal(first.path, again.path)


def test_every_mode_of_a_prediction_may_be_given_and_the_likeliest_counts():
    t = track(22.0, 0.0, speed=0.0, cls=CAR)
    away = t.futures + np.array([0.0, 40.0])
    both = type(t)(t.id, t.cls, t.x, t.y, t.yaw, t.speed, t.length, t.width,
                   np.concatenate([away, t.futures]), np.array([0.1, 0.9]))
    assert plan(scene(tracks=[both])).command == plan(scene(tracks=[t])).command

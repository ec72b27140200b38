import math

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception.control import follow
from engine.perception.vehicle import (
    ACCEL_LIMIT,
    BRAKE_LIMIT,
    STEER_LIMIT,
    WHEELBASE_M,
    Car,
    Command,
    advance,
)


def test_straight_on_at_constant_speed():
    car = advance(Car(0, 0, 0.5, 10.0), Command(0.0, 0.0), 1.0)
    assert (car.x, car.y) == pytest.approx((10 * math.cos(0.5), 10 * math.sin(0.5)))
    assert (car.yaw, car.speed) == pytest.approx((0.5, 10.0))


def test_a_held_wheel_drives_the_circle_of_the_bicycle():
    angle = 0.2
    radius = WHEELBASE_M / math.tan(angle)
    car = Car(0.0, 0.0, 0.0, 4.0, 0.0, angle)
    for _ in range(40):
        car = advance(car, Command(0.0, angle), 0.1)
    assert math.hypot(car.x, car.y - radius) == pytest.approx(radius, rel=1e-3)
    assert car.yaw == pytest.approx(16.0 / radius, rel=1e-6)


def test_it_stops_and_does_not_roll_back():
    car = Car(0, 0, 0, 2.0)
    for _ in range(30):
        car = advance(car, Command(-4.0, 0.0), 0.1)
    x = car.x
    assert car.speed == 0.0
    assert 0.4 < x < 1.2
    assert advance(car, Command(-4.0, 0.0), 0.1).x == x


def test_actuators_have_limits_and_need_time():
    car = advance(Car(0, 0, 0, 10.0), Command(50.0, 3.0), 0.1)
    assert 0.0 < car.accel < ACCEL_LIMIT
    assert 0.0 < car.steering < 0.08
    for _ in range(40):
        car = advance(car, Command(-50.0, 3.0), 0.1)
    assert car.steering == pytest.approx(STEER_LIMIT)
    assert BRAKE_LIMIT <= car.accel <= 0.0


@pytest.mark.parametrize(("command", "dt"), [
    (Command(math.nan, 0), 0.1), (Command(0, math.inf), 0.1), (Command(0, 0), 0.0)])
def test_a_command_that_is_not_a_number_is_refused(command, dt):
    with pytest.raises(InvalidInput):
        advance(Car(0, 0, 0, 1.0), command, dt)


def test_pure_pursuit_steers_to_the_circle_through_its_target():
    radius = 30.0
    a = np.linspace(0, 1.0, 60)
    path = np.stack([radius * np.sin(a), radius * (1 - np.cos(a))], axis=1)
    angle = follow(path, 8.0, 0.0, 0.0, 0.0).steering
    assert angle == pytest.approx(math.atan(WHEELBASE_M / radius), rel=0.01)
    assert follow(path * [1, -1], 8.0, 0.0, 0.0, 0.0).steering == pytest.approx(-angle)


def test_a_path_too_short_to_follow_keeps_the_wheel():
    assert follow(np.zeros((5, 2)), 0.0, 0.0, 0.0, 0.11).steering == 0.11


def test_it_converges_on_a_line_beside_it():
    car = Car(0.0, 1.5, 0.1, 9.0)
    for _ in range(80):
        c, s = math.cos(car.yaw), math.sin(car.yaw)
        world = np.stack([car.x + np.arange(0.0, 25.0, 0.5), np.zeros(50)], axis=1)
        d = world - [car.x, car.y]
        path = np.stack([c * d[:, 0] + s * d[:, 1], c * d[:, 1] - s * d[:, 0]], axis=1)
        car = advance(car, follow(path, car.speed, car.accel, 0.0, car.steering), 0.1)
    assert abs(car.y) < 0.05
    assert abs(car.yaw) < 0.01

"""The fleet's triggers in a live drive."""

from dataclasses import replace

import numpy as np
import pytest

from engine.perception import live_triggers
from engine.perception.cameras import rig
from engine.perception.fleet import EVERY
from engine.perception.live_params import DriveParams
from engine.perception.live_triggers import LiveTriggers
from engine.perception.simulation import PerceptionSimulation
from engine.perception.triggers import TRIGGERS, Fired


@pytest.fixture(scope="module")
def look():
    sim = PerceptionSimulation(DriveParams(junctions=0, traffic_per_km=10.0), 4)
    sim.step()
    return sim.shown


def slowing(look, step, speed):
    now = replace(look.now, ego=(speed, *look.now.ego[1:]), time=0.1 * step)
    return look._replace(now=now)


def test_hard_braking_fires_once_an_episode_and_says_how_hard(look):
    watching = LiveTriggers(rig(), live_triggers.fitted())
    fired = []
    for step in range(40):
        speed = max(0.0, 10.0 - 0.5 * max(0, step - 10))  # 5 m/s² from step 10 on
        fired += watching.step(step, slowing(look, step, speed))
    braking = [f for f in fired if f.name == "hard braking"]
    assert len(braking) == 1
    assert 1.0 <= braking[0].time <= 1.0 + 0.1 * 3 * EVERY
    assert live_triggers.said(braking[0]).startswith("Hard braking: ")
    assert "m/s²" in live_triggers.said(braking[0])


def test_a_car_without_its_front_camera_does_not_judge(look):
    watching = LiveTriggers(rig(), live_triggers.fitted())
    blind = look._replace(seen=replace(look.seen, found=(None,) * 8))
    assert [watching.step(s, slowing(blind, s, 10.0 - 0.6 * s)) for s in range(12)] == [[]] * 12


def test_without_thresholds_nothing_fires(look):
    watching = LiveTriggers(rig(), None)
    assert watching.step(0, look) == []


def test_what_fired_is_said_in_words():
    assert live_triggers.said(Fired("cut-in", 1.0, 2.0, 0.5, "")) == TRIGGERS["cut-in"].label
    assert np.isfinite(list(live_triggers.fitted().thresholds.values())).all()

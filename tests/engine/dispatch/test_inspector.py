from __future__ import annotations

import json

import numpy as np
import pytest

from engine.dispatch.drivers import ABSENT, IDLE, PICKUP, RIDING
from engine.dispatch.inspector import explain
from engine.dispatch.riders import ABOARD, ASSIGNED, DRAWN, WAITING
from engine.dispatch.simulation import DispatchSimulation
from tests.engine.dispatch.towns import world


@pytest.fixture(scope="module")
def city() -> DispatchSimulation:
    w = world(3, drivers=30, shift_h=12.0, start_h=17.0, policy="optimal batch")
    for _ in range(400):
        w.step()
    return w


@pytest.mark.parametrize(("state", "tag"), [
    (ABSENT, "Off shift"), (PICKUP, "To a pickup"), (RIDING, "With a rider")])
def test_drivers_are_described(city: DispatchSimulation, state: int, tag: str) -> None:
    driver = int(np.flatnonzero(city.fleet.state == state)[0])
    facts = city.inspect(driver)
    json.dumps(facts)
    assert (facts["agent"], facts["kind"], facts["tag"]) == (driver, "driver", tag)
    assert facts["name"] == f"D-{driver:04d}"
    assert (facts["rider"] >= 0) == (state in (PICKUP, RIDING))
    if state == PICKUP:
        assert [s["kind"] for s in facts["stops"]] == ["pickup", "dropoff"]
        assert facts["why"] is not None
        assert facts["route"][-1] == [facts["stops"][0]["x"], facts["stops"][0]["y"]]
        assert facts["onward"][-1] == [facts["stops"][1]["x"], facts["stops"][1]["y"]]
    if state == ABSENT:
        assert facts["route"] == facts["onward"] == facts["stops"] == []


@pytest.mark.parametrize(("state", "tag"), [
    (WAITING, "Waiting"), (ASSIGNED, "Assigned"), (ABOARD, "Aboard")])
def test_riders_are_described(city: DispatchSimulation, state: int, tag: str) -> None:
    slot = int(np.flatnonzero(city.riders.state[:DRAWN] == state)[0])
    facts = city.inspect(city.fleet.count + slot)
    json.dumps(facts)
    assert (facts["kind"], facts["tag"]) == ("rider", tag)
    assert facts["subject"] == city.riders.number[slot]
    assert facts["driver"] == city.riders.driver[slot]
    assert [s["name"] for s in facts["stages"]] == ["Match", "Pickup", "Ride"]
    assert all(0.0 <= s["done"] <= 1.0 for s in facts["stages"])
    assert (facts["why"] is None) == (state == WAITING)
    assert len(facts["events"]) == {WAITING: 1, ASSIGNED: 2, ABOARD: 3}[state]
    assert facts["events"][-1][1].startswith("Asked, at ")
    xy = [s["x"] for s in facts["stops"]]
    assert len(xy) == (1 if state == ABOARD else 2)


def test_a_free_driver_has_no_goal() -> None:
    w = world(1, trips_per_day=0)
    w.step()
    facts = w.inspect(int(np.flatnonzero(w.fleet.state == IDLE)[0]))
    assert facts["tag"] == "Free"
    assert facts["why"] is None
    assert facts["stops"] == []


def test_the_sentence_says_who_got_the_better_driver(city: DispatchSimulation) -> None:
    slot, why = next((s, y) for s, y in city.dispatcher.why.items() if len(y.driver) > 2)
    best = int(np.argmax(why.score))
    other = 1 if best == 0 else 0
    took = np.full(len(why.driver), -1, np.int32)
    assert explain(city, slot, why._replace(chosen=best))["sentence"].startswith("The best of")
    took[best] = 77
    sentence = explain(city, slot, why._replace(chosen=other, others=took))["sentence"]
    assert "sent to R-0077" in sentence
    declined = explain(city, slot, why._replace(
        chosen=other, others=np.full(len(took), -1, np.int32)))["sentence"]
    assert "declined" in declined
    nearest = explain(city, slot, why._replace(policy="nearest"))
    times = [float(row["cells"][1]) for row in nearest["rows"]]
    assert nearest["note"] == "nearest wins"
    assert times[:3] == sorted(times[:3])

from __future__ import annotations

import json

import numpy as np

from engine.warehouse.layout import DESK
from engine.warehouse.simulation import WarehouseSimulation
from tests.engine.warehouse.worlds import SMALL


def running() -> WarehouseSimulation:
    world = WarehouseSimulation(SMALL, 3)
    for _ in range(300):
        world.step()
    return world


def test_every_robot_is_described_in_json_with_the_contracts_keys() -> None:
    world = running()
    for robot in range(SMALL.robots):
        facts = world.inspect(robot)
        assert json.loads(json.dumps(facts)) == facts
        assert set(facts) == {"agent", "name", "state", "tag", "carrying", "stages", "rows", "bars",
                              "goal", "reserved", "route", "callout", "events"}
        assert facts["name"] == f"R-{robot:04d}"
        assert facts["carrying"] == bool(world.loaded[robot])
        assert len(facts["reserved"]) == SMALL.window_steps + 1
        assert facts["reserved"][0] == world.window.pos[robot]
        assert len(facts["events"]) <= 5
        times = [time for time, _ in facts["events"]]
        assert times == sorted(times, reverse=True)
        assert all(0.0 <= stage["done"] <= 1.0 for stage in facts["stages"])
    world.close()


def test_reservation_and_route_are_one_walk_to_the_goal() -> None:
    world = running()
    seen = 0
    for robot in range(SMALL.robots):
        facts = world.inspect(robot)
        if not facts["route"]:
            continue
        seen += 1
        walk = facts["reserved"] + facts["route"]
        assert walk[-1] == facts["goal"]
        rows, cols = np.divmod(np.array(walk), world.floor.grid.width)
        steps = np.abs(np.diff(rows)) + np.abs(np.diff(cols))
        assert steps.max() <= 1
        assert (steps[-len(facts["route"]):] == 1).all()
    assert seen > 3
    world.close()


def test_a_robot_at_a_desk_shows_its_order_and_its_stages() -> None:
    world = running()
    for _ in range(200):
        world.step()
        at_desk = np.flatnonzero((world.floor.kind[world.window.pos] == DESK)
                                 & (world.window.hold > 0))
        if len(at_desk):
            break
    robot = int(at_desk[0])
    task = world.missions.task_of(robot)
    assert task is not None
    facts = world.inspect(robot)
    rows = dict(facts["rows"])
    assert rows["Goal"] == f"{world.floor.stations[task.station].name}, 0 ahead"
    number = min((o for o, _ in task.lines), key=lambda o: o.urgency).number
    assert rows["Order"].startswith(f"#{number} · ")
    assert rows["Pod"].startswith(f"{world.missions.pod_name(task.pod)} · demand ")
    assert [s["name"] for s in facts["stages"]] == ["Fetch", "Carry", "Pick", "Return"]
    assert [s["done"] for s in facts["stages"]][:2] == [1.0, 1.0]
    assert facts["callout"].endswith("· at the desk")
    world.close()


def test_an_idle_robot_has_no_goal() -> None:
    world = WarehouseSimulation(SMALL.with_changes(orders_per_h=0.0, opportunity_charging=False))
    for _ in range(10):
        world.step()
    facts = world.inspect(0)
    assert (facts["state"], facts["goal"], facts["route"], facts["stages"]) == ("idle", -1, [], [])
    assert facts["callout"] == "R-0000 · idle"
    world.close()

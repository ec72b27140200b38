from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.warehouse.layout import DESK, QUEUE, SLOT
from engine.warehouse.simulation import FAULT, WarehouseSimulation
from tests.engine.warehouse.worlds import SMALL, check_laws


def running(steps: int = 200, **changes: Any) -> WarehouseSimulation:
    world = WarehouseSimulation(SMALL.with_changes(**changes), 3)
    for _ in range(steps):
        world.step()
    world.drain_events()
    return world


def walk(world: WarehouseSimulation, steps: int) -> None:
    for _ in range(steps):
        world.step()
        check_laws(world)


def test_a_broken_robot_stands_until_it_is_repaired_and_then_works_again() -> None:
    world = running()
    in_lane = np.isin(world.floor.kind[world.window.pos], (DESK, QUEUE))
    robot = next(r for r in np.flatnonzero(world.loaded & ~in_lane).tolist()
                 if (t := world.missions.task_of(r)) is not None and t.picked < 0)
    text = world.command("break_robot", {"robot": robot, "repair_s": 60})
    assert text == f"R-{robot:04d} broke down; repair takes 60 s"
    cell = int(world.window.pos[robot])
    assert world.scene().arrays["closed"][cell] == 1
    task = world.missions.task_of(robot)
    for _ in range(60):
        world.step()
        check_laws(world)
        assert world.window.pos[robot] == cell
        assert world.state[robot] == FAULT
    walk(world, 120)
    assert task is not None
    assert task.picked > 0, "the pod was delivered after the repair"
    assert not world.scene().arrays["closed"].any()
    assert [e.kind for e in world.drain_events()] == ["fault", "recovered"]
    world.close()


def test_a_task_not_lifted_yet_goes_to_another_robot() -> None:
    world = running()
    for _ in range(200):
        fetching = [r for r in range(SMALL.robots)
                    if (t := world.missions.task_of(r)) is not None and t.lifted < 0]
        if fetching:
            break
        world.step()
    robot = fetching[0]
    task = world.missions.task_of(robot)
    assert task is not None
    world.command("break_robot", {"robot": robot, "repair_s": 600})
    assert world.missions.task_of(robot) is None
    walk(world, 120)
    assert task.robot not in (-1, robot)
    assert task.lifted > 0
    world.close()


def test_nobody_enters_a_closed_aisle_and_those_inside_leave() -> None:
    world = running(robots=30)
    width = world.floor.grid.width
    row = int(world.floor.slots[0]) // width + 2
    world.command("close_aisle", {"row": row, "seconds": 200, "start": 9, "stop": width - 10})
    closed = world.scene().arrays["closed"] > 0
    assert closed.any()
    inside = set(np.flatnonzero(closed[world.window.pos]).tolist())
    for _ in range(150):
        world.step()
        check_laws(world)
        now = set(np.flatnonzero(closed[world.window.pos]).tolist())
        assert now <= inside
        inside = now
    lifting = {r for r in inside if world.window.hold[r] > 0}
    assert inside == lifting
    done = world.board.returned
    walk(world, 150)
    assert not world.scene().arrays["closed"].any()
    assert world.board.returned > done
    world.close()


def test_the_scene_changes_version_with_closures_only() -> None:
    world = running()
    version = world.scene_version
    walk(world, 5)
    assert world.scene_version == version
    world.command("close_aisle", {"seconds": 20})
    assert world.scene_version == version + 1
    walk(world, 25)
    assert world.scene_version == version + 2
    world.close()


def test_a_stopped_desk_clears_its_lane_and_its_orders_are_done_elsewhere() -> None:
    world = running(400, orders_per_h=1500.0)
    untouched = [o for o in world.missions.orders_at[0].values() if o.left == len(o.skus)]
    assert untouched
    text = world.command("stop_station", {"station": "P01", "seconds": 400})
    assert text == "P01 stands still for 400 s"
    assert all(o.station != 0 for o in untouched)
    picked = int(world.stations.picked[0])
    walk(world, 300)
    assert world.stations.picked[0] == picked
    lane = np.isin(world.window.pos, world.floor.stations[0].lane)
    assert not lane.any()
    assert all(o.done > 0 or o.station > 0 or o.released < 0 for o in untouched)
    walk(world, 300)
    assert world.stations.picked[0] > picked, "it works again"
    world.close()


def test_a_robot_that_breaks_in_a_lane_stops_the_desk() -> None:
    world = running(400, orders_per_h=2000.0)
    inward = np.concatenate([site.lane for site in world.floor.stations])
    queue = np.isin(world.window.pos, inward) & world.loaded
    robot = int(np.flatnonzero(queue)[0])
    world.command("break_robot", {"robot": robot, "repair_s": 50})
    assert sum(until > 0 for until in world.stations.stopped_until) == 1
    walk(world, 200)
    assert not any(world.stations.stopped_until)
    world.close()


def test_a_demand_spike_brings_more_orders_and_ends() -> None:
    calm, hot = running(), running()
    hot.command("demand_spike", {"factor": 5, "seconds": 200})
    created = hot.book.created
    walk(calm, 200)
    walk(hot, 200)
    assert hot.book.created + hot.book.refused - created > 2 * (calm.book.created - created)
    assert hot.faults.demand_factor == 1.0
    assert [e.kind for e in hot.drain_events() if e.kind != "charge"] == ["spike", "recovered"]
    calm.close()
    hot.close()


def test_recover_ends_every_fault() -> None:
    world = running()
    parked = int(np.flatnonzero(world.floor.kind[world.window.pos] == SLOT)[0])
    world.command("break_robot", {"robot": parked})
    for name in ("close_aisle", "stop_station", "demand_spike"):
        world.command(name, {})
    assert world.command("recover", {"fault": "close_aisle"}) == "1 fault ended"
    assert world.command("recover", {}) == "3 faults ended"
    assert world.command("recover", {}) == "Nothing to end"
    assert not world.window.broken.any()
    assert not world.scene().arrays["closed"].any()
    walk(world, 50)
    world.close()


def test_throughput_comes_back_after_a_storm_of_faults() -> None:
    world = running(600)
    before = world.board.returned
    walk(world, 600)
    calm = world.board.returned - before
    for _ in range(4):
        world.command("break_robot", {"repair_s": 200})
        world.command("close_aisle", {"seconds": 200})
    world.command("stop_station", {"seconds": 200})
    walk(world, 400)
    before = world.board.returned
    walk(world, 600)
    assert world.board.returned - before > 0.8 * calm
    world.close()


@pytest.mark.parametrize(("name", "arguments", "message"), [
    ("dance", {}, "there is no command 'dance'; choose from break_robot"),
    ("break_robot", {"robot": 24}, "robot is 24; it must be a whole number from 0 to 23"),
    ("break_robot", {"repair_s": 0}, "repair_s is 0; it must be a whole number from 1 to 7200"),
    ("break_robot", {"robot": "R-1"}, "robot is 'R-1'; it must be a whole number"),
    ("break_robot", {"wheel": 1}, "break_robot takes no wheel; it takes robot, repair_s"),
    ("close_aisle", {"cell": 0}, "has no aisle cell; name a cell of kind aisle"),
    ("close_aisle", {"row": 2, "column": 3}, "name a row or a column, not both"),
    ("stop_station", {"station": "P99"}, "there is no station 'P99'; choose from P01, P02, P03"),
    ("demand_spike", {"factor": 11}, "factor is 11; it must be a number from 1 to 10"),
    ("recover", {"fault": "rain"}, "there is no fault 'rain'"),
])
def test_wrong_commands_are_refused(name: str, arguments: dict[str, Any], message: str) -> None:
    world = running(0)
    with pytest.raises(InvalidInput, match=message):
        world.command(name, arguments)
    assert world.drain_events() == []
    world.close()


def test_the_same_robot_cannot_break_twice() -> None:
    world = running(1)
    world.command("break_robot", {"robot": 3})
    with pytest.raises(InvalidInput, match="R-0003 is broken already"):
        world.command("break_robot", {"robot": 3})
    world.close()


def test_a_flat_battery_is_swapped_and_counted() -> None:
    world = running()
    world.batteries.charge[5] = 0.0
    world.step()
    assert world.stranded == 1
    assert world.batteries.charge[5] == SMALL.charge_until
    assert world.window.broken[5]
    world.step()
    assert world.state[5] == FAULT
    (event,) = [e for e in world.drain_events() if e.kind == "fault"]
    assert event.text == "R-0005 ran flat; its battery is being swapped"
    world.close()

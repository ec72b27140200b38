from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.params import Params
from engine.warehouse.faults import COMMANDS
from engine.warehouse.metrics import STATES, WALL_CLOCK
from engine.warehouse.params import WarehouseParams
from engine.warehouse.simulation import CARRIES, WarehouseSimulation
from tests.engine.warehouse.worlds import SMALL, check_laws

FLOORS = st.builds(
    SMALL.with_changes,
    robots=st.integers(1, 40), aisle_width=st.integers(1, 2), block_depth=st.integers(1, 2),
    lane_cells=st.integers(2, 6), stations=st.integers(1, 4), chargers=st.integers(1, 8),
    storage_fill_percent=st.sampled_from([40.0, 80.0, 100.0]),
    window_steps=st.sampled_from([1, 2, 5, 10]),
    planner=st.sampled_from(["PIBT", "PIBT + guidance"]),
    policy=st.sampled_from(["source rule", "optimal batch"]),
    reslot=st.sampled_from(["own slot", "nearest free", "popular near stations"]),
    orders_per_h=st.sampled_from([0.0, 300.0, 3000.0]),
    zipf_exponent=st.sampled_from([0.0, 1.0, 2.0]), lines_per_order=st.sampled_from([1.0, 3.0]),
    opportunity_charging=st.booleans(),
)
COMMAND = st.one_of(
    st.tuples(st.just("break_robot"), st.fixed_dictionaries({"repair_s": st.integers(1, 60)})),
    st.tuples(st.just("close_aisle"), st.fixed_dictionaries({"seconds": st.integers(1, 60)})),
    st.tuples(st.just("stop_station"), st.fixed_dictionaries({"seconds": st.integers(1, 60)})),
    st.tuples(st.just("demand_spike"), st.fixed_dictionaries({"factor": st.just(4)})),
    st.tuples(st.just("recover"), st.just({})),
    st.tuples(st.just("apply"), st.fixed_dictionaries({}, optional={
        "window_steps": st.integers(1, 10), "lane_cost": st.sampled_from([1.0, 4.0]),
        "planner": st.sampled_from(["PIBT", "PIBT + guidance"]),
        "charge_below": st.sampled_from([15.0, 50.0]), "pick_s": st.sampled_from([1.0, 20.0]),
        "reslot": st.sampled_from(["own slot", "nearest free", "popular near stations"]),
    })),
)


def act(world: WarehouseSimulation, name: str, arguments: dict[str, Any]) -> None:
    """One command; those that find nothing left to break are refused."""
    if name == "apply":
        world.apply(world.params.with_changes(**arguments))
        return
    every = {"break_robot": world.window.broken.all(), "stop_station":
             all(world.stations.stopped_until)}
    if every.get(name, False):
        with pytest.raises(InvalidInput, match="recover some first"):
            world.command(name, arguments)
    else:
        world.command(name, arguments)


def points_of(world: WarehouseSimulation) -> dict[str, list[tuple[float, float]]]:
    return {p.name: list(zip(p.step.tolist(), p.value.tolist(), strict=True))
            for p in world.drain_points() if p.name not in WALL_CLOCK}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(params=FLOORS, seed=st.integers(0, 2**32), schedule=st.lists(
    st.tuples(st.integers(0, 190), COMMAND), max_size=8))
def test_laws_hold_on_any_floor_under_any_schedule(
    params: WarehouseParams, seed: int, schedule: list[tuple[int, tuple[str, dict[str, Any]]]],
) -> None:
    world = WarehouseSimulation(params, seed)
    due = sorted(schedule, key=lambda entry: entry[0])
    for step in range(200):
        while due and due[0][0] == step:
            act(world, *due.pop(0)[1])
        world.step()
        check_laws(world)
    world.close()


def test_a_pod_keeps_its_slot_until_it_is_up() -> None:
    # with short lanes the horizon reaches the desk before the lift is executed, ten steps behind
    params = SMALL.with_changes(window_steps=10, lane_cells=2, lift_s=6, block_depth=1, stations=2,
                                reslot="popular near stations", orders_per_h=3000.0)
    world = WarehouseSimulation(params, 442325)
    for step in range(300):
        if step % 15 == 0:
            act(world, "break_robot", {"repair_s": 20})
        world.step()
        check_laws(world)
    world.close()


def test_long_run_keeps_the_laws_and_serves_orders() -> None:
    world = WarehouseSimulation(SMALL, 7)
    for _ in range(2400):
        world.step()
        if world.step_count % 40 == 0:
            check_laws(world)
    assert world.book.done > 400
    assert world.batteries.totals[1] > 0.0, "robots have charged"
    assert world.batteries.charge.min() > 10.0
    world.close()


def test_small_batteries_never_strand_a_robot() -> None:
    params = SMALL.with_changes(drain_moving=4.0, drain_loaded=3.0, drain_idle=1.0, chargers=2,
                                charge_below=15.0, orders_per_h=3000.0)
    world = WarehouseSimulation(params, 3)
    lowest = 100.0
    for _ in range(1500):
        world.step()
        lowest = min(lowest, float(world.batteries.charge.min()))
    assert world.stranded == 0
    assert 0.0 < lowest < 40.0
    world.close()


def test_no_robot_is_forgotten_under_overload() -> None:
    world = WarehouseSimulation(SMALL.with_changes(orders_per_h=20_000.0, robots=40), 5)
    worst = 0
    for _ in range(1200):
        world.step()
        worst = max(worst, int(world.window.age.max()))
    assert world.book.refused > 0
    assert world.book.backlog <= world.params.backlog_limit
    # the age cap lets nobody stand still for much longer than it says
    assert worst < 4 * world.params.age_cap_steps
    ages = [world.step_count - t.assigned for t in world.board.of_pod
            if t is not None and t.robot >= 0]
    assert max(ages) < 900
    world.close()


@pytest.mark.parametrize("window", [1, 4, 10])
def test_same_seed_and_schedule_repeat_bit_for_bit(window: int) -> None:
    def run() -> tuple[list[bytes], dict[str, list[tuple[float, float]]], list[Any]]:
        world = WarehouseSimulation(SMALL.with_changes(window_steps=window), 11)
        frames = []
        for step in range(400):
            if step == 60:
                act(world, "break_robot", {"repair_s": 90})
            if step == 100:
                act(world, "close_aisle", {"seconds": 80})
            if step == 150:
                act(world, "apply", {"lane_cost": 5.0, "orders_per_h": 2400.0})
            if step == 200:
                act(world, "stop_station", {"seconds": 60})
            world.step()
            frame = world.frame()
            frames.append(frame.xy.tobytes() + frame.state.tobytes())
        events = [(e.step, e.kind, e.text) for e in world.drain_events()]
        points = points_of(world)
        layers = [v.tobytes() for v in world.layers().values()]
        world.close()
        return frames, points, [events, layers]

    assert run() == run()


def test_another_seed_is_another_run() -> None:
    def last(seed: int) -> bytes:
        world = WarehouseSimulation(SMALL, seed)
        for _ in range(50):
            world.step()
        world.close()
        return world.frame().xy.tobytes()

    assert last(1) != last(2)


def test_reading_the_world_does_not_change_it() -> None:
    quiet, watched = WarehouseSimulation(SMALL, 4), WarehouseSimulation(SMALL, 4)
    for step in range(120):
        quiet.step()
        watched.step()
        watched.layers()
        watched.status()
        watched.scene()
        watched.inspect(step % SMALL.robots)
        watched.kpis()
    assert np.array_equal(quiet.window.pos, watched.window.pos)
    assert points_of(quiet) == points_of(watched)
    quiet.close()
    watched.close()


def test_reserved_cells_are_the_cells_driven() -> None:
    world = WarehouseSimulation(SMALL.with_changes(window_steps=6), 2)
    for _ in range(120):
        world.step()
    promised = [world.window.reserved(r) for r in range(SMALL.robots)]
    for ahead in range(1, 6):
        world.step()
        assert world.window.pos.tolist() == [cells[ahead] for cells in promised]
    world.close()


def test_scene_layers_and_frame_keep_the_contract() -> None:
    world = WarehouseSimulation(SMALL, 1)
    for _ in range(300):
        world.step()
    scene, layers, frame, status = world.scene(), world.layers(), world.frame(), world.status()
    cells = scene.facts["width"] * scene.facts["height"]
    assert scene.facts["domain"] == "warehouse"
    assert scene.facts["agents"] == SMALL.robots
    assert scene.facts["states"] == list(STATES)
    assert {n: a.dtype for n, a in scene.arrays.items()} == dict.fromkeys(
        ("kind", "lane", "closed"), np.dtype(np.uint8))
    assert all(len(a) == cells for a in scene.arrays.values())
    for station in scene.facts["stations"]:
        desk = station["y"] * scene.facts["width"] + station["x"]
        assert station["lane"][0] == desk
        assert scene.arrays["kind"][desk] == 4
    assert {n: (a.dtype, len(a)) for n, a in layers.items()} == {
        "pods": (np.uint8, cells), "heat": (np.uint8, cells),
        "battery": (np.uint8, SMALL.robots), "queues": (np.uint8, SMALL.stations),
    }
    assert set(np.flatnonzero(layers["pods"]).tolist()) <= set(world.floor.slots.tolist())
    assert frame.xy.dtype == np.int16
    assert frame.xy.shape == (SMALL.robots, 2)
    x, y = frame.xy[:, 0].astype(int), frame.xy[:, 1].astype(int)
    assert (y * scene.facts["width"] + x).tolist() == world.window.pos.tolist()
    assert ((frame.state & CARRIES) > 0).tolist() == world.loaded.tolist()
    assert sum(status["counts"]) == SMALL.robots
    assert status["clock_s"] == 50_400 + 300
    assert status["conflicts"] == 0
    assert status["robot_steps"] == 300 * SMALL.robots
    world.close()


def test_carry_bit_rises_and_falls_on_the_pods_own_slots() -> None:
    world = WarehouseSimulation(SMALL, 6)
    pods = world.layers()["pods"] > 0
    before = world.loaded.copy()
    changes = 0
    for _ in range(500):
        world.step()
        for robot in np.flatnonzero(world.loaded != before).tolist():
            pods[world.window.pos[robot]] ^= True
            changes += 1
        before = world.loaded.copy()
    assert changes > 50
    assert np.array_equal(pods, world.layers()["pods"] > 0)
    world.close()


def test_knobs_that_need_a_reset_are_refused_and_named() -> None:
    world = WarehouseSimulation(SMALL, 1)
    with pytest.raises(InvalidInput, match="robots cannot change while the floor runs"):
        world.apply(SMALL.with_changes(robots=25))
    with pytest.raises(InvalidInput, match="not the warehouse's settings"):
        world.apply(Params())
    world.apply(SMALL)
    assert world.drain_events() == []
    world.apply(SMALL.with_changes(lane_cost=6.0))
    assert world.params == SMALL.with_changes(lane_cost=6.0)
    world.close()


def test_too_many_robots_or_a_strange_robot_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Robots is 5000; this floor has"):
        WarehouseSimulation(SMALL.with_changes(robots=5000))
    world = WarehouseSimulation(SMALL)
    with pytest.raises(InvalidInput, match="there is no robot 24; robots are 0 to 23"):
        world.inspect(24)
    world.close()


def test_one_robot_alone_serves_an_order() -> None:
    world = WarehouseSimulation(SMALL.with_changes(robots=1, orders_per_h=600.0), 1)
    for _ in range(600):
        world.step()
        check_laws(world)
    assert world.book.done >= 1
    assert world.board.returned >= 1
    world.close()


def test_commands_declare_what_they_take() -> None:
    assert set(COMMANDS) == {
        "break_robot", "close_aisle", "stop_station", "demand_spike", "recover"}

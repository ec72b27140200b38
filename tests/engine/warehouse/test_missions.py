from __future__ import annotations

import numpy as np
import pytest

from engine.warehouse.layout import CHARGER
from engine.warehouse.simulation import CHARGING, WarehouseSimulation
from engine.warehouse.window import CHARGE, DELIVER, FETCH, RETURN
from tests.engine.warehouse.worlds import SMALL, check_laws

QUIET = SMALL.with_changes(orders_per_h=0.0, opportunity_charging=False)


def test_a_low_robot_charges_to_the_limit_and_leaves_its_bay() -> None:
    world = WarehouseSimulation(QUIET, 1)
    world.batteries.charge[:] = 80.0
    world.batteries.charge[7] = 25.0
    seen = set()
    for _ in range(400):
        world.step()
        check_laws(world)
        seen.add(int(world.state[7]))
        if CHARGING in seen and not world.batteries.charging[7]:
            break
    # 25 % a minute in the bay; the drive there and the wait cost little
    assert world.batteries.charge[7] == pytest.approx(QUIET.charge_until, abs=1.0)
    for _ in range(60):
        world.step()
    assert world.floor.kind[world.window.pos[7]] != CHARGER
    assert world.missions.bays.free == QUIET.chargers
    assert world.missions.sent_to_charge == 1
    world.close()


def test_the_emptiest_go_first_when_bays_are_few() -> None:
    world = WarehouseSimulation(QUIET.with_changes(chargers=2), 1)
    world.batteries.charge[:] = 80.0
    world.batteries.charge[[3, 9, 15]] = 20.0, 10.0, 15.0
    while world.missions.sent_to_charge < 2:
        world.step()
    assert sorted(world.missions.bays.owner.tolist()) == [9, 15]
    asleep = float(world.batteries.charge[3])
    for _ in range(30):
        world.step()
    assert world.batteries.charge[3] == asleep, "who waits for a bay sleeps"
    for _ in range(600):
        world.step()
    assert world.batteries.charge[3] > 80.0
    world.close()


def test_opportunity_charging_gives_way_to_work() -> None:
    world = WarehouseSimulation(QUIET.with_changes(opportunity_charging=True, robots=3), 1)
    world.batteries.charge[:] = 60.0
    while not world.batteries.charging.any():
        world.step()
    world.apply(world.params.with_changes(orders_per_h=6000.0))
    left = []
    for _ in range(150):
        before = world.batteries.charging.copy()
        world.step()
        check_laws(world)
        left += world.batteries.charge[before & ~world.batteries.charging].tolist()
    assert left
    assert min(left) < world.params.charge_until - 10.0
    world.close()


def test_a_mission_fetches_delivers_and_returns_in_this_order() -> None:
    world = WarehouseSimulation(SMALL.with_changes(robots=1, orders_per_h=900.0), 2)
    task = None
    kinds = []
    for _ in range(900):
        world.step()
        mission = world.missions.plan[0][0] if world.missions.plan[0] else None
        if task is None and mission is not None and mission.task is not None:
            task = mission.task
        leg = int(world.window.leg[0])
        if task is not None and mission is not None and mission.task is task:
            kinds.append(world.window.kind_of(0, leg))
        if task is not None and task.returned > 0:
            break
    assert task is not None
    assert list(dict.fromkeys(kinds)) == [FETCH, DELIVER, RETURN]
    assert CHARGE not in kinds
    life = [task.created, task.released, task.assigned, task.lifted, task.arrived, task.picked,
            task.returned]
    assert life == sorted(life)
    assert task.picked - task.arrived == task.pick_steps
    assert world.storage.stored[world.storage.slot[task.pod]] == task.pod
    world.close()


def test_popular_pods_move_near_the_stations() -> None:
    def mean_distance(policy: str) -> float:
        params = SMALL.with_changes(reslot=policy, blocks_across=6, zipf_exponent=1.5,
                                    orders_per_h=3000.0, storage_fill_percent=60.0)
        world = WarehouseSimulation(params, 4)
        for _ in range(900):
            world.step()
        check_laws(world)
        world.close()
        desks = [s.desk for s in world.floor.stations]
        far = np.min([world.storage.distance(world.storage.slot, d) for d in desks], axis=0)
        return float(np.average(far[world.catalog.rank > 0.9]))

    assert mean_distance("popular near stations") < mean_distance("own slot")


def test_every_desk_gets_its_share_of_orders() -> None:
    world = WarehouseSimulation(SMALL.with_changes(orders_per_h=20_000.0), 4)
    for _ in range(30):
        world.step()
    assert world.stations.open_orders == [SMALL.open_orders] * SMALL.stations
    world.close()

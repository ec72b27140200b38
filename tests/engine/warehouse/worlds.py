"""Small floors and the laws that every step of every floor must keep."""

from collections import Counter

import numpy as np

from engine.warehouse.params import WarehouseParams
from engine.warehouse.simulation import WarehouseSimulation
from engine.warehouse.window import CHARGE

SMALL = WarehouseParams(
    robots=24, blocks_across=3, blocks_down=3, stations=3, lane_cells=4, chargers=4, skus=60,
    orders_per_h=900.0, backlog_limit=40, open_orders=8, pick_s=4.0, storage_fill_percent=90.0,
)


def check_laws(world: WarehouseSimulation) -> None:
    """Assert what must hold after every step."""
    params, storage, missions = world.params, world.storage, world.missions
    assert world.found.tolist() == [0, 0, 0, 0]
    pos = world.window.pos
    assert len(set(pos.tolist())) == params.robots
    assert world.stranded == 0
    assert world.batteries.charge.min() > 0.0
    assert world.batteries.charge.max() <= 100.0

    # pods: each stands in one slot or is carried by one robot; no slot has two owners
    standing = storage.stored[storage.stored >= 0].tolist()
    carried = [m.task.pod for r in np.flatnonzero(world.loaded).tolist()
               if (m := missions.plan[r][0]).task is not None]
    assert sorted(standing + carried) == list(range(len(storage.slot)))
    places = np.flatnonzero(storage.stored >= 0)
    assert np.array_equal(storage.slot[storage.stored[places]], places)
    assert len(set(storage.slot.tolist())) == len(storage.slot)
    assert np.array_equal(storage.owner[storage.slot], np.arange(len(storage.slot)))

    # tasks: one robot each, one task a robot at a time, every claimed pod has its task
    plans = [[m.task for m in plan if m.task is not None] for plan in missions.plan]
    numbers = Counter(t.number for plan in plans for t in plan)
    assert not numbers or max(numbers.values()) == 1
    assert all(len(plan) <= 2 for plan in missions.plan)
    claimed = [t for t in world.board.of_pod if t is not None]
    assert len(claimed) == world.board.open
    assert world.board.created == (
        world.board.open + world.board.returned + world.board.dissolved)
    assert all(t.robot < 0 or t in plans[t.robot] for t in claimed)

    # orders: none lost, none doubled, and every line of an open one is waited for once
    book = world.book
    assert book.created == book.backlog + book.open + book.done
    at_desks = [o for orders in missions.orders_at for o in orders.values()]
    assert len(at_desks) == book.open
    lines: Counter[int] = Counter()
    for task in claimed:
        if task.picked < 0:
            lines.update(order.number for order, _ in task.lines)
    lines.update(o.number for entries in world.board._waiting.values() for _, _, o in entries)
    lines.update(o.number for held in world.faults._held.values() for o, _ in held)
    assert lines == Counter({o.number: o.left for o in at_desks})
    # a desk that stops gives its orders back, whatever the limit
    assert book.backlog <= params.backlog_limit + params.stations * params.open_orders

    # desks and bays
    assert all(n >= 0 for n in world.stations.in_flight)
    in_flight = Counter(t.station for t in claimed if t.robot >= 0 and not t.void)
    assert world.stations.in_flight == [in_flight[s] for s in range(params.stations)]
    owners = missions.bays.owner[missions.bays.owner >= 0].tolist()
    assert len(set(owners)) == len(owners)
    for robot in np.flatnonzero(world.batteries.charging).tolist():
        assert int(pos[robot]) in world.floor.chargers
        assert world.window.kind_of(robot, int(world.window.leg[robot])) == CHARGE

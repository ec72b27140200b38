"""What robots are sent to do: fetch pods, deliver, return, charge; and what comes of it.

A mission is a run of legs for one task (fetch, deliver, return) or for charging. Missions are
given to robots that are idle at the horizon, so a robot gets its next one before it has executed
the last. Decisions made at the horizon (time at the desk, slot to return to) are kept in the task,
so that a flush repeats them.

Shape letters: A agents, M tasks, N idle robots.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.warehouse import assignment
from engine.warehouse.battery import Batteries, Bays
from engine.warehouse.catalog import Catalog
from engine.warehouse.layout import EMPTY, HOMEBOUND, OUTBOUND, Floor
from engine.warehouse.orders import Order, OrderBook
from engine.warehouse.params import WarehouseParams
from engine.warehouse.pricing import Pricing
from engine.warehouse.stations import Stations
from engine.warehouse.storage import Storage
from engine.warehouse.tasks import Task, TaskBoard
from engine.warehouse.telemetry import History
from engine.warehouse.traffic import Traffic
from engine.warehouse.window import (
    CHARGE,
    DELIVER,
    FETCH,
    RETURN,
    CommittedWindow,
    Leg,
    News,
)
from engine.warehouse.world_kernels import ARRIVED

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]

PAIRS: Final = 1_000_000
"""Robot-task pairs reckoned in one round; the rest waits for the next."""
_SLEEP_BELOW: Final = 5.0


@dataclass(slots=True)
class Mission:
    """Legs first..last - 1 of one robot.

    Attributes:
        first: First leg.
        last: One past its last leg.
        task: Task they serve, None for charging.
        bay: Bay reserved for charging, -1 for none.
    """

    first: int
    last: int
    task: Task | None
    bay: int = -1


@dataclass(slots=True)
class Round:
    """Outcome of one assignment round; costs of both policies on the same snapshot.

    Attributes:
        tasks: Tasks on offer.
        robots: Idle robots.
        source_cost: Summed cost of the source's rule.
        optimal_cost: Summed cost of the optimal batch.
        source_ms: Time of the source's rule, wall.
        optimal_ms: Time of the optimal batch, wall.
    """

    tasks: int
    robots: int
    source_cost: float
    optimal_cost: float
    source_ms: float
    optimal_ms: float


class Missions:
    """Gives robots their legs and turns executed legs into changes of the world.

    Attributes:
        loaded: bool [A], carries a pod.
        source: int32 [A], slot from which a carried pod was lifted, -1 for none.
        plan: Missions of each robot, the executed one first; at most two.
        finished_tasks: Tasks whose pod is back, since the list was last emptied.
        finished_orders: Orders done, since the list was last emptied.
        last_round: Latest assignment round that had something to decide, None before the first.
        sent_to_charge: Robots sent to a bay so far.
    """

    def __init__(
        self, floor: Floor, params: WarehouseParams, catalog: Catalog, book: OrderBook,
        board: TaskBoard, stations: Stations, storage: Storage, batteries: Batteries,
        traffic: Traffic, history: History, agents: int,
    ) -> None:
        self.params = params
        self.floor = floor
        self.catalog = catalog
        self.book = book
        self.board = board
        self.stations = stations
        self.storage = storage
        self.batteries = batteries
        self.traffic = traffic
        self.history = history
        self.bays = Bays(floor.chargers, floor.grid.width)
        self.pricing = Pricing(floor, storage, batteries, traffic)
        self.loaded: Bool = np.zeros(agents, np.bool_)
        self.source: Int32 = np.full(agents, -1, np.int32)
        self.plan: list[deque[Mission]] = [deque() for _ in range(agents)]
        self.orders_at: list[dict[int, Order]] = [{} for _ in floor.stations]
        self.finished_tasks: list[Task] = []
        self.finished_orders: list[Order] = []
        self.last_round: Round | None = None
        self.sent_to_charge = 0
        self._window: CommittedWindow

    def bind(self, window: CommittedWindow) -> None:
        """Name the window that asks `hold_on_arrival`."""
        self._window = window

    # ---- at the horizon -----------------------------------------------------------------------

    def hold_on_arrival(self, robot: int, leg: int) -> int:
        """Steps to stand at the goal of a leg; settles what the task needs to have settled."""
        kind = self._window.kind_of(robot, leg)
        if kind == FETCH:
            return self.params.lift_s
        if kind == RETURN:
            return self.params.set_down_s
        if kind == CHARGE:
            return self.batteries.charge_steps(robot, self.params)
        task = self._task_at(robot, leg)
        if task.void:
            return 1
        if task.pick_steps < 0:
            task.pick_steps = self.stations.pick_steps(task.station, len(task.lines), self.params)
            # a short way can bring the horizon to the desk before the lift is executed: then the
            # pod still stands in its slot and keeps it
            if task.lifted >= 0:
                self._reslot(task)
            self._window.redirect(robot, leg + 1, int(self.storage.slot[task.pod]))
        return task.pick_steps

    def _reslot(self, task: Task) -> None:
        """Choose the slot that a pod returns to and make it its own."""
        desk = self.stations.sites[task.station].desk
        slot = self.storage.choose(self.params.reslot, task.pod, desk,
                                   float(self.catalog.rank[task.pod]), self.traffic.reachable)
        if slot != self.storage.slot[task.pod]:
            self.storage.move(task.pod, slot)

    # ---- executed -----------------------------------------------------------------------------

    def execute(self, news: list[News], step: int) -> None:
        """Turn what robots did in the executed step into changes of the world."""
        for robot, leg, what in news:
            kind = self._window.kind_of(robot, leg)
            mission = self._mission_at(robot, leg)
            if what == ARRIVED:
                self._arrived(robot, kind, mission, step)
            else:
                self._finished(robot, kind, mission, step)
                if leg + 1 == mission.last:
                    self.plan[robot].popleft()

    def _arrived(self, robot: int, kind: int, mission: Mission, step: int) -> None:
        if kind == CHARGE:
            self.batteries.charging[robot] = True
            self.history.note(robot, step, "Began to charge")
        elif kind == DELIVER:
            task = _task_of(mission)
            if not task.void:
                task.arrived = step
                self.history.note(robot, step, f"At the desk of {self._name(task)}")
                self.stations.picking[task.station] = task.number

    def _finished(self, robot: int, kind: int, mission: Mission, step: int) -> None:
        if kind == CHARGE:
            self.batteries.charging[robot] = False
            self.history.note(robot, step, f"Left the bay at {self.batteries.charge[robot]:.0f} %")
            return
        task = _task_of(mission)
        if kind == FETCH:
            cell = int(self._window.pos[robot])
            self.storage.lift(cell)
            self.batteries.lift(robot, self.params)
            self.loaded[robot] = True
            self.source[robot] = cell
            task.lifted = step
            self.history.note(robot, step, f"Lifted pod {self.pod_name(task.pod)}")
        elif kind == DELIVER:
            self.source[robot] = -1
            if task.void:
                self.history.note(robot, step, "Passed the desk unserved")
            else:
                self._picked(task, step)
                self.history.note(robot, step, f"Picked at {self._name(task)}")
        else:
            self.storage.set_down(task.pod, int(self._window.pos[robot]))
            self.loaded[robot] = False
            self.source[robot] = -1
            self.history.note(robot, step, f"Set pod {self.pod_name(task.pod)} down")
            self.board.give_back_pod(task, step)
            if not task.void:
                self.stations.in_flight[task.station] -= 1
                self.finished_tasks.append(task)

    def _picked(self, task: Task, step: int) -> None:
        task.picked = step
        s = task.station
        self.stations.picking[s] = 0
        self.stations.picked[s] += 1
        self.stations.lines[s] += len(task.lines)
        for order, _ in task.lines:
            if self.book.picked(order, step):
                self.finished_orders.append(order)
                del self.orders_at[s][order.number]
                self.stations.open_orders[s] -= 1

    # ---- orders -------------------------------------------------------------------------------

    def release_orders(self, step: int) -> None:
        """Let the desks with the most room take the most urgent waiting orders."""
        room = [0 if self.stations.stopped_until[s] else self.params.open_orders - taken
                for s, taken in enumerate(self.stations.open_orders)]
        while self.book.backlog:
            s = max(range(len(room)), key=lambda i: room[i])
            if room[s] <= 0:
                return
            room[s] -= 1
            order = self.book.release(step, s)
            self.stations.open_orders[s] += 1
            self.orders_at[s][order.number] = order
            for sku in order.skus:
                self.board.place(order, sku, s, step)

    # ---- assignment ---------------------------------------------------------------------------

    def assign(self, step: int) -> None:
        """One round: send low robots to charge, give tasks to the idle, top up the rest."""
        params, window = self.params, self._window
        idle = self._idle()
        low = self.batteries.charge[idle] < self.batteries.threshold(params)
        self._charge(idle[low][np.argsort(self.batteries.charge[idle[low]], kind="stable")])
        workers = idle[~low]
        if len(workers):
            count = max(1, min(len(workers), PAIRS // len(workers)))
            tasks = self.board.ready(self.stations.room(params), count)
            if tasks:
                self._give(tasks, workers, step)
        if params.opportunity_charging and self.bays.free > len(self.bays.cells) // 4:
            left = self._idle()
            spare = left[(self.batteries.charge[left] < params.charge_until - 10.0)
                         & (window.hold_at_horizon[left] == 0)]
            order = np.argsort(self.batteries.charge[spare], kind="stable")
            self._charge(spare[order[:max(0, self.bays.free - len(self.bays.cells) // 4)]])

    def _idle(self) -> Int32:
        """Robots to which a mission can be given, int32 [N], ascending.

        Those idle at the horizon, and those that charge although they could work.
        """
        window = self._window
        leg, end = window.leg_at_horizon, window.end
        enough = self.batteries.charge >= self.batteries.threshold(self.params) + 10.0
        topping = self.batteries.charging & enough & (leg == end - 1) & (
            window.hold_at_horizon > 0)
        free = ((leg == end) | topping) & ~window.broken
        robots = np.flatnonzero(free).astype(np.int32)
        # who has executed all its legs has no mission left; the others may have two already
        full = [r for r in robots[window.leg[robots] != end[robots]].tolist()
                if len(self.plan[r]) > 1]
        return np.setdiff1d(robots, full).astype(np.int32) if full else robots

    def _give(self, tasks: list[Task], workers: Int32, step: int) -> None:
        """Decide one batch by both policies and carry out the chosen one."""
        params, window = self.params, self._window
        cost, distance = self.pricing.price(tasks, workers, window.pos_at_horizon[workers], params)
        t0 = perf_counter()
        by_source = assignment.source_rule(cost)
        t1 = perf_counter()
        optimal = assignment.optimal_batch(cost)
        t2 = perf_counter()
        # the source's rule may serve fewer tasks; sums of unequal sets are not compared
        if np.array_equal(by_source >= 0, optimal >= 0):
            self.last_round = Round(
                len(tasks), len(workers), assignment.total_cost(cost, by_source),
                assignment.total_cost(cost, optimal), (t1 - t0) * 1e3, (t2 - t1) * 1e3,
            )
        choice = optimal if params.policy == "optimal batch" else by_source
        for i, (task, j) in enumerate(zip(tasks, choice.tolist(), strict=True)):
            if j < 0:
                self.board.put_back(task)
                continue
            robot = int(workers[j])
            carry = self.pricing.carry_steps(task)
            approach = float(distance[i, j])
            self.stations.note_trip(task.station,
                                    approach + params.lift_s + 2.0 * carry + params.set_down_s)
            self.batteries.note_need(
                self.pricing.need(task, params) + approach * params.drain_moving / 60.0)
            if window.hold_at_horizon[robot] > 0:
                window.release(robot)
            self._send(robot, task, step)

    def _send(self, robot: int, task: Task, step: int) -> None:
        slot = int(self.storage.slot[task.pod])
        desk = self.stations.sites[task.station].desk
        urgent = task.urgency[0] < 0
        first = self._window.append(robot, (
            Leg(FETCH, slot, EMPTY, urgent), Leg(DELIVER, desk, OUTBOUND, urgent),
            Leg(RETURN, slot, HOMEBOUND),
        ))
        self.plan[robot].append(Mission(first, first + 3, task))
        self.board.assign(task, robot, step)
        self.history.note(robot, step, f"Took pod {self.pod_name(task.pod)} for {self._name(task)}")
        self.stations.in_flight[task.station] += 1
        self.batteries.asleep[robot] = False

    # ---- charging -----------------------------------------------------------------------------

    def _charge(self, robots: Int32) -> None:
        """Send robots to bays, the first first; those without a bay sleep until one is free."""
        window, batteries = self._window, self.batteries
        for robot in robots.tolist():
            if window.leg_at_horizon[robot] != window.end[robot]:
                continue
            bay = -1
            if self.bays.free:
                bay = self.bays.nearest(int(window.pos_at_horizon[robot]), self.traffic.chargeable)
            if bay < 0:
                return
            goal = self.bays.reserve(bay, robot)
            first = window.append(robot, (Leg(CHARGE, goal, EMPTY),))
            self.plan[robot].append(Mission(first, first + 1, None, bay))
            batteries.asleep[robot] = False
            self.sent_to_charge += 1

    def free_bays(self) -> None:
        """Release the bays whose robots have charged and left."""
        taken = np.flatnonzero(self.bays.owner >= 0)
        owners = self.bays.owner[taken]
        away = self._window.pos[owners] != self.bays.cells[taken]
        for bay, robot in zip(taken[away].tolist(), owners[away].tolist(), strict=True):
            if not any(m.bay == bay for m in self.plan[robot]):
                self.bays.release(bay)

    def after_flush(self) -> None:
        """Let robots that charge although they have a task leave again."""
        for robot in self.bays.owner[self.bays.owner >= 0].tolist():
            if len(self.plan[robot]) > 1 and self.batteries.charging[robot]:
                self._window.release(robot)

    def settle_sleep(self) -> None:
        """Switch off the drives of parked robots without work, and of the nearly empty."""
        idle = self._window.leg == self._window.end
        self.batteries.asleep = idle | (self.batteries.charge < _SLEEP_BELOW)

    # ---- looking up ---------------------------------------------------------------------------

    def task_of(self, robot: int) -> Task | None:
        """Task that a robot executes now."""
        plan = self.plan[robot]
        return plan[0].task if plan else None

    def pod_name(self, pod: int) -> str:
        """Name of a pod by the slot it owns: A-column·row."""
        row, col = divmod(int(self.storage.slot[pod]), self.floor.grid.width)
        return f"A-{col:02d}·{row:02d}"

    def _name(self, task: Task) -> str:
        return self.stations.sites[task.station].name

    def _mission_at(self, robot: int, leg: int) -> Mission:
        for mission in self.plan[robot]:
            if mission.first <= leg < mission.last:
                return mission
        raise AssertionError(f"robot {robot} has no mission for leg {leg}")

    def _task_at(self, robot: int, leg: int) -> Task:
        return _task_of(self._mission_at(robot, leg))


def _task_of(mission: Mission) -> Task:
    assert mission.task is not None, "only charging has no task"
    return mission.task

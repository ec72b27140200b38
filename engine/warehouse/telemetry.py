"""Turns what happens on the floor into points and into each robot's recent history.

Shape letters: A agents.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from engine.warehouse.layout import CELL_M
from engine.warehouse.metrics import SAMPLE_STEPS, STATES

if TYPE_CHECKING:
    from engine.warehouse.simulation import WarehouseSimulation

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

CAUSES: Final = ("traffic", "yielded", "pinned")
_KEPT_EVENTS: Final = 5


class History:
    """Waiting and reroutes of each robot on its leg, and its last events.

    Attributes:
        waited: int32 [A], steps waited on the current leg.
        steps: int32 [A], steps on the current leg.
        cause: uint8 [A], why it waits now, 0 for not at all.
        pusher: int32 [A], robot that pushed it in the last step, -1 for none.
    """

    def __init__(self, agents: int) -> None:
        self.waited: Int32 = np.zeros(agents, np.int32)
        self.steps: Int32 = np.zeros(agents, np.int32)
        self.cause: UInt8 = np.zeros(agents, np.uint8)
        self.pusher: Int32 = np.full(agents, -1, np.int32)
        self._leg: Int32 = np.zeros(agents, np.int32)
        self._events: dict[int, deque[tuple[int, str]]] = {}

    def observe(
        self, leg: Int32, before: Int32, after: Int32, waiting: Bool, cause: UInt8, pusher: Int32
    ) -> None:
        """Take in one executed step."""
        fresh = leg != self._leg
        self.waited[fresh] = 0
        self.steps[fresh] = 0
        self._leg[:] = leg
        self.waited += waiting
        self.steps += 1
        self.cause[:] = np.where(waiting, cause, 0)
        self.pusher[:] = pusher

    def note(self, robot: int, step: int, text: str) -> None:
        """Remember an event of one robot."""
        self._events.setdefault(robot, deque(maxlen=_KEPT_EVENTS)).append((step, text))

    def events(self, robot: int) -> list[tuple[int, str]]:
        """Latest events, newest first."""
        return list(self._events.get(robot, ()))[::-1]


class Tally:
    """Counts between two samples; writes the points of `metrics`.

    Attributes:
        recent_tasks: Tasks finished in the last ten steps.
    """

    def __init__(self, world: WarehouseSimulation) -> None:
        self._world = world
        self._tasks: deque[int] = deque([0] * SAMPLE_STEPS, maxlen=SAMPLE_STEPS)
        self._plan_ms: list[float] = []
        self._waits = np.zeros(len(CAUSES), np.int64)
        self._vertex = self._swap = self._reroutes = 0
        self._done = self._orders = self._refused = 0
        self._busy = 0
        self._rounds: list[tuple[float, ...]] = []
        self._totals = world.batteries.totals.copy()
        self.recent_tasks = 0

    def planned(self, milliseconds: float) -> None:
        """Note the wall time of planning one step."""
        self._plan_ms.append(milliseconds)

    def observe(self, step: int) -> None:
        """Take in one executed step; write points every `SAMPLE_STEPS`."""
        world = self._world
        missions = world.missions
        add = world.recorder.add
        for task in missions.finished_tasks:
            add("task.cycle_s", step, (task.picked - task.assigned) * world.step_s)
            add("task.total_s", step, (task.returned - task.released) * world.step_s)
        for order in missions.finished_orders:
            add("order.release_to_done_s", step, (order.done - order.released) * world.step_s)
            add("order.created_to_done_s", step, (order.done - order.created) * world.step_s)
            add("order.late_percent", step, 100.0 if order.done > order.due else 0.0)
        self._tasks.append(len(missions.finished_tasks))
        self.recent_tasks = sum(self._tasks)
        self._done += len(missions.finished_tasks)
        self._orders += len(missions.finished_orders)
        missions.finished_tasks.clear()
        missions.finished_orders.clear()
        result = world.window.result
        assert result is not None, "an executed step was planned"
        self._waits += np.bincount(world.history.cause, minlength=4)[1:4]
        self._vertex += result.counters.vertex
        self._swap += result.counters.swap
        self._reroutes += result.counters.reroutes
        picking = [number > 0 for number in world.stations.picking]
        world.stations.busy_steps += picking
        self._busy += sum(picking)
        if missions.last_round is not None:
            last = missions.last_round
            missions.last_round = None
            gap = last.source_cost - last.optimal_cost
            share = 100.0 * gap / last.source_cost if last.source_cost > 0.0 else 0.0
            self._rounds.append((last.source_ms, last.optimal_ms, share, last.source_cost,
                                 last.optimal_cost, last.tasks, last.robots))
        if step % SAMPLE_STEPS == 0:
            self._sample(step)

    def _sample(self, step: int) -> None:
        world = self._world
        hours = SAMPLE_STEPS * world.step_s / 3600.0
        robot_steps = world.params.robots * SAMPLE_STEPS
        states = np.bincount(world.state, minlength=len(STATES))
        at_work = (world.window.leg != world.window.end) & ~world.batteries.charging
        totals = world.batteries.totals - self._totals
        self._totals = world.batteries.totals.copy()
        queues = world.stations.queues(world.window.pos)
        book = world.book
        values: dict[str, float] = {
            "throughput.tasks_per_h": self._done / hours,
            "throughput.tasks_per_step": self._done / SAMPLE_STEPS,
            "throughput.orders_per_h": self._orders / hours,
            "orders.backlog_count": book.backlog,
            "orders.open_count": book.open,
            "orders.created_count": book.created,
            "orders.done_count": book.done,
            "orders.refused_count": book.refused - self._refused,
            "tasks.open_count": world.board.open,
            "tasks.waiting_lines_count": world.board.waiting_lines,
            "fleet.utilisation_percent": 100.0 * float(at_work.mean()),
            "waiting.total_percent": 100.0 * float(self._waits.sum()) / robot_steps,
            "planning.vertex_prevented_count": self._vertex,
            "planning.swap_prevented_count": self._swap,
            "planning.reroutes_count": self._reroutes,
            "conflicts.total_count": world.conflicts,
            "energy.used_wh": totals[0] / 100.0 * world.params.battery_wh,
            "energy.charged_wh": totals[1] / 100.0 * world.params.battery_wh,
            "distance.empty_m": totals[2] * CELL_M,
            "distance.loaded_m": totals[3] * CELL_M,
            "battery.mean_percent": float(world.batteries.charge.mean()),
            "battery.min_percent": float(world.batteries.charge.min()),
            "battery.stranded_count": world.stranded,
            "stations.busy_percent": 100.0 * self._busy / (len(queues) * SAMPLE_STEPS),
            "storage.density_percent": 100.0 * world.floor.storage_density,
            "queue.mean_robots": float(queues.mean()),
        }
        for cause, count in zip(CAUSES, self._waits.tolist(), strict=True):
            values[f"waiting.{cause}_percent"] = 100.0 * count / robot_steps
        for name, count in zip(STATES, states.tolist(), strict=True):
            values[f"robots.{name}_count"] = count
        for station, robots in zip(world.floor.stations, queues.tolist(), strict=True):
            values[f"queue.{station.name}"] = robots
        if self._plan_ms:
            values["planning.step_ms_p50"] = float(np.median(self._plan_ms))
            values["planning.step_ms_p95"] = float(np.percentile(self._plan_ms, 95))
        if self._rounds:
            names = ("source_ms", "optimal_ms", "gap_percent", "source_cost_steps",
                     "optimal_cost_steps", "tasks_count", "robots_count")
            means = np.mean(self._rounds, axis=0).tolist()
            values.update(zip((f"assignment.{name}" for name in names), means, strict=True))
        for name, value in values.items():
            world.recorder.add(name, step, float(value))
        self._plan_ms.clear()
        self._rounds.clear()
        self._waits[:] = 0
        self._vertex = self._swap = self._reroutes = 0
        self._done = self._orders = self._busy = 0
        self._refused = book.refused

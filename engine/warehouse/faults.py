"""What can go wrong on the floor, and how it recovers.

- A broken robot stands still with what it carries. Nobody plans through its cell; its task goes
  back into the queue unless the pod is already on top. In a station's lane it stops the desk too.
- A closed aisle is left by those inside and entered by nobody; pods that cannot be reached wait,
  pods on their way there get another slot.
- A stopped desk gives its untouched orders back. Robots outside its lane carry their pods home;
  those inside pass the desk unserved, so the lane clears.
- A demand spike multiplies the arrival rate.

Each ends by itself after its time, or by "recover".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.errors import InvalidInput
from engine.live.arguments import real, whole
from engine.warehouse.aisles import aisle_span
from engine.warehouse.layout import DESK, QUEUE
from engine.warehouse.missions import Mission
from engine.warehouse.orders import Order
from engine.warehouse.tasks import Task
from engine.warehouse.window import DELIVER

if TYPE_CHECKING:
    from engine.warehouse.simulation import WarehouseSimulation

COMMANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "break_robot": {"robot": "number; a random one if left out", "repair_s": "1 to 7200, 300"},
    "close_aisle": {
        "cell": "a cell of the aisle; a random one if nothing is named",
        "row": "or a row", "column": "or a column",
        "start": "first column (or row) of the span", "stop": "last column (or row)",
        "seconds": "1 to 7200, 300",
    },
    "stop_station": {"station": "name; a random one if left out", "seconds": "1 to 7200, 300"},
    "demand_spike": {"factor": "1 to 10, 2", "seconds": "1 to 7200, 600"},
    "recover": {"fault": "break_robot, close_aisle, stop_station or demand_spike; all if left out"},
}
"""Commands and their arguments with range and default."""

_LONGEST_S: Final = 7200


@dataclass(slots=True)
class _Closure:
    cells: tuple[int, ...]
    until: int
    name: str


class Faults:
    """Faults now in force.

    Attributes:
        demand_factor: Multiplies the arrival rate.
    """

    def __init__(self, world: WarehouseSimulation, rng: np.random.Generator) -> None:
        self.demand_factor = 1.0
        self._world = world
        self._rng = rng
        self._broken: dict[int, int] = {}
        self._closures: list[_Closure] = []
        self._spike_until = 0
        self._held: dict[int, list[tuple[Order, int]]] = {}

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Carry out one command; a sentence about what it did.

        Raises:
            InvalidInput: If the command or an argument is unknown or out of range.
        """
        known = COMMANDS.get(name)
        if known is None:
            raise InvalidInput(f"there is no command {name!r}; choose from {', '.join(COMMANDS)}")
        strange = sorted(set(arguments) - set(known))
        if strange:
            raise InvalidInput(
                f"{name} takes no {', '.join(strange)}; it takes {', '.join(known)}")
        text: str = getattr(self, f"_{name}")(arguments)
        return text

    def tick(self, step: int) -> None:
        """End what has run its time."""
        for robot in [r for r, until in self._broken.items() if until <= step]:
            self._repair(robot)
        for closure in [c for c in self._closures if c.until <= step]:
            self._open(closure)
        for s, until in enumerate(self._world.stations.stopped_until):
            if until and until <= step:
                self._restart(s)
        if self._spike_until and self._spike_until <= step:
            self._calm()

    def strand(self, robot: int) -> None:
        """A battery ran flat: a service crew swaps it, the robot stands meanwhile."""
        self._break(robot, 300)
        self._world.batteries.charge[robot] = self._world.params.charge_until
        self._world.tell("fault", f"R-{robot:04d} ran flat; its battery is being swapped",
                         robot=robot)

    # ---- robots -------------------------------------------------------------------------------

    def _break_robot(self, arguments: Mapping[str, Any]) -> str:
        world = self._world
        seconds = whole(arguments, "repair_s", 300, 1, _LONGEST_S)
        if "robot" in arguments:
            robot = whole(arguments, "robot", 0, 0, world.params.robots - 1)
        else:
            moving = np.flatnonzero((world.window.leg != world.window.end) & ~world.window.broken)
            if not len(moving):
                moving = np.flatnonzero(~world.window.broken)
            if not len(moving):
                raise InvalidInput("every robot is broken already; recover some first")
            robot = int(self._rng.choice(moving))
        if robot in self._broken:
            raise InvalidInput(f"R-{robot:04d} is broken already; recover it or name another")
        self._break(robot, seconds)
        text = f"R-{robot:04d} broke down; repair takes {seconds} s"
        world.tell("fault", text, robot=robot, cell=int(world.window.pos[robot]))
        return text

    def _break(self, robot: int, seconds: int) -> None:
        world = self._world
        cell = int(world.window.pos[robot])
        world.flush()
        world.window.broken[robot] = True
        self._broken[robot] = world.step_count + seconds
        world.history.note(robot, world.step_count, "Broke down")
        for mission in list(world.missions.plan[robot])[::-1]:
            if mission.task is not None and mission.task.lifted < 0:
                self._take_back(robot, mission)
                world.stations.in_flight[mission.task.station] -= not mission.task.void
                if mission.task.void:
                    world.board.drop(mission.task, world.step_count)
                else:
                    world.board.put_back(mission.task)
        world.traffic.blocked[cell] += 1
        self._remap()
        if world.floor.kind[cell] in (DESK, QUEUE):
            s = int(world.stations.lane_of(np.array([cell], np.int32))[0])
            if s < len(world.floor.stations):
                self._stop(s, seconds)

    def _repair(self, robot: int) -> None:
        world = self._world
        del self._broken[robot]
        world.flush()
        world.window.broken[robot] = False
        world.traffic.blocked[world.window.pos[robot]] -= 1
        self._remap()
        world.history.note(robot, world.step_count, "Repaired")
        world.tell("recovered", f"R-{robot:04d} is repaired", robot=robot)

    # ---- aisles -------------------------------------------------------------------------------

    def _close_aisle(self, arguments: Mapping[str, Any]) -> str:
        world = self._world
        seconds = whole(arguments, "seconds", 300, 1, _LONGEST_S)
        cells, name = aisle_span(world.floor, arguments, self._rng)
        closure = _Closure(cells, world.step_count + seconds, name)
        self._closures.append(closure)
        world.traffic.closed[list(cells)] += 1
        self._remap()
        text = f"{name} is closed for {seconds} s ({len(cells)} cells)"
        world.tell("closure", text, cells=list(cells))
        return text

    def _open(self, closure: _Closure) -> None:
        world = self._world
        self._closures.remove(closure)
        world.traffic.closed[list(closure.cells)] -= 1
        self._remap()
        world.tell("recovered", f"{closure.name} is open again")

    def _remap(self) -> None:
        """New ways; pods on their way to a slot that is cut off get another one."""
        world = self._world
        world.remap()
        reachable = world.traffic.reachable
        for robot in range(world.params.robots):
            plan = world.missions.plan[robot]
            if not plan or plan[0].task is None or plan[0].task.lifted < 0:
                continue
            task, mission = plan[0].task, plan[0]
            slot = int(world.storage.slot[task.pod])
            if reachable[slot] or int(world.window.pos[robot]) == slot:
                continue
            station = world.floor.stations[task.station]
            found = world.storage.choose("nearest free", task.pod, station.desk, 0.0, reachable)
            if found != slot:
                world.storage.move(task.pod, found)
                world.window.redirect(robot, mission.last - 1, found)

    # ---- stations -----------------------------------------------------------------------------

    def _stop_station(self, arguments: Mapping[str, Any]) -> str:
        world = self._world
        seconds = whole(arguments, "seconds", 300, 1, _LONGEST_S)
        names = [s.name for s in world.floor.stations]
        running = [s for s, until in enumerate(world.stations.stopped_until) if not until]
        if "station" in arguments:
            name = arguments["station"]
            if name not in names:
                raise InvalidInput(f"there is no station {name!r}; choose from {', '.join(names)}")
            s = names.index(name)
        elif running:
            s = int(self._rng.choice(running))
        else:
            raise InvalidInput("every station stands still already; recover some first")
        self._stop(s, seconds)
        text = f"{names[s]} stands still for {seconds} s"
        world.tell("fault", text, station=names[s])
        return text

    def _stop(self, s: int, seconds: int) -> None:
        world = self._world
        until = world.step_count + seconds
        if world.stations.stopped_until[s]:
            world.stations.stopped_until[s] = max(until, world.stations.stopped_until[s])
            return
        world.stations.stopped_until[s] = until
        world.flush()
        lines, tasks = world.board.dissolve(s)
        world.stations.in_flight[s] -= sum(task.robot >= 0 for task in tasks)
        world.stations.picking[s] = 0
        for task in tasks:
            self._call_off(task)
        untouched = {number: order for number, order in world.missions.orders_at[s].items()
                     if order.left == len(order.skus)}
        for number, order in untouched.items():
            del world.missions.orders_at[s][number]
            world.stations.open_orders[s] -= 1
            world.book.wait(order)
        self._held[s] = [(o, sku) for o, sku in lines if o.number not in untouched]

    def _call_off(self, task: Task) -> None:
        """End a void task, or send its pod home."""
        world = self._world
        robot = task.robot
        if robot < 0:
            world.board.drop(task, world.step_count)
            return
        mission = next(m for m in world.missions.plan[robot] if m.task is task)
        if task.lifted < 0:
            self._take_back(robot, mission)
            world.board.drop(task, world.step_count)
            return
        leg = int(world.window.leg[robot])
        if world.window.kind_of(robot, leg) != DELIVER:
            return
        cell = int(world.window.pos[robot])
        in_lane = world.floor.kind[cell] in (DESK, QUEUE)
        if world.window.hold[robot] > 0:
            world.window.hold[robot] = 1
        elif not in_lane:
            world.window.skip_to(robot, mission.last - 1)

    def _take_back(self, robot: int, mission: Mission) -> None:
        """Take a mission from a robot that has not lifted its pod."""
        window, plan = self._world.window, self._world.missions.plan[robot]
        leg = int(window.leg[robot])
        if mission is plan[-1]:
            if mission.first <= leg:
                window.skip_to(robot, mission.first)
            window.cut(robot, mission.first)
        else:
            window.skip_to(robot, mission.last)
        plan.remove(mission)

    def _restart(self, s: int) -> None:
        world = self._world
        world.stations.stopped_until[s] = 0
        for order, sku in self._held.pop(s, []):
            world.board.place(order, sku, s, world.step_count)
        world.tell("recovered", f"{world.floor.stations[s].name} works again")

    # ---- demand -------------------------------------------------------------------------------

    def _demand_spike(self, arguments: Mapping[str, Any]) -> str:
        world = self._world
        factor = real(arguments, "factor", 2, 1, 10)
        seconds = whole(arguments, "seconds", 600, 1, _LONGEST_S)
        self.demand_factor = factor
        self._spike_until = world.step_count + seconds
        text = f"Demand is {factor:g} times as high for {seconds} s"
        world.tell("spike", text, factor=factor)
        return text

    def _calm(self) -> None:
        self.demand_factor = 1.0
        self._spike_until = 0
        self._world.tell("recovered", "Demand is back to normal")

    # ---- all ----------------------------------------------------------------------------------

    def _recover(self, arguments: Mapping[str, Any]) -> str:
        which = arguments.get("fault")
        kinds = [k for k in COMMANDS if k != "recover"]
        if which is not None and which not in kinds:
            raise InvalidInput(f"there is no fault {which!r}; choose from {', '.join(kinds)}")
        ended = 0
        if which in (None, "break_robot"):
            for robot in list(self._broken):
                self._repair(robot)
                ended += 1
        if which in (None, "close_aisle"):
            for closure in list(self._closures):
                self._open(closure)
                ended += 1
        if which in (None, "stop_station"):
            for s, until in enumerate(self._world.stations.stopped_until):
                if until:
                    self._restart(s)
                    ended += 1
        if which in (None, "demand_spike") and self._spike_until:
            self._calm()
            ended += 1
        return f"{ended} {'fault' if ended == 1 else 'faults'} ended" if ended else "Nothing to end"

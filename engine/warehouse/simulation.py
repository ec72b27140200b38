"""The warehouse floor as a simulation: one step is one second.

Within a step, in this order: the oldest reserved cell of every robot is executed; what robots did
changes the world; batteries, waiting and the conflict check follow; orders arrive and desks take
them; robots that are idle at the horizon get missions; the planner extends the horizon.

Shape letters: A agents, C cells, S stations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.live.simulation import Array, Event, Frame, Points, Scene
from engine.params import Params
from engine.warehouse import metrics, telemetry
from engine.warehouse import summary as cards
from engine.warehouse import world_kernels as kernels
from engine.warehouse.battery import Batteries
from engine.warehouse.catalog import Catalog
from engine.warehouse.faults import Faults
from engine.warehouse.inspector import describe
from engine.warehouse.layout import AISLE, CELL_M, QUEUE, SLOT, Floor, generate
from engine.warehouse.missions import Missions
from engine.warehouse.orders import OrderBook
from engine.warehouse.params import WarehouseParams
from engine.warehouse.pibt import Pibt
from engine.warehouse.stations import Stations
from engine.warehouse.storage import Storage
from engine.warehouse.tasks import TaskBoard
from engine.warehouse.traffic import Traffic, parking_places
from engine.warehouse.window import CommittedWindow

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

ORIGIN_S: Final = 14 * 3600
TABLE_BYTES: Final = 1_000_000_000
CARRIES: Final = 8
EMPTY_STATE, LOADED, WAITING, CHARGING, FAULT, IDLE = range(6)
_CROWDED: Final = 0.5


class WarehouseSimulation:
    """A floor with its fleet, orders and faults; implements `engine.live.simulation.Simulation`.

    Attributes:
        params: Knobs now in force.
        step_count: Steps executed.
        step_s: Seconds a step.
        seed: Seed of the run.
        floor: What does not move.
        loaded: bool [A], robots that carry a pod.
        state: uint8 [A], index into `metrics.STATES`.
        found: int64 [4], conflicts found by the check: vertex, swap, jump, trespass.
        robot_steps: Robots times steps.
        stranded: Robots whose battery ran flat so far.
    """

    step_s: float = 1.0

    def __init__(
        self, params: WarehouseParams | None = None, seed: int = 0, floor: Floor | None = None,
        *, table_bytes: int = TABLE_BYTES,
    ) -> None:
        """Set up a floor at step 0.

        Args:
            params: Knobs; the defaults if None.
            seed: Of everything that is drawn.
            floor: An imported floor; the knobs of group Layout shape a generated one if None.
            table_bytes: Bound of the distance tables.

        Raises:
            InvalidInput: If the layout does not work out or there are too many robots or SKUs.
        """
        self.params = params or WarehouseParams()
        self.seed = seed
        self.floor = floor or generate(self.params)
        p, floor = self.params, self.floor
        streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(6)]
        stock, arrivals, desks, fleet, planning, faults = streams
        start = _start_cells(floor, p.robots, fleet)
        pods = max(1, round(len(floor.slots) * p.storage_fill_percent / 100.0))
        filled = np.sort(stock.permutation(floor.slots)[:pods]).astype(np.int32)
        self.catalog = Catalog(pods, p.skus, p.zipf_exponent, stock)
        self.storage = Storage(floor.cells, floor.slots, filled, floor.grid.width)
        self.book = OrderBook(self.catalog, arrivals)
        self.stations = Stations(floor.stations, floor.cells, desks)
        self.board = TaskBoard(self.catalog, pods, len(floor.stations), self._nearness)
        self.batteries = Batteries(p.robots, p, fleet)
        self.traffic = Traffic(floor, p, table_bytes)
        self._pibt = Pibt(self.traffic.graph, p.robots, planning, age_cap=p.age_cap_steps)
        self.history = telemetry.History(p.robots)
        self.missions = Missions(floor, p, self.catalog, self.book, self.board, self.stations,
                                 self.storage, self.batteries, self.traffic, self.history,
                                 p.robots)
        self.window = CommittedWindow(start, self._pibt, self.traffic.routes,
                                      floor.kind == QUEUE, floor.bars,
                                      self.missions.hold_on_arrival)
        self.window.urgent_first = p.urgent_first
        self.missions.bind(self.window)
        self.faults = Faults(self, faults)
        self.recorder = metrics.recorder()
        self._tally = telemetry.Tally(self)
        self.step_count = 0
        self.robot_steps = 0
        self.stranded = 0
        self.found: Int64 = np.zeros(kernels.AUDITS, np.int64)
        self.state: UInt8 = np.full(p.robots, IDLE, np.uint8)
        self._events: list[Event] = []
        self._scene_version = 0
        self._before = start.copy()
        self._work = (np.empty(floor.cells, np.int32), np.empty(floor.cells, np.int32))
        self._keep_out = np.where(floor.kind == SLOT, floor.bars, 0).astype(np.uint8)
        self._closed = self._closed_cells()
        self._flushed = False
        self._wave = False

    @property
    def loaded(self) -> Bool:
        """Robots that carry a pod, bool [A]."""
        return self.missions.loaded

    @property
    def conflicts(self) -> int:
        """Conflicts found by the independent check since the start."""
        return int(self.found.sum())

    # ---- stepping -----------------------------------------------------------------------------

    def step(self) -> None:
        """Advance by one second."""
        self._plan()
        step = self.step_count = self.step_count + 1
        self._before[:] = self.window.pos
        goal, _ = self.window.goals()
        was_loaded = self.missions.loaded.copy()
        news = self.window.advance()
        kernels.audit(self._before, self.window.pos, was_loaded, self.missions.source, goal,
                      self._keep_out, self.floor.grid.free, self.floor.grid.width,
                      *self._work, self.found)
        self.missions.execute(news, step)
        self.batteries.drain(self._before, self.window.pos, was_loaded, self.params)
        self.missions.settle_sleep()
        self._look(goal)
        self.robot_steps += self.params.robots
        self.faults.tick(step)
        self.missions.free_bays()
        self.book.arrive(step, self.params, self.faults.demand_factor)
        self.missions.release_orders(step)
        if step % self.params.batch_window_s == 0:
            self.missions.assign(step)
            self._watch_bays()
        self.traffic.refresh()
        self._tally.observe(step)
        self._plan()

    def _plan(self) -> None:
        """Fill the committed window; wall time is noted, nothing depends on it."""
        t0 = perf_counter()
        before = self.window.horizon
        if self._flushed:
            self._flushed = False
            self.missions.after_flush()
        self.window.fill(self.params.window_steps)
        planned = self.window.horizon - before
        if planned:
            self._tally.planned((perf_counter() - t0) * 1e3 / planned)

    def _look(self, goal: Int32) -> None:
        """Work out what each robot is doing and who waits; `goal` held during the step."""
        result = self.window.result
        assert result is not None, "an executed step was planned"
        waiting = (result.cause > 0) & (goal >= 0) & ~self.window.broken
        state = np.where(self.loaded, LOADED, EMPTY_STATE).astype(np.uint8)
        state[self.window.leg == self.window.end] = IDLE
        state[waiting] = WAITING
        state[self.batteries.charging] = CHARGING
        state[self.window.broken] = FAULT
        self.state = state
        self.history.observe(self.window.leg, self._before, self.window.pos, waiting,
                             result.cause, result.pusher)
        if self.traffic.observe(self._before, self.window.pos, goal, waiting):
            self._pibt.set_graph(self.traffic.graph)
        flat = np.flatnonzero((self.batteries.charge <= 0.0) & ~self.window.broken)
        for robot in flat.tolist():
            self.stranded += 1
            self.faults.strand(robot)

    def _watch_bays(self) -> None:
        """Tell when all bays are taken, once a wave."""
        bays = self.missions.bays
        if not bays.free and not self._wave:
            self.tell("charge", f"All {len(bays.cells)} charging bays are taken")
            self._wave = True
        elif bays.free > len(bays.cells) // 2:
            self._wave = False

    def flush(self) -> None:
        """Throw the reservations away; they are planned anew before the next step."""
        self.window.flush()
        self._flushed = True

    def remap(self) -> None:
        """Take in closures or new prices: new graph, new plan, new picture."""
        self.traffic.rebuild(self.params)
        self._pibt.set_graph(self.traffic.graph)
        self.flush()
        closed = self._closed_cells()
        if not np.array_equal(closed, self._closed):
            self._closed = closed
            self._scene_version += 1

    def clock(self, step: int) -> str:
        """Time of day of a step, hh:mm:ss."""
        seconds = int(ORIGIN_S + step * self.step_s) % 86_400
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

    def tell(self, kind: str, text: str, **data: Any) -> None:
        """Put an event on the timeline."""
        self._events.append(Event(self.step_count, kind, text, data))

    # ---- Simulation protocol ------------------------------------------------------------------

    def frame(self) -> Frame:
        """Cells and states after the last step."""
        rows, cols = np.divmod(self.window.pos, self.floor.grid.width)
        xy = np.stack((cols, rows), axis=1).astype(np.int16)
        return Frame(xy, self.state | np.where(self.loaded, CARRIES, 0).astype(np.uint8))

    def scene(self) -> Scene:
        """Floor, stations and chargers; `closed` changes with faults."""
        floor = self.floor
        width = floor.grid.width
        facts = {
            "domain": "warehouse", "width": width, "height": floor.grid.height,
            "agents": self.params.robots, "step_s": self.step_s, "agent_prefix": "R-",
            "states": list(metrics.STATES), "origin_s": ORIGIN_S, "cell_m": CELL_M,
            "stations": [
                {"name": s.name, "x": s.desk % width, "y": s.desk // width, "side": s.side,
                 "lane": list(s.lane)} for s in floor.stations
            ],
            "chargers": floor.chargers.tolist(),
        }
        return Scene(facts, {"kind": floor.kind, "lane": floor.lane, "closed": self._closed})

    @property
    def scene_version(self) -> int:
        """Grows when cells are closed or opened."""
        return self._scene_version

    def layers(self) -> Mapping[str, Array]:
        """Pods by demand, congestion, battery and queues."""
        stored = self.storage.stored
        pods = np.zeros(self.floor.cells, np.uint8)
        here = np.flatnonzero(stored >= 0)
        pods[here] = 1 + np.rint(254.0 * self.catalog.demand[stored[here]]).astype(np.uint8)
        return {
            "pods": pods,
            "heat": np.rint(255.0 * np.minimum(self.traffic.heat, 1.0)).astype(np.uint8),
            "battery": np.rint(self.batteries.charge).astype(np.uint8),
            "queues": self.stations.queues(self.window.pos),
        }

    def status(self) -> Mapping[str, Any]:
        """Clock, robots by state, conflicts, recent activity."""
        return {
            "clock_s": ORIGIN_S + self.step_count * self.step_s,
            "counts": np.bincount(self.state, minlength=len(metrics.STATES)).tolist(),
            "conflicts": self.conflicts, "robot_steps": self.robot_steps,
            "activity": self._tally.recent_tasks,
        }

    def summary(self) -> Mapping[str, Any]:
        """The KPI cards."""
        return {"kpis": cards.cards(self.recorder, self.step_count)}

    def chart_data(self) -> cards.ChartData:
        """Points of the page's charts."""
        return cards.chart_data(self.recorder, [s.name for s in self.floor.stations])

    def apply(self, params: Params) -> None:
        """Take new values for live knobs.

        Raises:
            InvalidInput: If a knob that needs a reset differs, or these are no warehouse knobs.
        """
        if not isinstance(params, WarehouseParams):
            raise InvalidInput(f"{type(params).__name__} are not the warehouse's settings")
        fixed = params.needs_reset(self.params)
        if fixed:
            raise InvalidInput(f"{', '.join(fixed)} cannot change while the floor runs; reset it")
        changed = params.changed_from(self.params)
        if not changed:
            return
        self.params = params
        self.missions.params = params
        self._pibt.age_cap = params.age_cap_steps
        self.window.urgent_first = params.urgent_first
        if {"planner", "lane_cost", "congestion_weight"} & set(changed):
            self.remap()
        else:
            self.flush()

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Inject or end a fault; see `faults.COMMANDS`.

        Raises:
            InvalidInput: If the command or an argument is unknown or out of range.
        """
        return self.faults.command(name, arguments)

    def inspect(self, agent: int) -> Mapping[str, Any]:
        """What the inspector shows of one robot.

        Raises:
            InvalidInput: If there is no such robot.
        """
        if not 0 <= agent < self.params.robots:
            raise InvalidInput(
                f"there is no robot {agent}; robots are 0 to {self.params.robots - 1}")
        return describe(self, agent)

    def kpis(self, window_steps: int = 120) -> list[dict[str, Any]]:
        """Key figures over the last window (see `metrics.kpi_values`)."""
        return metrics.kpi_values(self.recorder, self.step_count, window_steps)

    def drain_points(self) -> Sequence[Points]:
        """Samples since the last call."""
        return self.recorder.drain()

    def drain_events(self) -> Sequence[Event]:
        """Events since the last call."""
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Release threads and memory."""
        self.traffic.close()

    # ---- private ------------------------------------------------------------------------------

    def _nearness(self, pod: int, station: int) -> int:
        width = self.floor.grid.width
        row, col = divmod(int(self.storage.slot[pod]), width)
        desk_row, desk_col = divmod(self.floor.stations[station].desk, width)
        return abs(row - desk_row) + abs(col - desk_col)

    def _closed_cells(self) -> UInt8:
        return ((self.traffic.closed > 0) | (self.traffic.blocked > 0)).astype(np.uint8)


def _start_cells(floor: Floor, robots: int, rng: np.random.Generator) -> Int32:
    """Parking places first, then other slots, then aisles.

    Raises:
        InvalidInput: If the robots would fill more than half of these cells.
    """
    slots = np.flatnonzero(floor.kind == SLOT)
    aisles = np.flatnonzero((floor.kind == AISLE) & floor.grid.free)
    room = int(_CROWDED * (len(slots) + len(aisles)))
    if robots > room:
        raise InvalidInput(
            f"Robots is {robots}; this floor has {len(slots) + len(aisles)} cells for them to "
            f"drive on and at most {room} robots can move there: use fewer robots or a larger "
            "floor"
        )
    parking = parking_places(floor)
    others = np.setdiff1d(slots, parking)
    order = np.concatenate([rng.permutation(c) for c in (parking, others, aisles)])
    return order[:robots].astype(np.int32)

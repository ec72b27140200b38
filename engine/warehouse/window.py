"""The committed window: every robot has the cells of its next W steps reserved.

Each step executes the oldest reserved cell and appends one PIBT step at the horizon, so that every
robot knows where it will be for W steps and no reservation ever clashes. What robots do (legs:
drive to a goal, stand there) is walked through at the horizon, ahead of execution; what follows
from it for the world is handed out when the step is executed. Something new that breaks the plan
(`flush`) throws the reservations away and plans again from the executed cells. W = 1 is plain PIBT.
The idea of executing a windowed plan and replanning is that of RHCR (Li et al. 2021,
arXiv:2005.07371); here the window slides step by step and PIBT extends it.

Shape letters: A agents, C cells, L legs kept a robot, T kept steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.warehouse import world_kernels as kernels
from engine.warehouse.layout import EMPTY
from engine.warehouse.pibt import Pibt, StepResult
from engine.warehouse.routes import Routes

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

_KEPT: Final = 16
"""Steps kept; more than the longest window and the executed step."""
LEGS: Final = 32
"""Legs kept a robot: two missions ahead of the executed one and to spare."""

FETCH: Final = 0
DELIVER: Final = 1
RETURN: Final = 2
CHARGE: Final = 3


class Leg(NamedTuple):
    """Drive to a cell and stand there.

    kind: FETCH, DELIVER, RETURN or CHARGE.
    goal: Cell.
    klass: Class bit while driving.
    urgent: It serves a priority order.
    """

    kind: int
    goal: int
    klass: int
    urgent: bool = False


class News(NamedTuple):
    """What a robot does at one step of the plan.

    robot: Robot.
    leg: Its leg, counted from the start of the run.
    what: `world_kernels.ARRIVED` or `FINISHED`.
    """

    robot: int
    leg: int
    what: int


class CommittedWindow:
    """Positions and legs of all robots from the executed step to the horizon.

    Attributes:
        now: Executed step.
        horizon: Last planned step, now <= horizon <= now + W.
        broken: bool [A], robots that do not move.
        end: int32 [A], one past each robot's last leg.
    """

    def __init__(
        self, start: Int32, pibt: Pibt, routes: Routes, lane: Bool, bars: UInt8,
        hold_on_arrival: Callable[[int, int], int],
    ) -> None:
        """Stand every robot on its start cell, idle.

        Args:
            start: int32 [A], distinct cells.
            pibt: Plans one step.
            routes: Distances.
            lane: bool [C], cells in which robots queue.
            bars: uint8 [C], class bits that may enter only if the cell is their goal.
            hold_on_arrival: (robot, leg) -> steps to stand at the goal, >= 1; asked at the
                horizon, ahead of execution, and again after a flush.
        """
        agents = len(start)
        self.now = 0
        self.horizon = 0
        self.urgent_first = False
        self.broken: Bool = np.zeros(agents, np.bool_)
        self.end: Int32 = np.zeros(agents, np.int32)
        self._pibt = pibt
        self._routes = routes
        self._lane = lane
        self._bars = bars
        self._hold_on_arrival = hold_on_arrival
        self._pos = np.zeros((_KEPT, agents), np.int32)
        self._leg = np.zeros((_KEPT, agents), np.int32)
        self._hold = np.zeros((_KEPT, agents), np.int32)
        self._age = np.zeros((_KEPT, agents), np.int32)
        self._nearest = np.full((_KEPT, agents), kernels.FAR, np.int32)
        self._result: list[StepResult | None] = [None] * _KEPT
        self._news: list[list[News]] = [[] for _ in range(_KEPT)]
        self._pos[0] = start
        self._kind: UInt8 = np.zeros((agents, LEGS), np.uint8)
        self._goal: Int32 = np.zeros((agents, LEGS), np.int32)
        self._class: UInt8 = np.zeros((agents, LEGS), np.uint8)
        self._urgent: Bool = np.zeros((agents, LEGS), np.bool_)
        self._goal_now = np.zeros(agents, np.int32)
        self._class_now = np.zeros(agents, np.uint8)
        self._pinned = np.zeros(agents, np.bool_)
        self._rank_age = np.zeros(agents, np.int32)
        self._told = np.zeros(agents, np.uint8)

    @property
    def pos(self) -> Int32:
        """Executed cells, int32 [A]; read only."""
        out: Int32 = self._pos[self.now % _KEPT]
        return out

    @property
    def leg(self) -> Int32:
        """Executed leg of each robot, int32 [A]; equal to `end` when idle."""
        out: Int32 = self._leg[self.now % _KEPT]
        return out

    @property
    def hold(self) -> Int32:
        """Steps each robot still stands, int32 [A], at the executed step."""
        out: Int32 = self._hold[self.now % _KEPT]
        return out

    @property
    def age(self) -> Int32:
        """Steps since each robot was nearer to its goal than ever before on its leg, int32 [A]."""
        out: Int32 = self._age[self.now % _KEPT]
        return out

    @property
    def result(self) -> StepResult | None:
        """The planner's account of the step executed last."""
        return self._result[self.now % _KEPT]

    @property
    def pos_at_horizon(self) -> Int32:
        """Planned cells at the horizon, int32 [A]."""
        out: Int32 = self._pos[self.horizon % _KEPT]
        return out

    @property
    def leg_at_horizon(self) -> Int32:
        """Leg of each robot at the horizon, int32 [A]."""
        out: Int32 = self._leg[self.horizon % _KEPT]
        return out

    @property
    def hold_at_horizon(self) -> Int32:
        """Steps each robot still stands at the horizon, int32 [A]."""
        out: Int32 = self._hold[self.horizon % _KEPT]
        return out

    def kind_of(self, robot: int, leg: int) -> int:
        """Kind of one leg."""
        return int(self._kind[robot, leg % LEGS])

    def goal_of(self, robot: int, leg: int) -> int:
        """Goal cell of one leg."""
        return int(self._goal[robot, leg % LEGS])

    def class_of(self, robot: int, leg: int) -> int:
        """Class bit of one leg."""
        return int(self._class[robot, leg % LEGS])

    def goals(self) -> tuple[Int32, UInt8]:
        """Goal (int32 [A], -1 for idle) and kind (uint8 [A]) of every executed leg."""
        index = np.arange(len(self.end)), self.leg % LEGS
        idle = self.leg == self.end
        return np.where(idle, -1, self._goal[index]).astype(np.int32), self._kind[index]

    def append(self, robot: int, legs: Sequence[Leg]) -> int:
        """Give a robot more legs after its last one.

        Returns:
            The number of the first.
        """
        first = int(self.end[robot])
        for i, leg in enumerate(legs, first):
            self._kind[robot, i % LEGS] = leg.kind
            self._goal[robot, i % LEGS] = leg.goal
            self._class[robot, i % LEGS] = leg.klass
            self._urgent[robot, i % LEGS] = leg.urgent
        self.end[robot] = first + len(legs)
        return first

    def redirect(self, robot: int, leg: int, goal: int) -> None:
        """Give a leg that the horizon has not passed another goal."""
        self._goal[robot, leg % LEGS] = goal

    def skip_to(self, robot: int, leg: int) -> None:
        """Leave the executed leg for a later one (or for idleness); `flush` first."""
        self.leg[robot] = leg
        self.hold[robot] = 0
        self.age[robot] = 0
        self._nearest[self.now % _KEPT, robot] = kernels.FAR

    def cut(self, robot: int, end: int) -> None:
        """Forget the legs from `end` on; `flush` first if the horizon may have begun them."""
        self.end[robot] = end

    def release(self, robot: int) -> None:
        """End a robot's standing at the horizon now."""
        if self.hold_at_horizon[robot] > 0:
            self.hold_at_horizon[robot] = 1

    def fill(self, steps: int) -> None:
        """Plan until `steps` steps are reserved."""
        while self.horizon < self.now + steps:
            self._extend()

    def flush(self) -> None:
        """Throw the reservations away; the next `fill` plans from the executed cells."""
        for step in range(self.now + 1, self.horizon + 1):
            self._news[step % _KEPT] = []
        self.horizon = self.now

    def advance(self) -> list[News]:
        """Execute one reserved step; what robots do in it, by robot."""
        self.now += 1
        return self._news[self.now % _KEPT]

    def reserved(self, robot: int) -> list[int]:
        """Cells from the executed step to the horizon."""
        steps = range(self.now, self.horizon + 1)
        return [int(self._pos[step % _KEPT, robot]) for step in steps]

    def _extend(self) -> None:
        here, there = self.horizon % _KEPT, (self.horizon + 1) % _KEPT
        for kept in (self._leg, self._hold, self._age, self._nearest):
            kept[there] = kept[here]
        leg, hold, age = self._leg[there], self._hold[there], self._age[there]
        goal = self._goal_now
        # just above the cap: after those that starve, before everybody else
        urgent_age = self._pibt.age_cap + 1 if self.urgent_first else 0
        kernels.read_legs(self._pos[here], leg, self.end, hold, age, self.broken, self._goal,
                          self._class, self._urgent, urgent_age, self._bars, EMPTY, goal,
                          self._class_now, self._pinned, self._rank_age)
        row = self._routes.rows(goal, self._class_now, self._pos[here])
        result = self._pibt.step(self._pos[here], goal, row, self._routes.table,
                                 self._class_now, self._pinned, self._rank_age)
        self._pos[there] = result.next
        self._result[there] = result
        told = kernels.walk_legs(result.next, goal, self.end, self.broken, row,
                                 self._routes.table, self._lane, leg, hold,
                                 self._nearest[there], age, self._told)
        self.horizon += 1
        news: list[News] = []
        self._news[there] = news
        if not told:
            return
        for robot in np.flatnonzero(self._told).tolist():
            what = int(self._told[robot])
            if what == kernels.ARRIVED:
                current = int(leg[robot])
                hold[robot] = self._hold_on_arrival(robot, current)
                news.append(News(robot, current, what))
            else:
                news.append(News(robot, int(leg[robot]) - 1, what))

"""Handing out tasks to robots as they finish them, by the rules of `instances`.

Shape letters: A agents, K robots that arrived.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.warehouse.instances import Instance

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


class Desk:
    """Knows every robot's task and errand.

    Attributes:
        goal: int32 [A], cell each robot is to reach; an idle robot's own cell.
        task: int32 [A], task in hand, -1 for none.
        taken: Tasks of each robot in order, as (robot, task) pairs.
        finished: Tasks finished so far.
    """

    def __init__(self, instance: Instance) -> None:
        """Hand out the first tasks, lowest robot first."""
        agents = len(instance.starts)
        self._tasks = instance.tasks
        self._next = np.arange(agents, dtype=np.int64)
        self._queued = 0
        self._errand = np.zeros(agents, np.int64)
        self.goal: Int32 = instance.starts.copy()
        self.task: Int32 = np.full(agents, -1, np.int32)
        self.taken: list[tuple[Int32, Int32]] = []
        self.finished = 0
        self._give(np.arange(agents, dtype=np.int32), instance.starts)

    def arrive(self, pos: Int32) -> Int32:
        """Tick off the errand of every robot that stands on its goal, one a robot.

        Args:
            pos: int32 [A], cells after the step.

        Returns:
            int32 [K], robots that arrived, ascending. Those at the end of their task have the next
            one, the others the next errand.
        """
        there = np.flatnonzero((pos == self.goal) & (self.task >= 0)).astype(np.int32)
        if not len(there):
            return there
        self._errand[there] += 1
        done = self._errand[there] == self._tasks.first[self.task[there] + 1]
        on = there[~done]
        self.goal[on] = self._tasks.errand[self._errand[on]]
        free = there[done]
        self.finished += len(free)
        self.task[free] = -1
        self._give(free, pos)
        return there

    def _give(self, robots: Int32, pos: Int32) -> None:
        """Give robots without a task the next one, if there is one."""
        if self._tasks.hand_out == "queue":
            robots = robots[:len(self._tasks) - self._queued]
            task = np.arange(self._queued, self._queued + len(robots), dtype=np.int32)
            self._queued += len(robots)
        else:
            task = self._own(robots)
            if self._tasks.skip_own_cell:
                task = self._skip(robots, task, pos)
        self.task[robots] = task
        self._errand[robots] = self._tasks.first[task]
        self.goal[robots] = self._tasks.errand[self._errand[robots]]
        self.taken.append((robots, task))

    def _own(self, robots: Int32) -> Int32:
        """Next task of each robot's own sequence."""
        task = (self._next[robots] % len(self._tasks)).astype(np.int32)
        self._next[robots] += len(self.goal)
        return task

    def _skip(self, robots: Int32, task: Int32, pos: Int32) -> Int32:
        """Pass over tasks whose goal is the robot's cell, unless its sequence has no other."""
        for _ in range(len(self._tasks)):
            stay = self._tasks.errand[self._tasks.first[task]] == pos[robots]
            if not stay.any():
                break
            task[stay] = self._own(robots[stay])
        return task

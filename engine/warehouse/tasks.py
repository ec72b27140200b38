"""Tasks: one pod brought to one desk for one or more order lines, and back.

A line joins a task that already brings one of its pods to the same desk; else it takes a free pod;
else it waits until one comes back. Life of a task: created (its first order arrived), released (a
desk took the order), assigned, lifted, arrived, picked, returned.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.warehouse.catalog import Catalog
from engine.warehouse.orders import Order

Urgency = tuple[int, int, int]
Line = tuple[Order, int]


@dataclass(slots=True, eq=False)
class Task:
    """One trip of one pod; steps are -1 until they happen.

    Attributes:
        number: Counts from 1.
        pod: Pod to bring.
        station: Desk to bring it to.
        urgency: That of its most urgent order.
        created: Step at which its first order arrived.
        released: Step at which it came into being.
        assigned: Step at which a robot took it.
        lifted: Step at which the pod was up.
        arrived: Step at which it stood at the desk.
        picked: Step at which the last line was picked.
        returned: Step at which the pod stood in a slot again.
        robot: Robot that does it, -1 for none.
        pick_steps: Time at the desk, -1 until it is settled; no line joins after that.
        lines: Orders and SKUs to pick.
        void: Its desk stopped: the pod goes back unpicked.
    """

    number: int
    pod: int
    station: int
    urgency: Urgency
    created: int
    released: int
    assigned: int = -1
    lifted: int = -1
    arrived: int = -1
    picked: int = -1
    returned: int = -1
    robot: int = -1
    pick_steps: int = -1
    lines: list[Line] = field(default_factory=list)
    void: bool = False


class TaskBoard:
    """All tasks that are not done; the priority queue of those without a robot, desk by desk.

    Attributes:
        created: Tasks made so far.
        returned: Tasks whose pod is back after a pick.
        dissolved: Tasks given up because their desk stopped.
        of_pod: Task that has claimed each pod, None for none.
        open: Tasks that have claimed a pod.
    """

    def __init__(
        self, catalog: Catalog, pods: int, stations: int, nearness: Callable[[int, int], int]
    ) -> None:
        """Start with every pod free.

        Args:
            catalog: What lies where.
            pods: Number of pods.
            stations: Number of desks.
            nearness: Steps, about, from pod to desk; smaller is preferred.
        """
        self.created = 0
        self.returned = 0
        self.dissolved = 0
        self.open = 0
        self.of_pod: list[Task | None] = [None] * pods
        self._catalog = catalog
        self._nearness = nearness
        self._queues: list[list[tuple[Urgency, int, Task]]] = [[] for _ in range(stations)]
        self._waiting: dict[int, list[tuple[Urgency, int, Order]]] = {}

    @property
    def waiting_lines(self) -> int:
        """Lines all of whose pods are claimed by other desks."""
        return sum(map(len, self._waiting.values()))

    def place(self, order: Order, sku: int, station: int, step: int) -> None:
        """Find a pod for one line of an order that a desk has taken."""
        pods = self._catalog.pods_with(sku)
        free = []
        for pod in pods:
            task = self.of_pod[pod]
            if task is None:
                free.append(pod)
            elif task.station == station and task.pick_steps < 0 and not task.void:
                self._join(task, order, sku)
                return
        if free:
            pod = min(free, key=lambda p: (self._nearness(p, station), p))
            self._join(self._make(pod, station, order, step), order, sku)
            return
        heapq.heappush(self._waiting.setdefault(sku, []), (order.urgency, station, order))

    def ready(self, room: list[int], count: int) -> list[Task]:
        """The most urgent tasks without a robot, at most `room[s]` for desk s, `count` in all.

        They leave the queue: each must be given to `assign` or `put_back`.
        """
        heads = [(queue[0][0], s) for s, queue in enumerate(self._queues) if room[s] > 0 and queue]
        heapq.heapify(heads)
        left = list(room)
        out: list[Task] = []
        while heads and len(out) < count:
            s = heapq.heappop(heads)[1]
            queue = self._queues[s]
            urgency, _, task = heapq.heappop(queue)
            # a line that joined has put the task in again under its new urgency
            if task.robot < 0 and not task.void and urgency == task.urgency:
                out.append(task)
                left[s] -= 1
            if queue and left[s] > 0:
                heapq.heappush(heads, (queue[0][0], s))
        return out

    def put_back(self, task: Task) -> None:
        """Queue a task (again)."""
        task.robot = -1
        task.assigned = -1
        task.pick_steps = -1
        heapq.heappush(self._queues[task.station], (task.urgency, task.number, task))

    def assign(self, task: Task, robot: int, step: int) -> None:
        """Give a task to a robot."""
        task.robot = robot
        task.assigned = step

    def give_back_pod(self, task: Task, step: int) -> None:
        """The pod is free again: end the task and see whether a waiting line wants the pod."""
        task.returned = step
        if task.void:
            self.dissolved += 1
        else:
            self.returned += 1
        self._free(task.pod, step)

    def drop(self, task: Task, step: int) -> None:
        """End a void task whose pod was never lifted."""
        self.dissolved += 1
        task.returned = step
        self._free(task.pod, step)

    def dissolve(self, station: int) -> tuple[list[Line], list[Task]]:
        """Give up everything a desk has asked for.

        Returns:
            Its unpicked lines, and the tasks that have a robot; these are void now, and their
            pods stay claimed until `give_back_pod`.
        """
        lines: list[Line] = []
        tasks = [t for t in self.of_pod
                 if t is not None and t.station == station and t.picked < 0 and not t.void]
        for task in tasks:
            lines.extend(task.lines)
            task.lines = []
            task.void = True
        for sku, waiting in list(self._waiting.items()):
            lines.extend((order, sku) for _, s, order in waiting if s == station)
            self._waiting[sku] = [entry for entry in waiting if entry[1] != station]
            heapq.heapify(self._waiting[sku])
        self._queues[station] = []
        return lines, tasks

    def _make(self, pod: int, station: int, order: Order, step: int) -> Task:
        self.created += 1
        self.open += 1
        task = Task(self.created, pod, station, order.urgency, order.created, step)
        self.of_pod[pod] = task
        heapq.heappush(self._queues[station], (task.urgency, task.number, task))
        return task

    def _join(self, task: Task, order: Order, sku: int) -> None:
        task.lines.append((order, sku))
        task.created = min(task.created, order.created)
        if order.urgency < task.urgency:
            task.urgency = order.urgency
            if task.robot < 0:
                heapq.heappush(self._queues[task.station], (task.urgency, task.number, task))

    def _free(self, pod: int, step: int) -> None:
        """Unclaim a pod; the most urgent line that waited for it claims it at once."""
        self.of_pod[pod] = None
        self.open -= 1
        skus = dict.fromkeys(self._catalog.bins[pod].tolist())
        wanted = [(self._waiting[s][0], s) for s in skus if self._waiting.get(s)]
        if not wanted:
            return
        (_, station, order), _ = min(wanted, key=lambda w: (w[0][0], w[1]))
        task = self._make(pod, station, order, step)
        for sku in skus:
            rest = []
            for entry in self._waiting.pop(sku, ()):
                if entry[1] == station:
                    self._join(task, entry[2], sku)
                else:
                    rest.append(entry)
            if rest:
                heapq.heapify(rest)
                self._waiting[sku] = rest

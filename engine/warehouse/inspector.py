"""What the inspector shows of one robot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.warehouse.layout import EMPTY
from engine.warehouse.metrics import STATES
from engine.warehouse.tasks import Task
from engine.warehouse.window import CHARGE, DELIVER, FETCH, RETURN

if TYPE_CHECKING:
    from engine.warehouse.simulation import WarehouseSimulation

_LONGEST_ROUTE: Final = 2000
_WAITS: Final = ("", "for traffic", "gave way", "for a robot that stands")


def describe(world: WarehouseSimulation, agent: int) -> dict[str, Any]:
    """JSON-able facts about one robot; see the scene's contract with the page."""
    window = world.window
    leg = int(window.leg[agent])
    busy = leg < int(window.end[agent])
    kind = window.kind_of(agent, leg) if busy else -1
    goal = window.goal_of(agent, leg) if busy else -1
    task = world.missions.task_of(agent)
    state = STATES[int(world.state[agent])]
    name = f"R-{agent:04d}"
    reserved = window.reserved(agent)
    route = _route(world, agent, goal)
    steps = len(reserved) - 1 + len(route)
    place = _place(world, kind, goal, task)
    charge = float(world.batteries.charge[agent])
    out: dict[str, Any] = {
        "agent": agent, "name": name, "state": state, "tag": state.capitalize(),
        "carrying": bool(world.loaded[agent]),
        "stages": _stages(world, agent, kind, task, len(route)),
        "rows": _rows(world, agent, kind, task, place, steps, busy),
        "bars": [{"name": "Battery", "value": charge / 100.0, "text": f"{charge:.0f} %",
                  "tone": _tone(world, charge)}],
        "goal": goal, "reserved": reserved, "route": route,
        "callout": f"{name} · to {place}, {steps} steps" if busy and route
        else f"{name} · {_doing(kind, state)}",
        "events": [[world.clock(step), text] for step, text in world.history.events(agent)],
    }
    return out


def _rows(
    world: WarehouseSimulation, agent: int, kind: int, task: Task | None, place: str, steps: int,
    busy: bool,
) -> list[list[str]]:
    rows: list[list[str]] = []
    history, window = world.history, world.window
    if task is not None:
        rows.append(["Order", _orders(world, task)])
        demand = float(world.catalog.demand[task.pod])
        rows.append(["Pod", f"{world.missions.pod_name(task.pod)} · demand {demand:.2f}"])
    if busy:
        ahead = ""
        if kind == DELIVER and task is not None:
            lane = world.floor.stations[task.station].lane
            mine = int(window.pos[agent])
            cells = set(lane[:lane.index(mine)]) if mine in lane else set(lane)
            count = sum(int(c) in cells for c in window.pos.tolist())
            ahead = f", {count} ahead"
        rows.append(["Goal", place + ahead])
    own = len(window.reserved(agent)) - 1
    arrives = f" · arrives {world.clock(world.step_count + steps)}" if busy and steps else ""
    rows.append(["Reserved", f"{own} step{'' if own == 1 else 's'}{arrives}"])
    urgent = "urgent order · " if task is not None and task.urgency[0] < 0 else ""
    age = int(window.age[agent])
    pusher = int(history.pusher[agent])
    pushed = f" · pushed by R-{pusher:04d}" if pusher >= 0 else ""
    first = " · goes first" if age > world.params.age_cap_steps else ""
    rows.append(["Priority", f"{urgent}{age} steps without progress{first}{pushed}"])
    cause = int(history.cause[agent])
    why = f" · {_WAITS[cause]}" if cause else ""
    rows.append(["Waited", f"{history.waited[agent]} of {history.steps[agent]} steps{why}"])
    return rows


def _orders(world: WarehouseSimulation, task: Task) -> str:
    if task.void or not task.lines:
        return "called off"
    order = min((o for o, _ in task.lines), key=lambda o: o.urgency)
    lines = len(task.lines)
    minutes = (order.due - world.step_count) / 60.0
    due = f"due in {minutes:.0f} min" if minutes >= 0 else f"late by {-minutes:.0f} min"
    number = f"{order.number:,}".replace(",", "\u202f")
    return f"#{number} · {lines} line{'' if lines == 1 else 's'} · {due}"


def _stages(
    world: WarehouseSimulation, agent: int, kind: int, task: Task | None, ahead: int
) -> list[dict[str, Any]]:
    if task is None:
        return []
    hold = int(world.window.hold[agent])
    gone = int(world.history.steps[agent])
    left = len(world.window.reserved(agent)) - 1 + ahead
    drive = gone / (gone + left) if left else 1.0
    at_desk = task.arrived >= 0 and task.picked < 0
    picked = 1.0 - hold / max(1, task.pick_steps)
    fetch = 1.0 if task.lifted >= 0 else (drive if kind == FETCH else 0.0)
    carry = 1.0 if task.arrived >= 0 or kind == RETURN else (drive if kind == DELIVER else 0.0)
    pick = 1.0 if task.picked >= 0 or kind == RETURN else (picked if at_desk else 0.0)
    back = drive if kind == RETURN else 0.0
    return [{"name": name, "done": round(min(1.0, done), 2)} for name, done in
            (("Fetch", fetch), ("Carry", carry), ("Pick", pick), ("Return", back))]


def _place(world: WarehouseSimulation, kind: int, goal: int, task: Task | None) -> str:
    width = world.floor.grid.width
    if kind == DELIVER and task is not None:
        return world.floor.stations[task.station].name
    if kind == CHARGE:
        return f"bay {int(np.searchsorted(world.floor.chargers, goal)) + 1}"
    if kind == FETCH and task is not None:
        return world.missions.pod_name(task.pod)
    return f"slot {goal // width}·{goal % width}" if goal >= 0 else "nowhere"


def _doing(kind: int, state: str) -> str:
    standing = {FETCH: "lifting", DELIVER: "at the desk", RETURN: "setting down"}
    return standing.get(kind, state) if state in ("empty", "loaded") else state


def _tone(world: WarehouseSimulation, charge: float) -> str:
    if charge < world.params.charge_below / 2.0:
        return "bad"
    return "warn" if charge < world.params.charge_below else "good"


def _route(world: WarehouseSimulation, agent: int, goal: int) -> list[int]:
    """Cells from the end of the reservation to the goal, downhill on the distances."""
    window = world.window
    if goal < 0:
        return []
    cell = window.reserved(agent)[-1]
    leg = int(window.leg[agent])
    if int(window.leg_at_horizon[agent]) != leg:
        return []
    klass = window.class_of(agent, leg) or EMPTY
    table, graph = world.traffic.routes.exact(goal, klass), world.traffic.graph
    out: list[int] = []
    while cell != goal and len(out) < _LONGEST_ROUTE:
        there = [int(v) for v in graph.nbr[cell]
                 if v >= 0 and (not graph.bars[v] & klass or v == goal)]
        if not there:
            return out
        best = min(there, key=lambda v: int(table[v]))
        if table[best] >= table[cell]:
            return out
        cell = best
        out.append(cell)
    return out

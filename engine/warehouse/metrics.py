"""What is measured: series for the store, and the key figures that are computed from them.

Most series have one point every ten steps, for the ten steps before it; tasks and orders have one
point each. Every figure on the page is a reduction of these series over a window, so it can be
computed again from an export.

Shape letters: A agents, S stations.
"""

from __future__ import annotations

from typing import Any, Final

from engine.live import measure
from engine.live.measure import Kpi, Recorder

SAMPLE_STEPS: Final = 10
KEPT_STEPS: Final = 7200
"""Steps that the recorder remembers."""
_KEPT_SAMPLES: Final = KEPT_STEPS // SAMPLE_STEPS
_KEPT_EVENTS: Final = 50_000
_EACH: Final = ("task.", "order.")

STATES: Final = ("empty", "loaded", "waiting", "charging", "fault", "idle")

KPIS: Final[tuple[Kpi, ...]] = (
    Kpi("throughput", "Throughput", "tasks/h", "throughput.tasks_per_h", "mean", 1, 0,
        "Pods brought to a desk, picked and back in a slot."),
    Kpi("orders", "Orders done", "orders/h", "throughput.orders_per_h", "mean", 1, 0,
        "Orders whose last line was picked."),
    Kpi("order_median", "Release to done", "s", "order.release_to_done_s", "median", -1, 0,
        "From the desk taking an order to its last pick, median."),
    Kpi("order_p95", "Release to done, p95", "s", "order.release_to_done_s", "p95", -1, 0,
        "From the desk taking an order to its last pick, 95th percentile."),
    Kpi("cycle", "Pod cycle, median", "s", "task.cycle_s", "median", -1, 0,
        "From a robot taking a task to the end of its pick."),
    Kpi("cycle_p95", "Pod cycle, p95", "s", "task.cycle_s", "p95", -1, 0,
        "From a robot taking a task to the end of its pick, 95th percentile."),
    Kpi("stations_busy", "Stations busy", "%", "stations.busy_percent", "mean", 1, 0,
        "Share of desk time with a pick going on."),
    Kpi("utilisation", "Robots at work", "%", "fleet.utilisation_percent", "mean", 1, 0,
        "Share of robots that fetch, carry, stand at a desk or return."),
    Kpi("waiting", "Robot-steps waiting", "%", "waiting.total_percent", "mean", -1, 1,
        "Share of robot-steps in which a robot wanted to move and could not."),
    Kpi("waiting_traffic", "Waiting for traffic", "%", "waiting.traffic_percent", "mean", -1, 1,
        "Of these: the way was taken by robots that did not move on."),
    Kpi("waiting_yielded", "Waiting, yielded", "%", "waiting.yielded_percent", "mean", -1, 1,
        "Of these: a robot of higher priority went first."),
    Kpi("waiting_pinned", "Waiting for a stand", "%", "waiting.pinned_percent", "mean", -1, 1,
        "Of these: the robot ahead lifts, picks, charges or is broken."),
    Kpi("queue", "Queue at the desks", "robots", "queue.mean_robots", "mean", 0, 1,
        "Robots in a station's lane, mean over the stations."),
    Kpi("backlog", "Orders waiting", "orders", "orders.backlog_count", "last", -1, 0,
        "Orders that no desk has taken yet."),
    Kpi("refused", "Orders refused", "orders", "orders.refused_count", "sum", -1, 0,
        "Arrivals turned away because the backlog was full."),
    Kpi("late", "Orders late", "%", "order.late_percent", "mean", -1, 1,
        "Share of finished orders that were done after they were due."),
    Kpi("battery", "Battery, mean", "%", "battery.mean_percent", "last", 1, 0,
        "Mean charge of the fleet."),
    Kpi("battery_min", "Battery, lowest", "%", "battery.min_percent", "min", 1, 0,
        "Lowest charge of any robot."),
    Kpi("conflicts", "Conflicts", "", "conflicts.total_count", "last", -1, 0,
        "Robots in one cell, swaps, jumps, loaded robots under pods: counted by an own check."),
    Kpi("prevented_vertex", "Vertex conflicts prevented", "", "planning.vertex_prevented_count",
        "sum", 0, 0, "Cells the planner refused because another robot had reserved them."),
    Kpi("prevented_swap", "Swap conflicts prevented", "", "planning.swap_prevented_count",
        "sum", 0, 0, "Moves the planner refused because two robots would have swapped."),
    Kpi("energy", "Energy", "Wh", "energy.used_wh", "sum", -1, 0, "Taken from the batteries."),
    Kpi("distance_loaded", "Distance, loaded", "m", "distance.loaded_m", "sum", 0, 0,
        "Driven with a pod."),
    Kpi("distance_empty", "Distance, empty", "m", "distance.empty_m", "sum", -1, 0,
        "Driven without a pod."),
    Kpi("density", "Storage density", "%", "storage.density_percent", "last", 1, 0,
        "Storage cells over all floor cells: stations, queues and charging included."),
    Kpi("planning", "Planning a step", "ms", "planning.step_ms_p50", "median", -1, 2,
        "Wall time of planning one step for all robots, median."),
    Kpi("planning_p95", "Planning a step, p95", "ms", "planning.step_ms_p95", "p95", -1, 2,
        "Wall time of planning one step for all robots, 95th percentile."),
    Kpi("assignment_gap", "Optimal against source rule", "%", "assignment.gap_percent", "mean",
        0, 1, "What the optimal batch saves of the source rule's summed cost, same snapshot."),
    Kpi("assignment_optimal_ms", "Optimal batch", "ms", "assignment.optimal_ms", "median", -1, 2,
        "Wall time of one optimal round."),
    Kpi("assignment_source_ms", "Source rule", "ms", "assignment.source_ms", "median", -1, 2,
        "Wall time of one round by the source's rule."),
)

WALL_CLOCK: Final = frozenset({
    "planning.step_ms_p50", "planning.step_ms_p95", "assignment.optimal_ms",
    "assignment.source_ms",
})
"""Series that depend on the machine; all others repeat bit for bit."""


def recorder() -> Recorder:
    """An empty record of a floor."""
    return Recorder(_KEPT_SAMPLES, _KEPT_EVENTS, _EACH)


def kpi_values(
    recorder: Recorder, now: int, window_steps: int = 120, bars: int = 30
) -> list[dict[str, Any]]:
    """Every key figure of a floor; see `live.measure.kpi_values`."""
    return measure.kpi_values(recorder, KPIS, now, window_steps, bars)

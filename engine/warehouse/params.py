"""Every knob of the warehouse floor, declared once."""

from __future__ import annotations

from typing import Literal

from engine.params import Params, knob

Policy = Literal["source rule", "optimal batch"]
Planner = Literal["PIBT", "PIBT + guidance"]
Reslot = Literal["own slot", "nearest free", "popular near stations"]


class WarehouseParams(Params):
    """A generated floor, its fleet and the rules it works by.

    One step is one second; a robot moves at most one cell a step, loaded or empty.
    """

    robots: int = knob(
        1000, "Robots", "Number of robots on the floor.",
        low=1, high=20_000, step=1, group="Fleet", live=False)
    lift_s: int = knob(
        2, "Lift a pod", "Time a robot stands under a pod to lift it.",
        low=1, high=20, step=1, unit="s", group="Fleet")
    set_down_s: int = knob(
        2, "Set a pod down", "Time a robot stands in a slot to set its pod down.",
        low=1, high=20, step=1, unit="s", group="Fleet")

    blocks_across: int = knob(
        16, "Blocks across", "Pod blocks side by side; a highway runs down the middle.",
        low=2, high=80, step=1, group="Layout", live=False)
    blocks_down: int = knob(
        17, "Blocks down", "Pod blocks from the chargers down.",
        low=2, high=120, step=1, group="Layout", live=False)
    block_width: int = knob(
        5, "Block width", "Pods side by side in a block.",
        low=2, high=12, step=1, unit="cells", group="Layout", live=False)
    block_depth: int = knob(
        2, "Block depth", "Rows of pods in a block; every pod touches an aisle.",
        low=1, high=2, step=1, unit="cells", group="Layout", live=False)
    aisle_width: int = knob(
        1, "Aisle width", "Cells between two blocks; lanes side by side alternate.",
        low=1, high=3, step=1, unit="cells", group="Layout", live=False)
    stations: int = knob(
        30, "Pick stations", "Desks on the two sides, each with a lane in and a lane out.",
        low=1, high=240, step=1, group="Layout", live=False)
    lane_cells: int = knob(
        10, "Queue lane", "Cells of the lane in front of a desk.",
        low=2, high=24, step=1, unit="cells", group="Layout", live=False)
    chargers: int = knob(
        90, "Chargers", "Charging bays along the top, aisles on both sides of each.",
        low=1, high=2000, step=1, group="Layout", live=False)
    storage_fill_percent: float = knob(
        95.0, "Slots filled", "Share of storage slots that hold a pod at the start.",
        low=10.0, high=100.0, step=1.0, unit="%", group="Layout", live=False)

    orders_per_h: float = knob(
        7800.0, "Order rate", "Mean arrivals; orders come as a Poisson process.",
        low=0.0, high=120_000.0, step=60.0, unit="orders/h", group="Orders")
    zipf_exponent: float = knob(
        0.8, "SKU popularity", "Zipf exponent: 0 asks for every SKU alike, 1.5 for few of them.",
        low=0.0, high=2.0, step=0.05, group="Orders", live=False)
    skus: int = knob(
        5000, "SKUs", "Different articles stored on the pods.",
        low=10, high=100_000, step=10, group="Orders", live=False)
    lines_per_order: float = knob(
        2.0, "Lines an order", "Mean number of different articles in an order.",
        low=1.0, high=6.0, step=0.1, group="Orders")
    priority_share_percent: float = knob(
        10.0, "Priority orders", "Share of orders that go before all others.",
        low=0.0, high=100.0, step=1.0, unit="%", group="Orders")
    due_min: float = knob(
        30.0, "Due within", "Time from creation to due; a priority order has a third of it.",
        low=3.0, high=240.0, step=1.0, unit="min", group="Orders")
    backlog_limit: int = knob(
        2000, "Backlog limit", "Orders that may wait for a station; beyond it arrivals are refused "
        "and counted.",
        low=10, high=50_000, step=10, unit="orders", group="Orders")

    policy: Policy = knob(
        "optimal batch", "Assignment", "Each task takes its cheapest idle robot in turn, or all "
        "tasks of a batch share the cheapest total.", group="Assignment")
    weight_distance: float = knob(
        1.0, "Distance", "Weight of the steps from robot to pod.",
        low=0.0, high=5.0, step=0.1, group="Assignment")
    weight_battery: float = knob(
        0.3, "Battery", "Weight of (1 − charge) · 100.",
        low=0.0, high=5.0, step=0.1, group="Assignment")
    weight_congestion: float = knob(
        1.0, "Congestion", "Weight of the recent waiting between robot and pod, in seconds.",
        low=0.0, high=5.0, step=0.1, group="Assignment")
    batch_window_s: int = knob(
        2, "Batch window", "Time between two assignment rounds.",
        low=1, high=30, step=1, unit="s", group="Assignment")
    reslot: Reslot = knob(
        "own slot", "Re-slotting", "Where a pod goes after its pick.", group="Assignment")

    planner: Planner = knob(
        "PIBT + guidance", "Planner", "Priority inheritance alone, or with one-way lanes and live "
        "congestion in its distances.", group="Traffic")
    lane_cost: float = knob(
        3.0, "Cost against a lane", "Price of a step against a lane, in steps with it.",
        low=1.0, high=8.0, step=0.5, unit="×", group="Traffic")
    congestion_weight: float = knob(
        1.0, "Live congestion", "Steps added to the price of a cell in which a robot always waits.",
        low=0.0, high=8.0, step=0.5, unit="×", group="Traffic")
    window_steps: int = knob(
        3, "Committed window", "Steps each robot has reserved ahead; 1 is plain PIBT.",
        low=1, high=10, step=1, unit="steps", group="Traffic")
    age_cap_steps: int = knob(
        60, "Age cap", "A robot that has come no nearer to its goal for this long goes first.",
        low=10, high=1000, step=10, unit="steps", group="Traffic")
    urgent_first: bool = knob(
        True, "Priority orders drive first", "A robot that serves a priority order goes before "
        "others where two ways meet; the other waits or takes another way.", group="Traffic")
    queue_limit: int = knob(
        8, "Queue limit a station", "Pods a desk keeps at hand beyond those that must be under "
        "way to keep it busy.",
        low=1, high=30, step=1, unit="pods", group="Traffic")

    pick_s: float = knob(
        5.0, "Pick a line", "Mean time a picker needs for one line.",
        low=1.0, high=60.0, step=0.5, unit="s", group="Stations")
    pick_variation: float = knob(
        0.3, "Pick variation", "Standard deviation of the pick time over its mean.",
        low=0.0, high=1.0, step=0.05, group="Stations")
    open_orders: int = knob(
        40, "Open orders a station", "Orders a desk works on at the same time.",
        low=1, high=200, step=1, unit="orders", group="Stations")

    drain_moving: float = knob(
        0.6, "Drain, moving", "Charge used while driving empty.",
        low=0.1, high=5.0, step=0.1, unit="%/min", group="Energy")
    drain_loaded: float = knob(
        0.4, "Drain, pod on top", "Charge used on top of that while driving with a pod, and half "
        "of it per lift.",
        low=0.0, high=5.0, step=0.1, unit="%/min", group="Energy")
    drain_idle: float = knob(
        0.1, "Drain, standing", "Charge used while standing with the drive awake.",
        low=0.0, high=1.0, step=0.05, unit="%/min", group="Energy")
    charge_rate: float = knob(
        25.0, "Charge rate", "Charge gained in a bay.",
        low=2.0, high=60.0, step=1.0, unit="%/min", group="Energy")
    charge_below: float = knob(
        30.0, "Charge below", "A robot whose charge is lower goes to a bay before its next task.",
        low=15.0, high=55.0, step=1.0, unit="%", group="Energy")
    charge_until: float = knob(
        90.0, "Charge until", "Charge at which a robot leaves the bay.",
        low=60.0, high=100.0, step=1.0, unit="%", group="Energy")
    opportunity_charging: bool = knob(
        True, "Opportunity charging", "Robots without a task top up in free bays.",
        group="Energy")
    battery_wh: float = knob(
        500.0, "Battery", "Capacity of one battery.",
        low=50.0, high=5000.0, step=10.0, unit="Wh", group="Energy", live=False)

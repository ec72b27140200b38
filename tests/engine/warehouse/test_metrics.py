from __future__ import annotations

import numpy as np
import pytest

from engine.live.measure import reduce
from engine.warehouse.metrics import KPIS, SAMPLE_STEPS, WALL_CLOCK, kpi_values, recorder
from engine.warehouse.simulation import WarehouseSimulation
from tests.engine.warehouse.worlds import SMALL


def test_key_figures_are_recomputed_from_drained_points() -> None:
    world = WarehouseSimulation(SMALL, 9)
    series: dict[str, list[tuple[float, float]]] = {}
    for _ in range(900):
        world.step()
        if world.step_count % 100 == 0:
            for points in world.drain_points():
                series.setdefault(points.name, []).extend(
                    zip(points.step.tolist(), points.value.tolist(), strict=True))
    for kpi, shown in zip(KPIS, world.kpis(300), strict=True):
        values = [v for s, v in series[kpi.series] if 600 < s <= 900]
        assert shown["value"] == reduce(kpi.reduce, values), kpi.name
        assert shown["label"] == kpi.label
        assert shown["series"][-1] == shown["value"]
        before = [v for s, v in series[kpi.series] if 300 < s <= 600]
        assert shown["before"] == reduce(kpi.reduce, before)
    world.close()


def test_points_agree_with_what_the_world_counts() -> None:
    world = WarehouseSimulation(SMALL, 9)
    for _ in range(900):
        world.step()
    points = {p.name: p for p in world.drain_points()}

    def total(name: str) -> float:
        return float(points[name].value.sum())

    assert len(points["throughput.tasks_per_h"].step) == 900 // SAMPLE_STEPS
    assert total("throughput.tasks_per_step") * SAMPLE_STEPS == pytest.approx(world.board.returned)
    assert len(points["task.cycle_s"].value) == world.board.returned
    assert len(points["order.release_to_done_s"].value) == world.book.done
    assert total("throughput.orders_per_h") * SAMPLE_STEPS / 3600 == pytest.approx(world.book.done)
    used, charged, empty, loaded = world.batteries.totals.tolist()
    assert total("energy.used_wh") == pytest.approx(used / 100 * SMALL.battery_wh)
    assert total("energy.charged_wh") == pytest.approx(charged / 100 * SMALL.battery_wh)
    assert total("distance.empty_m") == pytest.approx(empty)
    assert total("distance.loaded_m") == pytest.approx(loaded)
    busy = float(world.stations.busy_steps.sum()) / (900 * SMALL.stations)
    assert points["stations.busy_percent"].value.mean() == pytest.approx(100 * busy)
    causes = [points[f"waiting.{c}_percent"].value for c in ("traffic", "yielded", "pinned")]
    assert np.sum(causes, axis=0) == pytest.approx(points["waiting.total_percent"].value)
    states = [p.value for n, p in points.items() if n.startswith("robots.")]
    assert (np.sum(states, axis=0) == SMALL.robots).all()
    assert set(WALL_CLOCK) <= set(points)
    gaps = points["assignment.gap_percent"].value
    assert (gaps >= -1e-9).all(), "the batch never costs more than the source's rule"
    assert (points["assignment.optimal_cost_steps"].value
            <= points["assignment.source_cost_steps"].value + 1e-9).all()
    world.close()


def test_cycle_and_order_times_are_those_of_the_tasks() -> None:
    world = WarehouseSimulation(SMALL, 2)
    cycles, waits = [], []
    for _ in range(600):
        before = world.board.returned, world.book.done
        open_tasks = [t for t in world.board.of_pod if t is not None]
        orders = [o for at in world.missions.orders_at for o in at.values()]
        world.step()
        if world.board.returned > before[0]:
            cycles += [t.picked - t.assigned for t in open_tasks if t.returned == world.step_count]
        waits += [o.done - o.released for o in orders if o.done == world.step_count]
    points = {p.name: sorted(p.value.tolist()) for p in world.drain_points()}
    assert points["task.cycle_s"] == sorted(map(float, cycles))
    assert points["order.release_to_done_s"] == sorted(map(float, waits))
    world.close()


def test_an_empty_record_has_no_values() -> None:
    for shown in kpi_values(recorder(), 0):
        assert shown["value"] is None
        assert shown["before"] is None
        assert set(shown["series"]) == {None}

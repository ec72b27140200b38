from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.warehouse.cuts import cut_vertices
from engine.warehouse.grid import Grid, neighbours
from engine.warehouse.imports import floor_from_map
from engine.warehouse.layout import AISLE, CHARGER, DESK, SLOT, WALL
from engine.warehouse.params import WarehouseParams
from engine.warehouse.simulation import WarehouseSimulation
from tests.engine.warehouse.worlds import SMALL, check_laws

SHELVES = "type octile\nheight 9\nwidth 16\nmap\n" + """\
E..............E
E.SSSS..SSSS...E
..@@@@..@@@@....
..SSSS..SSSS....
E..............E
E.SSSS..SSSS...E
..@@@@..@@@@....
..SSSS..SSSS....
E..............E
"""
PARAMS = SMALL.with_changes(robots=10, stations=3, chargers=2, skus=20, storage_fill_percent=80.0)


def test_symbols_become_storage_desks_and_chargers() -> None:
    floor = floor_from_map(SHELVES, PARAMS)
    grid = floor.grid
    assert set(grid.symbol[floor.slots].tolist()) == {ord("S")}
    assert len(floor.slots) == 32
    desks = [s.desk for s in floor.stations]
    assert set(grid.symbol[desks].tolist()) == {ord("E")}
    assert set(grid.symbol[floor.chargers].tolist()) == {ord("E")}
    assert len(set(desks) | set(floor.chargers.tolist())) == 5
    assert (floor.kind == WALL).sum() == 16
    assert np.bincount(floor.kind, minlength=5)[[SLOT, CHARGER, DESK]].tolist() == [32, 2, 3]
    assert not floor.bars.any(), "pods on an imported floor let loaded robots pass"


def test_stations_are_well_spread() -> None:
    floor = floor_from_map(SHELVES, PARAMS.with_changes(stations=2))
    (a, b) = (divmod(s.desk, 16) for s in floor.stations)
    # whatever the first, the farthest endpoint lies at least half the floor away
    assert abs(a[0] - b[0]) + abs(a[1] - b[1]) >= 15


@pytest.mark.parametrize("seed", range(3))
def test_an_imported_floor_runs_and_keeps_the_laws(seed: int) -> None:
    world = WarehouseSimulation(PARAMS, seed, floor_from_map(SHELVES, PARAMS, seed))
    for step in range(400):
        if step == 150:
            world.command("break_robot", {"repair_s": 40})
        if step == 200:
            world.command("close_aisle", {"row": 4, "start": 3, "stop": 8, "seconds": 40})
        if step == 300:
            world.command("stop_station", {"seconds": 40})
        world.step()
        check_laws(world)
    assert world.board.returned > 10
    assert world.scene().facts["stations"][0]["side"] == ""
    world.close()


def test_aisles_close_at_the_very_edge_of_a_floor_without_walls() -> None:
    world = WarehouseSimulation(PARAMS, 1, floor_from_map(SHELVES, PARAMS))
    width, last = 16, 9 * 16 - 1
    edge = [c for c in range(last + 1) if c % width in (0, width - 1) or c < width
            or c > last - width]
    for cell in (c for c in edge if world.floor.kind[c] == AISLE):
        world.command("close_aisle", {"cell": cell})
        closed = np.flatnonzero(world.scene().arrays["closed"])
        assert cell in closed
        rows, cols = np.divmod(closed, width)
        assert len(set(rows.tolist())) == 1 or len(set(cols.tolist())) == 1
        world.command("recover", {})
    world.command("close_aisle", {})
    world.close()


def test_a_map_without_marks_gets_storage_beside_obstacles() -> None:
    text = "type octile\nheight 7\nwidth 9\nmap\n" + "\n".join([
        ".........", ".........", "...@@@...", "...@@@...", "...@@@...", ".........", "........."])
    floor = floor_from_map(text + "\n", PARAMS.with_changes(stations=2))
    beside = neighbours(floor.grid)[floor.slots] < 0
    assert beside.any(axis=1).all()
    assert len(floor.stations) == 2


@pytest.mark.parametrize(("text", "message"), [
    ("type octile\nheight 1\nwidth 3\nmap\n...\n", "dead ends"),
    (SHELVES.replace("E..............E", "@@@@@@@@@@@@@@@@"), "parts that do not touch"),
    ("P5 12", "type octile"),
])
def test_floors_that_do_not_work_are_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        floor_from_map(text, PARAMS)


def test_more_stations_than_places_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Pick stations is 240; the map has 96 free cells"):
        floor_from_map(SHELVES, PARAMS.with_changes(stations=240))


@pytest.mark.parametrize("seed", range(8))
def test_cut_vertices_are_those_whose_loss_parts_the_floor(seed: int) -> None:
    rng = np.random.default_rng(seed)
    free = rng.random(42) < 0.75
    grid = Grid(6, 7, free, np.where(free, ord("."), ord("@")).astype(np.uint8))

    def parts(open_cells: np.ndarray) -> int:
        left, count = set(np.flatnonzero(open_cells).tolist()), 0
        while left:
            stack, count = [left.pop()], count + 1
            while stack:
                for v in neighbours(grid)[stack.pop()].tolist():
                    if v in left:
                        left.remove(v)
                        stack.append(v)
        return count

    expected = np.zeros(42, np.bool_)
    for cell in np.flatnonzero(free).tolist():
        without = free.copy()
        without[cell] = False
        alone = not (neighbours(grid)[cell] >= 0).any()
        expected[cell] = parts(without) > parts(free) - alone
    assert cut_vertices(neighbours(grid), free).tolist() == expected.tolist()


def test_params_default_to_the_knobs_of_a_generated_floor() -> None:
    assert WarehouseParams().robots == 1000

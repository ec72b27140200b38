from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.warehouse.graph import build_graph
from engine.warehouse.grid import check_walkable
from engine.warehouse.layout import (
    AISLE,
    CHARGER,
    DESK,
    EMPTY,
    HOMEBOUND,
    OUTBOUND,
    QUEUE,
    SLOT,
    Floor,
    generate,
)
from engine.warehouse.params import WarehouseParams
from engine.warehouse.world_kernels import reach

TINY = WarehouseParams(
    robots=2, blocks_across=2, blocks_down=2, block_width=3, stations=2, lane_cells=2, chargers=2,
)
# drawn by hand: @ wall, # storage, C bay, D desk, = lane, arrows as lanes run, . crossing or open
PICTURE = """
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@@@@@@^v^v>>>>>>>>>^v^v@@@@@@
@@@@@@^v^vCC.......^v^v@@@@@@
@@@@@@^v^v>>>>>>>>>^v^v@@@@@@
@@@@@@^v^v<<<<<<<<<^v^v@@@@@@
@@@@@@^v^v>>>>>>>>>^v^v@@@@@@
@@@@@@^v^v###v^v###^v^v@@@@@@
@@@D==^v^v###v^v###^v^v==D@@@
@@@===^v^v>>>...>>>^v^v===@@@
@@@@@@^v^v###v^v###^v^v@@@@@@
@@@@@@^v^v###v^v###^v^v@@@@@@
@@@@@@^v^v>>>>>>>>>^v^v@@@@@@
@@@@@@^v^v<<<<<<<<<^v^v@@@@@@
@@@@@@^v^v>>>>>>>>>^v^v@@@@@@
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
"""


def picture(floor: Floor) -> list[str]:
    kinds = np.array(list("@.#CD="))[floor.kind]
    arrows = np.array(list(".>v<^"))[floor.lane]
    cells = np.where(floor.kind == AISLE, arrows, kinds)
    return ["".join(row) for row in cells.reshape(floor.grid.height, floor.grid.width)]


def test_tiny_floor_is_the_one_drawn_by_hand() -> None:
    assert picture(generate(TINY)) == PICTURE.split()


def test_hand_counted_numbers_of_the_standard_floor() -> None:
    floor = generate(WarehouseParams())
    # 16 blocks of 5 and 14 aisles of 1 and a highway of 3: 97; rings 2 x 4, sides 2 x 14
    assert floor.grid.width == 97 + 8 + 28
    # 17 blocks of 2 and 16 aisles of 1: 50; rings 2 x 3; two charger rows: 4; walls 2
    assert floor.grid.height == 50 + 6 + 4 + 2
    assert len(floor.slots) == 16 * 17 * 10
    assert len(floor.chargers) == 90
    assert [s.name for s in floor.stations] == [f"P{i:02d}" for i in range(1, 31)]
    assert floor.storage_density == pytest.approx(2720 / floor.grid.free.sum())


LAYOUTS = st.builds(
    WarehouseParams,
    blocks_across=st.integers(2, 7), blocks_down=st.integers(2, 7), block_width=st.integers(2, 6),
    block_depth=st.integers(1, 2), aisle_width=st.integers(1, 3), lane_cells=st.integers(2, 6),
    stations=st.integers(1, 6), chargers=st.integers(1, 40),
)


@settings(max_examples=40, deadline=None)
@given(LAYOUTS)
def test_every_layout_is_walkable_and_serves_every_pod(params: WarehouseParams) -> None:
    floor = generate(params)
    check_walkable(floor.grid)
    assert len(floor.chargers) == params.chargers
    assert len(floor.stations) == params.stations
    assert (floor.kind == DESK).sum() == params.stations
    assert (floor.kind == CHARGER).sum() == params.chargers
    assert len(floor.slots) == (params.blocks_across * params.blocks_down
                                * params.block_width * params.block_depth)
    graph = build_graph(floor.grid, forbidden=floor.forbidden, bars=floor.bars)
    seen = np.empty(floor.cells, np.bool_)
    for station in floor.stations:
        desk = np.array([station.desk], np.int32)
        reach(graph.nbr, graph.bars, desk, HOMEBOUND, seen)
        assert seen[floor.slots].all(), "a pod gets home from every desk"
        reach(graph.nbr, graph.bars, floor.slots[:1], OUTBOUND, seen)
        assert seen[station.desk], "a pod gets to every desk"
    reach(graph.nbr, graph.bars, floor.slots[-1:], EMPTY, seen)
    assert seen[floor.slots].all()
    assert seen[floor.chargers].all()
    # `reach` marks barred cells at which it stops: the mouth of a lane, never what lies behind
    assert not any(seen[list(station.lane[:-1])].any() for station in floor.stations)


@settings(max_examples=20, deadline=None)
@given(LAYOUTS)
def test_lanes_lead_one_way_from_mouth_to_desk_and_out(params: WarehouseParams) -> None:
    floor = generate(params)
    nbr = build_graph(floor.grid, forbidden=floor.forbidden).nbr
    for station in floor.stations:
        cell = station.lane[-1]
        walked = [cell]
        while cell != station.desk:
            (cell,) = nbr[cell][nbr[cell] >= 0].tolist()
            walked.append(cell)
        assert walked == list(station.lane)[::-1]
        out = 0
        while floor.kind[cell] in (DESK, QUEUE):
            (cell,) = nbr[cell][nbr[cell] >= 0].tolist()
            out += 1
        assert out == params.lane_cells + 2
        assert floor.kind[cell] == AISLE


def test_bays_have_an_aisle_on_both_sides() -> None:
    floor = generate(WarehouseParams(chargers=200))
    width = floor.grid.width
    assert (floor.kind[floor.chargers - width] == AISLE).all()
    assert (floor.kind[floor.chargers + width] == AISLE).all()


def test_slots_touch_an_aisle_and_bar_loaded_robots() -> None:
    floor = generate(WarehouseParams(block_width=7, aisle_width=2))
    width = floor.grid.width
    beside = np.stack([floor.kind[floor.slots + way] == AISLE for way in (1, -1, width, -width)])
    assert beside.any(axis=0).all()
    assert (floor.bars[floor.slots] == HOMEBOUND | OUTBOUND).all()
    assert (floor.kind[floor.slots] == SLOT).all()


def test_more_stations_than_the_sides_hold_are_refused_with_the_limit() -> None:
    with pytest.raises(InvalidInput, match=r"Pick stations is 40; .* hold 8: use fewer stations"):
        generate(TINY.with_changes(stations=40))
    assert len(generate(TINY.with_changes(stations=8)).stations) == 8

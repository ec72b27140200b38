from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.warehouse.graph import Graph, build_graph
from engine.warehouse.layout import EMPTY, HOMEBOUND, OUTBOUND, Floor, generate
from engine.warehouse.params import WarehouseParams
from engine.warehouse.route_kernels import nearest, predecessors
from engine.warehouse.routes import Routes
from engine.warehouse.traffic import Traffic, parking_places

SMALL = WarehouseParams(blocks_across=3, blocks_down=3, stations=2, chargers=4, lane_cells=3)


def ring() -> np.ndarray:
    """Four cells one way round: 0 → 1 → 2 → 3 → 0."""
    nbr = np.full((4, 4), -1, np.int32)
    nbr[:, 0] = [1, 2, 3, 0]
    return nbr


def test_nearest_follows_the_direction_of_edges() -> None:
    out, own = np.empty(4, np.uint16), np.empty(4, np.int32)
    back = predecessors(ring())
    two = np.array([2], np.int32)
    nearest(back, np.zeros(4, np.uint8), two, 1, 1, out, own)
    assert out.tolist() == [2, 1, 0, 3]
    assert own.tolist() == [2, 2, 2, 2]
    nearest(back, np.array([0, 1, 0, 0], np.uint8), two, 1, 3, out, own)
    assert out.tolist() == [65535, 3, 0, 65535], "a barred cell is left, not passed"


def test_own_is_unknown_where_shortest_ways_part() -> None:
    nbr = np.full((5, 4), -1, np.int32)  # a line
    nbr[:-1, 0] = np.arange(1, 5)
    nbr[1:, 2] = np.arange(4)
    out, own = np.empty(5, np.uint16), np.empty(5, np.int32)
    nearest(predecessors(nbr), np.zeros(5, np.uint8), np.array([0, 4], np.int32), 1, 2, out, own)
    assert out.tolist() == [0, 2, 4, 2, 0]
    assert own.tolist() == [0, 0, -1, 4, 4]


def descend(routes: Routes, graph: Graph, cell: int, goal: int, klass: int) -> int:
    """Steps downhill from a cell to a goal; fails where a step does not lead down or on."""
    seen = {cell}
    while cell != goal:
        row = routes.rows(np.array([goal], np.int32), np.array([klass], np.uint8),
                          np.array([cell], np.int32))[0]
        distance = routes.table[row]
        there = [int(v) for v in graph.nbr[cell]
                 if v >= 0 and (not graph.bars[v] & klass or v == goal)]
        cell = min(there, key=lambda v: int(distance[v]))
        assert cell not in seen, "walked in a circle"
        seen.add(cell)
    return len(seen) - 1


def make(floor: Floor, *, shared: bool = True) -> tuple[Routes, Graph]:
    graph = build_graph(floor.grid, forbidden=floor.forbidden, bars=floor.bars,
                        cost=np.where(floor.against, 6, 2).astype(np.uint8))
    clusters = floor.clusters if shared else None
    return Routes(graph, parking_places(floor), 20_000_000, clusters), graph


@settings(max_examples=25, deadline=None)
@given(width=st.integers(2, 7), depth=st.integers(1, 2), aisle=st.integers(1, 3),
       seed=st.integers(0, 2**32))
def test_whoever_goes_downhill_arrives(width: int, depth: int, aisle: int, seed: int) -> None:
    floor = generate(SMALL.with_changes(block_width=width, block_depth=depth, aisle_width=aisle))
    routes, graph = make(floor)
    exact, _ = make(floor, shared=False)
    rng = np.random.default_rng(seed)
    for _ in range(10):
        goal = int(rng.choice(floor.slots))
        start = int(rng.choice(floor.slots))
        walked = descend(routes, graph, start, goal, EMPTY)
        assert walked <= descend(exact, graph, start, goal, EMPTY) + 2 * width + 4
        desk = floor.stations[int(rng.integers(2))].desk
        walked = descend(routes, graph, desk, goal, HOMEBOUND)
        assert walked <= descend(exact, graph, desk, goal, HOMEBOUND) + 2 * width + 4
        assert descend(routes, graph, start, desk, OUTBOUND) > 0
    routes.close()
    exact.close()


def test_slots_of_a_block_share_their_tables() -> None:
    floor = generate(SMALL)
    routes, _ = make(floor)
    before = routes.computed
    block = floor.slots[:5]
    far = np.full(5, int(floor.slots[-1]), np.int32)
    rows = routes.rows(block, np.full(5, EMPTY, np.uint8), far)
    assert len(set(rows.tolist())) == 1
    assert routes.computed == before + 1
    routes.rows(np.full(5, -1, np.int32), np.full(5, EMPTY, np.uint8), far)
    assert routes.computed == before + 1, "idle robots need no table of their own"
    routes.close()


def test_standing_on_a_parking_place_is_best() -> None:
    floor = generate(SMALL)
    routes, graph = make(floor)
    parking = parking_places(floor)
    row = routes.rows(np.array([-1], np.int32), np.array([EMPTY], np.uint8), parking[:1])[0]
    distance = routes.table[row]
    assert (distance[parking] == 0).all()
    beside = graph.nbr[parking]
    assert (distance[beside[beside >= 0]] > 0).all()
    routes.close()


def test_a_way_is_found_when_the_cell_that_stands_for_a_block_is_closed() -> None:
    floor = generate(SMALL)
    assert floor.clusters is not None
    traffic = Traffic(floor, SMALL, 20_000_000)
    goal = int(floor.slots[0])
    for shut in (floor.clusters.aisle[goal], floor.clusters.block[goal]):
        traffic.blocked[:] = 0
        traffic.blocked[shut] = 1
        traffic.rebuild(SMALL)
        assert traffic.reachable[goal]
        start = int(floor.slots[-1])
        assert descend(traffic.routes, traffic.graph, start, goal, EMPTY) > 0
        desk = floor.stations[0].desk
        assert descend(traffic.routes, traffic.graph, desk, goal, HOMEBOUND) > 0
        ways = traffic.routes.approaches(np.array([goal], np.int32))
        assert traffic.routes.table[ways.far[0], start] < 65535
    traffic.close()


def test_the_shared_tables_survive_invalidation_and_refresh() -> None:
    floor = generate(SMALL)
    routes, graph = make(floor)
    goals = np.array([-1, int(floor.slots[3])], np.int32)
    classes = np.full(2, EMPTY, np.uint8)
    pos = floor.slots[:2].copy()
    before = routes.table[routes.rows(goals, classes, pos)].copy()
    routes.invalidate()
    routes.set_graph(graph, parted=False)
    routes.refresh(1000)
    assert np.array_equal(routes.table[routes.rows(goals, classes, pos)], before)
    routes.close()


def test_a_floor_without_parking_is_refused() -> None:
    floor = generate(SMALL)
    graph = build_graph(floor.grid)
    with pytest.raises(InvalidInput, match="no storage cell on which a robot could park"):
        Routes(graph, np.empty(0, np.int32), 1_000_000)


def test_lane_prices_follow_the_planner_knob() -> None:
    floor = generate(SMALL)
    guided = Traffic(floor, SMALL.with_changes(lane_cost=3.0), 20_000_000)
    plain = Traffic(floor, SMALL.with_changes(planner="PIBT"), 20_000_000)
    assert set(guided.graph.cost[floor.against].tolist()) == {6}
    assert set(guided.graph.cost[~floor.against].tolist()) == {2}
    assert set(plain.graph.cost.ravel().tolist()) == {2}
    guided.close()
    plain.close()

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.warehouse.fields import Fields
from engine.warehouse.graph import build_graph
from engine.warehouse.guidance import Congestion, against_at, lane_costs, lanes
from tests.engine.warehouse.floors import LOOPS, draw

SHELVES = draw(
    ".........",
    ".@@@.@@@.",
    ".@@@.@@@.",
    ".........",
    ".@@@.@@@.",
    ".@@@.@@@.",
    ".........",
)


def test_lanes_alternate_from_aisle_to_aisle_behind_the_shelves():
    east, south = (a.reshape(7, 9) for a in lanes(SHELVES))
    assert east[:, 2].tolist() == [1, 0, 0, -1, 0, 0, 1]
    assert (east[[0, 3, 6]] == np.array([[1], [-1], [1]])).all()
    assert south[3].tolist() == [1, 0, 0, 0, -1, 0, 0, 0, 1]
    assert (south[:, [0, 4, 8]] == [1, -1, 1]).all()


def test_open_floor_becomes_a_road_of_two_carriageways():
    east, south = (a.reshape(5, 5) for a in lanes(LOOPS["open"]))
    assert east[:, 2].tolist() == [1, 1, 1, -1, -1]
    assert south[2].tolist() == [1, 1, 1, -1, -1]


def test_a_wide_open_floor_becomes_carriageways_of_at_most_four_lanes():
    east, _ = lanes(draw(*["......"] * 11))
    assert east.reshape(11, 6)[:, 0].tolist() == [1] * 4 + [-1] * 4 + [1] * 3


def test_a_narrower_stretch_is_no_part_of_the_road():
    """The bay above has two of five columns: it is a lane of its own, and the road runs against it.
    """
    east, _ = lanes(draw("@..@@", ".....", ".....", "....."))
    assert east.reshape(4, 5)[:, 2].tolist() == [1, -1, -1, 1]


def test_a_lane_has_two_cells_at_least():
    east, south = lanes(draw("@.@", "@.@", "@@@"))
    assert not east.any()
    assert south.tolist() == [0, 1, 0, 0, 1, 0, 0, 0, 0]


def test_costs_by_hand():
    cost = lane_costs(draw("..", ".."), along=2, against=7)
    # row 0 runs east, row 1 west; column 0 runs south, column 1 north
    assert cost.tolist() == [[2, 2, 7, 7], [2, 7, 7, 2], [7, 2, 2, 7], [7, 7, 2, 2]]


def test_denser_floors_make_opposing_traffic_dearer():
    assert [against_at(share) for share in (0.0, 0.25, 1.0)] == [4, 8, 18]


def test_equal_costs_are_no_guidance():
    assert (lane_costs(SHELVES, along=1, against=1) == 1).all()


@pytest.mark.parametrize(("along", "against"), [(0, 4), (3, 2), (2, 256)])
def test_costs_out_of_range_are_refused(along, against):
    with pytest.raises(InvalidInput, match=f"lane costs are {along} along and {against} against"):
        lane_costs(SHELVES, along=along, against=against)


def test_opposite_ways_take_different_aisles():
    """Between the ends of the middle aisle, which runs west.

    West: 8 moves at 2. East: an outer aisle, 8 moves at 2, and the two columns on the way, 3 moves
    at 2 and 3 at 6; against the middle aisle it were 8 at 6.
    """
    fields = Fields(build_graph(SHELVES, cost=lane_costs(SHELVES)), 10_000)
    left, right = 27, 35
    row = fields.rows(np.array([left, right], np.int32), np.zeros(2, np.uint8))
    assert fields.table[row[0], right] == 16
    assert fields.table[row[1], left] == 40
    fields.close()


def observe(congestion: Congestion, steps: int, before: int, after: int, goal: int) -> list[bool]:
    cells = [np.array([c], np.int32) for c in (before, after, goal)]
    return [congestion.observe(*cells) for _ in range(steps)]


def test_waiting_makes_a_cell_dear_and_calm_makes_it_cheap_again():
    graph = build_graph(draw("...", "..."))
    congestion = Congestion(graph, weight=8, horizon=10, period=5)
    assert observe(congestion, 5, 1, 1, 2) == [False] * 4 + [True]
    # 1 - 0.9 ** 5 of a wait in every step, times the weight
    assert congestion.heat[1] == pytest.approx(1 - 0.9**5)
    assert congestion.graph.cost[0].tolist() == [1 + round(8 * (1 - 0.9**5)), 1, 1, 1]
    assert congestion.graph.cost[2, 2] == congestion.graph.cost[4, 3] == 4
    assert (graph.cost == 1).all()
    observe(congestion, 100, 0, 3, 3)
    assert (congestion.graph.cost == 1).all()


def test_moving_and_standing_on_the_goal_are_no_waiting():
    congestion = Congestion(build_graph(draw("...")), weight=100, horizon=2, period=1)
    assert observe(congestion, 5, 0, 1, 2) == [False] * 5
    assert observe(congestion, 5, 1, 1, 1) == [False] * 5
    assert not congestion.heat.any()


def test_heat_fades_to_nothing():
    congestion = Congestion(build_graph(draw("...")), weight=1, horizon=2, period=1)
    observe(congestion, 1, 1, 1, 2)
    observe(congestion, 30, 0, 1, 2)
    assert not congestion.heat.any()


def test_without_weight_costs_never_change():
    congestion = Congestion(build_graph(draw("...")), weight=0, period=1)
    assert not any(observe(congestion, 50, 0, 0, 2))


def test_costs_stay_within_a_byte():
    congestion = Congestion(build_graph(draw("...")), weight=1e4, horizon=1, period=1)
    observe(congestion, 3, 1, 1, 2)
    assert congestion.graph.cost[0, 0] == 255


@pytest.mark.parametrize("setting", [{"weight": -1.0}, {"weight": float("nan")}, {"weight": 1e5},
                                     {"horizon": 0}, {"period": 0}])
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(InvalidInput, match="weight must be 0 to 10000, horizon and period at"):
        Congestion(build_graph(draw("...")), **setting)

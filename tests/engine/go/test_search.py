import threading

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go.board import BLACK, WHITE, new_board
from engine.go.evaluator import UniformEvaluator
from engine.go.params import SearchParams
from engine.go.search import Search
from engine.go.tree import COLLISIONS, FULL, IN_FLIGHT, NODES_USED, VISITS, WAITING
from engine.go.vertices import point_of, vertex_of
from tests.engine.go.boards import drawn, moves
from tests.engine.go.minds import Counter, Leaning, Rollouts, Stubborn

PLAIN = SearchParams(visits=200, symmetry=False, max_nodes=5000, cache=0)


def thinking(board, evaluator=None, params=PLAIN, seed=1):
    size = int(board.state[0])
    search = Search(evaluator or Counter(), size, params, np.random.default_rng(seed))
    search.begin(board)
    return search


def shape(search):
    """Everything the search found, to compare two of them."""
    used = int(search.tree.counts[NODES_USED])
    return search.tree.nodes[:used].tolist(), search.tree.sums[:used].tolist()


def test_visits_add_up_and_nothing_stays_in_flight():
    search = thinking(new_board(5), Leaning())
    assert search.run() == "visits"
    rows = search.candidates()
    assert search.visits == 200
    assert rows.visits.sum() == 199
    assert (np.diff(rows.visits) <= 0).all()
    used = int(search.tree.counts[NODES_USED])
    assert not search.tree.nodes[:used, IN_FLIGHT].any()
    assert not search.tree.edges[:search.tree.counts[1], WAITING].any()
    assert search.depth_histogram().sum() == used
    assert abs(float((rows.value * rows.visits).sum() + search.tree.sums[0, 5])
               - search.opinion().value * 200) < 1e-4


def test_search_finds_the_capture_that_the_policy_does_not_want():
    """White's three stones have one liberty, E3; the prior would rather pass."""
    board = drawn("""
        ..X..
        .XOX.
        .XO..
        .XOX.
        ..X..""", komi=14.5)
    passing = board.stones.size - 1
    search = thinking(board, Stubborn(passing, 3.0), PLAIN.with_changes(visits=600))
    search.run(visits=1)
    assert search.choose() == passing
    search.run()
    assert vertex_of(search.choose(), 5) == "D3"


def test_search_finds_the_vital_point():
    """White's three points in a row are two eyes unless Black takes the middle one, B1."""
    board = drawn("""
        .....
        .....
        XXXXX
        OOOOX
        ...OX""", komi=15.5)
    search = thinking(board, Rollouts(point_of("C4", 5), 2.0), PLAIN.with_changes(visits=1500))
    search.run(visits=1)
    assert vertex_of(search.choose(), 5) == "C4"
    search.run()
    assert vertex_of(search.choose(), 5) == "B1"


def test_a_won_ending_is_proven_and_played():
    """White has passed: if Black passes too, the game is over and Black has won."""
    board = moves(new_board(3, 0.5), "B2", "pass")
    search = thinking(board, UniformEvaluator())
    search.run(visits=60)
    rows = search.candidates()
    assert search.opinion().proven == 1
    assert search.choose() == 9
    assert rows.proven[rows.move == 9] == [1]
    assert rows.value[rows.move == 9] == [1.0]


def test_a_lost_ending_is_not_walked_into():
    """Passing loses at once with komi 10 of 9 points; any stone still leaves hope."""
    board = moves(new_board(3, 10.0), "B2", "pass")
    search = thinking(board, UniformEvaluator())
    search.run(visits=60)
    rows = search.candidates()
    assert rows.proven[rows.move == 9] == [-1]
    assert search.choose() != 9


def test_a_lost_game_is_passed_out_and_not_filled_up():
    """White lives nowhere; every stone it adds costs a point and wins nothing."""
    board = moves(drawn("""
        .X.X.
        XXXXX
        .X.X.
        XXXXX
        .X.X.""", to_play=BLACK), "pass")
    search = thinking(board, Counter(), PLAIN.with_changes(score_weight=0.1))
    search.run(visits=100)
    assert search.opinion().value < -0.9
    assert search.choose() == 25


def test_a_drawn_game_is_worth_half():
    board = moves(new_board(3, 9.0), "B2", "pass", "pass")
    search = thinking(moves(new_board(3, 9.0), "B2", "pass"), UniformEvaluator())
    search.run(visits=40)
    rows = search.candidates()
    i = int(np.flatnonzero(rows.move == 9)[0])
    assert rows.draw[i] == 1.0
    assert rows.win_rate[i] == 0.5
    assert thinking(board).run() == "ended"


def test_slices_do_not_change_the_tree():
    whole, sliced = thinking(new_board(5), Leaning()), thinking(new_board(5), Leaning())
    whole.run(visits=150)
    reasons = []
    while not reasons or reasons[-1] == "pause":
        reasons.append(sliced.run(visits=150, pause_visits=7))
    assert reasons[-1] == "visits"
    assert len(reasons) > 10
    assert shape(whole) == shape(sliced)


def test_the_same_seed_gives_the_same_tree_with_symmetries_and_noise():
    params = PLAIN.with_changes(symmetry=True, noise=0.25, root_temperature=1.1, forced=2.0)
    one, two, other = (thinking(new_board(5), Leaning(), params, seed) for seed in (3, 3, 4))
    for search in (one, two, other):
        search.run(visits=120, explore=True)
    assert shape(one) == shape(two)
    assert shape(one) != shape(other)


def test_a_move_keeps_the_tree_below_it():
    search = thinking(new_board(5), Leaning())
    search.run()
    rows = search.candidates()
    move, visits, node = int(rows.move[0]), int(rows.visits[0]), int(rows.node[0])
    below, value = search.candidates(node), search.opinion(node)
    assert search.advance(move)
    kept = search.candidates()
    assert search.visits == visits
    assert kept.move.tolist() == below.move.tolist()
    assert kept.visits.tolist() == below.visits.tolist()
    assert np.allclose(kept.value, below.value)
    assert search.opinion() == value
    search.run(visits=visits + 50)
    assert search.candidates().visits.sum() == visits + 49


def test_a_move_that_was_not_searched_starts_afresh():
    search = thinking(new_board(5), Stubborn(0, 20.0))
    search.run(visits=10)
    assert not search.advance(24)
    assert search.visits == 0
    search.run(visits=10)
    assert search.visits == 10


def test_an_illegal_move_changes_nothing():
    search = thinking(moves(new_board(5), "C3"))
    search.run(visits=20)
    before = shape(search)
    with pytest.raises(InvalidInput, match="C3 is not legal"):
        search.advance(point_of("C3", 5))
    assert shape(search) == before


def test_a_stop_is_heard_between_two_batches():
    stop = threading.Event()
    evaluator = Counter()
    search = thinking(new_board(5), evaluator)
    seen = []

    def look(running):
        seen.append(running.visits)
        if len(seen) == 3:
            stop.set()

    assert search.run(visits=4000, stop=stop, on_progress=look) == "stop"
    assert len(seen) == 3
    assert search.visits < 4 * PLAIN.batch


def test_time_ends_a_search_too():
    search = thinking(new_board(5))
    assert search.run(visits=4_000_000, seconds=1e-6) == "time"
    assert search.visits >= 1


def test_a_full_tree_stops_and_says_so():
    search = thinking(new_board(5), params=PLAIN.with_changes(max_nodes=50))
    assert search.run(visits=500) == "full"
    assert search.tree.counts[FULL] == 1
    assert search.tree.counts[NODES_USED] == 50
    assert search.visits <= 50
    assert search.candidates().visits.sum() == search.visits - 1


def test_barred_moves_are_not_tried():
    search = thinking(new_board(5), Stubborn(12))
    barred = [12, *range(5, 12)]
    search.bar(barred)
    search.run(visits=100)
    assert not set(search.candidates().move.tolist()) & set(barred)
    search.begin(moves(new_board(5), "C3"))
    search.bar([m for m in range(26) if m != 12])  # C3 is taken
    with pytest.raises(InvalidInput, match="barred"):
        search.run(visits=200)


def test_the_cache_changes_no_result():
    """With an evaluator that judges alike, a search with a cache grows the same tree."""
    plain = thinking(new_board(5), Leaning(), PLAIN.with_changes(visits=400, batch=1))
    cached = thinking(new_board(5), Leaning(), PLAIN.with_changes(visits=400, batch=1, cache=1024))
    plain.run()
    cached.run()
    assert shape(plain) == shape(cached)
    effort = cached.effort()
    assert effort.hits > 0
    assert effort.evaluations == effort.lookups - effort.hits
    cached.begin(new_board(5))
    cached.run()
    assert cached.effort().evaluations < effort.evaluations / 4


def test_batches_fill_under_virtual_losses_without_meeting():
    evaluator = Counter()
    search = thinking(new_board(9), evaluator, PLAIN.with_changes(batch=16))
    search.run(visits=161)
    assert evaluator.batches[:3] == [1, 16, 16]
    assert search.effort().batch_fill > 12
    assert search.tree.counts[COLLISIONS] < 20


def test_ownership_is_the_movers():
    board = drawn("""
        .XO..
        .XO..
        .XO..
        .XO..
        .XO..""", komi=0.0)
    search = thinking(board)
    search.run(visits=30)
    owned = search.ownership().reshape(5, 5)
    assert (owned[:, 1] > 0.5).all()
    assert (owned[:, 2] < -0.5).all()
    child = int(search.candidates().node[0])
    theirs = search.ownership(child).reshape(5, 5)
    assert (theirs[:, 2] > 0.5).all()


def test_paths_and_variations_are_moves_that_can_be_played():
    search = thinking(new_board(5), Leaning())
    search.run()
    line = search.variation()
    assert len(line) >= 2
    assert line[0] == search.candidates().move[0]
    board = new_board(5)
    moves(board, *(vertex_of(m, 5) for m in line))
    moves(new_board(5), *(vertex_of(m, 5) for m in search.newest_path()))


def test_it_gives_up_only_what_is_hopeless():
    lost = drawn("""
        OOOOO
        O.O.O
        OOOOO
        .....
        .....""", komi=7.0, to_play=BLACK)
    search = thinking(lost, params=PLAIN.with_changes(resign_below=0.05))
    assert not search.hopeless()
    search.run(visits=50)
    assert search.hopeless()
    lost.state[2] = WHITE
    winning = thinking(lost, params=PLAIN.with_changes(resign_below=0.05))
    winning.run(visits=50)
    assert not winning.hopeless()


def test_fixed_knobs_need_a_new_search():
    search = thinking(new_board(5))
    search.params = PLAIN.with_changes(c_puct=2.0)
    with pytest.raises(InvalidInput, match="batch"):
        search.params = PLAIN.with_changes(batch=64)
    with pytest.raises(InvalidInput, match="9×9"):
        search.begin(new_board(9))
    with pytest.raises(InvalidInput, match="0 s"):
        search.run(seconds=0)
    assert search.tree.nodes[0, VISITS] >= 0

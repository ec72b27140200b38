"""A search that follows a game: what it keeps, what it starts anew, and how it is sliced."""

import itertools

import numpy as np
import pytest

from engine.go import ribbons, thinker
from engine.go.board import WHITE
from engine.go.game import Game
from engine.go.params import SearchParams
from engine.go.players import NO_NETWORK, open_mind
from engine.go.thinker import Thinker
from engine.go.tree import NODES_USED
from engine.go.vertices import point_of


def think(game, visits=300, seed=1, **params):
    """A thinker that has looked at a game's present position."""
    mind = Thinker(open_mind(NO_NETWORK), SearchParams(max_nodes=4000, **params), game.size,
                   (seed, 0))
    mind.follow(game, game.node, game.board)
    while mind.visits < visits:
        mind.think(visits)
    return mind


def edges(mind):
    """The explored tree as it is drawn."""
    return ribbons.ribbons(mind.tree, 1)


def test_the_first_slice_is_small_and_already_has_candidates():
    game = Game(9)
    mind = Thinker(open_mind(NO_NETWORK), SearchParams(), 9, (1, 0))
    assert mind.follow(game, game.root, game.board)
    mind.think(1600)
    assert 1 < mind.visits <= 2 + SearchParams().batch
    assert len(mind.candidates().move) > 1
    assert not mind.follow(game, game.root, game.board)


@pytest.mark.parametrize("most", [1, 7, 64, 1000])
def test_where_slices_are_cut_does_not_change_the_tree(most, monkeypatch):
    game = Game(5)
    whole = think(game)
    monkeypatch.setattr(thinker, "MOST_PER_SLICE", most)
    assert edges(think(game)) == edges(whole)


def test_another_seed_draws_other_symmetries_and_noise():
    game = Game(5)
    one, other = (think(game, seed=s, noise=0.5) for s in (1, 2))
    assert edges(one) != edges(other)


def test_it_keeps_its_tree_where_the_game_walks_on():
    game = Game(5)
    mind = think(game)
    best, reply = mind.report().line[:2]
    game.play(best)
    game.play(reply)
    serial = mind.serial
    assert mind.follow(game, game.node, game.board)
    assert mind.serial == serial + 1
    assert 0 < mind.visits < 300
    kept = int(mind.tree.counts[NODES_USED])
    assert kept == mind.visits


@pytest.mark.parametrize("how", ["back", "colour", "setup", "game"])
def test_it_begins_anew_where_the_tree_cannot_follow(how):
    game = Game(5)
    game.play(point_of("C3", 5))
    mind = think(game)
    if how == "back":
        game.go(0)
    elif how == "colour":
        game.play(point_of("B2", 5), -WHITE)
    elif how == "setup":
        game.add_empty()
    else:
        game = Game(5)
        game.play(point_of("C3", 5))
    assert mind.follow(game, game.node, game.board)
    assert mind.visits == 0
    mind.think(60)
    assert mind.visits > 1


def test_new_knobs_start_the_tree_anew_and_unrelated_ones_do_not():
    game = Game(5)
    mind = think(game)
    mind.set_params(SearchParams(max_nodes=4000, temperature=0.5))
    assert mind.visits >= 300
    mind.set_params(SearchParams(max_nodes=4000, temperature=0.5, c_puct=3.0))
    assert mind.visits == 0
    assert mind.follow(game, game.node, game.board)


def test_a_full_tree_is_the_end_of_thinking():
    game = Game(9)
    mind = Thinker(open_mind(NO_NETWORK), SearchParams(max_nodes=64), 9, (1, 0))
    mind.follow(game, game.root, game.board)
    for _ in range(100):
        if mind.spent:
            break
        mind.think(5000)
    assert mind.spent
    assert mind.visits <= 64


def test_a_finished_game_is_nothing_to_think_about():
    game = Game(5)
    game.play(game.pass_move)
    game.play(game.pass_move)
    mind = Thinker(open_mind(NO_NETWORK), SearchParams(), 5, (1, 0))
    mind.follow(game, game.node, game.board)
    assert mind.ended


def test_views_are_blacks_whoever_is_to_move():
    game = Game(5)
    for vertex in ("C3", "A1", "C2", "A2", "pass"):
        game.play(point_of(vertex, 5))
    mind = think(game, 300)  # White wins by passing: 7 points of komi
    win, lead = mind.judgement()
    said = mind.report()
    assert (said.win, said.score) == (win, lead)
    found = mind.candidates()
    mover = float((found.win_rate * found.visits).sum() / found.visits.sum())
    assert mover > 0.6
    assert win == pytest.approx(1.0 - mover, abs=0.02)
    assert np.abs(mind.ownership()).max() <= 1.0


def test_ribbons_hold_the_branches_that_were_visited_enough():
    mind = think(Game(5), 400)
    drawn = edges(mind)
    least = min(1.0, drawn.visits[0] / ribbons.FULL_SEARCH)
    depth = [0]
    for i, parent in enumerate(drawn.parent[1:], 1):
        assert parent < i
        depth.append(depth[parent] + 1)
        assert drawn.visits[i] >= max(1, (10 + 2 * (depth[i] - 1)) * least)
        assert 0 <= drawn.win[i] <= 1000
    assert max(depth) <= ribbons.PLIES
    for parent in set(drawn.parent[1:]):
        children = [v for v, p in zip(drawn.visits, drawn.parent, strict=True) if p == parent]
        assert sum(children) <= drawn.visits[parent]
    path = ribbons.newest(mind.tree, drawn)
    assert path[0] == 0
    assert all(drawn.parent[b] == a for a, b in itertools.pairwise(path))
    fresh = ribbons.leaves(mind.tree, drawn, mind.last_leaves())
    assert fresh == sorted(set(fresh))
    assert len(ribbons.ribbons(mind.tree, 1, most=5).node) == 5

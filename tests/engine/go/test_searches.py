import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go import analysis
from engine.go.board import new_board
from engine.go.halving import considered_visits
from engine.go.params import SELF_PLAY, SearchParams
from engine.go.searches import Searches
from engine.go.tree import GUMBEL, NODES_USED, PLAN
from tests.engine.go.boards import moves
from tests.engine.go.minds import Counter, Leaning

PARAMS = SearchParams(visits=60, symmetry=True, max_nodes=400, cache=0, batch=4, noise=0.25,
                      forced=2.0, root_temperature=1.1)


def shape(tree):
    used = int(tree.counts[NODES_USED])
    return tree.nodes[:used].tolist(), tree.sums[:used].tolist()


def test_a_game_does_not_feel_the_games_beside_it():
    """Five games in common batches, or two of them alone: the same trees."""
    starts = [moves(new_board(5), *names) for names in
              ([], ["C3"], ["C3", "B2"], ["A1", "E5", "C2"], ["pass"])]
    trees = []
    for left_out in ((), (1, 2, 4)):
        searches = Searches(Leaning(), 5, 5, PARAMS, np.random.default_rng(7), batch=32)
        games = [g for g in range(5) if g not in left_out]
        for g in games:
            searches.begin(g, starts[g])
            searches.think(g, 30 + 10 * g, explore=True)
        searches.run(games)
        trees.append([shape(searches.tree(g)) for g in (0, 3)])
    assert trees[0] == trees[1]


def test_every_game_reaches_its_own_target():
    searches = Searches(Counter(), 6, 5, PARAMS, np.random.default_rng(1), batch=8)
    for g in range(6):
        searches.begin(g, new_board(5))
        searches.think(g, 5 * (g + 1))
    searches.run()
    for g in range(6):
        assert analysis.opinion(searches.tree(g)).visits == 5 * (g + 1)
        assert searches.done(g)
    assert searches.evaluations <= sum(5 * (g + 1) for g in range(6))


def test_batches_are_filled_from_all_games():
    evaluator = Counter()
    searches = Searches(evaluator, 8, 5, PARAMS, np.random.default_rng(1), batch=20, per_game=4)
    for g in range(8):
        searches.begin(g, new_board(5))
        searches.think(g, 40)
    searches.run()
    assert evaluator.batches[0] == 8
    assert max(evaluator.batches) == 20


def test_whole_games_can_be_played_side_by_side():
    searches = Searches(Leaning(), 3, 5, SELF_PLAY, np.random.default_rng(5))
    rng = np.random.default_rng(6)
    for g in range(3):
        searches.begin(g, new_board(5))
    lengths = [0, 0, 0]
    for _ in range(20):
        for g in range(3):
            searches.think(g, 16, explore=True)
        searches.run()
        for g in range(3):
            target = analysis.policy_target(searches.tree(g), SELF_PLAY)
            assert abs(float(target.sum()) - 1) < 1e-5
            move = analysis.choose(searches.tree(g), SELF_PLAY, 1.0, rng)
            searches.advance(g, move)
            lengths[g] += 1
    assert [int(searches.board(g).state[4]) for g in range(3)] == lengths


def test_noise_reaches_the_root_where_it_explores_and_nowhere_else():
    searches = Searches(Counter(), 2, 5, PARAMS.with_changes(noise=0.5), np.random.default_rng(2))
    for g, explore in ((0, True), (1, False)):
        searches.begin(g, new_board(5))
        searches.think(g, 2, explore=explore)
    searches.run()
    used = [searches.tree(g).weights[:26, 0] for g in range(2)]
    assert np.ptp(used[1]) < 1e-6
    assert np.ptp(used[0]) > 0.01
    assert abs(float(used[0].sum()) - 1) < 1e-5
    assert np.allclose(searches.tree(0).root[1], 1 / 26)  # the priors that are shown


def test_temperature_flattens_the_root():
    """P ∝ P^(1/T): with T = 2 a ratio of priors becomes its root."""
    params = PARAMS.with_changes(noise=0.0, root_temperature=2.0)
    searches = Searches(Leaning(), 1, 5, params, np.random.default_rng(2))
    searches.begin(0, new_board(5))
    searches.think(0, 2, explore=True)
    searches.run()
    tree = searches.tree(0)
    move = tree.edges[:26, 0]
    shown, used = tree.root[1, move], tree.weights[:26, 0]
    assert np.allclose(np.sqrt(shown[0] / shown[5]), used[0] / used[5], rtol=1e-4)


@pytest.mark.parametrize(("candidates", "simulations", "plan"), [
    (4, 8, [0, 0, 0, 0, 1, 1, 2, 2]),
    (4, 16, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
    (1, 3, [0, 1, 2]),
    (2, 5, [0, 0, 1, 1, 2]),
    (3, 6, [0, 0, 0, 1, 1, 2]),
    (16, 4, [0, 0, 0, 0]),
])
def test_the_halving_is_the_papers(candidates, simulations, plan):
    assert considered_visits(candidates, simulations).tolist() == plan


def test_a_gumbel_root_gives_most_visits_to_few_and_plays_one_of_them():
    params = SearchParams(visits=33, gumbel=8, symmetry=False, max_nodes=200, cache=0, batch=1)
    searches = Searches(Leaning(), 1, 5, params, np.random.default_rng(3))
    searches.begin(0, new_board(5))
    searches.think(0, 33)
    searches.run()
    tree = searches.tree(0)
    rows = analysis.candidates(tree)
    assert tree.counts[PLAN] == 33
    assert rows.visits.tolist() == [11, 11, 3, 3, 1, 1, 1, 1]
    first = np.sort(tree.root[GUMBEL, rows.move] + np.log(rows.prior))
    untried = [m for m in range(26) if m not in rows.move]
    assert (tree.root[GUMBEL, untried] + np.log(tree.root[1, untried])).max() < first.min()
    chosen = analysis.choose(tree, params, 0.0, np.random.default_rng(0))
    assert chosen in rows.move[rows.visits == rows.visits.max()]
    target = analysis.policy_target(tree, params)
    assert abs(float(target.sum()) - 1) < 1e-5
    assert (target > 0).sum() > rows.move.size  # untried moves are learnt from too


def test_what_cannot_be_thought_about_is_refused():
    searches = Searches(Counter(), 1, 5, PARAMS, np.random.default_rng(1))
    with pytest.raises(InvalidInput, match="5×5"):
        searches.begin(0, new_board(9))
    searches.begin(0, moves(new_board(5), "pass", "pass"))
    with pytest.raises(InvalidInput, match="ended"):
        searches.advance(0, 3)
    with pytest.raises(InvalidInput, match="1 or more"):
        searches.think(0, 0)
    planned = Searches(Counter(), 1, 5, PARAMS.with_changes(gumbel=4), np.random.default_rng(1))
    with pytest.raises(InvalidInput, match="at most 60"):
        planned.think(0, 61)
    with pytest.raises(InvalidInput, match="at least 1"):
        Searches(Counter(), 0, 5, PARAMS, np.random.default_rng(1))

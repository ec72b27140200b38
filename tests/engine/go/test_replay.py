import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go import features, kernels
from engine.go.board import new_board
from engine.go.replay import Position, Sampler, join, last, one_game, read_games, write_games
from tests.engine.go.learning import random_game, random_games


def equal(a, b):
    for name, x, y in zip(a._fields, a, b, strict=True):
        np.testing.assert_array_equal(x, y, err_msg=name)
        assert x.dtype == y.dtype, name


def test_a_position_worked_by_hand():
    # 2×2: Black A1, White B2, then Black may go A2 (80 %) or pass (20 %); White wins by 1
    game = one_game([Position(2, ((2, 1.0),), 1.0, 1.0), Position(1, (), 0.0, 1.0, 0.5),
                     Position(0, ((0, 0.8), (4, 0.2)), 0.5, 0.25)],
                    komi=1.0, score=-1.0, owner=[1, -1, 1, -1])
    batch = Sampler(game).gather(np.array([0, 1, 2]), np.zeros(3, np.int64))
    np.testing.assert_array_equal(batch.policy, np.array(
        [[0, 0, 1, 0, 0], [0, 0, 0, 0, 0], [0.8, 0, 0, 0, 0.2]], np.float32))
    np.testing.assert_array_equal(batch.outcome, [[0, 0, 1], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(batch.score, [-1, 1, -1])
    np.testing.assert_array_equal(batch.owner, [[1, -1, 1, -1], [-1, 1, -1, 1], [1, -1, 1, -1]])
    np.testing.assert_array_equal(batch.policy_weight, [1, 0, 0.5])
    np.testing.assert_array_equal(batch.value_weight, [1, 1, 0.25])
    assert batch.planes[2, features.OWN].tolist() == [[0, 0], [1, 0]]
    assert batch.planes[2, features.THEIRS].tolist() == [[0, 1], [0, 0]]
    assert batch.planes[2, features.KOMI, 0, 0] == pytest.approx(-1 / 20)


def test_a_draw_is_neither():
    game = one_game([Position(0, ((0, 1.0),), 1.0, 1.0)], komi=4.0, score=0.0, owner=[1] * 4)
    assert Sampler(game).gather(np.array([0]), np.array([0])).outcome.tolist() == [[0, 1, 0]]


def test_the_searchs_value_is_mixed_in():
    # White to move at the second position; the search gave the mover +0.5, the game was lost
    positions = [Position(0, (), 0.0, 1.0), Position(1, (), 0.0, 1.0, 0.5)]
    game = one_game(positions, komi=0.0, score=4.0, owner=[1] * 4)
    batch = Sampler(game, value_mix=0.4).gather(np.array([0, 1]), np.zeros(2, np.int64))
    np.testing.assert_allclose(batch.outcome, [[1, 0, 0], [0.4 * 0.75, 0, 0.6 + 0.4 * 0.25]])


@pytest.mark.parametrize("symmetry", range(8))
def test_planes_and_targets_turn_together(symmetry):
    games = random_game(5, seed=4, moves=15)
    sampler = Sampler(games)
    rows = np.arange(15)
    plain = sampler.gather(rows, np.zeros(15, np.int64))
    turned = sampler.gather(rows, np.full(15, symmetry))
    where = features.symmetry_table(5)[symmetry]
    for a, b in ((plain.planes.reshape(15, -1, 25), turned.planes.reshape(15, -1, 25)),
                 (plain.owner, turned.owner), (plain.policy[:, :25], turned.policy[:, :25])):
        np.testing.assert_array_equal(b[..., where[:25]], a)
    np.testing.assert_array_equal(plain.policy[:, 25], turned.policy[:, 25])


def test_planes_are_those_of_the_position():
    games = join([random_game(5, 1), random_game(5, 2)])
    n = int(games.start[1]) + 7
    board = new_board(5, 7.0)
    for move in games.move[games.start[1]:n]:
        kernels.play(board, int(move))
    planes = np.empty((features.PLANES, 5, 5), np.float32)
    features.write(board, planes)
    np.testing.assert_array_equal(Sampler(games).gather(np.array([n]), np.array([0])).planes[0],
                                  planes)


def test_only_positions_with_a_weight_are_drawn():
    game = one_game([Position(0), Position(1, (), 0.0, 1.0), Position(2)], komi=0.0, score=1.0,
                    owner=[1] * 4)
    sampler = Sampler(game)
    assert len(sampler) == 1
    drawn = sampler.draw(20, np.random.default_rng(1))
    assert (drawn.planes[:, features.THEIRS].sum((1, 2)) == 1).all()


def test_nothing_to_learn_is_said():
    with pytest.raises(InvalidInput, match="no position to learn from"):
        Sampler(one_game([Position(0)], komi=0.0, score=1.0, owner=[1] * 4))


def test_suicide_is_remembered():
    game = one_game([Position(0, (), 0, 1.0)], komi=0.0, score=1.0, owner=[1] * 4, suicide=True)
    games = Sampler(join([game, random_game(2, 1, komi=0.0)]))
    planes = games.gather(np.array([0, 1]), np.zeros(2, np.int64)).planes
    assert planes[:, features.MAY_SUICIDE, 0, 0].tolist() == [1.0, 0.0]


def test_joined_games_read_like_the_parts():
    parts = [random_game(5, n, moves=9) for n in range(4)]
    whole = Sampler(join(parts))
    at = 0
    for part in parts:
        rows = np.arange(len(part.move))
        equal(whole.gather(rows + at, rows % 8), Sampler(part).gather(rows, rows % 8))
        at += len(rows)


def test_the_last_games_are_a_window():
    games = random_games(5, 6, moves=11)
    equal(last(games, 2), join([random_game(5, n, moves=11) for n in (4, 5)]))
    equal(last(games, 99), games)


def test_board_sizes_are_not_mixed():
    with pytest.raises(InvalidInput, match="5×5, 7×7"):
        join([random_game(7, 1), random_game(5, 1)])


def test_no_games_are_refused():
    with pytest.raises(InvalidInput, match="no games at all"):
        join([])


def test_games_come_back_from_a_file(tmp_path):
    games = random_games(5, 3)
    write_games(tmp_path / "deep" / "g.npz", games)
    equal(read_games(tmp_path / "deep" / "g.npz"), games)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["g.npz"]


@pytest.mark.parametrize("cut", [0, 10, 300, -30])
def test_a_damaged_file_is_refused(tmp_path, cut):
    path = tmp_path / "g.npz"
    write_games(path, random_games(5, 1))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_games(path)


def test_a_pickle_inside_is_not_opened(tmp_path):
    path = tmp_path / "g.npz"
    facts = random_games(5, 1)._asdict()
    np.savez(path, kind=np.array("atrium-go-games-1"),
             **{**facts, "move": np.array([print], dtype=object)})
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_games(path)


@pytest.mark.parametrize(("name", "value", "fault"), [
    ("move", np.array([99] * 40, np.int16), "outside the board"),
    ("start", np.array([0, 50], np.int64), "not in order"),
    ("komi", np.zeros(9, np.float32), "do not fit"),
    ("score", np.zeros(1, np.float64), "float64"),
    ("owner", np.zeros((1, 26), np.int8), "no square board"),
])
def test_arrays_that_do_not_fit_are_refused(tmp_path, name, value, fault):
    games = random_game(5, 1)
    assert len(games.move) == 40
    write_games(tmp_path / "g.npz", games._replace(**{name: value}))
    with pytest.raises(InvalidInput, match=fault):
        read_games(tmp_path / "g.npz")


def test_another_archive_is_refused(tmp_path):
    np.savez(tmp_path / "g.npz", a=np.zeros(3))
    with pytest.raises(InvalidInput, match="holds another kind of file"):
        read_games(tmp_path / "g.npz")

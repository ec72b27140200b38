import json
from dataclasses import replace

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go import kernels
from engine.go.board import new_board
from engine.go.lessons import games_of, level_weight
from engine.go.library import Library
from engine.go.opponent import Opponent
from engine.go.replay import Sampler
from engine.go.teacher import (
    TEACHER,
    Curriculum,
    Lesson,
    Shelf,
    abilities,
    play_lesson,
    teach,
)

QUICK = Curriculum(size=5, komi=0.0, levels=((1, 1.0),), opening_moves=2, slip=0.1)

# Black takes the middle of 5×5, White passes, Black passes, White passes
SHORT = Lesson(5, 0.0, (12, 25, 25), "0a1", 25.0, "x" * 25)


@pytest.fixture
def engine(gnugo):
    with Opponent(f"{TEACHER} --level 1") as running:
        yield running


def test_a_lesson_is_a_whole_game(engine):
    lesson = play_lesson(engine, QUICK, np.random.default_rng(3), abilities(engine))
    board = new_board(5, 0.0)
    for move in lesson.moves:
        assert kernels.is_legal(board, move)
        kernels.play(board, move)
    assert kernels.ended(board)
    assert kernels.area_score(board) == lesson.score  # no dead stone is left on the board
    owner = np.array([{"x": 1, "o": -1, ".": 0}[c] for c in lesson.owner])
    assert owner.sum() == lesson.score
    assert len(lesson.levels) == len(lesson.moves)
    assert set(lesson.levels) <= {"0", "1"}


def test_an_engine_that_can_only_play_teaches_too(engine):
    lesson = play_lesson(engine, QUICK, np.random.default_rng(3), frozenset())
    board = new_board(5, 0.0)
    for move in lesson.moves:
        kernels.play(board, move)
    assert lesson.score == kernels.area_score(board)
    assert set(lesson.levels) <= {"0", "a"}  # it counts as the highest level
    assert len(lesson.owner) == 25


def test_a_killed_teacher_goes_on_where_it_was(engine, tmp_path):
    straight = Shelf(tmp_path / "a")
    for _ in teach(engine, QUICK, straight, 4, seed=7):
        pass
    broken = Shelf(tmp_path / "b")
    for _ in teach(engine, QUICK, broken, 2, seed=7):
        pass
    with broken.shards()[0].open("ab") as file:
        file.write(b'{"size":5,"komi":0.0,"mo')  # the power went here
    assert broken.count() == 2
    assert len(list(teach(engine, QUICK, broken, 4, seed=7))) == 2
    assert list(broken.lessons()) == list(straight.lessons())


def test_shards_hold_a_thousand(tmp_path):
    shelf = Shelf(tmp_path)
    for number in (0, 999, 1000):
        shelf.append(SHORT, number)
    assert [p.name for p in shelf.shards()] == ["lessons-00000.jsonl", "lessons-00001.jsonl"]
    assert list(shelf.lessons()) == [SHORT] * 3


@pytest.mark.parametrize("change", [
    {"levels": "0"}, {"owner": "x"}, {"moves": [12, 26, 25]}, {"moves": None}, {"more": 1},
])
def test_a_line_that_is_no_lesson_is_named(tmp_path, change):
    facts = {"size": 5, "komi": 0.0, "moves": [12, 25, 25], "levels": "0a1", "score": 25.0,
             "owner": "x" * 25, **change}
    (tmp_path / "lessons-00000.jsonl").write_text(json.dumps(facts) + "\n", "utf-8")
    with pytest.raises(InvalidInput, match="line 1 is no lesson"):
        list(Shelf(tmp_path).lessons())


@pytest.mark.parametrize("values", [
    {"size": 4}, {"levels": ()}, {"levels": ((11, 1.0),)}, {"levels": ((1, 0.0),)}, {"slip": 1.0},
    {"uneven": 2.0}, {"opening_moves": -1},
])
def test_a_curriculum_out_of_range_is_refused(values):
    with pytest.raises(InvalidInput):
        Curriculum(**values)


def test_moves_count_by_the_level_that_chose_them():
    games = games_of([SHORT])
    assert games.policy_weight.tolist() == [0.0, 1.0, 0.0]  # random; level 10; taking off the dead
    assert games.value_weight.tolist() == [1.0, 1.0, 0.0]
    assert games.target_point.tolist() == [25]
    assert level_weight(1) == pytest.approx(0.3)
    assert level_weight(10) == 1.0


def test_results_and_owners_are_the_teachers():
    batch = Sampler(games_of([SHORT])).gather(np.array([0, 1]), np.zeros(2, np.int64))
    assert batch.score.tolist() == [25.0, -25.0]
    assert batch.owner[1].tolist() == [-1.0] * 25


def test_a_game_that_breaks_the_rules_is_left_out(caplog):
    wrong = replace(SHORT, moves=(12, 12, 25))
    assert len(games_of([SHORT, wrong]).komi) == 1
    assert "1 of the teacher's games break the rules" in caplog.text


def test_a_library_grows_and_repeats(tmp_path):
    shelf = Shelf(tmp_path)
    for number in range(40):
        shelf.append(SHORT, number)
    library = Library(tmp_path)
    assert library.take() == 40
    assert len(library.learnt().komi) == 39  # one in 32 is held out
    assert len(library.held_out().komi) == 1
    then = dict(library.counts)
    for number in range(40, 70):
        shelf.append(SHORT, number)
    assert library.take() == 70
    assert len(library.learnt(window=10).komi) == 10
    again = Library(tmp_path)
    assert again.take(then) == 40
    assert len(again.learnt().komi) == 39


def test_a_library_that_has_lost_games_says_so(tmp_path):
    Shelf(tmp_path).append(SHORT, 0)
    with pytest.raises(InvalidInput, match="has 1 games, but 5 were learnt from"):
        Library(tmp_path).take({"0:lessons-00000.jsonl": 5})


def test_folders_are_read_one_after_the_other(tmp_path):
    for name, moves in (("b", (12, 25, 25)), ("a", (6, 25, 25))):
        Shelf(tmp_path / name).append(replace(SHORT, moves=moves), 0)
    library = Library(tmp_path / "b", tmp_path / "a")
    assert library.take() == 2
    assert library.learnt().move.tolist() == [12, 25, 25, 6, 25, 25]
    assert library.positions("lessons-00000") == 2  # of the first folder alone


def test_an_empty_library_says_so(tmp_path):
    library = Library(tmp_path)
    assert library.take() == 0
    with pytest.raises(InvalidInput, match="There are no games"):
        library.learnt()

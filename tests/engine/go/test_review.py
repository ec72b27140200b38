"""What moves cost, by a table that can be checked by hand."""

from engine.go.coaching import Lesson, Review
from engine.go.game import Game
from engine.go.review import MIN_VISITS, Report, better, cost, costs, mistakes
from engine.go.vertices import point_of


def judged(reports):
    """A 9×9 game C3, G7, C7, … with a report (win, score, best) at each position."""
    game = Game(9)
    names = ("C3", "G7", "C7", "G3")[:len(reports) - 1]
    for i, (win, score, best) in enumerate(reports):
        if i:
            game.play(point_of(names[i - 1], 9))
        game.node.report = Report(200, win, score, -1 if best is None else point_of(best, 9))
    return game


def test_a_cost_is_the_fall_of_the_movers_lead():
    game = judged([(0.5, 1.0, "E5"), (0.4, -2.0, "E5"), (0.7, 3.5, "E5")])
    black, white = costs(game.line())
    assert (black.number, black.colour, black.points) == (1, 1, 3.0)
    assert round(black.win, 6) == -0.1
    assert (white.number, white.colour, white.points) == (2, -1, 5.5)
    assert round(white.win, 6) == -0.3


def test_the_move_the_search_wanted_is_no_mistake_though_its_cost_is_told():
    game = judged([(0.5, 1.0, "C3"), (0.4, -2.0, "E5")])
    (only,) = costs(game.line())
    assert only.points == 3.0
    assert mistakes(game.line()) == []
    lesson = Lesson()
    lesson.judge(game.node, 1.0, 9)
    assert lesson.warning is None


def test_a_move_that_was_better_than_thought_has_a_negative_cost():
    game = judged([(0.5, 1.0, "E5"), (0.6, 2.0, "E5")])
    assert costs(game.line())[0].points == -1.0


def test_few_visits_are_no_opinion():
    game = judged([(0.5, 1.0, "E5"), (0.4, -2.0, "E5")])
    game.node.report = Report(MIN_VISITS - 1, 0.4, -2.0)
    assert cost(game.node) is None
    assert cost(game.root) is None


def test_mistakes_come_worst_first_and_small_ones_not_at_all():
    game = judged([(0.5, 0.0, "E5"), (0.5, -1.0, "E5"), (0.5, 2.0, "E5"), (0.5, 1.8, "E5")])
    assert [(m.number, m.points) for m in mistakes(game.line())] == [(2, 3.0), (1, 1.0)]
    assert len(mistakes(game.line(), count=1)) == 1


def test_the_deeper_look_is_kept():
    shallow, deep = Report(60, 0.5, 0.0), Report(600, 0.6, 1.0)
    assert better(deep, shallow) is deep
    assert better(shallow, deep) is deep
    assert better(None, shallow) is shallow


def test_a_lesson_warns_from_its_limit_on():
    game = judged([(0.5, 1.0, "E5"), (0.4, -2.0, "E5")])
    lesson = Lesson()
    lesson.watch(game.node)
    lesson.judge(game.node, 3.5, 9)
    assert lesson.due is None
    assert lesson.facts() is None
    lesson.judge(game.node, 3.0, 9)
    assert lesson.facts() == {"points": 3.0, "best": point_of("E5", 9),
                              "text": "C3 loses about 3.0 points; E5 was better."}
    lesson.forget()
    assert lesson.warning is None


def test_a_review_counts_moves_and_ends():
    game = judged([(0.5, 1.0, None), (0.5, 1.0, None)])
    review = Review(game.line(), game.node)
    assert review.facts() == {"done": 0, "of": 1}
    review.at = 2
    assert review.node is None
    assert review.facts() == {"done": 1, "of": 1}

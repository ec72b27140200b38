"""What is told in whole sentences: at the board, at the wheel, of the cameras."""

import pytest

from engine.agent.planner.cameras import switches, views_in
from engine.agent.planner.steps import AskBack
from engine.agent.planner.table import table_deed
from engine.agent.planner.tokens import tokens_of
from engine.agent.planner.wheel import drive_deed
from engine.perception.cameras import VIEWS


@pytest.mark.parametrize(("said", "deed"), [
    ("I resign", ("resign", {})), ("take that back please", ("undo", {})),
    ("retract my last move", ("undo", {})), ("rematch", ("new_game", {})),
    ("new game on 13x13 with komi 6.5", ("new_game", {"size": 13, "komi": 6.5})),
    ("another game with three handicap stones", ("new_game", {"handicap": 3})),
    ("show me my mistakes", ("review", {})), ("stop the review", ("stop_review", {})),
    ("turn what-if off", ("what_if", {"on": False})),
    ("resign below 5 percent", None), ("take the black stones", None), ("start a go game", None),
    ("play D4", None), ("review my games with 400 simulations", None)])
def test_what_is_said_at_the_board(said, deed):
    assert table_deed(tokens_of(said)) == deed


@pytest.mark.parametrize(("said", "deed"), [
    ("take the wheel", ("take_over", {"on": True})),
    ("hand the wheel back", ("take_over", {"on": False})),
    ("you drive again", ("take_over", {"on": False})),
    ("different town please", ("new_drive", {})),
    ("steer a bit to the left", ("wheel", {"steer": 0.2})),
    ("turn right", ("wheel", {"steer": -0.5})), ("straight ahead", ("wheel", {"steer": 0.0})),
    ("brake hard", ("wheel", {"brake": 1.0})), ("throttle 0.4", ("wheel", {"throttle": 0.4})),
    ("why was box 2 found in the rear camera", ("explain", {"view": "rear", "box": 2})),
    ("want the car to go faster", None), ("pause the drive", None), ("", None)])
def test_what_is_said_at_the_wheel(said, deed):
    assert drive_deed(tokens_of(said)) == deed


@pytest.mark.parametrize("view", VIEWS)
def test_every_camera_is_known_by_its_name(view):
    assert views_in(tokens_of(f"the {view.replace('_', ' ')} camera")) == [view]


@pytest.mark.parametrize(("said", "views", "on"), [
    ("switch off the narrow front camera", ["front_narrow"], False),
    ("kill the left repeater and the right repeater", ["left_repeater", "right_repeater"], False),
    ("turn the rear camera back on", ["rear"], True),
    ("right pillar cam off", ["right_pillar"], False),
    ("both repeaters off", ["left_repeater", "right_repeater"], False)])
def test_cameras_are_switched(said, views, on):
    assert switches(tokens_of(said)) == [{"view": v, "on": on} for v in views]


def test_a_camera_that_is_not_named_is_asked_for():
    with pytest.raises(AskBack, match="Which camera"):
        switches(tokens_of("turn off one of the cameras"))

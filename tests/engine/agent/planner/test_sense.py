"""What the words of a clause rule out, whatever the classifier makes of them."""

import pytest

from engine.agent.planner.acts import Guess
from engine.agent.planner.lexicon import lexicon
from engine.agent.planner.mentions import read
from engine.agent.planner.questions import is_question
from engine.agent.planner.sense import sensible
from engine.agent.planner.tokens import tokens_of


@pytest.mark.parametrize(("text", "asked"), [
    ("how many robots are there", True), ("do riders wait long", True), ("is surge on", True),
    ("can you tell me the wait", True), ("please tell me what the throughput is", True),
    ("do 10 steps", False), ("can you set the radius to 3 km", False), ("have 50 robots", False),
    ("how about 50 robots", False), ("what if it rains", True), ("why don't we use batch", False),
    ("is it possible to pause", False), ("", False), ("please", False)])
def test_questions_and_orders_are_told_apart(text, asked):
    assert is_question(tokens_of(text)) is asked


def judged(text, *acts, alive=False, engine=None):
    """The act left of these, each less likely than the one before."""
    p = [0.5 / 2**i for i in range(len(acts))]
    return sensible(text, read(text, lexicon(), engine=engine), Guess(acts, tuple(p)),
                    alive=alive).act


@pytest.mark.parametrize(("text", "wrong", "right"), [
    ("how many robots are there", "set", "settings"), ("number of SKUs?", "set", "settings"),
    ("what is the speed of light", "speed", "other"), ("put it at 12", "speed", "again"),
    ("start with optimal batch", "compare", "start"), ("get pricing back up", "resume", "other"),
    ("paint a taxi in the rain", "inject", "image"), ("sum(range(3))", "start", "code"),
    ("no traffic over Mill Bridge", "set", "inject"), ("the robots please", "figures", "settings")])
def test_what_the_words_give_no_ground_for_is_ruled_out(text, wrong, right):
    assert judged(text, wrong, right, "help") == right


def test_a_living_run_is_asked_and_not_the_documents():
    said = "what is the throughput"
    assert judged(said, "knowledge", "figures", "help") == "knowledge"
    assert judged(said, "knowledge", "figures", "help", alive=True) == "figures"
    assert judged("what does throughput mean", "knowledge", "figures", "help",
                  alive=True) == "knowledge"
    assert judged("let's see 25 percent priority orders", "start", "set", "help",
                  alive=True) == "set"


def test_what_is_left_shares_the_probability():
    reading = read("how many robots are there", lexicon())
    left = sensible("", reading, Guess(("set", "settings", "help"), (0.6, 0.3, 0.1)))
    assert left.acts == ("settings", "help")
    assert left.probability == pytest.approx((0.75, 0.25))

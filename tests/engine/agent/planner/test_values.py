"""Which number is which setting's, and phrases in pieces."""

import pytest

from engine.agent.house.domains import domains
from engine.agent.planner.acts import Guess
from engine.agent.planner.clauses import Ask
from engine.agent.planner.gaps import gaps
from engine.agent.planner.lexicon import lexicon, stem
from engine.agent.planner.mentions import read
from engine.agent.planner.quantities import quantities
from engine.agent.planner.tokens import tokens_of
from engine.agent.planner.values import named_settings, settings_in
from engine.agent.planner.written import arithmetic, python


def asked(text, engine):
    return Ask(text, read(text, lexicon(), engine=engine), Guess(("set", "help"), (1.0, 0.0)))


@pytest.mark.parametrize(("engine", "text", "values"), [
    ("warehouse", "800 robots", {"robots": 800}),
    ("warehouse", "robots 35, chargers 8, stations 3",
     {"robots": 35, "chargers": 8, "stations": 3}),
    ("warehouse", "robots should start charging at 25 %", {"charge_below": 25.0}),
    ("warehouse", "orders are due within 2 hours", {"due_min": 120.0}),
    ("warehouse", "30 orders a minute", {"orders_per_h": 1800.0}),
    ("warehouse", "seed 4 robots 52", {"robots": 52}),
    ("warehouse", "fill just 70 percent of the slots", {"storage_fill_percent": 70.0}),
    ("warehouse", "switch opportunity charging off", {"opportunity_charging": False}),
    ("dispatch", "base fare 3 euros 50", {"fare_base": 3.5}),
    ("dispatch", "three quarters of the riders agree to share", {"pool_consent_percent": 75.0}),
    ("dispatch", "half of the riders agree to share", {"pool_consent_percent": 50.0}),
    ("dispatch", "a commission of 15 %, I mean 20 %", {"commission_percent": 20.0}),
    ("dispatch", "no rush hour", {"congestion": 0}),
    ("dispatch", "120 drivers working", {"drivers": 120}),
    ("dispatch", "a search radius of 800 m", {"radius_km": 0.8})])
def test_each_number_finds_its_setting(engine, text, values):
    assert settings_in(asked(text, engine), domains()[engine])[0] == values


def test_a_setting_named_twice_is_read_once():
    of = domains()["warehouse"]
    assert named_settings(asked("the robots, how many robots", "warehouse"), of) == ["robots"]


@pytest.mark.parametrize(("text", "numbers"), [
    ("0,50", [0.5]), ("1,200", [1200]), ("a quarter of an hour", [15]), ("by a third", [100 / 3]),
    ("nine out of ten", [90]), ("minus three", [-3]), ("5 - 3", [5, 3]), ("one of the aisles", []),
    ("an hour and a half", [1.5]), ("35, 36", [35, 36])])
def test_more_ways_to_write_a_number(text, numbers):
    assert [q.value for q in quantities(tokens_of(text))] == pytest.approx(numbers)


@pytest.mark.parametrize(("text", "name"), [
    ("how many robots are actually working", "utilisation"),
    ("how long do riders typically have to wait", None),
    ("block off one of these aisles", "close_aisle")])
def test_phrases_are_found_in_pieces(text, name):
    names = {e.name for m in read(text, lexicon(), engine="warehouse").mentions
             for e in m.meanings if e.engine == "warehouse"}
    assert name is None or name in names


def test_words_far_apart_are_no_phrase():
    tokens = tokens_of("aisle and what not and this and that please then block")
    free = [True] * len(tokens)
    assert gaps(lexicon()).find(tokens, free, free, "warehouse") == []


@pytest.mark.parametrize("words", [("close", "closed", "closing"), ("stop", "stopping", "stopped"),
                                   ("robot", "robots"), ("", ""), ("as", "as")])
def test_endings_are_dropped(words):
    assert len({stem(w) for w in words}) == 1


@pytest.mark.parametrize(("text", "source"), [
    ("please evaluate len('warehouse') in python", "len('warehouse')"),
    ("run: print('hello floor')", "print('hello floor')"),
    ("exec abs(-12) + 30 in the python sandbox", "abs(-12) + 30"),
    ("python snippet for you: max([4, 8])", "max([4, 8])"), ("hello there", ""),
    ("`1 + 1`", "1 + 1")])
def test_python_is_found_in_a_sentence(text, source):
    assert python(text) == source


@pytest.mark.parametrize(("text", "source"), [
    ("what is 17 times 23", "17  *  23"), ("the square root of 144", "144 ** 0.5"),
    ("15 % of 80", "15  / 100 *  80"), ("hello", "")])
def test_arithmetic_is_found_in_a_sentence(text, source):
    assert arithmetic(text).split() == source.split()

import math

import pytest

from engine.dispatch.imports.raw import UNSAID
from engine.dispatch.imports.streets import rank_of, speed_mps, street_of
from engine.dispatch.network import ARTERIAL, COLLECTOR, LOCAL, MOTORWAY


@pytest.mark.parametrize(("limit", "kmh"), [
    ("50", 50), ("30 mph", 48.28), ("50 km/h", 50), ("['30', '50']", 30), ("27.5", 27.5),
    ("10 knots", 18.52)])
def test_limits_in_words_and_units(limit, kmh):
    assert speed_mps(limit) * 3.6 == pytest.approx(kmh, abs=0.01)


@pytest.mark.parametrize("limit", ["", "walk", "none", "signals", "0", "DE:urban"])
def test_limits_that_are_no_number(limit):
    assert math.isnan(speed_mps(limit))


@pytest.mark.parametrize(("highway", "rank"), [
    ("motorway", MOTORWAY), ("primary", ARTERIAL), ("tertiary_link", COLLECTOR),
    ("residential", LOCAL), ("['residential', 'tertiary']", LOCAL), ("cycleway", UNSAID),
    ("", UNSAID)])
def test_ranks(highway, rank):
    assert rank_of(highway) == rank


@pytest.mark.parametrize(("tags", "forwards", "backwards"), [
    ({}, True, True), ({"oneway": "yes"}, True, False), ({"oneway": "-1"}, False, True),
    ({"oneway": "no"}, True, True), ({"junction": "roundabout"}, True, False),
    ({"junction": "roundabout", "oneway": "no"}, True, True)])
def test_directions(tags, forwards, backwards):
    street = street_of({"highway": "residential"} | tags)
    assert (street.forwards, street.backwards) == (forwards, backwards)


def test_a_motorway_runs_one_way_unless_it_says_otherwise():
    assert not street_of({"highway": "motorway"}).backwards
    assert street_of({"highway": "motorway", "oneway": "no"}).backwards


@pytest.mark.parametrize(("tags", "open_"), [
    ({"access": "private"}, False), ({"access": "no", "motor_vehicle": "yes"}, True),
    ({"motorcar": "no"}, False), ({"area": "yes"}, False), ({"access": "destination"}, True)])
def test_who_may_drive(tags, open_):
    assert (street_of({"highway": "residential"} | tags) is not None) == open_


def test_a_speed_without_a_limit_is_the_class_s():
    assert street_of({"highway": "motorway"}).speed_mps > street_of(
        {"highway": "residential"}).speed_mps

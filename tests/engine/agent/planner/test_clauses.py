"""What a message is cut into, and what its parts are taken for."""

from __future__ import annotations

import pytest

from engine.agent.house.domains import domains
from engine.agent.planner.acts import act_model
from engine.agent.planner.clauses import Here, Reader
from engine.agent.planner.deeds import deed
from engine.agent.planner.lexicon import lexicon

FLOOR = Here("warehouse", alive=True)


@pytest.fixture(scope="module")
def reader() -> Reader:
    """The shipped one."""
    return Reader(lexicon(), act_model())


@pytest.mark.parametrize(("text", "acts"), [
    ("first pause then export the data as csv", ["pause", "export"]),
    ("robots to 60, then reset so it counts", ["set", "reset"]),
    ("pause please. after that set robots to 50. after that reset.", ["pause", "set", "reset"]),
    ("robot 16 has a flat wheel, have it stand for 3 min", ["inject"]),
])
def test_an_order_of_several_is_cut_into_each(reader: Reader, text: str, acts: list[str]) -> None:
    assert [a.act for a in reader.asks(text, FLOOR)] == acts


def test_a_list_names_each_robot(reader: Reader) -> None:
    asks = reader.asks("break robots 4, 5 and 6", FLOOR)
    assert [number for a in asks for _, number in a.reading.agents] == [4, 5, 6]


def test_a_stretch_of_an_aisle_closes_no_more_than_that(reader: Reader) -> None:
    ask = reader.ask("close off row nine between columns 10 and 30", FLOOR)
    assert deed(ask, domains()["warehouse"]) == (
        "close_aisle", {"row": 9, "start": 10, "stop": 30})

import pytest

from engine.errors import InvalidInput
from engine.live.commands import Command, integer, only, switch


def test_a_command_does_something_to_its_world():
    world: list[int] = []
    keep = Command(lambda w, given: w.append(integer(given, "value")) or "kept", "Keep: value.")
    assert keep.run(world, {"value": 3}) == "kept"
    assert world == [3]


@pytest.mark.parametrize(("read", "words"), [
    (lambda: only({"a": 1, "z": 2}, "a", "b"), "no argument z; this command takes a, b"),
    (lambda: only({"z": 2}), "takes none"),
    (lambda: switch({"on": 1}, "on"), "on is 1; it must be true or false"),
    (lambda: integer({"n": True}, "n"), "n is True; it must be a whole number"),
    (lambda: integer({}, "n"), "n is None; it must be a whole number"),
])
def test_what_nobody_can_read_is_refused(read, words):
    with pytest.raises(InvalidInput, match=words):
        read()


def test_what_is_left_out_has_its_default():
    assert switch({}, "on") is True
    assert switch({}, "on", default=False) is False
    assert integer({}, "n", 4) == 4

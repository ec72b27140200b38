import argparse
from typing import Literal

import pytest

from engine.errors import EngineError, InvalidInput
from engine.params import Params, add_arguments, from_arguments, knob, knobs


class Oven(Params):
    heat: int = knob(180, "Heat", "How hot.", low=50, high=250, step=10, unit="°C")
    door: bool = knob(False, "Door open", "Whether it stands open.")
    mode: Literal["fan", "grill"] = knob("fan", "Mode", "What heats.", live=False)
    salt: float = knob(0.5, "Salt", "100 % of taste.", low=0.0, high=1.0, step=0.1, group="Dish")


def test_knobs_say_everything_a_control_needs():
    heat, door, mode, salt = knobs(Oven)
    assert (heat.kind, heat.low, heat.high, heat.step, heat.unit) == ("int", 50, 250, 10, "°C")
    assert (door.kind, mode.kind, mode.choices) == ("bool", "choice", ("fan", "grill"))
    assert (salt.kind, salt.group, salt.live, mode.live) == ("float", "Dish", True, False)
    assert [k.default for k in (heat, door, mode, salt)] == [180, False, "fan", 0.5]


@pytest.mark.parametrize(("values", "says"), [
    ({"heat": 300}, "Heat is 300; it must be between 50 and 250 °C"),
    ({"heat": "hot"}, "Heat is 'hot'"),
    ({"mode": "steam"}, "Mode is 'steam'; it must be one of fan, grill"),
    ({"cold": 1}, "cold: no such setting; choose from heat, door, mode, salt"),
    ({"salt": float("nan")}, "Salt is nan"),
])
def test_a_wrong_value_is_named_with_its_limit(values, says):
    with pytest.raises(InvalidInput) as caught:
        Oven.parse(values)
    assert says in str(caught.value)
    assert isinstance(caught.value, EngineError | ValueError)


def test_every_wrong_value_is_listed():
    with pytest.raises(InvalidInput, match=r"Heat is 1; .*; Salt is 7; "):
        Oven.parse({"heat": 1, "salt": 7})


def test_what_changed_and_what_needs_a_reset():
    a = Oven()
    b = a.with_changes(heat=200, mode="grill")
    assert b.changed_from(a) == ("heat", "mode")
    assert b.needs_reset(a) == ("mode",)
    assert a.needs_reset(a) == ()
    assert b.describe_changes(a) == "Heat 180 → 200 °C, Mode fan → grill"
    assert a.with_changes(door=True).describe_changes(a) == "Door open off → on"


def test_the_command_line_reads_the_same_declaration():
    parser = argparse.ArgumentParser()
    add_arguments(parser, Oven)
    read = from_arguments(Oven, parser.parse_args(["--heat", "200", "--door", "--mode", "grill"]))
    assert read == Oven(heat=200, door=True, mode="grill")
    assert from_arguments(Oven, parser.parse_args([])) == Oven()
    assert "How hot. (default 180 °C)" in parser.format_help()
    with pytest.raises(InvalidInput, match="Heat is 900"):
        from_arguments(Oven, parser.parse_args(["--heat", "900"]))

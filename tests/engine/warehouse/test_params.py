from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.params import knobs
from engine.warehouse.params import WarehouseParams


def test_every_knob_says_what_it_is() -> None:
    for knob in knobs(WarehouseParams):
        assert knob.label, knob.name
        assert knob.help.endswith("."), knob.name
        if knob.kind in ("int", "float"):
            assert knob.low is not None
            assert knob.high is not None
            assert knob.low <= knob.default <= knob.high
    groups = {knob.group for knob in knobs(WarehouseParams)}
    assert groups == {"Fleet", "Layout", "Orders", "Assignment", "Traffic", "Stations", "Energy"}


def test_the_floors_shape_needs_a_reset_and_its_rules_do_not() -> None:
    fixed = {knob.group for knob in knobs(WarehouseParams) if not knob.live}
    assert fixed == {"Fleet", "Layout", "Orders", "Energy"}
    one, two = WarehouseParams(), WarehouseParams(robots=10, lane_cost=5.0)
    assert one.needs_reset(two) == ("robots",)
    assert one.changed_from(two) == ("robots", "lane_cost")


def test_wrong_values_name_the_knob_and_the_limit() -> None:
    with pytest.raises(InvalidInput, match="Robots is 0; it must be between 1 and 20000"):
        WarehouseParams.parse({"robots": 0})
    with pytest.raises(InvalidInput, match="Planner is 'A\\*'; it must be one of PIBT, PIBT"):
        WarehouseParams.parse({"planner": "A*"})

from __future__ import annotations

import pytest

from engine.warehouse.layout import generate
from engine.warehouse.scenarios import SCENARIOS


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_scenarios_lay_out_with_room_to_spare(name: str) -> None:
    params = SCENARIOS[name].params
    floor = generate(params)
    assert len(floor.stations) == params.stations
    assert params.robots < len(floor.slots)
    assert params.skus < 9 * len(floor.slots) * params.storage_fill_percent / 100


def test_scenarios_have_the_fleets_they_promise() -> None:
    assert {n: s.params.robots for n, s in SCENARIOS.items()} == {
        "small": 100, "standard": 1000, "large": 5000, "stress": 10_000}

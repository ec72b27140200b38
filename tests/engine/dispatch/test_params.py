from __future__ import annotations

import pytest

from engine.dispatch.incidents import COMMANDS
from engine.dispatch.params import DispatchParams
from engine.dispatch.scenarios import SCENARIOS
from engine.dispatch.simulation import DispatchSimulation
from engine.errors import InvalidInput
from engine.params import knobs


def test_every_knob_says_what_it_is() -> None:
    for knob in knobs(DispatchParams):
        assert knob.label, knob.name
        assert knob.help.endswith("."), knob.name
        if knob.kind in ("int", "float"):
            assert knob.low is not None
            assert knob.high is not None
            assert knob.low <= knob.default <= knob.high
    assert {k.group for k in knobs(DispatchParams)} == {
        "Matching", "Pooling", "Surge", "Fleet", "Riders", "Traffic", "Fares"}


def test_what_shapes_the_run_needs_a_reset_and_the_rules_do_not() -> None:
    fixed = {k.name for k in knobs(DispatchParams) if not k.live}
    assert fixed == {"drivers", "shift_h", "day", "start_h"}


def test_wrong_values_name_the_knob_and_the_limit() -> None:
    with pytest.raises(InvalidInput, match="Drivers is -1; it must be between 0 and 20000"):
        DispatchParams.parse({"drivers": -1})
    with pytest.raises(InvalidInput, match="Policy is 'best'; it must be one of nearest, greedy"):
        DispatchParams.parse({"policy": "best"})


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_are_known_by_their_names_and_their_commands_work(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.name == name
    assert scenario.label
    assert scenario.sentence == scenario.help
    assert scenario.help.endswith(".")
    times = [s.after_s for s in scenario.script]
    assert times == sorted(times)
    # on the shipped city, with a handful of drivers: what counts is that nothing is refused
    w = DispatchSimulation(scenario.params.with_changes(drivers=20, trips_per_day=1000), 1)
    for due in scenario.script:
        assert due.command in COMMANDS
        assert w.command(due.command, due.arguments).endswith((".", "ride", "streets", "one"))

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from tests.engine.dispatch.towns import world


def test_each_incident_ends_by_itself_or_by_recover() -> None:
    w = world()
    free = w.streets.drive_s.copy()
    assert w.command("rain", {"seconds": 60}).startswith("Rain for 1 min")
    w.step()
    assert w.status()["raining"]
    assert w.streets.drive_s.sum() > 1.15 * free.sum()
    assert w.command("surge_outage", {}) == (
        "Surge pricing is down for 26 min: every fare is the normal one")
    assert w.status()["outage"]
    for _ in range(31):
        w.step()
    assert not w.status()["raining"]
    assert w.status()["outage"]
    w.command("close_bridge", {"bridge": "Long Bridge"})
    assert w.command("recover", {"incident": "close_bridge"}) == "1 incident ended"
    assert w.command("recover", {}) == "1 incident ended"
    assert w.command("recover", {}) == "Nothing to end"
    assert [e.kind for e in w.drain_events()] == [
        "rain", "outage", "recovered", "closure", "recovered", "recovered"]


def test_rain_brings_a_third_more_requests() -> None:
    w = world()
    dry = w.source.rate_per_s(w.now_s, w.params, False).sum()
    assert w.source.rate_per_s(w.now_s, w.params, True).sum() == pytest.approx(1.35 * dry)


def test_a_stadium_empties_in_its_time() -> None:
    w = world(trips_per_day=0)
    said = w.command("stadium", {"riders": 100, "seconds": 300})
    coming = int(said.split()[0])
    for _ in range(160):
        w.step()
    assert w.counts()["opened"] == coming > 60
    assert w.flows().sum() == w.counts()["asked"]
    assert w.command("airport_bank", {"riders": 50}).endswith("within 30 min want a ride")


@pytest.mark.parametrize(("name", "arguments", "message"), [
    ("snow", {}, "there is no command 'snow'; choose from rain, stadium"),
    ("rain", {"seconds": 5}, "seconds is 5; it must be a whole number from 60 to 43200"),
    ("rain", {"seconds": True}, "seconds is True"),
    ("rain", {"hours": 1}, "rain takes seconds; it does not know hours"),
    ("stadium", {"riders": 0}, "riders is 0; it must be a whole number from 1 to 20000"),
    ("stadium", {"toward": "yes"}, "toward is 'yes'; it must be true or false"),
    ("close_bridge", {"bridge": "Tower"}, "no bridge 'Tower'; choose from Long Bridge"),
    ("recover", {"incident": "stadium"}, "no incident 'stadium'; choose from rain"),
])
def test_wrong_commands_say_what_they_take(name: str, arguments: dict, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        world().command(name, arguments)

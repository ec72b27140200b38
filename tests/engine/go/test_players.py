"""Who can sit at the board: networks by name, the strongest first, and never by path."""

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go import checkpoint, players
from engine.go.architecture import Architecture
from engine.go.board import BLACK, WHITE
from engine.go.checkpoint import Checkpoint
from engine.go.players import NO_NETWORK, Seat, Seats, default_network, network_names, open_mind


@pytest.fixture
def nets(tmp_path, monkeypatch):
    """Three networks of a user, one rated, and none shipped."""
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    monkeypatch.setattr(checkpoint, "SHIPPED", tmp_path / "none")
    architecture = Architecture.parse("1x8")
    weights = {name: np.zeros(shape, np.float32)
               for name, (shape, _) in architecture.tensors().items()}
    cards = {"a": {}, "b": {"elo": 120, "title": "Made at night"}, "c": {"elo": "high"}}
    for name, card in cards.items():
        file = tmp_path / f"{name}.safetensors"
        checkpoint.write(file, Checkpoint(architecture, weights, card))
        checkpoint.promote(file, name)
    return tmp_path


def test_the_strongest_by_its_card_is_the_default(nets):
    assert set(network_names()) == {"a", "b", "c", NO_NETWORK}
    assert network_names()[-1] == NO_NETWORK
    assert default_network() == "b"


def test_without_any_network_the_search_goes_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    monkeypatch.setattr(checkpoint, "SHIPPED", tmp_path / "none")
    assert default_network() == NO_NETWORK
    assert open_mind(NO_NETWORK).cost_us == players.NO_NETWORK_COST_US


def test_a_network_is_opened_by_name_alone(nets):
    mind = open_mind("a")
    assert mind.cost_us > players.BASE_COST_US
    for name in (str(nets / "a.safetensors"), "../a", "", None, 7):
        with pytest.raises(InvalidInput, match="no network"):
            players.known_network(name)


def test_a_network_is_told_by_its_card(nets):
    assert players.describe_network("b") == "Made at night"
    assert players.describe_network("a") == "A network without a card."
    assert "No network" in players.describe_network(NO_NETWORK)


def test_seats_know_their_colours():
    person, engine = Seat(True, "a", 1), Seat(False, "b", 50)
    seats = Seats(person, engine)
    assert (seats.of(BLACK), seats.of(WHITE)) == (person, engine)
    assert not seats.engines
    assert Seats(engine, engine).engines

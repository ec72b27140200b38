from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception.checkpoint import (
    load_network,
    read_card,
    read_tensors,
    save_network,
    write_tensors,
)
from engine.perception.hydranet import HydraNet


def test_a_network_comes_back_with_its_card(tmp_path: Path) -> None:
    place = tmp_path / "net.safetensors"
    network = HydraNet("tiny")
    card = save_network(place, network, {"validation": {"ap50": 0.5}})
    again = load_network(place)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name])
    assert not again.training
    assert read_card(place) == card
    assert card["parameters"] == sum(p.numel() for p in network.parameters())


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    place = tmp_path / "net.safetensors"
    place.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(InvalidInput, match="pickled"):
        load_network(place)
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("data.pkl", b"")
    with pytest.raises(InvalidInput, match="pickled"):
        load_network(place)


def test_what_is_missing_broken_or_foreign_is_named(tmp_path: Path) -> None:
    place = tmp_path / "net.safetensors"
    with pytest.raises(ModelUnavailable, match="not there"):
        load_network(place)
    place.write_bytes(b"no weights at all")
    with pytest.raises(InvalidInput, match="whole"):
        load_network(place)
    write_tensors(place, {"a": torch.zeros(1)}, {"format": "another"})
    with pytest.raises(InvalidInput, match="another"):
        load_network(place)


@pytest.mark.parametrize(("change", "words"), [
    (lambda t: t.pop("stem.0.0.weight"), "missing"),
    (lambda t: t.update(extra=torch.zeros(1)), "unknown"),
    (lambda t: t.update({"stem.0.0.weight": torch.zeros(2, 2)}), "shape"),
    (lambda t: t["stem.0.0.weight"].fill_(float("nan")), "finite"),
])
def test_other_tensors_are_refused(tmp_path: Path, change: object, words: str) -> None:
    place = tmp_path / "net.safetensors"
    save_network(place, HydraNet("tiny"), {})
    tensors, facts = read_tensors(place)
    change(tensors)  # type: ignore[operator]
    write_tensors(place, tensors, facts)
    with pytest.raises(InvalidInput, match=words):
        load_network(place)

import json
import pickle
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save_file

from engine.errors import InvalidInput, ModelUnavailable
from engine.go import checkpoint
from engine.go.architecture import Architecture
from tests.engine.go.learning import TINY, random_checkpoint, random_weights

RANGES = dict.fromkeys(TINY.places(), (-1.5, 2.0))


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("ATRIUM_DATA", str(tmp_path))
    return tmp_path / "go" / "nets"


def test_a_network_comes_back_as_it_was(tmp_path):
    path = tmp_path / "net.safetensors"
    written = random_checkpoint(card={"name": "net", "elo": 1200}, ranges=RANGES)
    checkpoint.write(path, written)
    back = checkpoint.read(path)
    assert back.architecture == written.architecture
    assert back.card == written.card
    assert back.ranges == RANGES
    for name, value in written.weights.items():
        np.testing.assert_array_equal(back.weights[name], value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.json", "net.safetensors"]


def test_the_card_is_for_people(tmp_path):
    checkpoint.write(tmp_path / "n.safetensors", random_checkpoint(card={"machine": "2 cores"}))
    assert json.loads((tmp_path / "n.json").read_text("utf-8")) == {"machine": "2 cores"}


def test_a_network_without_a_card_still_plays(tmp_path):
    path = tmp_path / "n.safetensors"
    checkpoint.write(path, random_checkpoint(card={"name": "n"}))
    path.with_suffix(".json").write_text("{ not json")
    assert checkpoint.read(path).card == {}


class Trap:
    def __reduce__(self):
        return (print, ("a pickle has been opened",))


def test_a_pickle_is_refused_unopened(tmp_path, capsys):
    path = tmp_path / "net.safetensors"
    for protocol in (0, 2, 5):
        path.write_bytes(pickle.dumps(Trap(), protocol))
        with pytest.raises(InvalidInput, match="is a pickle"):
            checkpoint.read(path)
    assert capsys.readouterr().out == ""


def test_an_archive_of_torch_is_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    with pytest.raises(InvalidInput, match="is a pickle"):
        checkpoint.read(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        checkpoint.read(tmp_path / "none.safetensors")


@pytest.mark.parametrize("cut", [0, 7, 200, -1])
def test_a_damaged_file_is_refused(tmp_path, cut):
    path = tmp_path / "net.safetensors"
    checkpoint.write(path, random_checkpoint())
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InvalidInput, match="damaged"):
        checkpoint.read(path)


def test_arrays_that_are_no_network_are_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    save_file({"a": np.zeros(3, np.float32)}, path)
    with pytest.raises(InvalidInput, match="no Go network"):
        checkpoint.read(path)


def header(architecture):
    return {"kind": "atrium-go-network", "architecture": json.dumps(architecture)}


def test_another_shape_is_named(tmp_path):
    path = tmp_path / "net.safetensors"
    save_file(random_weights(Architecture(3, 24)), path, header(TINY.facts()))
    with pytest.raises(InvalidInput, match=r"'entry.weight' .* is F32 \[24, 22, 3, 3\]; a 3x16 "
                                           r"network needs F32 \[16, 22, 3, 3\]"):
        checkpoint.read(path)


def test_a_missing_array_is_named(tmp_path):
    path = tmp_path / "net.safetensors"
    weights = random_weights(TINY)
    del weights["value.score.bias"]
    save_file(weights, path, header(TINY.facts()))
    with pytest.raises(InvalidInput, match=r"'value.score.bias' is missing"):
        checkpoint.read(path)


def test_an_unknown_array_is_named(tmp_path):
    path = tmp_path / "net.safetensors"
    save_file({**random_weights(TINY), "extra": np.zeros(1, np.float32)}, path,
              header(TINY.facts()))
    with pytest.raises(InvalidInput, match="'extra' is unknown"):
        checkpoint.read(path)


@pytest.mark.parametrize("facts", [
    {"blocks": 10**9, "channels": 16}, {"blocks": 3, "channels": 17}, {"blocks": "3"},
    {"blocks": True, "channels": 16}, {"blocks": 3, "channels": 16, "more": 1},
])
def test_an_impossible_architecture_is_refused(tmp_path, facts):
    path = tmp_path / "net.safetensors"
    save_file(random_weights(TINY), path, header(facts))
    with pytest.raises(InvalidInput, match="network"):
        checkpoint.read(path)


def test_values_that_are_not_finite_are_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    weights = random_weights(TINY)
    weights["entry.bias"][3] = np.nan
    save_file(weights, path, header(TINY.facts()))
    with pytest.raises(InvalidInput, match="not finite"):
        checkpoint.read(path)


@pytest.mark.parametrize("ranges", ["[1]", '{"a": [0, 1]}', '{"a": 1}', "nonsense"])
def test_ranges_of_another_network_are_refused(tmp_path, ranges):
    path = tmp_path / "net.safetensors"
    save_file(random_weights(TINY), path, {**header(TINY.facts()), "ranges": ranges})
    with pytest.raises(InvalidInput, match="ranges"):
        checkpoint.read(path)


def test_a_promoted_network_is_found_by_name(tmp_path, data):
    path = tmp_path / "run" / "0007.safetensors"
    checkpoint.write(path, random_checkpoint(card={"name": "0007", "steps": 9}))
    target = checkpoint.promote(path, "night-7")
    assert target == data / "night-7.safetensors"
    assert checkpoint.networks()["night-7"] == {"name": "night-7", "steps": 9}
    assert checkpoint.find("night-7") == target


def test_a_path_is_found_as_it_stands(tmp_path):
    assert checkpoint.find(str(tmp_path / "x.safetensors")) == tmp_path / "x.safetensors"


def test_an_unknown_name_lists_those_known(tmp_path, data):
    checkpoint.write(data / "mine.safetensors", random_checkpoint())
    with pytest.raises(ModelUnavailable, match=r"no network 'yours'.*mine"):
        checkpoint.find("yours")


@pytest.mark.parametrize("name", ["", "a/b", "../x", "x" * 41, ".hidden"])
def test_a_name_cannot_leave_the_folder(tmp_path, data, name):
    path = tmp_path / "n.safetensors"
    checkpoint.write(path, random_checkpoint())
    with pytest.raises(InvalidInput, match="no name for a network"):
        checkpoint.promote(path, name)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception.hydranet import HydraNet
from engine.perception.runtime import OnnxRuntime, TorchRuntime, export
from tests.engine.perception.pictures import hand_made


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[HydraNet, Path]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = HydraNet("tiny")
    place = tmp_path_factory.mktemp("net") / "net.onnx"
    export(network, place)
    return network, place


def test_onnx_equals_torch_for_any_number_of_pictures(exported: tuple[HydraNet, Path]) -> None:
    network, place = exported
    shard = hand_made(3)
    ours, theirs = OnnxRuntime(place), TorchRuntime(network)
    for count in (1, 3):
        a = ours.run(shard.images[:count], shard.plane[:count])
        b = theirs.run(shard.images[:count], shard.plane[:count])
        for x, y in zip(a, b, strict=True):
            assert x.shape == y.shape
            assert np.abs(x - y).max() < 1e-4


def test_wrong_pictures_and_calibrations_are_refused(exported: tuple[HydraNet, Path]) -> None:
    runtime = OnnxRuntime(exported[1])
    shard = hand_made(1)
    with pytest.raises(InvalidInput, match="uint8"):
        runtime.run(shard.images.astype(np.float32), shard.plane)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="pictures are"):
        runtime.run(shard.images[:, :96], shard.plane)
    with pytest.raises(InvalidInput, match="finite"):
        runtime.run(shard.images, shard.plane * np.float32(np.nan))


def test_a_missing_or_foreign_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="not there"):
        OnnxRuntime(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(InvalidInput, match="no network"):
        OnnxRuntime(tmp_path / "bad.onnx")

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception.checkpoint import load_network
from engine.perception.cli_fleet import PRODUCTION
from engine.perception.decode import Detections, decode
from engine.perception.explain import Explanation, explain, explain_network
from engine.perception.hydranet import HydraNet
from engine.perception.output_format import STRIDES
from engine.perception.runtime import TorchRuntime
from engine.perception.targets import points
from engine.perception.truth import generate


@pytest.fixture(scope="module")
def network() -> HydraNet:
    torch.set_num_threads(1)  # the test processes share the cores, and its threads would wait
    return load_network(PRODUCTION)


@pytest.fixture(scope="module")
def seen(network: HydraNet) -> tuple[np.ndarray, np.ndarray, Detections]:
    """A picture of the front camera, its plane and what the network finds there."""
    from engine.perception.calibration import ground_plane

    sample = next(generate(21, scenario="cut-in", style="Avenue", weather="clear", n_frames=1,
                           views=(0,)))
    plane = ground_plane(sample.cameras[0])
    out = TorchRuntime(network).run(sample.images, plane[None])
    found = decode(out.raw(0), points(192, 320, STRIDES), 192, 320, 0.3)
    return sample.images[0], plane, found


@pytest.fixture(scope="module")
def told(network: HydraNet, seen: tuple[np.ndarray, np.ndarray, Detections]) -> Explanation:
    picture, plane, found = seen
    return explain_network(network, picture, plane, tuple(found.boxes[0]), int(found.classes[0]))


def test_attributions_add_up_to_the_score(told: Explanation, seen: tuple) -> None:
    assert told.error < 0.05
    assert told.attribution.sum() == pytest.approx(told.score - told.baseline, rel=0.05)
    # what is explained is the score that the detection had
    assert 1.0 / (1.0 + np.exp(-told.score)) == pytest.approx(seen[2].scores[0], abs=0.02)
    assert np.abs(told.heat).max() == pytest.approx(1.0)


def test_the_box_is_seen_by_what_is_in_it(told: Explanation, seen: tuple) -> None:
    x0, y0, x1, y1 = (int(v) for v in seen[2].boxes[0])
    weight = np.abs(told.attribution).sum(axis=2)
    inside = weight[max(0, y0 - 4):y1 + 4, max(0, x0 - 4):x1 + 4]
    assert inside.mean() > 5.0 * weight.mean()


def test_a_grey_picture_is_its_own_baseline(network: HydraNet, seen: tuple) -> None:
    _, plane, found = seen
    grey = np.full((192, 320, 3), 115, np.uint8)
    with torch.inference_mode():
        out = TorchRuntime(network).run(grey[None], plane[None])
    box = decode(out.raw(0), points(192, 320, STRIDES), 192, 320, 0.0).boxes[0]
    told = explain_network(network, grey, plane, tuple(box), int(found.classes[0]), 2)
    assert not told.attribution.any()
    assert told.score == told.baseline


@pytest.mark.parametrize(("change", "words"), [
    ({"kind": 9}, "class"), ({"steps": 1}, "steps"), ({"box": (5.0, 5.0, 5.0, 9.0)}, "empty"),
    ({"box": (float("nan"), 5.0, 5.0, 9.0)}, "finite"), ({"box": (0.0, 0.0, 2.0, 2.0)}, "no box"),
    ({"picture": np.zeros((10, 10, 3), np.uint8)}, "picture")])
def test_what_cannot_be_explained_is_refused(network: HydraNet, seen: tuple, change: dict,
                                             words: str) -> None:
    picture, plane, found = seen
    given = {"picture": picture, "plane": plane, "box": tuple(found.boxes[0]), "kind": 0,
             "steps": 4, **change}
    with pytest.raises(InvalidInput, match=words):
        explain_network(network, **given)


def test_missing_weights_are_told(seen: tuple, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable):
        explain(tmp_path / "none.safetensors", seen[0], seen[1], (1.0, 1.0, 9.0, 9.0), 0)

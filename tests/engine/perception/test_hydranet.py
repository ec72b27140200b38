from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.errors import InvalidInput
from engine.perception.dataset import Dataset
from engine.perception.hydranet import HydraNet
from engine.perception.losses import TASKS, task_losses
from tests.engine.perception.pictures import hand_made

HEADS = {"scores": "detection", "boxes": "detection", "space": "detection", "lights": "detection",
         "lines": "masks", "drivable": "masks", "depth": "depth"}
SMALL = (64, 96)


def drawn(size: str = "tiny") -> HydraNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return HydraNet(size)  # type: ignore[arg-type]


def reached(module: nn.Module) -> bool:
    return any(p.grad is not None and bool(p.grad.abs().max() > 0) for p in module.parameters())


@pytest.mark.parametrize("task", TASKS)
def test_a_loss_reaches_the_backbone_and_its_own_head_and_no_other(task: str) -> None:
    network = drawn()
    data = Dataset([hand_made(7, size=SMALL)], 1, augment=False)
    batch = data.batch(range(7))
    task_losses(network(batch.images, batch.planes), batch.labels, data.points)[task].backward()
    for stage in network.stages:
        assert reached(stage)
    assert reached(network.stem)
    assert reached(network.lateral)
    for head in set(HEADS.values()):
        assert reached(getattr(network, head)) == (head == HEADS[task])


def test_batched_equals_single() -> None:
    network = drawn().eval()
    data = Dataset([hand_made(3, size=SMALL)], 1, augment=False)
    batch = data.batch(range(3))
    with torch.inference_mode():
        whole = network(batch.images, batch.planes)
        for k in range(3):
            one = network(batch.images[k:k + 1], batch.planes[k:k + 1])
            for a, b in zip((*whole.detection, whole.masks, whole.depth),
                            (*one.detection, one.masks, one.depth), strict=True):
                assert float((a[k] - b[0]).abs().max()) < 1e-4


def test_the_plane_is_seen() -> None:
    network = drawn().eval()
    batch = Dataset([hand_made(1, size=SMALL)], 1, augment=False).batch([0])
    with torch.inference_mode():
        depth = network(batch.images, batch.planes).depth
        other = network(batch.images, batch.planes * 0.5).depth
    assert float((depth - other).abs().max()) > 1e-3


@pytest.mark.parametrize(("size", "least", "most"), [("S", 4e5, 8e5), ("M", 8e5, 1.3e6)])
def test_sizes_are_what_they_are_said_to_be(size: str, least: float, most: float) -> None:
    assert least < sum(p.numel() for p in drawn(size).parameters()) < most


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(InvalidInput, match="XL"):
        HydraNet("XL")  # type: ignore[arg-type]

"""Batches from a cache, in an order and with changes that depend on seed and step alone.

Shape letters: B pictures, M pictures of the cache, P points, N boxes of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.perception.augment import (
    NOISE_LENGTH,
    change_boxes,
    change_plane,
    draw_change,
    no_change,
    render,
)
from engine.perception.cache import Shard
from engine.perception.losses import Labels
from engine.perception.output_format import STRIDES
from engine.perception.targets import assign, points

LEAST_PX: Final = 25
"""Boxes with fewer visible pixels are neither learnt nor counted as background."""


class Batch(NamedTuple):
    """Network input and what it should give.

    images: float32 [B, 3, H, W] in [0, 255], channels last in memory.
    planes: float32 [B, 3].
    labels: see `losses.Labels`.
    """

    images: Tensor
    planes: Tensor
    labels: Labels


class Dataset:
    """Pictures of several shards as one.

    Args:
        shards: At least one, all of one picture size.
        seed: Of order and changes.
        augment: False for the pictures as they are.

    Raises:
        InvalidInput: If there is no shard, or pictures differ in size.
    """

    def __init__(self, shards: Sequence[Shard], seed: int, *, augment: bool = True) -> None:
        sizes = {s.images.shape[1:3] for s in shards}
        if len(sizes) != 1:
            raise InvalidInput(f"the cache has pictures of {len(sizes)} sizes; it must be one")
        self._shards = list(shards)
        self._seed = seed
        self._augment = augment
        self._height, self._width = sizes.pop()
        self._first = np.cumsum([0] + [len(s.images) for s in shards])
        self._table = np.random.default_rng([seed, 1]).standard_normal(NOISE_LENGTH, np.float32)
        self._order: tuple[int, npt.NDArray[np.int64]] = (-1, np.zeros(0, np.int64))
        self.points = torch.from_numpy(points(self._height, self._width, STRIDES))

    def __len__(self) -> int:
        return int(self._first[-1])

    def rows(self, step: int, size: int) -> npt.NDArray[np.int64]:
        """Pictures of one step's batch; every picture comes once an epoch.

        The rest of an epoch that does not fill a batch is left out.
        """
        steps = max(1, len(self) // size)
        epoch, place = divmod(step, steps)
        if self._order[0] != epoch:
            rng = np.random.default_rng([self._seed, 2, epoch])
            self._order = (epoch, rng.permutation(len(self)))
        return self._order[1][place * size:(place + 1) * size]

    def batch(self, rows: Sequence[int] | npt.NDArray[np.int64], step: int = 0) -> Batch:
        """Pictures by number, changed by draws of this step."""
        rng = np.random.default_rng([self._seed, 3, step])
        b, h, w = len(rows), self._height, self._width
        images = np.empty((b, h, w, 3), np.float32)
        planes = np.empty((b, 3), np.float32)
        depth = np.empty((b, h // 4, w // 4), np.float32)
        masks = np.empty((b, 4, h // 2, w // 2), np.float32)
        owner = np.empty((b, len(self.points)), np.int32)
        kept, total = [], 0
        for k, row in enumerate(rows):
            shard, i = self.find(int(row))
            change = draw_change(rng, h, w) if self._augment else no_change()
            render(shard.images[i], shard.depth[i].astype(np.float32) / shard.scale[i],
                   shard.mask[i], change.mirror, change.zoom, change.left, change.top,
                   change.curve, change.saturation, change.noise, change.noise_from,
                   self._table, images[k], depth[k], masks[k])
            planes[k] = change_plane(shard.plane[i], change, w)
            boxes, spoilt = change_boxes(shard.boxes_of(i), change, h, w)
            assign(np.ascontiguousarray(boxes["box"]), spoilt | (boxes["pixels"] < LEAST_PX), h,
                   w, STRIDES, owner[k])
            owner[k][owner[k] >= 0] += total
            total += len(boxes)
            kept.append(boxes)
        every = np.concatenate(kept)
        labels = Labels(
            torch.from_numpy(owner.astype(np.int64)), torch.from_numpy(every["box"].copy()),
            torch.from_numpy(every["kind"].astype(np.int64)),
            torch.from_numpy(every["visible"].copy()),
            torch.from_numpy(every["light"].astype(np.int64)),
            torch.from_numpy(every["space"].copy()), torch.from_numpy(masks),
            torch.from_numpy(depth))
        return Batch(torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(planes),
                     labels)

    def find(self, row: int) -> tuple[Shard, int]:
        """Shard of a picture and its number there."""
        k = int(np.searchsorted(self._first, row, side="right")) - 1
        return self._shards[k], row - int(self._first[k])

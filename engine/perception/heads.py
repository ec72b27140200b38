"""The heads of the network: detection, masks of road and lines, depth.

Detection is anchor-free with one tower for all levels (Tian et al. 2019,
doi:10.1109/ICCV.2019.00972). Box sides are distributions over bins and the class score is trained
to be the IoU of its box (Li et al. 2020, arXiv:2006.04388: GFL, DFL). Position, size and heading
in space follow FCOS3D (Wang et al. 2021, arXiv:2104.10956). Depth is a distribution over
logarithmic bins (Fu et al. 2018, doi:10.1109/CVPR.2018.00214), whose mean is the estimate.

Shape letters: B images, C channels, H rows, W columns, P points, K classes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.perception.blocks import separable
from engine.perception.output_format import (
    BINS,
    CLASSES,
    FARTHEST_M,
    LIGHTS,
    MASKS,
    NEAREST_M,
    REACH,
    SPACE,
)


class Detection(NamedTuple):
    """Raw output of the detection head.

    scores: float32 [B, P, K], logits.
    sides: float32 [B, P, 4, REACH + 1], logits over the distance to left, top, right, bottom.
    visible: float32 [B, P], logit of the visible share.
    lights: float32 [B, P, 4], logits over `LIGHTS`; meant for traffic lights alone.
    space: float32 [B, P, SPACE], the box in space, see `SPACE`; du, dv in strides; z and sizes
        as natural logarithms, z in canonical metres (see `calibration`); heading relative to the
        ray, so that it shows in the picture.
    """

    scores: Tensor
    sides: Tensor
    visible: Tensor
    lights: Tensor
    space: Tensor


class DetectionHead(nn.Module):
    """A tower each level and one output layer for all.

    A tower shared by the levels would normalise each by its own statistics in training and by
    their mean in use (Lyu et al. 2022, arXiv:2212.07784, section 3.3).
    """

    def __init__(self, channels: int, strides: tuple[int, ...]) -> None:
        super().__init__()
        wide = -(-channels * 4 // 3) // 8 * 8
        self.towers = nn.ModuleList(separable(channels, wide) for _ in strides)
        self.score = nn.Conv2d(wide, len(CLASSES), 1)
        self.rest = nn.Conv2d(wide, 4 * (REACH + 1) + 1 + len(LIGHTS) + SPACE, 1)
        # the prior of RetinaNet: a point is rarely an object (Lin et al. 2017, section 4.1)
        nn.init.constant_(self.score.bias, -math.log(99.0))  # type: ignore[arg-type]

    def forward(self, levels: list[Tensor]) -> Detection:
        """Pyramid levels, float32 [B, C, H/s, W/s] for each stride s."""
        scores, rest = [], []
        for tower, level in zip(self.towers, levels, strict=True):
            x = tower(level)
            scores.append(self.score(x).flatten(2))
            rest.append(self.rest(x).flatten(2))
        score = torch.cat(scores, 2).transpose(1, 2)
        # split where the channels lie far apart: whole blocks are copied, not single values
        sides, visible, lights, space = (part.transpose(1, 2) for part in torch.split(
            torch.cat(rest, 2), [4 * (REACH + 1), 1, len(LIGHTS), SPACE], 1))
        return Detection(score, sides.reshape(*sides.shape[:2], 4, REACH + 1),
                         visible.squeeze(2), lights, space)


class MaskHead(nn.Module):
    """Road and lines at half the image's size, by sub-pixel convolution.

    Source: Shi et al. 2016, doi:10.1109/CVPR.2016.207.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(separable(channels, channels),
                                    nn.Conv2d(channels, 4 * len(MASKS), 1), nn.PixelShuffle(2))
        nn.init.constant_(self.layers[1].bias, -2.0)  # type: ignore[arg-type]

    def forward(self, level: Tensor) -> Tensor:
        """float32 [B, C, H/4, W/4] to float32 [B, 4, H/2, W/2]."""
        return self.layers(level)  # type: ignore[no-any-return]


class DepthHead(nn.Module):
    """Depth bins from features and the inverse depth that flat ground would have."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.ground = nn.Conv2d(1, channels, 1)
        self.layers = nn.Sequential(separable(channels, channels), nn.Conv2d(channels, BINS, 1))

    def forward(self, level: Tensor, ground: Tensor) -> Tensor:
        """float32 [B, C, H/4, W/4] and [B, 1, H/4, W/4] to float32 [B, BINS, H/4, W/4]."""
        return self.layers(level + self.ground(ground))  # type: ignore[no-any-return]


def bin_centres() -> Tensor:
    """Natural logarithm of each bin's depth, canonical metres; float32 [BINS]."""
    return torch.linspace(math.log(NEAREST_M), math.log(FARTHEST_M), BINS)


def mean_log_depth(logits: Tensor) -> Tensor:
    """Mean of the depth distribution: float32 [B, BINS, H, W] to log canonical m [B, 1, H, W]."""
    centres = bin_centres().to(logits)
    return functional.conv2d(logits.softmax(1), centres[None, :, None, None])


def mean_sides(logits: Tensor) -> Tensor:
    """Mean distance to the sides in strides: float32 [..., 4, REACH + 1] to [..., 4]."""
    bins = torch.arange(REACH + 1, dtype=logits.dtype, device=logits.device)
    return logits.softmax(-1) @ bins

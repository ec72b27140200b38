"""HydraNet: one backbone and pyramid, many heads, for one camera image at a time.

A RegNet-like backbone (Radosavovic et al. 2020, doi:10.1109/CVPR42600.2020.01044) feeds a feature
pyramid (Lin et al. 2017, doi:10.1109/CVPR.2017.106); the heads of `heads` read it. Cameras
differ in focal length and mounting, so the network is told: beside the image it gets the plane
(a, b, c) whose value a·u + b·v + c at pixel (u, v) is the inverse depth of flat ground there, in
units of a camera of `FOCAL_PX` (see `calibration`; the canonical camera is that of Yin et al. 2023,
arXiv:2307.10984). One set of weights then serves every camera, and also a zoomed crop.

Shape letters: B images, C channels, H rows, W columns, P points of the three detection levels.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import InvalidInput
from engine.perception.blocks import XBlock, conv, separable
from engine.perception.heads import DepthHead, Detection, DetectionHead, MaskHead
from engine.perception.output_format import HEIGHT, STRIDES, WIDTH

Size = Literal["tiny", "S", "M"]


class Shape(NamedTuple):
    """What makes a size of network: the stem's width, then channels and blocks of four stages."""

    stem: int
    channels: tuple[int, int, int, int]
    blocks: tuple[int, int, int, int]
    pyramid: int
    group_width: int


SHAPES: Final[dict[Size, Shape]] = {
    "tiny": Shape(8, (16, 16, 24, 32), (1, 1, 1, 1), 16, 8),
    "S": Shape(16, (32, 48, 96, 224), (1, 1, 4, 3), 48, 16),
    "M": Shape(24, (48, 64, 128, 256), (1, 2, 5, 3), 64, 16),
}


class Outputs(NamedTuple):
    """Raw output of the heads.

    detection: see `heads.Detection`, P points in the order of `STRIDES`, row-major.
    masks: float32 [B, 4, H/2, W/2], logits of drivable, lane line, centre line, road edge.
    depth: float32 [B, BINS, H/4, W/4], logits over `heads.bin_centres`.
    """

    detection: Detection
    masks: Tensor
    depth: Tensor

    def float(self) -> Outputs:
        """The same in float32."""
        return Outputs(Detection(*(t.float() for t in self.detection)), self.masks.float(),
                       self.depth.float())


class HydraNet(nn.Module):
    """The network of one size; weights are drawn from torch's generator.

    Args:
        size: A key of `SHAPES`.

    Raises:
        InvalidInput: If there is no such size.
    """

    pixel_u: Tensor
    pixel_v: Tensor

    def __init__(self, size: Size = "S") -> None:
        super().__init__()
        if size not in SHAPES:
            raise InvalidInput(f"network size is {size!r}; choose from {', '.join(SHAPES)}")
        self.size: Size = size
        shape = SHAPES[size]
        # to a quarter of the size by two plain layers: a block at half size would cost as much
        # as all stages behind it
        self.stem = nn.Sequential(conv(4, shape.stem, 3, 2), conv(shape.stem, shape.channels[0],
                                                                  3, 2))
        self.stages = nn.ModuleList()
        inputs = shape.channels[0]
        for level, (outputs, blocks) in enumerate(zip(shape.channels, shape.blocks, strict=True)):
            self.stages.append(nn.Sequential(*(
                XBlock(inputs if k == 0 else outputs, outputs,
                       2 if k == 0 and level > 0 else 1, shape.group_width)
                for k in range(blocks))))
            inputs = outputs
        self.lateral = nn.ModuleList(nn.Conv2d(c, shape.pyramid, 1) for c in shape.channels)
        self.smooth = nn.ModuleList(separable(shape.pyramid, shape.pyramid) for _ in STRIDES)
        self.detection = DetectionHead(shape.pyramid, STRIDES)
        self.masks = MaskHead(shape.pyramid)
        self.depth = DepthHead(shape.pyramid)
        v, u = torch.meshgrid(torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5, indexing="ij")
        self.register_buffer("pixel_u", u.float(), persistent=False)
        self.register_buffer("pixel_v", v.float(), persistent=False)

    def forward(self, images: Tensor, planes: Tensor) -> Outputs:
        """Run every head.

        Args:
            images: float32 [B, 3, H, W], RGB in [0, 255]; at most `HEIGHT` by `WIDTH`, multiples
                of 32.
            planes: float32 [B, 3], `calibration.ground_plane` of each camera.
        """
        levels, ground = self.features(images, planes)
        return Outputs(self.detection(levels), self.masks(levels[0]),
                       self.depth(levels[0], ground))

    def features(self, images: Tensor, planes: Tensor) -> tuple[list[Tensor], Tensor]:
        """Pyramid P2, P3, P4 and the ground's inverse depth at P2, float32 [B, 1, H/4, W/4]."""
        a, b, c = (planes[:, k, None, None, None] for k in range(3))
        h, w = images.shape[2:]
        u, v = self.pixel_u[:h, :w], self.pixel_v[:h, :w]
        ground = (8.0 * (a * u + b * v + c)).clamp(-2.0, 2.0)
        x = self.stem(torch.cat([(images - 115.0) / 58.0, ground], 1))
        stages = []
        for stage in self.stages:
            x = stage(x)
            stages.append(x)
        top = self.lateral[3](stages[3])
        levels: list[Tensor] = []
        for k in (2, 1, 0):
            top = self.lateral[k](stages[k]) + functional.interpolate(top, scale_factor=2.0)
            levels.insert(0, self.smooth[k](top))
        return levels, functional.avg_pool2d(ground, 4)

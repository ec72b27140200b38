"""Building blocks of the network: convolution with batch norm, RegNet's X block, separable layer.

Papers: Radosavovic et al. 2020, doi:10.1109/CVPR42600.2020.01044 (RegNet); Howard et al. 2017,
arXiv:1704.04861 (depthwise separable convolution).

Shape letters: B images, C channels, H rows, W columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1,
         *, active: bool = True) -> nn.Sequential:
    """Convolution, batch norm and, unless it ends a residual branch, ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if active:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def separable(inputs: int, outputs: int) -> nn.Sequential:
    """Depthwise 3 × 3, then pointwise: an eighth of a dense layer's work at 48 channels."""
    return nn.Sequential(conv(inputs, inputs, 3, groups=inputs), conv(inputs, outputs, 1))


class XBlock(nn.Module):
    """RegNet's residual bottleneck without a bottleneck: 1 × 1, grouped 3 × 3, 1 × 1.

    Source: Radosavovic et al. 2020, figure 4.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, group_width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            conv(inputs, outputs, 1),
            conv(outputs, outputs, 3, stride, max(1, outputs // group_width)),
            conv(outputs, outputs, 1, active=False),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = conv(inputs, outputs, 1, stride, active=False)

    def forward(self, x: Tensor) -> Tensor:
        """float32 [B, C, H, W] to float32 [B, C', H / stride, W / stride]."""
        return torch.relu(self.branch(x) + self.shortcut(x))

"""Which pixels made the network see a box: integrated gradients.

The gradient of the box's class score is integrated along the straight line from a plain grey
picture, which says nothing, to the picture (Sundararajan, Taly and Yan 2017, arXiv:1703.01365).
What all pixels are given adds up to the difference of the two scores: the completeness axiom, whose
error is told with every explanation. The line is integrated by Gauss and Legendre's quadrature.

Shape letters: H and W rows and columns, B pictures of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.perception.metrics import pairwise_iou
from engine.perception.output_format import CLASSES, HEIGHT, REACH, STRIDES, WIDTH
from engine.perception.targets import points

if TYPE_CHECKING:
    from engine.perception.hydranet import HydraNet

UInt8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]

GREY: Final = 115.0
"""The network's own zero, see `hydranet.HydraNet.features`."""
MOST_STEPS: Final = 256
LEAST_IOU: Final = 0.3
_BATCH: Final = 8


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one box was seen.

    Attributes:
        heat: float32 [H, W] in [-1, 1]; above 0 where the picture spoke for the box, smoothed over
            a few pixels for the eye.
        attribution: float32 [H, W, 3], each colour's share of the logit, unsmoothed.
        score: Logit of the box's class in the picture.
        baseline: The same in the grey picture.
        error: |sum of attributions − (score − baseline)| / |score − baseline|.
    """

    heat: Float32
    attribution: Float32
    score: float
    baseline: float
    error: float


def explain(weights: Path, picture: UInt8, plane: Float32, box: tuple[float, float, float, float],
            kind: int, steps: int = 32) -> Explanation:
    """Explain a box that a network found.

    Args:
        weights: `NAME.safetensors`.
        picture: uint8 [H, W, 3], as the network was given it.
        plane: float32 [3], `calibration.ground_plane` of its camera.
        box: x0, y0, x1, y1 in pixels.
        kind: Its class.
        steps: Points of the quadrature, 2 to 256; more is more exact.

    Raises:
        ModelUnavailable: If the weights are missing.
        InvalidInput: If a value cannot be used, or the network sees no such box there.
    """
    from engine.perception.checkpoint import load_network

    return explain_network(load_network(weights), picture, plane, box, kind, steps)


def explain_network(network: HydraNet, picture: UInt8, plane: Float32,
                    box: tuple[float, float, float, float], kind: int, steps: int = 32,
                    ) -> Explanation:
    """As `explain`, with a network in memory; it is put in evaluation mode."""
    import torch

    _check(picture, plane, box, kind, steps)
    network = network.eval()
    image = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None]
    ground = torch.from_numpy(np.asarray(plane, np.float32))[None]
    at = _point(network, picture, plane, box, kind)
    grey = torch.full_like(image, GREY)
    nodes, shares = np.polynomial.legendre.leggauss(steps)
    gradient = torch.zeros_like(image)
    for first in range(0, steps, _BATCH):
        along = torch.from_numpy(0.5 * (nodes[first:first + _BATCH] + 1.0)).float()
        path = (grey + along[:, None, None, None] * (image - grey)).requires_grad_()
        scores = network(path, ground.expand(len(along), -1)).detection.scores[:, at, kind]
        part, = torch.autograd.grad(scores.sum(), path)
        weight = torch.from_numpy(0.5 * shares[first:first + _BATCH]).float()
        gradient += (weight[:, None, None, None] * part).sum(0, keepdim=True)
    with torch.inference_mode():
        ends = network(torch.cat([grey, image]), ground.expand(2, -1)).detection.scores[:, at, kind]
    attribution = ((image - grey) * gradient)[0].permute(1, 2, 0).numpy()
    baseline, score = (float(s) for s in ends)
    whole = score - baseline
    error = abs(float(attribution.sum(dtype=np.float64)) - whole) / max(abs(whole), 1e-6)
    return Explanation(_heat(attribution), attribution, score, baseline, error)


def _point(network: HydraNet, picture: UInt8, plane: Float32,
           box: tuple[float, float, float, float], kind: int) -> int:
    """The point of the detection levels that gave the box."""
    from engine.perception.runtime import TorchRuntime

    out = TorchRuntime(network).run(picture[None], np.asarray(plane, np.float32)[None])
    grid = points(HEIGHT, WIDTH, STRIDES)
    e = np.exp(out.sides[0] - out.sides[0].max(axis=-1, keepdims=True))
    sides = (e / e.sum(axis=-1, keepdims=True)) @ np.arange(REACH + 1, dtype=np.float32)
    sides = sides * grid[:, 2:3]
    boxes = np.concatenate([grid[:, :2] - sides[:, :2], grid[:, :2] + sides[:, 2:]], axis=1)
    overlap = pairwise_iou(np.array([box], np.float32), boxes.astype(np.float32))[0]
    if overlap.max() < LEAST_IOU:
        raise InvalidInput(f"the network has no box near {tuple(round(b) for b in box)}; choose "
                           "one that it found in this picture")
    fits = np.flatnonzero(overlap >= max(LEAST_IOU, 0.7 * overlap.max()))
    return int(fits[out.scores[0, fits, kind].argmax()])


def _heat(attribution: Float32) -> Float32:
    """For the eye: summed over the colours, smoothed, scaled by its largest value."""
    from scipy.ndimage import gaussian_filter

    heat = gaussian_filter(attribution.sum(axis=2), 1.5)
    return np.asarray(heat / max(float(np.abs(heat).max()), 1e-12), np.float32)


def _check(picture: UInt8, plane: Float32, box: tuple[float, float, float, float], kind: int,
           steps: int) -> None:
    h, w = picture.shape[:2] if picture.ndim == 3 else (0, 0)
    if picture.dtype != np.uint8 or picture.shape[2:] != (3,) or (h, w) != (HEIGHT, WIDTH):
        raise InvalidInput(f"the picture is {picture.dtype} {picture.shape}; give uint8 "
                           f"[{HEIGHT}, {WIDTH}, 3]")
    if np.shape(plane) != (3,) or not np.isfinite(plane).all() or not np.isfinite(box).all():
        raise InvalidInput("calibration and box must be finite; correct the value that is not")
    if not 0 <= kind < len(CLASSES) or not 2 <= steps <= MOST_STEPS:
        raise InvalidInput(f"class {kind} and {steps} steps; classes are 0 to {len(CLASSES) - 1}, "
                           f"steps 2 to {MOST_STEPS}")
    if not (box[0] < box[2] and box[1] < box[3]):
        raise InvalidInput(f"box {box} is empty; give x0 < x1 and y0 < y1")

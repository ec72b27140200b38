"""The losses of every task, and their sum.

Scores: quality focal loss (Li et al. 2020, arXiv:2006.04388, equation 1), whose target is lifted
to at least `LEAST_QUALITY`: a box of five pixels reaches a high overlap late, and would till then
hardly be told from background. Boxes: GIoU
(Rezatofighi et al. 2019, doi:10.1109/CVPR.2019.00075) and distribution focal loss (Li et al.,
equation 6). Lines: cross-entropy and Dice (Milletari et al. 2016, arXiv:1606.04797). Depth:
cross-entropy over two neighbouring bins and L1 of the mean. The sum weighs each task by its
learnt uncertainty (Kendall et al. 2018, doi:10.1109/CVPR.2018.00781, equation 10), or by fixed
weights.

Shape letters: B images, P points, N boxes of the batch, H rows, W columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import InvalidInput
from engine.perception import heads
from engine.perception.hydranet import Outputs
from engine.perception.output_format import BINS, CLASSES, REACH
from engine.perception.targets import IGNORED

TASKS: Final = ("scores", "boxes", "space", "lights", "lines", "drivable", "depth")
GROUPS: Final = {"all": TASKS, "objects": TASKS[:4], "lines": ("lines",),
                 "drivable": ("drivable",), "depth": ("depth",)}
"""What `TrainingParams.tasks` may name."""
FIXED: Final = {"scores": 3.0, "boxes": 3.5, "space": 0.5, "lights": 0.2, "lines": 1.0,
                "drivable": 1.0, "depth": 1.0}
"""Weights of the fixed sum."""
RARITY: Final = (0.55, 1.1, 2.0, 1.1, 1.4, 2.0, 2.0)
"""Weight of each class: about the root of how much rarer its boxes are than the mean class's, so
that 80 cyclists are not drowned by 2,900 cars, and at most 2: at 2.8 every second pedestrian was
taken for a cyclist too."""
LEAST_QUALITY: Final = 0.5
"""Score that a box without any overlap is to be given at its own points."""
LINE_WEIGHT: Final = 8.0
"""How much more a pixel of a line counts: lines are some 3 % of a picture."""


class Labels(NamedTuple):
    """What a batch should give.

    owner: int64 [B, P], row of `boxes` a point learns, or `targets.BACKGROUND` or `IGNORED`.
    boxes: float32 [N, 4] (x0, y0, x1, y1), pixels.
    classes: int64 [N].
    visible: float32 [N], visible share.
    lights: int64 [N], lamp of a traffic light, 0 where none is seen.
    space: float32 [N, SPACE]; the first two values are the projected centre in pixels; NaN where
        unknown.
    masks: float32 [B, 4, H/2, W/2], covered share.
    depth: float32 [B, H/4, W/4], canonical m; 0 where unknown.
    """

    owner: Tensor
    boxes: Tensor
    classes: Tensor
    visible: Tensor
    lights: Tensor
    space: Tensor
    masks: Tensor
    depth: Tensor


def task_losses(outputs: Outputs, labels: Labels, points: Tensor) -> dict[str, Tensor]:
    """One loss a task.

    Args:
        outputs: Of the network.
        labels: Of the same batch.
        points: float32 [P, 3], `targets.points`.

    Returns:
        float32 scalars under `TASKS`; a task without a label in the batch gives 0.
    """
    found = detection_losses(outputs.detection, labels, points)
    found["drivable"] = functional.binary_cross_entropy_with_logits(
        outputs.masks[:, 0], labels.masks[:, 0])
    found["lines"] = line_loss(outputs.masks[:, 1:], labels.masks[:, 1:])
    found["depth"] = depth_loss(outputs.depth, labels.depth)
    return found


def detection_losses(out: heads.Detection, labels: Labels, points: Tensor) -> dict[str, Tensor]:
    """Losses of the detection head: "scores", "boxes", "space" and "lights".

    In the first two a point counts by its class's `RARITY` and by one over the root of its box's
    points, so that a near car does not outweigh nine far ones.
    """
    image, point = torch.nonzero(labels.owner >= 0, as_tuple=True)
    box = labels.owner[image, point]
    at, stride = points[point, :2], points[point, 2:3]
    logits = out.sides[image, point]
    sides = torch.cat([at - labels.boxes[box, :2], labels.boxes[box, 2:] - at], 1) / stride
    sides = sides.clamp(0.0, REACH - 1e-3)
    mean = heads.mean_sides(logits) * stride
    predicted = torch.cat([at - mean[:, :2], at + mean[:, 2:]], 1)
    iou, giou = overlaps(predicted, labels.boxes[box])

    kind = labels.classes[box]
    weight = point_weights(box, kind)
    quality, counts = torch.zeros_like(out.scores), torch.ones_like(out.scores)
    quality[image, point, kind] = LEAST_QUALITY + (1.0 - LEAST_QUALITY) * iou.detach()
    counts[image, point, kind] = weight
    counts = counts * (labels.owner > IGNORED).unsqueeze(2)
    focal = functional.binary_cross_entropy_with_logits(
        out.scores, quality, reduction="none") * (out.scores.sigmoid() - quality).square()
    scores = (focal * counts).sum() / weight.sum().clamp(min=1.0)
    zero = out.sides.sum() * 0.0
    if not len(box):
        return {"scores": scores, "boxes": zero, "space": zero, "lights": zero}

    left = sides.floor().long()
    share = sides - left
    log_p = logits.log_softmax(-1)
    dfl = -(log_p.gather(2, left.unsqueeze(2)).squeeze(2) * (1.0 - share)
            + log_p.gather(2, left.unsqueeze(2) + 1).squeeze(2) * share).mean()
    visible = functional.binary_cross_entropy_with_logits(
        out.visible[image, point], labels.visible[box])
    boxes = ((1.0 - giou + 0.12 * dfl) * weight).sum() / weight.sum() + 0.1 * visible

    space = labels.space[box]
    space = torch.cat([((space[:, :2] - at) / stride).clamp(-8.0, 8.0), space[:, 2:]], 1)
    known = torch.isfinite(space)
    error = space_error(out.space[image, point], torch.where(known, space, 0.0)) * known
    lights = labels.lights[box]
    lit = kind == CLASSES.index("traffic light")
    return {"scores": scores, "boxes": boxes, "space": error.sum() / known.sum().clamp(min=1),
            "lights": functional.cross_entropy(out.lights[image, point][lit], lights[lit])
            if bool(lit.any()) else zero}


def point_weights(box: Tensor, kind: Tensor) -> Tensor:
    """How much each point that learns a box counts.

    Args:
        box: int64 [points], box of each.
        kind: int64 [points], its class.

    Returns:
        float32 [points].
    """
    rarity = torch.tensor(RARITY, device=box.device)[kind]
    if not len(box):
        return rarity
    return rarity * torch.bincount(box)[box].float().rsqrt()


def space_error(found: Tensor, truth: Tensor) -> Tensor:
    """L1 of the place in space; a heading and its opposite are one.

    At ten pixels the front of a car looks like its rear. The mean of both answers is no heading at
    all, so the axis is learnt, and which way along it is left to the motion and the map.

    Args:
        found: float32 [points, SPACE], see `heads.Detection`.
        truth: float32 [points, SPACE].
    """
    place, heading = truth[:, :-2], truth[:, -2:]
    ahead = (found[:, -2:] * heading.detach()).sum(1, keepdim=True).detach() >= 0.0
    heading = torch.where(ahead, heading, -heading)
    return (found - torch.cat([place, heading], 1)).abs()


def line_loss(logits: Tensor, share: Tensor) -> Tensor:
    """Weighted cross-entropy and Dice; both float32 [B, 3, H/2, W/2]."""
    weight = 1.0 + (LINE_WEIGHT - 1.0) * share
    entropy = functional.binary_cross_entropy_with_logits(logits, share, weight=weight)
    p = logits.sigmoid()
    both = (p * share).sum((0, 2, 3))
    dice = 1.0 - (2.0 * both + 1.0) / (p.square().sum((0, 2, 3)) + share.square().sum((0, 2, 3))
                                       + 1.0)
    return entropy + dice.mean()


def depth_loss(logits: Tensor, depth: Tensor) -> Tensor:
    """Two-bin cross-entropy and L1 of the mean log depth, over known pixels."""
    centres = heads.bin_centres().to(logits)
    known = depth > 0
    target = torch.where(known, depth, 1.0).log()
    place = ((target - centres[0]) / (centres[1] - centres[0])).clamp(0.0, BINS - 1.001)
    left = place.floor().long().unsqueeze(1)
    share = place.unsqueeze(1) - left
    log_p = logits.log_softmax(1)
    entropy = -(log_p.gather(1, left) * (1.0 - share) + log_p.gather(1, left + 1) * share)
    mean = functional.conv2d(log_p.exp(), centres[None, :, None, None]).squeeze(1)
    error = 0.2 * entropy.squeeze(1) + (mean - target).abs()
    return (error * known).sum() / known.sum().clamp(min=1)


def overlaps(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and GIoU of boxes row by row; float32 [N, 4] each to [N] and [N]."""
    inter = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0.0)
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    shared = inter.prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - shared
    outer = hull.prod(1).clamp(min=1e-6)
    iou = shared / union.clamp(min=1e-6)
    return iou, iou - (outer - union) / outer


class MultiTaskLoss(nn.Module):
    """Sum over tasks, weighted by learnt uncertainty or by fixed weights.

    Learnt: Σ exp(−s) L + s / 2, with s the logarithm of a task's variance (Kendall et al. 2018).

    Args:
        fixed: Weight of each task; None to learn them.
        tasks: Those that count.

    Raises:
        InvalidInput: If the fixed weights are not exactly those of `TASKS`, or negative.
    """

    counts: Tensor

    def __init__(self, fixed: Mapping[str, float] | None = None,
                 tasks: Sequence[str] = TASKS) -> None:
        super().__init__()
        if fixed is not None and (set(fixed) != set(TASKS) or min(fixed.values()) < 0):
            raise InvalidInput(f"task weights are {dict(fixed)}; give one of 0 or more for each of "
                               f"{', '.join(TASKS)}")
        self.fixed = dict(fixed) if fixed is not None else None
        self.register_buffer("counts", torch.tensor([float(t in tasks) for t in TASKS]),
                             persistent=False)
        # learning begins at the fixed weights
        self.log_variance = nn.Parameter(-torch.tensor([FIXED[t] for t in TASKS]).log(),
                                         requires_grad=fixed is None)

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """Scalars under `TASKS` to one scalar."""
        values = torch.stack([losses[t] for t in TASKS]) * self.counts
        if self.fixed is not None:
            return values @ torch.tensor([self.fixed[t] for t in TASKS])
        return ((-self.log_variance).exp() * values + 0.5 * self.log_variance * self.counts).sum()

    def weights(self) -> dict[str, float]:
        """Weight of each task as it stands."""
        if self.fixed is not None:
            return dict(self.fixed)
        return dict(zip(TASKS, (-self.log_variance.detach()).exp().tolist(), strict=True))

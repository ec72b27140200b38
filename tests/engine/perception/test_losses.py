from __future__ import annotations

import pytest
import torch

from engine.errors import InvalidInput
from engine.perception.heads import Detection, bin_centres, mean_log_depth, mean_sides
from engine.perception.losses import (
    FIXED,
    GROUPS,
    LEAST_QUALITY,
    RARITY,
    TASKS,
    Labels,
    MultiTaskLoss,
    depth_loss,
    detection_losses,
    line_loss,
    overlaps,
    point_weights,
    space_error,
)
from engine.perception.output_format import BINS, CLASSES, REACH, SPACE
from engine.perception.targets import BACKGROUND, IGNORED


def test_overlaps_by_hand() -> None:
    a = torch.tensor([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 10.0]])
    b = torch.tensor([[5.0, 0.0, 15.0, 10.0], [20.0, 0.0, 30.0, 10.0]])
    iou, giou = overlaps(a, b)
    assert iou.tolist() == pytest.approx([1 / 3, 0.0])
    assert giou.tolist() == pytest.approx([1 / 3, -1 / 3])


def test_the_mean_side_of_two_even_bins_lies_between_them() -> None:
    logits = torch.full((1, 4, 13), -50.0)
    logits[..., 3] = logits[..., 4] = 10.0
    assert mean_sides(logits).flatten().tolist() == pytest.approx([3.5] * 4)


def test_depth_loss_vanishes_at_the_truth_and_ignores_the_unknown() -> None:
    centres = bin_centres()
    logits = torch.full((1, BINS, 1, 2), -60.0)
    logits[:, 10] = 60.0
    truth = torch.tensor([[[float(centres[10].exp()), 0.0]]])
    assert float(depth_loss(logits, truth)) == pytest.approx(0.0, abs=1e-4)
    assert float(mean_log_depth(logits)[0, 0, 0, 0]) == pytest.approx(float(centres[10]))
    assert float(depth_loss(logits, 2 * truth)) > 0.5
    assert float(depth_loss(logits, 0 * truth)) == 0.0


def test_line_loss_prefers_the_line() -> None:
    share = torch.zeros(1, 3, 8, 8)
    share[:, 0, :, 4] = 1.0
    right = torch.where(share > 0, 8.0, -8.0)
    assert float(line_loss(right, share)) < 0.3 < float(line_loss(-right, share))


def test_the_fixed_sum_is_a_weighted_sum() -> None:
    losses = {t: torch.tensor(float(k + 1)) for k, t in enumerate(TASKS)}
    total = MultiTaskLoss(FIXED)(losses)
    assert float(total) == pytest.approx(sum(FIXED[t] * (k + 1) for k, t in enumerate(TASKS)))


def test_learnt_weights_settle_at_the_inverse_of_twice_the_loss() -> None:
    # d/ds (exp(-s) L + s / 2) = 0 where exp(-s) = 1 / (2 L)
    losses = {t: torch.tensor(0.2 * (k + 1)) for k, t in enumerate(TASKS)}
    total = MultiTaskLoss()
    optimiser = torch.optim.SGD(total.parameters(), lr=1.0)
    for _ in range(40):
        optimiser.zero_grad()
        total(losses).backward()
        optimiser.step()
    for t in TASKS:
        assert total.weights()[t] == pytest.approx(1 / (2 * float(losses[t])), rel=1e-3)


@pytest.mark.parametrize("weights", [{"depth": 1.0}, {**FIXED, "depth": -1.0}])
def test_wrong_weights_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="task weights"):
        MultiTaskLoss(weights)


def one_box(kind: int) -> tuple[Detection, Labels, torch.Tensor]:
    """Three points of stride 4: one on a box of class `kind`, one beside it, one that is ignored.

    The box is found exactly; the score at its point is the parameter.
    """
    points = torch.tensor([[10.0, 10.0, 4.0], [30.0, 10.0, 4.0], [50.0, 10.0, 4.0]])
    sides = torch.full((1, 3, 4, REACH + 1), -60.0)
    sides[..., 1] = 60.0
    out = Detection(torch.full((1, 3, len(CLASSES)), -30.0), sides, torch.zeros(1, 3),
                    torch.zeros(1, 3, 4), torch.zeros(1, 3, SPACE))
    labels = Labels(
        torch.tensor([[0, BACKGROUND, IGNORED]]), torch.tensor([[6.0, 6.0, 14.0, 14.0]]),
        torch.tensor([kind]), torch.ones(1), torch.zeros(1, dtype=torch.int64),
        torch.full((1, SPACE), float("nan")), torch.zeros(1, 4, 1, 1), torch.zeros(1, 1, 1))
    return out, labels, points


def test_a_box_that_is_found_exactly_and_surely_costs_nothing() -> None:
    out, labels, points = one_box(2)
    out.scores[0, 0, 2] = 30.0
    # what the network says where it is not asked does not count
    out.scores[0, 2] = 30.0
    losses = detection_losses(out, labels, points)
    assert float(losses["scores"]) == pytest.approx(0.0, abs=1e-6)
    out.scores[0, 1, 4] = 30.0
    assert float(detection_losses(out, labels, points)["scores"]) > 1.0


def test_a_box_found_at_the_wrong_place_is_still_told_from_background() -> None:
    out, labels, points = one_box(0)
    labels.boxes[:] = torch.tensor([[100.0, 100.0, 108.0, 108.0]])
    out.scores.requires_grad_()
    detection_losses(out, labels, points)["scores"].backward()
    assert out.scores.grad is not None
    assert float(out.scores.grad[0, 0, 0]) < 0.0
    at_target = torch.full((1, 3, len(CLASSES)), -30.0)
    at_target[0, 0, 0] = torch.tensor(LEAST_QUALITY).logit()
    assert float(detection_losses(out._replace(scores=at_target), labels, points)["scores"]
                 ) == pytest.approx(0.0, abs=1e-6)


def test_rare_classes_and_boxes_of_few_points_count_more() -> None:
    # a car of four points, a sign of one
    weights = point_weights(torch.tensor([0, 0, 0, 0, 1]), torch.tensor([0, 0, 0, 0, 6]))
    assert weights.tolist() == pytest.approx([RARITY[0] / 2] * 4 + [RARITY[6]])
    assert point_weights(torch.zeros(0, dtype=torch.int64),
                         torch.zeros(0, dtype=torch.int64)).shape == (0,)
    assert len(RARITY) == len(CLASSES)


def test_a_picture_without_a_box_still_teaches_the_scores() -> None:
    out, labels, points = one_box(0)
    empty = labels._replace(owner=torch.full((1, 3), BACKGROUND), boxes=torch.zeros(0, 4),
                            classes=torch.zeros(0, dtype=torch.int64), visible=torch.zeros(0),
                            lights=torch.zeros(0, dtype=torch.int64), space=torch.zeros(0, SPACE))
    out.scores[0, 1, 3] = 2.0
    losses = detection_losses(out, empty, points)
    assert float(losses["scores"]) > 0.1
    assert float(losses["boxes"]) == float(losses["lights"]) == 0.0


def test_a_heading_and_its_opposite_cost_the_same_and_no_heading_costs() -> None:
    truth = torch.zeros(1, SPACE)
    truth[0, -2:] = torch.tensor([0.6, 0.8])
    assert float(space_error(truth, truth).sum()) == 0.0
    turned = truth.clone()
    turned[0, -2:] *= -1.0
    assert float(space_error(turned, truth).sum()) == 0.0
    nothing = truth.clone()
    nothing[0, -2:] = 0.0
    assert float(space_error(nothing, truth).sum()) == pytest.approx(1.4)
    moved = truth.clone()
    moved[0, 2] = 0.3
    assert space_error(moved, truth)[0].tolist() == pytest.approx([0, 0, 0.3, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("fixed", [None, FIXED])
def test_a_task_alone_counts_alone(fixed: dict[str, float] | None) -> None:
    losses = {t: torch.tensor(float(k + 1), requires_grad=True) for k, t in enumerate(TASKS)}
    loss = MultiTaskLoss(fixed, GROUPS["objects"])
    loss(losses).backward()
    felt = {t for t, v in losses.items() if v.grad is not None and float(v.grad) != 0.0}
    assert felt == {"scores", "boxes", "space", "lights"}
    assert not loss.log_variance.requires_grad or not loss.log_variance.grad[4:].any()

from __future__ import annotations

import pytest
import torch

from engine.errors import InvalidInput
from engine.perception.heads import bin_centres, mean_log_depth, mean_sides
from engine.perception.losses import FIXED, TASKS, MultiTaskLoss, depth_loss, line_loss, overlaps
from engine.perception.output_format import BINS


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

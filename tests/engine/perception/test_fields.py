from __future__ import annotations

import numpy as np
import pytest

from engine.perception.fields import enlarge, sigmoid


def test_enlarging_keeps_a_ramp_a_ramp() -> None:
    ramp = np.arange(6, dtype=np.float32)[None].repeat(4, axis=0)
    large = enlarge(ramp, 2)
    assert large.shape == (8, 12)
    # the centre of a large pixel lies at (k + 0.5) / 2 - 0.5 of the small ones
    assert large[3, 1:11] == pytest.approx((np.arange(1, 11) + 0.5) / 2 - 0.5)
    assert large[:, 0] == pytest.approx([0.0] * 8)


def test_enlarging_agrees_with_torch() -> None:
    import torch

    values = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(values)[None, None], scale_factor=4.0, mode="bilinear",
        align_corners=False)[0, 0].numpy()
    assert np.abs(enlarge(values, 4) - theirs).max() < 1e-5


def test_sigmoid_by_hand() -> None:
    assert sigmoid(np.array([0.0, 2.0], np.float32)) == pytest.approx([0.5, 0.8807971])

from __future__ import annotations

import sys

import pytest


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Torch on one thread: the test processes share the cores, and its threads would wait."""
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(1)

"""Poll for a state instead of sleeping a guessed time."""

import time
from collections.abc import Callable


def until(true: Callable[[], object], timeout_s: float = 15.0) -> None:
    """Return once `true()` holds; fail after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout_s:.0f} s: {true}")
        time.sleep(0.005)

"""When a failed request is tried again, and when not.

Providers' clients honour a Retry-After of up to two minutes and wait ten minutes for an answer;
neither suits a person at a screen. Here a reply has one budget of waiting, spent in steps that
grow, and a server that asks for more than is left is told to the person at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.agent.model import ModelError


@dataclass(slots=True)
class Retries:
    """Waits of one reply.

    Attributes:
        rng: For the jitter.
        attempts: Tries left.
        wait_s: Waiting left, seconds.
        first_s: First wait; each next one doubles.
    """

    rng: np.random.Generator
    attempts: int = 4
    wait_s: float = 20.0
    first_s: float = 0.25
    _made: int = 0

    def wait_for(self, error: ModelError) -> float | None:
        """Seconds to wait before the next try; None when it is not worth it."""
        if not error.retryable or self._made >= self.attempts:
            return None
        grown = self.first_s * 2.0**self._made * float(self.rng.uniform(0.75, 1.25))
        wait = max(error.retry_after_s or 0.0, grown)
        if wait > self.wait_s:
            return None
        self._made += 1
        self.wait_s -= wait
        return wait

"""How many steps are due: a steady beat that neither drifts nor rushes to catch up."""

from __future__ import annotations

import time
from typing import Final

AS_FAST_AS_IT_GOES: Final = 0.0
SLICE_S: Final = 0.03
REST_S: Final = 0.006
FRAMES_PER_S: Final = 60.0


class Pace:
    """Decides when the next step is due, and how fast the run really goes.

    Attributes:
        rate: Wanted steps a second of wall time; 0 means as fast as it goes.
        measured: Steps a second over the last seconds, exponentially averaged.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.measured = 0.0
        self._due = time.perf_counter()
        self._slice_start = self._due
        self._marks = (self._due, 0)

    def restart(self) -> None:
        """Begin a new beat now, as after a pause or a change of rate."""
        self._due = time.perf_counter()
        self._slice_start = self._due
        self._marks = (self._due, 0)

    def wait_s(self) -> float:
        """Seconds until the next step is due; 0 when it is.

        As fast as it goes still rests a little after each slice, so that the server's other
        threads get their turn.
        """
        now = time.perf_counter()
        if self.rate == AS_FAST_AS_IT_GOES:
            if now - self._slice_start < SLICE_S:
                return 0.0
            self._slice_start = now + REST_S
            return REST_S
        return max(0.0, self._due - now)

    def stepped(self) -> None:
        """Note that one step was made."""
        now = time.perf_counter()
        since, steps = self._marks
        steps += 1
        if now - since >= 0.5:
            rate = steps / (now - since)
            self.measured = rate if self.measured == 0 else 0.5 * self.measured + 0.5 * rate
            since, steps = now, 0
        self._marks = (since, steps)
        if self.rate > 0:
            # a step that came late moves the beat: a slow world slows down, it does not stutter
            self._due = max(self._due + 1 / self.rate, now - 1 / self.rate)

    @property
    def stride(self) -> int:
        """Steps between two frames worth sending at the present speed."""
        rate = self.rate if self.rate > 0 else self.measured
        return max(1, round(rate / FRAMES_PER_S))

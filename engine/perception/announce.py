"""What is said of the decisions: those that last, and those that brake.

The planner weighs its options anew ten times a second, and between two that cost the same it may
choose by turns. Nobody can read that: a decision is said once it has held for `HELD` ticks; one
to stop or to yield at once.
"""

from __future__ import annotations

from typing import Final

from engine.perception.decision import Decision

HELD: Final = 3
AT_ONCE: Final = ("stop", "yield")


class Announcer:
    """Follows the decisions of one drive.

    Attributes:
        said: Decision as it is said; its figures are of the last tick that made it. None before
            the first.
        since: Step at which it was first made.
    """

    def __init__(self) -> None:
        self.said: Decision | None = None
        self.since = 0
        self._next = ("", 0)
        self._next_since = 0

    def hear(self, decision: Decision, step: int) -> None:
        """Take the decision of a tick."""
        key = (decision.state, decision.side)
        if self.said is not None and key == (self.said.state, self.said.side):
            self.said = decision
            self._next = key
            return
        if key != self._next:
            self._next, self._next_since = key, step
        if (self.said is None or decision.state in AT_ONCE
                or step - self._next_since >= HELD - 1):
            self.said, self.since = decision, self._next_since

"""Ways to begin: who plays whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.go.settings import GoParams


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named beginning.

    Attributes:
        label: As shown.
        params: Settings it brings.
    """

    label: str
    params: GoParams


SCENARIOS: Final = {
    "black": Scenario("You play Black", GoParams()),
    "white": Scenario("You play White", GoParams(black="engine", white="you")),
    "engines": Scenario("Two engines", GoParams(black="engine", white="engine", opening=4)),
    "analysis": Scenario("Analysis", GoParams(black="you", white="you")),
    "lesson": Scenario("Lesson", GoParams(teach=True, white_visits=50)),
}

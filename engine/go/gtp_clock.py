"""How long a move may take under GTP's time settings.

Source: Farnebäck, Specification of the Go Text Protocol version 2, draft 2, §4.2.
"""

from __future__ import annotations

from typing import Final

from engine.go.board import BLACK, WHITE
from engine.go.game import Game

_MARGIN: Final = 0.9          # of a byo-yomi period; the rest is for the line to arrive
_LEAST_S: Final = 0.05
_MOVES_A_POINT: Final = 0.35  # of one player in a whole game
_FEWEST_LEFT: Final = 12


class Clock:
    """Main time and byo-yomi of both players, in seconds."""

    def __init__(self) -> None:
        self._limited = False
        self._period_s = 0.0
        self._period_stones = 0
        self._left: dict[int, tuple[float, int]] = {}

    def settings(self, main_s: float, period_s: float, stones: float) -> None:
        """GTP's time_settings; a period without stones means no limit."""
        self._limited = not (period_s > 0 and stones == 0)
        self._period_s, self._period_stones = period_s, int(stones)
        self._left = {BLACK: (main_s, 0), WHITE: (main_s, 0)}
        if main_s == 0 and self._period_stones > 0:
            self._left = dict.fromkeys((BLACK, WHITE), (period_s, self._period_stones))

    def left(self, colour: int, seconds: float, stones: int) -> None:
        """GTP's time_left; `stones` is 0 in main time."""
        self._limited = True
        self._left[colour] = (seconds, stones)

    def seconds(self, colour: int, game: Game) -> float | None:
        """Time for the next move of a colour; None without a limit."""
        if not self._limited:
            return None
        seconds, stones = self._left.get(colour, (0.0, 0))
        if stones > 0:
            return max(_LEAST_S, _MARGIN * seconds / stones)
        whole = _MOVES_A_POINT * game.size * game.size
        to_come = max(float(_FEWEST_LEFT), whole - game.node.number / 2)
        period = _MARGIN * self._period_s / self._period_stones if self._period_stones else 0.0
        return max(_LEAST_S, seconds / to_come + period)

"""Where free drivers are sent before anybody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation


class Repositioning:
    """Sends free drivers to where forecast demand lacks them."""

    def __init__(self, world: DispatchSimulation) -> None:
        self._world = world

    def tick(self, step: int) -> None:
        """Run the round that is due at a step, if any."""

"""Slow pictures of the streets: how fast they are now, and how far a chosen point is.

Shape letters: N nodes, M arcs, E segments (streets to draw, both ways in one).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.city import City
from engine.dispatch.network import nearest_nodes, tails
from engine.dispatch.picture import city_segments
from engine.errors import InvalidInput

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

NEVER: Final = 255
"""A segment from which the point is 255 minutes or more away, or cannot be reached."""
_NOTHING: Final = np.zeros(0, np.uint8)


class Overlays:
    """Computed when the traffic or the point changes, and kept until then.

    Attributes:
        node: The chosen point, -1 for none.
    """

    def __init__(self, world: DispatchSimulation) -> None:
        self._world = world
        self.node = -1
        self._traffic: tuple[Float32 | None, UInt8] = (None, _NOTHING)
        self._reach: tuple[Float32 | None, int, UInt8] = (None, -1, _NOTHING)

    def traffic(self) -> UInt8:
        """Speed over free flow of each segment's slower way, uint8 [E], percent; 0 is closed."""
        world = self._world
        if self._traffic[0] is not world.streets.drive_s:
            network = world.city.network
            share = 100.0 * network.free_s / np.maximum(world.streets.drive_s, 1e-3)
            share[world.streets.closed] = 0.0
            slowest = np.full(len(city_segments(world.city)[0]), 100.0)
            np.minimum.at(slowest, _segment_of(world.city), share)
            self._traffic = (world.streets.drive_s, np.rint(slowest).astype(np.uint8))
        return self._traffic[1]

    def reach(self) -> UInt8:
        """Minutes, rounded up, to drive from each segment's farther end to the chosen point.

        Returns:
            uint8 [E], NEVER where there is no way; empty without a point.
        """
        world = self._world
        if self.node < 0:
            return _NOTHING
        if self._reach[0] is not world.streets.drive_s or self._reach[1] != self.node:
            seconds = world.streets.router.times_to(np.array([self.node], np.int32))[0]
            ends = seconds[city_segments(world.city)[0]].max(axis=1)
            minutes = np.minimum(np.ceil(ends / 60.0), NEVER).astype(np.uint8)
            self._reach = (world.streets.drive_s, self.node, minutes)
        return self._reach[2]

    def choose(self, arguments: Mapping[str, Any]) -> str:
        """Choose the point nearest to x and y (metres), or none; returns a sentence.

        Raises:
            InvalidInput: If one of the two is missing or no number within the city.
        """
        city = self._world.city
        if not arguments:
            self.node = -1
            return "No point is chosen"
        place = {}
        for name, size in (("x", city.width_m), ("y", city.height_m)):
            value = arguments.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not (
                    0.0 <= value <= size):
                raise InvalidInput(f"{name} is {value!r}; a point needs x and y in metres, and "
                                   f"this city reaches from 0 to {size:,.0f}")
            place[name] = float(value)
        node, _ = nearest_nodes(city.network, np.array([place["x"]]), np.array([place["y"]]))
        self.node = int(node[0])
        near = int(np.count_nonzero(self.reach() <= 5))
        return (f"{100.0 * near / max(1, len(self.reach())):.0f} % of the streets are within 5 min "
                "of this point")


@lru_cache(maxsize=4)
def _segment_of(city: City) -> Int32:
    """Segment of each arc, int32 [M]."""
    network = city.network
    pairs, _ = city_segments(city)
    many = len(network.x)
    tail, head = tails(network).astype(np.int64), network.head.astype(np.int64)
    key = pairs[:, 0].astype(np.int64) * many + pairs[:, 1]
    own = np.minimum(tail, head) * many + np.maximum(tail, head)
    # segments come in order of their nodes
    return np.searchsorted(key, own).astype(np.int32)

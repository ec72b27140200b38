"""The streets under the traffic of the moment: what driving takes, and what routing believes.

Shape letters: N nodes, M arcs.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.cch import Hierarchy, build_hierarchy
from engine.dispatch.city import Bridge, City
from engine.dispatch.drivers import roads
from engine.dispatch.movement_kernels import Roads
from engine.dispatch.params import DispatchParams
from engine.dispatch.routing import Router
from engine.dispatch.traffic import TrafficProfile

Bool = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]

EVERY_S: Final = 300.0
"""Traffic is taken in this often."""
RAIN: Final = np.float32(1.2)
_SHUT_S: Final = np.float32(20_000.0)
"""Added to a closed arc: nobody takes it who has another way, and nothing is cut off."""
_SIGNALS_SEED: Final = 20_170_103


class Streets:
    """Roads, router and present weights.

    Attributes:
        roads: The network as driving needs it.
        router: Customised to `route_s`.
        drive_s: float32 [M], seconds an arc takes a driver who hits no red light.
        route_s: float32 [M], seconds an arc takes in routing: the same, and closures.
        closed: bool [M].
    """

    def __init__(self, city: City, start_s: float, params: DispatchParams) -> None:
        self._network = city.network
        self._profile = _profile(city, params.day in ("Saturday", "Sunday"))
        self.roads: Roads = _roads(city)
        self.router = Router(city.network, _hierarchy(city))
        self.closed: Bool = np.zeros(len(city.network.head), np.bool_)
        self.drive_s: Float32 = city.network.free_s
        self.route_s: Float32 = city.network.free_s
        self._due = start_s
        self.refresh(start_s, params, raining=False, bridges=())

    def change(self) -> None:
        """Take in new weather, closures or knobs at the next step."""
        self._due = -np.inf

    def refresh(self, now_s: float, params: DispatchParams, raining: bool,
                bridges: Iterable[Bridge]) -> bool:
        """Take in the traffic of now, if it is time to; says whether weights changed."""
        if now_s < self._due:
            return False
        self._due = (now_s // EVERY_S + 1) * EVERY_S
        slow = 1.0 + np.float32(params.congestion) * (self._profile.factor(now_s) - 1.0)
        weights = self._network.free_s * slow.astype(np.float32) * (RAIN if raining else 1)
        closed = np.zeros(len(weights), np.bool_)
        for bridge in bridges:
            closed[list(bridge.arcs)] = True
        self.closed = closed
        self.router.customise(np.where(closed, weights + _SHUT_S, weights).astype(np.float32))
        self.route_s = self.router.weights_s
        # the router rounds to its tick: driving takes what routing says, to the bit
        self.drive_s = np.where(closed, weights, self.route_s).astype(np.float32)
        return True


@lru_cache(maxsize=4)
def _hierarchy(city: City) -> Hierarchy:
    return build_hierarchy(city.network)


@lru_cache(maxsize=4)
def _roads(city: City) -> Roads:
    return roads(city.network, _SIGNALS_SEED)


@lru_cache(maxsize=4)
def _profile(city: City, weekend: bool) -> TrafficProfile:
    return TrafficProfile(city, weekend=weekend)

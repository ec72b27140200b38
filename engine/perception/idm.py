"""How drivers follow and change lanes.

Source: Treiber, Hennecke and Helbing 2000, Congested traffic states, doi:10.1103/PhysRevE.62.1805
(IDM); Kesting, Treiber and Helbing 2007, General lane-changing model MOBIL,
doi:10.3141/1999-10. Accelerations are bounded by what tyres on the road give.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

HARDEST_BRAKE: Final = -8.0
"""m/s²; what a car on dry asphalt can do."""


class Driver(NamedTuple):
    """A driver's habits.

    headway_s: Wanted time gap. jam_m: Gap at standstill. accel, brake: comfortable, m/s².
    politeness: MOBIL's weight of others' losses. threshold: least gain worth a lane change, m/s².
    safe_brake: greatest braking that a lane change may force on the follower, m/s².
    """

    headway_s: float = 1.4
    jam_m: float = 2.2
    accel: float = 1.6
    brake: float = 2.0
    politeness: float = 0.25
    threshold: float = 0.15
    safe_brake: float = 3.0


CALM: Final = Driver()


def aggressive(share: float) -> Driver:
    """A driver between calm (0) and pushing (1)."""
    return Driver(1.5 - 0.8 * share, 2.4 - 1.0 * share, 1.4 + 0.9 * share, 1.8 + 1.2 * share,
                  0.4 - 0.35 * share, 0.2 - 0.12 * share, 2.6 + 1.6 * share)


def acceleration(speed: float, wish: float, gap: float, lead_speed: float,
                 driver: Driver = CALM) -> float:
    """Acceleration of the Intelligent Driver Model, m/s².

    Args:
        speed: Own speed, m/s, ≥ 0.
        wish: Wanted speed, m/s, > 0.
        gap: Bumper to bumper to the leader, m; inf for none.
        lead_speed: The leader's speed, m/s.
        driver: Habits.

    Returns:
        Between HARDEST_BRAKE and `driver.accel`.

    Source: Treiber et al. 2000, equations 2 and 3.
    """
    free = 1.0 - (speed / wish) ** 4 if wish > 0.0 else -1.0
    if math.isinf(gap):
        pull = free
    else:
        close = speed * (speed - lead_speed) / (2.0 * math.sqrt(driver.accel * driver.brake))
        desired = driver.jam_m + max(0.0, speed * driver.headway_s + close)
        pull = free - (desired / max(gap, 0.1)) ** 2
    return max(HARDEST_BRAKE, driver.accel * pull)


def worth_changing(own_now: float, own_then: float, follower_now: float, follower_then: float,
                   old_now: float, old_then: float, bias: float, driver: Driver = CALM) -> bool:
    """MOBIL: whether a lane change gains more than it costs, and is safe.

    Args:
        own_now: Own acceleration in this lane, m/s².
        own_then: In the other lane.
        follower_now: Of the new follower before the change.
        follower_then: After it.
        old_now: Of the present follower before the change.
        old_then: After it.
        bias: Pull to the other lane, m/s² (a route, a closed lane).
        driver: Habits.

    Source: Kesting et al. 2007, equations 3 and 6.
    """
    if follower_then < -driver.safe_brake:
        return False
    gain = own_then - own_now
    loss = (follower_now - follower_then) + (old_now - old_then)
    return gain + bias > driver.politeness * loss + driver.threshold

"""Which ways through a junction cannot be driven at the same time."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.perception.road import Network

CONFLICT_M: Final = 2.3
"""Two connectors nearer to each other than this cannot be driven at the same time."""


def conflicts(network: Network) -> dict[int, dict[int, float]]:
    """Connectors of other arms that pass within `CONFLICT_M` of each connector.

    Returns:
        For each connector those that meet it, and the station of the other from which on it has
        left this one's way, m.
    """
    table: dict[int, dict[int, float]] = {}
    by_junction: dict[int, list[int]] = {}
    for i, lane in enumerate(network.lanes):
        if lane.connector:
            by_junction.setdefault(lane.junction, []).append(i)
    for group in by_junction.values():
        for n, i in enumerate(group):
            for j in group[n + 1:]:
                a, b = network.lanes[i], network.lanes[j]
                if a.arm == b.arm:
                    continue
                near = ((a.xy[:, None, :] - b.xy[None]) ** 2).sum(2) < CONFLICT_M**2
                if near.any():
                    table.setdefault(i, {})[j] = float(b.s[np.flatnonzero(near.any(0))[-1]])
                    table.setdefault(j, {})[i] = float(a.s[np.flatnonzero(near.any(1))[-1]])
    return table

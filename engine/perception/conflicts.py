"""Which ways through a junction cannot be driven at the same time."""

from __future__ import annotations

from typing import Final

from engine.perception.road import Network

CONFLICT_M: Final = 2.3
"""Two connectors nearer to each other than this cannot be driven at the same time."""


def conflicts(network: Network) -> dict[int, frozenset[int]]:
    """Connectors of other arms that pass within `CONFLICT_M` of each connector."""
    table: dict[int, set[int]] = {}
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
                apart = a.xy[:, None, :] - b.xy[None, ::2, :]
                if (apart**2).sum(2).min() < CONFLICT_M**2:
                    table.setdefault(i, set()).add(j)
                    table.setdefault(j, set()).add(i)
    return {i: frozenset(s) for i, s in table.items()}


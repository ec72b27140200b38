"""The way through the town: one line from start to end, with its junctions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception.road import LEFT_TURN, STRAIGHT, Network

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

SEARCH_M: Final = 12.0
"""How far along the line the nearest point is looked for, around the last one."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A stop line on the route and the junction behind it.

    Attributes:
        s: Station of the stop line, m.
        clear: Station at which the junction is left, m.
        junction: Its junction.
        arm: Arm of the junction that the route comes in by.
        turn: STRAIGHT, LEFT_TURN or RIGHT_TURN.
    """

    s: float
    clear: float
    junction: int
    arm: int
    turn: int


class RoutePath:
    """The centre line of a chain of lanes."""

    def __init__(self, network: Network, lanes: list[int], begin_m: float = 0.0) -> None:
        """Join the lanes.

        Args:
            network: Roads.
            lanes: Each is followed by the next.
            begin_m: Station of the first point.
        """
        self.lanes = tuple(lanes)
        self.network = network
        pieces = [network.lanes[k].xy if n == 0 else network.lanes[k].xy[1:]
                  for n, k in enumerate(lanes)]
        self.xy: Float64 = np.concatenate(pieces)
        self.lane_of: Int64 = np.concatenate(
            [np.full(len(p), n) for n, p in enumerate(pieces)]).astype(np.int64)
        step = np.hypot(*np.diff(self.xy, axis=0).T)
        self.s: Float64 = begin_m + np.concatenate([[0.0], np.cumsum(step)])
        # central differences, so that the heading at a joint is the mean of both lanes
        rate = np.gradient(self.xy, axis=0)
        self.heading: Float64 = np.unwrap(np.arctan2(rate[:, 1], rate[:, 0]))
        curvature = np.gradient(self.heading) / np.maximum(1e-6, np.gradient(self.s))
        self.curvature: Float64 = np.convolve(np.pad(curvature, 2, "edge"), np.full(5, 0.2),
                                              "valid")
        self.gates = self._gates()

    @property
    def length(self) -> float:
        """Station of the end, m."""
        return float(self.s[-1])

    def start_of(self, n: int) -> float:
        """Station at which lane number n of the chain begins."""
        return float(self.s[int(np.argmax(self.lane_of == n))])

    def project(self, x: float, y: float, near: float | None = None) -> tuple[float, float]:
        """Station and offset to the left of a place.

        Args:
            x: World, m.
            y: World, m.
            near: Station to look around; the whole line when None.
        """
        lo, hi = 0, len(self.s)
        if near is not None:
            lo = max(0, int(np.searchsorted(self.s, near - SEARCH_M)) - 1)
            hi = min(len(self.s), int(np.searchsorted(self.s, near + SEARCH_M)) + 2)
        i = lo + int(((self.xy[lo:hi] - np.array([x, y])) ** 2).sum(1).argmin())
        h = float(self.heading[i])
        dx, dy = x - float(self.xy[i, 0]), y - float(self.xy[i, 1])
        c, q = math.cos(h), math.sin(h)
        return float(self.s[i]) + dx * c + dy * q, dy * c - dx * q

    def at(self, s: npt.ArrayLike) -> Float64:
        """Points float64 [N, 2] at stations; straight on beyond the ends."""
        s = np.asarray(s, np.float64)
        points: Float64 = np.stack([np.interp(s, self.s, self.xy[:, c]) for c in range(2)], axis=-1)
        first = self.s[0]
        beyond = np.maximum(0.0, s - self.length) + np.minimum(0.0, s - first)
        h = np.where(s > 0.5 * (first + self.length), self.heading[-1], self.heading[0])
        points += beyond[..., None] * np.stack([np.cos(h), np.sin(h)], axis=-1)
        return points

    def lane_at(self, s: float) -> int:
        """Lane of the network at a station."""
        i = min(len(self.s) - 1, max(0, int(np.searchsorted(self.s, s, side="right")) - 1))
        return self.lanes[int(self.lane_of[i])]

    def gate_ahead(self, s: float) -> Gate | None:
        """The junction that station s lies before or in."""
        for gate in self.gates:
            if s < gate.clear:
                return gate
        return None

    def _gates(self) -> tuple[Gate, ...]:
        gates = []
        for n, k in enumerate(self.lanes):
            lane = self.network.lanes[k]
            if lane.connector:
                start = self.start_of(n)
                gates.append(Gate(start, start + lane.length, lane.junction, lane.arm, lane.turn))
        return tuple(gates)


def must_yield(gate: Gate, network: Network) -> bool:
    """Whether others have priority over who drives through a gate."""
    signals = network.junctions[gate.junction].signals
    return gate.turn == LEFT_TURN or (not signals and gate.arm >= 2)


def same_way(network: Network, lane: int, turns: list[int]) -> list[int] | None:
    """Lanes from `lane` on that turn as asked at each junction; None when they cannot.

    Args:
        network: Roads.
        lane: First lane, not a connector.
        turns: Turn at each junction ahead; straight on, or however it goes, after the last.
    """
    chain, left = [lane], list(turns)
    while network.lanes[chain[-1]].next:
        after = network.lanes[chain[-1]].next
        if network.lanes[chain[-1]].connector:
            chain.append(after[0])
            continue
        wanted = left.pop(0) if left else STRAIGHT
        fits = [k for k in after if network.lanes[k].turn == wanted]
        if not fits:
            return None
        chain.append(fits[0])
    return chain

"""Exact travel times and paths under the traffic of the moment.

A `Router` is a hierarchy with one set of weights. `customise` makes a new table and swaps it in at
once, so that readers on other threads see the old traffic or the new, never a mixture.

Times are exact for weights rounded to TICK_S: at most 4 ms an arc from what was given.

Shape letters: N nodes, M arcs, S sources, T targets, Q pairs, L arcs of all paths.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.cch import Hierarchy, build_hierarchy
from engine.dispatch.cch_kernels import INF, customise, sweep
from engine.dispatch.field_kernels import sweep_all
from engine.dispatch.network import Network
from engine.dispatch.path_kernels import pair_times, unpack_paths
from engine.errors import InvalidInput

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

TICK_S: Final = 1 / 128
_LONGEST_S: Final = 86_400.0


class _Metric(NamedTuple):
    """Weights of a hierarchy; see `cch_kernels.customise`."""

    weight: Float32
    up: Float32
    down: Float32
    via: Int32


class Router:
    """Travel times and paths on a network.

    Attributes:
        network: Road graph.
    """

    def __init__(self, network: Network, hierarchy: Hierarchy | None = None) -> None:
        self.network = network
        self._graph = build_hierarchy(network) if hierarchy is None else hierarchy
        self._metric = self._customised(network.free_s)

    @property
    def hierarchy(self) -> Hierarchy:
        """The part that does not depend on traffic; another `Router` may share it."""
        return self._graph

    @property
    def weights_s(self) -> Float32:
        """Seconds an arc as used, float32 [M], in whole ticks."""
        return self._metric.weight

    def customise(self, weights_s: Float32) -> None:
        """Take new traffic.

        Args:
            weights_s: float32 [M], seconds an arc, ≥ 0; infinite where closed.

        Raises:
            InvalidInput: If a weight is negative, NaN or longer than a day.
        """
        self._metric = self._customised(weights_s)

    def times(
        self, sources: Int32, targets: Int32, limit_s: float = float("inf")
    ) -> Float32:
        """Seconds from every source to every target.

        Args:
            sources: int32 [S], nodes.
            targets: int32 [T], nodes.
            limit_s: Longer times come back infinite; a low limit is faster.

        Returns:
            float32 [S, T].
        """
        graph, metric = self._graph, self._metric
        source, target = self._places(sources), self._places(targets)
        if not len(source) or not len(target):
            return np.zeros((len(source), len(target)), np.float32)
        limit = np.float32(limit_s)
        # A lane costs a whole descent, so the smaller side takes the lanes.
        if len(source) <= len(target):
            out = sweep(graph.first, graph.head, graph.parent, metric.up, metric.down, source,
                        target, limit)
            return np.asarray(out, np.float32)
        out = sweep(graph.first, graph.head, graph.parent, metric.down, metric.up, target, source,
                    limit)
        return np.ascontiguousarray(out.T)

    def times_to(self, targets: Int32) -> Float32:
        """Seconds from every node to each target, float32 [T, N]; infinite where no way leads."""
        graph, metric = self._graph, self._metric
        return np.asarray(sweep_all(graph.first, graph.head, graph.parent, graph.node, metric.up,
                                    metric.down, self._places(targets)), np.float32)

    def pair_times(self, sources: Int32, targets: Int32) -> Float32:
        """Seconds from sources[q] to targets[q], float32 [Q]."""
        graph, metric = self._graph, self._metric
        source, target = self._pairs(sources, targets)
        return np.asarray(pair_times(graph.first, graph.head, graph.parent, metric.up,
                                     metric.down, source, target), np.float32)

    def path(self, source: int, target: int) -> Int32:
        """Arcs of a fastest path, int32, in driving order; empty if there is none to drive."""
        return self.paths(np.array([source], np.int32), np.array([target], np.int32))[0]

    def paths(self, sources: Int32, targets: Int32) -> tuple[Int32, Int64]:
        """Arcs of fastest paths from sources[q] to targets[q].

        Returns:
            arcs int32 [L] and offsets int64 [Q + 1]: path q is arcs[offsets[q]:offsets[q + 1]],
            empty where source and target are one or no way leads.
        """
        graph, metric = self._graph, self._metric
        source, target = self._pairs(sources, targets)
        arcs, offsets = unpack_paths(graph.first, graph.head, graph.parent, graph.low, metric.up,
                                     metric.down, metric.via, source, target)
        return arcs, offsets

    def _customised(self, weights_s: Float32) -> _Metric:
        arcs = len(self.network.head)
        given = np.asarray(weights_s, np.float32)
        if given.shape != (arcs,):
            raise InvalidInput(f"there are {given.shape} weights for {arcs} arcs; give one each")
        wrong = ~((given >= 0) & ((given <= _LONGEST_S) | (given == INF)))
        if wrong.any():
            arc = int(np.argmax(wrong))
            raise InvalidInput(
                f"arc {arc} takes {given[arc]} s; it must be between 0 and {_LONGEST_S:,.0f} s, or "
                "infinite if closed"
            )
        weight = np.maximum(np.rint(given * np.float32(1 / TICK_S)), 1) * np.float32(TICK_S)
        graph = self._graph
        up, down, via = customise(graph.first, graph.head, graph.first_down, graph.down,
                                  graph.low, graph.up_arc, weight)
        return _Metric(weight, up, down, via)

    def _places(self, nodes: Int32) -> Int32:
        given = np.asarray(nodes)
        if len(given) and not (0 <= int(given.min()) <= int(given.max()) < len(self._graph.rank)):
            raise InvalidInput(
                f"nodes run from {given.min()} to {given.max()}; the network has nodes 0 to "
                f"{len(self._graph.rank) - 1}"
            )
        return np.ascontiguousarray(self._graph.rank[given], np.int32)

    def _pairs(self, sources: Int32, targets: Int32) -> tuple[Int32, Int32]:
        if len(sources) != len(targets):
            raise InvalidInput(f"{len(sources)} sources and {len(targets)} targets make no pairs; "
                               "give as many of both")
        return self._places(sources), self._places(targets)

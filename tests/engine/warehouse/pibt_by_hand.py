"""PIBT as the paper writes it: plain Python, recursive, lists and dicts.

Okumura et al. 2022, doi:10.1016/j.artint.2022.103752, Algorithm 1, with the priorities and
preferences that `Pibt` documents. Slow and obvious; the oracle of the differential tests.
"""

from __future__ import annotations

import numpy as np

from engine.warehouse.graph import Graph

MASK = 2**64 - 1


def coins(seed: int, agent: int) -> list[int]:
    """Five bytes of SplitMix64 for one agent."""
    x = (seed + (agent + 1) * 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    x ^= x >> 31
    return [(x >> (8 * k)) & 255 for k in range(5)]


def step(
    graph: Graph, dist: list[list[int]], pos: list[int], goal: list[int], classes: list[int],
    pinned: list[bool], age: list[int], age_cap: int, seed: int,
) -> list[int]:
    """Next cell of every agent; dist[a][c] is agent a's distance from cell c."""
    agents = range(len(pos))
    at = {cell: a for a, cell in enumerate(pos)}

    def allowed(a: int, v: int) -> bool:
        return v >= 0 and (graph.bars[v] & classes[a] == 0 or v == goal[a])

    def nearer(a: int, v: int) -> bool:
        return dist[a][v] < dist[a][pos[a]]

    def rivals(a: int, v: int) -> int:
        return sum(
            b != a and v in graph.nbr[pos[b]] and allowed(b, v) and nearer(b, v) for b in agents
        )

    def preference(a: int) -> list[int]:
        coin = coins(seed, a)
        options = [(v, coin[k]) for k, v in enumerate(graph.nbr[pos[a]].tolist()) if allowed(a, v)]
        options.append((pos[a], coin[4]))
        return [v for v, _ in sorted(options, key=lambda o: (
            dist[a][o[0]], rivals(a, o[0]), o[0] != pos[a] and o[0] in at, o[1]))]

    def importance(a: int) -> tuple[int, int]:
        if dist[a][pos[a]] == 0:
            return 2, 0
        if age[a] > age_cap:
            return 0, -age[a]
        return 1, dist[a][pos[a]]

    wishes = [preference(a) for a in agents]
    following = {a: pos[a] for a in agents if pinned[a]}

    def plan(a: int) -> bool:
        for v in wishes[a]:
            if v in following.values():
                continue
            b = at.get(v, a)
            if b != a and following.get(b) == pos[a]:
                continue
            following[a] = v
            if b != a and b not in following and not plan(b):
                continue
            return True
        following[a] = pos[a]
        return False

    for a in sorted(agents, key=lambda a: (*importance(a), a)):
        if a not in following:
            plan(a)
    return [following[a] for a in agents]


def seed_of(rng: np.random.Generator) -> int:
    """The number that `Pibt.step` draws."""
    return int(rng.integers(2**64, dtype=np.uint64))

"""Grow a city on a plan: local grids by district, one-ways, interchanges, bridges, names.

Each district has a grid of its own direction and block size (Marshall 2005, *Streets and
Patterns*, ch. 4); collectors run where districts meet. Local streets end at water, parks and the
motorway, which they pass only where an arterial does; there it has a diamond interchange.

`python -m engine.dispatch.generate` writes the shipped city anew.

Shape letters: N nodes, E edges.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from engine.dispatch.arrangement import Lines, Planar, arrange, keep_edges
from engine.dispatch.city import (
    SHIPPED,
    Bridge,
    City,
    District,
    Place,
    Water,
    dump_city,
    node_lonlat,
)
from engine.dispatch.geometry import chord, inside, near_line, voronoi_cell
from engine.dispatch.motorway import add_motorways
from engine.dispatch.network import (
    ARTERIAL,
    COLLECTOR,
    LOCAL,
    MOTORWAY,
    Arcs,
    Network,
    assemble,
    tails,
)
from engine.dispatch.plan import BRIDGE_NAMES, PARK_NAMES, QUARTERS, Plan, draw_plan, warp
from engine.dispatch.projection import Projection

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

SEED: Final = 4
"""Of the shipped city."""
SPEED_MPS: Final = (7.4, 10.2, 12.6, 24.0)
"""Mean free-flow speed by rank, stops at crossings included (27, 37, 45 and 86 km/h)."""
ORIGIN: Final = Projection(-30.0, 45.0)
"""The generated city lies in the Atlantic, so that nobody takes it for a real one."""

_SNAP_M: Final = 22.0
_GAP: Final = 0.09
"""Share of local street pieces left out, which makes larger blocks and corners."""
_CORE_M: Final = 2_000.0
_MARGIN_M: Final = 150.0
RIVER: Final = "River Arne"
_NAMED_AT: Final = (0.3, 0.72, 0.2, 0.85, 0.5)
"""Shares of the city's width at which the river's name is tried."""


def generate(seed: int = SEED) -> City:
    """Grow a city of about 16 × 12 km.

    Args:
        seed: Two cities of one seed are equal.
    """
    rng = np.random.default_rng(seed)
    plan = draw_plan(rng)
    point, edge, rank, oneway = add_motorways(_streets(rng, plan), plan.motorway)
    wet = _over_water(plan, point, edge)
    flat = warp(plan, point)
    low = flat.min(axis=0) - _MARGIN_M
    size = flat.max(axis=0) + _MARGIN_M - low
    flat = np.round(flat - low, 1)
    length = np.maximum(np.hypot(*(flat[edge[:, 0]] - flat[edge[:, 1]]).T), 5.0)
    speed = np.array(SPEED_MPS)[rank] * rng.uniform(0.92, 1.08, len(edge))
    back = np.flatnonzero(~oneway)
    arcs = Arcs(
        np.concatenate([edge[:, 0], edge[back, 1]]), np.concatenate([edge[:, 1], edge[back, 0]]),
        np.concatenate([length, length[back]]),
        np.concatenate([length / speed, (length / speed)[back]]),
        np.concatenate([rank, rank[back]]),
    )
    source = np.concatenate([np.arange(len(edge)), back])
    district = _nearest(plan.seeds, point).astype(np.int16)
    built = assemble(flat[:, 0], flat[:, 1], arcs, district)
    network = built.network
    places = _places(plan, network, low)
    return City(
        "Arnehaven", network, node_lonlat(network, ORIGIN), np.arange(len(network.x)), ORIGIN,
        float(np.round(size[0])), float(np.round(size[1])), _districts(plan, low), places,
        _bridges(network, wet[source[built.arc]]),
        {kind: tuple((warp(plan, ring) - low).round(1).astype(np.float32) for ring in rings)
         for kind, rings in plan.polygons.items()},
        waters=(Water(RIVER, _spots(plan, low)),),
    )


def _spots(plan: Plan, low: Float64) -> tuple[tuple[float, float], ...]:
    """Where the river's name can stand, (x, y): on its middle, away from its ends."""
    course = warp(plan, plan.course) - low
    inside = course[:, 0] / course[:, 0].max()
    at = [int(np.abs(inside - share).argmin()) for share in _NAMED_AT]
    return tuple((float(x), float(y)) for x, y in course[at].round(1).tolist())


def _streets(rng: np.random.Generator, plan: Plan) -> Planar:
    """Main roads and local grids cut at their crossings, less what stands in the way."""
    box = np.array([[0, 0], [plan.width_m, 0], [plan.width_m, plan.height_m], [0, plan.height_m]])
    roads: list[tuple[Float64, int, bool]] = [(r.points, r.rank, False) for r in plan.roads]
    cells = [voronoi_cell(plan.seeds, k, box) for k in range(len(plan.seeds))]
    for cell in cells:
        for i in range(len(cell)):
            a, b = cell[i - 1], cell[i]
            middle = (a + b) / 2
            border = min(*middle, *(np.array([plan.width_m, plan.height_m]) - middle)) < 1.0
            if not border and tuple(a) < tuple(b):
                roads.append((np.stack([a, b]), COLLECTOR, False))
    for k, cell in enumerate(cells):
        roads += [(np.stack([a, b]), LOCAL, single) for a, b, single in _grid(rng, plan, k, cell)]
    pieces = np.array([len(points) - 1 for points, _, _ in roads])
    planar = arrange(Lines(
        np.concatenate([points[:-1] for points, _, _ in roads]),
        np.concatenate([points[1:] for points, _, _ in roads]),
        np.repeat(np.array([rank for _, rank, _ in roads], np.uint8), pieces),
        np.repeat(np.array([single for _, _, single in roads]), pieces),
    ), _SNAP_M)
    minor = planar.rank < ARTERIAL
    gone = minor & _blocked(plan, planar)
    gone |= (planar.rank == LOCAL) & (rng.random(len(planar.edge)) < _GAP)
    return _without_stubs(keep_edges(planar, ~gone), plan.centre)


def _grid(
    rng: np.random.Generator, plan: Plan, index: int, cell: Float64
) -> list[tuple[Float64, Float64, bool]]:
    """Parallel streets both ways across a district, reaching a metre past its border."""
    quarter = QUARTERS[index]
    downstream = np.gradient(plan.course[:, 1], plan.course[:, 0])
    turn = np.arctan(np.interp(plan.seeds[index, 0], plan.course[:, 0], downstream))
    turn += rng.uniform(-0.45, 0.45) if quarter.kind == "residential" else rng.uniform(-0.12, 0.12)
    streets = []
    for axis, pitch in ((0, quarter.block_m), (1, quarter.depth_m)):
        angle = turn + axis * np.pi / 2
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        reach = (cell - plan.seeds[index]) @ across
        offsets = np.arange(reach.min() + pitch / 2, reach.max(), pitch)
        offsets = offsets + rng.uniform(-0.13, 0.13, len(offsets)) * pitch
        single = rng.random(len(offsets)) < quarter.oneway
        for i, offset in enumerate(offsets):
            point = plan.seeds[index] + offset * across
            span = chord(cell, point, along)
            if span is None or span[1] - span[0] < pitch:
                continue
            ends = point + (span[0] - 1) * along, point + (span[1] + 1) * along
            streets.append((*(ends if i % 2 else ends[::-1]), bool(single[i])))
    return streets


def _blocked(plan: Plan, planar: Planar) -> Bool:
    """Edges that touch water, a park, the airfield, the stadium or the motorway; bool [E]."""
    a, b = planar.point[planar.edge[:, 0]], planar.point[planar.edge[:, 1]]
    out = np.zeros(len(planar.edge), np.bool_)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = a + share * (b - a)
        for kind, rings in plan.polygons.items():
            for ring in rings:
                out |= inside(ring, at)
                if kind == "river":
                    out |= near_line(plan.course, at) < 190
        for line in plan.motorway:
            out |= near_line(line, at) < 45
    return out


def _without_stubs(planar: Planar, centre: Float64) -> Planar:
    """Drop dead ends until none is left, save where an arterial leaves the map."""
    core = np.hypot(*(planar.point - centre).T) < _CORE_M
    while True:
        degree = np.bincount(planar.edge.ravel(), minlength=len(planar.point))
        loose = (planar.rank < ARTERIAL) | core[planar.edge].all(axis=1)
        dead = loose & (degree[planar.edge] == 1).any(axis=1)
        if not dead.any():
            return planar
        planar = keep_edges(planar, ~dead)


def _over_water(plan: Plan, point: Float64, edge: Int64) -> Bool:
    """Edges that touch the river, bool [E]."""
    a, b = point[edge[:, 0]], point[edge[:, 1]]
    wet = [inside(plan.river, a + s * (b - a)) for s in np.linspace(0, 1, 9)]
    return np.asarray(np.stack(wet).any(axis=0), np.bool_)


def _nearest(seeds: Float64, point: Float64) -> Int64:
    far = np.hypot(point[:, None, 0] - seeds[:, 0], point[:, None, 1] - seeds[:, 1])
    return np.asarray(far.argmin(axis=1), np.int64)


def _districts(plan: Plan, low: Float64) -> tuple[District, ...]:
    middle = np.clip(plan.seeds, 500, [plan.width_m - 500, plan.height_m - 500])
    middle = warp(plan, middle) - low
    return tuple(District(q.name, q.kind, round(float(x)), round(float(y)))
                 for q, (x, y) in zip(QUARTERS, middle, strict=True))


def _places(plan: Plan, network: Network, low: Float64) -> tuple[Place, ...]:
    names = {"stadium": "Arne Stadium", "airport": "Airport", "station": "Central Station",
             "museum": "City Museum", "docks": "Ferry Docks"}
    spots = {names[kind]: (kind, at) for kind, at in plan.spots.items()}
    spots |= {name: ("park", ring.mean(axis=0))
              for name, ring in zip(PARK_NAMES, plan.polygons["park"], strict=True)}
    calm = np.isin(np.arange(len(network.x)), tails(network)[network.rank < MOTORWAY])
    places = []
    for name, (kind, at) in spots.items():
        x, y = (warp(plan, at[None]) - low)[0]
        far = np.where(calm, np.hypot(network.x - x, network.y - y), np.inf)
        places.append(Place(name, kind, int(np.argmin(far))))
    return tuple(places)


def _bridges(network: Network, wet: Bool) -> tuple[Bridge, ...]:
    """Group arcs over water that share a node; named from west to east."""
    tail = tails(network)
    arcs = np.flatnonzero(wet)
    nodes = len(network.x)
    over = csr_array((np.ones(len(arcs), np.int8), (tail[arcs], network.head[arcs])),
                     shape=(nodes, nodes))
    span = connected_components(over, directed=False)[1][tail[arcs]]
    found = [arcs[span == k].tolist() for k in np.unique(span)]
    west = sorted(found, key=lambda b: float(network.x[tail[b]].mean()))
    return tuple(Bridge(BRIDGE_NAMES[i] if i < len(BRIDGE_NAMES) else f"Bridge {i + 1}", tuple(b))
                 for i, b in enumerate(west))


def main() -> None:
    """Write the shipped city."""
    SHIPPED.parent.mkdir(parents=True, exist_ok=True)
    SHIPPED.write_bytes(dump_city(generate()))


if __name__ == "__main__":
    main()

"""The city in H3 cells: which cell a node lies in, who neighbours whom, what to draw.

H3: Brodsky 2018, Uber's hexagonal hierarchical spatial index, https://h3geo.org.

Shape letters: N nodes, H cells, D districts.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import h3  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt

from engine.dispatch.city import City

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

_FINEST: Final = 8
_COARSEST: Final = 5
_MOST_CELLS: Final = 700


class Hexes(NamedTuple):
    """The cells that hold a node of the network.

    names: H3 index of each.
    resolution: Of H3; 8 unless the city is large.
    cell: int32 [N], cell of each node.
    near: int32 [H, 6], neighbours, -1 where there is no cell.
    x, y: float64 [H], metres, centres.
    ring: float64 [H, 6, 2], metres, corners.
    district: int32 [H], district of most of its nodes.
    """

    names: tuple[str, ...]
    resolution: int
    cell: Int32
    near: Int32
    x: Float64
    y: Float64
    ring: Float64
    district: Int32

    def around(self, values: Float64, weight: float) -> Float64:
        """Each cell's value and `weight` times its neighbours', float64 [H] -> float64 [H]."""
        padded = np.append(values, 0.0)
        return np.asarray(values + weight * padded[self.near].sum(axis=1), np.float64)

    def highest_near(self, values: Float64) -> Float64:
        """Highest of each cell and its neighbours, float64 [H] -> float64 [H]."""
        padded = np.append(values, -np.inf)
        return np.asarray(np.maximum(values, padded[self.near].max(axis=1)), np.float64)

    def dearest_near(self, values: Float64) -> Int32:
        """Cell with the highest value among each cell and its neighbours, int32 [H]."""
        padded = np.append(values, -np.inf)
        best = padded[self.near].argmax(axis=1)
        beside = self.near[np.arange(len(values)), best]
        better = padded[beside] > values
        return np.where(better, beside, np.arange(len(values))).astype(np.int32)


def hexes(city: City) -> Hexes:
    """Cut a city into H3 cells, coarser ones if there would be too many."""
    for resolution in range(_FINEST, _COARSEST - 1, -1):
        name = [h3.latlng_to_cell(lat, lon, resolution) for lon, lat in city.lonlat.tolist()]
        names, cell = np.unique(np.array(name), return_inverse=True)
        if len(names) <= _MOST_CELLS:
            break
    index = {n: i for i, n in enumerate(names.tolist())}
    near = np.full((len(names), 6), -1, np.int32)
    ring = np.zeros((len(names), 6, 2))
    centre = np.array([h3.cell_to_latlng(n) for n in names.tolist()])
    for i, n in enumerate(names.tolist()):
        beside = sorted(index[m] for m in h3.grid_disk(n, 1) if m != n and m in index)
        near[i, :len(beside)] = beside
        corner = np.array(h3.cell_to_boundary(n))
        # a cell on an edge of the icosahedron has more than six corners; no city lies there whole
        ring[i] = np.stack(city.projection.to_xy(corner[:6, 1], corner[:6, 0]), axis=1)
    x, y = city.projection.to_xy(centre[:, 1], centre[:, 0])
    many = max(1, len(city.districts))
    votes = np.zeros((len(names), many), np.int64)
    np.add.at(votes, (cell, np.clip(city.network.district, 0, many - 1)), 1)
    return Hexes(tuple(names.tolist()), resolution, cell.astype(np.int32), near, x, y, ring,
                 votes.argmax(axis=1).astype(np.int32))

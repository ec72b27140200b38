"""A world on a map that somebody brings: octile maps as used in MAPF benchmarks.

Shelf access cells ('S') hold the pods; where a map has none, cells beside an obstacle do. A pod
there is low enough for loaded robots to pass, so every free cell stays free to drive on. Pick
stations take endpoints ('E'), well spread, then other cells; chargers take what remains. Neither
ever stands on a cut vertex, where a robot at work would part the floor.

Shape letters: C cells, K candidates.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.cuts import cut_vertices
from engine.warehouse.grid import Grid, check_walkable, neighbours
from engine.warehouse.guidance import lane_costs, lanes
from engine.warehouse.layout import AISLE, CHARGER, DESK, SLOT, WALL, Floor, Station
from engine.warehouse.octile import parse_map
from engine.warehouse.params import WarehouseParams

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

_FEWEST_SLOTS = 4


def floor_from_map(text: str, params: WarehouseParams, seed: int = 0) -> Floor:
    """Read an octile map and make a world of it.

    Args:
        text: The map file.
        params: Number of stations and chargers.
        seed: Of the first station's place.

    Raises:
        InvalidInput: If the file is malformed, the floor has dead ends or parts that do not touch,
            or there is no room for storage, stations and chargers.
    """
    return floor_from_grid(parse_map(text), params, seed)


def floor_from_grid(grid: Grid, params: WarehouseParams, seed: int = 0) -> Floor:
    """Make a world of a floor; see `floor_from_map`.

    Raises:
        InvalidInput: As `floor_from_map`, less the file.
    """
    check_walkable(grid)
    rng = np.random.default_rng(seed)
    nbr = neighbours(grid)
    solid = grid.free & ~cut_vertices(nbr, grid.free)
    storage = grid.free & (grid.symbol == ord("S"))
    if not storage.any():
        storage = solid & (nbr < 0).any(axis=1)
    endpoint = grid.symbol == ord("E")
    desks = _place(grid, "Pick stations", params.stations, solid & ~storage, endpoint, rng)
    taken = np.zeros(grid.cells, np.bool_)
    taken[desks] = True
    chargers = _place(grid, "Chargers", params.chargers, solid & ~storage & ~taken, endpoint, rng)
    taken[chargers] = True
    slots = np.flatnonzero(storage & ~taken).astype(np.int32)
    if len(slots) < _FEWEST_SLOTS:
        raise InvalidInput(
            f"the map has {len(slots)} storage cells; mark at least {_FEWEST_SLOTS} free cells "
            "with 'S'"
        )
    kind = np.where(grid.free, AISLE, WALL).astype(np.uint8)
    kind[slots] = SLOT
    kind[desks] = DESK
    kind[chargers] = CHARGER
    stations = tuple(Station(f"P{i + 1:02d}", int(cell), (int(cell),), "")
                     for i, cell in enumerate(np.sort(desks)))
    return Floor(
        grid, kind, _picture(grid), lane_costs(grid, along=1, against=2) == 2,
        np.zeros((grid.cells, 4), np.bool_), np.zeros(grid.cells, np.uint8), slots, stations,
        np.sort(chargers).astype(np.int32),
    )


def _place(
    grid: Grid, what: str, count: int, allowed: Bool, wanted: Bool, rng: np.random.Generator
) -> Int32:
    """`count` allowed cells far from each other, wanted ones first.

    Farthest-point sampling (Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5) by Manhattan
    distance, from a drawn start.

    Raises:
        InvalidInput: If there are not enough.
    """
    first = np.flatnonzero(allowed & wanted)
    rest = np.flatnonzero(allowed & ~wanted)
    if count > len(first) + len(rest):
        raise InvalidInput(
            f"{what} is {count}; the map has {len(first) + len(rest)} free cells for them that "
            "are neither storage nor the only way through: use fewer"
        )
    chosen: list[int] = []
    for pool in (first, rest):
        rows, cols = np.divmod(pool, grid.width)
        far = np.full(len(pool), np.inf)
        for cell in chosen:
            row, col = divmod(cell, grid.width)
            far = np.minimum(far, np.abs(rows - row) + np.abs(cols - col))
        for _ in range(min(count - len(chosen), len(pool))):
            i = int(np.argmax(far)) if chosen else int(rng.integers(len(pool)))
            chosen.append(int(pool[i]))
            far = np.minimum(far, np.abs(rows - rows[i]) + np.abs(cols - cols[i]))
    return np.array(chosen, np.int32)


def _picture(grid: Grid) -> UInt8:
    """Lane direction of cells that have one lane only, uint8 [C]; crossings have none."""
    east, south = lanes(grid)
    out = np.zeros(grid.cells, np.uint8)
    across, down = (east != 0) & (south == 0), (south != 0) & (east == 0)
    out[across] = np.where(east[across] > 0, 1, 3)
    out[down] = np.where(south[down] > 0, 2, 4)
    return out

"""The floor: blocks of pods, soft one-way aisles, stations with hard one-way lanes, chargers.

The shape is that of the Kiva system (Wurman, D'Andrea and Mountz 2008,
doi:10.1609/aimag.v29i1.2082): pods in blocks, people at desks on the sides. From top to bottom:
charger rows, a ring road, blocks and aisles, a ring road; from left to right: desks and their
lanes, a ring road, blocks with a highway in the middle, a ring road, lanes and desks. Every passage
lies on a loop, as PIBT needs.

Shape letters: C cells, P slots. Directions k: 0 east, 1 south, 2 west, 3 north.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.warehouse.graph import EAST, NORTH, SOUTH, WEST
from engine.warehouse.grid import Grid
from engine.warehouse.params import WarehouseParams

Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

WALL: Final = 0
AISLE: Final = 1
SLOT: Final = 2
CHARGER: Final = 3
DESK: Final = 4
QUEUE: Final = 5

# Class bits of a robot on its way, tested against `Floor.bars`.
EMPTY: Final = 1
"""Without a pod: passes under stored pods, keeps out of station lanes."""
HOMEBOUND: Final = 2
"""With a pod, on its way to a slot: keeps to aisles and lanes out."""
OUTBOUND: Final = 4
"""With a pod, on its way to a desk: keeps to aisles; may pass through any lane, so that a robot
pushed into the wrong one is not caught there."""

MARGIN: Final = 3
"""Columns beside the outermost desks, where the page draws the people's side."""
RING: Final = 4
"""Columns of the ring road on the station sides."""
RING_ROWS: Final = 3
"""Rows of the ring road at the top and the bottom."""
BAY_PERIOD: Final = 6
BAY_GROUP: Final = 4
STATION_PITCH: Final = 3
CELL_M: Final = 1.0
"""Side of a cell in metres; a pod's footprint with its clearance."""


@dataclass(frozen=True, slots=True)
class Station:
    """A desk at which people pick.

    Attributes:
        name: As shown on the floor.
        desk: Cell where the pod stands.
        lane: Cells of the queue, desk first; a single cell where there is no lane.
        side: "left", "right", "top", "bottom", or "" for an imported floor.
    """

    name: str
    desk: int
    lane: tuple[int, ...]
    side: str


class Clusters(NamedTuple):
    """Slots that share the way to them: the block for the empty, the aisle for the loaded.

    block: int32 [C], slot that stands for all slots of a slot's block, -1 for other cells.
    aisle: int32 [C], aisle cell that stands for a slot's side of its block, -1 for other cells.
    place: int32 [C], place of a slot in the pattern of blocks, -1 for other cells: its column in
        the block, told apart for every other row of slots, so that the slots at one place are far
        from each other.
    places: Number of places.
    """

    block: Int32
    aisle: Int32
    place: Int32
    places: int


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """What does not move.

    Attributes:
        grid: Free and blocked cells.
        kind: uint8 [C], WALL … QUEUE.
        lane: uint8 [C], preferred direction, 0 none, 1 east, 2 south, 3 west, 4 north.
        against: bool [C, 4], leaving the cell in this direction goes against a lane.
        forbidden: bool [C, 4], edges that do not exist (hard one-way lanes).
        bars: uint8 [C], class bits that may enter only if the cell is their goal.
        slots: int32 [P], storage cells, ascending.
        stations: In order of their names.
        chargers: int32 [B], charging bays, ascending.
        clusters: Slots that share the way to them; None for an imported floor.
    """

    grid: Grid
    kind: UInt8
    lane: UInt8
    against: Bool
    forbidden: Bool
    bars: UInt8
    slots: Int32
    stations: tuple[Station, ...]
    chargers: Int32
    clusters: Clusters | None = None

    @property
    def cells(self) -> int:
        """Number of cells, walls included."""
        return self.grid.cells

    @property
    def storage_density(self) -> float:
        """Storage cells over all floor cells: stations, queues and charging included."""
        return len(self.slots) / float(self.grid.free.sum())


def generate(params: WarehouseParams) -> Floor:
    """Lay out a floor.

    Raises:
        InvalidInput: If stations or chargers do not fit; the message has the largest number.
    """
    plan = _Plan(params)
    kind, lane = plan.storage()
    forbidden = np.zeros((plan.height, plan.width, 4), np.bool_)
    chargers = plan.chargers(kind, lane)
    stations = plan.stations(kind, lane, forbidden)
    flat = kind.ravel()
    bars = np.zeros(flat.size, np.uint8)
    bars[flat == SLOT] = HOMEBOUND | OUTBOUND
    bars[flat == CHARGER] = EMPTY | HOMEBOUND | OUTBOUND
    bars[flat == QUEUE] = EMPTY
    for station in stations:
        bars[list(station.lane)] = EMPTY | HOMEBOUND
    symbol = np.frombuffer(b"@.SEEE", np.uint8)[flat]
    grid = Grid(plan.height, plan.width, flat != WALL, symbol)
    against = np.stack([lane.ravel() == 1 + (k + 2) % 4 for k in range(4)], axis=1)
    return Floor(
        grid, flat, lane.ravel(), against, forbidden.reshape(-1, 4), bars,
        np.flatnonzero(flat == SLOT).astype(np.int32), stations,
        np.sort(np.array(chargers, np.int32)), plan.clusters(),
    )


class _Plan:
    """Coordinates of one floor; arrays are [height, width] until `generate` flattens them."""

    def __init__(self, params: WarehouseParams) -> None:
        self.p = params
        self.side = MARGIN + params.lane_cells + 1
        self.cols, self.col_lane = _bands(params.blocks_across, params.block_width,
                                          params.aisle_width, SOUTH, NORTH, highway=True)
        self.rows, self.row_lane = _bands(params.blocks_down, params.block_depth,
                                          params.aisle_width, EAST, WEST, highway=False)
        self.x0 = self.side + RING
        self.x1 = self.x0 + len(self.cols)
        self.per_row = sum((x - self.x0) % BAY_PERIOD < BAY_GROUP for x in range(self.x0, self.x1))
        self.bay_rows = -(-params.chargers // self.per_row)
        self.top = 1 + 2 * self.bay_rows
        self.y0 = self.top + RING_ROWS
        self.y1 = self.y0 + len(self.rows)
        self.height = self.y1 + RING_ROWS + 1
        self.width = self.x1 + RING + self.side

    def storage(self) -> tuple[UInt8, UInt8]:
        """Blocks, aisles and ring roads with their lanes."""
        kind = np.zeros((self.height, self.width), np.uint8)
        lane = np.zeros_like(kind)
        x0, x1, y0, y1 = self.x0, self.x1, self.y0, self.y1
        kind[1:y1 + RING_ROWS, x0 - RING:x1 + RING] = AISLE
        block = np.logical_and.outer(~self.rows, ~self.cols)
        kind[y0:y1, x0:x1][block] = SLOT
        for i in range(RING):
            lane[1:y1 + RING_ROWS, x0 - RING + i] = 1 + (SOUTH if i % 2 else NORTH)
            lane[1:y1 + RING_ROWS, x1 + RING - 1 - i] = 1 + (NORTH if i % 2 else SOUTH)
        for y in range(1, y0):
            lane[y, x0:x1] = 1 + (EAST if y % 2 else WEST)
        for i in range(RING_ROWS):
            lane[y1 + i, x0:x1] = 1 + (WEST if i % 2 else EAST)
        inner = lane[y0:y1, x0:x1]
        inner[self.rows] = 1 + self.row_lane[self.rows][:, None]
        inner[:, self.cols] = 1 + self.col_lane[self.cols]
        inner[np.logical_and.outer(self.rows, self.cols)] = 0
        inner[block] = 0
        return kind, lane

    def chargers(self, kind: UInt8, lane: UInt8) -> list[int]:
        """Bays in groups of four with a gap between, spread over the width; fills both."""
        groups = [list(range(start, min(start + BAY_GROUP, self.x1)))
                  for start in range(self.x0, self.x1, BAY_PERIOD)]
        left, cells = self.p.chargers, []
        for row in range(self.bay_rows):
            want = min(left, self.per_row)
            y = 2 + 2 * row
            lane[y, self.x0:self.x1] = 0
            for x in _spread(groups, want):
                kind[y, x] = CHARGER
                cells.append(y * self.width + x)
            left -= want
        return cells

    def clusters(self) -> Clusters:
        """Which slots lie in one block, and on which side of it."""
        p = self.p
        block, aisle, place = (np.full((self.height, self.width), -1, np.int32) for _ in range(3))
        lefts = self.x0 + np.flatnonzero(~self.cols)[::p.block_width]
        tops = self.y0 + np.flatnonzero(~self.rows)[::p.block_depth]
        for i, top in enumerate(tops.tolist()):
            for left in lefts.tolist():
                middle = left + p.block_width // 2
                block[top:top + p.block_depth, left:left + p.block_width] = (
                    top * self.width + middle)
                for dy in range(p.block_depth):
                    across = slice(left, left + p.block_width)
                    aisle_row = top - 1 if dy == 0 else top + p.block_depth
                    aisle[top + dy, across] = aisle_row * self.width + middle
                    other = (i * p.block_depth + dy) % 2
                    place[top + dy, across] = other * p.block_width + np.arange(p.block_width)
        return Clusters(block.ravel(), aisle.ravel(), place.ravel(), 2 * p.block_width)

    def stations(self, kind: UInt8, lane: UInt8, forbidden: Bool) -> tuple[Station, ...]:
        """Desks with a lane in and a lane out on both sides; fills the three arrays."""
        first, last = self.top, self.height - 3
        room = (last - first) // STATION_PITCH + 1
        if self.p.stations > 2 * room:
            raise InvalidInput(
                f"Pick stations is {self.p.stations}; the two sides of a floor {self.height} "
                f"cells high hold {2 * room}: use fewer stations or more blocks down"
            )
        left = -(-self.p.stations // 2)
        out = []
        for i in range(self.p.stations):
            on_left = i < left
            j, count = (i, left) if on_left else (i - left, self.p.stations - left)
            y = _even(j, count, first, last)
            out.append(self._station(f"P{i + 1:02d}", y, on_left, kind, lane, forbidden))
        return tuple(out)

    def _station(
        self, name: str, y: int, on_left: bool, kind: UInt8, lane: UInt8, forbidden: Bool
    ) -> Station:
        length = self.p.lane_cells
        desk_x = MARGIN if on_left else self.width - 1 - MARGIN
        away, toward = (EAST, WEST) if on_left else (WEST, EAST)
        step = 1 if on_left else -1
        xs = [desk_x + step * d for d in range(length + 1)]
        for x in xs:
            kind[y:y + 2, x] = QUEUE
            lane[y, x], lane[y + 1, x] = 1 + toward, 1 + away
            forbidden[y, x] = [k != toward for k in range(4)]
            forbidden[y + 1, x] = [k != away for k in range(4)]
        kind[y, desk_x] = DESK
        lane[y, desk_x] = 1 + SOUTH
        forbidden[y, desk_x] = [k != SOUTH for k in range(4)]
        forbidden[y + 1, xs[-1] + step, toward] = True  # no way into the lane out
        return Station(name, y * self.width + desk_x,
                       tuple(y * self.width + x for x in xs), "left" if on_left else "right")


def _bands(
    blocks: int, size: int, aisle: int, even: int, odd: int, *, highway: bool
) -> tuple[Bool, Int32]:
    """Block and aisle lines along one axis: (True where aisle, lane direction of the line).

    The aisle in the middle becomes a highway two lines wider. Lanes side by side alternate.
    """
    is_aisle: list[bool] = []
    for i in range(blocks):
        is_aisle += [False] * size
        if i < blocks - 1:
            is_aisle += [True] * (aisle + (2 if highway and i == (blocks - 1) // 2 else 0))
    aisles = np.array(is_aisle, np.bool_)
    number = np.cumsum(aisles) - 1
    return aisles, np.where(number % 2 == 0, even, odd).astype(np.int32)


def _spread(groups: list[list[int]], want: int) -> list[int]:
    """Take `want` cells in whole groups, the groups spread evenly."""
    count = -(-want // BAY_GROUP)
    while True:
        chosen = [groups[i] for i in np.unique(np.linspace(0, len(groups) - 1, count).round())
                  .astype(int)]
        cells = [x for group in chosen for x in group]
        if len(cells) >= want or count >= len(groups):
            return cells[:want]
        count += 1


def _even(index: int, count: int, first: int, last: int) -> int:
    """Place `index` of `count` things between first and last, both ends used."""
    if count == 1:
        return (first + last) // 2
    return first + round(index * (last - first) / (count - 1))

"""Roads, junctions and lanes of a town, laid out by `road_layout`.

Offsets d are to the left of the reference line, stations s along it, metres. Traffic keeps right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

CROSSING_NEAR_M: Final = 0.4
CROSSING_DEEP_M: Final = 3.0
STOP_LINE_M: Final = 1.2
"""Between the pavement's corner and the crossing, the crossing's depth, and crossing to stop
line."""
STRAIGHT, LEFT_TURN, RIGHT_TURN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class RoadPlan:
    """What a town's roads look like.

    Attributes:
        length_m: Length of the main road.
        lanes: Lanes a direction of the main road, 1 to 3.
        lane_width_m: Width of a lane.
        bend: 0 straight, 1 winding (least radius about 60 m).
        slope: Greatest slope, 0 to 0.08.
        junctions: Wanted number of junctions.
        signals: Whether junctions have lights.
        parking: Whether there are parking bays.
        first_junction_m: Station of the first junction.
    """

    length_m: float = 420.0
    lanes: int = 2
    lane_width_m: float = 3.5
    bend: float = 0.5
    slope: float = 0.03
    junctions: int = 2
    signals: bool = True
    parking: bool = True
    first_junction_m: float = 110.0


@dataclass(frozen=True, slots=True)
class Terrain:
    """Gentle hills: z = Σ a sin(kx x + ky y + φ).

    waves: float64 [W, 4], amplitude (m), kx, ky (1/m), phase.
    """

    waves: Float64
    _rows: list[list[float]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", self.waves.tolist())

    def height(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Float64:
        """Height of the ground, m, at positions of any one shape."""
        x, y = np.asarray(x, np.float64)[..., None], np.asarray(y, np.float64)[..., None]
        a, kx, ky, phase = self.waves.T
        z: Float64 = (a * np.sin(kx * x + ky * y + phase)).sum(-1)
        return z

    def height_at(self, x: float, y: float) -> float:
        """Height of the ground at one place, m; quicker than `height` for a single one."""
        return sum(a * math.sin(kx * x + ky * y + phase) for a, kx, ky, phase in self._rows)

    def slope(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Float64, Float64]:
        """Derivatives of the height by x and by y."""
        x, y = np.asarray(x, np.float64)[..., None], np.asarray(y, np.float64)[..., None]
        a, kx, ky, phase = self.waves.T
        rate = a * np.cos(kx * x + ky * y + phase)
        return (rate * kx).sum(-1), (rate * ky).sum(-1)


@dataclass(frozen=True, slots=True)
class Road:
    """A road: its reference line each metre and its cross-section, alike on both sides.

    Attributes:
        xy: float64 [P, 2], the reference line.
        heading: float64 [P], its direction.
        lanes: Lanes a direction.
        lane_width: m.
        shoulder: Cycle strip beyond the edge line, m.
        bay: Parking bays beyond it, m; 0 none.
        pavement: m.
        gaps: float64 [G, 2], stretches that belong to junctions, stop line to stop line.
        corners: float64 [G, 2], stretches of the junctions without pavement.
        limit_mps: Speed limit.
    """

    xy: Float64
    heading: Float64
    lanes: int
    lane_width: float
    shoulder: float
    bay: float
    pavement: float
    gaps: Float64
    corners: Float64
    limit_mps: float

    @property
    def length(self) -> float:
        """Length of the reference line, m."""
        return float(len(self.xy) - 1)

    @property
    def half(self) -> float:
        """From the reference line to the kerb, m."""
        return self.lanes * self.lane_width + self.shoulder + self.bay

    def at(self, s: npt.ArrayLike, d: npt.ArrayLike = 0.0) -> tuple[Float64, Float64, Float64]:
        """Positions x, y and heading at stations s and offsets d (broadcast together)."""
        s, d = np.broadcast_arrays(np.asarray(s, np.float64), np.asarray(d, np.float64))
        i = np.clip(s.astype(np.int64), 0, len(self.xy) - 2)
        a = s - i
        x = self.xy[i, 0] * (1 - a) + self.xy[i + 1, 0] * a
        y = self.xy[i, 1] * (1 - a) + self.xy[i + 1, 1] * a
        h = self.heading[i] * (1 - a) + self.heading[i + 1] * a
        return x - d * np.sin(h), y + d * np.cos(h), h

    def spot(self, s: float, d: float) -> tuple[float, float, float]:
        """Like `at`, for one place; quicker."""
        i = min(max(0, int(s)), len(self.xy) - 2)
        a = s - i
        (x0, y0), (x1, y1) = self.xy[i].tolist(), self.xy[i + 1].tolist()
        h = float(self.heading[i]) * (1.0 - a) + float(self.heading[i + 1]) * a
        x, y = x0 * (1.0 - a) + x1 * a, y0 * (1.0 - a) + y1 * a
        return x - d * math.sin(h), y + d * math.cos(h), h

    def open(self, s: float, margin: float = 0.0) -> bool:
        """Whether no junction is at station s or within `margin` of it."""
        return not bool(((self.gaps[:, 0] - margin < s) & (s < self.gaps[:, 1] + margin)).any())


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane's centre line, in the direction of travel.

    Attributes:
        xy: float64 [P, 2], points about a metre apart.
        heading: float64 [P].
        s: float64 [P], length along it.
        road: Its road; -1 for a connector.
        d: Offset on its road, 0 for a connector.
        junction: Junction a connector belongs to, or the one that a lane leads into; -1 none.
        turn: STRAIGHT, LEFT_TURN or RIGHT_TURN; connectors only.
        arm: Of the arms of the junction, the one a connector comes from: 0 main road forwards,
            1 main road backwards, 2 cross street forwards, 3 backwards; -1 else.
        limit_mps: Speed limit.
        next: Lanes that follow.
        left: Neighbour in the same direction, or -1.
        right: Likewise.
    """

    xy: Float64
    heading: Float64
    s: Float64
    road: int
    d: float
    junction: int
    turn: int
    arm: int
    limit_mps: float
    next: list[int] = field(default_factory=list)
    left: int = -1
    right: int = -1

    @property
    def length(self) -> float:
        """Length, m."""
        return float(self.s[-1])

    @property
    def connector(self) -> bool:
        """Whether it lies within a junction."""
        return self.road < 0


@dataclass(frozen=True, slots=True)
class Junction:
    """Where a cross street meets the main road at a right angle.

    Attributes:
        station: On the main road, m.
        cross: Index of the cross street; the junction lies in its middle.
        cross_station: On the cross street, m.
        signals: Whether it has lights.
        xy: float64 [2].
    """

    station: float
    cross: int
    cross_station: float
    signals: bool
    xy: Float64


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that traffic drives on. Road 0 is the main road."""

    roads: tuple[Road, ...]
    lanes: tuple[Lane, ...]
    junctions: tuple[Junction, ...]
    terrain: Terrain

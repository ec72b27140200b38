"""From line masks to polylines on the ground.

Runs of line cells are linked from row to row, or from column to column where lines lie flat in the
picture, by extrapolating each chain; chains that continue each other across a gap are joined on
the ground, where lines are smooth and lane widths constant (inverse perspective mapping, Mallot
et al. 1991, doi:10.1007/BF00201978). Mapping to flat ground and back is exact in the picture even
where the road is not flat.

Shape letters: h, w rows and columns of a mask, N points, Q points of a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.perception.calibration import ground_points

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

FARTHEST_M: Final = 90.0
CELL_PX: Final = 2
"""Pixels a mask cell."""
LEAST: Final = 0.6
"""Probability of a cell of a line. Lines are completed afterwards by each other, so that pale cells
are worth less than the wrong ones they bring: measured on the validation pictures."""
WIDEST_RUN: Final = 6
_MOST_CHAINS: Final = 64
_GAP: Final = 5
_LEAST_POINTS: Final = 4
_LEAST_LENGTH_PX: Final = 12.0
JOIN_GAP_M: Final = 18.0
JOIN_SIDE_M: Final = 0.8
TWICE_M: Final = 0.4
OVERLAP_M: Final = 4.0
"""Two chains of one line may lie beside each other this far."""


class Line(NamedTuple):
    """One line.

    points: float64 [Q, 2], flat ground of the ego frame, m, nearest first.
    kind: 1 lane line, 2 centre line, 3 road edge.
    score: Mean probability of its cells.
    """

    points: Float64
    kind: int
    score: float


def fit_lines(probability: Float32, camera: Camera, least: float = LEAST) -> list[Line]:
    """Lines in one picture.

    Args:
        probability: float32 [3, h, w], of lane line, centre line, road edge a cell.
        camera: Camera of the whole picture.
        least: Cells below are no line.
    """
    top = probability.max(axis=0)
    chains = []
    free = top
    for upright in (True, False):
        view = free if upright else np.ascontiguousarray(free.T)
        owner, along, across, used = _chain(view, least)
        if upright:
            free = np.where(used, np.float32(0.0), free)
        uv = np.stack([across, along] if upright else [along, across], 1)
        uv = uv[np.argsort(owner, kind="stable")]
        sizes = np.bincount(owner)
        for end, size in zip(np.cumsum(sizes).tolist(), sizes.tolist(), strict=True):
            own = uv[end - size:end]
            if size >= _LEAST_POINTS and np.ptp(own, axis=0).max() * CELL_PX > _LEAST_LENGTH_PX:
                chains.append(_smooth(own))
    if not chains:
        return []
    uv = np.concatenate(chains)
    column, row = np.minimum(uv.astype(np.int64), [top.shape[1] - 1, top.shape[0] - 1]).T
    kinds, surely = probability[:, row, column], top[row, column]
    ground = ground_points(camera, uv[:, 0] * CELL_PX, uv[:, 1] * CELL_PX)[:, :2]
    away = np.linalg.norm(ground, axis=1)
    near = away < FARTHEST_M  # not where there is no ground
    lines = []
    end = 0
    for chain in chains:
        at = slice(end, end + len(chain))
        end += len(chain)
        points, distance = ground[at][near[at]], away[at][near[at]]
        if len(points) >= _LEAST_POINTS:
            if distance[0] > distance[-1]:
                points = points[::-1]
            lines.append(Line(points, int(kinds[:, at].sum(axis=1).argmax()) + 1,
                              float(surely[at].mean())))
    return join(_distinct(lines))


@njit(cache=True, nogil=True)
def _smooth(uv: Float64) -> Float64:
    """A chain without the steps of its cells: running means of up to seven, ends kept in place.

    Args:
        uv: float64 [N, 2].
    """
    count = len(uv)
    out = np.empty((count, 2))
    for i in range(count):
        reach = min(3, i, count - 1 - i)
        for axis in range(2):
            total = 0.0
            for k in range(i - reach, i + reach + 1):
                total += uv[k, axis]
            out[i, axis] = total / (2 * reach + 1)
    return out


def _distinct(lines: list[Line]) -> list[Line]:
    """Lines without those that lie on a longer one: both kinds of chain may hold one stretch."""
    kept: list[Line] = []
    for line in sorted(lines, key=lambda q: -len(q.points)):
        points = np.ascontiguousarray(line.points)
        if not any(np.mean(distance_to(points, k.points) < TWICE_M) > 0.8 for k in kept):
            kept.append(line._replace(points=points))
    return kept


@njit(cache=True, nogil=True)
def distance_to(points: Float64, line: Float64) -> Float64:
    """Distance of each point to a polyline, m.

    Args:
        points: float64 [N, 2].
        line: float64 [Q, 2], Q at least 2.
    """
    out = np.empty(len(points))
    for i in range(len(points)):
        best = np.inf
        for k in range(len(line) - 1):
            x, y = line[k + 1, 0] - line[k, 0], line[k + 1, 1] - line[k, 1]
            dx, dy = points[i, 0] - line[k, 0], points[i, 1] - line[k, 1]
            s = min(1.0, max(0.0, (dx * x + dy * y) / max(x * x + y * y, 1e-9)))
            best = min(best, (dx - s * x) ** 2 + (dy - s * y) ** 2)
        out[i] = np.sqrt(best)
    return out


def join(lines: list[Line]) -> list[Line]:
    """Join lines that continue each other across a gap, nearest ends first."""
    left = list(lines)
    ends = np.array([_ends(q.points) for q in left]).reshape(-1, 8)
    while True:
        i, j = _continued(ends)
        if i < 0:
            return left
        a, b = left[i], left[j]
        n, m = len(a.points), len(b.points)
        whole = Line(np.concatenate([a.points, b.points]), a.kind if n >= m else b.kind,
                     (a.score * n + b.score * m) / (n + m))
        left = [q for k, q in enumerate(left) if k not in (i, j)] + [whole]
        ends = np.concatenate([np.delete(ends, (i, j), axis=0), _ends(whole.points)[None]])


def _ends(points: Float64) -> Float64:
    """Start, way from there, end, way to there over up to eight points: float64 [8]."""
    k = min(len(points), 8)
    return np.concatenate([points[0], points[k - 1] - points[0], points[-1],
                           points[-1] - points[-k]])


@njit(cache=True, nogil=True)
def _continued(ends: Float64) -> tuple[int, int]:
    """The line, and the one that goes on from it, that are nearest to each other; −1 for none.

    Args:
        ends: float64 [N, 8], `_ends` of each.
    """
    best, first, second = np.inf, -1, -1
    for i in range(len(ends)):
        length = np.hypot(ends[i, 6], ends[i, 7])
        if length < 0.5:
            continue
        x, y = ends[i, 6] / length, ends[i, 7] / length
        for j in range(len(ends)):
            dx, dy = ends[j, 0] - ends[i, 4], ends[j, 1] - ends[i, 5]
            gap, side = dx * x + dy * y, abs(dx * y - dy * x)
            if (i == j or not -OVERLAP_M < gap < JOIN_GAP_M
                    or side > JOIN_SIDE_M + 0.04 * max(gap, 0.0)):
                continue
            size = np.hypot(ends[j, 2], ends[j, 3])
            if size > 0.5 and ends[j, 2] * x + ends[j, 3] * y < 0.9 * size:
                continue
            cost = abs(gap) + 4.0 * side
            if cost < best:
                best, first, second = cost, i, j
    return first, second


@njit(cache=True, nogil=True)
def _chain(probability: Float32, least: float,
           ) -> tuple[Int64, Float64, Float64, npt.NDArray[np.bool_]]:
    """Link runs of cells from the last row up.

    Returns:
        int64 [N] chain, float64 [N] row, float64 [N] column (cells), bool [h, w] cells used.
    """
    height, width = probability.shape
    used = np.zeros((height, width), np.bool_)
    owner = np.empty(height * 32, np.int64)
    rows = np.empty(height * 32, np.float64)
    columns = np.empty(height * 32, np.float64)
    count = chains = 0
    last_row = np.empty(_MOST_CHAINS)
    last_column = np.empty(_MOST_CHAINS)
    slope = np.zeros(_MOST_CHAINS)
    links = np.zeros(_MOST_CHAINS, np.int64)
    starts = np.empty(32, np.int64)
    ends = np.empty(32, np.int64)
    centres = np.empty(32)
    for row in range(height - 1, -1, -1):
        runs = 0
        column = 0
        while column < width and runs < 32:
            if probability[row, column] < least:
                column += 1
                continue
            start = column
            weight = moment = 0.0
            while column < width and probability[row, column] >= least:
                weight += probability[row, column]
                moment += probability[row, column] * (column + 0.5)
                column += 1
            if column - start <= WIDEST_RUN:
                starts[runs], ends[runs], centres[runs] = start, column, moment / weight
                runs += 1
        taken = np.zeros(_MOST_CHAINS, np.bool_)
        for _ in range(runs):
            # the best pair left of run and chain
            best, at, chain = 1e9, -1, -1
            for r in range(runs):
                if starts[r] < 0:
                    continue
                for k in range(chains):
                    gap = last_row[k] - (row + 0.5)
                    if taken[k] or gap > _GAP:
                        continue
                    miss = abs(last_column[k] + slope[k] * gap - centres[r])
                    gate = 5.0 if links[k] < 2 else 1.5 + 0.3 * gap
                    if miss <= gate and miss < best:
                        best, at, chain = miss, r, k
            if at < 0:
                break
            gap = last_row[chain] - (row + 0.5)
            new = (centres[at] - last_column[chain]) / gap
            slope[chain] = new if links[chain] < 2 else 0.7 * slope[chain] + 0.3 * new
            last_row[chain], last_column[chain] = row + 0.5, centres[at]
            links[chain] += 1
            taken[chain] = True
            owner[count], rows[count], columns[count] = chain, row + 0.5, centres[at]
            count += 1
            used[row, starts[at]:ends[at]] = True
            starts[at] = -1
        for r in range(runs):
            if starts[r] >= 0 and chains < _MOST_CHAINS:
                last_row[chains], last_column[chains] = row + 0.5, centres[r]
                links[chains] = 1
                owner[count], rows[count], columns[count] = chains, row + 0.5, centres[r]
                count += 1
                chains += 1
    return owner[:count], rows[:count], columns[:count], used

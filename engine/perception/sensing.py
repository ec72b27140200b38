"""What a vehicle knows of each moment that may make it worth keeping, a second later.

Each trigger reads one number of `Signals`. A moment is told of when the looks behind it are known
too: a track that stays on the own lane has cut in, one that is gone after one look has not.

Shape letters: P points of the route, S statistics, H and W rows and columns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.perception import evidence
from engine.perception.cameras import Camera
from engine.perception.decode import Detections
from engine.perception.evidence import Along, Lone
from engine.perception.judge import Judge
from engine.perception.ood import Familiar
from engine.perception.track import Track

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

SLOPE_TICKS: Final = 4
"""Speeds over which the deceleration is fitted: 0.3 s."""
SMOOTH_LOOKS: Final = 3
STRANGE_LOOKS: Final = 4
"""Looks on either side over which strangeness is smoothed: a fault does not come and go."""
RECENT_S: Final = 3.0
PAST: Final = 15
"""Looks before the moment that are remembered: `RECENT_S`."""
HINDSIGHT: Final = 5
"""Looks behind the moment, 1 s, that are waited for."""
DEPTH_FAR_M: Final = 80.0
NOTHING: Final = -9.0
"""A signal without anything to tell; below every threshold."""


@dataclass(frozen=True, slots=True)
class Signals:
    """One moment's numbers; higher is more worth keeping.

    Attributes:
        time: s.
        braking: Deceleration by odometry, m/s².
        disagreement: Probability that two networks see different things for a while; `NOTHING`
            where they agree. Without a judge the least of the last looks' summed scores.
        uncertainty: Mean deviation of ln z that the network gives its depth below the horizon.
        strangeness: Distance to known pictures; `NOTHING` where none are known.
        lost: Confidence in a track that vanished in plain view.
        cut_in: How sure it is that somebody from another lane came onto the own one.
        apart: float64, evidence of disagreement, or None.
        words: Of each of the above, what it is about; empty where nothing is to tell.
    """

    time: float
    braking: float
    disagreement: float
    uncertainty: float
    strangeness: float
    lost: float
    cut_in: float
    apart: Float64 | None = None
    words: dict[str, str] = field(default_factory=dict)


class Sight(NamedTuple):
    """What one network made of a look.

    found: Detections of each view, scores descending. tracks: Confirmed, also those missed lately.
    """

    found: Sequence[Detections]
    tracks: Sequence[Track]


@dataclass(frozen=True, slots=True)
class Given:
    """What `Sensing.step` is given at one look.

    Attributes:
        time: s.
        speeds: Odometry since the last look, one a tick of 0.1 s, m/s, the last now.
        sights: Of the network that drives, and of a second one where there is one.
        depth: float32 [2, H/4, W/4], of the front camera: mean and deviation of ln z, z in m.
        statistics: float64 [S], of the front picture, see `ood.statistics`.
        route: float64 [P, 2], the way ahead, ego frame, m.
    """

    time: float
    speeds: Sequence[float]
    sights: Sequence[Sight]
    depth: Float32
    statistics: Float64
    route: Float64


class _Memory(NamedTuple):
    """What is kept of a look."""

    time: float
    speed: float
    braking: float
    doubt: float
    strange: tuple[float, str] | None
    lone: Lone | None
    lost: tuple[float, str] | None
    along: tuple[Mapping[int, Along], ...]


class Sensing:
    """Turns looks into signals; remembers the last seconds of one drive.

    Args:
        cameras: Of the vehicle, the front one first.
        familiar: Known pictures, or None.
        judge: Of disagreement, or None.
    """

    def __init__(self, cameras: Sequence[Camera], familiar: Familiar | None = None,
                 judge: Judge | None = None) -> None:
        self._front = cameras[0]
        self._familiar = familiar
        self._judge = judge
        self._speeds: deque[float] = deque(maxlen=SLOPE_TICKS)
        self._looks: deque[_Memory] = deque(maxlen=PAST + 1 + HINDSIGHT)
        self._ended: set[int] = set()
        self._waiting = 0

    def step(self, given: Given) -> Iterator[Signals]:
        """Take the next look; signals of the moment `HINDSIGHT` looks ago, once there is one."""
        self._looks.append(self._remembered(given))
        self._waiting += 1
        if self._waiting > HINDSIGHT:
            yield self._next()

    def finish(self) -> Iterator[Signals]:
        """Signals of the last moments of a drive, which fewer looks follow."""
        while self._waiting:
            yield self._next()

    def _remembered(self, given: Given) -> _Memory:
        self._speeds.extend(given.speeds)
        ours = given.sights[0]
        gone = {t.number for t in ours.tracks if t.missed >= evidence.LOST_LOOKS}
        new, self._ended = gone - self._ended, gone
        return _Memory(
            given.time, float(given.speeds[-1]), evidence.braking(self._speeds),
            evidence.doubt(given.depth, DEPTH_FAR_M),
            None if self._familiar is None else self._familiar.strangeness(given.statistics),
            None if len(given.sights) < 2 else evidence.lone(ours.found, given.sights[1].found),
            evidence.lost(ours.tracks, new, given.depth, self._front),
            tuple(evidence.along(s.tracks, given.route) for s in given.sights))

    def _next(self) -> Signals:
        """Signals of the oldest moment not told of yet, with the looks before and behind it."""
        self._waiting -= 1
        now = len(self._looks) - 1 - self._waiting
        looks = list(self._looks)[max(0, now - PAST):now + HINDSIGHT + 1]
        now = min(now, PAST)
        here = looks[now]
        words = {"hard braking": f"{here.braking:.1f} m/s²"}
        doubt = float(np.mean([q.doubt for q in looks[max(0, now - SMOOTH_LOOKS + 1):now + 1]]))
        words["uncertainty"] = f"depth uncertain by {100.0 * doubt:.0f} %"
        strange = NOTHING
        if here.strange is not None:
            around = looks[max(0, now - STRANGE_LOOKS):now + STRANGE_LOOKS + 1]
            strange = float(np.median([q.strange[0] for q in around if q.strange is not None]))
            words["out of distribution"] = f"{here.strange[1]} unlike any known picture"
        lost = cut = NOTHING
        if here.lost is not None:
            lost, words["track lost"] = here.lost
        apart = evidence.disagreement([q.lone for q in looks if q.lone is not None], now) if (
            here.lone is not None) else None
        words["disagreement"] = "one network sees what the other does not"
        for network in range(len(here.along)):
            came = evidence.cut_in([q.along[network] for q in looks], now, here.speed)
            if came is not None and came[0] > cut:
                cut = came[0]
                words["cut-in"] = (f"track {came[1]}, "
                                   f"{here.along[network][came[1]].along:.0f} m ahead")
        return Signals(here.time, here.braking, self._judged(apart), doubt, strange, lost, cut,
                       apart, words)

    def _judged(self, apart: Float64 | None) -> float:
        if apart is None:
            return NOTHING
        return float(apart[0] if self._judge is None else self._judge(apart[None])[0])

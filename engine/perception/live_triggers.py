"""The fleet's triggers in a drive that is watched: what a vehicle would have kept, and why.

Looks as often as a vehicle of the fleet does, at the same cameras, with the thresholds fitted
there. One thing differs: there is no second network to disagree with.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from engine.errors import EngineError
from engine.perception import triggers
from engine.perception.cameras import Camera
from engine.perception.fleet import EVERY, VIEWS
from engine.perception.live_eyes import Look
from engine.perception.ood import statistics
from engine.perception.sensing import Given, Sensing, Sight
from engine.perception.track import FADE, Track
from engine.perception.triggers import TRIGGERS, Fired, Fitted, Triggers

log = logging.getLogger(__name__)

FRONT: Final = VIEWS[0]


class LiveTriggers:
    """The triggers of one drive.

    Args:
        cameras: The rig's.
        fitted: Thresholds and known pictures; None where there are none, and nothing fires then.
    """

    def __init__(self, cameras: Sequence[Camera], fitted: Fitted | None) -> None:
        self._sensing = Sensing([cameras[v] for v in VIEWS], fitted.familiar if fitted else None)
        self._triggers = Triggers(fitted) if fitted else None
        self._speeds: list[float] = []

    def step(self, step: int, look: Look) -> list[Fired]:
        """Triggers that fired a moment ago: what came after it belongs to the judgement.

        Args:
            step: Of the run; one in `EVERY` is looked at.
            look: What was seen.
        """
        if self._triggers is None:
            return []
        self._speeds.append(look.now.ego[0])
        found = [f for f in (look.seen.found[v] for v in VIEWS) if f is not None]
        if step % EVERY or len(found) < len(VIEWS):
            return []  # a vehicle without one of these cameras does not judge
        speeds, self._speeds = self._speeds[-EVERY:], []
        depth = look.seen.depth[FRONT]
        road = np.ascontiguousarray(look.seen.masks[FRONT, 0, ::2, ::2])
        given = Given(
            look.now.time, speeds, [Sight(found, [_paced(t) for t in look.seen.tracks])], depth,
            statistics(look.images[FRONT], depth[1], road), look.scene.route)
        return [f for moment in self._sensing.step(given) for f in self._triggers.step(moment)]


def _paced(track: Track) -> Track:
    """A track, kept at every tick, as a vehicle that looks at one in `EVERY` would have it."""
    missed = track.missed // EVERY
    return replace(track, missed=missed, score=track.score * FADE ** (missed - track.missed))


def fitted() -> Fitted | None:
    """The shipped thresholds; None, and a line in the log, where they cannot be used."""
    try:
        return triggers.load()
    except EngineError as error:
        log.warning("the drive has no triggers: %s", error)
        return None


def said(fired: Fired) -> str:
    """What a trigger caught, as the timeline says it."""
    label = TRIGGERS[fired.name].label
    return f"{label}: {fired.why}" if fired.why else label

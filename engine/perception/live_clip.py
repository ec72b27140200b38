"""Keeps the last moments of a drive that is watched, as a clip for the data engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from engine.errors import InvalidInput
from engine.perception.clips import Clip, ClipStore
from engine.perception.live_eyes import Look

TRIGGER: Final = "by hand"
VALUE: Final = 0.5
"""Between what a trigger is sure of and what it hardly noticed."""
EVERY: Final = 3


def keep(looks: Sequence[tuple[int, Look]], name: str, facts: dict[str, Any],
         store: ClipStore | None = None) -> str:
    """Keep some looks, every third of them, the newest among them.

    Args:
        looks: Step and look, oldest first.
        name: Of the clip.
        facts: Kept with it; JSON-able.
        store: Where it goes; the app's own when None.

    Returns:
        What happened, as a sentence.

    Raises:
        InvalidInput: If there is no look.
    """
    if not looks:
        raise InvalidInput("there is nothing to keep yet; let the drive begin")
    chosen = list(looks)[::-1][::EVERY][::-1]
    clip = Clip(name, TRIGGER, VALUE, {**facts, "first_step": chosen[0][0]},
                [look.images for _, look in chosen])
    if (store or ClipStore()).add(clip):
        return f"{len(chosen)} moments are in the clip store"
    return "The clip store is full of more valuable clips; nothing was kept"

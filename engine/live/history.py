"""The kept window: the last minutes of a run as encoded chunks, ready to be sent again.

A chunk decodes on top of the frame before it, so every so often a KEY is kept in front of one.
What is too old goes from the left, a whole stretch up to the next KEY at a time, when the byte
bound is passed.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

MAX_BYTES: Final = 48 * 1024 * 1024
KEY_EVERY_STEPS: Final = 64


@dataclass(frozen=True, slots=True)
class Kept:
    """One chunk with what is needed to start at it.

    Attributes:
        first: Step of the first frame in the chunk.
        last: Step of its last frame.
        chunk: Encoded MOVES or DELTA message.
        key: Encoded KEY of the frame before `first`, or None.
        layers: LAYER messages that were true when the chunk began, or empty.
    """

    first: int
    last: int
    chunk: bytes
    key: bytes | None
    layers: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes held."""
        return len(self.chunk) + len(self.key or b"") + sum(map(len, self.layers))


class History:
    """Bounded, thread-safe store of kept chunks."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: deque[Kept] = deque()
        self._bytes = 0
        self._last_key = -KEY_EVERY_STEPS

    def wants_key(self, step: int) -> bool:
        """Whether the chunk after `step` should carry a KEY."""
        return not self._kept or step - self._last_key >= KEY_EVERY_STEPS

    def append(self, kept: Kept) -> None:
        """Add the newest chunk and let go of what is too old."""
        with self._lock:
            if kept.key is not None:
                self._last_key = kept.first
            self._kept.append(kept)
            self._bytes += kept.size
            while self._bytes > self._max_bytes and self._drop_stretch():
                pass

    def clear(self) -> None:
        """Forget everything, as after a reset."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
            self._last_key = -KEY_EVERY_STEPS

    @property
    def window(self) -> tuple[int, int]:
        """First and last step that can be shown; (0, 0) when nothing is kept."""
        with self._lock:
            if not self._kept:
                return 0, 0
            return self._kept[0].first, self._kept[-1].last

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._bytes

    def around(self, step: int, frames_after: int) -> list[Kept]:
        """Chunks from the last KEY at or before `step` to about `frames_after` steps beyond it.

        The first one carries a KEY. A step outside the window is moved to its nearer end.
        """
        with self._lock:
            out: list[Kept] = []
            for kept in self._kept:
                if kept.key is not None and (kept.first <= step or not out):
                    out = []
                out.append(kept)
                if kept.first > step + frames_after:
                    break
            return out

    def after(self, step: int, frames: int) -> list[Kept]:
        """Chunks that begin after `step`, about `frames` steps of them."""
        with self._lock:
            return [k for k in self._kept if step < k.first <= step + frames]

    def _drop_stretch(self) -> bool:
        """Drop from the left up to the next KEY; False when only one stretch is left."""
        cut = next((i for i, k in enumerate(self._kept) if i and k.key is not None), None)
        if cut is None:
            return False
        for _ in range(cut):
            self._bytes -= self._kept.popleft().size
        return True


class SnapshotHistory:
    """Bounded, thread-safe store of encoded snapshots; each stands alone.

    When the bytes are spent, the past is thinned instead of cut off: the snapshot goes whose
    neighbours are nearest to each other for their age. So the whole run stays in reach, ever more
    coarsely the longer ago, at a spacing proportional to the age.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._steps: list[int] = []
        self._messages: list[bytes] = []
        self._bytes = 0

    def append(self, step: int, message: bytes) -> None:
        """Keep the newest; a second one of the same step takes the place of the first."""
        with self._lock:
            if self._steps and self._steps[-1] == step:
                self._drop(-1)
            self._steps.append(step)
            self._messages.append(message)
            self._bytes += len(message)
            while self._bytes > self._max_bytes and len(self._steps) > 1:
                self._drop(self._least_missed())

    def clear(self) -> None:
        """Forget everything, as after a reset."""
        with self._lock:
            self._steps.clear()
            self._messages.clear()
            self._bytes = 0

    @property
    def window(self) -> tuple[int, int]:
        """First and last step that can be shown; (0, 0) when nothing is kept."""
        with self._lock:
            return (self._steps[0], self._steps[-1]) if self._steps else (0, 0)

    @property
    def last(self) -> bytes | None:
        """The newest."""
        with self._lock:
            return self._messages[-1] if self._messages else None

    def at(self, step: int) -> bytes | None:
        """The last one at or before `step`, else the oldest kept."""
        with self._lock:
            i = bisect_right(self._steps, step)
            return self._messages[max(0, i - 1)] if self._messages else None

    def after(self, step: int, count: int) -> list[bytes]:
        """The `count` that follow `step`."""
        with self._lock:
            i = bisect_right(self._steps, step)
            return self._messages[i:i + count]

    def _least_missed(self) -> int:
        """The snapshot between the nearest neighbours for its age; the first if there is none."""
        steps = np.array(self._steps, np.float64)
        if len(steps) < 3:
            return 0
        gap, age = steps[2:] - steps[:-2], steps[-1] - steps[1:-1]
        return 1 + int((gap / age).argmin())

    def _drop(self, i: int) -> None:
        self._bytes -= len(self._messages.pop(i))
        del self._steps[i]

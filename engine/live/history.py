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
from itertools import islice
from typing import Final

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
    """Bounded, thread-safe store of encoded snapshots; each stands alone."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: deque[tuple[int, bytes]] = deque()
        self._bytes = 0

    def append(self, step: int, message: bytes) -> None:
        """Keep the newest; a second one of the same step takes the place of the first."""
        with self._lock:
            if self._kept and self._kept[-1][0] == step:
                self._bytes -= len(self._kept.pop()[1])
            self._kept.append((step, message))
            self._bytes += len(message)
            while self._bytes > self._max_bytes and len(self._kept) > 1:
                self._bytes -= len(self._kept.popleft()[1])

    def clear(self) -> None:
        """Forget everything, as after a reset."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    @property
    def window(self) -> tuple[int, int]:
        """First and last step that can be shown; (0, 0) when nothing is kept."""
        with self._lock:
            return (self._kept[0][0], self._kept[-1][0]) if self._kept else (0, 0)

    @property
    def last(self) -> bytes | None:
        """The newest."""
        with self._lock:
            return self._kept[-1][1] if self._kept else None

    def at(self, step: int) -> bytes | None:
        """The last one at or before `step`, else the oldest kept."""
        with self._lock:
            i = bisect_right(self._kept, step, key=lambda kept: kept[0])
            return self._kept[max(0, i - 1)][1] if self._kept else None

    def after(self, step: int, count: int) -> list[bytes]:
        """The `count` that follow `step`."""
        with self._lock:
            i = bisect_right(self._kept, step, key=lambda kept: kept[0])
            return [message for _, message in islice(self._kept, i, i + count)]

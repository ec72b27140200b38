"""One person's window on a run: a bounded queue from the runner's thread to a coroutine."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

Message = bytes | str
MAX_QUEUED: Final = 64


class Viewer:
    """Messages for one WebSocket; the runner offers, the coroutine takes.

    A viewer that falls behind is not waited for: its queue is dropped and `behind` asks the
    runner to begin again with a KEY.

    Attributes:
        live: Whether chunks are wanted (False while looking back).
        selected: Agent whose facts are wanted, or None.
        behind: The next live chunk must be preceded by layers and a KEY.
        stats: What the browser last said about itself (fps, buffer, stalls).
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.live = True
        self.selected: int | None = None
        self.behind = True
        self.stats: Mapping[str, Any] = {}
        self._loop = loop
        self._ready = asyncio.Event()
        self._lock = threading.Lock()
        self._queue: deque[Message] = deque()
        self._closed = False
        self._latest: bytes = b""

    def offer(self, messages: Iterable[Message]) -> None:
        """Queue messages; called from any thread."""
        with self._lock:
            if self._closed:
                return
            self._queue.extend(messages)
            if len(self._queue) > MAX_QUEUED:
                self._queue = deque(m for m in self._queue if isinstance(m, str))
                self.behind = True
        self._wake()

    def offer_latest(self, message: bytes) -> None:
        """Queue a message that stands alone and makes the one before it old; from any thread.

        A viewer that is slower than the run gets fewer of them, each as fresh as can be.
        """
        with self._lock:
            if self._closed:
                return
            if self._latest in self._queue:
                self._queue.remove(self._latest)
            self._latest = message
            self._queue.append(message)
        self._wake()

    def offer_json(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Queue one text message `{"t": kind, …facts}`."""
        self.offer([to_json(kind, facts)])

    def close(self) -> None:
        """End the stream after what is queued."""
        with self._lock:
            self._closed = True
        self._wake()

    async def take(self) -> list[Message] | None:
        """Wait for messages; None when the stream has ended."""
        while True:
            with self._lock:
                out = list(self._queue)
                self._queue.clear()
                closed = self._closed
                self._ready.clear()
            if out:
                return out
            if closed:
                return None
            await self._ready.wait()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._ready.set)
        except RuntimeError:  # the server is shutting down and its loop is closed
            self._closed = True


def to_json(kind: str, facts: Mapping[str, Any]) -> str:
    """One text message of the protocol."""
    return json.dumps({"t": kind, **facts}, separators=(",", ":"), allow_nan=False)

"""How many questions a session, and all sessions together, may ask.

Source: the token bucket, Turner 1986, doi:10.1109/MCOM.1986.1092946.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from engine.errors import InvalidInput

MAX_SESSIONS: Final = 10_000


class RateLimit:
    """Buckets that refill with time: one a session and one for all.

    Args:
        session: Questions a session may ask at once.
        session_per_min: How fast its bucket refills.
        everyone: Questions of all sessions at once.
        everyone_per_min: How fast that refills.
        clock: Seconds, never going back.
    """

    def __init__(self, session: float = 10, session_per_min: float = 20, everyone: float = 40,
                 everyone_per_min: float = 120,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._session = (session, session_per_min / 60)
        self._everyone = (everyone, everyone_per_min / 60)
        self._clock = clock
        self._lock = threading.Lock()
        self._all = (everyone, clock())
        self._each: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, session: str) -> None:
        """Count one question.

        Raises:
            InvalidInput: If there were too many; says how long to wait. Nothing is counted then.
        """
        now = self._clock()
        with self._lock:
            own = self._level(self._each.get(session, (self._session[0], now)), self._session, now)
            shared = self._level(self._all, self._everyone, now)
            for level, (_, rate), whose in ((own, self._session, "you have"),
                                            (shared, self._everyone, "this server has")):
                if level < 1:
                    raise InvalidInput(f"{whose} asked too much just now; wait "
                                       f"{(1 - level) / rate:.0f} s")
            self._each[session] = (own - 1, now)
            self._each.move_to_end(session)
            self._all = (shared - 1, now)
            while len(self._each) > MAX_SESSIONS:
                self._each.popitem(last=False)

    @staticmethod
    def _level(bucket: tuple[float, float], size: tuple[float, float], now: float) -> float:
        level, then = bucket
        return min(size[0], level + (now - then) * size[1])

"""What the chats of a day have cost together, kept in the store, with a cap that fails closed.

A reply takes what it may spend before it begins and settles what it has spent when it ends, so
that replies under way at once cannot pass the cap together. A day is a day of UTC. Where the day's
cost cannot be read or written nothing that costs money begins.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from engine.errors import InvalidInput
from engine.store import Store

DOMAIN: Final = "cost"
SERIES: Final = "cost.spent_usd"
LEAST: Final = 1e-4
"""Dollars below which nothing can be bought any more."""


def _now() -> datetime:
    return datetime.now(UTC)


def day_cap(wanted: float) -> float:
    """Dollars a day: the setting, never above ATRIUM_DAY_BUDGET where the server names one.

    Raises:
        InvalidInput: If ATRIUM_DAY_BUDGET is no amount; nothing is spent then.
    """
    named = os.environ.get("ATRIUM_DAY_BUDGET", "").strip()
    if not named:
        return wanted
    try:
        most = float(named)
    except ValueError:
        most = math.nan
    if not most >= 0:
        raise InvalidInput(f"ATRIUM_DAY_BUDGET is {named!r}; it must be dollars a day, as in 5")
    return min(wanted, most)


class Ledger:
    """The cost of the day over every chat that records to one store. Any thread may use it.

    Args:
        store: Where it is kept, as a run of domain "cost" a day and process.
        now: Clock, UTC.
    """

    def __init__(self, store: Store, now: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._now = now
        self._lock = threading.Lock()
        self._reserved = 0.0
        self._day = ""
        self._run: int | None = None
        self._at = 0.0

    def today(self) -> float:
        """Dollars spent since midnight UTC, replies under way not counted.

        Raises:
            StoreError: If it cannot be read.
        """
        day = self._now().date().isoformat()
        return math.fsum(
            float(value) for run in self._store.runs(DOMAIN)
            if run.parameters.get("day") == day
            for part in self._store.raw(run.id, SERIES) for value in part.value)

    def take(self, dollars: float, cap: float) -> float:
        """Reserve what a reply may spend; `settle` has to follow.

        Args:
            dollars: Wanted.
            cap: Dollars a day.

        Returns:
            At most `dollars`; what the day leaves.

        Raises:
            InvalidInput: If the day leaves nothing.
            StoreError: If the day's cost cannot be read.
        """
        with self._lock:
            spent = self.today()
            left = cap - spent - self._reserved
            if left < LEAST:
                busy = f" and ${self._reserved:.2f} are held by replies under way" \
                    if self._reserved else ""
                raise InvalidInput(
                    f"${spent:.2f} of ${cap:.2f} a day are spent{busy}. Raise the budget a day in "
                    "the settings, wait for midnight UTC, or use the offline planner")
            taken = min(dollars, left)
            self._reserved += taken
            return taken

    def settle(self, taken: float, spent: float) -> None:
        """Book what a reply has cost and give back the rest of what it took.

        Raises:
            StoreError: If it cannot be written; what was taken stays reserved then.
        """
        with self._lock:
            if spent > 0:
                self._book(spent)
            self._reserved = max(0.0, self._reserved - taken)

    def _book(self, dollars: float) -> None:
        """One more point of the day's run; durable when this returns."""
        now = self._now()
        day = now.date().isoformat()
        if self._run is None or day != self._day:
            if self._run is not None:
                self._store.end_run(self._run, "finished")
            self._run = self._store.begin_run(DOMAIN, {"day": day}, 0, f"Cost · {day} · UTC", 1.0)
            self._day, self._at = day, 0.0
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self._at = max(self._at, (now - midnight).total_seconds())  # a clock may be set back
        self._store.append(self._run, SERIES, [self._at], [dollars])
        self._store.flush()


_making = threading.Lock()


@lru_cache(maxsize=8)
def _ledger(store: Store) -> Ledger:
    return Ledger(store)


def ledger_of(store: Store) -> Ledger:
    """The one ledger of a store: its chats share what they have reserved."""
    with _making:
        return _ledger(store)


class DayPurse:
    """A day's money as a reply takes it; implements `Purse`.

    Args:
        store: Opens the store; asked when money is taken, so that a store that is not there stops
            what costs money and nothing else.
        wanted: Dollars a day, by the settings.
    """

    def __init__(self, store: Callable[[], Store], wanted: float) -> None:
        self._store = store
        self._wanted = wanted

    def take(self, dollars: float) -> float:
        """See `Purse`."""
        return ledger_of(self._store()).take(dollars, day_cap(self._wanted))

    def settle(self, taken: float, spent: float) -> None:
        """See `Purse`."""
        ledger_of(self._store()).settle(taken, spent)

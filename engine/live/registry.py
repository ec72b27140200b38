"""Runs by token: who holds a token keeps its run, and a forgotten run is stopped.

A page rerun, a reload, a second tab or a short network loss must not end a run, so a run is
leased: it lives while somebody watches, and a grace period longer.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from typing import Any, Final

from engine.errors import Infeasible
from engine.live.record import Recorder
from engine.live.run import Run
from engine.live.thread import Maker
from engine.params import Params

log = logging.getLogger(__name__)

GRACE_S: Final = 60.0
MAX_RUNS: Final = 8


class Registry:
    """All runs of this server."""

    def __init__(self, grace_s: float = GRACE_S, max_runs: int = MAX_RUNS) -> None:
        self.grace_s = grace_s
        self.max_runs = max_runs
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._reaper: threading.Thread | None = None

    def open(self, domain: str, make: Maker, params: Params, seed: int, *,
             rate: float = 10.0, recorder: Recorder | None = None, label: str = "") -> Run:
        """Start a run under a new token.

        Raises:
            Infeasible: If as many runs as allowed are alive.
        """
        with self._lock:
            if len(self._runs) >= self.max_runs:
                raise Infeasible(
                    f"{len(self._runs)} runs are alive and {self.max_runs} are allowed at once; "
                    f"close a tab and wait {self.grace_s:.0f} s, or stop a run on its page")
            token = secrets.token_urlsafe(12)
            run = Run(token, domain, make, params, seed, rate=rate, recorder=recorder, label=label)
            self._runs[token] = run
            if self._reaper is None:
                self._reaper = threading.Thread(target=self._reap, name="run-reaper", daemon=True)
                self._reaper.start()
        return run.start()

    def find(self, token: str | None, domain: str | None = None) -> Run | None:
        """The run behind a token, or None if there is none (of that domain)."""
        with self._lock:
            run = self._runs.get(token or "")
        if run is None or (domain is not None and run.domain != domain):
            return None
        run.last_seen = time.monotonic()
        return run

    def alive(self) -> list[Run]:
        """Every run, oldest first."""
        with self._lock:
            return list(self._runs.values())

    def stop(self, token: str) -> None:
        """End one run now."""
        with self._lock:
            run = self._runs.pop(token, None)
        if run is not None:
            run.stop()

    def close(self) -> None:
        """End every run, as when the server shuts down."""
        self._closing.set()
        with self._lock:
            runs = list(self._runs.values())
            self._runs.clear()
        for run in runs:
            run.stop()

    def reap(self, now: float | None = None) -> list[str]:
        """Stop runs that nobody has watched for the grace period; returns their tokens."""
        now = time.monotonic() if now is None else now
        with self._lock:
            gone = [t for t, r in self._runs.items()
                    if r.viewers == 0 and now - r.last_seen > self.grace_s]
            runs = [self._runs.pop(t) for t in gone]
        for run in runs:
            log.info("run %s stopped: nobody watched it for %.0f s", run.token[:6], self.grace_s)
            run.stop()
        return gone

    def _reap(self) -> None:
        while not self._closing.wait(2.0):
            self.reap()


def describe(run: Run) -> dict[str, Any]:
    """A run in a few words, for lists; without its token, which is a key."""
    return {"domain": run.domain, "label": run.label, "state": run.state, "step": run.step_count,
            "viewers": run.viewers, "number": run.record.number, "seed": run.seed}


RUNS: Final = Registry(
    float(os.environ.get("ATRIUM_GRACE_S", GRACE_S)), int(os.environ.get("ATRIUM_RUNS", MAX_RUNS)))
"""The server's runs; ATRIUM_GRACE_S and ATRIUM_RUNS change how long and how many."""

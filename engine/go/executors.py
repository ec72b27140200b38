"""Where jobs run: in this process, in some on this machine, or on a cluster.

Results come back in the order of the jobs, so that whoever asked sees the same whichever it is.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from typing import Protocol, TypeVar

from engine.errors import InvalidInput, ModelUnavailable

J = TypeVar("J")
R = TypeVar("R")


class Executor(Protocol):
    """Runs a function on jobs."""

    actors: int

    def run(self, work: Callable[[J], R], jobs: Iterable[J]) -> Iterator[R]:
        """Yield the results in the order of the jobs; jobs are taken as there is room.

        Args:
            work: A function of a module, which other processes can find.
            jobs: Picklable.

        Raises:
            EngineError: What a job raised; ModelUnavailable if a worker died.
        """
        ...

    def close(self) -> None:
        """Stop the workers; jobs at hand are lost."""
        ...


def open_executor(kind: str, actors: int) -> Executor:
    """Make an executor.

    Args:
        kind: "local" or "ray".
        actors: Jobs at once; 1 runs locally in this very process.

    Raises:
        InvalidInput: If there is no such kind or `actors` is below 1.
        ModelUnavailable: If Ray is asked for and is not installed or not reached.
    """
    if actors < 1:
        raise InvalidInput(f"{actors} actors cannot play; give 1 or more.")
    if kind == "ray":
        from engine.go.ray_executor import RayExecutor

        return RayExecutor(actors)
    if kind != "local":
        raise InvalidInput(f"There is no executor {kind!r}; choose local or ray.")
    return LocalExecutor(actors) if actors > 1 else InlineExecutor()


class InlineExecutor:
    """One job after the other, here."""

    actors = 1

    def run(self, work: Callable[[J], R], jobs: Iterable[J]) -> Iterator[R]:
        """See `Executor`."""
        return (work(job) for job in jobs)

    def close(self) -> None:
        """See `Executor`."""


class LocalExecutor:
    """Processes on this machine.

    Args:
        actors: How many.
    """

    def __init__(self, actors: int) -> None:
        self.actors = actors
        # a fresh interpreter: forking one that has threads and torch in it may hang
        self._pool = ProcessPoolExecutor(actors, multiprocessing.get_context("spawn"), _begin)

    def run(self, work: Callable[[J], R], jobs: Iterable[J]) -> Iterator[R]:
        """See `Executor`."""
        waiting: deque[Future[R]] = deque()
        try:
            for job in jobs:
                waiting.append(self._pool.submit(work, job))
                if len(waiting) > self.actors:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenExecutor as error:
            raise ModelUnavailable("A self-play process was ended from outside, most likely for "
                                   "want of memory; use fewer actors or games at once.") from error
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """See `Executor`."""
        self._pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Prepare a worker: Ctrl-C is the parent's to handle, and nobody outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(parent: int) -> None:
    multiprocessing.connection.wait([parent])
    os._exit(1)

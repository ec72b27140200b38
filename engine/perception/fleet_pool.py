"""Many vehicles at once: the same work for each job, in this process or in several.

Networks are loaded once a process, on one thread each: the processes are the parallelism.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from engine.errors import InvalidInput
from engine.perception.runtime import Runtime, load_runtime

MOST_PROCESSES: Final = 64
Work = Callable[[Any, Sequence[Runtime]], Any]
"""A module's function of a job and the networks; what it returns is pickled."""

_networks: list[Runtime] = []


def each(work: Work, jobs: Iterable[Any], weights: Sequence[Path], processes: int,
         ) -> Iterator[Any]:
    """Results of all jobs, in the order in which they are ready.

    Args:
        work: What to do with a job.
        jobs: Pickled to the processes.
        weights: Networks that `work` is given, in this order.
        processes: At least 1; 1 works in this process.

    Raises:
        InvalidInput: If the number of processes is out of range, or weights cannot be used.
        ModelUnavailable: If weights are missing.
    """
    if not 1 <= processes <= MOST_PROCESSES:
        raise InvalidInput(f"{processes} processes; choose 1 to {MOST_PROCESSES}")
    networks = _load(weights)  # also tells at once, in this process, what is wrong with them
    if processes == 1:
        for job in jobs:
            yield work(job, networks)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (list(weights),)) as pool:
        waiting = iter(jobs)
        going = {pool.submit(_one, work, job) for job in islice(waiting, 2 * processes)}
        try:
            while going:
                done, going = wait(going, return_when=FIRST_COMPLETED)
                yield from (f.result() for f in done)
                going |= {pool.submit(_one, work, job) for job in islice(waiting, len(done))}
        finally:
            _drop(going)


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """A list that holds the signal once the process is asked to end."""
    asked: list[int] = []
    before = {s: signal.signal(s, lambda number, _: asked.append(number))
              for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)


def _load(weights: Sequence[Path]) -> list[Runtime]:
    loaded = {path: load_runtime(path) for path in dict.fromkeys(weights)}
    return [loaded[path] for path in weights]


def _begin(weights: list[Path]) -> None:
    """Set up a process; a stop asked of the whole group is the parent's to obey."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _networks[:] = _load(weights)


def _one(work: Work, job: Any) -> Any:
    return work(job, _networks)


def _drop(going: set[Future[Any]]) -> None:
    for future in going:
        future.cancel()

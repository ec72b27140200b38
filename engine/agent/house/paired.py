"""Two settings compared on the same random numbers, with an interval that says how sure one is.

Each seed is run twice, once a setting, so what differs between two runs of a pair is the setting
and not the luck. The runs happen in processes of their own at low priority: live pages go on.

Source: common random numbers, Law 2015, Simulation Modeling and Analysis, 5th ed., section 11.2.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import stats

from engine.agent.house.domains import domain
from engine.agent.house.worker import Worker
from engine.errors import InvalidInput

WORKERS: Final = 2
MAX_STEPS: Final = 20_000
MAX_SEEDS: Final = 20
POLL_S: Final = 0.1
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure under two settings.

    Attributes:
        name: Figure.
        label: As shown.
        unit: As shown.
        a: Mean under the first setting.
        b: Mean under the second.
        low: Lower end of the interval of b − a; NaN with fewer than two seeds.
        high: Upper end.
        pairs: Seeds that gave the figure under both.
    """

    name: str
    label: str
    unit: str
    a: float
    b: float
    low: float
    high: float
    pairs: int

    @property
    def sure(self) -> bool:
        """Whether the interval excludes no difference."""
        return self.low > 0 or self.high < 0


def compare(engine: str, scenario: str | None, a: Mapping[str, Any], b: Mapping[str, Any],
            steps: int, seeds: Sequence[int], *, left_s: Callable[[], float],
            stopped: Callable[[], bool], progress: Callable[[str], None]) -> list[Difference]:
    """Run every seed under both settings and compare all figures of the second half.

    Args:
        engine: System.
        scenario: Named start, or None.
        a: Settings of the first arm, changed from the scenario's.
        b: Settings of the second.
        steps: Steps a run.
        seeds: One pair each.
        left_s: Seconds left.
        stopped: Whether the person stopped it.
        progress: Told after each run.

    Raises:
        InvalidInput: If a setting, or the size of the comparison, is out of range.
        TimeoutError: If the time runs out.
    """
    of = domain(engine)
    _, chosen = of.scenario(scenario)
    arms = [chosen.params.with_changes(**values) for values in (a, b)]
    if not 2 <= steps <= MAX_STEPS:
        raise InvalidInput(f"{steps} steps; a comparison takes 2 to {MAX_STEPS:,} steps a run")
    if not 1 <= len(seeds) <= MAX_SEEDS:
        raise InvalidInput(f"{len(seeds)} seeds; a comparison takes 1 to {MAX_SEEDS}")
    pairs = [(seed, arm) for seed in seeds for arm in range(2)]
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(WORKERS, thread_name_prefix="compare"))
        workers = [stack.enter_context(Worker()) for _ in range(min(WORKERS, len(pairs)))]
        idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for worker in workers:
            idle.put(worker)

        def work(seed: int, arm: int) -> list[dict[str, Any]]:
            worker = idle.get()
            try:
                return worker.run({"engine": engine, "params": arms[arm].model_dump(mode="json"),
                                   "seed": seed, "steps": steps})
            finally:
                idle.put(worker)

        jobs = [(seed, arm, pool.submit(work, seed, arm)) for seed, arm in pairs]
        futures = [job for _, _, job in jobs]
        try:
            _await(futures, left_s, stopped, progress)
        finally:
            for job in futures:
                job.cancel()
            for worker in workers:
                worker.stop()
    values: dict[str, dict[int, list[float | None]]] = {}
    about: dict[str, Mapping[str, Any]] = {}
    for seed, arm, job in jobs:
        for figure in job.result():
            about[figure["name"]] = figure
            row = values.setdefault(figure["name"], {}).setdefault(seed, [None, None])
            row[arm] = figure["value"]
    return [_difference(about[name], rows) for name, rows in values.items()]


def _await(jobs: Sequence[Future[Any]], left_s: Callable[[], float], stopped: Callable[[], bool],
           progress: Callable[[str], None]) -> None:
    done = 0
    while True:
        finished, open_jobs = wait(jobs, POLL_S)
        if len(finished) > done:
            done = len(finished)
            progress(f"{done} of {len(jobs)} runs")
        if not open_jobs:
            return
        if stopped():
            raise InvalidInput("stopped by the person")
        if left_s() <= 0:
            raise TimeoutError(f"{done} of {len(jobs)} runs were done; ask for fewer steps or "
                               "seeds")


def _difference(about: Mapping[str, Any], rows: Mapping[int, Sequence[float | None]]) -> Difference:
    """Means and the paired t interval of b − a."""
    pairs = np.array([row for row in rows.values() if None not in row], np.float64).reshape(-1, 2)
    n = len(pairs)
    mean = pairs.mean(axis=0) if n else np.full(2, np.nan)
    low = high = float("nan")
    if n >= 2:
        change = pairs[:, 1] - pairs[:, 0]
        half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1) * change.std(ddof=1) / np.sqrt(n))
        low, high = float(change.mean()) - half, float(change.mean()) + half
    return Difference(about["name"], about["label"], about["unit"], float(mean[0]),
                      float(mean[1]), low, high, n)

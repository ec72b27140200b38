"""Jobs on a Ray cluster; the one file that knows Ray, which is installed separately."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from engine.errors import EngineError, ModelUnavailable

J = TypeVar("J")
R = TypeVar("R")


class RayExecutor:
    """Tasks on the cluster that RAY_ADDRESS names, or on a Ray started here.

    Networks travel as file names, so workers on other machines need the same shared folder.

    Args:
        actors: Tasks at once.

    Raises:
        ModelUnavailable: If Ray is not installed or the cluster is not reached.
    """

    def __init__(self, actors: int) -> None:
        try:
            import ray  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            raise ModelUnavailable("Ray is not installed; run pip install -r requirements-ray.txt "
                                   "or leave --executor at local.") from None
        try:
            ray.init(ignore_reinit_error=True, log_to_driver=False)
        except (ConnectionError, RuntimeError) as error:
            raise ModelUnavailable(f"The Ray cluster is not reached: {error}. Check RAY_ADDRESS "
                                   "or leave --executor at local.") from error
        self.actors = actors
        self._ray: Any = ray

    def run(self, work: Callable[[J], R], jobs: Iterable[J]) -> Iterator[R]:
        """See `executors.Executor`."""
        task = self._ray.remote(num_cpus=1)(work)
        waiting: deque[Any] = deque()
        try:
            for job in jobs:
                waiting.append(task.remote(job))
                if len(waiting) > self.actors:
                    yield self._ray.get(waiting.popleft())
            while waiting:
                yield self._ray.get(waiting.popleft())
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, EngineError):
                raise error.cause from error
            raise ModelUnavailable(f"A self-play task failed on the cluster: {error.cause}. See "
                                   "Ray's dashboard.") from error
        except self._ray.exceptions.RayError as error:
            raise ModelUnavailable(f"The Ray cluster lost a task: {error}. The games at hand are "
                                   "played anew when the run is resumed.") from error

    def close(self) -> None:
        """See `executors.Executor`."""
        self._ray.shutdown()

"""Python that a model wrote, run where it can do no harm.

The interpreter is `pydantic-monty`: written in Rust, without files, sockets, environment or
imports beyond a few pure modules, each run in a worker process of its own that is killed when it
outlives its limits. Every limit is set here, since the package sets none by itself, and a session
is never used twice.
"""

from __future__ import annotations

import atexit
import json
import math
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic_monty import Monty

MAX_CODE: Final = 20_000
MAX_PRINTED_BYTES: Final = 64_000
MAX_VALUE_CHARACTERS: Final = 20_000
MAX_MEMORY_BYTES: Final = 128 * 1024 * 1024
MAX_RECURSION: Final = 200
MAX_HOST_CALLS: Final = 100
GRACE_S: Final = 0.2
QUEUE_S: Final = 5.0
WORKERS: Final = 2

HostFunction = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a piece of code.

    Attributes:
        value: JSON-able value of the last expression, or None.
        printed: What it printed.
        error: Why it ended early, as Python would say it, or "".
    """

    value: Any
    printed: str
    error: str = ""


class Sandbox:
    """A few warm workers; any thread may run code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._pool: Monty | None = None

    def run(self, code: str, functions: Mapping[str, HostFunction] | None = None,
            inputs: Mapping[str, Any] | None = None, *, seconds: float = 1.0) -> Outcome:
        """Run code to its end or to a limit.

        Args:
            code: Python; the value of a last expression is the result.
            functions: Host functions that the code may call by name; what they raise is raised in
                the code.
            inputs: Plain values bound as globals.
            seconds: Time for the code itself; host functions do not count.

        Raises:
            InvalidInput: If the code is empty or too long.
        """
        import pydantic_monty as monty

        if not code.strip():
            raise InvalidInput("there is no code to run")
        if len(code) > MAX_CODE:
            raise InvalidInput(f"the code has {len(code):,} characters, at most {MAX_CODE:,} are "
                               "run; make it shorter")
        limits: monty.ResourceLimits = {
            "max_feed_duration_secs": seconds, "max_turn_duration_secs": seconds,
            "max_memory": MAX_MEMORY_BYTES, "max_recursion_depth": MAX_RECURSION,
            "max_suspensions": MAX_HOST_CALLS, "max_total_sleep_secs": 0.0}
        printed = monty.CollectString(MAX_PRINTED_BYTES)
        try:
            with self._workers().checkout(limits=limits) as session:
                value = session.feed_run(
                    code, inputs=dict(inputs or {}), external_lookup=dict(functions or {}),
                    print_callback=printed)
            return Outcome(_plain(value), printed.output)
        except monty.MontyCrashedError:
            return Outcome(None, printed.output, f"ended: it ran longer than {seconds:g} s or "
                                                 "broke its interpreter")
        except monty.MontySyntaxError as error:
            return Outcome(None, printed.output, f"SyntaxError: {_short(str(error))}")
        except monty.MontyError as error:
            return Outcome(None, printed.output, _short(str(error)))
        except TimeoutError:
            return Outcome(None, "", "all workers are busy; try again in a moment")
        except (ValueError, TypeError, RecursionError, OverflowError) as error:
            why = f"the result cannot be shown: {_short(str(error))}"
            return Outcome(None, printed.output, why)

    def close(self) -> None:
        """End the workers."""
        with self._lock:
            self._stack.close()
            self._pool = None

    def _workers(self) -> Monty:
        import pydantic_monty as monty

        with self._lock:
            if self._pool is None:
                self._pool = self._stack.enter_context(monty.Monty(
                    min_processes=1, max_processes=WORKERS, checkout_timeout=QUEUE_S,
                    max_checkouts_per_worker=200, feed_duration_limit_grace=GRACE_S,
                    turn_duration_limit_grace=GRACE_S))
            return self._pool


def _plain(value: Any) -> Any:
    """A value as JSON has it: no NaN, no objects, bounded in length."""
    def walk(item: Any, depth: int) -> Any:
        if depth > 40:
            raise ValueError("nested more than 40 deep")
        if isinstance(item, float) and not math.isfinite(item):
            return str(item)
        if item is None or isinstance(item, bool | int | float | str):
            return item
        if isinstance(item, Mapping):
            return {str(k): walk(v, depth + 1) for k, v in item.items()}
        if isinstance(item, list | tuple | set | frozenset):
            return [walk(v, depth + 1) for v in item]
        return repr(item)[:500]
    plain = walk(value, 0)
    text = json.dumps(plain)
    return plain if len(text) <= MAX_VALUE_CHARACTERS else text[:MAX_VALUE_CHARACTERS] + " … [cut]"


def _short(text: str) -> str:
    """The end of a traceback, where the reason stands."""
    return text if len(text) <= 1_500 else "… " + text[-1_500:]


SANDBOX: Final = Sandbox()
"""The program's own; its workers start with the first piece of code."""
atexit.register(SANDBOX.close)

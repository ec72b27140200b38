"""The agent examined in the background: a suite in a process of its own, its verdicts recorded.

The process runs worlds at full speed, so it is kept apart from the server's threads and at low
priority, with a metrics store of its own that is thrown away. What it found becomes a run of the
server's store: a series a figure, a step a task, and the summary as an event, so that completion
over time is a question to the store like any other.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from engine.agent.budget import Price
from engine.agent.evaluate import load_suite
from engine.agent.judged import default_file
from engine.agent.ledger import DayPurse
from engine.errors import EngineError, InvalidInput
from engine.store import Store, open_store
from engine.store.records import Run

log = logging.getLogger(__name__)

DOMAIN: Final = "evaluation"
KIND: Final = "evaluation"
ROOT: Final = Path(__file__).resolve().parents[2]
SHIPPED: Final = ROOT / "assets" / "agent" / "suite.jsonl"
KEPT: Final = 50
PLANNER: Final = "offline planner"
END_S: Final = 5.0
SUITES: Final[Mapping[str, str]] = {
    "shipped": "The suite that ships with Atrium.",
    "judged": "Replies that people here called good or bad."}

State = Literal["idle", "running", "done", "stopped", "failed"]


@dataclass(slots=True)
class Progress:
    """How far an examination is.

    Attributes:
        state: What it does.
        suite: Which suite.
        model: Who is examined.
        tasks: How many there are.
        done: How many were tried.
        good: How many of those were completed.
        wrong_changes: How many changed something that they should not have.
        problem: Why it failed, or "".
        summary: As `evaluate` sums it up, once it is over.
    """

    state: State = "idle"
    suite: str = ""
    model: str = ""
    tasks: int = 0
    done: int = 0
    good: int = 0
    wrong_changes: int = 0
    problem: str = ""
    summary: dict[str, Any] = field(default_factory=dict)


def suite_file(name: str) -> Path:
    """Where a suite is.

    Raises:
        InvalidInput: If there is none of that name, or nothing was judged yet.
    """
    if name not in SUITES:
        raise InvalidInput(f"there is no suite {name!r}; choose from {', '.join(SUITES)}")
    file = SHIPPED if name == "shipped" else default_file()
    if not file.is_file():
        raise InvalidInput("no reply has been judged here yet; press ▲ or ▼ under a reply")
    return file


class Examiner:
    """Runs one examination at a time; any thread may ask.

    Args:
        store: Opens the store that the outcome is recorded in.
        command: How the process is started, without the suite.
    """

    def __init__(self, store: Callable[[], Store], command: tuple[str, ...] = (
            sys.executable, "-m", "engine.agent", "eval", "--verdicts")) -> None:
        self._store = store
        self._command = command
        self._lock = threading.Lock()
        self._progress = Progress()
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._purse: DayPurse | None = None

    @property
    def progress(self) -> Progress:
        """Of the examination under way, or the last one; a copy."""
        with self._lock:
            return Progress(**{n: getattr(self._progress, n) for n in Progress.__slots__})

    def start(self, suite: str, model: str = "", *, every: int = 1, price: Price | None = None,
              day_money: float = 0.0) -> None:
        """Begin.

        Args:
            suite: Name out of `SUITES`.
            model: Name of a model behind the environment's address; "" for the planner.
            every: Take each so many-th task alone, for a quick look.
            price: Of the model, as the process finds it in the price table; what it costs is
                booked to the day.
            day_money: Dollars a day at which it is ended, where the model costs anything.

        Raises:
            InvalidInput: If one is under way, the suite cannot be read, or the day's money is
                spent.
            StoreError: If the outcome could not be recorded.
        """
        file = suite_file(suite)
        tasks = load_suite(file)[::max(1, every)]
        cost = price or Price()
        purse = DayPurse(self._store, day_money) if cost.costs else None
        with self._lock:
            if self._progress.state == "running":
                raise InvalidInput("an examination is under way; stop it first, or wait for it")
            if purse is not None:
                purse.settle(purse.take(1.0), 0.0)  # refuses where nothing is left
            store = self._store()
            number = store.begin_run(DOMAIN, {"suite": suite, "model": model or PLANNER,
                                              "tasks": len(tasks), "every": every},
                                     0, f"{suite} · {model or PLANNER}")
            self._progress = Progress("running", suite, model or PLANNER, len(tasks))
            self._stop = threading.Event()
            self._purse = purse
            options = ["--every", str(every), *(["--model", model] if model else []), str(file)]
            self._thread = threading.Thread(
                target=self._work, args=(store, number, options), name="examiner", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End it; what was found so far stays recorded."""
        self._stop.set()
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End it and wait."""
        self.stop()
        if self._thread is not None:
            self._thread.join(END_S)

    def _work(self, store: Store, number: int, options: Sequence[str]) -> None:
        """In a thread: read verdicts until the process ends, and record them."""
        try:
            with tempfile.TemporaryDirectory() as folder:
                error = self._listen(store, number, options, folder)
            self._end(store, number, error)
        except (EngineError, OSError, ValueError, KeyError) as error:
            log.error("an examination failed", exc_info=error)
            with self._lock:
                self._progress.state, self._progress.problem = "failed", str(error)

    def _listen(self, store: Store, number: int, options: Sequence[str], folder: str) -> str:
        """Start the process and take in what it says; why it failed, or ""."""
        said = Path(folder) / "errors.txt"
        with said.open("w") as errors, subprocess.Popen(
                [*self._command, *options], cwd=ROOT, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                env={**os.environ, "ATRIUM_DB_URL": f"sqlite:///{folder}/atrium.db"}) as process:
            self._process = process
            if self._stop.is_set():
                process.kill()
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    self._take(store, number, json.loads(line))
            except BaseException:
                process.kill()  # else leaving the block would wait for its end
                raise
        self._process = None
        if process.returncode == 0 or self._stop.is_set():
            return ""
        last = said.read_text("utf-8", errors="replace").strip().splitlines()[-1:]
        return last[0] if last else f"the process ended with status {process.returncode}"

    def _take(self, store: Store, number: int, told: Mapping[str, Any]) -> None:
        """One line of the process: a verdict, or the summary at the end."""
        if "summary" in told:
            with self._lock:
                self._progress.summary = dict(told["summary"])
            return
        with self._lock:
            p = self._progress
            p.done += 1
            p.good += not told["wrong"]
            p.wrong_changes += bool(told["wrong_change"])
            step, share = float(p.done), p.good / p.done
        store.append(number, "task.completed_share", [step], [float(not told["wrong"])])
        store.append(number, "suite.completed_share", [step], [share])
        store.append(number, "task.wrong_change_share", [step], [float(told["wrong_change"])])
        store.append(number, "task.time_s", [step], [sum(told["seconds"])])
        store.append(number, "task.cost_usd", [step], [told["dollars"]])
        if self._purse is not None:
            self._purse.settle(0.0, told["dollars"])
            self._purse.settle(self._purse.take(1.0), 0.0)

    def _end(self, store: Store, number: int, error: str) -> None:
        """Record the summary and how it ended."""
        with self._lock:
            p = self._progress
            p.state = "failed" if error else "stopped" if self._stop.is_set() else "done"
            p.problem = error
            summary, state = p.summary, p.state
        if summary:
            store.event(number, float(summary["tasks"]), KIND, "summary",
                        {k: v for k, v in summary.items() if k != "failures"}
                        | {"failures": summary["failures"][:KEPT]})
        store.end_run(number, "finished" if state == "done" else
                      "crashed" if state == "failed" else "stopped", error)


@cache
def examiner() -> Examiner:
    """The server's own; ends with it."""
    own = Examiner(open_store)
    atexit.register(own.close)
    return own


def past(store: Store) -> list[tuple[Run, Mapping[str, Any]]]:
    """Examinations that came to their end, the newest first, with their summaries.

    Raises:
        StoreError: If the store cannot be read.
    """
    out = []
    for run in store.runs(DOMAIN, limit=KEPT):
        if found := store.events(run.id, [KIND], limit=1):
            out.append((run, found[0].data))
    return out

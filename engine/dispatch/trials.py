"""Experiments beside a running city: each in a process of its own, watched from outside.

A trial begins on the city, requests and knobs of the run it was started from. The process is a
fresh interpreter (forking one that has threads in it may hang), steps back for the live pages, and
ends with its parent. `experiments` and `fleet_bound` compute; this is who runs them.
"""

from __future__ import annotations

import contextlib
import csv
import io
import multiprocessing
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Final, Literal

from engine.dispatch.city import City
from engine.dispatch.experiments import RUNS_OF_DESIGNS, can_split, designs, paired
from engine.dispatch.headless import run
from engine.dispatch.params import DispatchParams
from engine.dispatch.score import SOURCE
from engine.dispatch.trips import Trips
from engine.errors import EngineError, InvalidInput

Design = Literal["paired", "switchback", "fleet bound"]
State = Literal["running", "done", "stopped", "failed"]

DESIGNS: Final[tuple[Design, ...]] = ("paired", "switchback", "fleet bound")
FEWEST_HOURS: Final = 0.3
MOST_HOURS: Final = 6.0
MOST_SEEDS: Final = 20
_STEP_S: Final = 2.0
_TELL_S: Final = 0.2
_NICENESS: Final = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared: changes of the present knobs.

    Attributes:
        label: As shown.
        control, treatment: Knobs of A and of B.
    """

    label: str
    control: Mapping[str, Any]
    treatment: Mapping[str, Any]


QUESTIONS: Final = (
    Question("Nearest against optimal batch", {"policy": "nearest"}, {"policy": "optimal batch"}),
    Question("Greedy score against optimal batch", {"policy": "greedy score"},
             {"policy": "optimal batch"}),
    Question("Published weights against these", {
        f"weight_{n}": w for n, w in SOURCE._asdict().items()}, {}),
    Question("Batch window of 2 s against 20 s", {"batch_window_s": 2}, {"batch_window_s": 20}),
    Question("No repositioning against min-cost flow", {"repositioning": "none"},
             {"repositioning": "min-cost flow"}),
    Question("Riding alone against pooling", {"pooling": False}, {"pooling": True}),
    Question("Fixed fares against surge", {"surge": False}, {"surge": True}),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """An experiment to run.

    Attributes:
        design: Which.
        question: Index of QUESTIONS; the fleet bound takes its treatment alone.
        params: Knobs that both sides share.
        seed: First seed, or the only one.
        seeds: Pairs, for "paired".
        hours: Simulated time of each run.
        block_min: Length of a switchback's block.
        city: The shipped one if None.
        trips: Requests to replay; generated ones if None.
    """

    design: Design
    question: int
    params: DispatchParams
    seed: int = 1
    seeds: int = 3
    hours: float = 1.0
    block_min: float = 10.0
    city: City | None = None
    trips: Trips | None = None

    @property
    def sides(self) -> tuple[DispatchParams, DispatchParams]:
        """Knobs of A and of B."""
        asked = QUESTIONS[self.question]
        return (self.params.with_changes(**asked.control),
                self.params.with_changes(**asked.treatment))

    @property
    def steps(self) -> int:
        """Steps that all of its runs make."""
        runs = {"paired": 2 * self.seeds, "switchback": RUNS_OF_DESIGNS, "fleet bound": 1}
        many = runs[self.design]
        if self.design == "switchback" and not can_split(*self.sides):
            many -= 1
        return round(many * self.hours * 3600.0 / _STEP_S)


class Trial:
    """An experiment under way; its methods may be called from any thread.

    A trial that nobody holds any more is ended.

    Attributes:
        plan: What is run.
        state: "running", "done", "stopped" or "failed".
        result: What `Paired.facts`, `designs` or the fleet's facts are; None until done.
        problem: Why it failed, or "".
    """

    def __init__(self, plan: Plan) -> None:
        """Start the process.

        Raises:
            InvalidInput: If the plan is out of range.
        """
        _check(plan)
        self.plan = plan
        self.state: State = "running"
        self.result: dict[str, Any] | None = None
        self.problem = ""
        self._told = _Told()
        self._lock = threading.Lock()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(theirs, plan), daemon=True,
                                        name=f"dispatch-{plan.design}")
        self._process.start()
        theirs.close()
        self._pipe = ours
        weakref.finalize(self, _end, self._process, ours)

    def look(self) -> State:
        """Take in what the process has said since; returns the state."""
        with self._lock:
            while self.state == "running":
                try:
                    if not self._pipe.poll():
                        break
                    kind, value = self._pipe.recv()
                except (EOFError, OSError):
                    self.state = "failed"
                    self.problem = ("The experiment was ended from outside, most likely for want "
                                    "of memory; use fewer drivers or hours.")
                    break
                if kind == "steps":
                    self._told.take(value)
                elif kind == "result":
                    self.result, self.state = value, "done"
                else:
                    self.problem, self.state = value, "failed"
        if self.state != "running":
            _end(self._process, self._pipe)
        return self.state

    @property
    def share(self) -> float:
        """How much of it is done, in [0, 1]."""
        return 1.0 if self.state == "done" else min(1.0, self._told.steps / self.plan.steps)

    @property
    def left_s(self) -> float | None:
        """Seconds it will take yet, at the pace so far; None before there is one."""
        return self._told.left_s(self.plan.steps)

    def stop(self) -> None:
        """End it now; nothing is kept."""
        with self._lock:
            if self.state == "running":
                self.state = "stopped"
        _end(self._process, self._pipe)

    def csv(self) -> str:
        """The result as CSV with a head, a figure or design a row.

        Raises:
            InvalidInput: If it is not done.
        """
        if self.result is None:
            raise InvalidInput(f"this experiment is {self.state}; there is nothing to export")
        rows = rows_of(self.plan, self.result)
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()


@dataclass(slots=True)
class _Told:
    """Progress, and the pace it implies."""

    steps: int = 0
    began: float = field(default_factory=time.monotonic)
    first: tuple[float, int] | None = None

    def take(self, steps: int) -> None:
        self.steps = steps
        # the interpreter and the city load before the first word
        self.first = self.first or (time.monotonic(), steps)

    def left_s(self, of: int) -> float | None:
        if self.first is None or self.steps <= self.first[1]:
            return None
        pace = (self.steps - self.first[1]) / max(time.monotonic() - self.first[0], 1e-3)
        return (of - self.steps) / pace


def rows_of(plan: Plan, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A result as rows, all with the same columns."""
    if plan.design == "paired":
        return [{"figure": name, **values, "settled": result["settled"][name]}
                for name, values in result["figures"].items()]
    if plan.design == "switchback":
        truth, back, split = result["truth"], result["switchback"], result["split"]
        columns = ("design", "figure", "control", "treatment", "difference", "low", "high", "bias")
        rows = [("truth", result["figure"], truth["control"], truth["treatment"],
                 truth["difference"], "", "", 0.0),
                ("switchback", result["figure"], back["control"], back["treatment"], back["mean"],
                 back["low"], back["high"], back["bias"])]
        if split is not None:
            rows.append(("rider split", result["figure"], split["control"], split["treatment"],
                         split["difference"], "", "", split["bias"]))
        return [dict(zip(columns, row, strict=True)) for row in rows]
    return [dict(result)]


def _check(plan: Plan) -> None:
    if not FEWEST_HOURS <= plan.hours <= MOST_HOURS:
        raise InvalidInput(f"an experiment runs {FEWEST_HOURS:g} to {MOST_HOURS:g} h; "
                           f"{plan.hours:g} h were asked for")
    if not 2 <= plan.seeds <= MOST_SEEDS:
        raise InvalidInput(f"{plan.seeds} pairs of runs; use 2 to {MOST_SEEDS}")
    if not 0 <= plan.question < len(QUESTIONS):
        raise InvalidInput(f"there is no question {plan.question}; use 0 to {len(QUESTIONS) - 1}")


def _end(process: SpawnProcess, pipe: Connection) -> None:
    if process.is_alive():
        process.terminate()
    process.join(5.0)
    pipe.close()


def _work(pipe: Connection, plan: Plan) -> None:
    """The process: run the plan, say how far it is, hand over the result."""
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    told, steps = time.monotonic(), 0

    def watch(many: int) -> None:
        nonlocal told, steps
        steps += many
        if time.monotonic() - told >= _TELL_S:
            told = time.monotonic()
            pipe.send(("steps", steps))

    try:
        pipe.send(("result", carry_out(plan, watch)))
    except EngineError as error:
        pipe.send(("problem", str(error)))
    except BrokenPipeError:
        return  # nobody listens any more


def carry_out(plan: Plan, watch: Callable[[int], None]) -> dict[str, Any]:
    """Run an experiment here and now.

    Args:
        plan: What to run.
        watch: Is told of steps made.

    Raises:
        InvalidInput: If the plan cannot be run.
    """
    control, treatment = plan.sides
    if plan.design == "paired":
        seeds = range(plan.seed, plan.seed + plan.seeds)
        return paired(control, treatment, seeds, plan.hours, city=plan.city, trips=plan.trips,
                      watch=watch).facts()
    if plan.design == "switchback":
        return designs(control, treatment, plan.seed, plan.hours, plan.block_min * 60.0,
                       city=plan.city, trips=plan.trips, watch=watch)
    facts = run(treatment, plan.seed, plan.hours, city=plan.city, trips=plan.trips, bound=True,
                watch=watch)
    figures = facts["figures"]
    return {"policy": facts["policy"], "hours": plan.hours, **facts["fleet"],
            "matched_percent": figures["matched_percent"], "wait_mean_s": figures["wait_mean_s"],
            "wait_p95_s": figures["wait_p95_s"], "drivers": facts["drivers"],
            "drivers_out_mean": figures["drivers_out_mean"]}

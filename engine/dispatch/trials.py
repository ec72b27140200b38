"""Experiments beside a running city: each in a process of its own, watched from outside.

A trial begins on the city, requests and knobs of the run it was started from. The process is a
fresh interpreter (forking one that has threads in it may hang; a spawned one would run the page
that asked for it once more), steps back for the live pages, and ends with its parent.
`experiments` and `fleet_bound` compute; this is who runs them, and `trial_worker` the other side.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from engine.dispatch.city import City, default_city, dump_city, load_city
from engine.dispatch.experiments import RUNS_OF_DESIGNS, can_split, designs, paired
from engine.dispatch.headless import run
from engine.dispatch.params import DispatchParams
from engine.dispatch.score import SOURCE
from engine.dispatch.trips import Trips
from engine.errors import InvalidInput

Design = Literal["paired", "switchback", "fleet bound"]
State = Literal["running", "done", "stopped", "failed"]

DESIGNS: Final[tuple[Design, ...]] = ("paired", "switchback", "fleet bound")
FEWEST_HOURS: Final = 0.3
MOST_HOURS: Final = 6.0
MOST_SEEDS: Final = 20
ROOT: Final = Path(__file__).parents[2]
_STEP_S: Final = 2.0
_GONE: Final = ("The experiment was ended from outside, most likely for want of memory; use fewer "
                "drivers or hours.")


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
    """

    def __init__(self, plan: Plan) -> None:
        """Start the process.

        Raises:
            InvalidInput: If the plan is out of range.
        """
        _check(plan)
        self.plan = plan
        self._told = _Told()
        folder = tempfile.TemporaryDirectory(prefix="atrium-trial-")
        write_plan(Path(folder.name), plan)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine.dispatch.trial_worker", folder.name], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threading.Thread(target=_listen, args=(self._process, self._told, folder), daemon=True,
                         name=f"trial-{plan.design}").start()
        weakref.finalize(self, _end, self._process)

    @property
    def state(self) -> State:
        """What has become of it."""
        return self._told.state

    @property
    def result(self) -> dict[str, Any] | None:
        """Of `carry_out`; None until it is done."""
        return self._told.result

    @property
    def problem(self) -> str:
        """Why it failed, or ""."""
        return self._told.problem

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
        self._told.end("stopped")
        _end(self._process)

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


class _Told:
    """What the process has said so far; written by the thread that listens to it."""

    def __init__(self) -> None:
        self.state: State = "running"
        self.result: dict[str, Any] | None = None
        self.problem = ""
        self.steps = 0
        self._first: tuple[float, int] | None = None
        self._lock = threading.Lock()

    def hear(self, line: bytes) -> None:
        """Take in one line: {"steps": n}, {"result": …} or {"problem": …}."""
        said = json.loads(line or b"{}")
        if "steps" in said:
            self.steps = said["steps"]
            # the interpreter and the city load before the first word
            if self.steps and self._first is None:
                self._first = (time.monotonic(), self.steps)
        elif "result" in said:
            self.result = said["result"]
            self.end("done")
        else:
            self.end("failed", said.get("problem", _GONE))

    def end(self, state: State, problem: str = "") -> None:
        """Nothing follows; the first end stands."""
        with self._lock:
            if self.state == "running":
                self.problem = problem
                self.state = state

    def left_s(self, of: int) -> float | None:
        """Seconds to the last of so many steps; None before there is a pace."""
        if self._first is None or self.steps <= self._first[1]:
            return None
        pace = (self.steps - self._first[1]) / max(time.monotonic() - self._first[0], 1e-3)
        return (of - self.steps) / pace


def _listen(
    process: subprocess.Popen[bytes], told: _Told, folder: tempfile.TemporaryDirectory[str]
) -> None:
    """Hear everything the process says, and clean up after it."""
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        told.hear(process.stdout.readline())
        folder.cleanup()  # the plan has been read
        while told.state == "running":
            told.hear(process.stdout.readline())
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    process.wait()


def write_plan(folder: Path, plan: Plan) -> None:
    """Put a plan into a folder, as `read_plan` reads it."""
    facts = {"design": plan.design, "question": plan.question,
             "params": plan.params.model_dump(mode="json"), "seed": plan.seed,
             "seeds": plan.seeds, "hours": plan.hours, "block_min": plan.block_min,
             "trips": plan.trips.name if plan.trips else None}
    (folder / "plan.json").write_text(json.dumps(facts), encoding="utf-8")
    if plan.city is not None and plan.city is not default_city():
        (folder / "city.npz").write_bytes(dump_city(plan.city))
    if plan.trips is not None:
        np.savez(folder / "trips.npz", time_s=plan.trips.time_s, origin=plan.trips.origin,
                 destination=plan.trips.destination)


def read_plan(folder: Path) -> Plan:
    """The plan that `write_plan` wrote."""
    facts = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    city = folder / "city.npz"
    name, trips = facts.pop("trips"), None
    if name is not None:
        with np.load(folder / "trips.npz", allow_pickle=False) as file:
            trips = Trips(name, file["time_s"], file["origin"], file["destination"])
    params = DispatchParams.parse(facts.pop("params"))
    return Plan(**facts, params=params, city=load_city(city) if city.exists() else None,
                trips=trips)


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

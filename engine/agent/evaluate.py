"""Tasks with outcomes that can be checked: what was called, what the house is like, what was said.

A suite is a JSONL file, one task a line:

    {"id": "start-800", "kind": "start", "before": ["start the small warehouse"],
     "say": ["pause it"], "expect": {"calls": [{"tool": "control_run",
     "arguments": {"action": "pause"}}], "state": "paused"}}

`before` brings the house into a state and is not judged. `expect` may hold: `calls` (each with the
arguments that matter, in order; others between them are allowed unless they change something),
`never` (tools that must not be called), `unlike` (calls that must not be made again just so, of a
reply that a person called bad), `changes` (how many calls may change something), `params`
and `state` of the newest run, `says` and `says_not` (in the last answer, case ignored), and
`asks_back` (an answer without any call).

Source: Yao et al. 2024, τ-bench, arXiv:2406.12045 (state of the world as the judge, pass^k);
    Wilson 1927, doi:10.1080/01621459.1927.10502953 (the interval of a share).
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from engine.agent.conversation import Conversation
from engine.agent.desk import agent_for, house_tools
from engine.agent.events import CallEnded, Ended, LoopEvent
from engine.agent.house.house import House
from engine.agent.loop import Settings
from engine.agent.messages import Assistant, User
from engine.agent.model import ChatModel
from engine.errors import EngineError, InvalidInput
from engine.live.registry import Registry
from engine.store import Store

Z: Final = 1.959964
MAX_TASKS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Task:
    """One line of a suite.

    Attributes:
        id: Name, unique in the suite.
        kind: Group it is counted in.
        before: Messages that set the scene.
        say: Messages that are judged together.
        expect: What has to be true afterwards.
    """

    id: str
    kind: str
    say: tuple[str, ...]
    before: tuple[str, ...] = ()
    expect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one try of a task went.

    Attributes:
        task: Which.
        wrong: What was not as expected; empty when it was completed.
        wrong_change: It changed something that it should not have.
        seconds: Time of each judged reply.
        dollars: What the replies cost.
    """

    task: Task
    wrong: tuple[str, ...]
    wrong_change: bool
    seconds: tuple[float, ...]
    dollars: float


def load_suite(path: Path) -> list[Task]:
    """Read a suite.

    Raises:
        InvalidInput: If the file or a line cannot be used; names the line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error
    tasks: list[Task] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            kept = json.loads(line)
            tasks.append(Task(str(kept["id"]), str(kept["kind"]), tuple(map(str, kept["say"])),
                              tuple(map(str, kept.get("before", ()))), dict(kept["expect"])))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(f"{path.name} line {number} is no task: {error!r}") from error
        if strange := set(tasks[-1].expect) - _CHECKS:
            raise InvalidInput(f"{path.name} line {number}: nothing checks {sorted(strange)}")
        if not tasks[-1].say:
            raise InvalidInput(f"{path.name} line {number} says nothing")
    if not tasks or len(tasks) > MAX_TASKS:
        raise InvalidInput(f"{path.name} has {len(tasks)} tasks; 1 to {MAX_TASKS:,} are run")
    if len({t.id for t in tasks}) < len(tasks):
        raise InvalidInput(f"{path.name} names a task twice")
    return tasks


_CHECKS: Final = frozenset(("calls", "never", "unlike", "changes", "params", "state", "says",
                            "says_not", "asks_back"))


def run_task(task: Task, model: ChatModel, store: Store, settings: Settings) -> Verdict:
    """One try in a house of its own."""
    runs = Registry()
    house = House(runs, lambda: store)
    changing = {t.name for t in house_tools(house) if t.permission in ("change", "money")}
    talk = Conversation()
    calls: list[tuple[str, dict[str, Any], bool]] = []

    def hear(event: LoopEvent) -> None:
        if isinstance(event, CallEnded):
            try:
                arguments = json.loads(event.call.arguments)
            except ValueError:
                arguments = {}
            calls.append((event.call.name, arguments, event.result.ok))

    def ask(text: str) -> Ended:
        talk.say(User(text))
        return agent_for(house, model, settings).reply(talk, threading.Event(), hear)

    try:
        for text in task.before:
            ask(text)
        calls.clear()
        seconds, dollars = [], 0.0
        for text in task.say:
            begun = time.perf_counter()
            ended = ask(text)
            seconds.append(time.perf_counter() - begun)
            dollars += ended.dollars
        last = talk.messages()[-1]
        answer = last.text if isinstance(last, Assistant) else ""
        wrong, wrong_change = _judge(task.expect, calls, changing, answer, house)
        return Verdict(task, tuple(wrong), wrong_change, tuple(seconds), dollars)
    except EngineError as error:
        return Verdict(task, (str(error),), False, (), 0.0)
    finally:
        runs.close()


def _judge(expect: Mapping[str, Any], calls: Sequence[tuple[str, dict[str, Any], bool]],
           changing: set[str], answer: str, house: House) -> tuple[list[str], bool]:
    """What is not as expected, and whether something was changed that should not have been."""
    wrong: list[str] = []
    wanted = list(expect.get("calls", ()))
    left = list(wanted)
    stray = []
    for name, arguments, ok in calls:
        if left and name == left[0]["tool"] and _holds(arguments, left[0].get("arguments", {})):
            left.pop(0)
        elif name in changing and ok:
            stray.append(name)
    wrong += [f"never called {w['tool']} {w.get('arguments', {})}" for w in left]
    allowed = int(expect.get("changes", 0))
    if len(stray) > allowed:
        wrong.append(f"changed something unasked: {', '.join(stray)}")
    wrong += [f"called {n}" for n, _, _ in calls if n in expect.get("never", ())]
    if "unlike" in expect and _again(calls, expect["unlike"]):
        wrong.append("did again what was called bad")
    if expect.get("asks_back") and calls:
        wrong.append(f"called {calls[0][0]} instead of asking back")
    newest = house.own_runs()[-1] if house.own_runs() else None
    if "state" in expect and (newest is None or newest.state != expect["state"]):
        wrong.append(f"the run is {newest.state if newest else 'not there'}")
    for name, value in dict(expect.get("params", {})).items():
        has = getattr(newest.pending or newest.params, name, None) if newest else None
        if not _same(has, value):
            wrong.append(f"{name} is {has}, not {value}")
    low = answer.lower()
    wrong += [f"the answer does not say {w!r}" for w in expect.get("says", ())
              if str(w).lower() not in low]
    wrong += [f"the answer says {w!r}" for w in expect.get("says_not", ())
              if str(w).lower() in low]
    return wrong, len(stray) > allowed


def _again(calls: Sequence[tuple[str, dict[str, Any], bool]],
           bad: Sequence[Mapping[str, Any]]) -> bool:
    """Whether exactly the calls were made that a person called bad."""
    return len(calls) == len(bad) and all(
        name == b["tool"] and _holds(arguments, b.get("arguments", {}))
        for (name, arguments, _), b in zip(calls, bad, strict=True))


def _holds(given: Any, wanted: Any) -> bool:
    """Whether what is wanted stands in what was given."""
    if isinstance(wanted, Mapping):
        return isinstance(given, Mapping) and all(
            k in given and _holds(given[k], v) for k, v in wanted.items())
    return _same(given, wanted)


def _same(a: Any, b: Any) -> bool:
    """Equal, numbers to six digits."""
    if isinstance(a, int | float) and isinstance(b, int | float) \
            and isinstance(a, bool) == isinstance(b, bool):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)
    return bool(a == b)


def evaluate(tasks: Iterable[Task], model: ChatModel, store: Store, *, tries: int = 1,
             settings: Settings | None = None,
             tell: Callable[[Verdict], None] = lambda _: None) -> dict[str, Any]:
    """Run a suite and sum it up.

    Args:
        tasks: The suite.
        model: Who answers.
        store: Where its runs are recorded.
        tries: How often each task is tried; pass^k is the chance that all k succeed.
        settings: Limits; changes are allowed unasked, since nobody is there to ask.
        tell: Told each verdict.

    Returns:
        Completion with its 95 % interval, pass^k, wrong changes, latency, cost, and the same by
        kind, with the failures named.
    """
    chosen = settings or Settings(changes="allow")
    verdicts: list[Verdict] = []
    for task in tasks:
        for _ in range(tries):
            verdicts.append(run_task(task, model, store, chosen))
            tell(verdicts[-1])
    kinds = list(dict.fromkeys(v.task.kind for v in verdicts))
    seconds = sorted(s for v in verdicts for s in v.seconds)
    return {
        "model": model.name, "tasks": len({v.task.id for v in verdicts}), "tries": tries,
        "completed": _share(verdicts), "pass_k": _pass_k(verdicts, tries),
        "wrong_changes": sum(v.wrong_change for v in verdicts),
        "wrong_change_share": sum(v.wrong_change for v in verdicts) / max(1, len(verdicts)),
        "latency_s": {"p50": median(seconds) if seconds else None,
                      "p95": quantiles(seconds, n=20)[-1] if len(seconds) > 1 else None},
        "dollars": sum(v.dollars for v in verdicts), "priced": chosen.price.known,
        "by_kind": {k: _share([v for v in verdicts if v.task.kind == k]) for k in kinds},
        "failures": [{"id": v.task.id, "say": v.task.say, "wrong": v.wrong}
                     for v in verdicts if v.wrong],
    }


def _share(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Completed of all, with the Wilson interval."""
    n, good = len(verdicts), sum(not v.wrong for v in verdicts)
    low, high = wilson(good, n)
    return {"of": n, "completed": good, "share": good / n if n else None, "low": low,
            "high": high, "wrong_changes": sum(v.wrong_change for v in verdicts)}


def wilson(good: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share; (0, 1) when nothing was tried."""
    if n == 0:
        return 0.0, 1.0
    p = good / n
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _pass_k(verdicts: Sequence[Verdict], k: int) -> float | None:
    """Share of tasks of which every try succeeded."""
    by_task: dict[str, list[bool]] = {}
    for v in verdicts:
        by_task.setdefault(v.task.id, []).append(not v.wrong)
    return sum(all(tries) for tries in by_task.values()) / len(by_task) if by_task else None

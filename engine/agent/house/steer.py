"""Tools that look at and steer living runs."""

from __future__ import annotations

import time
from concurrent.futures import wait
from typing import Any, Final, Literal

from pydantic import Field

from engine.agent.house.domains import domain, domains
from engine.agent.house.figures import figure, figures
from engine.agent.house.house import House
from engine.agent.house.outside import outside
from engine.agent.tools import Answer, Arguments, Context, Tool
from engine.errors import InvalidInput
from engine.live.run import Run
from engine.params import Knob, Params, knobs

ORDER_S: Final = 30.0
POLL_S: Final = 0.25
STEP_POLL_S: Final = 0.005


class WhichRun(Arguments):
    """A run: by its number, or the newest of a system, or the only one."""

    run: int | None = Field(None, description="Number of the run; leave out for the newest.")
    engine: str | None = Field(None, description="System: warehouse, dispatch, …")


class Nothing(Arguments):
    """No arguments."""


class StartRun(Arguments):
    """What to start."""

    engine: str = Field(description="System: warehouse, dispatch, …")
    scenario: str | None = Field(None, description="Named start; leave out for the default.")
    settings: dict[str, Any] = Field({}, description="Settings to change, by name.")
    seed: int = Field(1, ge=0, le=2**31 - 1)


class Control(WhichRun):
    """What a run should do."""

    action: Literal["pause", "resume", "step", "reset", "stop", "speed"]
    steps: int = Field(1, ge=1, le=1000, description="Steps to make, for step.")
    rate: float | None = Field(None, ge=0, le=2000, description="Steps a second, for speed; 0 is "
                                                               "as fast as it goes.")


class ReadSettings(WhichRun):
    """Which settings."""

    names: list[str] = Field([], description="Names; leave out for all.")


class SetSettings(WhichRun):
    """New values."""

    settings: dict[str, Any] = Field(description="New values by name of the setting.",
                                     min_length=1)


class Inspect(WhichRun):
    """Who."""

    agent: int = Field(ge=0, description="Number of the robot, driver, …")


class ReadFigures(WhichRun):
    """Which figures."""

    names: list[str] = Field([], description="Names; leave out for all.")


class WaitUntil(WhichRun):
    """A condition on one figure."""

    figure: str = Field(description="Name of the figure.")
    passes: Literal["above", "below"]
    value: float


class Inject(WhichRun):
    """Something to do to a world."""

    command: str = Field(description="Name of the command.")
    arguments: dict[str, Any] = Field({}, description="Its arguments.")


def steer_tools(house: House) -> list[Tool[Any]]:
    """The tools, bound to a house."""
    return [
        Tool("list_runs", "Every living run: system, state, step, and whether it is yours.",
             Nothing, "read", lambda _a, _c: _list(house)),
        Tool("start_run", "Start a run of a system, with a scenario and changed settings.",
             StartRun, "change", lambda a, _c: _start(house, a),
             preview=_preview_start),
        Tool("control_run", "Pause, resume, step, reset or stop a run, or change its speed.",
             Control, "change", lambda a, c: _control(house, a, c),
             preview=lambda a: _preview_control(house, a)),
        Tool("read_settings", "Settings of a run or a system: value, range, unit, meaning.",
             ReadSettings, "read", lambda a, _c: _read_settings(house, a)),
        Tool("set_settings", "Change settings of a living run.",
             SetSettings, "change", lambda a, _c: _set_settings(house, a),
             preview=lambda a: _preview_settings(house, a)),
        Tool("read_figures", "Key figures of a living run over its last window.",
             ReadFigures, "read", lambda a, _c: _read_figures(house, a)),
        Tool("inspect", "Facts about one robot, driver or other agent of a run: what it does and "
             "why.", Inspect, "read", lambda a, _c: _inspect(house, a)),
        Tool("wait_until", "Wait until a figure of a running run passes a value.",
             WaitUntil, "read", lambda a, c: _wait_until(house, a, c)),
        Tool("inject", "Do something to a run's world: break a robot, close an aisle, let it rain.",
             Inject, "change", lambda a, _c: _inject(house, a),
             preview=lambda a: f"{a.command} in {_name(house.find(a.run, a.engine))}"),
    ]


def _say(run: Run) -> dict[str, Any]:
    """A run as a tool's answer names it."""
    return {"run": run.record.number, "engine": run.domain, "label": run.label,
            "state": run.state, "step": run.step_count, "seed": run.seed}


def _shown(run: Run, data: Any = None) -> Answer:
    """An answer about a run, with its picture beside it."""
    show = {"kind": "run", "engine": run.domain, "token": run.token, "number": run.record.number}
    return Answer(_say(run) if data is None else data, show, untrusted=outside(run.label),
                  sources=(_name(run),))


def _name(run: Run) -> str:
    return f"{run.domain} run {run.record.number}"


def _list(house: House) -> Answer:
    runs = house.overview()
    return Answer(runs, untrusted=outside([r["label"] for r in runs]))


def _start(house: House, a: StartRun) -> Answer:
    of = domain(a.engine)
    return _shown(house.start(of, a.scenario, _named(of.params, a.settings), a.seed))


def _preview_start(a: StartRun) -> str:
    of = domain(a.engine)
    name, chosen = of.scenario(a.scenario)
    params = chosen.params.with_changes(**_named(of.params, a.settings))
    changed = params.describe_changes(chosen.params)
    return f"a new {of.name} run, {name}" + (f": {changed}" if changed else "")


def _control(house: House, a: Control, context: Context) -> Answer:
    run = house.find(a.run, a.engine)
    if a.action == "stop":
        house.runs.stop(run.token)
        return Answer({**_say(run), "state": "ended"}, sources=(_name(run),))
    if run.state in ("crashed", "ended") and a.action != "reset":
        raise InvalidInput(f"{_name(run)} has {run.state}; reset it first")
    if a.action == "step":
        target = run.step_count + a.steps
        run.set_running(False).result(ORDER_S)
        for _ in range(a.steps):
            run.single_step()
        end = time.monotonic() + ORDER_S
        while run.step_count < target and time.monotonic() < end and run.state == "paused":
            if context.stop.wait(STEP_POLL_S):
                raise InvalidInput("stopped by the person")
    elif a.action == "speed":
        if a.rate is None:
            raise InvalidInput("say how fast: steps a second, or 0 for as fast as it goes")
        run.set_rate(a.rate).result(ORDER_S)
    elif a.action == "reset":
        run.reset().result(ORDER_S)
    else:
        run.set_running(a.action == "resume").result(ORDER_S)
    return _shown(run)


def _preview_control(house: House, a: Control) -> str:
    run = house.find(a.run, a.engine)
    return f"{_name(run)}: {run.state} → {a.action}"


def _read_settings(house: House, a: ReadSettings) -> Answer:
    if a.run is None and a.engine and not any(r.domain == a.engine for r in house.own_runs()):
        of, run = domain(a.engine), None
        params = of.scenario(None)[1].params
    else:
        run = house.find(a.run, a.engine)
        of, params = domains()[run.domain], run.params
    wanted = set(_named(of.params, dict.fromkeys(a.names)))
    rows = [_setting(k, params) for k in knobs(of.params) if not wanted or k.name in wanted]
    return Answer({"of": _name(run) if run else of.name, "settings": rows},
                  {"kind": "table", "columns": ["label", "value", "unit", "low", "high"],
                   "rows": rows})


def _setting(k: Knob, params: Params) -> dict[str, Any]:
    row = {"name": k.name, "label": k.label, "value": getattr(params, k.name), "unit": k.unit,
           "low": k.low, "high": k.high, "needs_reset": not k.live, "meaning": k.help}
    return {**row, "choices": list(k.choices)} if k.choices else row


def _set_settings(house: House, a: SetSettings) -> Answer:
    run = house.find(a.run, a.engine)
    before = run.pending or run.params
    after = before.with_changes(**_named(type(before), a.settings))
    waiting = run.set_params(after)
    run.ask(lambda world: world.step_count)  # what is told is in force
    return _shown(run, {**_say(run), "changed": after.describe_changes(before) or "nothing",
                        "waits_for_reset": list(waiting)})


def _preview_settings(house: House, a: SetSettings) -> str:
    run = house.find(a.run, a.engine)
    before = run.pending or run.params
    after = before.with_changes(**_named(type(before), a.settings))
    return f"{_name(run)}: {after.describe_changes(before) or 'nothing changes'}"


def _named(params: type[Params], settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with labels turned into names: people and models use either.

    Raises:
        InvalidInput: If one is neither.
    """
    by_label = {k.label.lower(): k.name for k in knobs(params)}
    out = {}
    for said, value in settings.items():
        name = said if said in params.model_fields else by_label.get(said.lower())
        if name is None:
            raise InvalidInput(f"{said}: no such setting; choose from "
                               f"{', '.join(params.model_fields)}")
        out[name] = value
    return out


def _read_figures(house: House, a: ReadFigures) -> Answer:
    run = house.find(a.run, a.engine)
    rows = [figure(run, n) for n in a.names] if a.names else figures(run)
    return Answer({**_say(run), "figures": rows},
                  {"kind": "table", "columns": ["label", "value", "unit"], "rows": rows},
                  untrusted=outside(run.label), sources=(_name(run),))


def _inspect(house: House, a: Inspect) -> Answer:
    run = house.find(a.run, a.engine)
    facts = run.ask(lambda world: dict(world.inspect(a.agent)))
    return _shown(run, {**_say(run), "facts": facts})


def _wait_until(house: House, a: WaitUntil, context: Context) -> Answer:
    run = house.find(a.run, a.engine)
    begun = run.step_count
    while True:
        now = figure(run, a.figure)
        value = now["value"]
        if value is not None and (value > a.value if a.passes == "above" else value < a.value):
            return _shown(run, {**_say(run), "figure": now, "steps_waited": run.step_count - begun})
        if run.state != "running":
            raise InvalidInput(f"{_name(run)} is {run.state}: {now['label']} stays at "
                               f"{value}; resume it first")
        if context.left_s < 2 * POLL_S:
            raise TimeoutError(f"{now['label']} is {value} {now['unit']} and has not passed "
                               f"{a.value:g} within the reply's time")
        context.progress(f"{now['label']} {value} {now['unit']}")
        if context.stop.wait(POLL_S):
            raise InvalidInput("stopped by the person")


def _inject(house: House, a: Inject) -> Answer:
    run = house.find(a.run, a.engine)
    known = domains()[run.domain].commands
    if a.command not in known:
        raise InvalidInput(f"a {run.domain} run has no command {a.command!r}; choose from "
                           f"{', '.join(known)}")
    answer = run.give_command(a.command, a.arguments)
    wait([answer], ORDER_S)
    return _shown(run, {**_say(run), "done": answer.result(0)})

"""From what is asked for to calls and answers: one short script an act.

A script is a generator: it yields calls, is sent their results, and returns its sentence. It is
played again from its start with the recorded results for every request, so the planner keeps
nothing between two requests and a history is all that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

from engine.agent.house.domains import Domain, domains
from engine.agent.planner import asking, compose
from engine.agent.planner.arms import arms_of
from engine.agent.planner.clauses import Ask
from engine.agent.planner.context import Context, domain_of, figures_in, which_system
from engine.agent.planner.deeds import deed, each_of
from engine.agent.planner.lookups import (
    code,
    compare_runs,
    image,
    knowledge,
    open_page,
    ranked,
    recorded,
    runs,
    say,
    sql,
    web,
)
from engine.agent.planner.mentions import point_of_board
from engine.agent.planner.merging import merged
from engine.agent.planner.quantities import Quantity
from engine.agent.planner.steps import AskBack, Call, Failed, Result, Script, one
from engine.agent.planner.table import SIZES
from engine.agent.planner.tuning import change, change_all, settings, undo
from engine.agent.planner.values import settings_in
from engine.agent.planner.wording import ranges

BELOW: Final = frozenset(("below", "under", "falls", "drops", "sinks", "less", "lower", "fewer",
                          "fall", "drop", "dips", "down", "smaller", "beneath", "declines",
                          "dropped", "fallen", "sink", "dip", "shrinks", "decreases"))
_PASSES: Final = frozenset(("exceeds", "exceed", "above", "passes"))
_PACE: Final = ("faster", "slower", "slow", "quicker", "up", "down", "hurry", "slowly", "quickly",
                "fast", "double", "half", "halve", "twice", "easy", "accelerate")
MOST_INSPECTED: Final = 5
DEFAULT_STEPS: Final = 600
DEFAULT_SEEDS: Final = 3


def perform(asks: Sequence[Ask], context: Context) -> Script:
    """Every act of a message in order; ends where one fails."""
    said: list[str] = []
    left = merged(asks)
    while left:
        ask, *left = left
        handler = HANDLERS.get(ask.act)
        try:
            if handler is None:
                said.append(asking.CANNOT)
            elif ask.act == "set":
                more = _run_of("set", left)
                left = left[len(more):]
                said.append((yield from change_all([ask, *more], context)))
            else:
                said.append((yield from handler(ask, context)))
        except AskBack as question:
            said.append(str(question))
            break
        except Failed as failure:
            said.append(compose.failed(str(failure)))
            break
        context.heard(ask)
    return "\n\n".join(s for s in said if s)


def _run_of(act: str, asks: Sequence[Ask]) -> list[Ask]:
    """The asks of one act that stand first."""
    return list(takewhile(lambda a: a.act == act, asks))


_NOT_COUNTED: Final = ((), *((w,) for w in (
    ",", ".", "!", "?", "please", "and", "then", "now", "of", "in", "on", "for", "with", "thanks",
    "pls")))
_NEW: Final = ("new", "another", "fresh", "second", "run", "simulation")


def start(ask: Ask, context: Context) -> Script:
    """Start a run; "start it" is to go on with one that stands."""
    if not (ask.reading.mentions or ask.reading.numbers or ask.says(*_NEW)) \
            and any(r.get("state") == "paused" for r in context.own_runs()):
        return (yield from control("resume")(ask, context))
    if ask.reading.tokens == ("start",) and context.own_runs():
        raise AskBack("Something runs already. Which system should start, or should the run go on?")
    of = domain_of(ask, context)
    settings, free = settings_in(ask, of)
    seed = _after(ask, free, "seed")
    free = [q for q in free if q != seed]
    free = [q for q in free if not q.unit and q.role == "value"
            and ask.reading.tokens[q.end:q.end + 1] not in (("steps",), ("seeds",), ("times",))]
    if of.name == "go" and "size" not in settings:
        board = next((q for q in free if q.value in SIZES and q.start
                      and ask.reading.tokens[q.start - 1] == "on"), None)
        if board is not None:
            settings["size"] = f"{board.value:g}"
            free = [q for q in free if q is not board]
    if not settings and free and ask.reading.tokens[free[0].end:free[0].end + 1] in _NOT_COUNTED:
        counted = f"{of.agent}s"  # "run the warehouse with 800"
        if counted in ranges(of):
            settings[counted] = round(free[0].value)
    asking.check_ranges(of, settings, AskBack)
    scenarios = [e.name for e in ask.reading.of("SCENARIO") if e.engine == of.name]
    arguments: dict[str, Any] = {"engine": of.name, "settings": settings}
    if scenarios:
        arguments["scenario"] = scenarios[0]
    if seed is not None:
        arguments["seed"] = round(seed.value)
    data = yield from one("start_run", arguments)
    context.engine, context.run = of.name, data.get("run")
    return compose.started(data, settings, of)


def control(action: str) -> Callable[[Ask, Context], Script]:
    """Pause, resume, reset, stop: the run that is meant, or all of them."""
    def script(ask: Ask, context: Context) -> Script:
        said = []
        for where in context.all_meant(ask) or [context.one_meant(ask, action)]:
            data = yield from one("control_run", {**where, "action": action})
            said.append(compose.controlled(data, action))
        return "\n\n".join(said)
    return script


def step(ask: Ask, context: Context) -> Script:
    """Make some steps."""
    count = next((round(q.value) for q in ask.reading.numbers), 1)
    if not 1 <= count <= 1000:
        raise AskBack(f"{count:,} steps at once are too many; say 1 to 1,000.")
    where = context.one_meant(ask, "step")
    data = yield from one("control_run", {**where, "action": "step", "steps": count})
    return compose.controlled(data, "step")


def speed(ask: Ask, context: Context) -> Script:
    """Change the speed."""
    where = context.one_meant(ask, "speed")
    numbers = [q for q in ask.reading.numbers if q.role == "value"]
    factors = [q for q in ask.reading.numbers if q.role == "factor"]
    rate: float
    tokens = ask.reading.tokens
    a_step = next((q for q in factors if tokens[q.end:q.end + 2] == ("a", "step")), None)
    if a_step is not None:  # "half a step a second"
        rate = a_step.value
    elif ask.says("fast", "full", "max", "maximum", "top") and not (numbers or factors):
        rate = 0.0
    elif numbers:
        rate = numbers[0].value
    elif not factors and not ask.says(*_PACE):
        raise AskBack("How fast? Say the steps a second, or **as fast as it goes**.")
    else:
        runs = yield from one("list_runs", {})
        now = _rate_of(runs, where)
        slower = ask.says("slower", "slow", "down")
        change = factors[0].value if factors else 2.0
        rate = max(0.5, now / change if slower and change > 1 else now * change)
    data = yield from one("control_run", {**where, "action": "speed", "rate": rate})
    return compose.sped(data, rate)


def figures(ask: Ask, context: Context) -> Script:
    """Read figures of a living run."""
    engine = context.engine_of(ask)
    names = [e.name for e in figures_in(ask, engine)]
    context.figure = names[0] if names else context.figure
    data = yield from one("read_figures", {**context.run_arguments(ask), "names": names[:6]})
    return compose.figures(data, named=bool(names))


def inspect(ask: Ask, context: Context) -> Script:
    """Look at one agent."""
    numbers = [n for _, n in ask.reading.agents]
    if not numbers and context.agent is not None:
        numbers = [context.agent]
    if not numbers:
        raise AskBack("Which one do you mean? Say its number, as in **robot 17**.")
    if ask.says("number") and not ask.says(*(d.agent for d in domains().values())) \
            and len({r.get("engine") for r in context.own_runs()}) > 1 and not context.settled:
        raise AskBack(which_system(str(r.get("engine")) for r in context.own_runs()))
    said = []
    for number in dict.fromkeys(numbers[:MOST_INSPECTED]):
        context.agent = number
        data = yield from one("inspect", {**context.run_arguments(ask), "agent": number})
        said.append(compose.inspected(data))
    return "\n\n".join(said)


def wait_for(ask: Ask, context: Context) -> Script:
    """Wait until a figure passes a value."""
    of = domain_of(ask, context)
    named = [e.name for e in figures_in(ask, of.name)]
    named = named or ([context.figure] if context.figure else [])
    numbers = [q for q in ask.reading.numbers if q.role != "factor"]
    numbers = [q for q in numbers if ask.reading.tokens[q.start] not in ("a", "an")] or numbers
    figure = next((f for f in of.figures if f.name in named[:1]), None)
    if figure is None:
        raise AskBack(asking.which_figure(of))
    if not numbers:
        raise AskBack(f"Which value should {figure.label} pass?")
    value = numbers[-1].in_unit(figure.unit)
    passes = "below" if ask.says(*BELOW) and not ask.says(*_PASSES) else "above"
    data = yield from one("wait_until", {
        **context.run_arguments(ask), "figure": figure.name, "passes": passes, "value": value})
    return compose.waited(data, passes, value)


def inject(ask: Ask, context: Context) -> Script:
    """Do something to a world."""
    of = domain_of(ask, context)
    command, arguments = deed(ask, of)
    if command is None and not ask.reading.of("ENGINE"):
        others = [d for d in domains().values() if deed(ask, d)[0]]
        if len(others) == 1:
            of = context.turn_to(others[0])
            command, arguments = deed(ask, of)
    if command is None:
        raise AskBack(asking.which_command(of))
    if context.elsewhere(of.name):
        raise AskBack(asking.not_running(of.title))
    where = context.run_arguments(ask) if context.engine_of(ask) == of.name else {"engine": of.name}
    said = []
    for given in each_of(ask, command, arguments):
        data = yield from one("inject", {**where, "command": command, "arguments": dict(given)})
        said.append(compose.injected(data))
    return "\n\n".join(said)


def chart(ask: Ask, context: Context) -> Script:
    """Draw recorded series."""
    of = domain_of(ask, context)
    names = [e.name for e in figures_in(ask, of.name)] or ([context.figure] if context.figure
                                                          else [])
    if not names:
        raise AskBack(asking.which_figure(of))
    series = list(dict.fromkeys(f.series for f in of.figures if f.name in names))
    numbers = list(ask.reading.runs) or (yield from _numbers(ask, context, of))
    kind = "histogram" if ask.says("histogram", "distribution") else "line"
    data = yield from one("draw_chart", {"runs": numbers, "series": series, "kind": kind})
    return compose.drawn(data)


def _numbers(ask: Ask, context: Context,
             of: Domain) -> Generator[list[Call], list[Result], list[int]]:
    """Numbers of the runs meant: the one spoken of, the living one, or the newest recorded."""
    if context.run is not None and context.engine in (None, of.name):
        return [context.run]
    living = [r["run"] for r in context.own_runs() if r.get("engine") == of.name and r.get("run")]
    if living:
        return [int(living[-1])]
    data = yield from one("list_recorded", {})
    kept = [r["run"] for r in data["runs"] if r["engine"] == of.name]
    if not kept:
        raise AskBack(f"No {of.name} run has been recorded yet. Shall I start one?")
    return [int(kept[0])]


def export(ask: Ask, context: Context) -> Script:
    """Links to downloads."""
    numbers = list(ask.reading.runs)
    series: list[str] = []
    if not numbers:
        of = domain_of(ask, context)
        numbers = yield from _numbers(ask, context, of)
        names = {e.name for e in figures_in(ask, of.name)}
        series = list(dict.fromkeys(f.series for f in of.figures if f.name in names))
    data = yield from one("export_csv", {"runs": numbers, "series": series})
    return compose.exported(data, numbers)


def compare(ask: Ask, context: Context) -> Script:
    """Two settings on the same seeds."""
    of = domain_of(ask, context)
    arms = arms_of(ask, of)
    if arms is None:
        raise AskBack(asking.what_to_compare(of))
    a, b = arms
    for values in (a, b):
        asking.check_ranges(of, values, AskBack)
    _, free = settings_in(ask, of)
    seeds = _before(ask, free, "seeds") or _before(ask, free, "seed")
    steps = _before(ask, free, "steps")
    arguments: dict[str, Any] = {
        "engine": of.name, "a": a, "b": b,
        "steps": min(20_000, max(2, round(steps.value))) if steps else DEFAULT_STEPS,
        "seeds": min(20, max(1, round(seeds.value))) if seeds else DEFAULT_SEEDS,
        "figures": [e.name for e in figures_in(ask, of.name)]}
    scenarios = [e.name for e in ask.reading.of("SCENARIO") if e.engine == of.name]
    if scenarios:
        arguments["scenario"] = scenarios[0]
    data = yield from one("compare_settings", arguments)
    return compose.compared(data, a, b)


def _after(ask: Ask, free: Sequence[Quantity], word: str) -> Quantity | None:
    """The number right after a word."""
    tokens = ask.reading.tokens
    return next((q for q in free if q.start and tokens[q.start - 1] == word), None)


def _before(ask: Ask, free: Sequence[Quantity], word: str) -> Quantity | None:
    """The number right before a word."""
    tokens = ask.reading.tokens
    return next((q for q in free if tokens[q.end:q.end + 1] == (word,)), None)


def _rate_of(runs: Sequence[Mapping[str, Any]], where: Mapping[str, Any]) -> float:
    """Steps a second of the run meant; 10 where nobody knows."""
    for r in reversed(runs):
        if r.get("yours") and (where.get("run") in (None, r.get("number"))) \
                and where.get("engine") in (None, r.get("domain")):
            return float(r.get("rate") or 10.0)
    return 10.0


def play(ask: Ask, context: Context) -> Script:
    """Play a move of Go."""
    move = point_of_board(ask.reading.tokens)
    if not move and ask.says("pass", "passes"):
        move = "pass"
    if not move:
        raise AskBack("Which point do you want to play? Say it as in **D4**, or **pass**.")
    data = yield from one("play_move", {**context.numbered(ask), "move": move})
    context.engine = "go"
    return compose.played(data)


def view(ask: Ask, context: Context) -> Script:
    """What the Go engine thinks."""
    move = point_of_board(ask.reading.tokens)
    data = yield from one("engine_view", {**context.numbered(ask), "move": move})
    context.engine = "go"
    return compose.viewed(data)


HANDLERS: Final[Mapping[str, Callable[[Ask, Context], Script]]] = {
    "start": start, "pause": control("pause"), "resume": control("resume"),
    "reset": control("reset"), "stop": control("stop"), "step": step, "speed": speed,
    "set": change, "undo": undo, "settings": settings, "figures": figures, "inspect": inspect,
    "wait": wait_for, "inject": inject, "runs": runs, "recorded": recorded, "ranked": ranked,
    "chart": chart,
    "play": play, "view": view, "export": export, "compare": compare,
    "compare_runs": compare_runs, "knowledge": knowledge,
    "web": web, "code": code, "image": image, "open": open_page,
    "sql": sql, "help": say(asking.help_text), "hello": say(asking.hello),
    "thanks": say(asking.welcome),
}

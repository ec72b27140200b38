"""What a clause leaves unsaid: which system, which run, which figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.agent.house.domains import Domain, domains
from engine.agent.planner.clauses import Ask
from engine.agent.planner.lexicon import Entry
from engine.agent.planner.quantities import UNITS, Quantity
from engine.params import Knob
from engine.params import knobs as knobs_of

NEAR = 4


@dataclass(slots=True)
class Context:
    """Carried from clause to clause and from message to message.

    Attributes:
        state: What the page says about the house.
        engine: System spoken of last, or None.
        run: Run spoken of or started last, or None.
    """

    state: Mapping[str, Any]
    engine: str | None = None
    run: int | None = None
    figure: str | None = None
    agent: int | None = None
    said: list[str] = field(default_factory=list)

    def own_runs(self) -> list[Mapping[str, Any]]:
        """The session's living runs, as the page lists them."""
        runs = self.state.get("runs")
        return [r for r in runs if isinstance(r, dict)] if isinstance(runs, list) else []

    def engine_of(self, ask: Ask) -> str | None:
        """The system that a clause is about: named, implied, spoken of last, alone, or shown."""
        reading = ask.reading
        named = [e.engine for e in reading.of("ENGINE")]
        if named:
            return named[0]
        for engine, _ in reading.agents:
            if engine:
                return engine
        for number in reading.runs:
            for run in self.own_runs():
                if run.get("run") == number:
                    return str(run.get("engine"))
        implied = implied_by(ask)
        last = self.engine or self._alone() or self.state.get("page")
        if last in implied or not implied:
            return str(last) if last in domains() else None
        return implied[0] if len(implied) == 1 else None

    def run_arguments(self, ask: Ask) -> dict[str, Any]:
        """How a tool is told which run is meant."""
        if ask.reading.runs:
            return {"run": ask.reading.runs[0]}
        engine = self.engine_of(ask)
        if self.run is not None and engine in (None, self.engine) and not ask.reading.of("ENGINE"):
            return {"run": self.run}
        return {"engine": engine} if engine else {}

    def turn_to(self, of: Domain) -> Domain:
        """From here on this system is spoken of."""
        self.engine, self.run = of.name, None
        return of

    def heard(self, ask: Ask) -> None:
        """Remember what a clause was about."""
        engine = self.engine_of(ask)
        if engine and engine != self.engine:
            self.engine, self.run = engine, None
        if ask.reading.runs:
            self.run = ask.reading.runs[0]
        if ask.reading.agents:
            self.agent = ask.reading.agents[0][1]

    def _alone(self) -> str | None:
        engines = {str(r.get("engine")) for r in self.own_runs()}
        return engines.pop() if len(engines) == 1 else None


def implied_by(ask: Ask) -> list[str]:
    """Systems that every thing mentioned may belong to, else those that most do."""
    votes: dict[str, int] = {}
    for mention in ask.reading.mentions:
        for engine in {m.engine for m in mention.meanings}:
            votes[engine] = votes.get(engine, 0) + 1
    if not votes:
        return []
    best = max(votes.values())
    return sorted(e for e, n in votes.items() if n == best)


def settings_in(ask: Ask, of: Domain) -> tuple[dict[str, Any], list[Quantity]]:
    """Settings with values that a clause names, and the numbers that found no setting.

    A number belongs to the setting that it stands right before ("800 robots"), else to the nearest
    one before it ("robots to 800"). Choices and switches need no number.
    """
    reading = ask.reading
    free = [q for q in reading.numbers if q.role != "factor"]
    out: dict[str, Any] = {}
    for mention in reading.mentions:
        for entry in mention.of("CHOICE"):
            if entry.engine == of.name and entry.name != "shadow":
                out[entry.name] = entry.value
                break
    named = [(m, e) for m in reading.mentions for e in m.of("PARAM") if e.engine == of.name]
    for mention, entry in named:
        before = [q for q in free if q.end == mention.start]
        if before:
            out[entry.name] = before[0]
            free.remove(before[0])
    for mention, entry in named:
        if entry.name in out:
            continue
        after = [q for q in free if 0 <= q.start - mention.end <= NEAR]
        if after:
            out[entry.name] = after[0]
            free.remove(after[0])
    knobs = {k.name: k for k in knobs_of(of.params)}
    for mention, entry in named:
        knob = knobs[entry.name]
        if entry.name in out or knob.kind not in ("bool", "choice"):
            continue
        switch = switched(ask, mention.start)
        if switch is None:
            continue
        if knob.kind == "bool":
            out[entry.name] = switch
        elif "none" in knob.choices:
            other = next(c for c in knob.choices if c != "none")
            out[entry.name] = other if switch else "none"
    return {n: typed(v, knobs[n]) for n, v in out.items() if n in knobs}, free


def switched(ask: Ask, at: int) -> bool | None:
    """Whether the words before (or right after) a place switch it on or off."""
    tokens = ask.reading.tokens
    near = (*tokens[max(0, at - NEAR):at], *tokens[at + 1:at + 4])
    if any(w in near for w in ("off", "disable", "deactivate", "without", "no", "forbid", "stop")):
        return False
    if any(w in near for w in ("on", "enable", "activate", "with", "allow", "use")):
        return True
    return None


def typed(value: Any, knob: Knob) -> Any:
    """A quantity in the setting's own unit and type."""
    if not isinstance(value, Quantity):
        return value
    number = value.in_unit(_base(knob.unit)) * _rate(value, knob.unit)
    return round(number) if knob.kind == "int" else float(f"{number:.9g}")


def _rate(value: Quantity, unit: str) -> float:
    """Turns "a minute" into the setting's "/h" or "/day"; 1 where nothing was said."""
    per = unit.partition("/")[2]
    if not value.per or per not in ("h", "day"):
        return 1.0
    return {"h": 3600.0, "day": 86400.0}[per] / UNITS[value.per][1]


def _base(unit: str) -> str:
    """The unit without what it is counted by: "min", not "min of patience"."""
    word = unit.split("/")[0].strip().lower()
    return word if word in UNITS else unit


def figures_in(ask: Ask, engine: str | None) -> list[Entry]:
    """Figures that a clause names, of one system where it is known."""
    verb = ask.act == "wait" and ask.reading.tokens[:1] == ("wait",)  # "wait until …" is no figure
    return [e for m in ask.reading.mentions if not (verb and m.start == 0)
            for e in m.of("FIGURE") if engine is None or e.engine == engine]

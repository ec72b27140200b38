"""What a clause leaves unsaid: which system, which run, which figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.agent.house.domains import Domain, domains
from engine.agent.planner.clauses import Ask, Here
from engine.agent.planner.lexicon import Entry
from engine.agent.planner.steps import AskBack

_SHARES = ("share", "fraction", "percent", "percentage", "part", "proportion", "portion", "rate")


@dataclass(slots=True)
class Context:
    """Carried from clause to clause and from message to message.

    Attributes:
        state: What the page says about the house.
        engine: System spoken of last, or None.
        run: Run spoken of or started last, or None.
        figure: Figure spoken of last, or None.
        setting: Setting spoken of last, or None.
        agent: Robot or driver spoken of last, or None.
        changes: What changes of settings have told, oldest first.
    """

    state: Mapping[str, Any]
    engine: str | None = None
    run: int | None = None
    figure: str | None = None
    setting: str | None = None
    agent: int | None = None
    changes: list[Mapping[str, Any]] = field(default_factory=list)

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
        last = self.at_hand()
        if last in implied or not implied:
            return last
        return implied[0] if len(implied) == 1 else None

    def at_hand(self) -> str | None:
        """The system spoken of last, the only one that runs, or the one that is shown."""
        last = self.engine or self._alone() or self.state.get("page")
        return str(last) if last in domains() else None

    def here(self) -> Here:
        """What a message is read with."""
        return Here(self.at_hand(), bool(self.own_runs()) or self.run is not None)

    def run_arguments(self, ask: Ask) -> dict[str, Any]:
        """How a tool is told which run is meant."""
        if ask.reading.runs:
            return {"run": ask.reading.runs[0]}
        engine = self.engine_of(ask)
        if self.run is not None and engine in (None, self.engine) and not ask.reading.of("ENGINE"):
            return {"run": self.run}
        return {"engine": engine} if engine else {}

    def numbered(self, ask: Ask) -> dict[str, Any]:
        """The run that is named or spoken of, for tools of one system alone."""
        where = self.run_arguments(ask)
        return {"run": where["run"]} if "run" in where else {}

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


def figures_in(ask: Ask, engine: str | None) -> list[Entry]:
    """Figures that a clause names, of one system where it is known."""
    verb = ask.act == "wait" and ask.reading.tokens[:1] == ("wait",)  # "wait until …" is no figure
    found: list[Entry] = []
    share = ask.says(*_SHARES)
    for m in ask.reading.mentions:
        entries = [e for e in m.of("FIGURE") if engine in (None, e.engine)]
        if entries and not (verb and m.start == 0) and entries[0] not in found:
            found.append(_as_share(entries[0]) if share else entries[0])
    return _percentiles(found)


def _as_share(entry: Entry) -> Entry:
    """The figure in per cent that has the same label: "what share gave up"."""
    figures = {f.name: f for f in domains()[entry.engine].figures}
    same = [f.name for f in figures.values() if f.unit == "%"
            and f.label == figures[entry.name].label]
    return Entry("FIGURE", entry.engine, same[0]) if same else entry


def _percentiles(found: list[Entry]) -> list[Entry]:
    """"The cycle at the 95th percentile" is one figure and not two."""
    if len(found) != 2:
        return found
    names = {f.name for f in domains()[found[0].engine].figures}
    for a, b in (found, found[::-1]):
        joined = f"{a.name.removesuffix('_median')}_p95"
        if b.name.endswith("_p95") and joined in names and joined != a.name:
            return [Entry("FIGURE", a.engine, joined)]
    return found


def domain_of(ask: Ask, context: Context) -> Domain:
    """The system meant.

    Raises:
        AskBack: If several may be.
    """
    engine = context.engine_of(ask)
    if engine is None:
        names = " or ".join(f"**{d.title.lower()}**" for d in domains().values())
        raise AskBack(f"Which system do you mean: {names}?")
    return domains()[engine]

"""What a clause leaves unsaid: which system, which run, which figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from engine.agent.house.domains import Domain, domains
from engine.agent.planner import asking
from engine.agent.planner.clauses import Ask, Here
from engine.agent.planner.lexicon import Entry
from engine.agent.planner.steps import AskBack
from engine.agent.planner.told import told

TWO = 2
_PLACES = {**dict.fromkeys(("first", "older", "oldest", "earlier", "former"), 0),
           **dict.fromkeys(("second", "newer", "newest", "latest", "last", "latter"), -1)}
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
        act: What was asked for last.
        settled: Whether the system was spoken of since something was started.
    """

    state: Mapping[str, Any]
    engine: str | None = None
    run: int | None = None
    figure: str | None = None
    setting: str | None = None
    agent: int | None = None
    changes: list[Mapping[str, Any]] = field(default_factory=list)
    act: str = ""
    settled: bool = False

    def own_runs(self) -> list[Mapping[str, Any]]:
        """The session's living runs, as the page lists them."""
        runs = self.state.get("runs")
        return [r for r in runs if isinstance(r, dict)] if isinstance(runs, list) else []

    def engine_of(self, ask: Ask) -> str | None:
        """The system that a clause is about: named, implied, spoken of last, alone, or shown."""
        reading = ask.reading
        if ask.act == "inject" and told(reading.engine, reading.tokens):
            return reading.engine
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
        if reading.engine in implied:
            return reading.engine
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
        engines = tuple(dict.fromkeys(str(r.get("engine")) for r in self.own_runs()))
        return Here(self.at_hand(), bool(self.own_runs()) or self.run is not None, engines)

    def run_arguments(self, ask: Ask) -> dict[str, Any]:
        """How a tool is told which run is meant."""
        if ask.reading.runs:
            return {"run": ask.reading.runs[0]}
        engine = self.engine_of(ask)
        if self.run is not None and engine in (None, self.engine) and not ask.reading.of("ENGINE"):
            return {"run": self.run}
        return {"engine": engine} if engine else {}

    def all_meant(self, ask: Ask) -> list[dict[str, Any]]:
        """Every living run where "both" or "all of them" is said of several, else nothing."""
        runs = self.own_runs()
        meant = ask.says("both", "all", "everything", "each", "every", "everyone")
        if not meant or len(runs) < TWO or ask.reading.of("ENGINE"):
            return []
        return [{"run": r["run"]} for r in runs if r.get("run") is not None]

    def one_meant(self, ask: Ask, action: str) -> dict[str, Any]:
        """The one run to steer: named, spoken of, or the only one that the action can change.

        Raises:
            AskBack: If several systems run, none was spoken of since they were started, and the
                clause says nothing that tells them apart.
        """
        reading, runs = ask.reading, self.own_runs()
        if runs and (place := _place(ask)) is not None:
            engine = self.engine_of(ask)
            same = [r for r in runs if r.get("engine") == engine] if reading.of("ENGINE") else runs
            if -len(same) <= place < len(same) and len(same) > 1:
                return {"run": same[place]["run"]}
        told = reading.of("ENGINE") or reading.runs or reading.agents or len(implied_by(ask)) == 1
        if (named := [e.engine for e in reading.of("ENGINE")]) and self.elsewhere(named[0]):
            raise AskBack(asking.not_running(domains()[named[0]].title))
        if told or self.settled or len({r.get("engine") for r in runs}) < TWO:
            return self.run_arguments(ask)
        fit = [r for r in runs if (r.get("state") == "paused") == (action in ("resume", "step"))]
        if len(fit) == 1 and action in ("pause", "resume", "step"):
            return {"run": fit[0]["run"]}
        raise AskBack(which_system(str(r.get("engine")) for r in runs))

    def torn(self, ask: Ask) -> list[str]:
        """The running systems that a clause fits equally well, if none was spoken of."""
        reading = ask.reading
        if self.settled or reading.of("ENGINE") or reading.runs or reading.agents:
            return []
        alive = {str(r.get("engine")) for r in self.own_runs()}
        several = [e for e in implied_by(ask) if e in alive]
        return several if len(several) > 1 else []

    def elsewhere(self, engine: str) -> bool:
        """Whether other systems run, and this one does not."""
        alive = {str(r.get("engine")) for r in self.own_runs()}
        return bool(alive) and engine not in alive | {self.engine if self.run is not None else ""}

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
        self.act = ask.act
        if ask.act == "start":
            self.settled = False
        elif ask.reading.of("ENGINE") or ask.reading.agents or len(implied_by(ask)) == 1:
            self.settled = True
        if engine and engine != self.engine:
            self.engine, self.run = engine, None
        if ask.reading.runs:
            self.run = ask.reading.runs[0]
        if ask.reading.agents:
            self.agent = ask.reading.agents[0][1]

    def _alone(self) -> str | None:
        engines = {str(r.get("engine")) for r in self.own_runs()}
        return engines.pop() if len(engines) == 1 else None


def _place(ask: Ask) -> int | None:
    """As in "the first one", "the newer warehouse": which of several, from the oldest."""
    tokens = ask.reading.tokens
    for before, word in pairwise(tokens):
        if before == "the" and word in _PLACES:
            return _PLACES[word]
    return None


def which_system(engines: Iterable[str]) -> str:
    """The question which of several systems is meant."""
    known = domains()
    names = " or ".join(f"**{known[e].title.lower()}**" for e in dict.fromkeys(engines)
                        if e in known)
    return f"Which system do you mean: {names}?"


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
    if ask.act == "set" and (torn := context.torn(ask)):
        raise AskBack(which_system(torn))
    if engine is None:
        raise AskBack(which_system(domains()))
    if ask.act == "set" and context.elsewhere(engine):
        raise AskBack(asking.not_running(domains()[engine].title))
    return domains()[engine]

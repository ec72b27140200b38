"""Recorded runs as passages: what each was, which settings differ from the default, last figures.

Runs are found by their number, label, day, outcome and changed settings. A question for an extreme
("which run had the lowest wait yesterday?") is not a matter of words: it is answered by reading
that figure of every run and putting the runs in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np

from engine.agent.house.cards import CardFigure
from engine.agent.house.domains import Domain, Figure, domains
from engine.agent.house.figures import WINDOW_STEPS
from engine.agent.house.outside import outside
from engine.agent.knowledge.index import Hit
from engine.agent.knowledge.passages import Passage
from engine.live.measure import Kpi, reduce
from engine.params import knobs
from engine.store import Store
from engine.store.records import Run

RECENT: Final = 200
LISTED: Final = 8
TOLD: Final = 10
"""Settings and figures that a passage names."""
LEAST: Final = 0.34
"""Share of a figure's words that a question must have to mean it."""
HALF: Final = 0.5
"""What a word counts that only begins alike: wait, waiting."""
SOURCE: Final = "Run history"
TOP: Final = 0.05
"""Score of a run that has all the question's words, as the fused ranks of documents go."""
WHOLE: Final = 1_000
"""Points up to which a series is read in one piece."""
_ABOUT: Final = re.compile(r"\b(runs?|ran|recorded|recordings?|history|yesterday|earlier)\b")
_WORD: Final = re.compile(r"[a-z0-9]+")
_ISO: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_NUMBERED: Final = re.compile(r"\brun (?:no\.? |number |#)?(\d+)\b")
_DOWN: Final = frozenset(("lowest", "least", "smallest", "shortest", "fewest", "minimum"))
_UP: Final = frozenset(("highest", "most", "largest", "biggest", "longest", "greatest", "maximum"))
_EXTREMES: Final = _DOWN | _UP | {"best", "worst"}
_IDLE: Final = frozenset((
    "a", "an", "and", "all", "any", "at", "by", "did", "do", "for", "from", "had", "have", "i",
    "in", "is", "list", "me", "my", "of", "on", "our", "please", "show", "tell", "that", "the",
    "there", "this", "to", "was", "we", "were", "what", "when", "which", "with", "you", "run",
    "runs", "ran", "so", "far", "recorded", "recording", "recordings", "history", "yesterday",
    "today", "earlier"))
_STEM: Final = 4


@dataclass(frozen=True, slots=True)
class Sought:
    """What a question for an extreme asks for.

    Attributes:
        of: System.
        figure: Figure.
        rising: Whether the least comes first.
        day: UTC day on which the runs began, or None for all.
    """

    of: Domain
    figure: Figure
    rising: bool
    day: date | None


def found(question: str, store: Store, most: int,
          now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> list[Hit]:
    """Passages about recorded runs, where the question is about any.

    Args:
        question: As asked.
        store: Where runs are recorded.
        most: How many passages.
        now: Clock, UTC.

    Raises:
        StoreError: If the store cannot be read.
    """
    low = question.lower()
    if not _ABOUT.search(low):
        return []
    today = now().date()
    runs = [r for r in store.runs(limit=RECENT) if r.domain in domains()]
    if sought := meant(low, today):
        return [Hit(_ranked(sought, runs, store), TOP, 1.0)]
    if day := _day(low, today):
        runs = [r for r in runs if _began(r).date() == day]
    if named := _NUMBERED.search(low):
        return [Hit(_passage(r, store), TOP, 1.0) for r in runs if r.id == int(named.group(1))]
    words = [w for w in _WORD.findall(_ISO.sub(" ", low)) if w not in _IDLE]
    if not words:
        return [Hit(_listed(runs, day), TOP, 1.0)]
    shares = sorted(((_share(words, r), r.id, r) for r in runs), reverse=True)
    return [Hit(_passage(r, store), TOP * share, share)
            for share, _, r in shares[:most] if share >= HALF]


def meant(low: str, today: date) -> Sought | None:
    """Which extreme of which figure a question asks for, or None.

    Args:
        low: The question in lower case.
        today: UTC day.
    """
    words = [w for w in _WORD.findall(low) if w not in _EXTREMES]
    named = [d for d in domains().values() if {d.name, d.title.lower()} & set(words)]
    best = max(((_likeness(words, f), -i, d, f) for i, (d, f) in enumerate(
        (d, f) for d in named or domains().values() for f in d.figures if recorded(f))),
        key=lambda row: row[:2], default=None)
    if best is None or best[0] < LEAST:
        return None
    _, _, of, figure = best
    good = figure.good if isinstance(figure, Kpi) else 0
    asked = set(_WORD.findall(low))
    if asked & _DOWN:
        rising = True
    elif asked & _UP:
        rising = False
    elif good and asked & _EXTREMES:
        rising = (good < 0) == ("best" in asked)
    else:
        return None
    return Sought(of, figure, rising, _day(low, today))


def recorded(figure: Figure) -> bool:
    """Whether the figure's series holds the figure itself."""
    return not isinstance(figure, CardFigure) or figure.recorded


def last_value(store: Store, run: int, figure: Figure) -> float | None:
    """A figure over the last window of a recorded run, as its page showed it; None without a point.

    Raises:
        StoreError: If the store cannot be read.
    """
    seen = store.series(run, figure.series, points=WHOLE)
    if not len(seen.step):
        return None
    after = float(seen.step[-1]) - WINDOW_STEPS
    parts = [seen] if len(seen.step) < WHOLE else store.raw(run, figure.series, lo=after)
    values = np.concatenate([p.value[p.step > after] for p in parts])
    values = values[np.isfinite(values)]
    how, scale = (figure.reduce, figure.scale) if isinstance(figure, Kpi) else ("last", 1.0)
    value = reduce(how, values)
    return None if value is None else value * scale


def _likeness(words: Sequence[str], figure: Figure) -> float:
    """Share of the figure's words that a question has."""
    own = [w for w in _WORD.findall(figure.label.lower()) if w not in _IDLE]
    return _overlap(own, words)


def _share(words: Sequence[str], run: Run) -> float:
    """Share of the question's words that tell of a run: system, label, end, changed settings."""
    of = domains()[run.domain]
    told = f"{of.name} {of.title} {run.label} {run.outcome} {run.id} " + " ".join(
        f"{label} {_said(value)}" for label, value, _ in _differing(of, run))
    return _overlap(words, _WORD.findall(told.lower()))


def _overlap(words: Sequence[str], others: Sequence[str]) -> float:
    """Share of words that stand among others; those that only begin alike count `HALF`."""
    known = set(map(_singular, others))
    hits = sum(1.0 if w in known else HALF * any(
        min(len(w), len(x)) >= _STEM and (w.startswith(x) or x.startswith(w)) for x in known)
        for w in map(_singular, words))
    return hits / max(1, len(words))


def _singular(word: str) -> str:
    return word[:-1] if len(word) >= _STEM and word.endswith("s") and word[-2] != "s" else word


def _day(low: str, today: date) -> date | None:
    if stated := _ISO.search(low):
        try:
            return date.fromisoformat(stated.group())
        except ValueError:
            return None
    if "yesterday" in low:
        return today - timedelta(days=1)
    return today if "today" in low else None


def _ranked(sought: Sought, runs: Sequence[Run], store: Store) -> Passage:
    """The runs in the order of one figure."""
    of, figure = sought.of, sought.figure
    asked = [r for r in runs if r.domain == of.name
             and sought.day in (None, _began(r).date())]
    known = [(value, r) for r in asked if (value := last_value(store, r.id, figure)) is not None]
    known.sort(key=lambda row: (row[0] if sought.rising else -row[0], -row[1].id))
    when = f" begun on {sought.day} (UTC)" if sought.day else ""
    first = "lowest" if sought.rising else "highest"
    if not known:
        text = f"No recorded {of.name} run{when} has a value of {figure.label}."
    else:
        unit = f" {figure.unit}" if figure.unit else ""
        text = (f"{figure.label} over each run's last {WINDOW_STEPS} steps, {first} first: "
                + "; ".join(f"run {r.id}, {r.label or of.title}: {value:.4g}{unit}"
                            for value, r in known[:LISTED])
                + f". {len(known)} of {len(asked)} {of.name} runs{when} have it.")
    return Passage(SOURCE, f"{figure.label}, {first} first", text,
                   untrusted=outside([r.label for _, r in known[:LISTED]]))


def _began(run: Run) -> datetime:
    return run.started_at.astimezone(UTC)


def _listed(runs: Sequence[Run], day: date | None) -> Passage:
    """The newest runs in a line each."""
    when = f" begun on {day} (UTC)" if day else ""
    shown = runs[:LISTED]
    rows = [f"run {r.id}, {domains()[r.domain].title}, {r.label or 'no label'}, "
            f"{_began(r):%Y-%m-%d %H:%M} UTC, {r.outcome}" for r in shown]
    text = f"{len(runs)} recorded runs{when}; the newest: " + "; ".join(rows) if rows else \
        f"No run was recorded{when}"
    return Passage(SOURCE, "Newest runs", f"{text}.", untrusted=outside([r.label for r in shown]))


def _passage(run: Run, store: Store) -> Passage:
    """One run: settings that are not as usual, and its last figures."""
    of = domains()[run.domain]
    changed = [f"{label} {_said(value)} (default {_said(usual)})"
               for label, value, usual in _differing(of, run)]
    more = f"; and {len(changed) - TOLD} more" if len(changed) > TOLD else ""
    settings = "; ".join(changed[:TOLD]) + more if changed else "none"
    title = f"{of.title} run {run.id}, {run.label or 'no label'}"
    return Passage(
        f"Run {run.id}", title,
        f"{title}: began {_began(run):%Y-%m-%d %H:%M} UTC, seed {run.seed}, {run.outcome}. "
        f"Settings that differ from the default: {settings}. "
        f"Last figures: {_figures(of, run, store)}.",
        untrusted=outside(run.label))


def _figures(of: Domain, run: Run, store: Store) -> str:
    told: list[str] = []
    for figure in of.figures:
        if recorded(figure) and (value := last_value(store, run.id, figure)) is not None:
            told.append(f"{figure.label} {value:.4g} {figure.unit}".rstrip())
        if len(told) == TOLD:
            break
    return "; ".join(told) or "none was recorded"


def _differing(of: Domain, run: Run) -> list[tuple[str, Any, Any]]:
    """Label, value and default of the settings that are not as usual."""
    kept = run.parameters
    return [(k.label, kept[k.name], k.default) for k in knobs(of.params)
            if k.name in kept and kept[k.name] != k.default]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)

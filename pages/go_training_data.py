"""A learning run's figures as the tab shows them, read from its journal as it grows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from engine.go import checkpoint, learner
from engine.go.learner import LearningRun

SPARK: Final = 60
RECENT: Final = 10


@dataclass
class Figures:
    """Every series of one run.

    Attributes:
        offset: Byte of the journal up to which it was read.
        series: Name to (steps, values).
    """

    offset: int = 0
    series: dict[str, tuple[list[int], list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: ([], [])))

    def values(self, name: str) -> list[float]:
        """Values of a series, oldest first."""
        return self.series[name][1] if name in self.series else []

    def last(self, name: str) -> float | None:
        """The newest value."""
        values = self.values(name)
        return values[-1] if values else None


def figures_of(name: str) -> Figures:
    """What a run has written so far; a page reads only what is new."""
    kept: tuple[str, Figures] | None = st.session_state.get("go.training.figures")
    figures = kept[1] if kept is not None and kept[0] == name else Figures()
    entries, offset = learner.entries(name, figures.offset)
    if offset < figures.offset:  # the run went back to a checkpoint and wrote its journal anew
        figures = Figures()
        entries, offset = learner.entries(name)
    for entry in entries:
        for series, value in entry.values.items():
            steps, values = figures.series[series]
            steps.append(entry.step)
            values.append(value)
    figures.offset = offset
    st.session_state["go.training.figures"] = (name, figures)
    return figures


def kpi_items(run: LearningRun, figures: Figures) -> list[dict[str, Any]]:
    """The six cards."""
    facts = run.facts
    ratings = facts.get("ratings") or []
    top = ratings[0] if ratings else None
    policy = figures.values("loss.policy")
    change = _change(policy)
    return [
        _card("Standing", run.standing, note=str(facts.get("phase", "")),
              help="What the run's process does; Pause keeps a checkpoint."),
        _card("Self-play", _whole(figures.last("selfplay.games_per_h")), "games/h",
              series=figures.values("selfplay.games_per_h"),
              note=f"generation {facts['generation']}" if "generation" in facts else "",
              help="Games against itself an hour, by all actors."),
        _card("Trainer", _whole(figures.last("train.samples_per_s")), "samples/s",
              series=figures.values("train.samples_per_s"),
              note=f"step {int(facts.get('step', 0)):,}",
              help="Positions learnt from a second."),
        _card("Elo above the start", None if top is None else f"{top['elo']:+,}".replace("-", "−"),
              note=f"± {top['error']}" if top else "", series=figures.values("gate.elo"),
              help="By the gates' games, Bradley–Terry, with a 95 % interval."),
        _card("Policy loss", None if not policy else f"{policy[-1]:.3f}", "nats", series=policy,
              delta="" if change is None else
              f"{'▼' if change < 0 else '▲'} {abs(change):.3f}",
              tone="flat" if change is None else "good" if change < 0 else "bad",
              help="Cross-entropy of the move to learn; lower is better."),
        _card("Games", _whole(facts.get("games")), series=figures.values("selfplay.games"),
              help="Games it has to learn from."),
    ]


def measured_strength() -> list[dict[str, Any]]:
    """One row for each match on a model card; cards of other shapes are passed over."""
    rows: list[dict[str, Any]] = []
    for name, card in checkpoint.networks().items():
        matches = card.get("strength")
        for match in matches if isinstance(matches, list) else []:
            try:
                low, high = match["interval"]
                rows.append({
                    "Network": name, "Against": str(match["against"]),
                    "Simulations": "raw policy" if match["visits"] == 0 else f"{match['visits']:,}",
                    "Won": int(match["wins"]), "Drawn": int(match["draws"]),
                    "Lost": int(match["losses"]),
                    "Share, 95 % interval": f"{100 * _share(match):.0f} % "
                                            f"({100 * low:.0f}–{100 * high:.0f} %)"})
            except (KeyError, TypeError, ValueError, ZeroDivisionError):
                continue
    return rows


def _share(match: Mapping[str, Any]) -> float:
    return float((match["wins"] + 0.5 * match["draws"]) / match["games"])


def _change(values: list[float]) -> float | None:
    """Difference of the means of the latest values and of as many before them."""
    count = min(RECENT, len(values) // 2)
    if count == 0:
        return None
    return (sum(values[-count:]) - sum(values[-2 * count:-count])) / count


def thinned(values: list[float], most: int = SPARK) -> list[float]:
    """Every n-th value, the newest kept."""
    step = max(1, -(-len(values) // most))
    return values[::-1][::step][::-1]


def _card(label: str, value: str | None, unit: str = "", *, note: str = "", delta: str = "",
          tone: str = "flat", series: list[float] | None = None, help: str) -> dict[str, Any]:
    return {"label": label, "value": value, "unit": unit, "note": note, "delta": delta,
            "tone": tone, "series": thinned(series or []), "help": help}


def _whole(value: Any) -> str | None:
    return None if value is None else f"{float(value):,.0f}"

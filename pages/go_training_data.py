"""A learning run's figures as the tab shows them, read from its journal as it grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.go import checkpoint, learner
from engine.go.learner import LearningRun
from pages.common.figures import Figures, card, change, followed


def figures_of(name: str) -> Figures:
    """What a run has written so far; a page reads only what is new."""
    return followed("go.training.figures", name, Figures, learner.entries,
                    lambda figures, entry: figures.add(entry.step, entry.values.items()))


def kpi_items(run: LearningRun, figures: Figures) -> list[dict[str, Any]]:
    """The six cards."""
    facts = run.facts
    ratings = facts.get("ratings") or []
    top = ratings[0] if ratings else None
    policy = figures.values("loss.policy")
    return [
        card("Standing", run.standing, note=str(facts.get("phase", "")),
              help="What the run's process does; Pause keeps a checkpoint."),
        card("Self-play", _whole(figures.last("selfplay.games_per_h")), "games/h",
              series=figures.values("selfplay.games_per_h"),
              note=f"generation {facts['generation']}" if "generation" in facts else "",
              help="Games against itself an hour, by all actors."),
        card("Trainer", _whole(figures.last("train.samples_per_s")), "samples/s",
              series=figures.values("train.samples_per_s"),
              note=f"step {int(facts.get('step', 0)):,}",
              help="Positions learnt from a second."),
        card("Elo above the start", None if top is None else f"{top['elo']:+,}".replace("-", "−"),
              note=f"± {top['error']}" if top else "", series=figures.values("gate.elo"),
              help="By the gates' games, Bradley–Terry, with a 95 % interval."),
        card("Policy loss", None if not policy else f"{policy[-1]:.3f}", "nats", series=policy,
              falls=change(policy),
              help="Cross-entropy of the move to learn; lower is better."),
        card("Games", _whole(facts.get("games")), series=figures.values("selfplay.games"),
              help="Games it has to learn from."),
    ]


def measured_strength() -> list[dict[str, Any]]:
    """One row for each match on a model card; cards of other shapes are passed over."""
    rows: list[dict[str, Any]] = []
    for name, facts in checkpoint.networks().items():
        matches = facts.get("strength")
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


def _whole(value: Any) -> str | None:
    return None if value is None else f"{float(value):,.0f}"

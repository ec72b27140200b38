"""Figures of systems that tell them by the cards above their picture: the board and the drive.

A card is matched to its figure by its label; what a card shows as text ("B+3.5", "free") stays
text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.live.simulation import Simulation


@dataclass(frozen=True, slots=True)
class CardFigure:
    """A figure as `engine.agent.house.domains.Figure` has it.

    Attributes:
        name: Short machine name.
        label: That of its card.
        unit: As shown behind the value.
        series: Series of the store that it belongs to.
        help: One sentence.
        recorded: Whether the series holds the figure itself, and not what it is made from.
    """

    name: str
    label: str
    unit: str
    series: str
    help: str
    recorded: bool = True


GO_FIGURES: Final = (
    CardFigure("black_wins", "Black wins", "%", "game.black_wins_percent",
               "Black's chance to win by the search of this position."),
    CardFigure("lead", "Score lead", "points", "game.black_lead_points",
               "Expected lead at the end of the game, komi included."),
    CardFigure("simulations", "Simulations", "/s", "search.simulations_per_s",
               "Simulations a second of thinking time."),
    CardFigure("depth", "Depth", "max", "search.depth_max_moves",
               "Moves from the root to the deepest leaf."),
    CardFigure("move_time", "Time a move", "s", "search.time_s",
               "Thinking time of the last move that an engine made."),
    CardFigure("cache", "Cache hits", "%", "search.cache_percent",
               "Positions that had been evaluated before."))
DRIVE_FIGURES: Final = (
    CardFigure("speed", "Speed", "km/h", "drive.speed_kmh", "Speed of the car."),
    CardFigure("ttc", "Time to collision", "s", "drive.ttc_s",
               "Until the nearest body straight ahead is reached at present speeds."),
    CardFigure("score", "Driving score", "", "drive.score",
               "Share of the route driven, times a penalty for each infraction."),
    CardFigure("ap50", "Detection AP50", "", "network.ap50",
               "Mean average precision over the classes present in this drive."),
    CardFigure("abs_rel", "Depth AbsRel", "", "network.abs_rel",
               "Mean relative error of the depth below 80 m."),
    CardFigure("loop", "Loop", "Hz", "latency.loop_ms",
               "Ticks a second that this machine could do.", recorded=False))
_NUMBER: Final = re.compile(r"-?[\d,]+(?:\.\d+)?")


def by_cards(world: Simulation, figures: tuple[CardFigure, ...]) -> list[dict[str, Any]]:
    """Each figure with what its card shows; None where it shows nothing yet."""
    cards: Mapping[str, Mapping[str, Any]] = {c["label"]: c for c in world.summary()["kpis"]}
    return [{"name": f.name, "label": f.label, "unit": f.unit, "before": None,
             "value": _value(cards.get(f.label, {}).get("value"))} for f in figures]


def _value(shown: Any) -> Any:
    """A card's text as a number where it is one."""
    if isinstance(shown, str) and _NUMBER.fullmatch(shown):
        return float(shown.replace(",", ""))
    return shown

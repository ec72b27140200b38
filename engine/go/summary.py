"""The six cards above the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from engine.go.game import path

if TYPE_CHECKING:
    from engine.go.table import Table

LEVEL: Final = 0.05


def cards(sim: Table) -> list[Mapping[str, Any]]:
    """Label, value, note, change and recent past of each card."""
    game, tell = sim.game, sim.telemetry
    report = game.node.report
    before = game.node.parent.report if game.node.parent is not None else None
    figures = sim.figures()
    visits = int(figures["visits"])
    if visits:
        tell.remember("per_s", float(figures["per_s"]))
        tell.remember("depth", float(figures["depth"]))
        tell.remember("cache", float(figures["cache_percent"]))
    line = [n.report for n in path(game.node)]
    wins = [None if r is None else round(100 * r.win, 1) for r in line]
    scores = [None if r is None else round(r.score, 1) for r in line]
    win = None if report is None else 100.0 * report.win
    lead = None if report is None else report.score
    change = None if report is None or before is None else 100 * (report.win - before.win)
    times = tell.recent("seconds")
    return [
        {"label": "Black wins", "unit": "%", "value": _text(win, 1),
         "delta": "" if change is None else f"{_arrow(change)} {abs(change):.1f} last move",
         "tone": "flat", "series": wins,
         "help": "Black's chance to win, draws counted half, by the search of this position."},
        {"label": "Score lead", "unit": "points", "value": _lead(lead),
         "note": f"komi {game.komi:g}", "series": scores,
         "help": "Expected lead at the end of the game, komi included."},
        {"label": "Simulations", "unit": "/s", "value": _text(figures["per_s"] or None, 0),
         "note": str(figures["network"]), "series": tell.recent("per_s"),
         "help": "Simulations a second of thinking time."},
        {"label": "Depth", "unit": "max", "value": _text(figures["depth"] or None, 0),
         "note": f"mean {figures['mean_depth']:.1f}" if visits else "",
         "series": tell.recent("depth"),
         "help": "Moves from the root to the deepest leaf, and to the leaves on average."},
        {"label": "Time a move", "unit": "s", "value": _text(times[-1] if times else None, 2),
         "note": f"{sim.moves_made} made", "series": times,
         "help": "Thinking time of the last move that an engine made."},
        {"label": "Cache hits", "unit": "%",
         "value": _text(figures["cache_percent"] if visits else None, 0),
         "note": f"{figures['nodes']:,} nodes" if visits else "",
         "series": tell.recent("cache"),
         "help": "Positions that had been evaluated before, in this search or an earlier one."},
    ]


def _text(value: float | None, digits: int) -> str | None:
    return None if value is None else f"{value:,.{digits}f}"


def _lead(score: float | None) -> str | None:
    if score is None:
        return None
    if abs(score) < LEVEL:
        return "even"
    return f"{'B' if score > 0 else 'W'}+{abs(score):.1f}"


def _arrow(change: float) -> str:
    return "▲" if change > LEVEL else "▼" if change < -LEVEL else "●"

"""Figures of a living run, by name, as its page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from engine.agent.house.cards import CardFigure, by_cards
from engine.agent.house.domains import domain
from engine.errors import InvalidInput
from engine.live.run import Run
from engine.live.simulation import Simulation

WINDOW_STEPS: Final = 120


def figures(run: Run) -> list[dict[str, Any]]:
    """Every key figure over the last window: name, label, unit, value, before.

    Raises:
        InvalidInput: If the run has no world.
        TimeoutError: If it is too busy.
    """
    def read(world: Simulation) -> Sequence[Mapping[str, Any]]:
        kpis = getattr(world, "kpis", None)
        known = domain(run.domain).figures
        if kpis is None:
            return by_cards(world, tuple(f for f in known if isinstance(f, CardFigure)))
        out: list[Mapping[str, Any]] = kpis(WINDOW_STEPS)
        return out

    return [{k: f.get(k) for k in ("name", "label", "unit", "value", "before")}
            for f in run.ask(read)]


def figure(run: Run, name: str) -> dict[str, Any]:
    """One figure by name or label.

    Raises:
        InvalidInput: If there is none; names the nearest.
    """
    found = figures(run)
    for f in found:
        if name in (f["name"], f["label"]):
            return f
    near = get_close_matches(name, [f["name"] for f in found], 3, 0.4)
    raise InvalidInput(f"{run.domain} has no figure {name!r}; "
                       + (f"did you mean {', '.join(near)}?" if near else
                          f"there is {', '.join(f['name'] for f in found)}"))

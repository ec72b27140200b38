"""Brings the metrics of training runs into the metrics store, as long as the app is open."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.errors import EngineError
from engine.live.record import Outcome
from engine.perception import learner
from engine.perception.learner import TrainingRun
from engine.store import Store
from pages.common import feed as common
from pages.common.feed import Learning
from pages.perception_figures import numbers

DOMAIN: Final = "perception"
PREFIX: Final = "training "
OUTCOMES: Final[dict[str, Outcome]] = {"paused": "stopped", "finished": "finished",
                                       "failed": "crashed"}


class Feed(common.Feed):
    """Follows every training run; one for the whole server."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, DOMAIN, PREFIX)

    def runs(self) -> Iterable[Learning]:
        """Every run there is."""
        return [Learning(run.name, _params(run), OUTCOMES.get(run.standing), run.problem)
                for run in learner.training_runs()]

    def read(self, name: str, offset: int) -> tuple[Iterable[tuple[int, Mapping[str, float]]], int]:
        """Steps with their losses or what validation says."""
        lines, behind = learner.entries(name, offset)
        return [(line["step"], {series.replace(" ", "_"): value for series, value in numbers(line)
                                if math.isfinite(value)}) for line in lines], behind


def _params(run: TrainingRun) -> dict[str, Any]:
    """How it trains, from its recipe, else from the card of its weights."""
    try:
        data, training = learner.read_recipe(run.folder)
        return {**data.model_dump(), **training.model_dump()}
    except EngineError:
        return common.plain(run.card.get("trained", {}).get("params") or {})


def recordings(name: str) -> list[int]:
    """Numbers of the store's recordings of a training run."""
    return common.recorded(DOMAIN, PREFIX + name)


def feed() -> None:
    """See that metrics are followed."""
    common.keep_fed(Feed, DOMAIN)

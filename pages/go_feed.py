"""Brings the journals of learning runs into the metrics store, as long as the app is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from engine.go import learner
from engine.live.record import Outcome
from engine.store import Store
from pages.common import feed as common
from pages.common.feed import Learning

DOMAIN: Final = "go"
PREFIX: Final = "learning "
OUTCOMES: Final[dict[str, Outcome]] = {"paused": "stopped", "failed": "crashed"}


class Feed(common.Feed):
    """Follows every learning run; one for the whole server."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, DOMAIN, PREFIX)

    def runs(self) -> Iterable[Learning]:
        """Every run there is."""
        return [Learning(run.name, common.plain(run.facts), OUTCOMES.get(run.standing), run.problem)
                for run in learner.learning_runs()]

    def read(self, name: str, offset: int) -> tuple[Iterable[tuple[int, Mapping[str, float]]], int]:
        """Steps with what the journal has of them."""
        entries, behind = learner.entries(name, offset)
        return [(entry.step, entry.values) for entry in entries], behind


def recordings(name: str) -> list[int]:
    """Numbers of the store's recordings of a learning run; one for each time the app was open."""
    return common.recorded(DOMAIN, PREFIX + name)


def feed() -> None:
    """See that journals are followed."""
    common.keep_fed(Feed, DOMAIN)

"""Who sits at the board, and which networks can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.errors import InvalidInput
from engine.go import checkpoint
from engine.go.board import BLACK
from engine.go.evaluator import Evaluator, UniformEvaluator
from engine.go.runtime import open_evaluator

NO_NETWORK: Final = "none"
"""Name of the search without a network: it learns from ended games alone."""
NO_NETWORK_COST_US: Final = 15.0
BASE_COST_US: Final = 60.0
COST_US_PER_WEIGHT: Final = 1.7e-3
"""Processor time of one 9×9 evaluation by the weights of a network, measured for 4×32 to 6×96."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One colour's player.

    Attributes:
        person: Whether a person moves.
        network: Network that moves for an engine.
        visits: Simulations that an engine takes for a move.
    """

    person: bool
    network: str
    visits: int


@dataclass(frozen=True, slots=True)
class Seats:
    """Both players.

    Attributes:
        black: Plays first.
        white: Plays second.
    """

    black: Seat
    white: Seat

    def of(self, colour: int) -> Seat:
        """The player of a colour."""
        return self.black if colour == BLACK else self.white

    @property
    def engines(self) -> bool:
        """Whether two engines play each other."""
        return not (self.black.person or self.white.person)


def network_names() -> list[str]:
    """Networks that can be chosen, shipped ones first, then the user's, the search alone last."""
    return [*checkpoint.networks(), NO_NETWORK]


def default_network() -> str:
    """The strongest network by its card, the first on a tie; without any, the search alone."""
    known = checkpoint.networks()
    return max(known, key=lambda name: _elo(known[name]), default=NO_NETWORK)


def _elo(card: Mapping[str, Any]) -> float:
    rating = card.get("elo", 0.0)
    return float(rating) if isinstance(rating, int | float) else 0.0


def known_network(name: object) -> str:
    """Check a name that came from outside; paths are not names.

    Raises:
        InvalidInput: If no network has this name.
    """
    names = network_names()
    if name not in names:
        raise InvalidInput(f"there is no network {str(name)[:60]!r}; choose one of "
                           f"{', '.join(names)}")
    return str(name)


@dataclass(frozen=True, slots=True)
class Mind:
    """An evaluator and what it costs.

    Attributes:
        name: As in `network_names`.
        evaluator: Judges positions.
        cost_us: Expected processor time of one 9×9 evaluation, in microseconds; a figure of the
            network and not of the machine, so that the same run takes the same slices anywhere.
    """

    name: str
    evaluator: Evaluator
    cost_us: float


def open_mind(name: str) -> Mind:
    """Open a network, or the search without one.

    Raises:
        InvalidInput: If there is no such network or its file cannot be used.
        ModelUnavailable: If its file is gone.
    """
    if name == NO_NETWORK:
        return Mind(name, UniformEvaluator(), NO_NETWORK_COST_US)
    known_network(name)
    found = checkpoint.read(checkpoint.find(name))
    weights = sum(int(array.size) for array in found.weights.values())
    return Mind(name, open_evaluator(name), BASE_COST_US + COST_US_PER_WEIGHT * weights)


def describe_network(name: str) -> str:
    """A network in a sentence, by its model card."""
    if name == NO_NETWORK:
        return ("No network: every move looks alike, and only ended games are known to be won or "
                "lost.")
    card = checkpoint.networks().get(name, {})
    return str(card.get("title") or card.get("made_by") or "A network without a card.")

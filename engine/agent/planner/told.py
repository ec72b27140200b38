"""Commands told by whole sentences, of the systems where everyday words say much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from engine.agent.planner.lexicon import lexicon
from engine.agent.planner.networks import model_deed, players_deed
from engine.agent.planner.phrases import everyday, plain_words
from engine.agent.planner.spelling import corrected
from engine.agent.planner.table import Deed, table_deed
from engine.agent.planner.wheel import drive_deed

DEEDS: Final[Mapping[str, Callable[[Sequence[str]], Deed | None]]] = {
    "go": table_deed, "perception": drive_deed}
NAMED: Final[Mapping[str, Callable[[Sequence[str]], Deed | None]]] = {
    "go": players_deed, "perception": model_deed}
ASKED: Final = frozenset(("explain", "review"))
"""Commands that a question asks for: "why was box 2 found", "where did I go wrong"."""

_VERBS: Final = frozenset(("resign", "undo", "review", "rematch", "retract", "brake", "steer",
                           "accelerate", "camera", "cameras", "switch", "front", "rear", "left",
                           "right", "narrow", "wide", "pillar", "repeater", "wheel", "autopilot",
                           "mistakes"))


def told(engine: str | None, tokens: Sequence[str]) -> Deed | None:
    """The command of a system that a clause tells in so many words, with its arguments."""
    tell, name = DEEDS.get(engine or ""), NAMED.get(engine or "")
    if tell is None or name is None:
        return None
    return name(tokens) or tell(tuple(map(spelt, tokens)))


def spelt(word: str) -> str:
    """A slip in one of the verbs of a command put right: resgin, undu."""
    known = word in lexicon().words or word in everyday() or word in plain_words()
    return word if known else corrected(word, _VERBS)

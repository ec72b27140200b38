"""The order in a message, where the rest is but talk beside it: "pause the game, phone's ringing".

Nothing is taken out of hearsay or of a supposition, and what is told beside must hold nothing that
an order could be about.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from engine.agent.planner.clauses import Ask
from engine.agent.planner.questions import is_question
from engine.agent.planner.sense import CHANGING, strange
from engine.agent.planner.tokens import tokens_of

MOST_PARTS: Final = 4
SURE: Final = 0.9
_PARTS: Final = re.compile(
    r"\s*[,;:.!?]+\s+|\s+-+\s+|[.!?]+$"
    r"|\s+(?:so(?: that)?|because|since|as|'cause|cause|while|before) (?=(?:i|we|my|our|they|the"
    r"|people|everyone|everybody|nobody|someone|i'm|i'd|i'll|we're|he|she)\b)"
    r"|\s+for (?=(?:my|our|his|her|their)\b)", re.IGNORECASE)
_STILL: Final = re.compile(
    r"(?i)\b(?:stays?|remains?|keeps? (?:on|running)|(?:can|may) (?:carry|go) on|goes on)\b")
_TOLD: Final = re.compile(
    r"(?i)[\"“”]|(?<!\w)'\w|\b(?:if|unless|suppose|imagine|said|says|told|tells|wrote|asked|heard"
    r"|not|don't|never|yesterday|tomorrow|used to|wish|didn't|isn't|wasn't)\b")
_UNSURE: Final = re.compile(
    r"(?i)\b(?:wouldn't|should|might|think|thinks|he|she|(?<!i )would|could(?! you))\b")

Heard = Callable[[str], tuple[list[Ask], str]]


def order_amid(text: str, hear: Heard) -> list[Ask]:
    """What the one part of a message that is an order asks for; empty where there is none.

    Args:
        text: The message.
        hear: What a part asks for, and what is doubtful about it.
    """
    parts = [p for p in _PARTS.split(text) if p and p.strip()]
    if not 1 < len(parts) <= MOST_PARTS or _TOLD.search(text) or is_question(tokens_of(text)):
        return []
    orders: list[list[Ask]] = []
    for part in (p for p in parts if not _STILL.search(p)):
        asks, doubt = hear(part)
        if _is_order(asks, doubt, part) and (orders or _plain(asks) or _all_known(parts, hear)):
            orders.append(asks)
        elif any(a.reading.numbers or a.reading.of("COMMAND") or a.reading.of("CHOICE")
                 or (a.act in CHANGING and a.reading.mentions) for a in asks):
            return []
    return orders[0] if len(orders) == 1 else []


def _is_order(asks: list[Ask], doubt: str, part: str) -> bool:
    """Whether a part asks for changes and nothing else, without a doubt."""
    return bool(asks) and not doubt and all(a.act in CHANGING for a in asks) \
        and not _UNSURE.search(part)


def _plain(asks: list[Ask]) -> bool:
    """Whether each change names a thing of the house, or is to let it wait or go on for sure."""
    return all(a.reading.mentions or a.reading.agents or (
        a.act in ("pause", "resume") and a.guess.probability[0] >= SURE) for a in asks)


def _all_known(parts: list[str], hear: Heard) -> bool:
    """Whether no part holds a word that an order of its kind has no use for."""
    return all(strange(a.act, a.reading) == 0 for p in parts for a in hear(p)[0])

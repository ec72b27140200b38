"""A history that fits a context window, without ever parting a call from its result.

What is dropped goes from the oldest exchange on: a person's message with everything up to the
next one. Where the last exchange alone is too long, the longest tool results are shortened; the
calls stay. The instructions and the last message of the person always stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from engine.agent.messages import Assistant, Message, System, ToolResult, User
from engine.errors import InvalidInput

CHARACTERS_A_TOKEN: Final = 3.6
OVERHEAD_TOKENS: Final = 6
SHORTEST: Final = 200
CUT: Final = " … [shortened]"


def tokens_of(message: Message) -> int:
    """Estimate for one message, on the safe side for English text and JSON."""
    if isinstance(message, Assistant):
        length = len(message.text) + len(message.refusal) + sum(
            len(c.name) + len(c.arguments) + 12 for c in message.calls)
    elif isinstance(message, ToolResult):
        length = len(message.content)
    else:
        length = len(message.text)
    return OVERHEAD_TOKENS + round(length / CHARACTERS_A_TOKEN)


def fit(messages: Sequence[Message], most: int) -> list[Message]:
    """Drop and shorten until the estimate is at most `most` tokens.

    Args:
        messages: A sound history.
        most: Tokens of the window that the history may take.

    Returns:
        A sound history that ends as the given one does.

    Raises:
        InvalidInput: If the last message of the person alone is too long.
    """
    head = [m for m in messages[:1] if isinstance(m, System)]
    exchanges = _exchanges(messages[len(head):])
    total = sum(map(tokens_of, messages))
    while total > most and len(exchanges) > 1:
        total -= sum(map(tokens_of, exchanges.pop(0)))
    kept = [*head, *(m for exchange in exchanges for m in exchange)]
    if total > most:
        kept = _shorten(kept, total - most)
        total = sum(map(tokens_of, kept))
    if total > most:
        raise InvalidInput(
            f"The message needs about {total:,} tokens and the model's window leaves {most:,}; "
            "shorten it, or attach it as a file.")
    return kept


def _exchanges(messages: Sequence[Message]) -> list[list[Message]]:
    """Cut before every message of the person."""
    out: list[list[Message]] = []
    for message in messages:
        if isinstance(message, User) or not out:
            out.append([])
        out[-1].append(message)
    return out


def _shorten(messages: list[Message], surplus: int) -> list[Message]:
    """Cut the longest results first until `surplus` tokens are saved, or nothing is left to cut."""
    out = list(messages)
    by_length = sorted((i for i, m in enumerate(out) if isinstance(m, ToolResult)),
                       key=lambda i: -tokens_of(out[i]))
    for i in by_length:
        if surplus <= 0:
            break
        result = out[i]
        assert isinstance(result, ToolResult)
        spare = len(result.content) - SHORTEST
        if spare <= len(CUT):
            continue
        cut = min(spare, round((surplus + 2) * CHARACTERS_A_TOKEN) + len(CUT))
        before = tokens_of(result)
        out[i] = replace(result, content=result.content[:len(result.content) - cut] + CUT)
        surplus -= before - tokens_of(out[i])
    return out

"""Hard caps on one reply: turns, calls, tokens, money and seconds."""

from __future__ import annotations

import time
from typing import Final, Literal, Protocol

from engine.agent.model import Usage
from engine.params import Params, knob

Cap = Literal["turns", "calls", "tokens", "money", "seconds"]

MILLION: Final = 1_000_000


class Limits(Params):
    """What one reply may use."""

    turns: int = knob(10, "Turns at most", "Requests to the model for one reply.",
                      low=1, high=30, step=1, group="Limits")
    calls: int = knob(20, "Tool calls at most", "Tool calls for one reply.",
                      low=0, high=60, step=1, group="Limits")
    seconds: float = knob(60.0, "Seconds at most", "Time for one reply, approvals not counted.",
                          low=1.0, high=600.0, step=1.0, unit="s", group="Limits")
    tokens: int = knob(40_000, "Tokens at most", "Prompt and answer tokens for one reply.",
                       low=500, high=1_000_000, step=500, group="Limits")
    money: float = knob(0.5, "Budget", "Dollars for one reply, by the price table.",
                        low=0.0, high=20.0, step=0.05, unit="$", group="Limits")
    answer_tokens: int = knob(2_000, "Answer tokens", "Longest single answer.",
                              low=50, high=32_000, step=50, group="Limits")


class Price(Params):
    """Dollars a million tokens; where they are not known nothing is counted, and that is said."""

    prompt: float = knob(0.0, "Prompt", "Dollars a million prompt tokens.",
                         low=0.0, high=1000.0, step=0.01, unit="$")
    completion: float = knob(0.0, "Answer", "Dollars a million answer tokens.",
                             low=0.0, high=1000.0, step=0.01, unit="$")
    cached: float = knob(0.0, "Cached prompt", "Dollars a million prompt tokens read from cache.",
                         low=0.0, high=1000.0, step=0.01, unit="$")
    known: bool = knob(True, "Known", "Whether anybody has said what the model costs.")

    @property
    def costs(self) -> bool:
        """Whether anything is charged at all."""
        return max(self.prompt, self.completion, self.cached) > 0

    def dollars(self, usage: Usage) -> float:
        """Cost of one request; cached tokens are part of the prompt's and priced apart."""
        fresh = usage.prompt - usage.cached
        return (fresh * self.prompt + usage.cached * self.cached
                + usage.completion * self.completion) / MILLION


class Purse(Protocol):
    """Where the money of replies comes from, as `Ledger` keeps a day's."""

    def take(self, dollars: float) -> float:
        """Reserve money for a reply; at most `dollars`, what there is.

        Raises:
            EngineError: If there is none, or it cannot be told.
        """

    def settle(self, taken: float, spent: float) -> None:
        """Book what was spent and give back the rest."""


class Meter:
    """What a reply has used so far, against its caps. Used by the loop's thread alone.

    Attributes:
        limits: The caps.
        price: How tokens are charged.
        usage: Tokens so far.
        turns: Requests so far.
        calls: Tool calls so far.
        dollars: Money so far.
    """

    def __init__(self, limits: Limits, price: Price) -> None:
        self.limits = limits
        self.price = price
        self.usage = Usage()
        self.turns = 0
        self.calls = 0
        self.dollars = 0.0
        self._begun = time.monotonic()
        self._waited = 0.0

    @property
    def seconds(self) -> float:
        """Time used, without the time spent waiting for a person."""
        return time.monotonic() - self._begun - self._waited

    @property
    def left_s(self) -> float:
        """Time left, at least 0."""
        return max(0.0, self.limits.seconds - self.seconds)

    def waited(self, seconds: float) -> None:
        """Do not count this time: a person was asked."""
        self._waited += seconds

    def requested(self, usage: Usage) -> None:
        """Note one request to the model."""
        self.turns += 1
        self.usage = self.usage + usage
        self.dollars += self.price.dollars(usage)

    def charged(self, dollars: float) -> None:
        """Note what a tool cost."""
        self.dollars += dollars

    def affords(self, dollars: float) -> bool:
        """Whether a call of that price fits the budget."""
        return dollars <= 0 or self.dollars + dollars <= self.limits.money

    def spent(self) -> Cap | None:
        """The first cap that leaves no room for another request, or None."""
        limits = self.limits
        if self.turns >= limits.turns:
            return "turns"
        if self.usage.total >= limits.tokens:
            return "tokens"
        if self.dollars > 0 and self.dollars >= limits.money:
            return "money"
        if self.left_s <= 0:
            return "seconds"
        return None

    @property
    def answer_tokens(self) -> int:
        """Longest answer that the caps on tokens and money leave room for, at least 1."""
        room = min(self.limits.answer_tokens, self.limits.tokens - self.usage.total)
        if self.price.completion > 0:
            left = self.limits.money - self.dollars
            room = min(room, int(left / self.price.completion * MILLION))
        return max(1, room)

    def allows_calls(self, count: int) -> bool:
        """Whether `count` more tool calls fit."""
        return self.calls + count <= self.limits.calls

    def say(self, cap: Cap) -> str:
        """The cap in a sentence with what to do."""
        used = {
            "turns": f"{self.turns} of {self.limits.turns} turns",
            "calls": f"{self.calls} of {self.limits.calls} tool calls",
            "tokens": f"{self.usage.total:,} of {self.limits.tokens:,} tokens",
            "money": f"${self.dollars:.4f} of ${self.limits.money:.2f}",
            "seconds": f"{self.seconds:.0f} of {self.limits.seconds:.0f} seconds",
        }[cap]
        return f"Stopped at a limit: {used} used. Raise it in the settings, or ask for less."

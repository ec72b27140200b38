"""The KPI row of a chat."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from engine.agent.chat import Chat
    from engine.agent.events import Ended

BARS = 40


def cards(chat: Chat) -> list[dict[str, Any]]:
    """One dict a card, as every page's KPI row takes it; a dash until there is a reply."""
    replies = chat.replies
    seconds = [r.seconds for r in replies]
    calls = [float(r.calls) for r in replies]
    failed = sum(r.how not in ("answered", "stopped") for r in replies)
    answered = sum(r.how == "answered" for r in replies)
    p95 = f"p95 {np.percentile(seconds, 95) * 1e3:,.0f} ms" if seconds else ""
    return [
        _card("Replies", str(len(replies)) if replies else None, "", f"{failed} failed", [],
              "Replies of this chat."),
        _card("Answered", f"{100 * answered / len(replies):.0f}" if replies else None, "%", "",
              [float(r.how == "answered") for r in replies], "Share that ended with an answer."),
        _card("Reply, median", f"{median(seconds) * 1e3:,.0f}" if seconds else None, "ms", p95,
              seconds, "From question to the end of the answer, tools and approvals included."),
        _card("Tool calls", f"{sum(calls):.0f}" if calls else None, "", "", calls,
              "Tools run in this chat."),
        _card("Tokens", f"{sum(r.usage.total for r in replies):,}" if replies else None, "", "",
              [float(r.usage.total) for r in replies], "As the model's server counted them."),
        _cost(replies),
    ]


def _cost(replies: Sequence[Ended]) -> dict[str, Any]:
    """What was spent; replies whose price nobody knows are counted, not taken for nothing."""
    dollars = [r.dollars for r in replies]
    unknown = sum(not r.priced for r in replies)
    value: str | None = f"{sum(dollars):.4f}" if replies else None
    if unknown and not sum(dollars):
        value = "unknown"
    return _card("Cost", value, "" if value == "unknown" else "$",
                 f"{unknown} of unknown price" if unknown else "", dollars,
                 "By the price table under Model; the offline planner costs nothing.")


def _card(label: str, value: str | None, unit: str, note: str, series: Sequence[float],
          text: str) -> dict[str, Any]:
    return {"label": label, "note": note, "unit": unit, "help": text, "value": value, "delta": "",
            "tone": "flat", "series": [float(f"{v:.5g}") for v in series[-BARS:]]}

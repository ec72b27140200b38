"""What can be set on a chat: who answers, what it may change, how much a reply may use."""

from __future__ import annotations

from typing import Literal

from engine.agent.budget import Limits
from engine.params import knob

Answers = Literal["offline planner", "model"]
Changes = Literal["ask", "allow", "never"]


class AgentParams(Limits):
    """Knobs of one chat."""

    answers: Answers = knob(
        "offline planner", "Answers", "Who answers: the planner in here, which needs no key and no "
        "network, or a model behind OPENAI_BASE_URL.", group="Model")
    changes: Changes = knob(
        "ask", "Changes to live runs", "Whether a change to a run is asked for first, made at "
        "once, or never made. After text from outside it is always asked for.", group="Permissions")
    patience_s: float = knob(
        60.0, "Wait for an answer", "How long a question to you waits before it counts as no.",
        low=5.0, high=600.0, step=5.0, unit="s", group="Permissions")
    window: int = knob(
        32_000, "Context window", "Tokens that the model reads at once; older messages are left "
        "out of a request, never out of the chat.", low=2_000, high=1_000_000, step=1_000,
        unit="tokens", group="Model")
    picture_price: float = knob(
        0.05, "Price, picture", "Dollars a picture of the image service, for the cost meter; what "
        "is drawn here costs nothing.",
        low=0.0, high=2.0, step=0.01, unit="$", group="Model")
    day_money: float = knob(
        5.0, "Budget a day", "Dollars a day, UTC, for all chats of this server together; at the "
        "cap nothing that costs money begins. ATRIUM_DAY_BUDGET lowers it for everybody. A model "
        "of unknown price counts nothing.",
        low=0.0, high=100.0, step=0.5, unit="$", group="Limits")

    def limits(self) -> Limits:
        """The caps alone."""
        return Limits(**{n: getattr(self, n) for n in Limits.model_fields})

"""Who may do what unasked; a question without an answer is a no."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from engine.agent.tools import Permission

log = logging.getLogger(__name__)

Setting = Literal["ask", "allow", "never"]
Ruling = Literal["go", "ask", "no"]

POLL_S: Final = 0.05
PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked before something happens.

    Attributes:
        call_id: Call that waits.
        tool: Tool.
        arguments: As validated, JSON text.
        change: What will change, "before → after", or "".
        reason: Why it is asked.
        patience_s: Seconds until no answer means no.
    """

    call_id: str
    tool: str
    arguments: str
    change: str
    reason: str
    patience_s: float


class Approver(Protocol):
    """Somebody who can be asked."""

    def ask(self, question: Question) -> Future[bool]:
        """Put a question; the future is the answer."""


class DenyAll:
    """The approver where nobody can be asked."""

    def ask(self, question: Question) -> Future[bool]:
        """No."""
        answer: Future[bool] = Future()
        answer.set_result(False)
        return answer


def ruling(permission: Permission, setting: Setting, *, tainted: bool) -> tuple[Ruling, str]:
    """Whether a call may run, and why not.

    Args:
        permission: What the tool does.
        setting: The person's choice for what changes live runs, costs money or runs code.
        tainted: The model has read something that somebody else wrote. Such a text may hold
            instructions, so nothing that changes the house runs unasked after it.

    Source: Debenedetti et al. 2024, AgentDojo, arXiv:2406.13352 (the threat);
        Beurer-Kellner et al. 2025, Design Patterns for Securing LLM Agents, arXiv:2506.08837.
    """
    if permission == "read":
        return "go", ""
    if setting == "never":
        return "no", "changes are switched off in the settings"
    if tainted and permission != "code":
        return "ask", "the reply has read text from outside, which may hold instructions"
    if permission == "code" or setting == "allow":
        return "go", ""
    return "ask", {"change": "it changes a live run", "money": "it costs money"}[permission]


def decide(approver: Approver, question: Question, stop: threading.Event) -> bool:
    """Put a question and wait; anything but a clear yes in time is a no."""
    try:
        answer = approver.ask(question)
        waited = 0.0
        while waited < question.patience_s and not stop.is_set():
            try:
                return answer.result(POLL_S) is True
            except NoAnswer:
                waited += POLL_S
        answer.cancel()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with asking, the answer is no
        log.warning("approval of %s failed: %s", question.tool, error)
    return False

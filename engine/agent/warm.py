"""Read the planner's words and model once, so that the first question is answered at once."""

from __future__ import annotations


def warm() -> None:
    """Plan for a harmless question."""
    from engine.agent.messages import User
    from engine.agent.planner.planner import plan

    plan([User("what can you do?")], frozenset())

from __future__ import annotations

from engine.perception.announce import HELD, Announcer
from engine.perception.decision import Decision


def decision(state: str, why: str = "", side: int = 0) -> Decision:
    return Decision(state, why, side, -1, ())


def heard(*states: str) -> list[tuple[str, int]]:
    announcer, out = Announcer(), []
    for step, state in enumerate(states):
        announcer.hear(decision(state), step)
        assert announcer.said is not None
        out.append((announcer.said.state, announcer.since))
    return out


def test_a_decision_is_said_once_it_holds() -> None:
    assert heard("cruise", *["follow"] * HELD) == [
        ("cruise", 0), *[("cruise", 0)] * (HELD - 1), ("follow", 1)]


def test_decisions_by_turns_are_not_said() -> None:
    assert {s for s, _ in heard(*["cruise", "follow"] * 10)} == {"cruise"}


def test_a_stop_is_said_at_once() -> None:
    assert heard("cruise", "stop", "yield", "cruise") == [
        ("cruise", 0), ("stop", 1), ("yield", 2), ("yield", 2)]


def test_the_figures_are_the_latest_and_a_side_is_a_decision_of_its_own() -> None:
    announcer = Announcer()
    announcer.hear(decision("follow", "20 m"), 5)
    announcer.hear(decision("follow", "19 m"), 6)
    assert announcer.said == decision("follow", "19 m")
    assert announcer.since == 5
    for step in range(7, 7 + HELD):
        announcer.hear(decision("overtake", side=1 if step % 2 else -1), step)
    assert announcer.said == decision("follow", "19 m")

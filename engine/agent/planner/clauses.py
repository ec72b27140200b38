"""A message cut into the things it asks for, each with its act."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from engine.agent.messages import Message, System, User
from engine.agent.planner.acts import ActModel, Guess
from engine.agent.planner.lexicon import Lexicon
from engine.agent.planner.mentions import Reading, read
from engine.agent.planner.phrases import patterns, plain_words

STATE: Final = "STATE "
SURE: Final = 0.45
_CUT: Final = re.compile(
    r"(?:\s*[;.!?]\s+|\s*,?\s+(?:and\s+then|then|and\s+also|after\s+that|afterwards|and)\s+"
    r"|\s*,\s+)", re.IGNORECASE)
_NEVER_ALONE: Final = frozenset(("again", "other", "hello", "thanks"))
_QUESTION: Final = ("what", "how", "why", "which", "where", "who", "when", "is", "are", "does",
                    "do", "let")
_DO: Final = ("start", "pause", "resume", "step", "reset", "stop", "speed", "set", "wait",
              "inject", "chart", "export", "compare", "inspect", "open", "figures", "image")


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that is asked for.

    Attributes:
        text: The clause as written.
        reading: Taken apart.
        guess: Which act.
    """

    text: str
    reading: Reading
    guess: Guess

    @property
    def act(self) -> str:
        """The likeliest act."""
        return self.guess.act

    def says(self, *words: str) -> bool:
        """Whether one of these words stands in it."""
        return any(w in self.reading.tokens for w in words)


class Reader:
    """Reads messages with the house's words and the trained acts."""

    def __init__(self, words: Lexicon, model: ActModel) -> None:
        self.words = words
        self.model = model

    def ask(self, text: str) -> Ask:
        """One clause."""
        reading = read(text, self.words, plain_words())
        return Ask(text, reading, self.model.guess(reading.shape))

    def asks(self, text: str) -> list[Ask]:
        """A whole message, cut where both sides ask for something of their own."""
        text = " ".join(text.split()).strip()
        whole = self.ask(text)
        best: list[Ask] = [whole]
        for cut in _CUT.finditer(text):
            left, right = text[:cut.start()], text[cut.end():]
            if not left.strip() or not right.strip() or not self._begins(right):
                continue
            first = self.ask(left)
            if first.guess.probability[0] < SURE or first.act in _NEVER_ALONE - {"hello"}:
                continue
            rest = self.asks(right)
            if rest[0].guess.probability[0] < SURE or rest[0].act in _NEVER_ALONE:
                continue
            best = [first, *rest] if first.act != "hello" else rest
            break
        return best

    def _begins(self, text: str) -> bool:
        """Whether a clause of its own may begin here: with a verb of asking or a question word."""
        words = text.lower().split()
        while words and words[0] in ("please", "also", "then", "can", "could", "you", "now"):
            words = words[1:]
        return bool(words) and words[0].strip("?,.") in _openings()


@cache
def _openings() -> frozenset[str]:
    """First words of patterns that tell or ask something."""
    out = set(_QUESTION)
    for act in _DO:
        for line in patterns()[act]:
            head = re.sub(r"^\((?:please|can|could|i want|\|)[^)]*\)\s*", "", line)
            group = re.match(r"\(([^)]*)\)|(\S+)", head)
            if group:
                for option in (group.group(1) or group.group(2) or "").split("|"):
                    if option and option.split()[0].isalpha() and option.islower():
                        out.add(option.split()[0])
    return frozenset(out - {"the", "a", "it", "put", "my"})


def state_of(messages: Sequence[Message]) -> dict[str, Any]:
    """What the page says about the house: runs, page; empty when it says nothing."""
    if messages and isinstance(messages[0], System):
        for line in messages[0].text.splitlines():
            if line.startswith(STATE):
                try:
                    state = json.loads(line[len(STATE):])
                except ValueError:
                    return {}
                return state if isinstance(state, dict) else {}
    return {}


def questions(messages: Sequence[Message]) -> list[str]:
    """Everything the person has said, oldest first."""
    return [m.text for m in messages if isinstance(m, User)]

"""What a script yields and gets back."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a script wants made."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Attributes:
        ok: Whether it went well.
        data: Parsed content; the sentence where it did not go well.
    """

    ok: bool
    data: Any


class AskBack(Exception):  # noqa: N818 - a question, not an error
    """Something is missing or doubtful; the message is the question to the person."""


class Failed(Exception):  # noqa: N818 - carries the tool's sentence to the answer
    """A call went wrong and what follows it makes no sense."""


Script = Generator[list[Call], list[Result], str]


def one(tool: str, arguments: Mapping[str, Any]) -> Generator[list[Call], list[Result], Any]:
    """One call; its data, or the end of the script."""
    (result,) = yield [Call(tool, arguments)]
    if not result.ok:
        raise Failed(str(result.data))
    return result.data

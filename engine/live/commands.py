"""Commands of worlds that keep one function a command, and what all of their arguments obey."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from engine.errors import InvalidInput

World = TypeVar("World")
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Command(Generic[World]):
    """One command.

    Attributes:
        run: Does it and returns a sentence, or raises one and leaves the world as it was.
        help: What it does and takes, for the agent and the documentation.
    """

    run: Callable[[World, Arguments], str]
    help: str


def only(given: Arguments, *known: str) -> None:
    """Refuse arguments nobody reads: they are a misunderstanding.

    Raises:
        InvalidInput: If there is one.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        takes = ", ".join(known) or "none"
        raise InvalidInput(f"there is no argument {', '.join(map(str, unknown))[:60]}; this "
                           f"command takes {takes}")


def switch(given: Arguments, name: str, default: bool = True) -> bool:
    """A yes or no.

    Raises:
        InvalidInput: If it is neither.
    """
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} is {value!r}; it must be true or false")
    return value


def integer(given: Arguments, name: str, default: int | None = None) -> int:
    """A whole number whose range the world knows.

    Raises:
        InvalidInput: If it is none, or missing where there is no default.
    """
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{name} is {value!r}; it must be a whole number")
    return value

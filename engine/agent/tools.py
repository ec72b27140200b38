"""Tools, each declared once: what a model is told, what is validated, what may be done unasked."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.agent.model import ToolSpec
from engine.errors import EngineError, InvalidInput

log = logging.getLogger(__name__)

Permission = Literal["read", "change", "money", "code"]
A = TypeVar("A", bound="Arguments")

MAX_ARGUMENT_CHARACTERS: Final = 200_000
MAX_RESULT_CHARACTERS: Final = 40_000
CUT: Final = " … [cut: the result is longer]"


class Arguments(BaseModel):
    """Base of every tool's arguments: unknown names are an error, numbers are not guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image.

    Attributes:
        media: MIME type.
        content: Its bytes.
    """

    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool found.

    Attributes:
        data: JSON-able result: what the model reads and the answer is grounded in.
        show: What the page draws beside it (chart, table, picture, run), or None.
        untrusted: Somebody else wrote it: a web page, an uploaded file.
        sources: Where it comes from, as the answer's tags say it.
        dollars: What somebody charges for it.
        picture: An image that came with it; kept by the chat, never read by the model.
    """

    data: Any
    show: Mapping[str, Any] | None = None
    untrusted: bool = False
    sources: tuple[str, ...] = ()
    dollars: float = 0.0
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a tool may know of the reply it works for.

    Attributes:
        stop: Set when the person stopped the reply; long tools look at it.
        deadline: On the monotonic clock; a tool is to be done by then.
        progress: Tells the page in a few words how far it is.
        outside: Set by a tool once it has read what somebody else wrote: from then on its result
            counts as untrusted, and its error message too.
    """

    stop: threading.Event
    deadline: float
    progress: Callable[[str], None] = field(default=lambda _: None)
    outside: threading.Event = field(default_factory=threading.Event)

    @property
    def left_s(self) -> float:
        """Seconds left, at least 0."""
        return max(0.0, self.deadline - time.monotonic())


@dataclass(frozen=True, slots=True)
class Tool(Generic[A]):
    """One tool.

    Attributes:
        name: Function name, `[a-z_]+`.
        description: One or two sentences for the model and the page.
        arguments: Model of the arguments.
        permission: What it does to the world.
        run: Does it; raises EngineError with a sentence when it cannot.
        preview: The change in a few words, "before → after", for the approval card.
        price: Most that one call may be charged for, dollars.
    """

    name: str
    description: str
    arguments: type[A]
    permission: Permission
    run: Callable[[A, Context], Answer]
    preview: Callable[[A], str] | None = None
    price: float = 0.0

    @property
    def spec(self) -> ToolSpec:
        """As a model is told."""
        return ToolSpec(self.name, self.description, _schema(self.arguments))

    def parse(self, text: str) -> A:
        """Validate a call's arguments.

        Raises:
            InvalidInput: Each wrong argument with its value and what is allowed.
        """
        if len(text) > MAX_ARGUMENT_CHARACTERS:
            raise InvalidInput(f"the arguments have {len(text):,} characters; at most "
                               f"{MAX_ARGUMENT_CHARACTERS:,} are read")
        try:
            values = json.loads(text or "{}")
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"the arguments are no JSON ({error}); send one JSON object"
                               ) from error
        if not isinstance(values, dict):
            raise InvalidInput(f"the arguments are a {type(values).__name__}; send one JSON object")
        try:
            return self.arguments.model_validate(values)
        except ValidationError as error:
            raise InvalidInput("; ".join(_explain(e) for e in error.errors())) from error


class Toolbox:
    """The tools of one conversation; each can be switched off."""

    def __init__(self, tools: Iterable[Tool[Any]], off: Iterable[str] = ()) -> None:
        self._tools = {t.name: t for t in tools}
        self._off = frozenset(off)

    def __iter__(self) -> Iterator[Tool[Any]]:
        return (t for t in self._tools.values() if t.name not in self._off)

    @property
    def specs(self) -> list[ToolSpec]:
        """Those that are on, as a model is told."""
        return [t.spec for t in self]

    def find(self, name: str) -> Tool[Any]:
        """One tool by name.

        Raises:
            InvalidInput: If there is none, or it is switched off.
        """
        tool = self._tools.get(name)
        if tool is None:
            raise InvalidInput(f"no tool {name!r}; there is {', '.join(t.name for t in self)}")
        if name in self._off:
            raise InvalidInput(f"the tool {name} is switched off in the settings")
        return tool


def perform(tool: Tool[A], arguments: A, context: Context) -> tuple[str, bool, Answer | None]:
    """Run a tool and turn whatever happens into a result.

    Returns:
        Content for the model, whether it went well, and the answer if there is one.
    """
    try:
        answer = tool.run(arguments, context)
        content = json.dumps(answer.data, separators=(",", ":"), allow_nan=False, default=str)
    except EngineError as error:
        return str(error), False, None
    except TimeoutError as error:
        return f"{tool.name} took too long: {error}. Try again, or ask for less.", False, None
    except Exception as error:
        # a tool's fault is a result, never a crash of the reply
        log.error("tool %s failed", tool.name, exc_info=error)
        return f"{tool.name} failed: {type(error).__name__}; the log has the details", False, None
    if len(content) > MAX_RESULT_CHARACTERS:
        content = content[:MAX_RESULT_CHARACTERS] + CUT
    return content, True, answer


@cache
def _schema(arguments: type[BaseModel]) -> dict[str, Any]:
    """Made once a model: each turn sends every tool's."""
    return _lean(arguments.model_json_schema())


def _lean(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without the titles that pydantic adds: fewer tokens, same meaning."""
    def walk(value: Any, named: bool = False) -> Any:
        if isinstance(value, dict):
            return {k: walk(v, k in ("properties", "$defs")) for k, v in value.items()
                    if named or k != "title" or not isinstance(v, str)}
        return [walk(v) for v in value] if isinstance(value, list) else value
    lean: dict[str, Any] = walk(schema)
    return lean


def _explain(error: Any) -> str:
    """One wrong argument as a clause."""
    where = ".".join(map(str, error["loc"])) or "arguments"
    if error["type"] == "missing":
        return f"{where} is missing"
    if error["type"] == "extra_forbidden":
        return f"{where}: no such argument"
    return f"{where} is {error.get('input')!r}: {error['msg'].lower()}"

"""A conversation as a tree: an edit or a second answer is a branch, and nothing said is lost."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from engine.agent.brought import Brought
from engine.agent.messages import (
    Assistant,
    Message,
    System,
    ToolCall,
    ToolResult,
    User,
    close_open_calls,
    violations,
)
from engine.errors import InvalidInput

VERSION: Final = 1
ROOT: Final = -1
MAX_BYTES: Final = 32 * 1024 * 1024
_KINDS: Final[dict[str, type[Message]]] = {
    "system": System, "user": User, "assistant": Assistant, "result": ToolResult}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Node:
    """One message and the message it follows; `ROOT` for the first."""

    parent: int
    message: Message


class Conversation:
    """Messages in a tree and the place where it goes on. One thread at a time writes.

    Attributes:
        title: What the history list calls it.
        nodes: Every message ever said, in the order it was said.
        head: Node that the next message follows, or `ROOT`.
        tokens: What all its replies have used, branches included.
        dollars: What they have cost.
        unpriced: How many of them used a model of unknown price.
        brought: What its calls brought beside words.
    """

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.nodes: list[Node] = []
        self.head = ROOT
        self.tokens = 0
        self.dollars = 0.0
        self.unpriced = 0
        self.brought = Brought()

    def spent(self, tokens: int, dollars: float, *, priced: bool = True) -> None:
        """Add what a reply has used."""
        self.tokens += tokens
        self.dollars += dollars
        self.unpriced += not priced

    def say(self, message: Message) -> int:
        """Add a message after the head and move there; returns its node."""
        self.nodes.append(Node(self.head, message))
        self.head = len(self.nodes) - 1
        if not self.title and isinstance(message, User):
            self.title = " ".join(message.text.split())[:60]
        return self.head

    def path(self, node: int | None = None) -> list[int]:
        """Nodes from the first message to `node`, the head by default."""
        at = self.head if node is None else self._known(node)
        out: list[int] = []
        while at != ROOT:
            out.append(at)
            at = self.nodes[at].parent
        return out[::-1]

    def messages(self) -> list[Message]:
        """What has been said on the way to the head."""
        return [self.nodes[n].message for n in self.path()]

    def close(self) -> None:
        """Give every open call on the way to the head a result, as after a stop."""
        said = self.messages()
        for message in close_open_calls(said)[len(said):]:
            self.say(message)

    def edit(self, node: int, text: str) -> int:
        """Say a person's message differently, as a branch beside it.

        Raises:
            InvalidInput: If the node is no message of the person.
        """
        if not isinstance(self.nodes[self._known(node)].message, User):
            raise InvalidInput("only your own messages can be edited; ask again instead")
        self.head = self.nodes[node].parent
        return self.say(User(text))

    def again(self, node: int) -> int:
        """Go back to the person's message that led to `node`, for another answer beside it.

        Returns:
            The node of that message.

        Raises:
            InvalidInput: If nobody asked for `node`.
        """
        for n in reversed(self.path(node)):
            if isinstance(self.nodes[n].message, User):
                self.head = n
                return n
        raise InvalidInput("there is no question before this message; write one")

    def siblings(self, node: int) -> list[int]:
        """The node and its branches, in the order they were said."""
        parent = self.nodes[self._known(node)].parent
        return [i for i, n in enumerate(self.nodes) if n.parent == parent]

    def switch(self, node: int) -> None:
        """Go to the newest message under `node`."""
        at = self._known(node)
        below = {at}
        for i in range(at + 1, len(self.nodes)):
            if self.nodes[i].parent in below:
                below.add(i)
                at = i
        self.head = at

    def to_json(self) -> str:
        """Text that `from_json` reads back to an equal conversation."""
        return json.dumps({
            "version": VERSION, "title": self.title, "head": self.head,
            "tokens": self.tokens, "dollars": self.dollars, "unpriced": self.unpriced,
            "brought": self.brought.kept(),
            "nodes": [{"parent": n.parent, "kind": _NAMES[type(n.message)], **asdict(n.message)}
                      for n in self.nodes]})

    @classmethod
    def from_json(cls, text: str) -> Conversation:
        """Read a saved conversation.

        Raises:
            InvalidInput: If it is too large, damaged, of a newer version, or its messages do not
                follow each other as they must.
        """
        if len(text) > MAX_BYTES:
            raise InvalidInput(f"the saved chat has {len(text):,} characters; at most "
                               f"{MAX_BYTES:,} are read")
        try:
            kept = json.loads(text)
            if kept["version"] > VERSION:
                raise InvalidInput(f"this chat was saved by a newer Atrium (version "
                                   f"{kept['version']}, known: {VERSION}); update Atrium")
            out = cls(str(kept["title"]))
            out.nodes = [Node(_parent(n, i), _message(n)) for i, n in enumerate(kept["nodes"])]
            out.head = int(kept["head"])
            out.spent(int(kept.get("tokens", 0)), float(kept.get("dollars", 0.0)))
            out.unpriced = int(kept.get("unpriced", 0))
            out.brought = Brought.read(kept.get("brought"))
            if not (out.tokens >= 0 and 0 <= out.dollars < math.inf and out.unpriced >= 0):
                raise ValueError("what it cost")
            if not ROOT <= out.head < len(out.nodes):
                raise IndexError(out.head)
        except InvalidInput:
            raise
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise InvalidInput(f"this is no saved chat: {error!r}; choose a file that Atrium "
                               "saved") from error
        said = out.messages()
        if wrong := violations(said + close_open_calls(said)[len(said):]):
            raise InvalidInput(f"the saved chat is out of order: {wrong[0]}")
        return out

    def _known(self, node: int) -> int:
        if not 0 <= node < len(self.nodes):
            raise InvalidInput(f"no message {node}; this chat has {len(self.nodes)}")
        return node


def _parent(node: Mapping[str, Any], index: int) -> int:
    parent = int(node["parent"])
    if not ROOT <= parent < index:
        raise IndexError(f"message {index} follows message {parent}")
    return parent


def _message(node: Mapping[str, Any]) -> Message:
    values = {k: v for k, v in node.items() if k not in ("parent", "kind")}
    if "calls" in values:
        values["calls"] = tuple(_call(c) for c in values["calls"])
    kind = _KINDS[node["kind"]]
    for name, value in values.items():
        if name != "calls" and not isinstance(value, str | bool):
            raise TypeError(f"{name} is {type(value).__name__}")
    return kind(**values)


def _call(values: Mapping[str, Any]) -> ToolCall:
    texts: Sequence[str] = [values[k] for k in ("id", "name", "arguments")]
    if not all(isinstance(t, str) for t in texts):
        raise TypeError("a call's id, name and arguments are texts")
    return ToolCall(*texts)

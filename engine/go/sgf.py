"""Smart Game Format: game trees in and out of text.

Reading forgives what programs in use write (lower-case letters in names as in FF[3], text before
and after the game, a missing first semicolon, unclosed trees at the end, repeated properties) and
refuses what has no reading. It is iterative, so that no depth exhausts the stack, and bounded in
bytes, nodes and depth of variations.

Source: A. Hollosi, SGF FF[4] specification, https://www.red-bean.com/sgf/.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import Final

from engine.errors import InvalidInput

MAX_BYTES: Final = 8_000_000
MAX_NODES: Final = 200_000
MAX_BRANCHING_DEPTH: Final = 20_000
_COORDINATES: Final = "abcdefghijklmnopqrs"
_CHARSET: Final = re.compile(rb"CA\s*\[\s*([A-Za-z0-9_.:\-]{1,40})\s*\]")
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                (codecs.BOM_UTF16_BE, "utf-16"))
_TEXT_CODECS: Final = re.compile(
    r"(utf|iso|latin|cp|windows|gb|big5|shift|euc|koi8|mac|johab|ascii|us)", re.IGNORECASE)
_VALUE: Final = re.compile(r"[^\]\\]*(?:\\.[^\]\\]*)*", re.DOTALL)
_SOFT_BREAK: Final = re.compile(r"\\\n")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_BREAK: Final = re.compile(r"\r\n|\n\r|\r")


@dataclass(eq=False, slots=True)
class Node:
    """One node of a game tree.

    Attributes:
        properties: Values by name, in order; escapes resolved, line breaks as newlines.
        children: Continuations, the main line first.
    """

    properties: dict[str, list[str]] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list, repr=False)


def parse_game(data: bytes | str) -> Node:
    """The root of the first game of a file; see `parse`."""
    return parse(data)[0]


def parse(data: bytes | str) -> list[Node]:
    """Read every game of a file.

    Args:
        data: Text, or bytes in the encoding that a byte-order mark or CA names; without either
            UTF-8 if they are, else Latin-1, the format's default.

    Returns:
        Roots, one a game.

    Raises:
        InvalidInput: If it holds no game, passes a limit, or breaks off inside a value.
    """
    size = len(data)
    if size > MAX_BYTES:
        raise InvalidInput(f"the SGF has {size:,} bytes; at most {MAX_BYTES:,} are read")
    text = _BREAK.sub("\n", decode(data) if isinstance(data, bytes) else data)
    games: list[Node] = []
    branches: list[Node | None] = []  # where each open "(" goes on from
    here: Node | None = None
    nodes = 0
    at = _start(text)
    while at < len(text):
        c = text[at]
        if c == "(":
            branches.append(here)
            if len(branches) > MAX_BRANCHING_DEPTH:
                raise InvalidInput(f"variations are nested more than {MAX_BRANCHING_DEPTH:,} deep "
                                   f"(line {_line(text, at)}); no game needs that")
            if len(branches) == 1:
                here = None
        elif c == ")":
            here = branches.pop() if branches else None
        elif branches and (c == ";" or (c.isalpha() and here is None)):
            nodes += 1
            if nodes > MAX_NODES:
                raise InvalidInput(f"the SGF has more than {MAX_NODES:,} nodes; split it")
            node = Node()
            if here is None:
                games.append(node)
            else:
                here.children.append(node)
            here = node
            if c != ";":
                at = _property(text, at, here)
                continue
        elif branches and here is not None and c.isalpha():
            at = _property(text, at, here)
            continue
        at += 1
    if not games:
        raise InvalidInput("no game found: an SGF file begins with \"(;\"")
    return games


def decode(data: bytes) -> str:
    """Turn a file's bytes into text; see `parse`."""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return data.decode(codec, errors="replace")
    named = _CHARSET.search(data[:4096])
    if named:
        name = named[1].decode("ascii")
        try:
            if _TEXT_CODECS.match(name):
                return data.decode(codecs.lookup(name).name, errors="replace")
        except (LookupError, UnicodeError):
            pass  # an encoding nobody knows: go on as if it had not been named
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _start(text: str) -> int:
    """Where the first game begins: "(" before a ";" or a property, else the first "("."""
    found = re.search(r"\(\s*;", text)
    return found.start() if found else max(text.find("("), 0) if "(" in text else len(text)


def _property(text: str, at: int, node: Node) -> int:
    """Read one property with its values; returns where it ends."""
    begun = at
    while at < len(text) and (text[at].isalnum() and text[at].isascii()):
        at += 1
    if at == begun:  # a letter of no name, say a stray one outside ASCII
        return at + 1
    name = "".join(c for c in text[begun:at] if not c.islower())
    values: list[str] = []
    while True:
        opening = at
        while opening < len(text) and text[opening].isspace():
            opening += 1
        if opening >= len(text) or text[opening] != "[":
            break
        value = _VALUE.match(text, opening + 1)
        end = value.end() if value else opening + 1
        if value is None or end >= len(text) or text[end] != "]":
            raise InvalidInput(f"the value of {text[begun:at][:20]} on line {_line(text, begun)} "
                               "has no closing bracket \"]\"; the file is cut off or damaged")
        values.append(unescape(value[0]))
        at = end + 1
    if name and values:
        node.properties.setdefault(name, []).extend(values)
    return max(at, begun + 1)


def _line(text: str, at: int) -> int:
    """The line of a place, from 1."""
    return text.count("\n", 0, at) + 1


def unescape(value: str) -> str:
    """Resolve escapes and soft line breaks; other white space becomes spaces."""
    plain = _ESCAPE.sub(r"\1", _SOFT_BREAK.sub("", value))
    return "".join(" " if c in "\t\v\f" else c for c in plain)


def escape(value: str) -> str:
    """Make text a value."""
    return _BREAK.sub("\n", value).replace("\\", "\\\\").replace("]", "\\]")


def write(root: Node) -> str:
    """A game as text, with every variation; its CA becomes UTF-8.

    Raises:
        InvalidInput: If a property's name is not made of the letters A to Z.
    """
    parts: list[str] = ["("]
    left: list[Node | str] = [root]
    while left:
        node = left.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        _write_node(node, node is root, parts)
        several = len(node.children) > 1
        for child in reversed(node.children):
            left += [")", child, "\n("] if several else [child]
    parts.append(")\n")
    return "".join(parts)


def _write_node(node: Node, is_root: bool, parts: list[str]) -> None:
    properties = node.properties
    if is_root:
        properties = {"GM": ["1"], "FF": ["4"], **properties, "CA": ["UTF-8"]}
    parts.append(";")
    for name, values in properties.items():
        if not (name.isascii() and name.isalnum() and name[0].isalpha() and name.isupper()):
            raise InvalidInput(f"{name!r} is no name of an SGF property; use capital letters")
        if values:
            parts.append(name + "".join(f"[{escape(v)}]" for v in values))


def point(text: str, size: int) -> int:
    """The move that SGF letters name; none, or "tt" up to 19 × 19, is a pass.

    Raises:
        InvalidInput: If it lies off the board.
    """
    word = text.strip()
    if word == "" or (word == "tt" and size <= 19):
        return size * size
    col, row = _coordinates(word, size)
    return row * size + col


def text(move: int, size: int) -> str:
    """SGF letters of a move; "" for a pass."""
    if move == size * size:
        return ""
    row, col = divmod(move, size)
    return _COORDINATES[col] + _COORDINATES[row]


def _coordinates(word: str, size: int) -> tuple[int, int]:
    letters = [_COORDINATES.find(c) for c in word]
    if len(letters) != 2 or not all(0 <= i < size for i in letters):
        last = _COORDINATES[size - 1]
        raise InvalidInput(f"{word[:20]!r} is no point of a {size}×{size} board; SGF names points "
                           f"by two letters, aa to {last}{last}")
    return letters[0], letters[1]

"""Documents cut into passages that can be found and cited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

TARGET: Final = 700
MOST: Final = 1_200
_HEADING: Final = re.compile(r"^#{1,6}\s+(.*\S)\s*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document.

    Attributes:
        source: Document, as a citation names it.
        heading: Where in the document, or "".
        text: At most `MOST` characters.
        untrusted: Somebody else wrote it.
    """

    source: str
    heading: str
    text: str
    untrusted: bool = False


def cut(source: str, text: str, *, untrusted: bool = False) -> list[Passage]:
    """Cut a text at headings and blank lines into passages of about `TARGET` characters.

    A heading starts a new passage and is kept with it. Paragraphs longer than `MOST` are cut
    between sentences, else between words.
    """
    out: list[Passage] = []
    heading, gathered = "", ""

    def close() -> None:
        nonlocal gathered
        if gathered.strip():
            out.append(Passage(source, heading, gathered.strip(), untrusted))
        gathered = ""

    for block in _blocks(text):
        if found := _HEADING.match(block):
            close()
            heading = found.group(1)
            continue
        for piece in _pieces(block):
            if gathered and len(gathered) + len(piece) > TARGET:
                close()
            gathered += ("\n" if gathered else "") + piece
    close()
    return out


def _blocks(text: str) -> Iterator[str]:
    """Headings alone, and paragraphs between blank lines."""
    paragraph: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\x00", "").split("\n"):
        if not line.strip() or _HEADING.match(line):
            if paragraph:
                yield "\n".join(paragraph)
                paragraph = []
            if line.strip():
                yield line.strip()
        else:
            paragraph.append(line.rstrip())
    if paragraph:
        yield "\n".join(paragraph)


def _pieces(block: str) -> Iterator[str]:
    """A paragraph in parts of at most `MOST` characters."""
    rest = block
    while len(rest) > MOST:
        at = max(rest.rfind(". ", 0, MOST) + 1, rest.rfind("\n", 0, MOST))
        if at < MOST // 3:
            at = rest.rfind(" ", 0, MOST)
        at = at if at > 0 else MOST
        yield rest[:at].strip()
        rest = rest[at:].lstrip()
    if rest:
        yield rest
